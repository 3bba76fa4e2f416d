//! Imports as a whole: refused, ended under a fence, taken out again, audited.

use jiff::civil::{Date, date};
use shoki_core::corpus::Visibility;
use shoki_core::digest::Sha256;
use shoki_core::id::{DocumentId, RevisionId, SourceId};
use shoki_core::job::JobState;
use shoki_core::outcome::{CorpusOutcome, Outcome};
use shoki_core::unit::UnitKind;

use super::corpus_office::{CorpusOffice, import, law, passage};
use super::office::{artifact, blob, document};
use crate::corpus_model::{CorpusFeed, Importer, PassageVector};
use crate::error::StoreError;

const SPRING: Date = date(2024, 4, 1);
const AUTUMN: Date = date(2025, 10, 1);

/// What contradicts itself is refused and leaves nothing, also not what came before it in the same import.
pub async fn an_inconsistent_import_leaves_nothing(office: &CorpusOffice) {
    let mut misnumbered = law(None, &["甲", "乙"]);
    misnumbered.text.passages[1].ordinal = 7;
    let mut outside = law(None, &["甲", "乙"]);
    outside.edges[0].span = 0..999;
    let mut backwards = law(Some(AUTUMN), &["甲"]);
    backwards.text.revision.valid_to = Some(SPRING);
    let mut nameless = law(None, &["甲"]);
    nameless.text.source.key.clear();
    for bad in [misnumbered, outside, backwards, nameless] {
        let imports = vec![import("先の通知", Visibility::Department, None, &["甲"]), bad];
        let importer = Importer::Person(office.clerk());
        let refused = office.corpus.import_revisions(importer, None, imports).await;
        assert!(matches!(refused, Err(StoreError::Inconsistent(_))), "{refused:?}");
    }
    let nobodys = office
        .corpus
        .import_revisions(
            Importer::Person(office.clerk()),
            Some(DocumentId::generate()),
            vec![law(None, &["甲"])],
        )
        .await;
    assert!(matches!(nobodys, Err(StoreError::NotFound)));
    assert_eq!(
        office.corpus.sources(office.clerk().department).await.unwrap(),
        []
    );
}

/// The end of an import job: texts and success are one commit under the fence, once.
pub async fn an_import_job_ends_once(office: &CorpusOffice) {
    let store = &office.office.store;
    let reader = office.clerk().department;
    let same = law(Some(SPRING), &["甲", "乙"]);
    office.import(same.clone()).await;
    let job = office.office.planned_job("law.xml", 1).await;
    let page = office.office.claim().await;
    store.commit_piece(page.fence, blob("piece")).await.unwrap();
    let assemble = office.office.claim().await;
    assert_eq!(assemble.kind, UnitKind::Assemble);
    let counted = CorpusOutcome {
        passages_embedded: 1,
        faults: 2,
        ..CorpusOutcome::default()
    };
    let imports = vec![same, law(Some(AUTUMN), &["甲", "丙"])];
    let changes = office
        .corpus
        .commit_corpus(
            assemble.fence,
            CorpusFeed::of(imports, counted, vec![artifact("import.json")]),
        )
        .await
        .unwrap();
    let news: Vec<_> = changes
        .iter()
        .map(|change| (change.new, change.changed))
        .collect();
    assert_eq!(news, [(false, 0), (true, 1)]);
    let outcome = CorpusOutcome {
        sources: 2,
        revisions_new: 1,
        passages_total: 4,
        passages_changed: 1,
        passages_embedded: 1,
        faults: 2,
        pages_failed: 0,
    };
    let state = store.job(office.clerk(), job.id).await.unwrap().state;
    let outcome = Outcome::Corpus(outcome);
    assert_eq!(state, JobState::Succeeded { outcome });
    assert_eq!(store.artifacts(office.clerk(), job.id).await.unwrap().len(), 1);
    let revisions = office.corpus.revisions(reader, changes[1].source).await.unwrap();
    assert_eq!(revisions[0].document, Some(job.document));

    let events = store.audit_chain(0, 1000).await.unwrap();
    let late = office
        .corpus
        .commit_corpus(
            assemble.fence,
            CorpusFeed::of(vec![law(None, &["遅い"])], counted, Vec::new()),
        )
        .await;
    assert!(matches!(late, Err(StoreError::LeaseLost)), "{late:?}");
    assert_eq!(store.audit_chain(0, 1000).await.unwrap(), events);
    let after = office.corpus.revisions(reader, changes[1].source).await.unwrap();
    assert_eq!(after, revisions, "a late attempt changes nothing");
}

