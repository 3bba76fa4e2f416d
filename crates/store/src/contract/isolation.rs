//! 課 isolation: another 課's row does not exist for the asker, and nothing is changed by asking.

use jiff::SignedDuration;
use shoki_core::id::{ArtifactId, DocumentId, JobId};
use shoki_core::review::{SheetFigures, Standing};
use shoki_core::transcript_edit::Edit;

use super::office::{Office, blob, pipeline};
use super::{reviews, transcripts};
use crate::audit::search::AuditSearch;
use crate::error::StoreError;
use crate::model::JobFilter;

/// Every method that takes an actor, asked about another 課's rows and about rows that do not exist, gives
/// the same answer.
pub async fn another_department_sees_nothing(office: &Office) {
    let store = &office.store;
    let done = office.planned_job("a.pdf", 1).await;
    office.finish().await;
    let artifact = store.artifacts(&office.clerk, done.id).await.unwrap()[0].id;
    let open = office.planned_job("b.pdf", 2).await;
    let chain = store.audit_chain(0, 1000).await.unwrap();

    let rows = [
        (done.document, done.id, artifact),
        (open.document, open.id, artifact),
        (DocumentId::generate(), JobId::generate(), ArtifactId::generate()),
    ];
    for asker in [&office.stranger, &office.auditor] {
        for (document, job, artifact) in rows {
            let answers = [
                store.document(asker, document).await.err(),
                store.delete_document(asker, document).await.err(),
                store.submit_job(asker, document, &pipeline(), None).await.err(),
                store.job(asker, job).await.err(),
                store.cancel_job(asker, job).await.err(),
                store.job_events(asker, job, 0, 9).await.err(),
                store.artifacts(asker, job).await.err(),
                store.artifact(asker, job, artifact).await.err(),
                store.ended_units_of(asker, job).await.err(),
                store.plan_of(asker, job).await.err(),
                store.append_edit(asker, job, 0, &Edit::Finish, &[]).await.err(),
                store.edits(asker, job, 0).await.err(),
                store.record_activity(asker, job).await.err(),
                store.time_on_task(asker, job).await.err(),
                store
                    .keep_minutes_draft(asker, job, &transcripts::drafted("一"))
                    .await
                    .err(),
                store.minutes_drafts(asker, job).await.err(),
                store.open_review(asker, job, &[]).await.err(),
                store.review_sheets(asker, job).await.err(),
                store
                    .next_sheet(asker, job, SignedDuration::from_secs(1))
                    .await
                    .err(),
                store.release_sheet(asker, job, 1).await.err(),
                store
                    .append_review(asker, job, &reviews::row(1, 0, Standing::Done))
                    .await
                    .err(),
                store
                    .recount_sheet(asker, job, 1, &SheetFigures::new())
                    .await
                    .err(),
                store
                    .keep_sheet(asker, job, 1, SignedDuration::from_secs(1))
                    .await
                    .err(),
                store.review_rows(asker, job, 1).await.err(),
                store.all_review_rows(asker, job).await.err(),
                store.discard_minutes_drafts(asker, job).await.err(),
            ];
            for (number, answer) in answers.iter().enumerate() {
                assert!(
                    matches!(answer, Some(StoreError::NotFound)),
                    "method {number}: {answer:?}"
                );
            }
        }
        let listed = store.jobs(asker, &JobFilter::default(), None, 9).await.unwrap();
        assert_eq!((listed.rows, listed.more), (Vec::new(), false));
        let filter = JobFilter {
            document: Some(done.document),
            ..JobFilter::default()
        };
        assert_eq!(store.jobs(asker, &filter, None, 9).await.unwrap().rows, []);
        assert!(
            !store
                .blob_is_referenced(asker.department, &blob("a.pdf").sha256)
                .await
                .unwrap()
        );
    }
    assert_eq!(
        store.audit_chain(0, 1000).await.unwrap(),
        chain,
        "asking changed something"
    );
    assert_eq!(store.job(&office.clerk, open.id).await.unwrap(), open);
}

/// The audit log of a 課 holds the 課's events only; an auditor sees all.
pub async fn the_audit_log_is_per_department(office: &Office) {
    let store = &office.store;
    let job = office.job("a.pdf").await;
    store.record(&office.stranger, "field.read", "x").await.unwrap();
    let mine = store
        .audit_events(&office.clerk, &AuditSearch::default(), None, 100)
        .await
        .unwrap();
    assert!(
        mine.rows
            .iter()
            .all(|event| event.department == Some(office.clerk.department))
    );
    assert!(mine.rows.iter().any(|event| event.subject == job.id.to_string()));
    let theirs = store
        .audit_events(&office.stranger, &AuditSearch::default(), None, 100)
        .await
        .unwrap();
    assert!(
        theirs
            .rows
            .iter()
            .all(|event| event.department == Some(office.stranger.department))
    );
    assert!(theirs.rows.iter().any(|event| event.action == "field.read"));
    let all = store
        .audit_events(&office.auditor, &AuditSearch::default(), None, 100)
        .await
        .unwrap();
    assert_eq!(all.rows, store.audit_chain(0, 100).await.unwrap());
    assert_eq!(mine.rows.len() + theirs.rows.len(), all.rows.len());
}

/// An artifact is found under its own job only.
pub async fn an_artifact_belongs_to_its_job(office: &Office) {
    let store = &office.store;
    let first = office.planned_job("a.pdf", 1).await;
    office.finish().await;
    let second = office.planned_job("b.pdf", 1).await;
    office.finish().await;
    let artifact = store.artifacts(&office.clerk, first.id).await.unwrap()[0].id;
    assert!(store.artifact(&office.clerk, first.id, artifact).await.is_ok());
    let other = store
        .artifact(&office.clerk, second.id, artifact)
        .await
        .unwrap_err();
    assert!(matches!(other, StoreError::NotFound));
}
