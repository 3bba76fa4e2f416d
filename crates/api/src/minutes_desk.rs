//! The seam to the minutes desk: what needs the speech crate, as commands on a bounded channel, each with its
//! reply sender and its span.
//!
//! `app` owns the other end (a thread); this crate knows no speech. Promise: a desk that is not there, is
//! behind, or has died is a clear answer within a minute. A command whose asker has gone may be
//! skipped.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use shoki_core::code::ErrorCode;
use shoki_core::meeting::{ExportFormat, MinutesOptions};
use shoki_core::minutes::{LeveledText, Minutes, TextLevel};
use shoki_core::minutes_draft::DraftedItem;
use shoki_core::minutes_style::MinutesStyle;
use shoki_core::speakers::SpeakerCount;
use shoki_core::transcript::{SegmentId, SpeakerId};
use tokio::sync::{mpsc, oneshot};
use tracing::Span;

use crate::asking::{Patience, ask};
use crate::meetings::Meeting;
use crate::problem::Problem;

/// The Word document of an eight-hour meeting takes seconds.
const PATIENCE: Patience = Patience {
    within: Duration::from_secs(60),
    retry_after_seconds: 2,
};

/// A meeting as it stands now, to be written up.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The meeting with its corrections.
    pub meeting: Arc<Meeting>,
    /// What was said about it; the title is filled in.
    pub options: MinutesOptions,
    /// The 様式.
    pub style: MinutesStyle,
    /// What a model drafted of its agenda.
    pub drafts: Vec<DraftedItem>,
}

/// What the desk is asked to do.
#[derive(Debug)]
pub enum MinutesCommand {
    /// Write the minutes.
    Compose {
        /// Of what.
        subject: Box<Subject>,
        /// Where the answer goes.
        reply: oneshot::Sender<Result<Minutes, MinutesFailure>>,
        /// The request's span.
        span: Span,
    },
    /// Write a file.
    Export {
        /// Of what.
        subject: Box<Subject>,
        /// In which form.
        format: ExportFormat,
        /// The text's level; absent: the form's usual one.
        level: Option<TextLevel>,
        /// Where the answer goes.
        reply: oneshot::Sender<Result<Vec<u8>, MinutesFailure>>,
        /// The request's span.
        span: Span,
    },
    /// Clean texts.
    Level {
        /// Of which meeting.
        meeting: Arc<Meeting>,
        /// Which segments.
        segments: Vec<SegmentId>,
        /// How far.
        level: TextLevel,
        /// Words that stay as they are.
        kept: Vec<String>,
        /// Where the answer goes.
        reply: oneshot::Sender<Result<Vec<(SegmentId, LeveledText)>, MinutesFailure>>,
        /// The request's span.
        span: Span,
    },
    /// Find the speakers anew, without sound. Segments that a person gave a speaker stay.
    Recluster {
        /// Of which meeting.
        meeting: Arc<Meeting>,
        /// The artifact with what voices sound like.
        voices: Bytes,
        /// How many people speak.
        count: SpeakerCount,
        /// Where the answer goes.
        reply: oneshot::Sender<Result<Vec<(SegmentId, SpeakerId)>, MinutesFailure>>,
        /// The request's span.
        span: Span,
    },
}

/// Why the desk gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MinutesFailure {
    /// Something broke; the desk has logged what.
    Broken,
    /// There are no voices to tell apart.
    NoVoices,
}

/// The routes' end of the channel.
#[derive(Clone, Debug)]
pub struct MinutesSender(mpsc::Sender<MinutesCommand>);

impl MinutesSender {
    /// A channel on which at most `places` commands wait.
    #[must_use]
    pub fn channel(places: usize) -> (Self, mpsc::Receiver<MinutesCommand>) {
        let (commands, received) = mpsc::channel(places);
        (Self(commands), received)
    }

    /// The minutes.
    ///
    /// # Errors
    /// `not_ready` when the desk is not there, `too_many_requests` when all places are taken.
    pub async fn compose(&self, subject: Subject) -> Result<Minutes, Problem> {
        self.ask(|reply, span| MinutesCommand::Compose {
            subject: Box::new(subject),
            reply,
            span,
        })
        .await
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// As [`MinutesSender::compose`].
    pub async fn export(
        &self,
        subject: Subject,
        format: ExportFormat,
        level: Option<TextLevel>,
    ) -> Result<Vec<u8>, Problem> {
        self.ask(|reply, span| MinutesCommand::Export {
            subject: Box::new(subject),
            format,
            level,
            reply,
            span,
        })
        .await
    }

    /// Texts of segments at a level.
    ///
    /// # Errors
    /// As [`MinutesSender::compose`].
    pub async fn level(
        &self,
        meeting: Arc<Meeting>,
        segments: Vec<SegmentId>,
        level: TextLevel,
        kept: Vec<String>,
    ) -> Result<Vec<(SegmentId, LeveledText)>, Problem> {
        self.ask(|reply, span| MinutesCommand::Level {
            meeting,
            segments,
            level,
            kept,
            reply,
            span,
        })
        .await
    }

    /// Who speaks in each segment, found anew.
    ///
    /// # Errors
    /// As [`MinutesSender::compose`]; `conflict` where there are no voices to tell apart.
    pub async fn recluster(
        &self,
        meeting: Arc<Meeting>,
        voices: Bytes,
        count: SpeakerCount,
    ) -> Result<Vec<(SegmentId, SpeakerId)>, Problem> {
        self.ask(|reply, span| MinutesCommand::Recluster {
            meeting,
            voices,
            count,
            reply,
            span,
        })
        .await
    }

    async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<T, MinutesFailure>>, Span) -> MinutesCommand,
    ) -> Result<T, Problem> {
        match ask(&self.0, PATIENCE, command).await? {
            Ok(answer) => Ok(answer),
            Err(MinutesFailure::Broken) => Err(Problem::new(ErrorCode::Internal)),
            Err(MinutesFailure::NoVoices) => {
                Err(Problem::new(ErrorCode::Conflict).detail("話者を判定できる声がこの録音にありません。"))
            }
        }
    }
}
