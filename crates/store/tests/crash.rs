//! Crashes at every named point of every step of a job's life: the process "dies" there, the files as they
//! lie at that moment are opened again, the client asks again what was not acknowledged, the work goes on.
//! Nothing acknowledged is lost, nothing is doubled.
//!
//! A binary of its own: fail points are global to a process.

use std::path::Path;
use std::sync::Arc;

use fail::FailScenario;
use jiff::{SignedDuration, Timestamp};
use shoki_core::access::Actor;
use shoki_core::clock::Clock;
use shoki_core::id::{JobId, WorkerId};
use shoki_core::job::JobState;
use shoki_core::unit::{RetryPolicy, UnitKind, UnitState};
use shoki_store::audit::{Checkpoints, verify};
use shoki_store::contract::office::{LEASE, document, idempotency, outcome, pipeline};
use shoki_store::model::{JobFilter, NewArtifact, NewDocument, NewToken, Planned};
use shoki_store::{Blobs, JobStore, SqliteStore, StoreError};
use tempfile::TempDir;

#[derive(Debug)]
struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// One incarnation of the service on a data directory.
struct Service {
    store: Arc<SqliteStore>,
    blobs: Blobs,
    worker: WorkerId,
}

/// What the client was told.
#[derive(Default)]
struct Ledger {
    accepted: Option<JobId>,
    deleted: bool,
}

impl Service {
    async fn start(directory: &Path) -> Self {
        let database = directory.join("shoki.db");
        let store = SqliteStore::open(&database, Arc::new(WallClock), RetryPolicy::default())
            .await
            .unwrap();
        let blobs = Blobs::open(&directory.join("blobs"), 0).unwrap();
        Self {
            store: Arc::new(store),
            blobs,
            worker: WorkerId::generate(),
        }
    }

    /// What a start does, what a client wants, what a worker does; ends at the first injected failure.
    async fn run(&self, actor: &Actor, ledger: &mut Ledger) -> Result<(), StoreError> {
        let store = self.store.as_ref();
        store.reap_all_but(self.worker).await?;
        self.blobs.sweep(store, SignedDuration::ZERO).await?;
        if ledger.accepted.is_none() {
            ledger.accepted = Some(self.submit(actor, "kept").await?);
        }
        // `NotFound`: it was deleted, only the answer got lost.
        let unwanted = found(self.submit(actor, "unwanted").await)?;
        self.work().await?;
        if !ledger.deleted {
            if let Some(job) = unwanted {
                let document = store.job(actor, job).await?.document;
                let orphans = store.delete_document(actor, document).await?;
                self.blobs
                    .remove_unreferenced(store, actor.department, &orphans)
                    .await?;
            }
            ledger.deleted = true;
        }
        Ok(())
    }

    async fn submit(&self, actor: &Actor, name: &str) -> Result<JobId, StoreError> {
        let stored = self.blobs.put(actor.department, name.as_bytes()).await?;
        let new = NewDocument {
            id: None,
            blob: stored.blob,
            ..document(name)
        };
        let key = idempotency(name, name);
        let submitted = self
            .store
            .submit_batch(actor, vec![new], &pipeline(), Some(&key))
            .await?;
        assert_eq!(submitted.jobs.len(), 1);
        Ok(submitted.jobs[0].id)
    }

    async fn work(&self) -> Result<(), StoreError> {
        while let Some(claim) = self.store.claim(self.worker, LEASE).await? {
            let result = format!("{} {}", claim.document.name, claim.ordinal);
            match claim.kind {
                UnitKind::Plan => {
                    self.store
                        .commit_plan(claim.fence, Planned { units: 2, at_once: 1 }, None)
                        .await?
                }
                UnitKind::Run => {
                    let piece = self.blobs.put(claim.department, result.as_bytes()).await?;
                    self.store.heartbeat(claim.fence, LEASE).await?;
                    self.store.commit_piece(claim.fence, piece.blob).await?;
                }
                UnitKind::Assemble => {
                    let csv = self.blobs.put(claim.department, b"csv").await?;
                    let artifact = NewArtifact {
                        name: "fields.csv".to_owned(),
                        media_type: "text/csv".to_owned(),
                        blob: csv.blob,
                    };
                    self.store
                        .commit_outcome(claim.fence, outcome(), vec![artifact])
                        .await?;
                }
            }
        }
        Ok(())
    }

