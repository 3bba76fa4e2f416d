//! 仕分け by people: pages read anew under a decision, and what that must not cost.

use shoki_core::job::{JobState, Progress};
use shoki_core::review::{ReviewAction, SheetVersion, Standing, Task};
use shoki_core::sorting::{PageSorting, SortedAs};
use shoki_core::unit::UnitKind;

use super::office::{Office, artifact, blob, outcome};
use super::reviews::{LOCK, open, row, sheet};
use crate::error::StoreError;
use crate::model::{Job, NewReviewRow};
use crate::sorting_store::NewSorting;

fn as_form(page: u32, form: &str) -> NewSorting {
    let form = form.to_owned();
    NewSorting {
        page,
        sorting: PageSorting {
            kind: SortedAs::Form { form },
            quarter_turns: Some(1),
        },
    }
}

/// A job of `pages` pages that has succeeded.
async fn finished(office: &Office, pages: u32) -> Job {
    let job = office.planned_job("a.pdf", pages).await;
    office.finish().await;
    job
}

/// The page goes back to the workers with the decision; the others stay; the results are made anew.
pub async fn a_page_is_read_again_as_somebody_says(office: &Office) {
    let (store, clerk) = (&office.store, &office.clerk);
    let job = finished(office, 3).await;
    let before = store.ended_units_of(clerk, job.id).await.unwrap();
    let sorted = store
        .sort_pages(clerk, job.id, &[as_form(2, "idou")])
        .await
        .unwrap();
    let progress = Progress {
        done: 2,
        failed: 0,
        total: 3,
    };
    assert_eq!(sorted.job.state, JobState::Running { progress });
    assert_eq!(sorted.pages, 1);
    // The old piece and the old result.
    assert_eq!(sorted.orphans.len(), 2);
    for orphan in &sorted.orphans {
        assert!(
            !store
                .blob_is_referenced(clerk.department, &orphan.sha256)
                .await
                .unwrap()
        );
    }
    assert_eq!(store.artifacts(clerk, job.id).await.unwrap(), []);

    let claim = office.claim().await;
    assert_eq!((claim.kind, claim.ordinal), (UnitKind::Run, 1));
    assert_eq!(claim.sorting, Some(as_form(2, "idou").sorting));
    // A worker that died with the page gives way to another with the same decision.
    store.release(claim.fence).await.unwrap();
    let again = office.claim().await;
    assert_eq!(again.sorting, claim.sorting);
    store
        .commit_piece(again.fence, blob("read as idou"))
        .await
        .unwrap();
    let assembly = office.claim().await;
    assert_eq!(
        (assembly.kind, assembly.sorting.clone()),
        (UnitKind::Assemble, None)
    );
    let ended = store.ended_units(assembly.fence).await.unwrap();
    assert_eq!((ended.len(), &ended[0], &ended[2]), (3, &before[0], &before[2]));
    assert_ne!(ended[1].unit, before[1].unit);
    store
        .commit_outcome(assembly.fence, outcome(), vec![artifact("fields.json")])
        .await
        .unwrap();
    assert!(matches!(
        store.job(clerk, job.id).await.unwrap().state,
        JobState::Succeeded { .. }
    ));
    let kept = store.sortings(clerk, job.id).await.unwrap();
    assert_eq!((kept[0].page, kept[0].sequence, kept[0].by), (2, 1, clerk.user));
    assert!(!store.sheets_are_recorded(clerk, job.id).await.unwrap());
}

/// The same decision twice is one; taking it back is another.
pub async fn what_stands_already_changes_nothing(office: &Office) {
    let (store, clerk) = (&office.store, &office.clerk);
    let job = finished(office, 2).await;
    let machine = NewSorting {
        page: 1,
        sorting: PageSorting::default(),
    };
    let sort = async |decision: &NewSorting| {
        let decisions = std::slice::from_ref(decision);
        store.sort_pages(clerk, job.id, decisions).await.unwrap()
    };
    assert_eq!(sort(&machine).await.pages, 0, "nobody said anything else");
    let events = store.job_events(clerk, job.id, 0, 100).await.unwrap().len();
    assert_eq!(sort(&as_form(1, "f")).await.pages, 1);
    let busy = store.sort_pages(clerk, job.id, &[as_form(2, "f")]).await;
    assert!(matches!(busy, Err(StoreError::IllegalTransition(_))), "{busy:?}");
    office.finish().await;
    let again = sort(&as_form(1, "f")).await;
    assert_eq!((again.pages, again.orphans.len()), (0, 0));
    assert!(matches!(again.job.state, JobState::Succeeded { .. }));
    assert_eq!(sort(&machine).await.pages, 1);
    office.finish().await;
    let rows = store.sortings(clerk, job.id).await.unwrap();
    let told: Vec<_> = rows.iter().map(|row| (row.page, row.sequence)).collect();
    assert_eq!(told, [(1, 1), (1, 2)]);
    let after = store.job_events(clerk, job.id, 0, 100).await.unwrap();
    let numbered = after
        .iter()
        .zip(1..)
        .all(|(event, number)| event.sequence == number);
    assert!(
        numbered && after.len() == events + 6,
        "twice: running, assembling, succeeded"
    );
    let missing = store
        .sort_pages(clerk, job.id, &[as_form(1, "g"), as_form(3, "f")])
        .await;
    assert!(matches!(missing, Err(StoreError::NotFound)), "all or none");
    assert_eq!(store.sortings(clerk, job.id).await.unwrap().len(), 2);
}

