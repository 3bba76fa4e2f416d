//! Speakers as values: how many there are.
//!
//! Never: sound, a name that nobody gave.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// More than these is a mistake of the person who typed it.
pub const MAX_SPEAKERS: u32 = 30;

/// How many people speak, as far as the desk knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SpeakerCount {
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

/// A text that is no number of speakers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a number (3) or a range (2-5)")]
pub struct NoSpeakerCount;

impl FromStr for SpeakerCount {
    type Err = NoSpeakerCount;

    /// `3`, `2-5`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |text: &str| text.trim().parse::<u32>().map_err(|_| NoSpeakerCount);
        let count = match text.split_once('-') {
            None => Self::Exact {
                speakers: number(text)?,
            },
            Some((min, max)) => Self::Range {
                min: number(min)?,
                max: number(max)?,
            },
        };
        if count.check().is_some() {
            return Err(NoSpeakerCount);
        }
        Ok(count)
    }
}

impl SpeakerCount {
    /// Fewest and most people.
    #[must_use]
    pub const fn bounds(self) -> (u32, u32) {
        match self {
            Self::Unknown => (1, MAX_SPEAKERS),
            Self::Exact { speakers } => (speakers, speakers),
            Self::Range { min, max } => (min, max),
        }
    }

    /// What is wrong, as a sentence for the desk; `None` when it can be used.
    #[must_use]
    pub fn check(self) -> Option<String> {
        let (min, max) = self.bounds();
        (min == 0 || max > MAX_SPEAKERS || min > max).then(|| {
            format!(
                "話者の人数は 1 から {MAX_SPEAKERS} まで、範囲は「2-5」のように小さい方から書いてください。"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_as_a_person_types_them() {
        assert_eq!("3".parse(), Ok(SpeakerCount::Exact { speakers: 3 }));
        assert_eq!("2-5".parse(), Ok(SpeakerCount::Range { min: 2, max: 5 }));
        for odd in ["", "0", "5-2", "31", "-", "三"] {
            assert!(odd.parse::<SpeakerCount>().is_err(), "{odd}");
        }
        assert_eq!(SpeakerCount::Unknown.check(), None);
    }
}
