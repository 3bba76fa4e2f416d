//! What people do with a transcript: corrections, time on task; recordings that go on; voice prints.

use std::time::Duration;

use jiff::SignedDuration;
use shoki_core::audio::Millis;
use shoki_core::digest::Sha256;
use shoki_core::id::{DocumentId, VoicePrintId};
use shoki_core::meeting::MinutesOptions;
use shoki_core::minutes::EvidenceSpan;
use shoki_core::minutes_draft::{DraftedItem, DraftedSentence};
use shoki_core::pipeline::PipelineRef;
use shoki_core::transcript::SegmentId;
use shoki_core::transcript_edit::Edit;
use shoki_core::unit::UnitKind;

use super::office::{LEASE, Office, blob, document};
use crate::error::StoreError;
use crate::model::{Job, Planned};

fn set_text(text: &str) -> Edit {
    Edit::SetText {
        segment: SegmentId(1),
        text: text.to_owned(),
    }
}

async fn finished(office: &Office, name: &str) -> Job {
    let job = office.planned_job(name, 1).await;
    office.finish().await;
    job
}

/// A correction names the one it was made on.
pub async fn corrections_are_numbered_and_the_slower_one_hears_of_it(office: &Office) {
    let store = &office.store;
    let job = finished(office, "a.wav").await.id;
    let touched = [SegmentId(1)];
    let first = store
        .append_edit(&office.clerk, job, 0, &set_text("一"), &touched)
        .await
        .unwrap();
    assert_eq!(
        (first.sequence, first.by, first.at),
        (1, office.clerk.user, store.now())
    );
    for expected in [0, 2] {
        let late = store
            .append_edit(&office.colleague, job, expected, &set_text("二"), &touched)
            .await
            .unwrap_err();
        assert!(
            matches!(late, StoreError::VersionChanged { current: 1 }),
            "{late:?}"
        );
    }
    let second = store
        .append_edit(&office.colleague, job, 1, &Edit::Undo { sequence: 1 }, &touched)
        .await
        .unwrap();
    assert_eq!(
        store.edits(&office.clerk, job, 0).await.unwrap(),
        [first, second.clone()]
    );
    assert_eq!(store.edits(&office.clerk, job, 1).await.unwrap(), [second]);
    let log = store.audit_chain(0, 1000).await.unwrap();
    let subjects = log.iter().filter(|event| event.action == "transcript.edit");
    let subjects: Vec<_> = subjects.map(|event| event.subject.clone()).collect();
    assert_eq!(subjects, [format!("{job}/1"), format!("{job}/2")]);
    // At the same time: one of them is first.
    let at_once = |expected| {
        let (store, actor) = (office.store.clone(), office.clerk.clone());
        async move {
            store
                .append_edit(&actor, job, expected, &Edit::Finish, &[])
                .await
                .is_ok()
        }
    };
    let won = tokio::join!(at_once(2), at_once(2), at_once(2));
    assert_eq!([won.0, won.1, won.2].iter().filter(|won| **won).count(), 1);
}

/// Before that there is nothing to correct.
pub async fn only_a_job_that_has_succeeded_takes_corrections(office: &Office) {
    let store = &office.store;
    let running = office.planned_job("a.wav", 1).await;
    let refused = store
        .append_edit(&office.clerk, running.id, 0, &Edit::Finish, &[])
        .await
        .unwrap_err();
    assert!(matches!(refused, StoreError::IllegalTransition(_)), "{refused:?}");
    store.cancel_job(&office.clerk, running.id).await.unwrap();
    let refused = store
        .append_edit(&office.clerk, running.id, 0, &Edit::Finish, &[])
        .await
        .unwrap_err();
    assert!(matches!(refused, StoreError::IllegalTransition(_)), "{refused:?}");
    assert_eq!(store.edits(&office.clerk, running.id, 0).await.unwrap(), []);
}

