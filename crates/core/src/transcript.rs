//! What was said, as values: tokens with times and probabilities, and what speaks against believing them.
//!
//! Promise: a text is never without the place it was heard at. Never: sound, a decision on what to show.

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
    /// How sure the recogniser was, 0 to 1.
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
        self.tokens.iter().map(|token| token.text.as_str()).collect()
    }
}
