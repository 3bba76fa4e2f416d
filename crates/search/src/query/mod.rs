//! Question → evidence: citations, scope, synonyms, legs, fusion, references, refusal.
//!
//! Promise: deterministic. Never: a model where a rule decides.

pub mod citation;
mod engine;
pub mod evaluate;
pub mod lookup;
pub mod personal;
mod pinned;
mod refusal;
mod related;
mod rerank;
pub mod synonym;
mod wording;

pub use engine::{MAX_QUESTION_CHARS, QueryError, Searcher, Weights};
pub use refusal::ScopeTable;
pub use rerank::{DEPTH as RERANK_DEPTH, Judge};
