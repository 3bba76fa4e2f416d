//! Question → evidence: citations, scope, synonyms, legs, fusion, references, refusal.
//!
//! Promise: deterministic. Never: a model where a rule decides.

pub mod bank;
pub mod bank_check;
pub mod citation;
mod engine;
pub mod evaluate;
mod hits;
mod known;
pub mod lookup;
pub mod own_faq;
pub mod personal;
mod pinned;
mod refusal;
mod related;
mod rerank;
mod scope_table;
pub mod sketch;
pub mod synonym;
mod unknown_law;
mod weights;
mod wording;

pub use engine::{MAX_QUESTION_CHARS, QueryError, Searcher};
pub use known::ANSWERING;
pub use rerank::{DEPTH as RERANK_DEPTH, Judge};
pub use scope_table::ScopeTable;
pub use weights::Weights;
