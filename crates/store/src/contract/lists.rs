//! Lists, cursors, filters.

use jiff::SignedDuration;
use shoki_core::digest::Sha256;
use shoki_core::id::JobId;
use shoki_core::job::JobState;
use shoki_core::pipeline::PipelineRef;

use super::office::{Office, document, pipeline};
use crate::audit::search::{AuditSearch, Direction};
use crate::model::{AuditEvent, Job, JobFilter, Listed};

fn ids(jobs: &[Job]) -> Vec<JobId> {
    jobs.iter().map(|job| job.id).collect()
}

/// Newest first, page by page, without gaps or repetitions, though jobs are added meanwhile.
pub async fn pages_of_jobs_join(office: &Office) {
    let store = &office.store;
    let mut made = Vec::new();
    for number in 0..7 {
        made.push(office.job(&format!("{number}.pdf")).await.id);
    }
    made.reverse();
    let all = JobFilter::default();
    let first = store.jobs(&office.clerk, &all, None, 3).await.unwrap();
    office.job("later.pdf").await;
    let second = store
        .jobs(&office.clerk, &all, first.rows.last().map(|job| job.id), 3)
        .await
        .unwrap();
    let third = store
        .jobs(&office.clerk, &all, second.rows.last().map(|job| job.id), 3)
        .await
        .unwrap();
    assert_eq!((first.more, second.more, third.more), (true, true, false));
    let joined = [first.rows, second.rows, third.rows].concat();
    assert_eq!(ids(&joined), made);
    let exactly = store.jobs(&office.clerk, &all, None, 8).await.unwrap();
    assert_eq!((exactly.rows.len(), exactly.more), (8, false));
}

/// Each filter alone and all together.
pub async fn jobs_are_filtered(office: &Office) {
    let store = &office.store;
    let batch = store
        .submit_batch(
            &office.clerk,
            vec![document("a.pdf"), document("b.pdf")],
            &pipeline(),
            None,
        )
        .await
        .unwrap();
    let single = office.job("c.pdf").await;
    let minutes = PipelineRef {
        name: "minutes".to_owned(),
        digest: Sha256::of(b"minutes"),
        corpus: None,
        minutes: None,
    };
    let other = store
        .submit_job(&office.clerk, single.document, &minutes, None)
        .await
        .unwrap();
    let other = other.jobs[0].id;
    store.cancel_job(&office.clerk, batch.jobs[0].id).await.unwrap();
    let (a, b) = (batch.jobs[0].id, batch.jobs[1].id);

    let none = JobFilter::default;
    let of_states = |names: &[&str]| JobFilter {
        states: names.iter().map(|name| (*name).to_owned()).collect(),
        ..none()
    };
    let cases = [
        (none(), vec![other, single.id, b, a]),
        (of_states(&["cancelled"]), vec![a]),
        (of_states(&["queued", "cancelled"]), vec![other, single.id, b, a]),
        (of_states(&["succeeded"]), vec![]),
        (
            JobFilter {
                document: Some(single.document),
                ..none()
            },
            vec![other, single.id],
        ),
        (
            JobFilter {
                batch: batch.jobs[0].batch,
                ..none()
            },
            vec![b, a],
        ),
        (
            JobFilter {
                pipeline: Some("minutes".to_owned()),
                ..none()
            },
            vec![other],
        ),
        (
            JobFilter {
                states: vec!["queued".to_owned()],
                document: Some(batch.jobs[1].document),
                batch: batch.jobs[1].batch,
                pipeline: Some("forms".to_owned()),
            },
            vec![b],
        ),
    ];
    for (filter, expected) in cases {
        let listed = store.jobs(&office.clerk, &filter, None, 9).await.unwrap();
        assert_eq!(ids(&listed.rows), expected, "{filter:?}");
    }
}

