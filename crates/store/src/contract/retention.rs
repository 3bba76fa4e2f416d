//! 保存期間: what is due, what keeps it, what a run and a person take.

use jiff::SignedDuration;
use shoki_core::id::{JobId, VoicePrintId};
use shoki_core::outcome::{MinutesOutcome, Outcome};
use shoki_core::retention::{Keeper, Material};
use shoki_core::review::Standing;
use shoki_core::transcript_edit::Edit;

use super::office::{Office, blob, document, pipeline};
use super::reviews::{row, sheet};
use crate::error::StoreError;
use crate::model::{Job, NewReviewRow};

const DAY: SignedDuration = SignedDuration::from_hours(24);
const TEN_DAYS: SignedDuration = SignedDuration::from_hours(240);

async fn set(office: &Office, material: Material, days: u32) {
    office
        .store
        .set_retention(&office.colleague, &[(material, Some(days))])
        .await
        .unwrap();
}

/// Names of what is due now, with what keeps each.
async fn due(office: &Office) -> Vec<(String, Option<Keeper>)> {
    let (department, now) = (office.clerk.department, office.store.now());
    let found = office.store.due(department, now).await.unwrap();
    found
        .into_iter()
        .map(|due| (due.name.unwrap_or_else(|| due.id.to_string()), due.keeper))
        .collect()
}

/// A forms job whose one sheet is reviewed.
async fn reviewed(office: &Office, name: &str) -> Job {
    let job = office.planned_job(name, 1).await;
    office.finish().await;
    review(office, job.id).await;
    job
}

async fn review(office: &Office, job: JobId) {
    let store = &office.store;
    store.open_review(&office.clerk, job, &[sheet(1)]).await.unwrap();
    let finish: NewReviewRow = row(1, 0, Standing::Done);
    store.append_review(&office.clerk, job, &finish).await.unwrap();
}

/// Without a period nothing is ever due; with one, not before it is over, and not on the day it was set.
pub async fn nothing_is_due_without_a_period(office: &Office) {
    let store = &office.store;
    reviewed(office, "a.pdf").await;
    office.pass(TEN_DAYS * 400);
    assert_eq!(due(office).await, []);
    set(office, Material::Recordings, 5).await;
    office.pass(DAY * 2);
    assert_eq!(due(office).await, [], "a period of something else");

    set(office, Material::Forms, 5).await;
    assert_eq!(due(office).await, [], "nobody has seen what it takes");
    office.pass(DAY);
    assert_eq!(due(office).await, [("a.pdf".to_owned(), None)]);
    // Setting the same again begins no new day.
    set(office, Material::Forms, 5).await;
    assert_eq!(due(office).await.len(), 1);
    let periods = store.retention_periods(office.clerk.department).await.unwrap();
    let shown: Vec<_> = periods.iter().map(|one| (one.material, one.days)).collect();
    assert_eq!(shown, [(Material::Forms, 5), (Material::Recordings, 5)]);
    store
        .set_retention(&office.colleague, &[(Material::Forms, None)])
        .await
        .unwrap();
    assert_eq!(due(office).await, []);
    reviewed(office, "b.pdf").await;
    set(office, Material::Forms, 5).await;
    office.pass(DAY * 5 - SignedDuration::from_secs(1));
    assert_eq!(due(office).await, [("a.pdf".to_owned(), None)]);
    office.pass(SignedDuration::from_secs(1));
    assert_eq!(due(office).await.len(), 2);
}

/// What is at work, not reviewed, not finished, or held stays, and the list says why.
pub async fn what_is_not_finished_or_held_stays(office: &Office) {
    let store = &office.store;
    for material in [Material::Forms, Material::Recordings] {
        set(office, material, 1).await;
    }
    let unseen = office.planned_job("unseen.pdf", 1).await;
    office.finish().await;
    let opened = office.planned_job("opened.pdf", 1).await;
    office.finish().await;
    store
        .open_review(&office.clerk, opened.id, &[sheet(1)])
        .await
        .unwrap();
    let held = reviewed(office, "held.pdf").await;
    store
        .hold_job(&office.colleague, held.id, "監査請求")
        .await
        .unwrap();
    let meeting = office.planned_job("meeting.pdf", 1).await;
    let heard = MinutesOutcome::default();
    office.finish_with(Outcome::Minutes(heard)).await;
    office.planned_job("running.pdf", 2).await;
    office.pass(TEN_DAYS);
    let review_of = |name: &str| (name.to_owned(), Some(Keeper::Review));
    assert_eq!(
        due(office).await,
        [
            review_of("unseen.pdf"),
            review_of("opened.pdf"),
            ("held.pdf".to_owned(), Some(Keeper::Hold)),
            ("meeting.pdf".to_owned(), Some(Keeper::Minutes)),
            ("running.pdf".to_owned(), Some(Keeper::Work)),
        ]
    );

    // A hand may not take what is held either.
    let refused = store.delete_document(&office.colleague, held.document).await;
    assert!(matches!(refused, Err(StoreError::Held)), "{refused:?}");
    let holds = store.holds(&office.clerk).await.unwrap();
    assert_eq!((holds.len(), holds[0].reason.as_str()), (1, "監査請求"));
    store.release_job(&office.colleague, held.id).await.unwrap();
    store.release_job(&office.colleague, held.id).await.unwrap();
    review(office, unseen.id).await;
    store
        .append_edit(&office.clerk, meeting.id, 0, &Edit::Finish, &[])
        .await
        .unwrap();
    let names: Vec<_> = due(office).await.into_iter().map(|(name, _)| name).collect();
    assert!(
        names.contains(&"held.pdf".to_owned()) && !names.contains(&"unseen.pdf".to_owned()),
        "what was worked on today is not due: {names:?}"
    );
    office.pass(TEN_DAYS);
    let free: Vec<_> = due(office)
        .await
        .into_iter()
        .filter(|(_, keeper)| keeper.is_none())
        .collect();
    assert_eq!(free.len(), 3, "{free:?}");
}

