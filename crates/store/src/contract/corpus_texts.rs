//! Texts: what comes back, how revisions follow each other, who sees what.

use jiff::civil::{Date, date};
use shoki_core::corpus::{PassageKey, PassageKind, ReaderScope, Visibility};

use super::corpus_office::{CorpusOffice, import, law, scope};
use crate::corpus_model::{Importer, ItemName, RevisionState};
use crate::error::StoreError;

const SPRING: Date = date(2024, 4, 1);
const AUTUMN: Date = date(2025, 10, 1);

/// A text comes back as it was imported: source, revision, passages, references, faults.
pub async fn a_text_comes_back(office: &CorpusOffice) {
    let imported = law(Some(SPRING), &["この法律は", "前項の規定は、第一条を準用する"]);
    let change = office.import(imported.clone()).await;
    assert_eq!((change.new, change.passages, change.changed), (true, 2, 2));
    let reader = office.clerk().department;
    let sources = office.corpus.sources(reader).await.unwrap();
    assert_eq!(sources.len(), 1);
    assert_eq!(sources[0].head, imported.text.source);
    assert_eq!((sources[0].id, sources[0].department), (change.source, reader));
    let revisions = office.corpus.revisions(reader, change.source).await.unwrap();
    assert_eq!(revisions.len(), 1);
    let revision = &revisions[0];
    assert_eq!(revision.head, imported.text.revision);
    assert_eq!(revision.state, RevisionState::Live);
    assert_eq!(revision.faults, imported.text.faults);
    assert_eq!(revision.imported_at, office.office.store.now());
    let passages = office
        .corpus
        .passages(reader, change.revision, 0..9)
        .await
        .unwrap();
    assert_eq!(passages, imported.text.passages);
    let second = office
        .corpus
        .passages(reader, change.revision, 1..2)
        .await
        .unwrap();
    assert_eq!(second, imported.text.passages[1..]);
    let key = PassageKey {
        revision: change.revision,
        ordinal: 1,
    };
    let placed = office.corpus.passage(reader, key).await.unwrap();
    assert_eq!((placed.key, &placed.passage), (key, &imported.text.passages[1]));
    assert_eq!((&placed.source, &placed.revision), (&sources[0], &revision.head));
    let gone = PassageKey { ordinal: 2, ..key };
    assert_eq!(
        office.corpus.placed(reader, &[gone, key]).await.unwrap(),
        [placed]
    );
    let edges: Vec<_> = imported.edges.iter().map(|edge| (key, edge.clone())).collect();
    assert_eq!(office.corpus.citing(reader, &[gone, key]).await.unwrap(), edges);
    let items = office.corpus.revision_items(change.revision).await.unwrap();
    let named: Vec<_> = imported
        .text
        .passages
        .iter()
        .map(|passage| ItemName {
            ordinal: passage.ordinal,
            kind: passage.kind,
            item: passage.item.clone(),
        })
        .collect();
    assert_eq!(items, named);
    let all = office.corpus.revision_passages(change.revision).await.unwrap();
    assert_eq!(all, imported.text.passages);
    let edges = office.corpus.revision_edges(change.revision).await.unwrap();
    assert_eq!(edges, imported.edges);
}

/// The same text again makes nothing; another text of the same day withdraws the first, which stays.
pub async fn only_what_changed_makes_a_revision(office: &CorpusOffice) {
    let first = office.import(law(Some(SPRING), &["甲", "乙"])).await;
    let again = office.import(law(Some(SPRING), &["甲", "乙"])).await;
    assert_eq!(
        (again.new, again.revision, again.changed, again.passages),
        (false, first.revision, 0, 2)
    );
    let corrected = office.import(law(Some(SPRING), &["甲", "丙", "丁"])).await;
    assert_eq!(
        (
            corrected.new,
            corrected.passages,
            corrected.changed,
            corrected.removed
        ),
        (true, 3, 2, 1)
    );
    let reader = office.clerk().department;
    let states: Vec<_> = office
        .corpus
        .revisions(reader, first.source)
        .await
        .unwrap()
        .iter()
        .map(|revision| (revision.id, revision.state))
        .collect();
    assert_eq!(
        states,
        [
            (corrected.revision, RevisionState::Live),
            (first.revision, RevisionState::Withdrawn)
        ]
    );
    let old = office
        .corpus
        .passages(reader, first.revision, 0..9)
        .await
        .unwrap();
    assert_eq!(old.len(), 2, "what was withdrawn can still be compared");
    let text = office
        .corpus
        .full_text(reader, first.source, SPRING)
        .await
        .unwrap();
    assert_eq!(text.revision.id, corrected.revision);
}

