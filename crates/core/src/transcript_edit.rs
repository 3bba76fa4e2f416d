//! Corrections of a transcript: what a person may change, as rows that are only ever added.
//!
//! Promises: [`fold`] is pure and deterministic; nothing is lost, since undoing is a row too and a row that
//! is undone is passed over; numbers of segments and speakers are never used again; an edit that cannot be
//! applied is a typed refusal and changes nothing. INV-EDIT-1: an edit of text can be undone only while no
//! later edit of the same text stands, so that every edit stands on the text it was made on.
//! Never: storage, a clock.

mod borders;
mod edited;
mod refusal;
mod retime;
mod state;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::UserId;
use crate::transcript::{SegmentId, SpeakerId, Transcript};

pub use edited::{Draft, EditedTranscript, FoldError};
pub use refusal::Refusal;

/// Characters of a segment after a correction. A segment is a sentence or a few; comparing two texts takes
/// time that grows with the square of their length.
pub const MAX_SEGMENT_CHARS: usize = 2_000;
/// Characters of what is searched for, and of what takes its place.
pub const MAX_REPLACED_CHARS: usize = 200;
/// Corrections of one transcript: eight hours corrected line by line are 5,000.
pub const MAX_EDITS: u64 = 20_000;
/// Speakers of one transcript.
pub const MAX_LISTED_SPEAKERS: usize = 200;
/// Time on task is the sum of the gaps of at most this length between one person's signs of life: the page
/// sends one every half minute while somebody listens or types; who is away for longer does something else.
pub const ACTIVITY_GAP: Duration = Duration::from_secs(60);
/// Numbers of segments that come of splitting begin behind this one; as it was heard none is as high, and
/// every JSON reader holds them.
pub const SPLIT_OFF: u64 = 1 << 32;

/// One correction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Edit {
    /// Another text of a segment. What stays keeps its times; doubts are cleared.
    SetText {
        /// The segment.
        segment: SegmentId,
        /// Its text.
        text: String,
    },
    /// Another speaker of one segment.
    SetSpeaker {
        /// The segment.
        segment: SegmentId,
        /// Who speaks; absent where that cannot be told.
        speaker: Option<SpeakerId>,
    },
    /// Two speakers are one person. The name of `into` stays, or else that of `from` is taken.
    MergeSpeakers {
        /// The one who goes.
        from: SpeakerId,
        /// The one who stays.
        into: SpeakerId,
    },
    /// The name of a speaker, in all segments.
    RenameSpeaker {
        /// Who.
        speaker: SpeakerId,
        /// The name; absent: 話者1 again.
        name: Option<String>,
    },
    /// One more speaker; its number is the next that was never used.
    AddSpeaker {
        /// The name.
        name: Option<String>,
    },
    /// One segment becomes two. The second one's number is [`SPLIT_OFF`] and the edit's sequence.
    Split {
        /// The segment.
        segment: SegmentId,
        /// Characters that stay in it.
        at: u32,
    },
    /// Two segments of one channel that follow each other become one, with number and speaker of the first.
    Join {
        /// The first.
        first: SegmentId,
        /// The one after it.
        second: SegmentId,
    },
    /// Every occurrence in every segment. Doubts stay.
    ReplaceAll {
        /// What is searched for.
        from: String,
        /// What takes its place.
        to: String,
    },
    /// Who speaks, found anew. Speakers that are not known yet are added; unnamed ones that say nothing any
    /// more go.
    AssignSpeakers {
        /// Segments and their speakers.
        of: Vec<(SegmentId, SpeakerId)>,
    },
    /// What was heard in the place of a word of the 単語帳.
    RevertReplacement {
        /// The segment.
        segment: SegmentId,
        /// Which of its replacements, from 0.
        index: u32,
    },
    /// A segment is right as it is: doubts are cleared.
    Confirm {
        /// The segment.
        segment: SegmentId,
    },
    /// Nothing is left to do.
    Finish,
    /// Something is.
    Reopen,
    /// Another edit is passed over; undoing this one brings it back.
    Undo {
        /// The other edit.
        sequence: u64,
    },
}

impl Edit {
    /// Whether texts or the borders of segments change.
    const fn is_of_text(&self) -> bool {
        matches!(
            self,
            Self::SetText { .. }
                | Self::Split { .. }
                | Self::Join { .. }
                | Self::ReplaceAll { .. }
                | Self::RevertReplacement { .. }
        )
    }

    /// What a history calls it.
    #[must_use]
    pub const fn label_ja(&self) -> &'static str {
        match self {
            Self::SetText { .. } => "文字の修正",
            Self::SetSpeaker { .. } => "話者の変更",
            Self::MergeSpeakers { .. } => "話者の統合",
            Self::RenameSpeaker { .. } => "話者名の変更",
            Self::AddSpeaker { .. } => "話者の追加",
            Self::Split { .. } => "発言の分割",
            Self::Join { .. } => "発言の結合",
            Self::ReplaceAll { .. } => "一括置換",
            Self::AssignSpeakers { .. } => "話者の再判定",
            Self::RevertReplacement { .. } => "単語帳の置き換えの取り消し",
            Self::Confirm { .. } => "確認済みにする",
            Self::Finish => "完了",
            Self::Reopen => "再開",
            Self::Undo { .. } => "取り消し",
        }
    }
}

/// A correction that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditRow {
    /// From 1, without gaps.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: UserId,
    /// What.
    pub edit: Edit,
    /// Segments that it changed, those it made or took away among them.
    pub touched: Vec<SegmentId>,
}

/// The transcript after all corrections.
///
/// # Errors
/// [`FoldError`] when the rows are not numbered from 1 without gaps or one cannot be applied.
pub fn fold(base: &Transcript, rows: &[EditRow]) -> Result<Transcript, FoldError> {
    let edited = EditedTranscript::of(Arc::new(base.clone()), rows.to_vec())?;
    Ok(edited.transcript())
}
