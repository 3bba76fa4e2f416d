//! Live captions on the wire: a session, what is shown for a moment, what stays, and the text messages of the
//! WebSocket on which sound comes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shoki_core::id::{JobId, LiveId, UserId};
use shoki_core::live::{LiveCodec, LiveEvent, LiveNow, NumberedEvent, PartialCaption};
use shoki_core::transcript::Segment;
use utoipa::ToSchema;

use super::meeting::MinutesOptionsBody;
use crate::live::LiveInfo;

/// A new session.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NewLiveSession {
    /// What is known of the meeting; also of the job that follows.
    pub minutes: MinutesOptionsBody,
    /// How sound will come.
    pub codec: LiveCodecBody,
}

/// How sound comes.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LiveCodecBody {
    /// Little-endian `i16` at 16 kHz, one channel.
    #[default]
    Pcm16,
    /// One Opus packet a message.
    Opus,
}

/// A session as it stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct LiveSessionBody {
    /// Id.
    #[schema(value_type = uuid::Uuid)]
    pub id: LiveId,
    /// The meeting's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// How sound comes.
    pub codec: LiveCodecBody,
    /// Who opened it.
    #[schema(value_type = uuid::Uuid)]
    pub opened_by: UserId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub opened_at: Timestamp,
    /// Number of the next message of sound.
    pub resume_from: u64,
    /// How it stands.
    pub now: LiveNowBody,
}

/// How a session stands; the event `now` of its stream.
#[derive(Debug, Serialize, ToSchema)]
pub struct LiveNowBody {
    /// What is being said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partial: Option<PartialBody>,
    /// How much sound is on disk, milliseconds.
    pub recorded_ms: u64,
    /// How far the captions are behind it, milliseconds; 0 while they keep up.
    pub behind_ms: u64,
    /// Whether somebody sends sound.
    pub connected: bool,
    /// Why there are no captions, in Japanese; the sound is recorded all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

/// An utterance that goes on.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartialBody {
    /// The number its segment will have.
    pub segment: u64,
    /// When it began, milliseconds.
    pub start_ms: u64,
    /// How far it was heard, milliseconds.
    pub end_ms: u64,
    /// What two hearings in a row agree on.
    pub firm: String,
    /// What only the last one says; may change.
    pub tentative: String,
}

/// What stays; the events `final`, `correction` and `ended` of a session's stream.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LiveEventBody {
    /// An utterance ended.
    Final {
        /// Its number.
        segment: u64,
        /// When it begins, milliseconds.
        start_ms: u64,
        /// When it ends, milliseconds.
        end_ms: u64,
        /// Who seems to speak, `S1`; provisional.
        #[serde(skip_serializing_if = "Option::is_none")]
        speaker: Option<String>,
        /// What was said; empty where nothing was understood.
        text: String,
        /// Whether something speaks against the text (要確認).
        to_check: bool,
    },
    /// A person corrected a line.
    Correction {
        /// Which.
        segment: u64,
        /// What it says now.
        text: String,
        /// Who.
        #[schema(value_type = uuid::Uuid)]
        by: UserId,
        /// When.
        #[schema(value_type = String, format = DateTime)]
        at: Timestamp,
    },
    /// The recording has ended; nothing follows.
    Ended {
        /// The job that makes the minutes of it.
        #[schema(value_type = Option<uuid::Uuid>)]
        job: Option<JobId>,
    },
}

/// A corrected line.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCorrection {
    /// What it says.
    #[schema(example = "次の議題は防災訓練です。")]
    pub text: String,
}

/// What the client may say on the WebSocket besides sound.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientMessage {
    /// The recording has ended.
    End,
}

/// What the service says on the WebSocket.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// The first message: where to go on.
    Ready {
        /// Number of the next message of sound.
        resume_from: u64,
    },
    /// Sound is safe.
    Ack {
        /// Number of the last message that is on disk.
        sequence: u64,
    },
    /// The connection ends here.
    Error {
        /// Stable code.
        code: &'static str,
        /// What happened and what to do, in Japanese.
        detail: String,
        /// Where to go on.
        resume_from: u64,
    },
    /// The recording has ended.
    Ended {
        /// The job that makes the minutes of it.
        job: Option<JobId>,
    },
}

impl From<LiveCodecBody> for LiveCodec {
    fn from(body: LiveCodecBody) -> Self {
        match body {
            LiveCodecBody::Pcm16 => Self::Pcm16,
            LiveCodecBody::Opus => Self::Opus,
        }
    }
}

impl From<LiveCodec> for LiveCodecBody {
    fn from(codec: LiveCodec) -> Self {
        match codec {
            LiveCodec::Pcm16 => Self::Pcm16,
            LiveCodec::Opus => Self::Opus,
        }
    }
}

impl From<LiveInfo> for LiveSessionBody {
    fn from(info: LiveInfo) -> Self {
        Self {
            id: info.id,
            title: info.title,
            codec: info.codec.into(),
            opened_by: info.opened_by,
            opened_at: info.opened_at,
            resume_from: info.resume_from,
            now: info.now.into(),
        }
    }
}

impl From<PartialCaption> for PartialBody {
    fn from(partial: PartialCaption) -> Self {
        Self {
            segment: partial.segment.0,
            start_ms: partial.start.0,
            end_ms: partial.end.0,
            firm: partial.firm,
            tentative: partial.tentative,
        }
    }
}

impl From<LiveNow> for LiveNowBody {
    fn from(now: LiveNow) -> Self {
        Self {
            partial: now.partial.map(Into::into),
            recorded_ms: now.recorded.0,
            behind_ms: now.behind.0,
            connected: now.connected,
            trouble: now.trouble.map(shoki_core::code::ErrorCode::sentence_ja),
        }
    }
}

impl LiveEventBody {
    /// The name of the event in the stream.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Final { .. } => "final",
            Self::Correction { .. } => "correction",
            Self::Ended { .. } => "ended",
        }
    }
}

impl From<NumberedEvent> for LiveEventBody {
    fn from(numbered: NumberedEvent) -> Self {
        match numbered.event {
            LiveEvent::Final { segment } => final_of(&segment),
            LiveEvent::Correction {
                segment,
                text,
                by,
                at,
            } => Self::Correction {
                segment: segment.0,
                text,
                by,
                at,
            },
            LiveEvent::Ended { job } => Self::Ended { job },
        }
    }
}

fn final_of(segment: &Segment) -> LiveEventBody {
    LiveEventBody::Final {
        segment: segment.id.0,
        start_ms: segment.start.0,
        end_ms: segment.end.0,
        speaker: segment.speaker.map(|speaker| speaker.to_string()),
        text: segment.text(),
        to_check: !segment.doubts.is_empty(),
    }
}