/// A document takes what it brought in along: passages, vectors, an empty source; the time line closes.
pub async fn deletion_takes_the_texts_along(office: &CorpusOffice) {
    let store = &office.office.store;
    let reader = office.clerk().department;
    let first = store
        .create_document(office.clerk(), document("a.xml"))
        .await
        .unwrap();
    let second = store
        .create_document(office.clerk(), document("b.xml"))
        .await
        .unwrap();
    let old = law(Some(SPRING), &["甲", "乙"]);
    let new = law(Some(AUTUMN), &["甲", "丙"]);
    let kept = office.import_from(first.id, old.clone()).await;
    let removed = office.import_from(second.id, new.clone()).await;
    let embedder = Sha256::of(b"embedder");
    let vectors: Vec<_> = ["甲", "乙", "丙"]
        .into_iter()
        .zip([0, 1, 1])
        .map(|(text, place)| PassageVector {
            digest: passage(place, text).digest(),
            vector: vec![0.5, -1.0],
        })
        .collect();
    let digests: Vec<_> = vectors.iter().map(|vector| vector.digest).collect();
    office
        .corpus
        .keep_vectors(reader, &embedder, &vectors)
        .await
        .unwrap();
    assert_eq!(
        office.corpus.vectors(reader, &embedder, &digests).await.unwrap(),
        vectors
    );

    store.delete_document(office.clerk(), second.id).await.unwrap();
    let left = office.corpus.vectors(reader, &embedder, &digests).await.unwrap();
    assert_eq!(left, vectors[..2], "what the other revision has stays");
    let revisions = office.corpus.revisions(reader, kept.source).await.unwrap();
    assert_eq!(revisions.len(), 1);
    assert_eq!(revisions[0].head.valid_to, None, "the old one is in force again");
    let gone = office.corpus.revision_passages(removed.revision).await.unwrap();
    assert_eq!(gone, []);
    assert_eq!(office.corpus.revision_edges(removed.revision).await.unwrap(), []);

    store.delete_document(office.clerk(), first.id).await.unwrap();
    assert_eq!(office.corpus.sources(reader).await.unwrap(), []);
    assert_eq!(
        office.corpus.vectors(reader, &embedder, &digests).await.unwrap(),
        []
    );
    let gone = office.corpus.revisions(reader, kept.source).await;
    assert!(matches!(gone, Err(StoreError::NotFound)));
}

/// Vectors are a cache per embedder and 課, and only for passages that are there.
pub async fn vectors_are_kept_for_what_is_there(office: &CorpusOffice) {
    let (own, other) = (office.clerk().department, office.stranger().department);
    office.import(law(None, &["甲"])).await;
    let embedder = Sha256::of(b"embedder");
    let here = PassageVector {
        digest: passage(0, "甲").digest(),
        vector: vec![1.0, 2.5, f32::MIN_POSITIVE],
    };
    let elsewhere = PassageVector {
        digest: passage(0, "どこにも無い").digest(),
        ..here.clone()
    };
    let both = [here.clone(), elsewhere];
    let digests = both.each_ref().map(|vector| vector.digest);
    for department in [own, other] {
        office
            .corpus
            .keep_vectors(department, &embedder, &both)
            .await
            .unwrap();
    }
    assert_eq!(
        office.corpus.vectors(own, &embedder, &digests).await.unwrap(),
        [here]
    );
    assert_eq!(
        office.corpus.vectors(other, &embedder, &digests).await.unwrap(),
        []
    );
    let another = Sha256::of(b"another");
    assert_eq!(office.corpus.vectors(own, &another, &digests).await.unwrap(), []);
}

/// Imports and removals have their rows in the audit chain, by id and never by name.
pub async fn imports_are_audited(office: &CorpusOffice) {
    let change = office.import(law(None, &["甲"])).await;
    let importer = Importer::Administrator(office.clerk().department);
    office
        .corpus
        .delete_source(importer, change.source)
        .await
        .unwrap();
    let chain = office.office.store.audit_chain(0, 1000).await.unwrap();
    let rows: Vec<_> = chain
        .iter()
        .filter(|event| event.action.starts_with("revision.") || event.action.starts_with("source."))
        .map(|event| (event.action.as_str(), event.subject.clone(), event.user))
        .collect();
    assert_eq!(
        rows,
        [
            (
                "revision.import",
                change.revision.to_string(),
                Some(office.clerk().user)
            ),
            ("revision.delete", change.revision.to_string(), None),
            ("source.delete", change.source.to_string(), None),
        ]
    );
    let unknown = office.corpus.delete_source(importer, SourceId::generate()).await;
    assert!(matches!(unknown, Err(StoreError::NotFound)));
    assert_eq!(
        office
            .corpus
            .revision_passages(RevisionId::generate())
            .await
            .unwrap(),
        []
    );
}
