//! Questions and their answers on the wire.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use shoki_core::evidence::{Evidence, NoBasis, OwnAnswer, Remark};
use shoki_core::id::{FaqId, QuestionId};
use shoki_store::corpus_model::{FeedbackKind, LoggedQuestion, QuestionFigures};
use utoipa::ToSchema;

use super::hit::HitBody;
use super::source::PassageKeyBody;

/// A question to the law desk.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewQuestionBody {
    /// The question in plain words, 1–2,000 characters.
    #[schema(example = "働いていることを隠していた場合の返還はどの条文ですか")]
    pub text: String,
    /// The day the answer is for; today in Japan unless told.
    #[schema(value_type = Option<String>, format = Date)]
    pub as_of: Option<Date>,
    /// Only these sources (`key`); all unless told.
    pub sources: Option<Vec<String>>,
    /// The law meant by 法, 令, 規則 alone (its title).
    #[schema(example = "生活保護法")]
    pub default_law: Option<String>,
    /// Whether 附則 are searched too.
    #[serde(default)]
    pub supplementary: bool,
    /// Hits wanted, 1–50; 10 unless told.
    pub limit: Option<u32>,
}

/// The answer on evidence.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnswerBody {
    /// The question's number in the log, for feedback; absent when it could not be logged.
    #[schema(value_type = Option<uuid::Uuid>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<QuestionId>,
    /// The day the answer is for.
    #[schema(value_type = String, format = Date)]
    pub as_of: Date,
    /// How long it took, milliseconds.
    pub millis: u32,
    /// 自課のFAQ: entries of the own 課 that answer this very question, best first.
    pub own_answers: Vec<OwnAnswerBody>,
    /// Best first; with `no_basis` these are the nearest headings, not a basis.
    pub hits: Vec<HitBody>,
    /// Passages one reference away (関連).
    pub related: Vec<HitBody>,
    /// Present when nothing that was found decides the question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_basis: Option<NoBasisBody>,
    /// What to say about the question itself.
    pub remarks: Vec<RemarkBody>,
    /// The index that answered.
    pub index: String,
}

/// What the own 課 wrote down about the same question.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnAnswerBody {
    /// `own_faq`.
    #[schema(example = "own_faq")]
    pub kind: &'static str,
    /// The same for the screen.
    #[schema(example = "自課のFAQ")]
    pub kind_label: &'static str,
    /// Id of the entry.
    #[schema(value_type = uuid::Uuid)]
    pub faq_id: FaqId,
    /// Its question.
    pub question: String,
    /// Its answer.
    pub answer: String,
    /// Who wrote it.
    pub author: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub written_at: Timestamp,
    /// What it rests on, on the day asked for.
    pub citing: Vec<OwnCitationBody>,
}

/// A place that an own answer rests on.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnCitationBody {
    /// Title of the source.
    pub title: String,
    /// The item.
    #[schema(example = "78_2")]
    pub item: String,
    /// As a person writes it; absent when it is not in force on that day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The passage, when it is in force on that day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passage: Option<PassageKeyBody>,
}

impl From<OwnAnswer> for OwnAnswerBody {
    fn from(own: OwnAnswer) -> Self {
        let citing = own.citing.into_iter().map(|place| OwnCitationBody {
            title: place.title,
            item: place.item,
            label: place.label,
            passage: place.passage.map(PassageKeyBody::from),
        });
        Self {
            kind: "own_faq",
            kind_label: "自課のFAQ",
            faq_id: own.faq,
            question: own.question,
            answer: own.answer,
            author: own.author,
            written_at: own.written_at,
            citing: citing.collect(),
        }
    }
}

/// Why there is no basis.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoBasisBody {
    /// `subject_unknown`, `source_missing` or `out_of_scope`.
    #[schema(example = "subject_unknown")]
    pub why: &'static str,
    /// The same as a sentence.
    pub message: String,
    /// The words of the question that say so.
    pub terms: Vec<String>,
}

impl From<NoBasis> for NoBasisBody {
    fn from(no_basis: NoBasis) -> Self {
        let (why, message, terms) = match no_basis {
            NoBasis::SubjectUnknown { terms } => (
                "subject_unknown",
                format!("「{}」について書かれた根拠が見つかりません。", terms.join("」「")),
                terms,
            ),
            NoBasis::SourceMissing { missing } => (
                "source_missing",
                format!("「{missing}」が取り込まれていないため、根拠を示せません。"),
                Vec::new(),
            ),
            NoBasis::OutOfScope { terms } => (
                "out_of_scope",
                "取り込まれている法令・通知の範囲外の質問です。".to_owned(),
                terms,
            ),
        };
        Self { why, message, terms }
    }
}

/// Something to say about the question itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct RemarkBody {
    /// `no_such_item`, `no_such_source`, `personal_data` or `widened`.
    #[schema(example = "personal_data")]
    pub kind: &'static str,
    /// As a sentence.
    pub message: String,
    /// First byte (UTF-8) of the question that is meant, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<usize>,
    /// Byte after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<usize>,
}