/// Each revision ends where the next begins, whatever order they come in; before the first there is none.
pub async fn revisions_follow_each_other(office: &CorpusOffice) {
    let reader = office.clerk().department;
    let later = office.import(law(Some(AUTUMN), &["新"])).await;
    let earlier = office.import(law(Some(SPRING), &["旧"])).await;
    let between = date(2025, 1, 1);
    let middle = office.import(law(Some(between), &["中"])).await;
    let days = [
        (SPRING, Some(earlier.revision)),
        (date(2024, 12, 31), Some(earlier.revision)),
        (between, Some(middle.revision)),
        (date(2025, 9, 30), Some(middle.revision)),
        (AUTUMN, Some(later.revision)),
        (date(2024, 3, 31), None),
    ];
    for (day, expected) in days {
        let found = office.corpus.full_text(reader, later.source, day).await;
        let named = office
            .corpus
            .items_named(&scope(reader, day), &[PassageKind::Article], "1")
            .await
            .unwrap();
        let named: Vec<_> = named.iter().map(|key| key.revision).collect();
        assert_eq!(named, Vec::from_iter(expected), "{day}");
        match expected {
            Some(revision) => assert_eq!(found.unwrap().revision.id, revision, "{day}"),
            None => assert!(matches!(found, Err(StoreError::NotFound)), "{day}"),
        }
    }
    let ends: Vec<_> = office
        .corpus
        .revisions(reader, later.source)
        .await
        .unwrap()
        .iter()
        .map(|revision| revision.head.valid_to)
        .collect();
    assert_eq!(ends, [None, Some(AUTUMN), Some(between)]);
    let undated = office.import(law(None, &["最初"])).await;
    let text = office
        .corpus
        .full_text(reader, later.source, date(1950, 1, 1))
        .await
        .unwrap();
    assert_eq!(text.revision.id, undated.revision);
    assert_eq!(text.revision.head.valid_to, Some(SPRING));
}

/// A stated last day holds when it comes before the next revision.
pub async fn a_stated_end_holds(office: &CorpusOffice) {
    let reader = office.clerk().department;
    let mut expiring = law(Some(SPRING), &["時限"]);
    expiring.text.revision.valid_to = Some(date(2025, 4, 1));
    let change = office.import(expiring).await;
    office.import(law(Some(AUTUMN), &["新"])).await;
    let expired = office
        .corpus
        .full_text(reader, change.source, date(2025, 5, 1))
        .await;
    assert!(matches!(expired, Err(StoreError::NotFound)));
    assert!(
        office
            .corpus
            .full_text(reader, change.source, date(2025, 3, 31))
            .await
            .is_ok()
    );
}

/// An index learns of every new, re-timed and withdrawn revision by its change number, also after deletions.
pub async fn changes_only_grow(office: &CorpusOffice) {
    let highest = async || {
        let live = office.corpus.live_revisions().await.unwrap();
        live.iter().map(|live| live.change).max().unwrap_or(0)
    };
    let first = office.import(law(Some(SPRING), &["旧"])).await;
    let seen = highest().await;
    let second = office.import(law(Some(AUTUMN), &["新"])).await;
    let news: Vec<_> = office
        .corpus
        .live_revisions()
        .await
        .unwrap()
        .into_iter()
        .filter(|live| live.change > seen)
        .map(|live| (live.revision.id, live.revision.head.valid_to))
        .collect();
    let mut expected = vec![(first.revision, Some(AUTUMN)), (second.revision, None)];
    expected.sort();
    let mut found = news;
    found.sort();
    assert_eq!(found, expected, "the new one and the one it ends");
    let seen = highest().await;
    let administrator = Importer::Person(office.clerk());
    office
        .corpus
        .delete_source(administrator, first.source)
        .await
        .unwrap();
    assert_eq!(office.corpus.live_revisions().await.unwrap(), []);
    office.import(law(Some(SPRING), &["旧"])).await;
    assert!(highest().await > seen, "a number is never given out twice");
}

