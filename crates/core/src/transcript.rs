//! What was said, as values: tokens with times and probabilities, windows, segments with speakers, the whole.
//!
//! Promise: a text is never without the place it was heard at. Never: sound, a decision on what to show.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::audio::Millis;

/// The smallest piece of a text that has a time: a character or a few.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// What was heard.
    pub text: String,
    /// When it begins, counted from the beginning of the recording.
    pub start: Millis,
    /// When it ends.
    pub end: Millis,
    /// How sure the recogniser was, 0 to 1; 1 for what a person wrote.
    #[serde(rename = "p")]
    pub probability: f32,
}

/// What speaks against believing a text. A text with a doubt is shown as 要確認, never changed for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// The same words again and again: the recogniser went round in circles.
    Repeats,
    /// More characters in a second than anybody speaks.
    TooFast,
    /// Text that packs far smaller than speech does.
    Compressible,
    /// The recogniser was unsure of most of it.
    Unsure,
    /// The recogniser itself took the window for silence.
    NoSpeech,
    /// A phrase that recognisers write where nobody speaks.
    StockPhrase,
    /// The window was cut where there was no pause: a word may be torn.
    Torn,
    /// Somebody speaks there, and nothing was heard or all of it was withheld.
    Unheard,
    /// The window could not be heard at all: its unit failed.
    Failed,
}

impl Doubt {
    /// The words on the screen.
    #[must_use]
    pub const fn label_ja(self) -> &'static str {
        match self {
            Self::Repeats => "同じ言葉の繰り返し",
            Self::TooFast => "話すには速すぎる文字数",
            Self::Compressible => "不自然な繰り返し",
            Self::Unsure => "聞き取りの確信が低い",
            Self::NoSpeech => "無音の可能性",
            Self::StockPhrase => "無音のときに出やすい決まり文句",
            Self::Torn => "言葉の途中で区切れた可能性",
            Self::Unheard => "声はあるが聞き取れず",
            Self::Failed => "聞き取りに失敗",
        }
    }
}

/// The text of one window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WindowText {
    /// What was heard, in order. Empty when there was nothing.
    pub tokens: Vec<Token>,
    /// What speaks against it, each once, in order.
    pub doubts: Vec<Doubt>,
    /// What the recogniser wrote where the sound holds no speech: kept for who asks, not part of the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<String>,
    /// How often the window was heard: 2 when the first text was doubtful.
    pub attempts: u32,
}

impl WindowText {
    /// The whole text.
    #[must_use]
    pub fn text(&self) -> String {
        text_of(&self.tokens)
    }
}

/// The text of tokens in order.
#[must_use]
pub fn text_of(tokens: &[Token]) -> String {
    tokens.iter().map(|token| token.text.as_str()).collect()
}

/// A segment's number; stays the same through all corrections, is never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SegmentId(pub u64);

/// A speaker's number from 1, written `S1`; stays the same through all corrections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct SpeakerId(pub u32);

impl fmt::Display for SpeakerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S{}", self.0)
    }
}

/// A text that is no speaker's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a speaker's number such as S1")]
pub struct NoSpeakerId;

impl FromStr for SpeakerId {
    type Err = NoSpeakerId;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.strip_prefix('S').and_then(|digits| digits.parse().ok());
        number.filter(|&number| number > 0).map(Self).ok_or(NoSpeakerId)
    }
}

impl From<SpeakerId> for String {
    fn from(id: SpeakerId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for SpeakerId {
    type Error = NoSpeakerId;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// One who speaks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Speaker {
    /// Number.
    pub id: SpeakerId,
    /// The name that a person gave; `話者1` is shown otherwise.
    pub name: Option<String>,
    /// How long the person spoke.
    pub spoken: Millis,
}

impl Speaker {
    /// What the screen calls the person.
    #[must_use]
    pub fn shown_ja(&self) -> String {
        self.name.clone().unwrap_or_else(|| format!("話者{}", self.id.0))
    }
}

/// A word of the 単語帳 that was put in the place of what was heard; taken back with one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replacement {
    /// First token of the word in the segment.
    pub first: u32,
    /// Tokens of the word.
    pub tokens: u32,
    /// What was heard.
    pub heard: String,
}

/// What one person says without another coming between, a sentence or a few.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Number.
    pub id: SegmentId,
    /// The channel, from 0.
    pub channel: u8,
    /// When it begins.
    pub start: Millis,
    /// When it ends.
    pub end: Millis,
    /// Who speaks; absent where that could not be told.
    pub speaker: Option<SpeakerId>,
    /// The text.
    pub tokens: Vec<Token>,
    /// What speaks against it; empty once a person has confirmed or corrected it.
    pub doubts: Vec<Doubt>,
    /// Whether more than one person speaks in it.
    pub overlap: bool,
    /// Words of the 単語帳 in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replacements: Vec<Replacement>,
    /// What the recogniser wrote and nobody said: kept for who asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<String>,
    /// Number of the last correction that touched it; 0 as it was heard. The entity tag of the segment.
    #[serde(default)]
    pub version: u64,
}

impl Segment {
    /// The text.
    #[must_use]
    pub fn text(&self) -> String {
        text_of(&self.tokens)
    }
}

/// A whole meeting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Transcript {
    /// Who speaks, by number.
    pub speakers: Vec<Speaker>,
    /// What was said, by beginning; two channels may overlap.
    pub segments: Vec<Segment>,
    /// Number of the last correction; 0 as it was heard.
    #[serde(default)]
    pub version: u64,
    /// Whether a person has said that nothing is left to do.
    #[serde(default)]
    pub finished: bool,
}

impl Transcript {
    /// The speaker of this number.
    #[must_use]
    pub fn speaker(&self, id: SpeakerId) -> Option<&Speaker> {
        self.speakers.iter().find(|speaker| speaker.id == id)
    }

    /// The segment of this number.
    #[must_use]
    pub fn segment(&self, id: SegmentId) -> Option<&Segment> {
        self.segments.iter().find(|segment| segment.id == id)
    }

    /// Counts how long each speaks, anew.
    pub fn count_spoken(&mut self) {
        for speaker in &mut self.speakers {
            let own = self.segments.iter().filter(|s| s.speaker == Some(speaker.id));
            speaker.spoken = Millis(
                own.map(|segment| segment.end.0 - segment.start.0.min(segment.end.0))
                    .sum(),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speakers_number_goes_through_json() {
        let json = serde_json::to_string(&SpeakerId(12)).unwrap();
        assert_eq!(json, "\"S12\"");
        assert_eq!(serde_json::from_str::<SpeakerId>(&json).unwrap(), SpeakerId(12));
        for odd in ["\"S0\"", "\"12\"", "\"S\"", "\"S-1\""] {
            assert!(serde_json::from_str::<SpeakerId>(odd).is_err(), "{odd}");
        }
    }
}
