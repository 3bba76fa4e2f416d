//! The seam to the drafter: commands on a bounded channel, each with its reply sender and its span.
//!
//! `app` owns the other end (the one server that the operator named); this crate knows neither. Promises:
//! a question on its way there is masked already (what was said in a meeting is not: names are its content); a drafter that is off, behind or dead is a clear
//! answer; an asker who goes away drops the reply's receiver, and the work ends. Never: evidence that
//! waits for a draft.

use std::time::Instant;

use shoki_core::code::ErrorCode;
use shoki_core::draft::Draft;
use shoki_core::minutes_draft::DraftedItem;
use shoki_store::corpus_model::PlacedPassage;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tracing::Span;

use crate::minutes_desk::Subject;
use crate::problem::Problem;

/// Drafts waiting for the drafter.
pub const DRAFTS_WAITING: &str = "shoki_drafts_waiting";
/// Drafts that may wait.
pub const DRAFTS_PLACES: &str = "shoki_drafts_waiting_max";
/// What a client is told to wait when all places are taken, seconds.
const RETRY_AFTER_SECONDS: u32 = 10;

/// What the drafter is asked to do.
#[derive(Debug)]
pub struct DraftCommand {
    /// What to write.
    pub work: DraftWork,
    /// When it was asked for; waiting counts.
    pub asked_at: Instant,
    /// The request's span.
    pub span: Span,
}

/// Where a draft goes.
pub type DraftReply<T> = oneshot::Sender<Result<T, DraftFailure>>;

/// What can be drafted.
#[derive(Debug)]
pub enum DraftWork {
    /// The answer to a question.
    Answer {
        /// The question, masked.
        question: String,
        /// The passages that are its basis, best first.
        passages: Vec<PlacedPassage>,
        /// Where the draft goes.
        reply: DraftReply<Draft>,
    },
    /// An item of a meeting's agenda.
    Minutes {
        /// The meeting.
        subject: Box<Subject>,
        /// Which, from 0.
        item: usize,
        /// Where the draft goes; `None`: there is no such item.
        reply: DraftReply<Option<DraftedItem>>,
    },
}

/// Why there is no draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DraftFailure {
    /// The server cannot be reached, refuses, or answers what cannot be used.
    Server,
    /// The time is over.
    TimedOut,
    /// Something of our own broke; the drafter has logged what.
    Broken,
}

/// The routes' end of the channel.
#[derive(Clone, Debug)]
pub struct DraftSender(mpsc::Sender<DraftCommand>);

impl DraftSender {
    /// A channel on which at most `places` commands wait.
    #[must_use]
    pub fn channel(places: usize) -> (Self, mpsc::Receiver<DraftCommand>) {
        let (commands, received) = mpsc::channel(places);
        (Self(commands), received)
    }

    /// Asks for a draft of an answer. Dropping the future ends the work on it.
    ///
    /// # Errors
    /// `too_many_requests` when all places are taken; `draft_server`, `draft_timeout`.
    pub async fn draft(&self, question: String, passages: Vec<PlacedPassage>) -> Result<Draft, Problem> {
        self.ask(|reply| DraftWork::Answer {
            question,
            passages,
            reply,
        })
        .await
    }

    /// Asks for a draft of an item of a meeting's agenda; `None`: there is no such item.
    ///
    /// # Errors
    /// As [`DraftSender::draft`].
    pub async fn draft_item(&self, subject: Subject, item: usize) -> Result<Option<DraftedItem>, Problem> {
        self.ask(|reply| DraftWork::Minutes {
            subject: Box::new(subject),
            item,
            reply,
        })
        .await
    }

    async fn ask<T>(&self, work: impl FnOnce(DraftReply<T>) -> DraftWork) -> Result<T, Problem> {
        let (reply, answer) = oneshot::channel();
        let sent = self.0.try_send(DraftCommand {
            work: work(reply),
            asked_at: Instant::now(),
            span: Span::current(),
        });
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        {
            let places = self.0.max_capacity();
            metrics::gauge!(DRAFTS_PLACES).set(places as f64);
            metrics::gauge!(DRAFTS_WAITING).set(places.saturating_sub(self.0.capacity()) as f64);
        }
        sent.map_err(|error| match error {
            TrySendError::Full(_) => {
                Problem::new(ErrorCode::TooManyRequests).retry_after(RETRY_AFTER_SECONDS)
            }
            TrySendError::Closed(_) => Problem::new(ErrorCode::DraftServer),
        })?;
        match answer.await {
            Ok(Ok(draft)) => Ok(draft),
            Ok(Err(DraftFailure::Server)) | Err(_) => Err(Problem::new(ErrorCode::DraftServer)),
            Ok(Err(DraftFailure::TimedOut)) => Err(Problem::new(ErrorCode::DraftTimeout)),
            Ok(Err(DraftFailure::Broken)) => Err(Problem::new(ErrorCode::Internal)),
        }
    }
}
