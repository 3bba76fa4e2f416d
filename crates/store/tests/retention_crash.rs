//! A run of the 保存期間 dies at every named point: the files as they lie are opened again, the next run goes on. All
//! that was due is gone, each thing stands in exactly one certificate, and nothing else was touched.
//!
//! A binary of its own: fail points are global to a process.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use fail::FailScenario;
use jiff::SignedDuration;
use shoki_core::access::Actor;
use shoki_core::clock::ManualClock;
use shoki_core::retention::Material;
use shoki_store::audit::{AuditKey, verify};
use shoki_store::contract::Office;
use shoki_store::contract::office::{self, document};
use shoki_store::deletion::{Certificate, verify_certificate};
use shoki_store::model::NewDocument;
use shoki_store::{Blobs, JobStore as _, RetentionStore as _, SqliteStore, StoreError, retention};

/// Documents that are due.
const DUE: usize = 3;

struct Service {
    store: SqliteStore,
    blobs: Blobs,
    key: AuditKey,
}

impl Service {
    async fn start(directory: &Path, clock: Arc<ManualClock>) -> Self {
        let path = directory.join("shoki.db");
        Self {
            store: SqliteStore::open(&path, clock, office::POLICY).await.unwrap(),
            blobs: Blobs::open(&directory.join("blobs"), 0).unwrap(),
            key: AuditKey::open(&directory.join("second-place")).unwrap(),
        }
    }

    async fn run(&self, clerk: &Actor) -> Result<(), StoreError> {
        let report = retention::run(&self.store, &self.blobs, &self.key, clerk.department).await?;
        assert_eq!(report.kept, 0);
        Ok(())
    }
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

fn files_below(directory: &Path) -> usize {
    let entries = std::fs::read_dir(directory).unwrap();
    entries
        .map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() { files_below(&path) } else { 1 }
        })
        .sum()
}

/// An office with documents that are due and one that is not; nothing of it is open any more.
async fn filled(directory: &Path, clock: &Arc<ManualClock>) -> Actor {
    let path = directory.join("shoki.db");
    let store = SqliteStore::open(&path, clock.clone(), office::POLICY)
        .await
        .unwrap();
    let store = Arc::new(store);
    let office = Office::open(store.clone(), clock.clone()).await;
    let blobs = Blobs::open(&directory.join("blobs"), 0).unwrap();
    let clerk = office.clerk.clone();
    let hand_in = async |name: &str| {
        let stored = blobs.put(clerk.department, name.as_bytes()).await.unwrap();
        let new = NewDocument {
            blob: stored.blob,
            ..document(name)
        };
        store.create_document(&clerk, new).await.unwrap();
    };
    store
        .set_retention(&office.colleague, &[(Material::Forms, Some(1))])
        .await
        .unwrap();
    for number in 0..DUE {
        hand_in(&format!("{number}.pdf")).await;
    }
    clock.advance(SignedDuration::from_hours(48));
    hand_in("young.pdf").await;
    store.close().await;
    clerk
}

async fn crash_at_every_passing_of(point: &str) -> u32 {
    let scenario = FailScenario::setup();
    let clock = office::clock();
    let fresh = tempfile::tempdir().unwrap();
    let clerk = filled(fresh.path(), &clock).await;
    let mut crashes = 0;
    loop {
        let mut directory = tempfile::tempdir().unwrap();
        copy(fresh.path(), directory.path());
        let passed = if crashes == 0 {
            String::new()
        } else {
            format!("{crashes}*off->")
        };
        fail::cfg(point, &format!("{passed}1*return->off")).unwrap();
        let mut service = Service::start(directory.path(), clock.clone()).await;
        let mut crashed = false;
        while let Err(error) = service.run(&clerk).await {
            assert!(!crashed, "{point} {crashes}: a second failure: {error:?}");
            crashed = true;
            let next = tempfile::tempdir().unwrap();
            copy(directory.path(), next.path());
            service = Service::start(next.path(), clock.clone()).await;
            directory = next;
        }
        fail::remove(point);
        check(&service, &clerk, directory.path()).await;
        if !crashed {
            scenario.teardown();
            return crashes;
        }
        crashes += 1;
    }
}

async fn check(service: &Service, clerk: &Actor, directory: &Path) {
    let store = &service.store;
    store.check_invariants().await.unwrap();
    verify(store, None).await.unwrap();
    assert_eq!(files_below(&directory.join("blobs")), 1, "the young one's");
    assert_eq!(store.uncertified(None).await.unwrap(), []);
    let listed = store.certificates(clerk, None, 99).await.unwrap();
    let mut ids = BTreeSet::new();
    for row in &listed.rows {
        let certificate: Certificate = store.certificate(clerk, row.id).await.unwrap();
        verify_certificate(store, &service.key, &certificate)
            .await
            .unwrap();
        for item in &certificate.certificate.items {
            assert!(ids.insert(item.id), "{} stands twice", item.id);
        }
    }
    assert_eq!(ids.len(), DUE);
    assert_eq!(store.due(clerk.department, store.now()).await.unwrap(), []);
}

#[tokio::test]
async fn before_a_commit() {
    // The run, each document, its end, the certificate.
    let commits = u32::try_from(DUE).unwrap() + 3;
    assert_eq!(crash_at_every_passing_of("store.before_commit").await, commits);
}

#[tokio::test]
async fn after_a_commit() {
    let commits = u32::try_from(DUE).unwrap() + 3;
    assert_eq!(crash_at_every_passing_of("store.after_commit").await, commits);
}

#[tokio::test]
async fn between_a_deletion_and_its_scrubbing() {
    let deletions = u32::try_from(DUE).unwrap();
    assert_eq!(crash_at_every_passing_of("store.before_scrub").await, deletions);
}

#[tokio::test]
async fn between_the_rows_and_their_file() {
    let files = u32::try_from(DUE).unwrap();
    assert_eq!(crash_at_every_passing_of("blobs.before_remove").await, files);
}
