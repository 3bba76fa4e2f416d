//! An import that is taken in group by group.

use std::sync::Arc;

use jiff::SignedDuration;
use shoki_core::corpus::Visibility;
use shoki_core::job::JobState;
use shoki_core::outcome::{CorpusOutcome, Outcome};
use shoki_core::unit::UnitKind;

use super::corpus_office::{CorpusOffice, import};
use crate::corpus_model::{CorpusFeed, CorpusImport, CorpusPart};
use crate::error::StoreError;

fn group(titles: [&str; 2]) -> Vec<CorpusPart> {
    titles
        .into_iter()
        .map(text)
        .map(|import| CorpusPart::Text(Box::new(import)))
        .collect()
}

fn text(title: &str) -> CorpusImport {
    import(title, Visibility::Office, None, &["甲", "乙"])
}

/// What one attempt took in, the next one does not take in again, and all of it is counted at the end; an
/// attempt that lost its lease takes nothing in.
pub async fn groups_are_taken_in_once(office: &CorpusOffice) {
    let (store, corpus) = (&office.office.store, Arc::clone(&office.corpus));
    let reader = office.clerk().department;
    let job = office.office.planned_job("laws.zip", 1).await;
    let run = office.office.claim().await;
    let early = corpus
        .take_in_group(run.fence, 0, group(["早い", "早すぎる"]))
        .await;
    assert!(early.is_err(), "not the unit that assembles");
    store
        .commit_piece(run.fence, super::office::blob("piece"))
        .await
        .unwrap();
    let first = office.office.claim().await;
    assert_eq!(first.kind, UnitKind::Assemble);
    corpus
        .take_in_group(first.fence, 0, group(["甲法", "乙法"]))
        .await
        .unwrap();
    corpus
        .take_in_group(first.fence, 2, group(["丙法", "丁法"]))
        .await
        .unwrap();
    assert_eq!(
        corpus.sources(reader).await.unwrap().len(),
        4,
        "there before the job ends"
    );

    // The worker dies; another attempt goes on.
    office.office.pass(SignedDuration::from_hours(1));
    store.reap().await.unwrap();
    office.office.pass(SignedDuration::from_hours(1));
    let second = office.office.claim().await;
    assert_eq!(corpus.groups_taken_in(second.fence).await.unwrap(), [0, 2]);
    let late = corpus
        .take_in_group(first.fence, 1, group(["遅い", "遅すぎる"]))
        .await;
    assert!(matches!(late, Err(StoreError::LeaseLost)), "{late:?}");
    corpus
        .take_in_group(second.fence, 1, group(["戊法", "己法"]))
        .await
        .unwrap();
    corpus
        .take_in_group(second.fence, 2, group(["別の", "ものは"]))
        .await
        .unwrap();
    let feed = CorpusFeed::of(vec![text("甲法")], CorpusOutcome::default(), Vec::new());
    let changes = corpus.commit_corpus(second.fence, feed).await.unwrap();
    let new: Vec<bool> = changes.iter().map(|change| change.new).collect();
    assert_eq!(
        new,
        [true, true, true, true, true, true, false],
        "in the order of the groups"
    );
    let sources = corpus.sources(reader).await.unwrap();
    let titles: Vec<_> = sources.iter().map(|source| source.head.title.as_str()).collect();
    assert_eq!(titles, ["丁法", "丙法", "乙法", "己法", "戊法", "甲法"]);
    let state = store.job(office.clerk(), job.id).await.unwrap().state;
    let JobState::Succeeded {
        outcome: Outcome::Corpus(outcome),
    } = state
    else {
        panic!("{state:?}");
    };
    assert_eq!(
        (outcome.sources, outcome.revisions_new, outcome.passages_total),
        (7, 6, 14)
    );
    store.delete_document(office.clerk(), job.document).await.unwrap();
    assert_eq!(
        corpus.sources(reader).await.unwrap(),
        [],
        "they go with their document"
    );
}
