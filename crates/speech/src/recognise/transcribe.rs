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
    /// What a hearing before found at the beginning of the same sound: this one begins so, and goes on.
    pub begins: &'a [Piece],
}

/// What a recogniser writes at once: the number of a token in its own vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece(pub i32);

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
    /// What each of them was written with; none of a recogniser that cannot begin with what was found.
    pub pieces: Vec<Vec<Piece>>,
    /// How likely the recogniser thinks that nobody speaks, 0 to 1.
    pub no_speech: f32,
    /// Whether it was stopped: it had written more than anybody can say in that time.
    pub is_cut_off: bool,
}

impl Heard {
    /// Adds a token and what it was written with, if there is one.
    pub(super) fn extend(&mut self, token: Option<(Token, Vec<Piece>)>) {
        if let Some((token, pieces)) = token {
            self.tokens.push(token);
            self.pieces.push(pieces);
        }
    }

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
