//! A drafter that says the first passage's own words, or fails when the question tells it to.

use shoki_api::minutes_desk::Subject;
use shoki_api::{DraftFailure, DraftSender, DraftWork};
use shoki_core::draft::{Draft, DraftQuote, DraftSentence, DropReason};
use shoki_core::minutes::EvidenceSpan;
use shoki_core::minutes_draft::{DraftedItem, DraftedSentence};
use shoki_store::corpus_model::PlacedPassage;

/// A question at which the server gives nothing.
pub const FAILS: &str = "失敗";
/// A question for which it takes too long.
pub const LATE: &str = "遅刻";
/// A question at which every sentence is dropped.
pub const LIES: &str = "虚偽";

/// Starts it; it ends with the last sender.
pub fn start() -> DraftSender {
    let (sender, mut commands) = DraftSender::channel(2);
    tokio::spawn(async move {
        while let Some(command) = commands.recv().await {
            match command.work {
                DraftWork::Answer {
                    question,
                    passages,
                    reply,
                } => drop(reply.send(draft(&question, &passages))),
                DraftWork::Minutes { subject, item, reply } => drop(reply.send(Ok(drafted(&subject, item)))),
            }
        }
    });
    sender
}

/// The first segment's words as a sentence of the one item that there is.
fn drafted(subject: &Subject, item: usize) -> Option<DraftedItem> {
    let transcript = subject.meeting.edited.transcript();
    let segment = transcript.segments.first().filter(|_| item == 0)?;
    Some(DraftedItem {
        heading: None,
        model: "fake".to_owned(),
        sentences: vec![DraftedSentence {
            text: segment.text(),
            cites: vec![EvidenceSpan {
                segment: segment.id,
                start: segment.start,
                end: segment.end,
            }],
        }],
    })
}

fn draft(question: &str, passages: &[PlacedPassage]) -> Result<Draft, DraftFailure> {
    match question {
        FAILS => return Err(DraftFailure::Server),
        LATE => return Err(DraftFailure::TimedOut),
        _ => {}
    }
    let first = &passages[0];
    let text = first.passage.text.clone();
    let quote = DraftQuote {
        passage: first.key,
        title: first.source.head.title.clone(),
        label: first.passage.label.clone(),
        span: 0..text.len(),
        text: text.clone(),
    };
    let lies = question == LIES;
    Ok(Draft {
        sentences: (!lies)
            .then_some(DraftSentence {
                text,
                quotes: vec![quote],
            })
            .into_iter()
            .collect(),
        dropped: vec![
            DropReason::NumberNotQuoted,
            DropReason::QuoteNotFound,
            DropReason::NumberNotQuoted,
        ],
        masked: question.contains('〓'),
        model: "fake".to_owned(),
    })
}
