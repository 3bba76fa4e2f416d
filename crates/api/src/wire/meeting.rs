//! What a person says about a recording, and the counts of what was heard, on the wire.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use shoki_core::id::DocumentId;
use shoki_core::meeting::{MinutesOptions, Term};
use shoki_core::outcome::MinutesOutcome;
use shoki_core::speakers::SpeakerCount;
use utoipa::ToSchema;

/// What is known of a meeting. Nothing of it is required.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MinutesOptionsBody {
    /// The meeting's name; otherwise the file's.
    #[schema(example = "第3回 防災会議")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The day on which it was held.
    #[schema(value_type = Option<String>, format = Date)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_on: Option<Date>,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Who was there, one a line: a name, with the office or role before or behind it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attendees: Vec<String>,
    /// How many speak.
    pub speakers: SpeakerCountBody,
    /// 単語帳: names and terms of this meeting.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub terms: Vec<TermBody>,
    /// Id of the 様式 of the minutes, one of `GET /v1/pipelines`; otherwise the office's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style: Option<String>,
    /// Recordings of the own 課 that go on where this one ends, in order. Not in a batch.
    #[schema(value_type = Vec<uuid::Uuid>)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub continued_by: Vec<DocumentId>,
}

/// A word of the 単語帳.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TermBody {
    /// As it shall be written.
    #[schema(example = "浅川")]
    pub written: String,
    /// How it is said, in kana. With it, a text that was heard as the same sound is replaced.
    #[schema(example = "あさかわ")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<String>,
}

/// How many people speak, as far as the desk knows.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum SpeakerCountBody {
    /// Nobody knows.
    #[default]
    Unknown,
    /// This many.
    Exact {
        /// People.
        speakers: u32,
    },
    /// From `min` to `max`.
    Range {
        /// At least.
        min: u32,
        /// At most.
        max: u32,
    },
}

/// Counts of a heard recording.
#[derive(Debug, Serialize, ToSchema)]
pub struct MinutesOutcomeBody {
    /// How long the recording is, milliseconds.
    pub duration_ms: u64,
    /// How long somebody speaks in it, milliseconds.
    pub speech_ms: u64,
    /// Windows that were heard.
    pub windows_heard: u32,
    /// Windows that could not be heard: segments to listen to.
    pub windows_failed: u32,
    /// Segments of the transcript as it was heard.
    pub segments: u32,
    /// Of these, 要確認.
    pub segments_to_check: u32,
    /// Characters.
    pub characters: u32,
    /// Speakers found.
    pub speakers: u32,
}

impl From<MinutesOutcome> for MinutesOutcomeBody {
    fn from(outcome: MinutesOutcome) -> Self {
        Self {
            duration_ms: outcome.duration_ms,
            speech_ms: outcome.speech_ms,
            windows_heard: outcome.windows_heard,
            windows_failed: outcome.windows_failed,
            segments: outcome.segments,
            segments_to_check: outcome.segments_to_check,
            characters: outcome.characters,
            speakers: outcome.speakers,
        }
    }
}

impl From<SpeakerCountBody> for SpeakerCount {
    fn from(body: SpeakerCountBody) -> Self {
        match body {
            SpeakerCountBody::Unknown => Self::Unknown,
            SpeakerCountBody::Exact { speakers } => Self::Exact { speakers },
            SpeakerCountBody::Range { min, max } => Self::Range { min, max },
        }
    }
}

impl From<SpeakerCount> for SpeakerCountBody {
    fn from(count: SpeakerCount) -> Self {
        match count {
            SpeakerCount::Unknown => Self::Unknown,
            SpeakerCount::Exact { speakers } => Self::Exact { speakers },
            SpeakerCount::Range { min, max } => Self::Range { min, max },
        }
    }
}

impl From<MinutesOptionsBody> for MinutesOptions {
    fn from(body: MinutesOptionsBody) -> Self {
        let term = |term: TermBody| Term {
            written: term.written,
            reading: term.reading,
        };
        Self {
            title: body.title,
            held_on: body.held_on,
            place: body.place,
            attendees: body.attendees,
            speakers: body.speakers.into(),
            terms: body.terms.into_iter().map(term).collect(),
            style: body.style,
            continued_by: body.continued_by,
        }
    }
}

impl From<MinutesOptions> for MinutesOptionsBody {
    fn from(options: MinutesOptions) -> Self {
        let term = |term: Term| TermBody {
            written: term.written,
            reading: term.reading,
        };
        Self {
            title: options.title,
            held_on: options.held_on,
            place: options.place,
            attendees: options.attendees,
            speakers: options.speakers.into(),
            terms: options.terms.into_iter().map(term).collect(),
            style: options.style,
            continued_by: options.continued_by,
        }
    }
}