/// A run takes what is due when its turn comes, not what was listed; it is one until it is closed.
pub async fn a_run_takes_what_is_due_then(office: &Office) {
    let (store, department) = (&office.store, office.clerk.department);
    set(office, Material::Forms, 1).await;
    set(office, Material::VoicePrints, 1).await;
    let gone = reviewed(office, "gone.pdf").await;
    let held = reviewed(office, "held.pdf").await;
    let print = VoicePrintId::generate();
    store
        .keep_voice_print(&office.clerk, print, b"sealed")
        .await
        .unwrap();
    office.pass(TEN_DAYS);
    let listed = store.due(department, store.now()).await.unwrap();
    assert_eq!(listed.len(), 3);
    store.hold_job(&office.colleague, held.id, "訴訟").await.unwrap();

    let run = store.begin_run(department).await.unwrap();
    assert_eq!(
        store.begin_run(department).await.unwrap(),
        run,
        "the one under way"
    );
    let freed = store.delete_due(run, &listed).await.unwrap();
    assert!(
        freed.contains(&blob("gone.pdf")) && !freed.contains(&blob("held.pdf")),
        "{freed:?}"
    );
    assert_eq!(store.delete_due(run, &listed).await.unwrap(), [], "once");
    let missing = store.document(&office.clerk, gone.document).await;
    assert!(matches!(missing, Err(StoreError::NotFound)));
    store.document(&office.clerk, held.document).await.unwrap();
    assert_eq!(store.voice_prints(department).await.unwrap(), []);
    let open = store.uncertified(Some(department)).await.unwrap();
    assert_eq!((open.len(), open[0].id, open[0].is_closed), (1, run, false));
    assert_eq!(open[0].freed, freed);
    store.close_run(run).await.unwrap();
    let late = store.delete_due(run, &listed).await;
    assert!(matches!(late, Err(StoreError::Locked)), "{late:?}");

    // A run that takes nothing leaves nothing.
    let empty = store.begin_run(department).await.unwrap();
    assert_ne!(empty, run);
    store.close_run(empty).await.unwrap();
    assert_eq!(store.uncertified(None).await.unwrap().len(), 1);
    let chain = store.audit_chain(0, 1000).await.unwrap();
    let told = |action: &str| chain.iter().filter(|event| event.action == action).count();
    assert_eq!((told("document.delete"), told("voice_print.delete")), (1, 1));
    assert_eq!(
        (
            told("retention.set"),
            told("retention.hold"),
            told("retention.run")
        ),
        (2, 1, 2)
    );
}

/// What a person deletes is recorded with it, but not what somebody practised with.
pub async fn what_is_deleted_by_hand_is_recorded(office: &Office) {
    let store = &office.store;
    let made = store
        .create_document(&office.clerk, document("a.pdf"))
        .await
        .unwrap();
    store.delete_document(&office.clerk, made.id).await.unwrap();
    let practised = store
        .create_document(&office.clerk, document("b.pdf"))
        .await
        .unwrap();
    store.mark_practice(&office.clerk, practised.id).await.unwrap();
    store
        .submit_job(&office.clerk, practised.id, &pipeline(), None)
        .await
        .unwrap();
    store.delete_document(&office.clerk, practised.id).await.unwrap();
    let found = store.uncertified(None).await.unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].is_closed);
    assert_eq!(found[0].freed, [blob("a.pdf")]);
}

/// Another 課 sees, holds and sets nothing of it.
pub async fn retention_is_a_departments_own(office: &Office) {
    let (store, stranger) = (&office.store, &office.stranger);
    set(office, Material::Forms, 1).await;
    let job = reviewed(office, "a.pdf").await;
    office.pass(TEN_DAYS);
    let theirs = stranger.department;
    assert_eq!(store.retention_periods(theirs).await.unwrap(), []);
    assert_eq!(store.due(theirs, store.now()).await.unwrap(), []);
    for refused in [
        store.hold_job(stranger, job.id, "他課").await,
        store.release_job(stranger, job.id).await,
    ] {
        assert!(matches!(refused, Err(StoreError::NotFound)), "{refused:?}");
    }
    store.hold_job(&office.clerk, job.id, "自課").await.unwrap();
    assert_eq!(store.holds(stranger).await.unwrap(), []);
    store
        .set_retention(stranger, &[(Material::Forms, Some(9))])
        .await
        .unwrap();
    let own = store.retention_periods(office.clerk.department).await.unwrap();
    assert_eq!(own[0].days, 1);
    // Their run takes nothing of ours, whatever it is asked to take.
    let ours = store.due(office.clerk.department, store.now()).await.unwrap();
    store.release_job(&office.clerk, job.id).await.unwrap();
    let run = store.begin_run(theirs).await.unwrap();
    office.pass(TEN_DAYS);
    assert_eq!(store.delete_due(run, &ours).await.unwrap(), []);
    store.document(&office.clerk, job.document).await.unwrap();
    let certificates = store.certificates(stranger, None, 9).await.unwrap();
    assert_eq!((certificates.rows.len(), certificates.more), (0, false));
    let never = store.certificate(stranger, run).await;
    assert!(matches!(never, Err(StoreError::NotFound)), "{never:?}");
}