/// The text of a correction is the text of the document.
pub async fn corrections_go_with_their_document(office: &Office) {
    let store = &office.store;
    let job = finished(office, "a.wav").await;
    store
        .append_edit(&office.clerk, job.id, 0, &set_text("一"), &[])
        .await
        .unwrap();
    store.delete_document(&office.clerk, job.document).await.unwrap();
    for gone in [
        store.edits(&office.clerk, job.id, 0).await.err(),
        store.time_on_task(&office.clerk, job.id).await.err(),
        store
            .append_edit(&office.clerk, job.id, 1, &Edit::Finish, &[])
            .await
            .err(),
    ] {
        assert!(matches!(gone, Some(StoreError::NotFound)), "{gone:?}");
    }
}

/// A draft of the model of the tests.
pub(super) fn drafted(text: &str) -> DraftedItem {
    DraftedItem {
        heading: Some("予算".to_owned()),
        model: "m".to_owned(),
        sentences: vec![DraftedSentence {
            text: text.to_owned(),
            cites: vec![EvidenceSpan {
                segment: SegmentId(1),
                start: Millis(0),
                end: Millis(900),
            }],
        }],
    }
}

/// The latest of an item; gone with the meeting.
pub async fn drafts_of_minutes_are_kept_by_item(office: &Office) {
    let store = &office.store;
    let job = finished(office, "a.wav").await;
    let whole = DraftedItem {
        heading: None,
        ..drafted("全体")
    };
    for item in [&drafted("一"), &whole, &drafted("二")] {
        store
            .keep_minutes_draft(&office.clerk, job.id, item)
            .await
            .unwrap();
    }
    let kept = store.minutes_drafts(&office.colleague, job.id).await.unwrap();
    assert_eq!(kept, [whole, drafted("二")]);
    store
        .discard_minutes_drafts(&office.colleague, job.id)
        .await
        .unwrap();
    assert_eq!(store.minutes_drafts(&office.clerk, job.id).await.unwrap(), []);
    store
        .keep_minutes_draft(&office.clerk, job.id, &drafted("三"))
        .await
        .unwrap();
    store.delete_document(&office.clerk, job.document).await.unwrap();
    let gone = store.minutes_drafts(&office.clerk, job.id).await.err();
    assert!(matches!(gone, Some(StoreError::NotFound)), "{gone:?}");
    let running = office.planned_job("b.wav", 1).await;
    let early = store
        .keep_minutes_draft(&office.clerk, running.id, &drafted("四"))
        .await
        .unwrap_err();
    assert!(matches!(early, StoreError::IllegalTransition(_)), "{early:?}");
}

/// A pause of more than a minute is no work; two people's times are two.
pub async fn time_on_task_is_the_sum_of_short_gaps(office: &Office) {
    let store = &office.store;
    let job = finished(office, "a.wav").await.id;
    assert_eq!(store.time_on_task(&office.clerk, job).await.unwrap(), []);
    for seconds in [0, 30, 60, 61, 10] {
        office.pass(SignedDuration::from_secs(seconds));
        store.record_activity(&office.clerk, job).await.unwrap();
    }
    store.record_activity(&office.colleague, job).await.unwrap();
    office.pass(SignedDuration::from_secs(5));
    // A correction is a sign of life too.
    store
        .append_edit(&office.clerk, job, 0, &set_text("一"), &[])
        .await
        .unwrap();
    let mut times = store.time_on_task(&office.colleague, job).await.unwrap();
    times.sort_by_key(|time| std::cmp::Reverse(time.spent));
    let [clerk, colleague] = times.as_slice() else {
        panic!("{times:?}")
    };
    assert_eq!(
        (clerk.user, clerk.spent),
        (office.clerk.user, Duration::from_secs(105))
    );
    assert_eq!(clerk.last_at, store.now());
    assert_eq!(
        (colleague.user, colleague.spent),
        (office.colleague.user, Duration::ZERO)
    );
}

fn minutes(continued_by: Vec<DocumentId>) -> PipelineRef {
    PipelineRef {
        name: "minutes".to_owned(),
        digest: Sha256::of(b"minutes"),
        corpus: None,
        minutes: Some(Box::new(MinutesOptions {
            title: Some("定例会".to_owned()),
            continued_by,
            ..MinutesOptions::default()
        })),
    }
}

