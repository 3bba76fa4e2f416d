//! An import as a job: plan → units → pieces → one transaction (DESIGN.md §2).
//!
//! The plan opens the document and leaves a blob for its units, so that no unit opens it again: prepared
//! texts with batches of passages to embed, or groups of an archive's laws, or pages to be read by
//! recognition. Pieces hold vectors, laws, or a page's text. Promises: the same document gives the same
//! plan, and under the same database the same pieces; no step holds more than one unit of an archive.
//! Never: SQL, blobs (that is the worker's part).

pub mod piece;
pub mod plan;
pub mod report;
pub mod work;

use shoki_core::digest::Sha256;
use shoki_core::pipeline::CorpusPipeline;

/// Version of what importers, plan and pieces do; changes when the same document would give others.
const IMPORTERS: &str = "corpus-import-1";

/// The pipeline of this build.
#[must_use]
pub fn pipeline() -> CorpusPipeline {
    CorpusPipeline {
        digest: Sha256::of(IMPORTERS.as_bytes()),
    }
}

/// A blob that is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// Too short, wrong magic, or a span outside of the blob.
    #[error("not a blob of an import job, or cut short")]
    Malformed,
    /// JSON of another shape.
    #[error("the JSON of an import job's blob")]
    Json(#[from] serde_json::Error),
}
