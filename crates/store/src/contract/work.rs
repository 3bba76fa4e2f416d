//! The life of a job from submission to outcome.

use shoki_core::job::{JobState, Progress};
use shoki_core::unit::{UnitKind, UnitState};

use super::office::{Office, artifact, blob, outcome, pipeline};

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
    store.commit_plan(plan.fence, 2).await.unwrap();

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
