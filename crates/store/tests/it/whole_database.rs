//! The whole database after a job's life: every table, every column.

use std::sync::Arc;

use jiff::SignedDuration;
use shoki_core::code::ErrorCode;
use shoki_store::SqliteStore;
use shoki_store::contract::Office;
use shoki_store::contract::office::{self, blob, document, idempotency, pipeline};
use shoki_store::model::{Planned, UnitFailure};

#[tokio::test]
async fn a_jobs_whole_life() {
    let directory = tempfile::tempdir().unwrap();
    let clock = office::clock();
    let path = directory.path().join("shoki.db");
    let database = Arc::new(
        SqliteStore::open(&path, clock.clone(), office::POLICY)
            .await
            .unwrap(),
    );
    let office = Office::open(database.clone(), clock).await;
    let origin = office.store.now();
    let store = &office.store;
    let key = idempotency("key", "request");
    let documents = vec![document("a.pdf"), document("b.pdf")];
    let batch = store
        .submit_batch(&office.clerk, documents, &pipeline(), Some(&key))
        .await
        .unwrap();

    office.pass(SignedDuration::from_secs(1));
    let plan = office.claim().await;
    store
        .commit_plan(plan.fence, Planned::together(3), None)
        .await
        .unwrap();
    office.pass(SignedDuration::from_secs(1));
    store
        .cancel_job(&office.colleague, batch.jobs[1].id)
        .await
        .unwrap();
    let failures = [ErrorCode::EngineFailed, ErrorCode::CorruptPage];
    for code in failures {
        let page = office.claim().await;
        store
            .fail_unit(page.fence, UnitFailure { code, detail: None })
            .await
            .unwrap();
    }
    let page = office.claim().await;
    store.commit_piece(page.fence, blob("piece")).await.unwrap();
    database.check_invariants().await.unwrap();
    insta::assert_snapshot!("running", database.whole_database(origin).await.unwrap());

    office.pass(SignedDuration::from_secs(5));
    office.claim().await;
    office.pass(office::LEASE);
    store.reap().await.unwrap();
    office.finish().await;
    store
        .delete_document(&office.colleague, batch.jobs[1].document)
        .await
        .unwrap();
    store.revoke_token(office.colleague.token).await.unwrap();
    database.check_invariants().await.unwrap();
    insta::assert_snapshot!("ended", database.whole_database(origin).await.unwrap());
}
