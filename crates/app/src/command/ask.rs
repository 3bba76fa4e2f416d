//! `shoki ask`: one question, the evidence on the terminal, and with `--draft` what a model makes of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Zoned;
use serde::Serialize;
use shoki_core::code::ErrorCode;
use shoki_core::corpus::PassageKey;
use shoki_core::draft::{Draft, DropReason, LABEL_JA};
use shoki_core::evidence::{Evidence, Hit, NoBasis, OwnAnswer, Question, Reason, Remark};
use shoki_search::index::PassageIndex;
use shoki_store::CorpusStore;
use tokio::runtime::Handle;

use super::Refusal;
use crate::cli::Ask;
use crate::config::Config;
use crate::corpus::desk::{Desk, DeskError};
use crate::corpus::local::LocalCorpus;
use crate::drafting::answer::DraftError;
use crate::drafting::{Drafter, DraftingError};
use crate::output;

/// Characters of a passage shown around its first match.
const SHOWN: usize = 160;

/// Asks.
///
/// # Errors
/// [`Refusal`] when the desk cannot be opened or the question not be answered.
pub async fn run(config: &Config, args: Ask) -> Result<(), Refusal> {
    let corpus = LocalCorpus::open(config, args.place.corpus, args.place.department.as_deref()).await?;
    let (index, _) = corpus.refresh(false).await?;
    let question = Question {
        text: args.question,
        as_of: args.as_of.unwrap_or_else(|| Zoned::now().date()),
        sources: None,
        default_law: args.scope,
        supplementary: args.supplementary,
        limit: args.limit,
    };
    let department = corpus.department;
    let text = question.text.clone();
    let evidence = with_desk(&corpus, index, move |desk| desk.ask(department, &question)).await??;
    if !args.json {
        show(&evidence);
    }
    let draft = if args.draft {
        draft(config, &corpus, &text, &evidence).await
    } else {
        Ok(None)
    };
    if args.json {
        let answer = Answer {
            evidence: &evidence,
            draft: draft.as_ref().ok().and_then(Option::as_ref),
        };
        let json = serde_json::to_string_pretty(&answer)
            .map_err(|error| Refusal::said(format!("結果を書けません({error})。")))?;
        output::line(json);
    } else {
        match &draft {
            Ok(Some(draft)) => show_draft(draft),
            Ok(None) if args.draft => output::line("※ 根拠が見つからない質問のため、下書きは作りません。"),
            Ok(None) | Err(_) => {}
        }
    }
    draft.map(drop)
}

/// Evidence with the draft beside it.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    evidence: &'a Evidence,
    #[serde(skip_serializing_if = "Option::is_none")]
    draft: Option<&'a Draft>,
}

/// Passages of the evidence that are looked at for a draft.
const DRAFT_EVIDENCE: usize = 8;

/// A draft on the evidence; `None` when there is no basis to draft on.
async fn draft(
    config: &Config,
    corpus: &LocalCorpus,
    question: &str,
    evidence: &Evidence,
) -> Result<Option<Draft>, Refusal> {
    let store: Arc<dyn CorpusStore> = corpus.store.clone();
    let drafter = Drafter::of(&config.drafting, Arc::clone(&store))
        .map_err(|fault| Refusal::said(fault.sentence_ja))?
        .ok_or_else(|| Refusal::said(ErrorCode::DraftingOff.sentence_ja()))?;
    if evidence.no_basis.is_some() {
        return Ok(None);
    }
    let keys: Vec<PassageKey> = evidence
        .hits
        .iter()
        .take(DRAFT_EVIDENCE)
        .map(|hit| hit.passage)
        .collect();
    let passages = store.placed(corpus.department, &keys).await?;
    if passages.is_empty() {
        return Ok(None);
    }
    drafter
        .draft(question, passages)
        .await
        .map(Some)
        .map_err(|error| {
            tracing::warn!(error = &error as &dyn std::error::Error, "no draft");
            let code = match error {
                DraftError::Server(DraftingError::TimedOut) => ErrorCode::DraftTimeout,
                DraftError::Server(_) => ErrorCode::DraftServer,
                DraftError::Store(error) => error.code(),
            };
            Refusal::said(code.sentence_ja())
        })
}

fn show_draft(draft: &Draft) {
    output::line(format!("\n{LABEL_JA}"));
    for sentence in &draft.sentences {
        output::line(format!("・{}", sentence.text));
        for quote in &sentence.quotes {
            output::line(format!(
                "    {} {}「{}」",
                quote.title,
                quote.label,
                quote.text.replace('\n', " ")
            ));
        }
    }
    for message in draft.messages_ja() {
        output::line(format!("※ {message}"));
    }
    let reasons: BTreeSet<DropReason> = draft.dropped.iter().copied().collect();
    for reason in reasons {
        output::line(format!("   - {}", reason.label_ja()));
    }
}

/// Runs `work` with a desk on a thread of its own (a desk blocks).
pub(super) async fn with_desk<T, W>(
    corpus: &LocalCorpus,
    index: Arc<dyn PassageIndex>,
    work: W,
) -> Result<T, Refusal>
where
    T: Send + 'static,
    W: FnOnce(&Desk) -> T + Send + 'static,
{
    let desk = corpus.desk(index, Handle::current())?;
    tokio::task::spawn_blocking(move || work(&desk))
        .await
        .map_err(|_| Refusal::said(shoki_core::code::ErrorCode::Internal.sentence_ja()))
}

