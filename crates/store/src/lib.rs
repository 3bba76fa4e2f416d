//! What survives a power cut: SQL, blobs, the audit chain.
//!
//! Promises: an effect and its audit event are one transaction; a result is visible only under its
//! unit's fence (INV-2); a row of another 課 does not exist for the asker; deletion is real.
//! Never: HTTP, decoding, inference. The only crate that knows SQL and blob paths.

pub mod acceptance_model;
pub mod acceptance_store;
pub mod account_store;
pub mod audit;
pub mod blobs;
#[cfg(feature = "contract")]
pub mod contract;
pub mod corpus_model;
pub mod corpus_store;
pub mod deletion;
pub mod error;
pub mod form_store;
pub mod job_store;
pub mod model;
pub mod practice_store;
mod queue_model;
pub mod retention;
pub mod retention_store;
pub mod review_store;
pub mod sorting_store;
pub mod sqlite;
pub mod voice_seal;

pub use acceptance_store::AcceptanceStore;
pub use account_store::AccountStore;
pub use blobs::Blobs;
pub use corpus_store::CorpusStore;
pub use error::StoreError;
pub use form_store::FormStore;
pub use job_store::JobStore;
pub use practice_store::PracticeStore;
pub use retention_store::RetentionStore;
pub use review_store::ReviewStore;
pub use sorting_store::SortingStore;
pub use sqlite::SqliteStore;
