//! The seam for text embeddings. Never: what a vector is used for.

use shoki_core::digest::Sha256;

use crate::error::EngineError;

/// Which side of the search a text is on; the manifest gives each its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextSide {
    /// A question.
    Query,
    /// A passage.
    Document,
}

/// Texts → vectors of unit length.
pub trait Embed: Send {
    /// Width of a vector.
    fn dimensions(&self) -> u32;
    /// Over everything a vector depends on: model and tokenizer hashes, prefixes, pooling, lengths.
    fn fingerprint(&self) -> Sha256;
    /// One vector per text, in order.
    ///
    /// # Errors
    /// [`EngineError`] when the session or the tokenizer fails.
    fn embed(&mut self, side: TextSide, texts: &[&str]) -> Result<Vec<Vec<f32>>, EngineError>;
}
