//! What reviews leave beside their rows: counts of finished sheets, time on task by form.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use shoki_core::access::{Actor, Role};
use shoki_core::id::JobId;
use shoki_core::review::{FieldFigures, ReviewAction, SheetFigures, Standing, Task};

use super::office::Office;
use super::reviews::{LOCK, open, row, sheet};
use crate::error::StoreError;
use crate::model::{NewReviewRow, NewSheet};
use crate::review_store::{FormFigures, ReviewFigures};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// One field `name` of four characters, `corrected` of them changed.
fn counts(corrected: u64) -> SheetFigures {
    let counted = [1, u64::from(corrected > 0), 4, corrected];
    SheetFigures::from([("name".to_owned(), FieldFigures::from(counted))])
}

fn finish(page: u32, expected: u64, corrected: u64) -> NewReviewRow {
    NewReviewRow {
        figures: Some(counts(corrected)),
        ..row(page, expected, Standing::Done)
    }
}

/// A job with sheets of these forms; a form that begins with `n` has nothing to look at.
async fn job_with_forms(office: &Office, forms: &[&str]) -> JobId {
    let job = office
        .planned_job("a.pdf", u32::try_from(forms.len()).unwrap())
        .await;
    office.finish().await;
    let of = |(page, form): (u32, &&str)| {
        let nothing = form.starts_with('n');
        NewSheet {
            form: (*form).to_owned(),
            standing: if nothing {
                Standing::Done
            } else {
                open(Task::Check)
            },
            open_fields: u32::from(!nothing),
            figures: nothing.then(|| counts(0)),
            ..sheet(page)
        }
    };
    let sheets: Vec<NewSheet> = (1..).zip(forms).map(of).collect();
    office
        .store
        .open_review(&office.clerk, job.id, &sheets)
        .await
        .unwrap();
    job.id
}

fn form(sheets: u64, [fields, fields_corrected, characters, characters_corrected]: [u64; 4]) -> FormFigures {
    let counted = FieldFigures {
        fields,
        fields_corrected,
        characters,
        characters_corrected,
    };
    FormFigures {
        sheets,
        fields: [("name".to_owned(), counted)].into(),
    }
}

async fn counted(office: &Office, actor: &Actor, bounds: &[Timestamp]) -> ReviewFigures {
    office.store.review_figures(actor, bounds).await.unwrap()
}

/// A sheet counts when it is done, in the period in which it was, for its 課 alone; one that is opened again does
/// not, and counts again when it is done again.
pub async fn finished_sheets_are_counted_by_period(office: &Office) {
    let (store, clerk) = (&office.store, &office.clerk);
    let start = store.now();
    let job = job_with_forms(office, &["f", "g", "nothing", "f"]).await;
    store.append_review(clerk, job, &finish(1, 0, 1)).await.unwrap();
    office.pass(HOUR);
    let noon = store.now();
    store.append_review(clerk, job, &finish(2, 0, 0)).await.unwrap();
    store.append_review(clerk, job, &finish(4, 0, 3)).await.unwrap();
    office.pass(HOUR);
    let bounds = [start, noon, store.now()];
    let all = counted(office, clerk, &bounds).await;
    let expected = [
        ((0, "f".to_owned()), form(1, [1, 1, 4, 1])),
        ((0, "nothing".to_owned()), form(1, [1, 0, 4, 0])),
        ((1, "f".to_owned()), form(1, [1, 1, 4, 3])),
        ((1, "g".to_owned()), form(1, [1, 0, 4, 0])),
    ];
    assert_eq!(all.forms, BTreeMap::from(expected.clone()));
    let whole = counted(office, clerk, &[start, store.now()]).await;
    assert_eq!(whole.forms[&(0, "f".to_owned())], form(2, [2, 2, 8, 4]));
    assert_eq!(
        counted(office, &office.stranger, &bounds).await.forms,
        BTreeMap::new()
    );
    let runs_the_system = Actor {
        role: Role::SystemAdmin,
        ..office.stranger.clone()
    };
    assert_eq!(
        counted(office, &runs_the_system, &bounds).await.forms,
        BTreeMap::from(expected)
    );
    assert_eq!(counted(office, clerk, &[]).await, ReviewFigures::default());

    // What an audit found afterwards counts where the sheet was done.
    store.recount_sheet(clerk, job, 2, &counts(2)).await.unwrap();
    let recounted = counted(office, clerk, &bounds).await;
    assert_eq!(recounted.forms[&(1, "g".to_owned())], form(1, [1, 1, 4, 2]));
    let reopen = NewReviewRow {
        action: ReviewAction::Reopen,
        ..row(1, 1, open(Task::Check))
    };
    store.append_review(clerk, job, &reopen).await.unwrap();
    store.recount_sheet(clerk, job, 1, &counts(4)).await.unwrap();
    let open_again = counted(office, clerk, &bounds).await;
    assert!(!open_again.forms.contains_key(&(0, "f".to_owned())));
    store.append_review(clerk, job, &finish(1, 2, 2)).await.unwrap();
    let later = [start, store.now() + HOUR];
    let done_again = counted(office, clerk, &later).await;
    assert_eq!(done_again.forms[&(0, "f".to_owned())], form(2, [2, 2, 8, 5]));
}

