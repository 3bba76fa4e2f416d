//! Text → passages → index → ranked, cited answers.
//!
//! Promises: the same question on the same index gives the same answer; what the reader may not see is
//! never scored; a text is taken over whole or its place is reported. Never: SQL, blobs, HTTP, a score
//! as the reason for a refusal.

pub mod draft;
pub mod import;
pub mod index;
pub mod query;
pub mod text;
