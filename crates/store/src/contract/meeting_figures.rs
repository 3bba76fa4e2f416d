//! What meetings leave beside their rows: counts of finished ones, time on task.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use shoki_core::access::{Actor, Role};
use shoki_core::id::JobId;
use shoki_core::outcome::{MinutesOutcome, Outcome};
use shoki_core::transcript_edit::Edit;

use super::office::Office;
use crate::model::Job;
use crate::review_store::{MeetingCounts, MeetingFigures};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// A meeting of so many minutes that was heard.
async fn heard(office: &Office, name: &str, minutes: u64) -> Job {
    let job = office.planned_job(name, 1).await;
    let outcome = MinutesOutcome {
        duration_ms: minutes * 60_000,
        ..MinutesOutcome::default()
    };
    office.finish_with(Outcome::Minutes(outcome)).await;
    job
}

async fn edit(office: &Office, job: JobId, expected: u64, edit: &Edit) {
    office
        .store
        .append_edit(&office.clerk, job, expected, edit, &[])
        .await
        .unwrap();
}

async fn counted(office: &Office, actor: &Actor, bounds: &[Timestamp]) -> MeetingFigures {
    office.store.meeting_figures(actor, bounds).await.unwrap()
}

fn counts(meetings: u64, minutes: u64) -> MeetingCounts {
    MeetingCounts {
        meetings,
        recorded: Duration::from_secs(minutes * 60),
    }
}

/// A meeting counts from when it is finished until it is opened again, undoing included, for its 課 alone.
pub async fn meetings_are_counted_while_they_are_done(office: &Office) {
    let store = &office.store;
    let start = store.now();
    let [one, two] = [
        heard(office, "a.wav", 90).await.id,
        heard(office, "b.wav", 30).await.id,
    ];
    edit(office, one, 0, &Edit::Finish).await;
    office.pass(HOUR);
    let noon = store.now();
    edit(office, two, 0, &Edit::Finish).await;
    office.pass(HOUR);
    let bounds = [start, noon, store.now()];
    let both = [(0, counts(1, 90)), (1, counts(1, 30))].into();
    assert_eq!(counted(office, &office.clerk, &bounds).await.done, both);
    let whole = counted(office, &office.clerk, &[start, store.now()]).await;
    assert_eq!(whole.done, [(0, counts(2, 120))].into());
    assert_eq!(
        counted(office, &office.stranger, &bounds).await,
        MeetingFigures::default()
    );
    let runs_the_system = Actor {
        role: Role::SystemAdmin,
        ..office.stranger.clone()
    };
    assert_eq!(counted(office, &runs_the_system, &bounds).await.done, both);

    let only = |nth, of| [(nth, of)].into();
    edit(office, one, 1, &Edit::Undo { sequence: 1 }).await;
    let done = counted(office, &office.clerk, &bounds).await.done;
    assert_eq!(done, only(1, counts(1, 30)));
    edit(office, two, 1, &Edit::Reopen).await;
    assert_eq!(counted(office, &office.clerk, &bounds).await.done, [].into());
    // The undoing is undone, and so is the opening: both are done again, now.
    edit(office, one, 2, &Edit::Undo { sequence: 2 }).await;
    edit(office, two, 2, &Edit::Undo { sequence: 2 }).await;
    office.pass(HOUR);
    let again = counted(office, &office.clerk, &[start, noon, store.now()]).await;
    assert_eq!(again.done, only(1, counts(2, 120)));
}

/// No word of a meeting is needed for what it counts as.
pub async fn counts_of_meetings_stay_when_the_recording_goes(office: &Office) {
    let store = &office.store;
    let start = store.now();
    let job = heard(office, "a.wav", 60).await;
    store.record_activity(&office.clerk, job.id).await.unwrap();
    office.pass(SignedDuration::from_secs(40));
    store.record_activity(&office.clerk, job.id).await.unwrap();
    store.record_activity(&office.colleague, job.id).await.unwrap();
    office.pass(SignedDuration::from_secs(20));
    edit(office, job.id, 0, &Edit::Finish).await;
    store.delete_document(&office.clerk, job.document).await.unwrap();
    office.pass(HOUR);
    let figures = counted(office, &office.clerk, &[start, store.now()]).await;
    assert_eq!(figures.done, [(0, counts(1, 60))].into());
    let time = [((0, office.clerk.user), Duration::from_secs(60))];
    assert_eq!(figures.time, time.into());
}