/// The year's figures do not shrink when documents are deleted.
pub async fn counts_stay_when_the_document_goes(office: &Office) {
    let (store, clerk) = (&office.store, &office.clerk);
    let start = store.now();
    let job = job_with_forms(office, &["f", "nothing"]).await;
    store.append_review(clerk, job, &finish(1, 0, 1)).await.unwrap();
    office.pass(HOUR);
    let bounds = [start, store.now()];
    let before = counted(office, clerk, &bounds).await;
    assert_eq!(before.forms.len(), 2);
    let document = store.job(clerk, job).await.unwrap().document;
    store.delete_document(clerk, document).await.unwrap();
    assert_eq!(counted(office, clerk, &bounds).await, before);
}

/// Time on task of a job is the sum of the times on its forms; long silences are nobody's.
pub async fn time_goes_to_the_form_that_was_worked_on(office: &Office) {
    let (store, clerk) = (&office.store, &office.clerk);
    let start = store.now();
    let job = job_with_forms(office, &["f", "g"]).await;
    store.next_sheet(clerk, job, LOCK).await.unwrap();
    for (seconds, page, expected) in [(20, 1, 0), (61, 1, 1), (15, 2, 0), (5, 1, 2)] {
        office.pass(SignedDuration::from_secs(seconds));
        let decided = row(page, expected, open(Task::Check));
        store.append_review(clerk, job, &decided).await.unwrap();
    }
    office.pass(SignedDuration::from_secs(30));
    store.keep_sheet(clerk, job, 2, LOCK).await.unwrap();
    store
        .keep_sheet(&office.colleague, job, 2, LOCK)
        .await
        .unwrap_err();
    office.pass(HOUR);
    let figures = counted(office, clerk, &[start, store.now() + HOUR]).await;
    let time = |form: &str, seconds| ((0, form.to_owned(), clerk.user), Duration::from_secs(seconds));
    assert_eq!(figures.time, BTreeMap::from([time("f", 25), time("g", 45)]));
    let whole = store.time_on_task(clerk, job).await.unwrap();
    assert_eq!((whole.len(), whole[0].spent), (1, Duration::from_secs(70)));
    assert_eq!(
        counted(office, &office.stranger, &[start, store.now() + HOUR])
            .await
            .time,
        BTreeMap::new()
    );
}

/// A sign of life keeps the sheet that somebody has, takes none, and is refused where another has it.
pub async fn a_sign_of_life_keeps_the_own_sheet(office: &Office) {
    let (store, clerk, colleague) = (&office.store, &office.clerk, &office.colleague);
    let job = job_with_forms(office, &["f", "f"]).await;
    store.next_sheet(clerk, job, LOCK).await.unwrap();
    office.pass(LOCK - SignedDuration::from_secs(1));
    store.keep_sheet(clerk, job, 1, LOCK).await.unwrap();
    store.keep_sheet(clerk, job, 2, LOCK).await.unwrap();
    office.pass(LOCK - SignedDuration::from_secs(1));
    let sheets = store.review_sheets(clerk, job).await.unwrap();
    assert!(sheets[0].lock.is_some_and(|lock| lock.until > store.now()));
    assert_eq!(sheets[1].lock, None);
    let refused = store.keep_sheet(colleague, job, 1, LOCK).await;
    assert!(matches!(refused, Err(StoreError::Locked)), "{refused:?}");
    let none = store.keep_sheet(clerk, job, 9, LOCK).await;
    assert!(matches!(none, Err(StoreError::NotFound)), "{none:?}");
}

/// A row without a lease leaves the sheet with whoever has it: with nobody, or with its author as long as before.
pub async fn a_row_without_a_lease_takes_no_sheet(office: &Office) {
    let (store, clerk, colleague) = (&office.store, &office.clerk, &office.colleague);
    let job = job_with_forms(office, &["f", "f"]).await;
    let held = store.next_sheet(clerk, job, LOCK).await.unwrap().unwrap();
    office.pass(SignedDuration::from_secs(30));
    let without = |page| NewReviewRow {
        lease: None,
        ..row(page, 0, open(Task::Check))
    };
    store.append_review(clerk, job, &without(2)).await.unwrap();
    store.append_review(clerk, job, &without(1)).await.unwrap();
    let sheets = store.review_sheets(clerk, job).await.unwrap();
    assert_eq!((sheets[0].lock, sheets[1].lock), (held.lock, None));
    let taken = store.next_sheet(colleague, job, LOCK).await.unwrap().unwrap();
    assert_eq!(taken.page, 2);
    let refused = store.append_review(colleague, job, &without(1)).await;
    assert!(matches!(refused, Err(StoreError::Locked)), "{refused:?}");
}
