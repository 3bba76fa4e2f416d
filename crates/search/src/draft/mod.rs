//! A draft answer without any I/O: the prompt from a question and its evidence, the reading of the
//! model's reply, and the verification that decides which of its sentences may be shown.
//!
//! Promises: a sentence that comes out of [`verify`] has at least one quote, every quote of it stands in
//! its passage, and every place, law, number, deciding word and the polarity of the sentence is the
//! quoted text's; what a passage says to the model changes none of this. Never: a request to a server,
//! a sentence as the model's word alone.

mod compact;
mod numbers;
mod places;
mod polarity;
mod predicates;
mod prompt;
mod reply;
mod sentences;
#[cfg(test)]
mod tests;
mod verify;

use shoki_core::corpus::{Passage, PassageKey, SourceRank};

pub use prompt::{MAX_PASSAGES, Prompt, prompt, schema};
pub use reply::{Reply, ReplyError, Statement, StatementQuote, read};
pub use verify::{Verified, verify};

/// A passage that a draft may quote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cited {
    /// Its key.
    pub key: PassageKey,
    /// Title of its source.
    pub title: String,
    /// What the source is.
    pub rank: SourceRank,
    /// Itself, whole.
    pub passage: Passage,
}
