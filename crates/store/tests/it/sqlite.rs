//! The contract on SQLite.

use std::sync::Arc;

use shoki_core::clock::ManualClock;
use shoki_core::unit::RetryPolicy;
use shoki_store::SqliteStore;
use tempfile::TempDir;

async fn make_store(clock: Arc<ManualClock>, policy: RetryPolicy) -> (SqliteStore, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&directory.path().join("shoki.db"), clock, policy)
        .await
        .unwrap();
    (store, directory)
}

shoki_store::job_store_contract!(super::make_store);