/// Whoever keeps a picture of the corpus knows from one number whether it is still right.
pub async fn the_last_change_tells_an_old_picture(office: &CorpusOffice) {
    let last = async || office.corpus.last_change().await.unwrap();
    let empty = last().await;
    let first = office.import(law(Some(SPRING), &["文"])).await;
    let held = last().await;
    assert!(held > empty);
    office.import(law(Some(SPRING), &["文"])).await;
    assert_eq!(last().await, held, "the same text again changes nothing");

    let mut renamed = law(Some(SPRING), &["文"]);
    renamed.text.source.aliases.push("別の略称".to_owned());
    office.import(renamed).await;
    let named = last().await;
    assert!(named > held, "a new name is found by");
    let live = office.corpus.live_revisions().await.unwrap();
    assert!(
        live.iter().all(|live| live.change == named),
        "so its passages are indexed again"
    );

    let administrator = Importer::Person(office.clerk());
    office
        .corpus
        .delete_source(administrator, first.source)
        .await
        .unwrap();
    assert!(last().await > named);
}

/// A source of the 課 exists for the 課 only; one of the office for all, whoever amends it.
pub async fn visibility_is_the_importers_decision(office: &CorpusOffice) {
    let (own, other) = (office.clerk().department, office.stranger().department);
    let notice = import("内部通知", Visibility::Department, None, &["秘密の扱い"]);
    let mine = office.import(notice.clone()).await;
    let shared = office
        .import(import("生活保護法", Visibility::Office, None, &["目的"]))
        .await;
    let titles = async |reader| {
        let sources = office.corpus.sources(reader).await.unwrap();
        sources
            .into_iter()
            .map(|source| source.head.title)
            .collect::<Vec<_>>()
    };
    assert_eq!(titles(own).await, ["内部通知", "生活保護法"]);
    assert_eq!(titles(other).await, ["生活保護法"]);
    let key = |revision| PassageKey { revision, ordinal: 0 };
    for unknown in [
        office.corpus.revisions(other, mine.source).await.err(),
        office.corpus.passages(other, mine.revision, 0..9).await.err(),
        office.corpus.passage(other, key(mine.revision)).await.err(),
        office.corpus.full_text(other, mine.source, SPRING).await.err(),
        office
            .corpus
            .cited_by(&scope(other, SPRING), key(mine.revision), 9)
            .await
            .err(),
        office
            .corpus
            .delete_source(Importer::Person(office.stranger()), mine.source)
            .await
            .err(),
        office
            .corpus
            .delete_source(Importer::Person(office.stranger()), shared.source)
            .await
            .err(),
    ] {
        assert!(matches!(unknown, Some(StoreError::NotFound)), "{unknown:?}");
    }
    assert_eq!(
        office.corpus.placed(other, &[key(mine.revision)]).await.unwrap(),
        []
    );
    assert_eq!(
        office.corpus.citing(other, &[key(mine.revision)]).await.unwrap(),
        []
    );
    let named = async |scope: &ReaderScope| {
        let found = office
            .corpus
            .items_named(scope, &[PassageKind::Article], "1")
            .await;
        let revisions = found.unwrap().into_iter().map(|key| key.revision);
        revisions.collect::<Vec<_>>()
    };
    assert_eq!(named(&scope(other, SPRING)).await, [shared.revision]);
    let mut both = [mine.revision, shared.revision];
    both.sort_unstable();
    assert_eq!(named(&scope(own, SPRING)).await, both);
    let narrowed = ReaderScope {
        sources: Some(vec!["別の法".to_owned()]),
        ..scope(own, SPRING)
    };
    assert_eq!(named(&narrowed).await, []);

    // The same key in another 課 is another source; in the office it is the same one.
    let theirs = office.import_as(office.stranger(), notice).await;
    assert_ne!(theirs.source, mine.source);
    let amended = import("生活保護法", Visibility::Office, Some(AUTUMN), &["新しい目的"]);
    let amendment = office.import_as(office.stranger(), amended).await;
    assert_eq!(amendment.source, shared.source);
    let text = office.corpus.full_text(own, shared.source, AUTUMN).await.unwrap();
    assert_eq!(text.revision.id, amendment.revision);
}
