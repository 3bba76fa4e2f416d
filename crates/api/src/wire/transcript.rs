//! Transcripts, their speakers and corrections on the wire. Times are milliseconds from the recording's
//! beginning.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shoki_core::id::{JobId, UserId};
use shoki_core::minutes::{LeveledText, TextRule};
use shoki_core::speakers::SpeakerCount;
use shoki_core::transcript::{Doubt, Segment, Speaker, SpeakerId};
use shoki_core::transcript_edit::{Edit, EditRow};
use utoipa::ToSchema;

use super::line_hold::LineHoldBody;
use super::meeting::SpeakerCountBody;

/// A transcript with every correction.
#[derive(Debug, Serialize, ToSchema)]
pub struct TranscriptBody {
    /// Its job.
    #[schema(value_type = uuid::Uuid)]
    pub job_id: JobId,
    /// Number of the last correction, 0 as it was heard; also the `ETag`.
    pub version: u64,
    /// Whether a person has said that nothing is left to do.
    pub finished: bool,
    /// How long the recording is.
    pub duration_ms: u64,
    /// Who speaks.
    pub speakers: Vec<SpeakerBody>,
    /// What was said, by beginning. With `since`: what was changed after that version.
    pub segments: Vec<SegmentBody>,
    /// With `since`: numbers of segments that are gone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<u64>,
    /// Lines that somebody corrects just now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<LineHoldBody>,
    /// Who worked on it for how long.
    pub time_on_task: Vec<TimeOnTaskBody>,
}

/// How long a person worked on a transcript: the sum of the gaps of at most 60 seconds between signs of life.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimeOnTaskBody {
    /// Who.
    #[schema(value_type = uuid::Uuid)]
    pub user: UserId,
    /// How long, seconds.
    pub seconds: u64,
    /// The last sign of life.
    #[schema(value_type = String, format = DateTime)]
    pub last_at: Timestamp,
}

/// One who speaks.
#[derive(Debug, Serialize, ToSchema)]
pub struct SpeakerBody {
    /// Number; stays the same through all corrections.
    #[schema(value_type = String, example = "S1")]
    pub id: SpeakerId,
    /// The name that a person gave.
    pub name: Option<String>,
    /// What the screen calls the person.
    #[schema(example = "話者1")]
    pub shown: String,
    /// How long the person speaks.
    pub spoken_ms: u64,
    /// A name that a kept voice suggests, where nobody gave one. Never taken over by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed_name: Option<String>,
}

impl From<Speaker> for SpeakerBody {
    fn from(speaker: Speaker) -> Self {
        Self {
            id: speaker.id,
            shown: speaker.shown_ja(),
            spoken_ms: speaker.spoken.0,
            name: speaker.name,
            proposed_name: None,
        }
    }
}

/// What one person says without another coming between.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SegmentBody {
    /// Number; stays the same through all corrections and is never used again.
    pub id: u64,
    /// The channel, from 0.
    pub channel: u8,
    /// When it begins.
    pub start_ms: u64,
    /// When it ends.
    pub end_ms: u64,
    /// Who speaks; absent where that could not be told.
    #[schema(value_type = Option<String>, example = "S1")]
    pub speaker: Option<SpeakerId>,
    /// The text.
    pub text: String,
    /// The text in pieces with times.
    pub tokens: Vec<TokenBody>,
    /// What speaks against it (要確認); empty once a person has confirmed or corrected it.
    #[schema(value_type = Vec<String>, example = json!(["unsure"]))]
    pub doubts: Vec<Doubt>,
    /// The same for the screen.
    #[schema(example = json!(["聞き取りの確信が低い"]))]
    pub doubt_labels: Vec<&'static str>,
    /// Whether more than one person speaks in it.
    pub overlap: bool,
    /// Words of the 単語帳 that stand in the place of what was heard.
    pub replacements: Vec<ReplacementBody>,
    /// What the recogniser wrote and nobody said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withheld: Option<String>,
    /// Number of the last correction that touched it; its entity tag.
    pub version: u64,
    /// The text at the level that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leveled: Option<LeveledBody>,
}

/// A piece of a text with its time.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TokenBody {
    /// What was heard, or written.
    pub text: String,
    /// When it begins.
    pub start_ms: u64,
    /// When it ends.
    pub end_ms: u64,
    /// How sure the recogniser was, 0 to 1; 1 for what a person wrote.
    pub p: f32,
}

/// A word of the 単語帳 in a text.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReplacementBody {
    /// Its first token.
    pub first: u32,
    /// Its tokens.
    pub tokens: u32,
    /// What was heard.
    pub heard: String,
}

/// A text at a level.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LeveledBody {
    /// The text.
    pub text: String,
    /// The text in pieces, each with what was done to it.
    pub pieces: Vec<LeveledPieceBody>,
}

/// A piece of a text at a level.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LeveledPieceBody {
    /// What stands there; empty where something was taken out.
    pub text: String,
    /// The first token that it comes from.
    pub first: usize,
    /// The one after the last.
    pub end: usize,
    /// What was heard there, where it was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heard: Option<String>,
    /// By which rule.
    #[schema(value_type = Option<String>, example = "filler")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<TextRule>,
    /// The same for the screen.
    #[schema(example = "フィラー")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule_label: Option<&'static str>,
}

