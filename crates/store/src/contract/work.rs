//! The life of a job from submission to outcome.

use shoki_core::code::ErrorCode;
use shoki_core::job::{JobState, Progress};
use shoki_core::unit::{UnitKind, UnitState};

use super::office::{LEASE, Office, artifact, blob, outcome, pipeline};
use crate::error::StoreError;
use crate::model::{AfterFailure, Planned, UnitFailure};

/// Plan, two pages, assembly: every state, every event, the artifacts.
pub async fn a_stack_becomes_an_outcome(office: &Office) {
    let store = &office.store;
    let job = office.job("届出.pdf").await;
    assert_eq!(job.state, JobState::Queued);

    let plan = office.claim().await;
    assert_eq!((plan.kind, plan.ordinal, plan.job), (UnitKind::Plan, 0, job.id));
    assert_eq!(plan.document.name, "届出.pdf");
    assert_eq!(plan.document.id, job.document);
    assert_eq!(plan.pipeline, pipeline());
    assert_eq!(plan.department, office.clerk.department);
    store
        .commit_plan(plan.fence, Planned::together(2), None)
        .await
        .unwrap();

    for ordinal in 0..2 {
        let page = office.claim().await;
        assert_eq!((page.kind, page.ordinal), (UnitKind::Run, ordinal));
        store
            .commit_piece(page.fence, blob(&format!("page {ordinal}")))
            .await
            .unwrap();
    }
    let assemble = office.claim().await;
    assert_eq!(assemble.kind, UnitKind::Assemble);
    let ended = store.ended_units(assemble.fence).await.unwrap();
    assert_eq!(ended, store.ended_units_of(&office.clerk, job.id).await.unwrap());
    let pieces: Vec<_> = ended
        .iter()
        .map(|unit| match &unit.state {
            UnitState::Done { piece, .. } => (unit.ordinal, *piece),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(pieces, [(0, Some(blob("page 0"))), (1, Some(blob("page 1")))]);
    assert_eq!(store.artifacts(&office.clerk, job.id).await.unwrap(), []);
    store
        .commit_outcome(
            assemble.fence,
            outcome(),
            vec![artifact("b.csv"), artifact("a.json")],
        )
        .await
        .unwrap();

    let job = store.job(&office.clerk, job.id).await.unwrap();
    assert_eq!(job.state, JobState::Succeeded { outcome: outcome() });
    let artifacts = store.artifacts(&office.clerk, job.id).await.unwrap();
    let names: Vec<_> = artifacts.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["a.json", "b.csv"]);
    let one = store
        .artifact(&office.clerk, job.id, artifacts[0].id)
        .await
        .unwrap();
    assert_eq!(one, artifacts[0]);
    assert!(
        store
            .claim(office.worker, super::office::LEASE)
            .await
            .unwrap()
            .is_none()
    );

    let events = store.job_events(&office.clerk, job.id, 0, 100).await.unwrap();
    let progress = |done, failed| Progress {
        done,
        failed,
        total: 2,
    };
    let states: Vec<_> = events.iter().map(|event| event.state.clone()).collect();
    assert_eq!(
        states,
        [
            JobState::Queued,
            JobState::Planning,
            JobState::Running {
                progress: progress(0, 0)
            },
            JobState::Running {
                progress: progress(1, 0)
            },
            JobState::Assembling {
                progress: progress(2, 0)
            },
            JobState::Succeeded { outcome: outcome() },
        ]
    );
    let sequences: Vec<_> = events.iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, [1, 2, 3, 4, 5, 6]);
}

/// One unreadable page is one reported page; the rest is delivered.
pub async fn a_failed_page_is_counted_and_the_rest_goes_on(office: &Office) {
    let store = &office.store;
    let job = office.planned_job("a.pdf", 3).await;
    for ordinal in 0..3 {
        let page = office.claim().await;
        if ordinal == 1 {
            let failure = UnitFailure {
                code: ErrorCode::CorruptPage,
                detail: Some("page 2".to_owned()),
            };
            assert_eq!(
                store.fail_unit(page.fence, failure).await.unwrap(),
                AfterFailure::Ended
            );
        } else {
            store.commit_piece(page.fence, blob("page")).await.unwrap();
        }
    }
    let assemble = office.claim().await;
    let ended = store.ended_units(assemble.fence).await.unwrap();
    let names: Vec<_> = ended
        .iter()
        .map(|unit| (unit.ordinal, unit.state.name()))
        .collect();
    assert_eq!(names, [(0, "done"), (1, "failed"), (2, "done")]);
    let code = ErrorCode::CorruptPage;
    assert_eq!(ended[1].state, UnitState::Failed { code });
    let state = store.job(&office.clerk, job.id).await.unwrap().state;
    let progress = Progress {
        done: 2,
        failed: 1,
        total: 3,
    };
    assert_eq!(state, JobState::Assembling { progress });
    store
        .commit_outcome(assemble.fence, outcome(), Vec::new())
        .await
        .unwrap();
}