    /// Everything that was promised, and nothing else.
    async fn audit(&self, actor: &Actor, ledger: &Ledger, directory: &Path) {
        let store = self.store.as_ref();
        store.check_invariants().await.unwrap();
        let checkpoints = Checkpoints::open(&directory.join("second-place")).unwrap();
        verify(store, Some(&checkpoints)).await.unwrap();
        let jobs = store
            .jobs(actor, &JobFilter::default(), None, 10)
            .await
            .unwrap()
            .rows;
        let ids: Vec<_> = jobs.iter().map(|job| job.id).collect();
        assert_eq!(ids, [ledger.accepted.unwrap()], "the accepted job, once");
        assert_eq!(jobs[0].state, JobState::Succeeded { outcome: outcome() });
        let mut referenced = vec![store.document(actor, jobs[0].document).await.unwrap().blob];
        for unit in store.ended_units_of(actor, jobs[0].id).await.unwrap() {
            let UnitState::Done { piece, .. } = unit.state else {
                panic!("{unit:?}")
            };
            referenced.push(piece.unwrap());
        }
        let artifacts = store.artifacts(actor, jobs[0].id).await.unwrap();
        referenced.extend(artifacts.iter().map(|artifact| artifact.blob));
        assert_eq!(referenced.len(), 4, "document, two pieces, one artifact");
        for blob in &referenced {
            let bytes = self.blobs.read(actor.department, &blob.sha256).await.unwrap();
            assert_eq!(bytes.len() as u64, blob.size);
        }
        self.blobs.sweep(store, SignedDuration::ZERO).await.unwrap();
        assert_eq!(
            files_below(&directory.join("blobs")),
            4,
            "nothing but what is referenced"
        );
    }
}

fn found<T>(answer: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(StoreError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

fn files_below(directory: &Path) -> usize {
    let entries = std::fs::read_dir(directory).unwrap();
    entries
        .map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() { files_below(&path) } else { 1 }
        })
        .sum()
}

/// The files as they lie: what a process finds that starts after this one was killed.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else if path.extension().is_none_or(|extension| extension != "db-shm") {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

async fn office(directory: &Path) -> Actor {
    let service = Service::start(directory).await;
    let department = service.store.create_department("市民税課").await.unwrap();
    let role = shoki_core::access::Role::Clerk;
    let user = service
        .store
        .create_user(department.id, "佐藤", role)
        .await
        .unwrap();
    let secret_hash = shoki_core::digest::Sha256::of(b"secret");
    let token = NewToken {
        user: user.id,
        secret_hash,
        label: "crash".to_owned(),
        expires_at: None,
    };
    service.store.create_token(token).await.unwrap();
    let checkpoints = Checkpoints::open(&directory.join("second-place")).unwrap();
    checkpoints.write(service.store.as_ref()).await.unwrap();
    let actor = service.store.authenticate(&secret_hash).await.unwrap().unwrap();
    service.store.close().await;
    actor
}

/// Crashes at the first, second, third … time the point is passed, until it is not passed that often.
async fn crash_at_every_passing_of(point: &str) -> u32 {
    let scenario = FailScenario::setup();
    let fresh = tempfile::tempdir().unwrap();
    let actor = office(fresh.path()).await;
    let mut crashes = 0;
    loop {
        let mut directory: TempDir = tempfile::tempdir().unwrap();
        copy(fresh.path(), directory.path());
        let passed = if crashes == 0 {
            String::new()
        } else {
            format!("{crashes}*off->")
        };
        fail::cfg(point, &format!("{passed}1*return->off")).unwrap();
        let mut ledger = Ledger::default();
        let mut service = Service::start(directory.path()).await;
        let mut crashed = false;
        while let Err(error) = service.run(&actor, &mut ledger).await {
            assert!(!crashed, "{point} {crashes}: a second failure: {error:?}");
            crashed = true;
            let next = tempfile::tempdir().unwrap();
            copy(directory.path(), next.path());
            service = Service::start(next.path()).await;
            directory = next;
        }
        fail::remove(point);
        service.audit(&actor, &ledger, directory.path()).await;
        if !crashed {
            scenario.teardown();
            return crashes;
        }
        crashes += 1;
    }
}

#[tokio::test]
async fn before_a_commit() {
    // Two submissions; twice a plan, two pages with a heartbeat each and an assembly, claims included; a
    // deletion.
    assert_eq!(crash_at_every_passing_of("store.before_commit").await, 23);
}

#[tokio::test]
async fn after_a_commit_before_its_answer() {
    assert_eq!(crash_at_every_passing_of("store.after_commit").await, 23);
}

#[tokio::test]
async fn between_a_deletion_and_its_scrubbing() {
    assert_eq!(crash_at_every_passing_of("store.before_scrub").await, 1);
}

#[tokio::test]
async fn before_a_blob_has_its_address() {
    assert_eq!(crash_at_every_passing_of("blobs.before_publish").await, 8);
}

#[tokio::test]
async fn between_a_blob_and_its_row() {
    assert_eq!(crash_at_every_passing_of("blobs.after_publish").await, 8);
}

#[tokio::test]
async fn between_a_deletion_and_its_blobs() {
    assert_eq!(crash_at_every_passing_of("blobs.before_remove").await, 3);
}
