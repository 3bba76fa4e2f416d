//! The 保存期間 of questions: the text goes, the counts stay.

use jiff::SignedDuration;
use jiff::civil::date;
use shoki_core::corpus::PassageKey;
use shoki_core::retention::Material;

use super::corpus_office::{CorpusOffice, law};
use crate::corpus_model::{FeedbackKind, NewQuestion};
use crate::error::StoreError;

/// A question whose period is over is in no history and teaches nothing, and is counted as before.
pub async fn a_question_is_erased_and_stays_counted(office: &CorpusOffice) {
    let (store, corpus, clerk) = (&office.office.store, &office.corpus, office.clerk());
    let change = office.import(law(None, &["甲", "乙"])).await;
    let start = store.now();
    let passage = PassageKey {
        revision: change.revision,
        ordinal: 0,
    };
    let asked = NewQuestion {
        is_practice: false,
        text: "問い".to_owned(),
        as_of: date(2026, 1, 5),
        millis: 12,
        no_basis: false,
        shown: vec![passage],
    };
    let id = corpus.log_question(clerk, asked.clone()).await.unwrap();
    corpus
        .give_feedback(clerk, id, passage, FeedbackKind::Basis)
        .await
        .unwrap();
    store
        .set_retention(&office.office.colleague, &[(Material::Questions, Some(30))])
        .await
        .unwrap();
    office.office.pass(SignedDuration::from_hours(24 * 29));
    let later = corpus.log_question(clerk, asked).await.unwrap();
    office.office.pass(SignedDuration::from_hours(24));
    let due = store.due(clerk.department, store.now()).await.unwrap();
    let ids: Vec<_> = due.iter().map(|one| one.id).collect();
    assert_eq!(ids, [*id.as_uuid()]);
    let before = corpus.question_figures(clerk, start, store.now()).await.unwrap();

    let run = store.begin_run(clerk.department).await.unwrap();
    assert_eq!(store.delete_due(run, &due).await.unwrap(), []);
    store.close_run(run).await.unwrap();
    let gone = corpus.question(clerk, id).await;
    assert!(matches!(gone, Err(StoreError::NotFound)), "{gone:?}");
    let history = corpus.questions(clerk, None, 9).await.unwrap();
    let left: Vec<_> = history.rows.iter().map(|row| row.id).collect();
    assert_eq!(left, [later]);
    assert_eq!(corpus.asked_in_department(clerk, 9).await.unwrap(), ["問い"]);
    assert_eq!(corpus.own_questions(clerk.department, 9).await.unwrap(), []);
    let after = corpus.question_figures(clerk, start, store.now()).await.unwrap();
    assert_eq!(after, before);
    assert_eq!((after.questions, after.marked), (2, 1));
}
