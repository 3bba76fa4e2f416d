//! What a 課 answered by itself, for its search; the list of its sources.

use jiff::civil::{Date, date};
use shoki_core::access::Actor;
use shoki_core::corpus::{PassageKey, Visibility};
use shoki_core::id::{FaqId, RevisionId, SourceId};

use super::corpus_office::{CorpusOffice, LAW, import, law};
use crate::corpus_model::{FeedbackKind, Importer, NewFaq, NewQuestion, OwnPlace, OwnQuestion};
use crate::error::StoreError;

const TODAY: Date = date(2026, 1, 5);

const fn key(revision: RevisionId, ordinal: u32) -> PassageKey {
    PassageKey { revision, ordinal }
}

/// What a 課 answered by itself is read with the words that its places had then, and by no other 課; what
/// is deleted or taken back is told by the count of changes.
pub async fn a_section_learns_from_itself(office: &CorpusOffice) {
    let first = office
        .import(law(Some(date(2024, 4, 1)), &["甲", "乙", "丙"]))
        .await;
    let own = async |actor: &Actor| office.corpus.own_questions(actor.department, 9).await.unwrap();
    let count = async || office.corpus.desk_changes().await.unwrap().knowledge;
    let start = count().await;
    assert_eq!(own(office.clerk()).await, []);
    let faq = |question: &str, citing: &[u32]| NewFaq {
        question: question.to_owned(),
        answer: "答え".to_owned(),
        asked_as: None,
        citing: citing.iter().map(|&at| key(first.revision, at)).collect(),
    };
    let bare = office
        .corpus
        .add_faq(office.clerk(), faq("根拠なし", &[]))
        .await
        .unwrap();
    let cited = office
        .corpus
        .add_faq(office.clerk(), faq("根拠あり", &[1, 2]))
        .await
        .unwrap();
    let shown = vec![key(first.revision, 0), key(first.revision, 2)];
    let asked = office
        .corpus
        .log_question(office.clerk(), asked_question(&shown))
        .await
        .unwrap();
    for passage in shown {
        office
            .corpus
            .give_feedback(office.clerk(), asked, passage, FeedbackKind::Basis)
            .await
            .unwrap();
    }
    office
        .corpus
        .give_feedback(
            office.clerk(),
            asked,
            key(first.revision, 1),
            FeedbackKind::Opened,
        )
        .await
        .unwrap();
    office
        .import(law(Some(date(2025, 4, 1)), &["前", "甲", "乙"]))
        .await;
    let place = |item: &str, text: &str| OwnPlace {
        title: LAW.to_owned(),
        item: item.to_owned(),
        text: Some(text.to_owned()),
    };
    let one = |text: &str, faq, places: Vec<OwnPlace>| OwnQuestion {
        text: text.to_owned(),
        faq,
        places,
    };
    let expected = [
        one(
            "根拠あり",
            Some(cited.id),
            vec![place("2", "乙"), place("3", "丙")],
        ),
        one("根拠なし", Some(bare.id), vec![]),
        one("問い", None, vec![place("1", "甲"), place("3", "丙")]),
    ];
    assert_eq!(own(&office.office.colleague).await, expected);
    assert_eq!(own(office.stranger()).await, []);
    let entries = async |actor: &Actor| {
        let ids = [cited.id, FaqId::generate(), bare.id];
        let found = office.corpus.faq_entries(actor.department, TODAY, &ids).await;
        found
            .unwrap()
            .into_iter()
            .map(|entry| entry.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(entries(office.clerk()).await, [cited.id, bare.id]);
    assert_eq!(entries(office.stranger()).await, []);

    let learned = count().await;
    assert!(learned > start);
    let take_back = async |actor: &Actor, ordinal| {
        office
            .corpus
            .withdraw_basis(actor, asked, key(first.revision, ordinal))
            .await
    };
    let hidden = take_back(&office.office.colleague, 0).await;
    assert!(matches!(hidden, Err(StoreError::NotFound)));
    let basis = async || {
        office
            .corpus
            .question(office.clerk(), asked)
            .await
            .unwrap()
            .basis_place
    };
    for (ordinal, left) in [(0, Some(2)), (0, Some(2)), (2, None)] {
        take_back(office.clerk(), ordinal).await.unwrap();
        assert_eq!(basis().await, left, "{ordinal}");
    }
    office.corpus.remove_faq(office.clerk(), bare.id).await.unwrap();
    assert!(count().await > learned);
    assert_eq!(own(office.clerk()).await, expected[..1]);
    let importer = Importer::Person(office.clerk());
    let cited_still = count().await;
    office.corpus.delete_source(importer, first.source).await.unwrap();
    assert!(count().await > cited_still, "what a deletion takes along counts");
    assert_eq!(
        own(office.clerk()).await,
        [one("根拠あり", Some(cited.id), vec![])]
    );
}

fn asked_question(shown: &[PassageKey]) -> NewQuestion {
    NewQuestion {
        text: "問い".to_owned(),
        as_of: TODAY,
        millis: 12,
        no_basis: false,
        shown: shown.to_vec(),
        is_practice: false,
    }
}

/// Sources page by page by title, as far as the 課 may see them.
pub async fn sources_come_in_pages(office: &CorpusOffice) {
    let mut expected = Vec::new();
    for title in ["丙", "甲", "丁", "乙"] {
        let text = import(title, Visibility::Department, None, &["一"]);
        expected.push((title.to_owned(), office.import(text).await.source));
    }
    let hidden = import("他課の通知", Visibility::Department, None, &["秘密"]);
    let hidden = office.import_as(office.stranger(), hidden).await.source;
    expected.sort();
    let page = async |after| {
        let reader = office.clerk().department;
        office.corpus.sources_page(reader, after, 3).await
    };
    let first = page(None).await.unwrap();
    let rest = page(first.rows.last().map(|last| last.id)).await.unwrap();
    assert_eq!((first.more, rest.more), (true, false));
    let titles: Vec<_> = first
        .rows
        .into_iter()
        .chain(rest.rows)
        .map(|source| (source.head.title, source.id))
        .collect();
    assert_eq!(titles, expected);
    for unknown in [hidden, SourceId::generate()] {
        assert!(matches!(page(Some(unknown)).await, Err(StoreError::NotFound)));
    }
}
