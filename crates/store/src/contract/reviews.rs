//! Sheets of a forms job between several people.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use shoki_core::acceptance::AcceptTerms;
use shoki_core::id::JobId;
use shoki_core::review::{CheckPolicy, Decision, ReviewAction, SheetPlan, SheetVersion, Standing, Task};

use super::office::Office;
use crate::error::StoreError;
use crate::model::{NewReviewRow, NewSheet};

pub(super) const LOCK: SignedDuration = SignedDuration::from_mins(10);

pub(super) const fn open(task: Task) -> Standing {
    Standing::Open {
        task,
        not_by: Vec::new(),
    }
}

/// A sheet to be checked.
pub(super) fn sheet(page: u32) -> NewSheet {
    NewSheet {
        page,
        form: "f".to_owned(),
        policy: CheckPolicy::Flagged,
        plan: SheetPlan::default(),
        standing: open(Task::Check),
        open_fields: 2,
        figures: None,
        audits: Vec::new(),
        terms: AcceptTerms::default(),
    }
}

/// A job with `pages` sheets to be checked.
async fn job_with_sheets(office: &Office, pages: u32) -> JobId {
    let job = office.planned_job("a.pdf", pages).await;
    office.finish().await;
    let sheets: Vec<NewSheet> = (1..=pages).map(sheet).collect();
    office
        .store
        .open_review(&office.clerk, job.id, &sheets)
        .await
        .unwrap();
    job.id
}

/// A row behind `rows` others of a page that nobody had read anew; with `standing` Done it ends the sheet.
pub(super) fn row(page: u32, rows: u64, standing: Standing) -> NewReviewRow {
    let action = if standing == Standing::Done {
        ReviewAction::Finish
    } else {
        ReviewAction::Decide {
            field: "name".to_owned(),
            decision: Decision::Accept,
        }
    };
    NewReviewRow {
        page,
        expected: SheetVersion { reading: 0, rows },
        action,
        standing,
        open_fields: 1,
        figures: None,
        lease: Some(LOCK),
    }
}

/// One sheet is with one person, who gets it again until the lock has run out or it is given back.
pub async fn a_sheet_is_with_one_person(office: &Office) {
    let (store, clerk, colleague) = (&office.store, &office.clerk, &office.colleague);
    let job = job_with_sheets(office, 3).await;
    let next = async |actor| {
        let sheet = store.next_sheet(actor, job, LOCK).await.unwrap();
        sheet.map(|sheet| sheet.page)
    };
    assert_eq!((next(clerk).await, next(colleague).await), (Some(1), Some(2)));
    assert_eq!(next(clerk).await, Some(1), "the own one again");
    let refused = store
        .append_review(colleague, job, &row(1, 0, open(Task::Check)))
        .await;
    assert!(matches!(refused, Err(StoreError::Locked)), "{refused:?}");
    store.release_sheet(colleague, job, 1).await.unwrap();
    assert_eq!(
        next(clerk).await,
        Some(1),
        "what one does not have one cannot give back"
    );
    store.release_sheet(clerk, job, 1).await.unwrap();
    store.release_sheet(colleague, job, 2).await.unwrap();
    assert_eq!(next(colleague).await, Some(1));
    assert_eq!(next(clerk).await, Some(2));
    office.pass(LOCK + SignedDuration::from_secs(1));
    store.release_sheet(clerk, job, 2).await.unwrap();
    assert_eq!(
        next(clerk).await,
        Some(1),
        "the lock of the colleague has run out"
    );
    store
        .append_review(clerk, job, &row(1, 0, open(Task::Check)))
        .await
        .unwrap();
    store
        .append_review(clerk, job, &row(1, 1, Standing::Done))
        .await
        .unwrap();
    let sheets = store.review_sheets(colleague, job).await.unwrap();
    assert_eq!(
        (sheets[0].standing.clone(), sheets[0].lock),
        (Standing::Done, None)
    );
    assert_eq!((next(colleague).await, next(clerk).await), (Some(2), Some(3)));
    // Sheets are recorded once: asking again changes nothing.
    let again = NewSheet {
        form: "g".to_owned(),
        policy: CheckPolicy::All,
        open_fields: 9,
        ..sheet(1)
    };
    store.open_review(colleague, job, &[again]).await.unwrap();
    let sheets = store.review_sheets(clerk, job).await.unwrap();
    assert_eq!(
        (sheets[0].form.as_str(), &sheets[0].standing),
        ("f", &Standing::Done)
    );
}

/// Who has written the first value is not offered the sheet for the second.
pub async fn the_second_writer_is_somebody_else(office: &Office) {
    let (store, clerk, colleague) = (&office.store, &office.clerk, &office.colleague);
    let job = job_with_sheets(office, 1).await;
    let second = Standing::Open {
        task: Task::Second,
        not_by: vec![clerk.user],
    };
    store.next_sheet(clerk, job, LOCK).await.unwrap().unwrap();
    let mut finish = row(1, 0, Standing::Done);
    finish.standing = second.clone();
    store.append_review(clerk, job, &finish).await.unwrap();
    assert_eq!(store.next_sheet(clerk, job, LOCK).await.unwrap(), None);
    let sheet = store.next_sheet(colleague, job, LOCK).await.unwrap().unwrap();
    assert_eq!((sheet.page, sheet.standing), (1, second));
}

/// However many people work at once: no row is lost, none is written over.
pub async fn no_update_is_lost_between_reviewers(office: &Office) {
    let (store, pages) = (&office.store, 12);
    let job = job_with_sheets(office, pages).await;
    let work = |actor| {
        let store = store.clone();
        async move {
            let mut done = BTreeMap::new();
            while let Some(sheet) = store.next_sheet(&actor, job, LOCK).await.unwrap() {
                for expected in 0..4 {
                    let row = row(sheet.page, expected, open(Task::Check));
                    store.append_review(&actor, job, &row).await.unwrap();
                }
                store
                    .append_review(&actor, job, &row(sheet.page, 4, Standing::Done))
                    .await
                    .unwrap();
                assert_eq!(done.insert(sheet.page, 5_u64), None);
            }
            done
        }
    };
    let (one, other) = tokio::join!(work(office.clerk.clone()), work(office.colleague.clone()));
    let pages_of = |done: &BTreeMap<u32, u64>| done.keys().copied().collect::<BTreeSet<_>>();
    assert!(pages_of(&one).is_disjoint(&pages_of(&other)));
    assert_eq!(one.len() + other.len(), pages as usize);
    let rows = store.all_review_rows(&office.clerk, job).await.unwrap();
    assert_eq!(rows.len(), pages as usize);
    for (page, rows) in &rows {
        let numbers: Vec<u64> = rows.iter().map(|row| row.sequence).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5]);
        assert_eq!(
            &store.review_rows(&office.colleague, job, *page).await.unwrap(),
            rows
        );
    }
    let late = store
        .append_review(&office.clerk, job, &row(1, 4, open(Task::Check)))
        .await;
    assert!(
        matches!(late, Err(StoreError::VersionChanged { current: 5 })),
        "{late:?}"
    );
    let log = store.audit_chain(0, 1000).await.unwrap();
    let written = log.iter().filter(|event| event.action == "review.row").count();
    assert_eq!(written, 5 * pages as usize);
    assert_eq!(store.time_on_task(&office.clerk, job).await.unwrap().len(), 2);
}
