//! The queue: order, depth, wake-ups, many workers at once.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::SignedDuration;
use shoki_core::code::ErrorCode;
use shoki_core::id::{UnitId, WorkerId};
use shoki_core::job::JobState;
use shoki_core::unit::{UnitKind, UnitState};

use super::office::{LEASE, Office, artifact, blob, document, outcome};
use crate::model::{Planned, QueueDepth, Reaped, UnitFailure};

/// The unit that has waited longest goes first; units of one plan go by ordinal.
pub async fn the_longest_waiting_goes_first(office: &Office) {
    let store = &office.store;
    let first = office.job("a.pdf").await;
    office.pass(SignedDuration::from_secs(1));
    let second = office.job("b.pdf").await;
    office.pass(SignedDuration::from_secs(1));
    let plan = office.claim().await;
    assert_eq!(plan.job, first.id);
    store
        .commit_plan(plan.fence, Planned::together(3), None)
        .await
        .unwrap();
    assert_eq!(
        office.claim().await.job,
        second.id,
        "its plan has waited longer than the first's pages"
    );
    for ordinal in 0..3 {
        let page = office.claim().await;
        assert_eq!((page.job, page.ordinal), (first.id, ordinal));
    }
    assert!(store.claim(office.worker, LEASE).await.unwrap().is_none());
}

/// A job whose units are let in one by one has one at a time, in order, whichever way it ends; between two of
/// them whoever waits has a turn.
pub async fn units_are_let_in_one_by_one(office: &Office) {
    let store = &office.store;
    let long = office.job("a.pdf").await;
    let plan = office.claim().await;
    let planned = Planned { units: 4, at_once: 1 };
    store.commit_plan(plan.fence, planned, None).await.unwrap();
    let depth = |ready, leased| QueueDepth {
        ready,
        leased,
        dead: 0,
    };
    assert_eq!(store.queue_depth().await.unwrap(), depth(4, 0));
    let first = office.claim().await;
    assert_eq!((first.job, first.ordinal), (long.id, 0));
    assert!(store.claim(office.worker, LEASE).await.unwrap().is_none());
    assert_eq!(store.queue_depth().await.unwrap(), depth(3, 1));
    office.pass(SignedDuration::from_secs(1));
    let other = office.job("b.pdf").await;
    office.pass(SignedDuration::from_secs(1));
    store.commit_piece(first.fence, blob("0")).await.unwrap();
    let plan = office.claim().await;
    assert_eq!(plan.job, other.id, "it has waited longer than the next unit");
    // Given back, and found after its worker died: still one at a time.
    let second = office.claim().await;
    assert_eq!((second.job, second.ordinal), (long.id, 1));
    store.release(second.fence).await.unwrap();
    let second = office.claim().await;
    assert_eq!(second.ordinal, 1);
    assert!(store.claim(office.worker, LEASE).await.unwrap().is_none());
    let failure = UnitFailure {
        code: ErrorCode::CorruptDocument,
        detail: None,
    };
    store.fail_unit(second.fence, failure).await.unwrap();
    for ordinal in 2..4 {
        let unit = office.claim().await;
        assert_eq!((unit.job, unit.ordinal), (long.id, ordinal));
        store
            .commit_piece(unit.fence, blob(&ordinal.to_string()))
            .await
            .unwrap();
    }
    let assemble = office.claim().await;
    assert_eq!((assemble.job, assemble.kind), (long.id, UnitKind::Assemble));
    let ended = store.ended_units(assemble.fence).await.unwrap();
    assert_eq!(ended.len(), 4);
    assert!(matches!(ended[1].state, UnitState::Failed { .. }));
    assert_eq!(store.queue_depth().await.unwrap(), depth(0, 2));
}

