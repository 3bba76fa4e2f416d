//! The audit chain: one row per effect, none without, linked.

use shoki_core::code::ErrorCode;

use super::office::{Office, blob};
use crate::audit::{GENESIS, hash_of};
use crate::model::UnitFailure;

/// Each effect writes its row in its own transaction; heartbeats and pages write none.
pub async fn every_effect_has_its_row(office: &Office) {
    let store = &office.store;
    let before = store.audit_chain(0, 1000).await.unwrap();
    let made: Vec<_> = before.iter().map(|event| event.action.as_str()).collect();
    let person = ["user.create", "token.create"];
    assert_eq!(
        made,
        [&["department.create"; 2][..], &person, &person, &person, &person].concat()
    );
    assert!(
        before.iter().all(|event| event.user.is_none()),
        "the local administrator made them"
    );

    let done = office.planned_job("a.pdf", 2).await;
    let page = office.claim().await;
    store.heartbeat(page.fence, super::office::LEASE).await.unwrap();
    store.commit_piece(page.fence, blob("p")).await.unwrap();
    office.finish().await;
    let failed = office.job("b.pdf").await;
    let plan = office.claim().await;
    let failure = UnitFailure {
        code: ErrorCode::CorruptDocument,
        detail: None,
    };
    store.fail_unit(plan.fence, failure).await.unwrap();
    let stopped = office.job("c.pdf").await;
    store.cancel_job(&office.colleague, stopped.id).await.unwrap();
    store
        .delete_document(&office.colleague, done.document)
        .await
        .unwrap();
    store
        .record(&office.clerk, "field.read", "subject")
        .await
        .unwrap();
    store.revoke_token(office.colleague.token).await.unwrap();

    let chain = store.audit_chain(before.len() as u64, 1000).await.unwrap();
    let rows: Vec<_> = chain
        .iter()
        .map(|event| (event.action.as_str(), event.subject.clone(), event.user))
        .collect();
    let (clerk, colleague) = (Some(office.clerk.user), Some(office.colleague.user));
    assert_eq!(
        rows,
        [
            ("document.create", done.document.to_string(), clerk),
            ("job.submit", done.id.to_string(), clerk),
            ("job.succeed", done.id.to_string(), None),
            ("document.create", failed.document.to_string(), clerk),
            ("job.submit", failed.id.to_string(), clerk),
            ("job.fail", failed.id.to_string(), None),
            ("document.create", stopped.document.to_string(), clerk),
            ("job.submit", stopped.id.to_string(), clerk),
            ("job.cancel", stopped.id.to_string(), colleague),
            ("document.delete", done.document.to_string(), colleague),
            ("field.read", "subject".to_owned(), clerk),
            ("token.revoke", office.colleague.token.to_string(), None),
        ]
    );
    assert!(
        chain
            .iter()
            .all(|event| event.department == Some(office.clerk.department))
    );
}

/// The rows form a chain from the first to the last.
pub async fn the_rows_are_chained(office: &Office) {
    office.planned_job("a.pdf", 1).await;
    office.finish().await;
    let mut previous = GENESIS;
    let chain = office.store.audit_chain(0, 1000).await.unwrap();
    for (sequence, row) in (1..).zip(&chain) {
        assert_eq!((row.sequence, row.previous), (sequence, previous));
        assert_eq!(row.hash, hash_of(row));
        previous = row.hash;
    }
    assert_eq!(chain.len(), 13);
}
