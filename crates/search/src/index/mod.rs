//! The seam behind which the passages lie for retrieval: embedded, a Qdrant server, and brute force as
//! the oracle of the contract suite.
//!
//! Promises: an index is a projection, rebuildable from what it was fed; `ReaderScope` is applied before
//! anything is scored; a batch of changes is visible whole or not at all, also after a crash. Never: the
//! truth (that is SQL), a model.

pub mod brute;
pub mod embedded;
pub mod qdrant;
pub mod terms;

mod admission;
mod bm25;
mod dense;
mod ranking;
mod units;

use jiff::civil::Date;
use shoki_core::corpus::{Passage, PassageKey, ReaderScope};
use shoki_core::digest::Sha256;
use shoki_core::id::{DepartmentId, RevisionId};

/// A revision to be made searchable.
#[derive(Clone, Debug)]
pub struct IndexedRevision {
    /// Which.
    pub revision: RevisionId,
    /// The source's key.
    pub source: String,
    /// The source's title: stands before every passage in the lexical legs.
    pub title: String,
    /// Whose it is; `None` when every 課 may find it.
    pub department: Option<DepartmentId>,
    /// First day in force; `None` = from the beginning.
    pub valid_from: Option<Date>,
    /// First day no longer in force; `None` = still in force.
    pub valid_to: Option<Date>,
    /// Its passages.
    pub passages: Vec<Passage>,
    /// One normalised vector per passage, in order, or none at all when the index has no dense leg.
    pub vectors: Vec<Vec<f32>>,
}

/// What was used to make the vectors and the terms: an index of another fingerprint is rebuilt, never
/// mixed with.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Fingerprint {
    /// Model hash, prefixes and pooling of the embedder; `None` without a dense leg.
    pub embedder: Option<Sha256>,
    /// Width of a vector; 0 without a dense leg.
    pub dimensions: u32,
    /// Version of the tokeniser and of the fields.
    pub layout: u32,
}

/// A weighted piece of the question. The index cuts it into its own terms.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightedText {
    /// Normalised text.
    pub text: String,
    /// 1 for the question's own words; less for what a synonym rule added.
    pub weight: f32,
}

/// One way of looking for passages.
#[derive(Clone, Debug, PartialEq)]
pub enum Leg<'a> {
    /// BM25 over character uni- and bigrams of whole passages with their headings.
    Passages(&'a [WeightedText]),
    /// The same over 項 with their passage's headings; a passage scores as its best 項.
    Paragraphs(&'a [WeightedText]),
    /// Cosine to the question's vector.
    Dense(&'a [f32]),
}

/// A passage a leg found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// The passage.
    pub passage: PassageKey,
    /// Position of the best segment among the passage's segments, when the leg looks at segments.
    pub segment: Option<u32>,
    /// The leg's own score, larger is better.
    pub score: f32,
}

/// Passages for retrieval.
pub trait PassageIndex: Send + Sync + std::fmt::Debug {
    /// What the index was made with.
    fn fingerprint(&self) -> &Fingerprint;
    /// Makes revisions searchable and others not, in one step: readers see all of it or nothing. A
    /// revision already there is replaced.
    ///
    /// # Errors
    /// [`IndexError`]; the index then serves what it served before.
    fn apply(&self, add: &[IndexedRevision], remove: &[RevisionId]) -> Result<(), IndexError>;
    /// The `limit` best passages of a leg among those `scope` allows, best first; equal scores by key.
    ///
    /// # Errors
    /// [`IndexError`] when the index cannot be read.
    fn search(&self, leg: &Leg<'_>, scope: &ReaderScope, limit: usize) -> Result<Vec<Scored>, IndexError>;
    /// [`PassageIndex::search`] of several legs, in their order: one state of the index, and legs side by
    /// side where that helps.
    ///
    /// # Errors
    /// [`IndexError`] when the index cannot be read.
    fn search_all(
        &self,
        legs: &[Leg<'_>],
        scope: &ReaderScope,
        limit: usize,
    ) -> Result<Vec<Vec<Scored>>, IndexError> {
        legs.iter().map(|leg| self.search(leg, scope, limit)).collect()
    }
    /// In how many of the passages `scope` allows each text occurs (as a substring after
    /// normalisation, up to what the n-grams can tell): the evidence for a refusal.
    ///
    /// # Errors
    /// [`IndexError`] when the index cannot be read.
    fn occurrences(&self, texts: &[String], scope: &ReaderScope) -> Result<Vec<u64>, IndexError>;
    /// Revisions held.
    ///
    /// # Errors
    /// [`IndexError`] when the index cannot be read.
    fn revisions(&self) -> Result<Vec<RevisionId>, IndexError>;
}

/// An index that does not do its work.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// Made with another embedder or layout; `shoki corpus reindex` mends it.
    #[error("the index was made with another embedder or layout")]
    OtherFingerprint,
    /// A file of it is damaged or missing; `shoki corpus reindex` mends it.
    #[error("the index is damaged: {0}")]
    Damaged(String),
    /// A vector's width is not the index's.
    #[error("a vector of {found} dimensions in an index of {expected}")]
    Dimensions {
        /// The index's.
        expected: u32,
        /// The vector's.
        found: u32,
    },
    /// Not one vector per passage (none where the index has no dense leg).
    #[error("{found} vectors for {expected} passages")]
    VectorCount {
        /// Vectors needed.
        expected: usize,
        /// Vectors given.
        found: usize,
    },
    /// A vector with a component that is no number.
    #[error("a vector with a component that is not a finite number")]
    NotFinite,
    /// Reading or writing failed.
    #[error("reading or writing the index")]
    Io(#[from] std::io::Error),
    /// The engine behind the index failed.
    #[error("the search engine: {0}")]
    Engine(String),
}
