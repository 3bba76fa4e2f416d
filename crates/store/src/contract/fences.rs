//! Fences, leases, retries: INV-1, INV-2, INV-3 seen from outside.

use jiff::SignedDuration;
use shoki_core::code::ErrorCode;
use shoki_core::id::{UnitId, WorkerId};
use shoki_core::job::JobState;
use shoki_core::unit::{Attempt, Fence, UnitKind, UnitState};

use super::office::{LEASE, Office, blob, outcome};
use crate::error::StoreError;
use crate::model::{AfterFailure, Planned, Reaped, UnitFailure};

fn failure(code: ErrorCode) -> UnitFailure {
    UnitFailure {
        code,
        detail: Some("page 3".to_owned()),
    }
}

async fn assert_void(office: &Office, fence: Fence) {
    let store = &office.store;
    let answers = [
        store.heartbeat(fence, LEASE).await.err(),
        store.commit_plan(fence, Planned::together(9), None).await.err(),
        store.commit_piece(fence, blob("stale")).await.err(),
        store.commit_outcome(fence, outcome(), Vec::new()).await.err(),
        store
            .fail_unit(fence, failure(ErrorCode::CorruptPage))
            .await
            .err(),
        store.release(fence).await.err(),
        store.ended_units(fence).await.err(),
    ];
    for (number, answer) in answers.iter().enumerate() {
        assert!(
            matches!(answer, Some(StoreError::LeaseLost)),
            "method {number}: {answer:?}"
        );
    }
}

/// At every step: a worker whose lease was collected changes nothing, and its successor's result stands.
pub async fn a_stale_worker_never_overwrites(office: &Office) {
    let store = &office.store;
    let job = office.job("a.pdf").await;
    for kind in [UnitKind::Plan, UnitKind::Run, UnitKind::Assemble] {
        let stale = office.claim().await;
        assert_eq!((stale.kind, stale.fence.attempt), (kind, Attempt(1)));
        office.pass(LEASE);
        assert_eq!(store.reap().await.unwrap(), Reaped { ready: 1, dead: 0 });
        assert_void(office, stale.fence).await;
        let fresh = office.claim().await;
        assert_eq!(
            fresh.fence,
            Fence {
                unit: stale.fence.unit,
                attempt: Attempt(2)
            }
        );
        assert_void(office, stale.fence).await;
        match kind {
            UnitKind::Plan => store.commit_plan(fresh.fence, Planned::together(1), None).await,
            UnitKind::Run => store.commit_piece(fresh.fence, blob("fresh")).await,
            UnitKind::Assemble => store.commit_outcome(fresh.fence, outcome(), Vec::new()).await,
        }
        .unwrap();
        assert_void(office, stale.fence).await;
        assert_void(office, fresh.fence).await;
    }
    let ended = store.ended_units_of(&office.clerk, job.id).await.unwrap();
    let piece = Some(blob("fresh"));
    assert_eq!(
        ended[0].state,
        UnitState::Done {
            attempt: Attempt(2),
            piece
        }
    );
    assert!(
        !store
            .blob_is_referenced(office.clerk.department, &blob("stale").sha256)
            .await
            .unwrap()
    );
    let job = store.job(&office.clerk, job.id).await.unwrap();
    assert_eq!(job.state, JobState::Succeeded { outcome: outcome() });
}

/// A fence of a unit that does not exist, or of an attempt that was never made, is void.
pub async fn an_invented_fence_is_void(office: &Office) {
    office.job("a.pdf").await;
    let claim = office.claim().await;
    assert_void(
        office,
        Fence {
            unit: UnitId::generate(),
            attempt: Attempt(1),
        },
    )
    .await;
    assert_void(
        office,
        Fence {
            attempt: Attempt(2),
            ..claim.fence
        },
    )
    .await;
    assert_void(
        office,
        Fence {
            attempt: Attempt(0),
            ..claim.fence
        },
    )
    .await;
    office
        .store
        .commit_plan(claim.fence, Planned::together(1), None)
        .await
        .unwrap();
}

/// A commit that belongs to another step is refused, and the lease still holds.
pub async fn a_commit_of_another_step_is_refused(office: &Office) {
    let store = &office.store;
    office.job("a.pdf").await;
    let plan = office.claim().await;
    let refused = store.commit_piece(plan.fence, blob("x")).await.unwrap_err();
    assert!(matches!(refused, StoreError::IllegalTransition(_)), "{refused:?}");
    let refused = store
        .commit_outcome(plan.fence, outcome(), Vec::new())
        .await
        .unwrap_err();
    assert!(matches!(refused, StoreError::IllegalTransition(_)), "{refused:?}");
    store
        .commit_plan(plan.fence, Planned::together(1), None)
        .await
        .unwrap();
    let page = office.claim().await;
    let refused = store
        .commit_plan(page.fence, Planned::together(5), None)
        .await
        .unwrap_err();
    assert!(matches!(refused, StoreError::IllegalTransition(_)), "{refused:?}");
    store.commit_piece(page.fence, blob("x")).await.unwrap();
}

/// A heartbeat moves the end of the lease; the reaper leaves living leases alone.
pub async fn a_heartbeat_keeps_the_lease(office: &Office) {
    let store = &office.store;
    office.job("a.pdf").await;
    let claim = office.claim().await;
    office.pass(LEASE - SignedDuration::from_secs(1));
    assert_eq!(store.reap().await.unwrap(), Reaped::default());
    store.heartbeat(claim.fence, LEASE).await.unwrap();
    office.pass(LEASE - SignedDuration::from_secs(1));
    assert_eq!(store.reap().await.unwrap(), Reaped::default());
    store
        .commit_plan(claim.fence, Planned::together(1), None)
        .await
        .unwrap();
}

