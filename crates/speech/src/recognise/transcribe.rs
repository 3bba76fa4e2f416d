//! The seam behind which a recogniser lies.
//!
//! Promise: one call hears one window and remembers nothing of the window before. Never: a decision on
//! whether the text is to be believed.

use shoki_core::digest::Sha256;
use shoki_core::transcript::Token;

use crate::error::SpeechError;

/// How one window is heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decoding<'a> {
    /// Words that may occur, given as if they had been said before; empty for none.
    pub prompt: &'a str,
    /// How a text is looked for.
    pub search: Search,
}

/// How a text is looked for. Nothing is drawn: the same sound gives the same text, also when a crash makes it
/// heard again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// The likeliest token each time.
    Greedy,
    /// Several hypotheses side by side: about twice the time, and it leaves most circles.
    Beam,
}

/// What a recogniser wrote for a window; times count from the window's beginning.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    /// In order.
    pub tokens: Vec<Token>,
    /// How likely the recogniser thinks that nobody speaks, 0 to 1.
    pub no_speech: f32,
}

impl Heard {
    /// The whole text.
    #[must_use]
    pub fn text(&self) -> String {
        self.tokens.iter().map(|token| token.text.as_str()).collect()
    }

    /// Mean natural logarithm of the tokens' probabilities, 0 when there is none.
    #[must_use]
    pub fn mean_log_probability(&self) -> f32 {
        if self.tokens.is_empty() {
            return 0.0;
        }
        let sum: f32 = self
            .tokens
            .iter()
            .map(|token| token.probability.max(f32::MIN_POSITIVE).ln())
            .sum();
        #[expect(clippy::cast_precision_loss, reason = "hundreds of tokens")]
        {
            sum / self.tokens.len() as f32
        }
    }
}

/// Sound to text.
pub trait Transcribe: Send {
    /// Over everything a text depends on: file and settings.
    fn fingerprint(&self) -> Sha256;

    /// Hears samples (16 kHz, −1 to 1, at most 30 s).
    ///
    /// # Errors
    /// `Recogniser` when it fails.
    fn transcribe(&mut self, samples: &[f32], decoding: &Decoding<'_>) -> Result<Heard, SpeechError>;
}
