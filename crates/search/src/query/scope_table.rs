//! What lies outside the law desk or in sources that may be missing, by words; the office edits it.
//!
//! Promise: every entry that is read has words, and a missing source a name. Never: the decision
//! (`refusal`).

use serde::Deserialize;

use super::synonym::SynonymError;
use crate::text::normalise;

/// The table that comes with the product.
const SHIPPED: &str = include_str!("../../../../pipelines/corpora/vocabulary/scope.toml");

/// What becomes of a question that fits an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Topic {
    Missing,
    Outside,
}

/// An entry: words, and what they mean for the question.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limit {
    pub topic: Topic,
    pub source: Option<String>,
    pub words: Vec<String>,
    #[serde(default)]
    pub with: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitFile {
    #[expect(dead_code, reason = "read so that a file without a version is refused")]
    version: String,
    #[serde(default)]
    desk: Vec<String>,
    #[serde(default)]
    limit: Vec<Limit>,
}

/// What the law desk cannot answer, and which source would; the office edits it.
#[derive(Clone, Debug, Default)]
pub struct ScopeTable {
    /// Words of the desk: a question with one of them is never outside.
    pub(super) desk: Vec<String>,
    pub(super) limits: Vec<Limit>,
}

impl ScopeTable {
    /// Reads a table.
    ///
    /// # Errors
    /// [`SynonymError`].
    pub fn parse(text: &str) -> Result<Self, SynonymError> {
        let mut file: LimitFile = toml::from_str(text)?;
        for (at, limit) in file.limit.iter_mut().enumerate() {
            let bad = |what| SynonymError::BadRule { number: at + 1, what };
            if limit.words.is_empty()
                || limit
                    .words
                    .iter()
                    .chain(&limit.with)
                    .any(|word| word.trim().is_empty())
            {
                return Err(bad("an empty word"));
            }
            if limit.topic == Topic::Missing && limit.source.is_none() {
                return Err(bad("a missing source must be named"));
            }
            for word in limit.words.iter_mut().chain(&mut limit.with) {
                *word = normalise(word.trim());
            }
        }
        Ok(Self {
            desk: file.desk.iter().map(|word| normalise(word.trim())).collect(),
            limits: file.limit,
        })
    }

    /// The table that comes with the product.
    ///
    /// # Panics
    /// Never: a test reads it.
    #[must_use]
    pub fn shipped() -> Self {
        Self::parse(SHIPPED).expect("the shipped table is read by a test")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_table_reads_and_a_bad_one_is_refused() {
        assert!(ScopeTable::shipped().limits.len() > 10);
        let bad = "version = \"1\"\n[[limit]]\ntopic = \"missing\"\nwords = [\"a\"]\n";
        assert!(matches!(
            ScopeTable::parse(bad),
            Err(SynonymError::BadRule { number: 1, .. })
        ));
    }
}