/// A lease that has run out still holds until somebody collects it: the work is not thrown away.
pub async fn a_late_commit_before_the_reaper_counts(office: &Office) {
    office.job("a.pdf").await;
    let claim = office.claim().await;
    office.pass(LEASE + LEASE);
    office
        .store
        .commit_plan(claim.fence, Planned::together(1), None)
        .await
        .unwrap();
    assert_eq!(office.store.reap().await.unwrap(), Reaped::default());
}

/// A unit that is given back is ready at once and bears no weight, however often.
pub async fn release_weighs_nothing(office: &Office) {
    let store = &office.store;
    office.job("a.pdf").await;
    for attempt in 1..=10 {
        let claim = office.claim().await;
        assert_eq!(claim.fence.attempt, Attempt(attempt));
        store.release(claim.fence).await.unwrap();
        assert_void(office, claim.fence).await;
    }
    assert_eq!(store.queue_depth().await.unwrap().ready, 1);
}

/// A retryable error is tried again after 1, 2, 4 s; the fourth parks the unit, and the job goes on.
pub async fn retries_back_off_and_end(office: &Office) {
    let store = &office.store;
    let job = office.planned_job("a.pdf", 1).await;
    for seconds in [1, 2, 4] {
        let claim = office.claim().await;
        let after = store
            .fail_unit(claim.fence, failure(ErrorCode::EngineFailed))
            .await
            .unwrap();
        assert_eq!(after, AfterFailure::Retried);
        office.pass(SignedDuration::from_secs(seconds) - SignedDuration::from_micros(1));
        assert!(
            store.claim(office.worker, LEASE).await.unwrap().is_none(),
            "{seconds} s"
        );
        office.pass(SignedDuration::from_micros(1));
    }
    let claim = office.claim().await;
    let after = store
        .fail_unit(claim.fence, failure(ErrorCode::EngineFailed))
        .await
        .unwrap();
    assert_eq!(after, AfterFailure::Ended);
    assert_eq!(store.queue_depth().await.unwrap().dead, 1);
    let assemble = office.claim().await;
    let ended = store.ended_units(assemble.fence).await.unwrap();
    assert_eq!(
        ended[0].state,
        UnitState::Dead {
            attempts: 4,
            code: ErrorCode::EngineFailed
        }
    );
    let state = store.job(&office.clerk, job.id).await.unwrap().state;
    assert!(
        matches!(state, JobState::Assembling { progress } if progress.failed == 1),
        "{state:?}"
    );
}

/// Two deaths park a unit as `killed_worker`; its siblings and its job go on.
pub async fn two_deaths_park_a_unit(office: &Office) {
    let store = &office.store;
    let job = office.planned_job("a.pdf", 2).await;
    for reaped in [Reaped { ready: 1, dead: 0 }, Reaped { ready: 0, dead: 1 }] {
        let poison = office.claim().await;
        assert_eq!(poison.ordinal, 0);
        office.pass(LEASE);
        assert_eq!(store.reap().await.unwrap(), reaped);
        if reaped.ready == 1 {
            // The sibling, which has waited longer by now, goes first and is done.
            let sibling = office.claim().await;
            assert_eq!(sibling.ordinal, 1);
            store.commit_piece(sibling.fence, blob("sibling")).await.unwrap();
        }
    }
    let assemble = office.claim().await;
    assert_eq!(assemble.kind, UnitKind::Assemble);
    let ended = store.ended_units(assemble.fence).await.unwrap();
    assert_eq!(
        ended[0].state,
        UnitState::Dead {
            attempts: 2,
            code: ErrorCode::KilledWorker
        }
    );
    assert!(matches!(ended[1].state, UnitState::Done { .. }));
    let state = store.job(&office.clerk, job.id).await.unwrap().state;
    let JobState::Assembling { progress } = state else {
        panic!("{state:?}")
    };
    assert_eq!((progress.done, progress.failed, progress.total), (1, 1, 2));
}

/// A document that kills its planner twice fails its job with that code.
pub async fn a_poisonous_plan_fails_its_job(office: &Office) {
    let store = &office.store;
    let job = office.job("a.pdf").await;
    for _ in 0..2 {
        office.claim().await;
        store.reap_all_but(WorkerId::generate()).await.unwrap();
    }
    let state = store.job(&office.clerk, job.id).await.unwrap().state;
    assert_eq!(
        state,
        JobState::Failed {
            code: ErrorCode::KilledWorker,
            detail: None
        }
    );
}

/// At start, the leases of every other incarnation are collected, whatever their end; the own ones stay.
pub async fn a_new_incarnation_collects_the_old_ones_leases(office: &Office) {
    let store = &office.store;
    office.planned_job("a.pdf", 300).await;
    let reborn = WorkerId::generate();
    let mine = store.claim(reborn, LEASE).await.unwrap().unwrap();
    for _ in 0..250 {
        office.claim().await;
    }
    assert_eq!(
        store.reap_all_but(reborn).await.unwrap(),
        Reaped { ready: 250, dead: 0 }
    );
    assert_eq!(store.queue_depth().await.unwrap().ready, 299);
    store.commit_piece(mine.fence, blob("mine")).await.unwrap();
    assert_eq!(store.reap_all_but(reborn).await.unwrap(), Reaped::default());
}