impl From<Remark> for RemarkBody {
    fn from(remark: Remark) -> Self {
        let (kind, message, span) = match remark {
            Remark::NoSuchItem { title, label } => {
                let message = format!("{title}に{label}はありません(この時点)。");
                ("no_such_item", message, None)
            }
            Remark::NoSuchSource { title } => {
                let message = format!("「{title}」は取り込まれていません。");
                ("no_such_source", message, None)
            }
            Remark::PersonalData { span } => {
                let message = "個人の名前または番号が含まれている可能性があります。記録では伏せ字にします。";
                ("personal_data", message.to_owned(), Some(span))
            }
            Remark::Widened { from, to } => {
                let message = format!("「{from}」を「{}」でも探しました。", to.join("」「"));
                ("widened", message, None)
            }
        };
        Self {
            kind,
            message,
            start: span.as_ref().map(|span| span.start),
            end: span.as_ref().map(|span| span.end),
        }
    }
}

impl AnswerBody {
    /// The answer; `hits` and `related` are what is still there to be shown.
    #[must_use]
    pub fn of(
        id: Option<QuestionId>,
        as_of: Date,
        millis: u32,
        evidence: Evidence,
        hits: Vec<HitBody>,
        related: Vec<HitBody>,
    ) -> Self {
        Self {
            id,
            as_of,
            millis,
            own_answers: evidence.own.into_iter().map(OwnAnswerBody::from).collect(),
            hits,
            related,
            no_basis: evidence.no_basis.map(NoBasisBody::from),
            remarks: evidence.remarks.into_iter().map(RemarkBody::from).collect(),
            index: evidence.index,
        }
    }
}

/// A question of the own history; its text is masked.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoggedQuestionBody {
    /// Id.
    #[schema(value_type = uuid::Uuid)]
    pub id: QuestionId,
    /// The text, personal data masked.
    pub text: String,
    /// The day asked for.
    #[schema(value_type = String, format = Date)]
    pub as_of: Date,
    /// When it was asked.
    #[schema(value_type = String, format = DateTime)]
    pub asked_at: Timestamp,
    /// Whether no basis was found.
    pub no_basis: bool,
    /// The passages shown, best first.
    pub shown: Vec<PassageKeyBody>,
    /// When the first of them was opened.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opened_at: Option<Timestamp>,
    /// Place at which the basis was found, from 1; 0 when it was not among those shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis_place: Option<u32>,
}

impl From<LoggedQuestion> for LoggedQuestionBody {
    fn from(question: LoggedQuestion) -> Self {
        Self {
            id: question.id,
            text: question.text,
            as_of: question.as_of,
            asked_at: question.asked_at,
            no_basis: question.no_basis,
            shown: question.shown.into_iter().map(PassageKeyBody::from).collect(),
            opened_at: question.opened_at,
            basis_place: question.basis_place,
        }
    }
}

/// What the asker says about a passage.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FeedbackBody {
    /// Which passage.
    pub passage: PassageKeyBody,
    /// `opened`, or `basis` (これが根拠).
    #[schema(value_type = String, example = "basis")]
    pub kind: FeedbackKind,
}

/// Counts of the question log; each share is given with its counts.
#[derive(Debug, Serialize, ToSchema)]
pub struct FiguresBody {
    /// First day, in Japan.
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    /// Last day, in Japan.
    #[schema(value_type = String, format = Date)]
    pub to: Date,
    /// Whether these are the whole office's; else the own 課's.
    pub office: bool,
    /// Questions asked.
    pub questions: u64,
    /// Of these, without a basis.
    pub no_basis: u64,
    /// `no_basis` ÷ `questions`.
    pub no_basis_share: Option<f64>,
    /// Questions with evidence opened.
    pub opened: u64,
    /// Median time from asking to opening the first evidence, milliseconds.
    pub median_to_evidence_millis: Option<u64>,
    /// Median time the answer took, milliseconds.
    pub median_answer_millis: Option<u64>,
    /// Questions whose asker marked the basis.
    pub marked: u64,
    /// Of these, with the basis among the first three.
    pub marked_in_top_3: u64,
    /// `marked_in_top_3` ÷ `marked`.
    pub top_3_share: Option<f64>,
}

impl FiguresBody {
    /// The figures of the days `from..=to`.
    #[must_use]
    pub fn of(from: Date, to: Date, office: bool, figures: QuestionFigures) -> Self {
        Self {
            from,
            to,
            office,
            questions: figures.questions,
            no_basis: figures.no_basis,
            no_basis_share: share(figures.no_basis, figures.questions),
            opened: figures.opened,
            median_to_evidence_millis: figures.median_to_evidence_millis,
            median_answer_millis: figures.median_answer_millis,
            marked: figures.marked,
            marked_in_top_3: figures.marked_in_top_3,
            top_3_share: share(figures.marked_in_top_3, figures.marked),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a year are far below 2^52")]
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
