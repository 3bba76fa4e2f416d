//! The worker: claims a unit, has it run on its own engine thread, stores the result, commits it.
//!
//! INV-2 is kept by the store; the worker's part is to write blobs before the transaction and to drop
//! its result when the fence is gone (its blobs go only when nobody else holds or refers to them). [`Worker::step`] does one thing and names the point that was
//! passed, so that tests stop a worker anywhere — a worker dropped after a step is a process that died
//! there. Never: a decision that belongs to `core::unit::apply`.

mod corpus;
mod corpus_commit;
mod effect;
pub mod engine_thread;
mod forms;
pub mod lease;
mod minutes;
pub mod pipelines;
pub mod run_loop;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use shoki_core::code::ErrorCode;
use shoki_core::id::WorkerId;
use shoki_core::unit::{Fence, UnitKind};
use shoki_store::model::{AfterFailure, Claim, UnitFailure};
use shoki_store::{Blobs, CorpusStore, JobStore, StoreError};

use crate::metric;
use effect::Effect;
use engine_thread::{EngineSender, Product};
use lease::Lease;
use pipelines::{PipelineKind, Pipelines};

/// Where a worker reads and writes.
#[derive(Clone, Debug)]
pub struct Stores {
    /// Jobs.
    pub jobs: Arc<dyn JobStore>,
    /// The law desk; the same database.
    pub corpus: Arc<dyn CorpusStore>,
    /// Bytes.
    pub blobs: Blobs,
}

/// What all workers of a process share.
#[derive(Clone, Debug)]
pub struct WorkerSettings {
    /// The process's incarnation.
    pub id: WorkerId,
    /// Length of a lease.
    pub lease: SignedDuration,
    /// Time between two heartbeats.
    pub heartbeat: Duration,
    /// Workers of this process: so many units of one job are done at a time.
    pub workers: u32,
    /// Windows of one recording that are heard at a time.
    pub per_recording: u32,
    /// The pipelines this process has loaded; jobs pinned to other definitions fail clearly.
    pub pipelines: Pipelines,
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
    Stored(Box<Claim>, Lease, Effect),
}

/// Why running a unit did not give a product.
#[derive(Debug)]
enum Stop {
    Lost,
    Failure(UnitFailure),
}

impl Stop {
    const fn code(code: ErrorCode) -> Self {
        Self::Failure(UnitFailure { code, detail: None })
    }

    const fn at(code: ErrorCode, place: String) -> Self {
        Self::Failure(UnitFailure {
            code,
            detail: Some(place),
        })
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::LeaseLost) {
            return Self::Lost;
        }
        tracing::warn!(error = &error as &dyn std::error::Error, "the store refused");
        Self::code(error.code())
    }
}

/// One worker.
#[derive(Debug)]
pub struct Worker {
    stores: Stores,
    engine: EngineSender,
    settings: Arc<WorkerSettings>,
    phase: Phase,
    /// The unit held, also while a step is under way.
    held: Option<Fence>,
}

impl Worker {
    /// A worker that holds nothing.
    #[must_use]
    pub fn new(stores: Stores, engine: EngineSender, settings: Arc<WorkerSettings>) -> Self {
        Self {
            stores,
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
            Phase::Ran(claim, lease, product) => Ok(self.put_away(claim, lease, product).await),
            Phase::Stored(claim, lease, effect) => self.commit(&claim, lease, effect).await,
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
            Some(fence) => match self.stores.jobs.release(fence).await {
                Err(StoreError::LeaseLost) => Ok(()),
                other => other,
            },
        }
    }

    async fn claim(&mut self) -> Result<Point, StoreError> {
        self.held = None;
        let Some(claim) = self
            .stores
            .jobs
            .claim(self.settings.id, self.settings.lease)
            .await?
        else {
            return Ok(Point::NothingToDo);
        };
        tracing::debug!(unit = %claim.fence.unit, job = %claim.job, kind = claim.kind.as_str(), "claimed");
        self.held = Some(claim.fence);
        let lease = Lease::hold(
            Arc::clone(&self.stores.jobs),
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
        let pipeline = self
            .settings
            .pipelines
            .find(claim.department, &claim.pipeline)
            .map_err(Stop::code)?;
        if claim.kind == UnitKind::Plan && claim.document.blob.size == 0 {
            return Err(Stop::code(ErrorCode::EmptyDocument));
        }
        match pipeline {
            PipelineKind::Forms => {
                let edition = self.settings.pipelines.edition(claim.department, &claim.pipeline);
                forms::run(&self.stores, &self.engine, claim, &self.settings.scratch, edition).await
            }
            PipelineKind::Corpus => corpus::run(&self.stores, &self.engine, claim).await,
            PipelineKind::Minutes => {
                let unit = minutes::Unit {
                    stores: &self.stores,
                    engine: &self.engine,
                    claim,
                    scratch: &self.settings.scratch,
                    pipelines: &self.settings.pipelines,
                };
                unit.run().await
            }
        }
    }

    /// Units of the claim's job that are done side by side.
    fn at_once(&self, claim: &Claim) -> u32 {
        match self.settings.pipelines.find(claim.department, &claim.pipeline) {
            Ok(PipelineKind::Minutes) => self.settings.per_recording,
            Ok(PipelineKind::Forms | PipelineKind::Corpus) | Err(_) => self.settings.workers,
        }
    }

    async fn put_away(&mut self, claim: Box<Claim>, lease: Lease, product: Product) -> Point {
        match Effect::of(&self.stores.blobs, &claim, product).await {
            Ok(effect) => {
                self.phase = Phase::Stored(claim, lease, effect);
                Point::Stored
            }
            Err(stop) => self.stopped(lease, stop),
        }
    }

    async fn commit(&mut self, claim: &Claim, lease: Lease, effect: Effect) -> Result<Point, StoreError> {
        let (committed, written) = effect.commit(&self.stores, claim, self.at_once(claim)).await;
        match committed {
            Ok(()) => {
                self.held = None;
                metric::unit_ended("done");
                Ok(Point::Committed)
            }
            Err(Stop::Lost) => {
                let orphans: Vec<_> = written.iter().map(|stored| stored.blob).collect();
                // Our hold on them ends first; those of another attempt are referred to, or held.
                drop(written);
                self.stores
                    .blobs
                    .remove_unreferenced(self.stores.jobs.as_ref(), claim.department, &orphans)
                    .await?;
                Ok(self.lost())
            }
            Err(stop @ Stop::Failure(_)) => Ok(self.stopped(lease, stop)),
        }
    }

    async fn report(&mut self, lease: Lease, failure: UnitFailure) -> Result<Point, StoreError> {
        let fence = lease.fence();
        tracing::info!(unit = %fence.unit, code = %failure.code, "a unit failed");
        match self.stores.jobs.fail_unit(fence, failure).await {
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