/// Events after a position, so many at a time: the resumption of an event stream.
pub async fn events_resume_after_a_position(office: &Office) {
    let store = &office.store;
    let job = office.planned_job("a.pdf", 2).await;
    office.finish().await;
    let all = store.job_events(&office.clerk, job.id, 0, 100).await.unwrap();
    assert_eq!(all.len(), 6);
    for after in 0..=6_u64 {
        let rest = store.job_events(&office.clerk, job.id, after, 2).await.unwrap();
        let expected: Vec<_> = all
            .iter()
            .skip(usize::try_from(after).unwrap())
            .take(2)
            .cloned()
            .collect();
        assert_eq!(rest, expected);
    }
    assert_eq!(store.job_events(&office.clerk, job.id, 99, 2).await.unwrap(), []);
    let last = all.last().unwrap();
    let job = store.job(&office.clerk, job.id).await.unwrap();
    assert_eq!((&job.state, job.updated_at), (&last.state, last.at));
    assert!(matches!(job.state, JobState::Succeeded { .. }));
}

/// The audit log by pages.
pub async fn pages_of_the_audit_log_join(office: &Office) {
    let store = &office.store;
    let all = store
        .audit_events(&office.auditor, &AuditSearch::default(), None, 100)
        .await
        .unwrap();
    assert!(!all.more);
    let first = store
        .audit_events(&office.auditor, &AuditSearch::default(), None, 4)
        .await
        .unwrap();
    assert_eq!((first.rows.len(), first.more), (4, true));
    let second = store
        .audit_events(
            &office.auditor,
            &AuditSearch::default(),
            Some(first.rows[3].sequence),
            100,
        )
        .await
        .unwrap();
    assert_eq!([first.rows, second.rows].concat(), all.rows);
    assert_eq!(store.audit_chain(3, 2).await.unwrap(), all.rows[3..5]);
}

/// The audit log is searched by what, who, on what and when, both ways; nothing of another 課 is found.
pub async fn the_audit_log_is_searched(office: &Office) {
    let store = &office.store;
    let start = store.now();
    let (clerk, auditor) = (&office.clerk, &office.auditor);
    for subject in ["a", "b", "c"] {
        store.record(clerk, "field.read", subject).await.unwrap();
        office.pass(SignedDuration::from_secs(60));
    }
    store.record(clerk, "fields.other", "a/1").await.unwrap();
    store.record(clerk, "fields.other", "ab").await.unwrap();
    store.record(&office.stranger, "field.read", "a").await.unwrap();
    let of_fields = AuditSearch {
        action: Some("field.".to_owned()),
        direction: Direction::NewestFirst,
        ..AuditSearch::default()
    };
    let subjects = |listed: &Listed<AuditEvent>| {
        let rows = listed.rows.iter();
        rows.map(|event| event.subject.clone())
            .collect::<Vec<_>>()
            .concat()
    };
    let first = store.audit_events(clerk, &of_fields, None, 2).await.unwrap();
    assert_eq!((subjects(&first).as_str(), first.more), ("cb", true));
    let last = first.rows[1].sequence;
    let second = store
        .audit_events(clerk, &of_fields, Some(last), 2)
        .await
        .unwrap();
    assert_eq!((subjects(&second).as_str(), second.more), ("a", false));
    let all = store.audit_events(auditor, &of_fields, None, 9).await.unwrap();
    assert_eq!(subjects(&all), "acba");
    let narrow = AuditSearch {
        user: Some(clerk.user),
        subject: Some("a".to_owned()),
        ..AuditSearch::default()
    };
    let found = store.audit_events(auditor, &narrow, None, 9).await.unwrap();
    assert_eq!(found.rows.len(), 2);
    let minute = AuditSearch {
        from: Some(start + SignedDuration::from_secs(60)),
        until: Some(start + SignedDuration::from_secs(120)),
        ..AuditSearch::default()
    };
    let found = store.audit_events(clerk, &minute, None, 9).await.unwrap();
    assert_eq!(subjects(&found), "b");
}
