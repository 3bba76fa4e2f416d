//! The seam to live captions: requests on a bounded channel, each with its reply sender and its span.
//!
//! `app` owns the other end (files, threads, recognisers); this crate knows none of them. Promises: who asks
//! is an [`Actor`], and a session of another 課 is answered like one that never was; sound goes straight to
//! the session's own bounded channel and is acknowledged only when it is on disk. Never: sound held here.

use jiff::Timestamp;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::id::{LiveId, UserId};
use shoki_core::live::{LiveCodec, LiveNow, NumberedEvent};
use shoki_core::meeting::MinutesOptions;
use shoki_core::transcript::SegmentId;
use shoki_store::model::Job;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::Span;

use crate::problem::Problem;
use crate::state::ApiState;

/// What a client is told to wait when all places are taken, seconds.
const RETRY_AFTER_SECONDS: u32 = 30;

/// A request to the service of live captions.
#[derive(Debug)]
pub struct LiveRequest {
    /// Who asks.
    pub actor: Actor,
    /// What.
    pub command: LiveCommand,
    /// The request's span.
    pub span: Span,
}

/// Where an answer goes.
pub type Reply<T> = oneshot::Sender<Result<T, LiveFailure>>;

/// What can be asked.
#[derive(Debug)]
pub enum LiveCommand {
    /// A new session.
    Open {
        /// What is known of the meeting.
        options: Box<MinutesOptions>,
        /// How sound will come.
        codec: LiveCodec,
        /// The answer.
        reply: Reply<LiveInfo>,
    },
    /// The sessions of the own 課, newest first.
    List {
        /// The answer.
        reply: Reply<Vec<LiveInfo>>,
    },
    /// One session.
    Show {
        /// Which.
        session: LiveId,
        /// The answer.
        reply: Reply<LiveInfo>,
    },
    /// A microphone is there; whoever sent before is sent away.
    Attach {
        /// Which.
        session: LiveId,
        /// The answer.
        reply: Reply<LiveInput>,
    },
    /// What happened after an event.
    Follow {
        /// Which.
        session: LiveId,
        /// Number of the last event that is known; 0 for none.
        after: u64,
        /// The answer.
        reply: Reply<LiveFeed>,
    },
    /// A line says something else.
    Correct {
        /// Which.
        session: LiveId,
        /// Which line.
        segment: SegmentId,
        /// What it says.
        text: String,
        /// The answer.
        reply: Reply<NumberedEvent>,
    },
    /// The recording has ended and becomes a job; none when there was no sound.
    End {
        /// Which.
        session: LiveId,
        /// The answer.
        reply: Reply<Option<Job>>,
    },
}

/// A session as it stands.
#[derive(Clone, Debug)]
pub struct LiveInfo {
    /// Id.
    pub id: LiveId,
    /// The meeting's name.
    pub title: Option<String>,
    /// How sound comes.
    pub codec: LiveCodec,
    /// Who opened it.
    pub opened_by: UserId,
    /// When.
    pub opened_at: Timestamp,
    /// Number of the next message of sound.
    pub resume_from: u64,
    /// How it stands.
    pub now: LiveNow,
}

/// A message of sound.
#[derive(Debug)]
pub struct SoundMessage {
    /// Its number, from 0 without gaps over all connections of the session.
    pub sequence: u64,
    /// The sound.
    pub payload: bytes::Bytes,
}

/// How much sound is safe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Durable {
    /// Number of the next message; all before it are on disk and synced.
    pub next: u64,
    /// Why no more is taken.
    pub failed: Option<ErrorCode>,
}

/// A microphone's end of a session.
#[derive(Debug)]
pub struct LiveInput {
    /// Where sound goes. Waits when the disk is slow.
    pub sound: mpsc::Sender<SoundMessage>,
    /// How much of it is safe; closed when the session has ended.
    pub durable: watch::Receiver<Durable>,
    /// Cancelled when another microphone has taken over.
    pub replaced: CancellationToken,
    /// Says, when dropped, that the microphone is gone.
    pub attached: DropGuard,
}

/// What a page follows.
#[derive(Debug)]
pub struct LiveFeed {
    /// What happened, in order.
    pub events: Vec<NumberedEvent>,
    /// How it stands; ticks after every change, events included.
    pub now: watch::Receiver<LiveNow>,
}

/// Why a request was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiveFailure {
    /// No such session in this 課, or no such line.
    NotFound,
    /// As many sessions run as may.
    Full {
        /// How many may.
        sessions: usize,
    },
    /// The session has ended.
    Ended,
    /// Something with a code of its own.
    Code(ErrorCode),
}

impl From<LiveFailure> for Problem {
    fn from(failure: LiveFailure) -> Self {
        match failure {
            LiveFailure::NotFound => Self::new(ErrorCode::NotFound),
            LiveFailure::Full { sessions } => Self::new(ErrorCode::NotReady)
                .detail(format!(
                    "同時に使えるライブ字幕は {sessions} 件までで、いまは空きがありません。\
                     使っている会議が終わるのを待つか、録音してからアップロードしてください。"
                ))
                .retry_after(RETRY_AFTER_SECONDS),
            LiveFailure::Ended => {
                Self::new(ErrorCode::Conflict).detail("このライブ字幕の録音は終わっています。")
            }
            LiveFailure::Code(code) => Self::new(code),
        }
    }
}

/// The routes' end of the channel.
#[derive(Clone, Debug)]
pub struct LiveSender(mpsc::Sender<LiveRequest>);

impl LiveSender {
    /// A channel on which at most `places` requests wait.
    #[must_use]
    pub fn channel(places: usize) -> (Self, mpsc::Receiver<LiveRequest>) {
        let (requests, received) = mpsc::channel(places);
        (Self(requests), received)
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// `too_many_requests` when all places are taken, `not_ready` when the service has stopped, and what it
    /// answers.
    pub async fn ask<T>(
        &self,
        actor: &Actor,
        command: impl FnOnce(Reply<T>) -> LiveCommand,
    ) -> Result<T, Problem> {
        let (reply, answer) = oneshot::channel();
        let sent = self.0.try_send(LiveRequest {
            actor: actor.clone(),
            command: command(reply),
            span: Span::current(),
        });
        sent.map_err(|error| match error {
            TrySendError::Full(_) => {
                Problem::new(ErrorCode::TooManyRequests).retry_after(RETRY_AFTER_SECONDS)
            }
            TrySendError::Closed(_) => Problem::new(ErrorCode::NotReady),
        })?;
        match answer.await {
            Ok(answered) => Ok(answered?),
            Err(_) => Err(Problem::new(ErrorCode::NotReady)),
        }
    }
}

impl ApiState {
    /// The way to live captions.
    ///
    /// # Errors
    /// `not_ready` where they are off.
    pub fn live_captions(&self) -> Result<&LiveSender, Problem> {
        self.live
            .as_ref()
            .ok_or_else(|| Problem::new(ErrorCode::NotReady).detail("ライブ字幕は使えない設定です。"))
    }
}
