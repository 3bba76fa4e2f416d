//! A drafter that says the first passage's own words, or fails when the question tells it to.

use shoki_api::{DraftCommand, DraftFailure, DraftSender};
use shoki_core::draft::{Draft, DraftQuote, DraftSentence, DropReason};

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
            let made = draft(&command);
            let _ = command.reply.send(made);
        }
    });
    sender
}

fn draft(command: &DraftCommand) -> Result<Draft, DraftFailure> {
    match command.question.as_str() {
        FAILS => return Err(DraftFailure::Server),
        LATE => return Err(DraftFailure::TimedOut),
        _ => {}
    }
    let first = &command.passages[0];
    let text = first.passage.text.clone();
    let quote = DraftQuote {
        passage: first.key,
        title: first.source.head.title.clone(),
        label: first.passage.label.clone(),
        span: 0..text.len(),
        text: text.clone(),
    };
    let lies = command.question == LIES;
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
        masked: command.question.contains('〓'),
        model: "fake".to_owned(),
    })
}
