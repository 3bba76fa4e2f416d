//! 法令・通知: one box and a day; what decides the question, each with its rank; これが根拠.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use serde::Deserialize;
use shoki_core::corpus::PassageKey;
use shoki_core::id::{QuestionId, RevisionId};
use shoki_core::limits::MAX_QUESTION_CHARS;
use shoki_store::corpus_model::FeedbackKind;

use super::frame::{Frame, Here};
use super::words::{Moment, day};
use super::{go_to, page};
use crate::extract::signed::{ReadContents, WriteContents};
use crate::extract::{FormBody, Ids, Search, Visitor};
use crate::japan;
use crate::problem::Problem;
use crate::routes::questions::{Purpose, answered};
use crate::state::Shared;
use crate::wire::hit::{HitBody, SpanBody};
use crate::wire::question::{NewQuestionBody, NoBasisBody, OwnAnswerBody};

/// Characters of a passage shown in the list.
const EXCERPT_CHARS: usize = 130;
/// Of these, before the first word that fits.
const BEFORE_CHARS: usize = 40;
/// Earlier questions shown.
const HISTORY: u32 = 8;

/// A piece of an excerpt.
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) is_matched: bool,
}

/// A passage in the list.
struct HitRow {
    title: String,
    rank: &'static str,
    label: String,
    caption: Option<String>,
    headings: String,
    page: Option<u32>,
    reason: &'static str,
    is_cited: bool,
    pieces: Vec<Piece>,
    is_cut: bool,
    path: String,
    revision: String,
    ordinal: u32,
}

/// An entry of the own 課's FAQ.
struct OwnRow {
    question: String,
    answer: String,
    author: String,
    at: Moment,
    citing: Vec<String>,
}

/// A question of before.
struct HistoryRow {
    text: String,
    path: String,
    at: Moment,
}

/// What was found.
struct Answer {
    /// For これが根拠; absent when the question could not be logged.
    id: Option<String>,
    seconds: String,
    as_of: String,
    hits: Vec<HitRow>,
    related: Vec<HitRow>,
    own: Vec<OwnRow>,
    no_basis: Option<NoBasisBody>,
    remarks: Vec<String>,
    /// Words under which was searched too: good to know, seldom read.
    widened: Vec<String>,
}

#[derive(Template)]
#[template(path = "law.html")]
struct LawPage {
    frame: Frame,
    question: String,
    as_of: String,
    max_chars: usize,
    answer: Option<Answer>,
    history: Vec<HistoryRow>,
    done: Option<&'static str>,
    /// Whether it was asked in a practice run.
    is_practice: bool,
}

/// The question, as the form sends it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    as_of: String,
    #[serde(default)]
    supplementary: Option<String>,
    #[serde(default)]
    marked: Option<String>,
    /// From the practice page.
    #[serde(default)]
    practice: Option<String>,
}

/// The page, with an answer once something is asked.
pub(super) async fn show(
    State(shared): State<Shared>,
    visitor: Visitor<ReadContents>,
    Search(asked): Search<Asked>,
) -> Result<Response, Problem> {
    let actor = &visitor.actor;
    let now = shared.api.store.now();
    let today = japan::day_of(now);
    let day_asked: Option<Date> = asked.as_of.parse().ok();
    let question = asked.q.trim().to_owned();
    let is_practice = asked.practice.is_some();
    let mut answer = None;
    let mut history = Vec::new();
    if question.is_empty() {
        let asked = shared.api.corpus.questions(actor, None, HISTORY).await?;
        for one in asked.rows {
            history.push(HistoryRow {
                path: path(&one.text, one.as_of),
                text: one.text,
                at: Moment::near(one.asked_at, now),
            });
        }
    } else {
        let new = NewQuestionBody {
            text: question.clone(),
            as_of: day_asked,
            sources: None,
            default_law: None,
            supplementary: asked.supplementary.is_some(),
            limit: None,
        };
        let purpose = if is_practice {
            Purpose::Practice
        } else {
            Purpose::Work
        };
        let found = answered(&shared, actor, new, purpose).await?;
        let as_of = found.as_of;
        let rows =
            |hits: Vec<HitBody>| -> Vec<HitRow> { hits.into_iter().map(|hit| hit_row(hit, as_of)).collect() };
        let (widened, remarks): (Vec<_>, Vec<_>) = found
            .remarks
            .into_iter()
            .partition(|remark| remark.kind == "widened");
        answer = Some(Answer {
            id: found.id.map(|id| id.to_string()),
            seconds: format!("{}.{:02}", found.millis / 1000, found.millis % 1000 / 10),
            as_of: day(as_of),
            hits: rows(found.hits),
            related: rows(found.related),
            own: found
                .own_answers
                .into_iter()
                .map(|own| own_row(own, now))
                .collect(),
            no_basis: found.no_basis,
            remarks: remarks.into_iter().map(|remark| remark.message).collect(),
            widened: widened.into_iter().map(|remark| remark.message).collect(),
        });
    }
    page(&LawPage {
        frame: Frame::of(&visitor, Here::Law, "法令・通知"),
        question,
        as_of: day_asked.unwrap_or(today).to_string(),
        max_chars: MAX_QUESTION_CHARS,
        answer,
        history,
        done: asked.marked.as_deref().and_then(done),
        is_practice,
    })
}

