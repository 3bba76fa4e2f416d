//! Random lives: any order of claims, commits, failures, deaths, cancels and deletions, with fresh and
//! stale fences, keeps the invariants, and afterwards every job can still be brought to its end.

use std::sync::Arc;

use jiff::SignedDuration;
use proptest::prelude::*;
use shoki_core::code::ErrorCode;
use shoki_core::id::{JobId, WorkerId};
use shoki_core::unit::UnitKind;
use shoki_store::contract::Office;
use shoki_store::contract::office::{self, LEASE, artifact, blob, outcome};
use shoki_store::model::{Claim, Job, JobFilter, Planned, UnitFailure};
use shoki_store::{SqliteStore, StoreError};

#[derive(Clone, Copy, Debug)]
enum Step {
    Submit,
    Claim,
    Commit(usize, u32),
    Heartbeat(usize),
    Release(usize),
    Fail(usize, ErrorCode),
    Pass(i64),
    Reap,
    Restart,
    Cancel(usize),
    Delete(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let any = 0..8_usize;
    let code = prop_oneof![Just(ErrorCode::EngineFailed), Just(ErrorCode::CorruptPage)];
    prop_oneof![
        2 => Just(Step::Submit),
        8 => Just(Step::Claim),
        6 => (any.clone(), 0..4_u32).prop_map(|(claim, units)| Step::Commit(claim, units)),
        1 => any.clone().prop_map(Step::Heartbeat),
        1 => any.clone().prop_map(Step::Release),
        2 => (any.clone(), code).prop_map(|(claim, code)| Step::Fail(claim, code)),
        2 => (1..90_i64).prop_map(Step::Pass),
        1 => Just(Step::Reap),
        1 => Just(Step::Restart),
        1 => any.clone().prop_map(Step::Cancel),
        1 => any.prop_map(Step::Delete),
    ]
}

/// Refusals that a client or a worker may meet; anything else is a bug.
fn expected<T>(answer: Result<T, StoreError>) -> Option<T> {
    match answer {
        Ok(value) => Some(value),
        Err(StoreError::LeaseLost | StoreError::NotFound | StoreError::IllegalTransition(_)) => None,
        Err(error) => panic!("{error:?}"),
    }
}

async fn commit(office: &Office, claim: &Claim, units: u32) -> Result<(), StoreError> {
    let planned = Planned {
        units,
        at_once: units.div_ceil(2),
    };
    match claim.kind {
        UnitKind::Plan => office.store.commit_plan(claim.fence, planned, None).await,
        UnitKind::Run => {
            office
                .store
                .commit_piece(claim.fence, blob(&units.to_string()))
                .await
        }
        UnitKind::Assemble => {
            office
                .store
                .commit_outcome(claim.fence, outcome(), vec![artifact("a")])
                .await
        }
    }
}

async fn take(office: &mut Office, step: Step, claims: &mut Vec<Claim>, jobs: &mut Vec<Job>) {
    let (claim, store) = (
        |index: usize| claims.get(claims.len().wrapping_sub(1 + index)).cloned(),
        office.store.clone(),
    );
    let job = |index: usize| jobs.get(index).map(|job| (job.id, job.document));
    match step {
        Step::Submit => jobs.push(office.job(&format!("{}.pdf", jobs.len())).await),
        Step::Claim => claims.extend(store.claim(office.worker, LEASE).await.unwrap()),
        Step::Commit(index, units) => {
            if let Some(claim) = claim(index) {
                expected(commit(office, &claim, units).await);
            }
        }
        Step::Heartbeat(index) => {
            if let Some(claim) = claim(index) {
                expected(store.heartbeat(claim.fence, LEASE).await);
            }
        }
        Step::Release(index) => {
            if let Some(claim) = claim(index) {
                expected(store.release(claim.fence).await);
            }
        }
        Step::Fail(index, code) => {
            if let Some(claim) = claim(index) {
                expected(
                    store
                        .fail_unit(claim.fence, UnitFailure { code, detail: None })
                        .await,
                );
            }
        }
        Step::Pass(seconds) => office.pass(SignedDuration::from_secs(seconds)),
        Step::Reap => drop(store.reap().await.unwrap()),
        Step::Restart => {
            office.worker = WorkerId::generate();
            store.reap_all_but(office.worker).await.unwrap();
        }
        Step::Cancel(index) => {
            if let Some((id, _)) = job(index) {
                expected(store.cancel_job(&office.clerk, id).await);
            }
        }
        Step::Delete(index) => {
            if let Some((_, document)) = job(index) {
                expected(store.delete_document(&office.clerk, document).await);
            }
        }
    }
}

async fn live(steps: Vec<Step>) {
    let directory = tempfile::tempdir().unwrap();
    let clock = office::clock();
    let path = directory.path().join("shoki.db");
    let store = Arc::new(
        SqliteStore::open(&path, clock.clone(), office::POLICY)
            .await
            .unwrap(),
    );
    let mut office = Office::open(store.clone(), clock).await;
    let (mut claims, mut jobs) = (Vec::new(), Vec::new());
    for step in steps {
        take(&mut office, step, &mut claims, &mut jobs).await;
        store.check_invariants().await.unwrap();
    }
    office.worker = WorkerId::generate();
    office.store.reap_all_but(office.worker).await.unwrap();
    office.pass(SignedDuration::from_hours(1));
    office.finish().await;
    store.check_invariants().await.unwrap();
    let listed = office
        .store
        .jobs(&office.clerk, &JobFilter::default(), None, 1000)
        .await
        .unwrap();
    let open: Vec<JobId> = listed
        .rows
        .iter()
        .filter(|job| !job.state.is_terminal())
        .map(|job| job.id)
        .collect();
    assert_eq!(open, [], "every job ends");
    for claim in &claims {
        assert!(matches!(
            office.store.heartbeat(claim.fence, LEASE).await,
            Err(StoreError::LeaseLost)
        ));
    }
    shoki_store::audit::verify(office.store.as_ref(), None)
        .await
        .unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_life_keeps_the_invariants(steps in prop::collection::vec(step(), 10..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(live(steps));
    }
}