impl From<DeskError> for Refusal {
    fn from(error: DeskError) -> Self {
        use shoki_search::query::QueryError;
        match error {
            DeskError::Query(QueryError::EmptyQuestion) => {
                Self::said("質問が空です。知りたいことを普段の言葉で書いてください。")
            }
            DeskError::Query(QueryError::QuestionTooLong(length)) => Self::said(format!(
                "質問が長すぎます({length} 文字)。要点を短くして質問してください。"
            )),
            other => {
                tracing::error!(error = &other as &dyn std::error::Error, "not answered");
                Self::said("検索できませんでした。shoki corpus reindex で索引を作り直してください。")
            }
        }
    }
}

fn show(evidence: &Evidence) {
    for remark in &evidence.remarks {
        match remark {
            Remark::NoSuchItem { title, label } => output::line(format!("※ {title}に{label}はありません。")),
            Remark::NoSuchSource { title } => output::line(format!("※ {title}は取り込まれていません。")),
            Remark::PersonalData { .. } => {
                output::line("※ 質問に個人の名前や番号らしい文字があります。質問には書かないでください。");
            }
            Remark::Widened { from, to } => {
                output::line(format!("※ 「{from}」を「{}」でも探しました。", to.join("・")))
            }
        }
    }
    for own in &evidence.own {
        show_own(own);
    }
    if let Some(no_basis) = &evidence.no_basis {
        output::line(match no_basis {
            NoBasis::SubjectUnknown { terms } => {
                format!(
                    "根拠は見つかりません。「{}」について書かれたものがありません。近い見出し:",
                    terms.join("・")
                )
            }
            NoBasis::SourceMissing { missing } => {
                format!("根拠は見つかりません。{missing}が取り込まれていません。近い見出し:")
            }
            NoBasis::OutOfScope { terms } => {
                format!(
                    "「{}」は取り込まれた法令・通知の対象ではありません。近い見出し:",
                    terms.join("・")
                )
            }
        });
    }
    for (number, hit) in evidence.hits.iter().enumerate() {
        output::line(line(number + 1, hit));
        if evidence.no_basis.is_none() {
            output::line(format!("     {}", excerpt(hit)));
        }
    }
    if !evidence.related.is_empty() && evidence.no_basis.is_none() {
        let related: Vec<String> = evidence
            .related
            .iter()
            .take(5)
            .map(|hit| format!("{} {}", hit.title, hit.label))
            .collect();
        output::line(format!("関連: {}", related.join("、")));
    }
}

fn show_own(own: &OwnAnswer) {
    let day = shoki_api::japan::day_of(own.written_at);
    output::line(format!("[自課のFAQ] {} ({} {day})", own.question, own.author));
    output::line(format!("     {}", own.answer.replace('\n', "\n     ")));
    let places: Vec<String> = own
        .citing
        .iter()
        .map(|place| match &place.label {
            Some(label) => format!("{} {label}", place.title),
            None => format!("{} {}(この時点では施行されていません)", place.title, place.item),
        })
        .collect();
    if !places.is_empty() {
        output::line(format!("     根拠: {}", places.join("、")));
    }
}

fn line(number: usize, hit: &Hit) -> String {
    let mut place = format!(
        "{number:>2}. [{}] {} {}",
        hit.rank.label_ja(),
        hit.title,
        hit.label
    );
    if let Some(paragraph) = hit.segment.first() {
        place.push_str(&format!("第{paragraph}項"));
    }
    if let Some(caption) = &hit.caption {
        place.push_str(&format!("({caption})"));
    }
    if let Some(page) = hit.page {
        place.push_str(&format!(" {page}ページ"));
    }
    if let Some(day) = hit.valid_from {
        place.push_str(&format!(" 施行日 {day}"));
    }
    if hit.reason == Reason::Cited {
        place.push_str(" 条文を直接表示");
    }
    place
}

/// The text around its first match, matches in 【】.
fn excerpt(hit: &Hit) -> String {
    let start = hit.matched.first().map_or(0, |first| {
        let before = &hit.text[..first.start];
        before.char_indices().rev().nth(SHOWN / 4).map_or(0, |(at, _)| at)
    });
    let mut shown = String::new();
    if start > 0 {
        shown.push('…');
    }
    let mut length = 0;
    for (at, character) in hit.text[start..].char_indices().map(|(at, c)| (at + start, c)) {
        if hit.matched.iter().any(|span| span.start == at) {
            shown.push('【');
        }
        shown.push(if character == '\n' { ' ' } else { character });
        if hit
            .matched
            .iter()
            .any(|span| span.end == at + character.len_utf8())
        {
            shown.push('】');
        }
        length += 1;
        if length >= SHOWN
            && !hit
                .matched
                .iter()
                .any(|span| span.contains(&(at + character.len_utf8())))
        {
            shown.push('…');
            break;
        }
    }
    shown
}