/// What was just done, by the word in the address.
fn done(what: &str) -> Option<&'static str> {
    match what {
        "1" => Some("「これが根拠」として記録しました。次から、自課の質問で優先されます。"),
        "favourite" => Some("お気に入りに加えました。"),
        "faq" => Some("自課のFAQに加えました。次から、同じ質問に最初に表示されます。"),
        _ => None,
    }
}

/// The address of a question.
pub(super) fn path(question: &str, as_of: Date) -> String {
    let escaped: String = question.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("/law?q={escaped}&as_of={as_of}")
}

/// Back to a question that was asked, in a practice run as one of that.
pub(super) fn back(question: &str, as_of: Date, is_practice: bool) -> String {
    let run = if is_practice { "&practice=1" } else { "" };
    format!("{}{run}", path(question, as_of))
}

fn own_row(own: OwnAnswerBody, now: jiff::Timestamp) -> OwnRow {
    let citing = own.citing.into_iter().map(|place| match place.label {
        Some(label) => format!("{} {label}", place.title),
        None => format!("{}(この時点では効力がありません)", place.title),
    });
    OwnRow {
        question: own.question,
        answer: own.answer,
        author: own.author,
        at: Moment::near(own.written_at, now),
        citing: citing.collect(),
    }
}

fn hit_row(hit: HitBody, as_of: Date) -> HitRow {
    let (pieces, is_cut) = excerpt(&hit.text, &hit.matched);
    HitRow {
        path: format!(
            "/law/sources/{}?as_of={as_of}&at={}#p{}",
            hit.source_id, hit.passage.ordinal, hit.passage.ordinal
        ),
        title: hit.title,
        rank: hit.rank_label,
        label: hit.label,
        caption: hit.caption,
        headings: hit.headings.join(" › "),
        page: hit.page,
        reason: hit.reason_label,
        is_cited: hit.reason == "cited",
        pieces,
        is_cut,
        revision: hit.passage.revision.to_string(),
        ordinal: hit.passage.ordinal,
    }
}

/// The part of a text around its first matched words, in pieces; and whether there is more of it.
fn excerpt(text: &str, matched: &[SpanBody]) -> (Vec<Piece>, bool) {
    let first = matched.iter().map(|span| span.start).min().unwrap_or(0);
    let before = text.char_indices().take_while(|(at, _)| *at < first).count();
    let skipped = before.saturating_sub(BEFORE_CHARS);
    let mut pieces: Vec<Piece> = Vec::new();
    for (at, letter) in text.char_indices().skip(skipped).take(EXCERPT_CHARS) {
        let is_matched = matched.iter().any(|span| (span.start..span.end).contains(&at));
        let letter = if letter == '\n' { ' ' } else { letter };
        match pieces.last_mut() {
            Some(last) if last.is_matched == is_matched => last.text.push(letter),
            _ => pieces.push(Piece {
                text: letter.to_string(),
                is_matched,
            }),
        }
    }
    (
        pieces,
        text.chars().count() > skipped + EXCERPT_CHARS || skipped > 0,
    )
}

/// Which passage is the basis, and what was asked, to come back.
#[derive(Debug, Deserialize)]
pub(super) struct Basis {
    revision: RevisionId,
    ordinal: u32,
    q: String,
    as_of: Date,
    #[serde(default)]
    practice: Option<String>,
}

/// これが根拠: counts from now on in the 課's later questions.
pub(super) async fn mark_basis(
    State(shared): State<Shared>,
    visitor: Visitor<WriteContents>,
    Ids(id): Ids<QuestionId>,
    FormBody(basis): FormBody<Basis>,
) -> Result<Response, Problem> {
    let passage = PassageKey {
        revision: basis.revision,
        ordinal: basis.ordinal,
    };
    let corpus = &shared.api.corpus;
    corpus
        .give_feedback(&visitor.actor, id, passage, FeedbackKind::Basis)
        .await?;
    let back = back(&basis.q, basis.as_of, basis.practice.is_some());
    Ok(go_to(&format!("{back}&marked=1")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, spans: &[(usize, usize)]) -> (String, bool) {
        let spans: Vec<SpanBody> = spans.iter().map(|&(start, end)| (start..end).into()).collect();
        let (pieces, is_cut) = excerpt(text, &spans);
        let mark = |piece: Piece| {
            if piece.is_matched {
                format!("【{}】", piece.text)
            } else {
                piece.text
            }
        };
        (pieces.into_iter().map(mark).collect(), is_cut)
    }

    #[test]
    fn an_excerpt_shows_where_the_words_stand() {
        assert_eq!(
            shown("子どもの通院\n二百円", &[(0, 9)]),
            ("【子ども】の通院 二百円".to_owned(), false)
        );
        let long = format!("{}通院{}", "あ".repeat(300), "い".repeat(300));
        let (text, is_cut) = shown(&long, &[(900, 906)]);
        assert!(
            is_cut && text.starts_with(&format!("{}【通院】い", "あ".repeat(BEFORE_CHARS))),
            "{text}"
        );
        assert_eq!(text.chars().count(), EXCERPT_CHARS + 2);
        assert_eq!(shown("", &[]), (String::new(), false));
    }
}