/// The depth follows every transition.
pub async fn the_depth_follows(office: &Office) {
    let store = &office.store;
    let depth = |ready, leased, dead| QueueDepth { ready, leased, dead };
    assert_eq!(store.queue_depth().await.unwrap(), depth(0, 0, 0));
    let job = office.planned_job("a.pdf", 4).await;
    assert_eq!(store.queue_depth().await.unwrap(), depth(4, 0, 0));
    let page = office.claim().await;
    assert_eq!(store.queue_depth().await.unwrap(), depth(3, 1, 0));
    store.commit_piece(page.fence, blob("p")).await.unwrap();
    assert_eq!(store.queue_depth().await.unwrap(), depth(3, 0, 0));
    office.claim().await;
    store.cancel_job(&office.clerk, job.id).await.unwrap();
    assert_eq!(store.queue_depth().await.unwrap(), depth(0, 0, 0));
}

/// A waiter is woken by every committed change and by nothing that was refused.
pub async fn changes_wake_the_waiting(office: &Office) {
    let store = &office.store;
    let mut changes = store.changes();
    changes.mark_unchanged();
    assert!(
        store
            .document(&office.clerk, shoki_core::id::DocumentId::generate())
            .await
            .is_err()
    );
    assert!(store.create_department("市民税課").await.is_err());
    store.check_writable().await.unwrap();
    assert!(store.claim(office.worker, LEASE).await.unwrap().is_none());
    assert_eq!(store.reap().await.unwrap(), Reaped::default());
    assert!(!changes.has_changed().unwrap());
    office.job("a.pdf").await;
    assert!(changes.has_changed().unwrap());
    changes.mark_unchanged();
    office.claim().await;
    assert!(changes.has_changed().unwrap());
}

/// Eight workers, 500 pages: each page is claimed by exactly one, and the job succeeds.
pub async fn many_workers_claim_each_unit_once(office: &Office) {
    let job = office.planned_job("a.pdf", 500).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = Arc::clone(&office.store);
        tasks.spawn(async move {
            let worker = WorkerId::generate();
            let mut mine: Vec<UnitId> = Vec::new();
            while let Some(claim) = store.claim(worker, LEASE).await.unwrap() {
                mine.push(claim.fence.unit);
                match claim.kind {
                    UnitKind::Plan => panic!("planned already"),
                    UnitKind::Run => {
                        store
                            .commit_piece(claim.fence, blob(&claim.ordinal.to_string()))
                            .await
                    }
                    UnitKind::Assemble => {
                        store
                            .commit_outcome(claim.fence, outcome(), vec![artifact("a")])
                            .await
                    }
                }
                .unwrap();
            }
            mine
        });
    }
    let mut claims: HashMap<UnitId, u32> = HashMap::new();
    for unit in tasks.join_all().await.into_iter().flatten() {
        *claims.entry(unit).or_default() += 1;
    }
    assert!(claims.values().all(|times| *times == 1));
    assert_eq!(claims.len(), 501, "500 pages and the assembly");
    let job = office.store.job(&office.clerk, job.id).await.unwrap();
    assert!(matches!(job.state, JobState::Succeeded { .. }), "{:?}", job.state);
    let events = office
        .store
        .job_events(&office.clerk, job.id, 0, 1000)
        .await
        .unwrap();
    let sequences: Vec<_> = events.iter().map(|event| event.sequence).collect();
    assert_eq!(
        sequences,
        (1..=504).collect::<Vec<_>>(),
        "queued, planning, running, 500 pages, succeeded"
    );
    let ended = office.store.ended_units_of(&office.clerk, job.id).await.unwrap();
    assert_eq!(ended.len(), 500);
}

/// Uploads while workers claim: nobody is refused because somebody else writes.
pub async fn writers_take_turns(office: &Office) {
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..40 {
        let (store, actor) = (Arc::clone(&office.store), office.clerk.clone());
        tasks.spawn(async move {
            store
                .create_document(&actor, document(&format!("{number}.pdf")))
                .await
                .unwrap();
        });
    }
    tasks.join_all().await;
    let chain = office.store.audit_chain(0, 1000).await.unwrap();
    let uploads = chain
        .iter()
        .filter(|event| event.action == "document.create")
        .count();
    assert_eq!(uploads, 40);
    let sequences: Vec<_> = chain.iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, (1..=chain.len() as u64).collect::<Vec<_>>());
}