/// A page on which somebody has decided, or is at work, is not taken away.
pub async fn what_people_decided_is_not_lost(office: &Office) {
    let (store, clerk, colleague) = (&office.store, &office.clerk, &office.colleague);
    let job = finished(office, 2).await.id;
    store
        .open_review(clerk, job, &[sheet(1), sheet(2)])
        .await
        .unwrap();
    store
        .append_review(clerk, job, &row(1, 0, open(Task::Check)))
        .await
        .unwrap();
    let refused = store.sort_pages(clerk, job, &[as_form(1, "g")]).await;
    assert!(
        matches!(refused, Err(StoreError::Decided { page: 1 })),
        "{refused:?}"
    );
    let taken = store.next_sheet(colleague, job, LOCK).await.unwrap().unwrap();
    assert_eq!(taken.page, 2);
    let refused = store.sort_pages(clerk, job, &[as_form(2, "g")]).await;
    assert!(matches!(refused, Err(StoreError::Locked)), "{refused:?}");
    let own = store
        .sort_pages(colleague, job, &[as_form(2, "g")])
        .await
        .unwrap();
    assert_eq!(own.pages, 1);
    office.finish().await;
    let rows = store.review_rows(clerk, job, 1).await.unwrap();
    assert_eq!(rows.len(), 1);
    // What was taken back is no decision any more.
    let undo = NewReviewRow {
        action: ReviewAction::Undo { sequence: 1 },
        ..row(1, 1, open(Task::Check))
    };
    store.append_review(clerk, job, &undo).await.unwrap();
    let free = store.sort_pages(clerk, job, &[as_form(1, "g")]).await.unwrap();
    assert_eq!(free.pages, 1);
}

/// The page's sheet goes, and what it is then is recorded; the others stay as they are.
pub async fn a_page_read_anew_is_another_sheet(office: &Office) {
    let (store, clerk) = (&office.store, &office.clerk);
    let job = finished(office, 2).await.id;
    store
        .open_review(clerk, job, &[sheet(1), sheet(2)])
        .await
        .unwrap();
    store
        .append_review(clerk, job, &row(1, 0, Standing::Done))
        .await
        .unwrap();
    store.sort_pages(clerk, job, &[as_form(2, "g")]).await.unwrap();
    office.finish().await;
    let sheets = store.review_sheets(clerk, job).await.unwrap();
    assert_eq!(sheets.iter().map(|sheet| sheet.page).collect::<Vec<_>>(), [1]);
    assert!(!store.sheets_are_recorded(clerk, job).await.unwrap());
    let mut other = sheet(2);
    other.form = "g".to_owned();
    store.open_review(clerk, job, &[sheet(1), other]).await.unwrap();
    assert!(store.sheets_are_recorded(clerk, job).await.unwrap());
    let sheets = store.review_sheets(clerk, job).await.unwrap();
    let told: Vec<_> = sheets
        .iter()
        .map(|sheet| (sheet.page, sheet.form.as_str(), sheet.standing == Standing::Done))
        .collect();
    assert_eq!(told, [(1, "f", true), (2, "g", false)]);
}

/// A decision made on a look of before is not taken for one about the new reading, however many rows there were.
pub async fn a_page_read_anew_has_another_version(office: &Office) {
    let (store, clerk) = (&office.store, &office.clerk);
    let job = finished(office, 1).await.id;
    store.open_review(clerk, job, &[sheet(1)]).await.unwrap();
    store.sort_pages(clerk, job, &[as_form(1, "g")]).await.unwrap();
    office.finish().await;
    let mut other = sheet(1);
    other.form = "g".to_owned();
    store.open_review(clerk, job, &[other]).await.unwrap();
    let sheets = store.review_sheets(clerk, job).await.unwrap();
    assert_eq!(sheets[0].reading, 1);
    let late = row(1, 0, open(Task::Check));
    let refused = store.append_review(clerk, job, &late).await;
    let now = SheetVersion { reading: 1, rows: 0 };
    assert!(
        matches!(&refused, Err(StoreError::VersionChanged { current }) if *current == now.number()),
        "{refused:?}"
    );
    let fresh = NewReviewRow {
        expected: now,
        ..late
    };
    assert_eq!(store.append_review(clerk, job, &fresh).await.unwrap().sequence, 1);
}

/// Another 課 sees no decision and makes none.
pub async fn sorting_is_a_departments_own(office: &Office) {
    let (store, clerk, stranger) = (&office.store, &office.clerk, &office.stranger);
    let job = finished(office, 1).await.id;
    let foreign = store.sort_pages(stranger, job, &[as_form(1, "f")]).await;
    assert!(matches!(foreign, Err(StoreError::NotFound)));
    let seen = store.sortings(stranger, job).await;
    assert!(matches!(seen, Err(StoreError::NotFound)));
    assert!(store.sheets_are_recorded(stranger, job).await.is_err());
    store.sort_pages(clerk, job, &[as_form(1, "f")]).await.unwrap();
    let chain = store.audit_chain(0, 100).await.unwrap();
    let sorted: Vec<_> = chain.iter().filter(|event| event.action == "page.sort").collect();
    assert_eq!(sorted.len(), 1);
    assert_eq!(
        (sorted[0].subject.clone(), sorted[0].user),
        (format!("{job}/1/1"), Some(clerk.user))
    );
}
