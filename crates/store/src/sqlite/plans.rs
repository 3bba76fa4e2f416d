//! Query plans of the statements that run often or over many rows: all of them search an index, none
//! scans a table or sorts.

use sqlx::{AssertSqlSafe, Row as _};

use super::corpus::{items, questions, reading, references, vectors};
use super::{
    SqliteStore, acceptance, accounts, documents, jobs, meeting_figures, minutes_drafts, people,
    review_figures, reviews, sortings, transcripts, units, voice_prints, work,
};
use crate::contract::office::{POLICY, clock};

#[tokio::test]
async fn no_statement_of_the_main_path_scans_or_sorts() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shoki.db");
    let store = SqliteStore::open(&path, clock(), POLICY).await.unwrap();
    let statements = [
        work::LONGEST_WAITING,
        work::WHAT_TO_RUN,
        work::EXPIRED,
        work::OF_OTHER_OWNERS,
        units::GET,
        units::TRANSITION,
        units::CANCEL_REMAINING,
        units::ENDED,
        units::LATEST_RUN,
        units::TO_COME,
        jobs::GET,
        jobs::ADVANCE,
        jobs::EVENTS,
        jobs::ARTIFACTS,
        documents::BLOB_IS_REFERENCED,
        documents::BLOBS_OF,
        people::AUTHENTICATE,
        accounts::SESSION,
        transcripts::LAST,
        transcripts::AFTER,
        transcripts::SPENT,
        transcripts::PLAN,
        voice_prints::OF_DEPARTMENT,
        minutes_drafts::OF_JOB,
        reviews::OF_JOB,
        reviews::LAST,
        reviews::ROWS,
        reviews::ALL_ROWS,
        sortings::LAST,
        sortings::OF_JOB,
        sortings::DECIDED,
        sortings::UNRECORDED,
        review_figures::DONE,
        review_figures::SPENT,
        meeting_figures::DONE,
        meeting_figures::SPENT,
        acceptance::MOVED,
        acceptance::STATE,
        acceptance::EVIDENCE,
        acceptance::OPEN,
        acceptance::LAST_RESULT,
        acceptance::HISTORY,
        reading::PASSAGES,
        reading::PASSAGE,
        items::PLACED,
        items::ITEMS,
        reading::IN_FORCE,
        reading::LAST_CHANGE,
        references::CITING,
        vectors::KEPT,
        vectors::KEEP,
        questions::OF,
    ];
    for statement in statements {
        let explain = format!("EXPLAIN QUERY PLAN {statement}");
        let rows = sqlx::query(AssertSqlSafe(explain))
            .fetch_all(store.connections.readers())
            .await
            .unwrap();
        let steps: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
        assert!(!steps.is_empty());
        for step in &steps {
            let sorts = step.contains("FOR ORDER BY");
            // `leased` rows are few (one per worker), and so are jobs that run; their partial indices are walked
            // as a whole.
            // `wanted` is the list of keys that was asked for; a subquery is cut by its LIMIT.
            let few = [
                "units_leased",
                "jobs_running",
                "CONSTANT",
                "SCAN wanted",
                "subquery",
            ];
            let scans = step.starts_with("SCAN ") && few.iter().all(|few| !step.contains(few));
            assert!(!sorts && !scans, "{statement}: {steps:?}");
        }
    }
    let claim = format!("EXPLAIN QUERY PLAN {}", work::LONGEST_WAITING);
    let row = sqlx::query(AssertSqlSafe(claim))
        .fetch_one(store.connections.readers())
        .await
        .unwrap();
    let step: String = row.get("detail");
    assert_eq!(step, "SEARCH units USING COVERING INDEX units_ready (run_at<?)");
}
