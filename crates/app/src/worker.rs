//! The worker: claims a unit, has it run on its own engine thread, stores the result, commits it.
//!
//! INV-2 is kept by the store; the worker's part is to write blobs before the transaction and to drop
//! its result when the fence is gone (its blobs go only when nobody else holds or refers to them). [`Worker::step`] does one thing and names the point that was
//! passed, so that tests stop a worker anywhere — a worker dropped after a step is a process that died
//! there. Never: a decision that belongs to `core::unit::apply`.

pub mod assemble;
pub mod engine_thread;
pub mod lease;
pub mod run_loop;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use shoki_core::code::ErrorCode;
use shoki_core::id::{DepartmentId, WorkerId};
use shoki_core::outcome::{FormOutcome, Outcome};
use shoki_core::pipeline::PipelineRef;
use shoki_core::unit::{BlobRef, Fence, UnitKind};
use shoki_store::blobs::Stored;
use shoki_store::model::{AfterFailure, Claim, NewArtifact, UnitFailure};
use shoki_store::{Blobs, JobStore, StoreError};

use crate::forms::result_writer::ResultFile;
use crate::metric;
use engine_thread::{EngineSender, Product, Work};
use lease::Lease;

/// Bytes of a result file copied at once.
const COPY_BYTES: usize = 256 * 1024;

/// What all workers of a process share.
#[derive(Clone, Debug)]
pub struct WorkerSettings {
    /// The process's incarnation.
    pub id: WorkerId,
    /// Length of a lease.
    pub lease: SignedDuration,
    /// Time between two heartbeats.
    pub heartbeat: Duration,
    /// The pipeline this process has loaded; jobs pinned to another digest fail clearly.
    pub pipeline: PipelineRef,
    /// Where assembled files are written before they become blobs.
    pub scratch: PathBuf,
}

/// A named point that a step has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// There was nothing to claim.
    NothingToDo,
    /// A unit is leased to this worker.
    Claimed(UnitKind),
    /// The unit was run; its result is in memory (or in scratch files).
    Ran,
    /// Running ended with an error that is not reported yet.
    RunFailed(ErrorCode),
    /// The result is in the blob store; nothing refers to it yet.
    Stored,
    /// The result is visible.
    Committed,
    /// The error is reported.
    Reported(AfterFailure),
    /// Another attempt owns the unit, or its job ended: the result was dropped.
    Lost,
}

#[derive(Debug)]
enum Phase {
    Idle,
    Claimed(Box<Claim>, Lease),
    Ran(Box<Claim>, Lease, Product),
    Failed(Lease, UnitFailure),
    Stored(DepartmentId, Lease, Effect),
}

#[derive(Debug)]
enum Effect {
    Plan { units: u32 },
    Piece(Stored),
    Outcome(FormOutcome, Vec<(ResultFile, Stored)>),
}

impl Effect {
    /// What was stored and may have to go when the lease is lost.
    fn blobs(&self) -> Vec<BlobRef> {
        match self {
            Self::Plan { .. } => Vec::new(),
            Self::Piece(stored) => vec![stored.blob],
            Self::Outcome(_, files) => files.iter().map(|(_, stored)| stored.blob).collect(),
        }
    }
}

/// Why running a unit did not give a product.
#[derive(Debug)]
enum Stop {
    Lost,
    Failure(UnitFailure),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::LeaseLost) {
            return Self::Lost;
        }
        tracing::warn!(error = &error as &dyn std::error::Error, "the store refused");
        Self::Failure(UnitFailure {
            code: error.code(),
            detail: None,
        })
    }
}

/// One worker.
#[derive(Debug)]
pub struct Worker {
    store: Arc<dyn JobStore>,
    blobs: Blobs,
    engine: EngineSender,
    settings: Arc<WorkerSettings>,
    phase: Phase,
    /// The unit held, also while a step is under way.
    held: Option<Fence>,
}

impl Worker {
    /// A worker that holds nothing.
    #[must_use]
    pub fn new(
        store: Arc<dyn JobStore>,
        blobs: Blobs,
        engine: EngineSender,
        settings: Arc<WorkerSettings>,
    ) -> Self {
        Self {
            store,
            blobs,
            engine,
            settings,
            phase: Phase::Idle,
            held: None,
        }
    }