/// Further recordings must be there when the job is handed in, and when it is planned.
pub async fn a_meeting_goes_on_in_further_recordings(office: &Office) {
    let store = &office.store;
    let mut documents = Vec::new();
    for name in ["1.wav", "2.wav", "3.wav"] {
        let made = store.create_document(&office.clerk, document(name)).await;
        documents.push(made.unwrap());
    }
    let foreign = store
        .create_document(&office.stranger, document("1.wav"))
        .await
        .unwrap();
    for missing in [DocumentId::generate(), foreign.id] {
        let refused = store
            .submit_job(&office.clerk, documents[0].id, &minutes(vec![missing]), None)
            .await
            .unwrap_err();
        assert!(matches!(refused, StoreError::NotFound), "{refused:?}");
    }
    let further = vec![documents[2].id, documents[1].id];
    let submitted = store
        .submit_job(&office.clerk, documents[0].id, &minutes(further.clone()), None)
        .await
        .unwrap();
    let options = submitted.jobs[0].pipeline.minutes.as_ref().unwrap();
    assert_eq!(options.continued_by, further);
    let claim = office.claim().await;
    assert_eq!(claim.pipeline, submitted.jobs[0].pipeline);
    assert_eq!(
        store.continued_documents(claim.fence).await.unwrap(),
        [documents[2].clone(), documents[1].clone()]
    );
    store
        .delete_document(&office.clerk, documents[1].id)
        .await
        .unwrap();
    let gone = store.continued_documents(claim.fence).await.unwrap_err();
    assert!(matches!(gone, StoreError::NotFound), "{gone:?}");
    office.pass(LEASE);
    store.reap().await.unwrap();
    let stale = store.continued_documents(claim.fence).await.unwrap_err();
    assert!(matches!(stale, StoreError::LeaseLost), "{stale:?}");
    // A job of another kind goes on nowhere.
    store
        .cancel_job(&office.clerk, submitted.jobs[0].id)
        .await
        .unwrap();
    office.job("form.pdf").await;
    let claim = office.claim().await;
    assert_eq!(store.continued_documents(claim.fence).await.unwrap(), []);
}

/// What planning found out can be shown while the rest is still to do.
pub async fn a_plan_is_seen_before_the_end(office: &Office) {
    let store = &office.store;
    let job = office.job("a.wav").await.id;
    assert_eq!(store.plan_of(&office.clerk, job).await.unwrap(), None);
    let claim = office.claim().await;
    assert_eq!(claim.kind, UnitKind::Plan);
    store
        .commit_plan(claim.fence, Planned::together(2), Some(blob("plan")))
        .await
        .unwrap();
    assert_eq!(
        store.plan_of(&office.colleague, job).await.unwrap(),
        Some(blob("plan"))
    );
}

/// Nobody else's, and gone when deleted.
pub async fn voice_prints_are_a_departments_own(office: &Office) {
    let store = &office.store;
    let (clerk, stranger) = (&office.clerk, &office.stranger);
    let id = VoicePrintId::generate();
    let kept = store.keep_voice_print(clerk, id, b"sealed").await.unwrap();
    assert_eq!(
        (kept.id, kept.created_by, kept.created_at),
        (id, clerk.user, store.now())
    );
    assert_eq!(store.voice_prints(clerk.department).await.unwrap(), [kept]);
    assert_eq!(store.voice_prints(stranger.department).await.unwrap(), []);
    let refused = store.delete_voice_print(stranger, id).await.unwrap_err();
    assert!(matches!(refused, StoreError::NotFound), "{refused:?}");
    store.delete_voice_print(&office.colleague, id).await.unwrap();
    assert_eq!(store.voice_prints(clerk.department).await.unwrap(), []);
    let again = store.delete_voice_print(clerk, id).await.unwrap_err();
    assert!(matches!(again, StoreError::NotFound), "{again:?}");
    let log = store.audit_chain(0, 1000).await.unwrap();
    let events = log.iter().filter(|event| event.subject == id.to_string());
    let events: Vec<_> = events.map(|event| event.action.as_str()).collect();
    assert_eq!(events, ["voice_print.keep", "voice_print.delete"]);
}
