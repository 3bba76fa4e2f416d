//! Items by name, references from both ends, and what the office changed of the bank of known questions.

use jiff::civil::{Date, date};
use shoki_core::corpus::{Passage, PassageKey, PassageKind, Relation, Visibility};
use shoki_core::id::BankEntryId;

use super::corpus_office::{CorpusOffice, LAW, import, law, passage, scope};
use crate::corpus_model::{AddedQuestion, BankChange, Importer};
use crate::error::StoreError;

const SPRING: Date = date(2024, 4, 1);
const AUTUMN: Date = date(2025, 10, 1);

/// An item is found by its name in every source, of the kinds asked for only.
pub async fn items_are_found_by_name(office: &CorpusOffice) {
    let reader = office.clerk().department;
    let mut imported = law(None, &["本則の一条"]);
    let supplementary = Passage {
        kind: PassageKind::Supplementary,
        ..passage(1, "附則の一条")
    };
    imported.text.passages.push(Passage {
        item: "1".to_owned(),
        ..supplementary
    });
    imported.edges.clear();
    let one = office.import(imported).await;
    let other = office
        .import(import("内部通知", Visibility::Department, None, &["通知の一"]))
        .await;
    let named = async |kinds: &[PassageKind], item: &str| {
        let scope = scope(reader, SPRING);
        office.corpus.items_named(&scope, kinds, item).await.unwrap()
    };
    let key = |revision, ordinal| PassageKey { revision, ordinal };
    let mut articles = [key(one.revision, 0), key(other.revision, 0)];
    articles.sort_unstable();
    assert_eq!(named(&[PassageKind::Article], "1").await, articles);
    assert_eq!(
        named(&[PassageKind::Supplementary], "1").await,
        [key(one.revision, 1)]
    );
    assert_eq!(named(&[PassageKind::Article], "2").await, []);
    assert_eq!(named(&[], "1").await, []);
}

/// References are found from both ends, from passages in force on the day.
pub async fn references_are_found_from_both_ends(office: &CorpusOffice) {
    let reader = office.clerk().department;
    let change = office
        .import(law(Some(SPRING), &["目的", "第一条を準用する"]))
        .await;
    let key = |ordinal| PassageKey {
        revision: change.revision,
        ordinal,
    };
    let from = office.corpus.citing(reader, &[key(1)]).await.unwrap();
    assert_eq!(from.len(), 1);
    assert_eq!((from[0].0, from[0].1.item.as_str()), (key(1), "1"));
    let to = office
        .corpus
        .cited_by(&scope(reader, AUTUMN), key(0), 9)
        .await
        .unwrap();
    assert_eq!(to, from);
    let before = office
        .corpus
        .cited_by(&scope(reader, date(2020, 1, 1)), key(0), 9)
        .await
        .unwrap();
    assert_eq!(before, []);
}

/// One reference of each passage and relation comes back, what binds most first, and no more than asked for.
pub async fn what_binds_most_is_given_first(office: &CorpusOffice) {
    let mut law = law(
        Some(SPRING),
        &["目的", "第一条を見る。第一条も見る", "第一条を準用する"],
    );
    let kept = law.edges.pop().expect("the law of the contract has an edge");
    law.edges = [(1, 0, Relation::Mentions), (1, 12, Relation::Mentions)]
        .into_iter()
        .chain([
            (2, 0, Relation::AppliesMutatisMutandis),
            (2, 3, Relation::Mentions),
        ])
        .map(|(from, start, relation)| {
            let mut edge = kept.clone();
            (edge.from, edge.span, edge.relation) = (from, start..start + 3, relation);
            edge.item = "1".to_owned();
            edge
        })
        .collect();
    let change = office.import(law).await;
    let cited = PassageKey {
        revision: change.revision,
        ordinal: 0,
    };
    let reader = office.clerk().department;
    let found = async |rows| {
        let edges = office.corpus.cited_by(&scope(reader, AUTUMN), cited, rows).await;
        let edges = edges.unwrap().into_iter();
        edges
            .map(|(key, edge)| (key.ordinal, edge.span.start, edge.relation))
            .collect::<Vec<_>>()
    };
    let all = [
        (2, 0, Relation::AppliesMutatisMutandis),
        (1, 0, Relation::Mentions),
        (2, 3, Relation::Mentions),
    ];
    assert_eq!(found(9).await, all);
    assert_eq!(found(2).await, all[..2]);
}

/// Changes to the bank of known questions stay until they are taken back, tell a search that its picture is
/// old, and are audited.
pub async fn the_bank_is_changed_and_changed_back(office: &CorpusOffice) {
    let knowledge = async || office.corpus.desk_changes().await.unwrap().knowledge;
    let before = knowledge().await;
    assert_eq!(office.corpus.bank_changes().await.unwrap(), []);
    let (one, other) = (BankEntryId::generate(), BankEntryId::generate());
    let added = AddedQuestion {
        question: "返事は何日以内か".to_owned(),
        title: LAW.to_owned(),
        item: "1".to_owned(),
        seen: "0f".to_owned(),
    };
    let clerk = Importer::Person(office.clerk());
    let local = Importer::Administrator(office.stranger().department);
    let (add, suppress) = (BankChange::Add(one, added), BankChange::Suppress(other));
    for change in [&add, &suppress] {
        office.corpus.change_bank(clerk, change, None).await.unwrap();
    }
    // Saying it again changes nothing.
    office.corpus.change_bank(local, &suppress, None).await.unwrap();
    let mut expected = [add, suppress];
    expected.sort_by_key(BankChange::entry);
    assert_eq!(office.corpus.bank_changes().await.unwrap(), expected);
    assert!(knowledge().await > before);
    let held = knowledge().await;
    let undo = BankChange::Undo(one);
    office
        .corpus
        .change_bank(local, &undo, Some("要綱の改正のため"))
        .await
        .unwrap();
    assert!(knowledge().await > held);
    let again = office.corpus.change_bank(clerk, &undo, None).await;
    assert!(matches!(again, Err(StoreError::NotFound)), "{again:?}");
    assert_eq!(
        office.corpus.bank_changes().await.unwrap(),
        [BankChange::Suppress(other)]
    );
    let chain = office.office.store.audit_chain(0, 1000).await.unwrap();
    let of_the_bank: Vec<(&str, &str)> = chain
        .iter()
        .filter_map(|event| {
            Some((
                event.action.strip_prefix("question_bank.")?,
                event.subject.as_str(),
            ))
        })
        .collect();
    let (one, other) = (one.to_string(), other.to_string());
    let reason = format!("{one}: 要綱の改正のため");
    assert_eq!(
        of_the_bank,
        [
            ("add", one.as_str()),
            ("suppress", &other),
            ("suppress", &other),
            ("undo", &one),
            ("despite_gate", &reason),
        ]
    );
}
