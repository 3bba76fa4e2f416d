//! What somebody practises with: marked, the own 課's, in no figure, gone with its document.

use shoki_core::review::{FieldFigures, SheetFigures, Standing};

use super::office::{Office, document, pipeline};
use super::reviews::{row, sheet};
use crate::error::StoreError;
use crate::model::{NewReviewRow, NewSheet};
use crate::review_store::ReviewFigures;

/// A sheet that is done in practice, and the time spent on it, count nowhere.
pub async fn practice_is_in_no_figure(office: &Office) {
    let (store, clerk) = (&office.store, &office.clerk);
    let start = store.now();
    let made = store.create_document(clerk, document("練習")).await.unwrap();
    let foreign = store.mark_practice(&office.stranger, made.id).await;
    assert!(matches!(foreign, Err(StoreError::NotFound)), "{foreign:?}");
    store.mark_practice(clerk, made.id).await.unwrap();
    assert_eq!(
        store.practice(&office.colleague).await.unwrap(),
        [(made.id, clerk.user)]
    );
    assert_eq!(store.practice(&office.stranger).await.unwrap(), []);

    let job = store
        .submit_job(clerk, made.id, &pipeline(), None)
        .await
        .unwrap()
        .jobs[0]
        .id;
    office.finish().await;
    store
        .open_review(clerk, job, &[NewSheet { ..sheet(1) }])
        .await
        .unwrap();
    let figures: SheetFigures = [("name".to_owned(), FieldFigures::from([1, 1, 4, 2]))].into();
    let finish = NewReviewRow {
        figures: Some(figures),
        ..row(1, 0, Standing::Done)
    };
    store.append_review(clerk, job, &finish).await.unwrap();
    office.pass(jiff::SignedDuration::from_hours(1));
    let counted = store.review_figures(clerk, &[start, store.now()]).await.unwrap();
    assert_eq!(counted, ReviewFigures::default());

    store.delete_document(clerk, made.id).await.unwrap();
    assert_eq!(store.practice(clerk).await.unwrap(), []);
}
