//! What a unit's product becomes: blobs first, then one transaction under the fence.
//!
//! Promise: whatever was written before a transaction that did not happen is named, so that it can go.

use std::path::Path;

use shoki_core::code::ErrorCode;
use shoki_core::id::DepartmentId;
use shoki_core::outcome::Outcome;
use shoki_store::Blobs;
use shoki_store::blobs::Stored;
use shoki_store::model::{Claim, NewArtifact, Planned};

use super::corpus::Assembly;
use super::corpus_commit;
use super::engine_thread::Product;
use super::{Stop, Stores};
use crate::forms::result_writer::ResultFile;
use crate::minutes::work::MinutesProduct;

/// Bytes of a result file copied at once.
const COPY_BYTES: usize = 256 * 1024;

/// What is left to do when everything is stored.
#[derive(Debug)]
pub(super) enum Effect {
    /// The plan is known.
    Plan(u32, Option<Stored>),
    /// A unit's piece.
    Piece(Stored),
    /// Result files and what they amount to.
    Files(Outcome, Vec<NewArtifact>, Vec<Stored>),
    /// The texts are there.
    Import(Box<Assembly>),
}

impl Effect {
    /// Stores a product.
    pub(super) async fn of(blobs: &Blobs, claim: &Claim, product: Product) -> Result<Self, Stop> {
        let department = claim.department;
        match product {
            Product::Pages(units) => Ok(Self::Plan(units, None)),
            Product::Plan(units, blob) => Ok(Self::Plan(units, Some(blobs.put(department, &blob).await?))),
            Product::Piece(bytes) => Ok(Self::Piece(blobs.put(department, &bytes).await?)),
            // The directory goes when the files are blobs.
            Product::Assembled(results, _directory) => {
                Self::files(blobs, department, Outcome::Form(results.outcome), results.files).await
            }
            Product::Minutes(MinutesProduct::Planned(units, path, _directory)) => {
                Ok(Self::Plan(units, Some(put_file(blobs, department, &path).await?)))
            }
            Product::Minutes(MinutesProduct::Heard(piece)) => {
                Ok(Self::Piece(blobs.put(department, &piece).await?))
            }
            Product::Minutes(MinutesProduct::Assembled(outcome, files, _directory)) => {
                Self::files(blobs, department, Outcome::Minutes(outcome), files).await
            }
            Product::Import(assembly) => Ok(Self::Import(Box::new(assembly))),
            Product::Done(_) => {
                tracing::error!("a product that is no unit's");
                Err(Stop::code(ErrorCode::Internal))
            }
        }
    }

    /// Makes result files blobs.
    async fn files(
        blobs: &Blobs,
        department: DepartmentId,
        outcome: Outcome,
        files: Vec<ResultFile>,
    ) -> Result<Self, Stop> {
        let (mut artifacts, mut written) = (Vec::new(), Vec::new());
        for file in files {
            let stored = put_file(blobs, department, &file.path).await?;
            artifacts.push(NewArtifact {
                name: file.name,
                media_type: file.media_type.to_owned(),
                blob: stored.blob,
            });
            written.push(stored);
        }
        Ok(Self::Files(outcome, artifacts, written))
    }

    /// Makes it visible; of a plan's units, `at_once` are done side by side. What was stored comes back: hold it
    /// until the answer was looked at.
    pub(super) async fn commit(
        self,
        stores: &Stores,
        claim: &Claim,
        at_once: u32,
    ) -> (Result<(), Stop>, Vec<Stored>) {
        let (jobs, fence) = (&stores.jobs, claim.fence);
        match self {
            Self::Plan(units, plan) => {
                let blob = plan.as_ref().map(|stored| stored.blob);
                let planned = Planned { units, at_once };
                let committed = jobs.commit_plan(fence, planned, blob).await;
                (committed.map_err(Stop::from), plan.into_iter().collect())
            }
            Self::Piece(piece) => {
                let committed = jobs.commit_piece(fence, piece.blob).await;
                (committed.map_err(Stop::from), vec![piece])
            }
            Self::Files(outcome, artifacts, files) => {
                let committed = jobs.commit_outcome(fence, outcome, artifacts).await;
                (committed.map_err(Stop::from), files)
            }
            Self::Import(assembly) => corpus_commit::commit(stores, claim, &assembly).await,
        }
    }
}

/// Streams a result file into a blob.
async fn put_file(blobs: &Blobs, department: DepartmentId, path: &Path) -> Result<Stored, Stop> {
    use tokio::io::AsyncReadExt as _;
    let io = |error| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "a result file cannot be read back"
        );
        Stop::code(ErrorCode::Internal)
    };
    let mut writer = blobs.result_writer(department).await?;
    let mut opened = tokio::fs::File::open(path).await.map_err(io)?;
    let mut buffer = vec![0; COPY_BYTES];
    loop {
        match opened.read(&mut buffer).await.map_err(io)? {
            0 => return Ok(writer.finish().await?),
            count => writer.write(&buffer[..count]).await?,
        }
    }
}
