//! A full disk, played by SQLite's page limit: new work is refused with a clear code and leaves nothing
//! half-done, and the same process goes on as soon as there is room.

use std::sync::Arc;

use super::SqliteStore;
use crate::contract::Office;
use crate::contract::office::{POLICY, clock, document, pipeline};
use crate::error::StoreError;
use crate::job_store::JobStore as _;
use crate::model::JobFilter;

/// Holds for the writer connection as it is; the refusal replaces that connection.
async fn fill_the_disk(store: &SqliteStore) {
    let mut write = store.begin().await.unwrap();
    let limit = sqlx::query("PRAGMA max_page_count = 120");
    limit.fetch_one(write.connection()).await.unwrap();
    write.commit().await.unwrap();
}

#[tokio::test]
async fn a_full_database_refuses_and_recovers() {
    let directory = tempfile::tempdir().unwrap();
    let clock = clock();
    let path = directory.path().join("shoki.db");
    let store = Arc::new(SqliteStore::open(&path, clock.clone(), POLICY).await.unwrap());
    let office = Office::open(store.clone(), clock).await;
    fill_the_disk(&store).await;

    let mut accepted = Vec::new();
    let refused = loop {
        let documents = vec![document(&"長い名前".repeat(50)); 5];
        match store
            .submit_batch(&office.clerk, documents, &pipeline(), None)
            .await
        {
            Ok(submitted) => accepted.extend(submitted.jobs),
            Err(error) => break error,
        }
        assert!(accepted.len() < 10_000, "120 pages hold no 10,000 jobs");
    };
    assert!(matches!(refused, StoreError::StorageFull), "{refused:?}");
    store.check_invariants().await.unwrap();
    let listed = store
        .jobs(&office.clerk, &JobFilter::default(), None, 10_000)
        .await
        .unwrap();
    assert_eq!(
        listed.rows.len(),
        accepted.len(),
        "accepted jobs are there, half-accepted ones are not"
    );

    // The refusal replaced the writer connection, and the limit with it: there is room again, and no restart
    // is needed to use it. (On a real disk, cancel and delete live from the reserve that uploads leave alone.)
    store.cancel_job(&office.clerk, accepted[0].id).await.unwrap();
    store
        .delete_document(&office.clerk, accepted[1].document)
        .await
        .unwrap();
    office.job("new.pdf").await;
    store.check_invariants().await.unwrap();
}