    /// Whether no unit is held.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        self.held.is_none()
    }

    /// Does the next thing.
    ///
    /// # Errors
    /// [`StoreError`] when the store fails where no unit can carry the blame (a claim, a report): the
    /// unit, if any, is left to the reaper.
    pub async fn step(&mut self) -> Result<Point, StoreError> {
        match std::mem::replace(&mut self.phase, Phase::Idle) {
            Phase::Idle => self.claim().await,
            Phase::Claimed(claim, lease) => Ok(self.run(claim, lease).await),
            Phase::Ran(claim, lease, product) => Ok(self.put_away(&claim, lease, product).await),
            Phase::Stored(department, lease, effect) => self.commit(department, lease, effect).await,
            Phase::Failed(lease, failure) => self.report(lease, failure).await,
        }
    }

    /// Gives the unit back, if one is held, so that another worker starts it at once (shutdown).
    ///
    /// # Errors
    /// [`StoreError`] except a lost lease, which means that there is nothing to give back.
    pub async fn release(&mut self) -> Result<(), StoreError> {
        self.phase = Phase::Idle;
        match self.held.take() {
            None => Ok(()),
            Some(fence) => match self.store.release(fence).await {
                Err(StoreError::LeaseLost) => Ok(()),
                other => other,
            },
        }
    }

    async fn claim(&mut self) -> Result<Point, StoreError> {
        self.held = None;
        let Some(claim) = self.store.claim(self.settings.id, self.settings.lease).await? else {
            return Ok(Point::NothingToDo);
        };
        tracing::debug!(unit = %claim.fence.unit, job = %claim.job, kind = claim.kind.as_str(), "claimed");
        self.held = Some(claim.fence);
        let lease = Lease::hold(
            Arc::clone(&self.store),
            claim.fence,
            self.settings.lease,
            self.settings.heartbeat,
        );
        let kind = claim.kind;
        self.phase = Phase::Claimed(Box::new(claim), lease);
        Ok(Point::Claimed(kind))
    }

    async fn run(&mut self, claim: Box<Claim>, lease: Lease) -> Point {
        let started = Instant::now();
        let ran = tokio::select! {
            ran = self.product(&claim) => ran,
            () = lease.lost() => Err(Stop::Lost),
        };
        metric::unit_seconds(claim.kind, started.elapsed());
        match ran {
            Ok(product) => {
                self.phase = Phase::Ran(claim, lease, product);
                Point::Ran
            }
            Err(stop) => self.stopped(lease, stop),
        }
    }

    fn stopped(&mut self, lease: Lease, stop: Stop) -> Point {
        match stop {
            Stop::Lost => self.lost(),
            Stop::Failure(failure) => {
                let code = failure.code;
                self.phase = Phase::Failed(lease, failure);
                Point::RunFailed(code)
            }
        }
    }

    fn lost(&mut self) -> Point {
        self.held = None;
        metric::unit_ended("lost");
        tracing::info!("the unit belongs to another attempt now, or its job ended; result dropped");
        Point::Lost
    }

    async fn product(&self, claim: &Claim) -> Result<Product, Stop> {
        if claim.pipeline != self.settings.pipeline {
            return Err(Stop::Failure(UnitFailure {
                code: ErrorCode::PipelineChanged,
                detail: None,
            }));
        }
        let work = match claim.kind {
            UnitKind::Assemble => {
                return assemble::assemble(
                    &self.store,
                    &self.blobs,
                    &self.engine,
                    claim,
                    &self.settings.scratch,
                )
                .await;
            }
            UnitKind::Plan if claim.document.blob.size == 0 => {
                return Err(Stop::Failure(UnitFailure {
                    code: ErrorCode::EmptyDocument,
                    detail: None,
                }));
            }
            UnitKind::Plan | UnitKind::Run => claim.document.media,
        };
        let Some(media) = work else {
            let code = ErrorCode::UnsupportedMediaType;
            return Err(Stop::Failure(UnitFailure { code, detail: None }));
        };
        let file = self
            .blobs
            .open_file(claim.department, &claim.document.blob.sha256)?;
        let work = match claim.kind {
            UnitKind::Plan => Work::Plan { file, media },
            UnitKind::Run | UnitKind::Assemble => Work::Page {
                file,
                media,
                index: claim.ordinal,
            },
        };
        self.engine.run(work).await.map_err(Stop::Failure)
    }

    async fn put_away(&mut self, claim: &Claim, lease: Lease, product: Product) -> Point {
        match self.stored(claim, product).await {
            Ok(effect) => {
                self.phase = Phase::Stored(claim.department, lease, effect);
                Point::Stored
            }
            Err(stop) => self.stopped(lease, stop),
        }
    }

    async fn stored(&self, claim: &Claim, product: Product) -> Result<Effect, Stop> {
        match product {
            Product::Pages(units) => Ok(Effect::Plan { units }),
            Product::Piece(bytes) => Ok(Effect::Piece(self.blobs.put(claim.department, &bytes).await?)),
            // The directory goes when the files are blobs.
            Product::Assembled(results, _directory) => {
                let mut files = Vec::new();
                for file in results.files {
                    let stored = self.put_file(claim, &file).await?;
                    files.push((file, stored));
                }
                Ok(Effect::Outcome(results.outcome, files))
            }
        }
    }

    /// Streams a result file into a blob.
    async fn put_file(&self, claim: &Claim, file: &ResultFile) -> Result<Stored, Stop> {
        use tokio::io::AsyncReadExt as _;
        let io = |error| {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a result file cannot be read back"
            );
            Stop::Failure(UnitFailure {
                code: ErrorCode::Internal,
                detail: None,
            })
        };
        let mut writer = self.blobs.result_writer(claim.department).await?;
        let mut opened = tokio::fs::File::open(&file.path).await.map_err(io)?;
        let mut buffer = vec![0; COPY_BYTES];
        loop {
            match opened.read(&mut buffer).await.map_err(io)? {
                0 => return Ok(writer.finish().await?),
                count => writer.write(&buffer[..count]).await?,
            }
        }
    }

    async fn commit(
        &mut self,
        department: DepartmentId,
        lease: Lease,
        effect: Effect,
    ) -> Result<Point, StoreError> {
        let fence = lease.fence();
        let committed = match &effect {
            Effect::Plan { units } => self.store.commit_plan(fence, *units).await,
            Effect::Piece(piece) => self.store.commit_piece(fence, piece.blob).await,
            Effect::Outcome(outcome, files) => {
                let artifacts = files.iter().map(|(file, stored)| NewArtifact {
                    name: file.name.clone(),
                    media_type: file.media_type.to_owned(),
                    blob: stored.blob,
                });
                self.store
                    .commit_outcome(fence, Outcome::Form(*outcome), artifacts.collect())
                    .await
            }
        };
        match committed {
            Ok(()) => {
                self.held = None;
                metric::unit_ended("done");
                Ok(Point::Committed)
            }
            Err(error) => match Stop::from(error) {
                Stop::Lost => {
                    let orphans = effect.blobs();
                    // Our hold on them ends first; those of another attempt are referred to, or held.
                    drop(effect);
                    self.blobs
                        .remove_unreferenced(self.store.as_ref(), department, &orphans)
                        .await?;
                    Ok(self.lost())
                }
                stop @ Stop::Failure(_) => Ok(self.stopped(lease, stop)),
            },
        }
    }

    async fn report(&mut self, lease: Lease, failure: UnitFailure) -> Result<Point, StoreError> {
        let fence = lease.fence();
        tracing::info!(unit = %fence.unit, code = %failure.code, "a unit failed");
        match self.store.fail_unit(fence, failure).await {
            Ok(after) => {
                self.held = None;
                metric::unit_ended(match after {
                    AfterFailure::Retried => "retried",
                    AfterFailure::Ended => "failed",
                });
                Ok(Point::Reported(after))
            }
            Err(StoreError::LeaseLost) => Ok(self.lost()),
            Err(error) => Err(error),
        }
    }
}
