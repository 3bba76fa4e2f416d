//! Submissions and their idempotency.

use std::collections::HashSet;
use std::sync::Arc;

use shoki_core::job::JobState;

use super::office::{Office, document, idempotency, pipeline};
use crate::error::StoreError;
use crate::model::JobFilter;

/// The same request under the same key gives the job of the first time in its present state.
pub async fn a_key_gives_the_same_job_again(office: &Office) {
    let store = &office.store;
    let recorded = store
        .create_document(&office.clerk, document("a.pdf"))
        .await
        .unwrap();
    let key = idempotency("key", "request");
    let first = store
        .submit_job(&office.clerk, recorded.id, &pipeline(), Some(&key))
        .await
        .unwrap();
    assert!(!first.replayed);
    office.claim().await;
    let second = store
        .submit_job(&office.clerk, recorded.id, &pipeline(), Some(&key))
        .await
        .unwrap();
    assert!(second.replayed);
    assert_eq!(second.jobs.len(), 1);
    assert_eq!(second.jobs[0].id, first.jobs[0].id);
    assert_eq!(second.jobs[0].state, JobState::Planning);
    let listed = store
        .jobs(&office.clerk, &JobFilter::default(), None, 9)
        .await
        .unwrap();
    assert_eq!(listed.rows, second.jobs);
}

/// Another request under the same key is refused and makes nothing.
pub async fn a_key_is_bound_to_its_request(office: &Office) {
    let store = &office.store;
    let recorded = store
        .create_document(&office.clerk, document("a.pdf"))
        .await
        .unwrap();
    let key = idempotency("key", "request");
    store
        .submit_job(&office.clerk, recorded.id, &pipeline(), Some(&key))
        .await
        .unwrap();
    let chain = store.audit_chain(0, 100).await.unwrap();
    let other = idempotency("key", "other request");
    let refused = store
        .submit_job(&office.clerk, recorded.id, &pipeline(), Some(&other))
        .await
        .unwrap_err();
    assert!(matches!(refused, StoreError::IdempotencyMismatch));
    let refused = store
        .submit_batch(&office.clerk, vec![document("b.pdf")], &pipeline(), Some(&other))
        .await
        .unwrap_err();
    assert!(matches!(refused, StoreError::IdempotencyMismatch));
    assert_eq!(store.audit_chain(0, 100).await.unwrap(), chain);
    let listed = store
        .jobs(&office.clerk, &JobFilter::default(), None, 9)
        .await
        .unwrap();
    assert_eq!(listed.rows.len(), 1);
}

/// A key belongs to a person: a colleague's equal key is another one.
pub async fn a_key_belongs_to_its_user(office: &Office) {
    let store = &office.store;
    let recorded = store
        .create_document(&office.clerk, document("a.pdf"))
        .await
        .unwrap();
    let key = idempotency("key", "request");
    let mine = store
        .submit_job(&office.clerk, recorded.id, &pipeline(), Some(&key))
        .await
        .unwrap();
    let other = idempotency("key", "other request");
    let theirs = store
        .submit_job(&office.colleague, recorded.id, &pipeline(), Some(&other))
        .await
        .unwrap();
    assert!(!theirs.replayed);
    assert_ne!(mine.jobs[0].id, theirs.jobs[0].id);
}

/// A batch is recorded in the order of the request, under one batch id, and replayed as a whole.
pub async fn a_batch_is_one_submission(office: &Office) {
    let store = &office.store;
    let names = ["c.pdf", "a.pdf", "b.pdf"];
    let documents: Vec<_> = names.iter().map(|name| document(name)).collect();
    let key = idempotency("key", "request");
    let batch = store
        .submit_batch(&office.clerk, documents.clone(), &pipeline(), Some(&key))
        .await
        .unwrap();
    let made: Vec<_> = batch.jobs.iter().map(|job| job.document_name.as_str()).collect();
    assert_eq!(made, names);
    let id = batch.jobs[0].batch;
    assert!(id.is_some() && batch.jobs.iter().all(|job| job.batch == id));
    assert!(batch.jobs.iter().all(|job| job.state == JobState::Queued));
    let replay = store
        .submit_batch(&office.clerk, documents, &pipeline(), Some(&key))
        .await
        .unwrap();
    assert!(replay.replayed);
    assert_eq!(replay.jobs, batch.jobs);
    let listed = store
        .jobs(&office.clerk, &JobFilter::default(), None, 9)
        .await
        .unwrap();
    assert_eq!(listed.rows.len(), 3);
    for _ in 0..3 {
        let plan = office.claim().await;
        assert_eq!(
            store.document(&office.clerk, plan.document.id).await.unwrap(),
            plan.document
        );
    }
    let empty = store
        .submit_batch(&office.clerk, Vec::new(), &pipeline(), None)
        .await
        .unwrap();
    assert_eq!((empty.jobs.len(), empty.replayed), (0, false));
}

/// Eight requests with one key at once: one makes the job, seven get it.
pub async fn requests_at_once_make_one_job(office: &Office) {
    let recorded = office
        .store
        .create_document(&office.clerk, document("a.pdf"))
        .await
        .unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (store, actor) = (Arc::clone(&office.store), office.clerk.clone());
        tasks.spawn(async move {
            let key = idempotency("key", "request");
            store
                .submit_job(&actor, recorded.id, &pipeline(), Some(&key))
                .await
                .unwrap()
        });
    }
    let answers = tasks.join_all().await;
    assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
    let ids: HashSet<_> = answers.iter().map(|answer| answer.jobs[0].id).collect();
    assert_eq!(ids.len(), 1);
}