impl From<&LeveledText> for LeveledBody {
    fn from(leveled: &LeveledText) -> Self {
        let pieces = leveled.pieces.iter().map(|piece| {
            let change = piece.change.as_ref();
            LeveledPieceBody {
                text: piece.text.clone(),
                first: piece.source.start,
                end: piece.source.end,
                heard: change.map(|change| change.heard.clone()),
                rule: change.map(|change| change.rule),
                rule_label: change.map(|change| change.rule.label_ja()),
            }
        });
        Self {
            text: leveled.text(),
            pieces: pieces.collect(),
        }
    }
}

impl From<&Segment> for SegmentBody {
    fn from(segment: &Segment) -> Self {
        let tokens = segment.tokens.iter().map(|token| TokenBody {
            text: token.text.clone(),
            start_ms: token.start.0,
            end_ms: token.end.0,
            p: token.probability,
        });
        let replacements = segment.replacements.iter().map(|word| ReplacementBody {
            first: word.first,
            tokens: word.tokens,
            heard: word.heard.clone(),
        });
        Self {
            id: segment.id.0,
            channel: segment.channel,
            start_ms: segment.start.0,
            end_ms: segment.end.0,
            speaker: segment.speaker,
            text: segment.text(),
            tokens: tokens.collect(),
            doubts: segment.doubts.clone(),
            doubt_labels: segment.doubts.iter().map(|doubt| doubt.label_ja()).collect(),
            overlap: segment.overlap,
            replacements: replacements.collect(),
            withheld: segment.withheld.clone(),
            version: segment.version,
            leveled: None,
        }
    }
}

/// A correction of one segment: exactly one of these.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentPatch {
    /// Another text, at most 2,000 characters on one line.
    pub text: Option<String>,
    /// Another speaker; `null`: nobody can be told.
    #[schema(value_type = Option<String>, example = "S2")]
    #[serde(default, deserialize_with = "present")]
    pub speaker: Option<Option<SpeakerId>>,
    /// `true`: it is right as it is.
    pub confirmed: Option<bool>,
}

/// Tells `null` from absent.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<SpeakerId>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Where a segment is split.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitBody {
    /// Characters that stay in it.
    pub at: u32,
}

/// What a segment is joined with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinBody {
    /// Number of the segment that follows it.
    pub with: u64,
}

/// A word to be replaced in every segment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplaceBody {
    /// What is searched for.
    #[schema(example = "朝川")]
    pub from: String,
    /// What takes its place.
    #[schema(example = "浅川")]
    pub to: String,
}

/// Where a word would be replaced.
#[derive(Debug, Serialize, ToSchema)]
pub struct OccurrencesBody {
    /// The transcript's version that was searched; the `If-Match` of the replacement.
    pub version: u64,
    /// Occurrences.
    pub occurrences: u32,
    /// Numbers of the segments that they stand in.
    pub segments: Vec<u64>,
}

/// A speaker's name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpeakerNameBody {
    /// The name; `null` for none.
    #[schema(example = "佐藤課長")]
    pub name: Option<String>,
}

/// Whom a speaker is the same as.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeBody {
    /// The one who stays.
    #[schema(value_type = String, example = "S1")]
    pub into: SpeakerId,
}

/// How many people speak.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReclusterBody {
    /// How many.
    pub speakers: SpeakerCountBody,
}

impl ReclusterBody {
    /// As the desk takes it.
    #[must_use]
    pub fn count(&self) -> SpeakerCount {
        self.speakers.into()
    }
}

/// What is undone.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UndoBody {
    /// Number of the correction; absent: the own last one that stands. Undoing an undo brings it back.
    pub sequence: Option<u64>,
}

/// A correction that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangeBody {
    /// The transcript's version with it.
    pub version: u64,
    /// Whether nothing is left to do.
    pub finished: bool,
    /// Segments that it changed or made, as they are now.
    pub segments: Vec<SegmentBody>,
    /// Numbers of segments that it took away.
    pub removed: Vec<u64>,
    /// Who speaks, as it is now.
    pub speakers: Vec<SpeakerBody>,
    /// Occurrences that it replaced.
    pub replaced: u32,
}

/// A correction in the history.
#[derive(Debug, Serialize, ToSchema)]
pub struct HistoryItem {
    /// Its number.
    pub sequence: u64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who.
    #[schema(value_type = uuid::Uuid)]
    pub by: UserId,
    /// What it is called.
    #[schema(example = "文字の修正")]
    pub label: &'static str,
    /// What was done, by `kind`.
    #[schema(value_type = Object)]
    pub edit: Edit,
    /// Segments that it changed.
    pub segments: Vec<u64>,
    /// Whether it is undone.
    pub undone: bool,
}

impl HistoryItem {
    /// A row of the history.
    #[must_use]
    pub fn of(row: &EditRow, undone: bool) -> Self {
        Self {
            sequence: row.sequence,
            at: row.at,
            by: row.by,
            label: row.edit.label_ja(),
            edit: row.edit.clone(),
            segments: row.touched.iter().map(|segment| segment.0).collect(),
            undone,
        }
    }
}
