//! The minutes pipeline's steps: a recording is planned, its windows are heard one by one, and everything
//! is put together on the engine thread.
//!
//! Promises: a crash repeats one window at most; a window that failed is a segment that says so. Never: a
//! spoken word in a log.

use std::path::Path;

use shoki_core::code::ErrorCode;
use shoki_core::media::MediaKind;
use shoki_core::meeting::MinutesOptions;
use shoki_core::unit::{BlobRef, UnitKind};
use shoki_speech::meeting::WindowPiece;
use shoki_store::model::{Claim, Document};
use tempfile::TempDir;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::corpus::ended;
use super::engine_thread::{EngineSender, Product, Work};
use super::pipelines::Pipelines;
use super::{Stop, Stores};
use crate::minutes::work::{AssembleWork, MinutesWork, PartFile};

/// One unit of a recording.
pub(super) struct Unit<'a> {
    pub(super) stores: &'a Stores,
    pub(super) engine: &'a EngineSender,
    pub(super) claim: &'a Claim,
    pub(super) scratch: &'a Path,
    pub(super) pipelines: &'a Pipelines,
}

impl Unit<'_> {
    /// Runs it.
    pub(super) async fn run(&self) -> Result<Product, Stop> {
        let (unwanted, _guard) = unwanted();
        let work = match self.claim.kind {
            UnitKind::Plan => self.plan(unwanted).await?,
            UnitKind::Run => MinutesWork::Window {
                plan: self.plan_file()?,
                index: self.claim.ordinal,
                options: self.options(),
            },
            UnitKind::Assemble => self.assemble(unwanted).await?,
        };
        self.engine
            .run(Work::Minutes(Box::new(work)))
            .await
            .map_err(Stop::Failure)
    }

    fn options(&self) -> MinutesOptions {
        self.claim
            .pipeline
            .minutes
            .as_deref()
            .cloned()
            .unwrap_or_default()
    }

    fn directory(&self) -> Result<TempDir, Stop> {
        tempfile::tempdir_in(self.scratch).map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "no scratch directory");
            Stop::code(ErrorCode::Internal)
        })
    }

    async fn plan(&self, unwanted: CancellationToken) -> Result<MinutesWork, Stop> {
        let mut parts = vec![self.part(&self.claim.document)?];
        if !self.options().continued_by.is_empty() {
            for document in self.stores.jobs.continued_documents(self.claim.fence).await? {
                parts.push(self.part(&document)?);
            }
        }
        Ok(MinutesWork::Plan {
            parts,
            directory: self.directory()?,
            unwanted,
        })
    }

    fn part(&self, document: &Document) -> Result<PartFile, Stop> {
        let media = document.media.filter(|&media| MediaKind::is_recording(media));
        let media = media.ok_or_else(|| Stop::code(ErrorCode::NotRecording))?;
        let blobs = &self.stores.blobs;
        Ok(PartFile {
            document: document.id,
            name: document.name.clone(),
            file: blobs.open_file(self.claim.department, &document.blob.sha256)?,
            media,
        })
    }

    fn plan_file(&self) -> Result<std::fs::File, Stop> {
        let plan: BlobRef = self.claim.plan.ok_or_else(|| {
            tracing::error!("a recording without a plan");
            Stop::code(ErrorCode::Internal)
        })?;
        let blobs = &self.stores.blobs;
        Ok(blobs.open_file(self.claim.department, &plan.sha256)?)
    }

    async fn assemble(&self, unwanted: CancellationToken) -> Result<MinutesWork, Stop> {
        let mut pieces = Vec::new();
        for unit in self.stores.jobs.ended_units(self.claim.fence).await? {
            pieces.push(match ended(&unit) {
                Ok(blob) => Ok(self.piece(&blob).await?),
                Err(code) => Err(code),
            });
        }
        let options = self.options();
        let style = self
            .pipelines
            .style(options.style.as_deref())
            .ok_or_else(|| Stop::code(ErrorCode::PipelineChanged))?;
        Ok(MinutesWork::Assemble(Box::new(AssembleWork {
            plan: self.plan_file()?,
            pieces,
            options,
            style,
            name: self.claim.document.name.clone(),
            directory: self.directory()?,
            unwanted,
        })))
    }

    async fn piece(&self, blob: &BlobRef) -> Result<WindowPiece, Stop> {
        let bytes = self
            .stores
            .blobs
            .read(self.claim.department, &blob.sha256)
            .await?;
        serde_json::from_slice(&bytes).map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "a piece cannot be read");
            Stop::code(ErrorCode::Internal)
        })
    }
}

/// A token that is cancelled when the guard goes: with the lease, the job, or the process's patience.
fn unwanted() -> (CancellationToken, DropGuard) {
    let token = CancellationToken::new();
    (token.clone(), token.drop_guard())
}