/// Pages that have ended can be looked at while the rest still runs.
pub async fn finished_pages_show_before_the_job_ends(office: &Office) {
    let job = office.planned_job("a.pdf", 2).await;
    assert_eq!(
        office.store.ended_units_of(&office.clerk, job.id).await.unwrap(),
        []
    );
    let page = office.claim().await;
    office.store.commit_piece(page.fence, blob("page")).await.unwrap();
    let ended = office.store.ended_units_of(&office.clerk, job.id).await.unwrap();
    assert_eq!(
        (ended.len(), ended[0].ordinal, ended[0].unit),
        (1, 0, page.fence.unit)
    );
}

/// A document that cannot be planned, or an assembly that cannot be done, fails the job with its code.
pub async fn a_failed_plan_or_assembly_fails_the_job(office: &Office) {
    let store = &office.store;
    let failure = || UnitFailure {
        code: ErrorCode::PasswordProtected,
        detail: Some("page 3".to_owned()),
    };
    let failed = JobState::Failed {
        code: ErrorCode::PasswordProtected,
        detail: Some("page 3".to_owned()),
    };
    let unplanned = office.job("a.pdf").await;
    let plan = office.claim().await;
    assert_eq!(
        store.fail_unit(plan.fence, failure()).await.unwrap(),
        AfterFailure::Ended
    );
    assert_eq!(
        store.job(&office.clerk, unplanned.id).await.unwrap().state,
        failed
    );

    let unassembled = office.planned_job("b.pdf", 1).await;
    let page = office.claim().await;
    store.commit_piece(page.fence, blob("page")).await.unwrap();
    let assemble = office.claim().await;
    store.fail_unit(assemble.fence, failure()).await.unwrap();
    assert_eq!(
        store.job(&office.clerk, unassembled.id).await.unwrap().state,
        failed
    );
    assert!(store.claim(office.worker, LEASE).await.unwrap().is_none());
    assert_eq!(store.queue_depth().await.unwrap().ready, 0);
}

/// A document without pages goes straight to assembly.
pub async fn a_plan_of_nothing_is_assembled_at_once(office: &Office) {
    let job = office.planned_job("a.pdf", 0).await;
    assert!(
        matches!(job.state, JobState::Assembling { .. }),
        "{:?}",
        job.state
    );
    let assemble = office.claim().await;
    assert_eq!(assemble.kind, UnitKind::Assemble);
    assert_eq!(office.store.ended_units(assemble.fence).await.unwrap(), []);
}

/// A plan whose worker died is claimed again; the job stays in planning and tells nobody twice.
pub async fn a_plan_that_is_claimed_twice_is_one_event(office: &Office) {
    let store = &office.store;
    let job = office.job("a.pdf").await;
    let first = office.claim().await;
    store.release(first.fence).await.unwrap();
    office.claim().await;
    let job = store.job(&office.clerk, job.id).await.unwrap();
    assert_eq!(job.state, JobState::Planning);
    assert_eq!(
        store.job_events(&office.clerk, job.id, 0, 9).await.unwrap().len(),
        2
    );
}

/// Cancel takes effect between units: nothing waits any more, a running attempt lost its fence, and what
/// was done stays.
pub async fn cancel_stops_what_waits_and_what_runs(office: &Office) {
    let store = &office.store;
    let job = office.planned_job("a.pdf", 3).await;
    let done = office.claim().await;
    store.commit_piece(done.fence, blob("done")).await.unwrap();
    let running = office.claim().await;
    let cancelled = store.cancel_job(&office.colleague, job.id).await.unwrap();
    let by = office.colleague.user;
    assert_eq!(cancelled.state, JobState::Cancelled { by, at: store.now() });
    assert_eq!(store.job(&office.clerk, job.id).await.unwrap(), cancelled);
    assert!(store.claim(office.worker, LEASE).await.unwrap().is_none());
    let lost = store.commit_piece(running.fence, blob("late")).await.unwrap_err();
    assert!(matches!(lost, StoreError::LeaseLost));
    assert!(matches!(
        store.heartbeat(running.fence, LEASE).await,
        Err(StoreError::LeaseLost)
    ));
    let again = store.cancel_job(&office.clerk, job.id).await.unwrap_err();
    assert!(matches!(again, StoreError::IllegalTransition(_)), "{again:?}");
    assert_eq!(store.job(&office.clerk, job.id).await.unwrap(), cancelled);
    assert_eq!(
        store.ended_units_of(&office.clerk, job.id).await.unwrap().len(),
        1
    );
    office.pass(LEASE);
    assert_eq!(store.reap().await.unwrap(), crate::model::Reaped::default());
}

/// A plan of 30,000 pages (the most a document may have) is one commit.
pub async fn the_largest_plan_is_one_commit(office: &Office) {
    let units = shoki_core::limits::MAX_PAGES;
    office.planned_job("a.pdf", units).await;
    assert_eq!(office.store.queue_depth().await.unwrap().ready, u64::from(units));
    assert_eq!(office.claim().await.ordinal, 0);
}
