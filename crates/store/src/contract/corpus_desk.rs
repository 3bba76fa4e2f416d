//! What an office adds to the law desk: synonyms, questions and their counts, its own answers, favourites.

use jiff::SignedDuration;
use jiff::civil::{Date, date};
use shoki_core::access::{Actor, Role};
use shoki_core::corpus::{PassageKey, Visibility};
use shoki_core::id::{FaqId, FavouriteId, QuestionId};

use super::corpus_office::{CorpusOffice, import, law};
use crate::corpus_model::{FeedbackKind, Importer, NewFaq, NewQuestion, QuestionFigures};
use crate::error::StoreError;

const TODAY: Date = date(2026, 1, 5);

fn key(revision: shoki_core::id::RevisionId, ordinal: u32) -> PassageKey {
    PassageKey { revision, ordinal }
}

fn question(text: &str, shown: Vec<PassageKey>) -> NewQuestion {
    NewQuestion {
        text: text.to_owned(),
        as_of: TODAY,
        millis: 12,
        no_basis: shown.is_empty(),
        shown,
        is_practice: false,
    }
}

/// Every version of the synonym table stays; two people who change the same one do not overwrite each other.
pub async fn synonyms_have_versions(office: &CorpusOffice) {
    assert_eq!(office.corpus.synonyms().await.unwrap(), None);
    let clerk = Importer::Person(office.clerk());
    let first = office.corpus.put_synonyms(clerk, 0, "一", None).await.unwrap();
    assert_eq!((first.version, first.user), (1, Some(office.clerk().user)));
    let local = Importer::Administrator(office.clerk().department);
    let second = office
        .corpus
        .put_synonyms(local, 1, "二", Some("急ぐため"))
        .await
        .unwrap();
    assert_eq!((second.version, second.user), (2, None));
    let late = office
        .corpus
        .put_synonyms(Importer::Person(office.stranger()), 1, "三", None)
        .await;
    assert!(
        matches!(late, Err(StoreError::VersionChanged { current: 2 })),
        "{late:?}"
    );
    assert_eq!(office.corpus.synonyms().await.unwrap(), Some(second.clone()));
    assert_eq!(office.corpus.synonym_versions().await.unwrap(), [second, first]);
    let chain = office.office.store.audit_chain(0, 1000).await.unwrap();
    let subjects = |action: &str| -> Vec<String> {
        let rows = chain.iter().filter(|event| event.action == action);
        rows.map(|event| event.subject.clone()).collect()
    };
    assert_eq!(subjects("synonyms.put"), ["1", "2"]);
    assert_eq!(subjects("synonyms.despite_gate"), ["2: 急ぐため"]);
}

/// A history is its asker's own, newest first, in pages that join.
pub async fn a_history_is_the_askers_own(office: &CorpusOffice) {
    let change = office.import(law(None, &["甲", "乙"])).await;
    let shown = vec![key(change.revision, 1), key(change.revision, 0)];
    let mut asked = Vec::new();
    for text in ["一", "二", "三"] {
        let id = office
            .corpus
            .log_question(office.clerk(), question(text, shown.clone()))
            .await;
        asked.push(id.unwrap());
        office.office.pass(SignedDuration::from_secs(1));
    }
    let first = office.corpus.questions(office.clerk(), None, 2).await.unwrap();
    let texts: Vec<_> = first.rows.iter().map(|row| row.text.as_str()).collect();
    assert_eq!((texts, first.more), (vec!["三", "二"], true));
    assert_eq!((&first.rows[0].shown, first.rows[0].millis), (&shown, 12));
    let rest = office
        .corpus
        .questions(office.clerk(), Some(first.rows[1].id), 2)
        .await
        .unwrap();
    assert_eq!(
        (rest.rows.len(), rest.more, rest.rows[0].id),
        (1, false, asked[0])
    );
    let asked_here = office
        .corpus
        .asked_in_department(&office.office.colleague, 2)
        .await
        .unwrap();
    assert_eq!(asked_here, ["三", "二"], "texts, not people");
    assert_eq!(
        office
            .corpus
            .asked_in_department(office.stranger(), 9)
            .await
            .unwrap(),
        [""; 0]
    );
    for other in [office.stranger(), &office.office.colleague] {
        assert_eq!(office.corpus.questions(other, None, 9).await.unwrap().rows, []);
        let hidden = office.corpus.question(other, asked[0]).await;
        assert!(matches!(hidden, Err(StoreError::NotFound)));
        let feedback = office
            .corpus
            .give_feedback(other, asked[0], shown[0], FeedbackKind::Basis)
            .await;
        assert!(matches!(feedback, Err(StoreError::NotFound)));
    }
    let unknown = office
        .corpus
        .question(office.clerk(), QuestionId::generate())
        .await;
    assert!(matches!(unknown, Err(StoreError::NotFound)));
}

/// これが根拠: the best place counts; a passage that the asker may not see cannot be marked.
pub async fn feedback_says_where_the_basis_was(office: &CorpusOffice) {
    let change = office.import(law(None, &["甲", "乙", "丙"])).await;
    let hidden = import("他課の通知", Visibility::Department, None, &["秘密"]);
    let hidden = office.import_as(office.stranger(), hidden).await;
    let shown = vec![key(change.revision, 2), key(change.revision, 1)];
    let id = office
        .corpus
        .log_question(office.clerk(), question("問い", shown))
        .await
        .unwrap();
    let said = async |passage, kind| {
        office.office.pass(SignedDuration::from_secs(1));
        office
            .corpus
            .give_feedback(office.clerk(), id, passage, kind)
            .await
    };
    let refused = said(key(hidden.revision, 0), FeedbackKind::Basis).await;
    assert!(matches!(refused, Err(StoreError::NotFound)));
    let now = async || office.corpus.question(office.clerk(), id).await.unwrap();
    assert_eq!((now().await.opened_at, now().await.basis_place), (None, None));
    said(key(change.revision, 1), FeedbackKind::Opened).await.unwrap();
    let opened_at = now().await.opened_at;
    assert_eq!(opened_at, Some(office.office.store.now()));
    for (ordinal, place) in [(0, 0), (1, 2), (2, 1), (0, 1), (2, 1)] {
        said(key(change.revision, ordinal), FeedbackKind::Basis)
            .await
            .unwrap();
        let row = now().await;
        assert_eq!(
            (row.opened_at, row.basis_place),
            (opened_at, Some(place)),
            "{ordinal}"
        );
    }
    let known = async |department| office.corpus.known_bases(department, 9).await.unwrap();
    let learned = known(office.clerk().department).await;
    assert_eq!(learned.len(), 1, "the same words are one question");
    assert_eq!((learned[0].question.as_str(), learned[0].pinned), ("問い", false));
    assert_eq!(learned[0].places.len(), 3, "the 課 learns from it");
    let faq = NewFaq {
        question: "問い".to_owned(),
        answer: "答え".to_owned(),
        asked_as: None,
        citing: vec![key(change.revision, 1)],
    };
    office.corpus.add_faq(office.clerk(), faq).await.unwrap();
    let learned = known(office.clerk().department).await;
    assert_eq!((learned.len(), learned[0].pinned), (1, true), "the FAQ pins it");
    assert_eq!(learned[0].places.len(), 3);
    assert_eq!(known(office.stranger().department).await, []);
}

/// The plan's figures: of the own 課, or of the whole office for those who run the system.
pub async fn figures_are_counted_per_department(office: &CorpusOffice) {
    let change = office.import(law(None, &["甲", "乙", "丙", "丁", "戊"])).await;
    let shown: Vec<_> = (0..5).map(|ordinal| key(change.revision, ordinal)).collect();
    let from = office.office.store.now();
    let ask = async |actor: &Actor, shown: &[PassageKey], seconds, basis: Option<usize>| {
        let id = office
            .corpus
            .log_question(actor, question("問い", shown.to_vec()))
            .await
            .unwrap();
        office.office.pass(SignedDuration::from_secs(seconds));
        if let Some(place) = basis {
            office
                .corpus
                .give_feedback(actor, id, shown[place], FeedbackKind::Basis)
                .await
                .unwrap();
        }
    };
    ask(office.clerk(), &shown, 5, Some(0)).await;
    ask(office.clerk(), &shown, 9, Some(4)).await;
    ask(&office.office.colleague, &shown, 7, Some(2)).await;
    ask(office.clerk(), &[], 1, None).await;
    ask(office.stranger(), &shown, 1, None).await;
    let to = office.office.store.now();
    let own = office
        .corpus
        .question_figures(office.clerk(), from, to)
        .await
        .unwrap();
    let expected = QuestionFigures {
        questions: 4,
        no_basis: 1,
        opened: 3,
        median_to_evidence_millis: Some(7_000),
        marked: 3,
        marked_in_top_3: 2,
        median_answer_millis: Some(12),
    };
    assert_eq!(own, expected);
    let runs_the_system = Actor {
        role: Role::SystemAdmin,
        ..*office.clerk()
    };
    let all = office
        .corpus
        .question_figures(&runs_the_system, from, to)
        .await
        .unwrap();
    assert_eq!((all.questions, all.no_basis, all.opened), (5, 1, 3));
    let none = office
        .corpus
        .question_figures(office.clerk(), to, to)
        .await
        .unwrap();
    assert_eq!(none, QuestionFigures::default());
}

/// An answer of the office cites places, which follow the amendments and vanish with their source.
pub async fn an_answer_follows_the_amendments(office: &CorpusOffice) {
    let first = office.import(law(Some(date(2024, 4, 1)), &["甲", "乙"])).await;
    let asked = office
        .corpus
        .log_question(office.clerk(), question("どうする", vec![]))
        .await
        .unwrap();
    let faq = NewFaq {
        question: "どうする".to_owned(),
        answer: "こうする".to_owned(),
        asked_as: Some(asked),
        citing: vec![key(first.revision, 1)],
    };
    let made = office.corpus.add_faq(office.clerk(), faq.clone()).await.unwrap();
    assert_eq!(made.citing[0].passage, Some(key(first.revision, 1)));
    let amended = office
        .import(law(Some(date(2025, 4, 1)), &["前", "甲", "新乙"]))
        .await;
    let list = async |actor| office.corpus.faq(actor, TODAY, None, 9).await.unwrap().rows;
    let listed = list(&office.office.colleague).await;
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].id, listed[0].asked_as), (made.id, Some(asked)));
    let place = &listed[0].citing[0];
    assert_eq!(place.passage, Some(key(amended.revision, 1)));
    assert_eq!(
        (place.item.as_str(), place.label.as_deref()),
        ("2", Some("第2条"))
    );
    let second = office
        .corpus
        .add_faq(
            office.clerk(),
            NewFaq {
                asked_as: None,
                ..faq
            },
        )
        .await
        .unwrap();
    let page = office.corpus.faq(office.clerk(), TODAY, None, 1).await.unwrap();
    assert_eq!((page.rows[0].id, page.more), (second.id, true));
    let rest = office
        .corpus
        .faq(office.clerk(), TODAY, Some(second.id), 1)
        .await
        .unwrap();
    assert_eq!((rest.rows[0].id, rest.more), (made.id, false));

    assert_eq!(list(office.stranger()).await, []);
    let hidden = office.corpus.remove_faq(office.stranger(), made.id).await;
    assert!(matches!(hidden, Err(StoreError::NotFound)));
    let importer = Importer::Person(office.clerk());
    office.corpus.delete_source(importer, first.source).await.unwrap();
    assert_eq!(list(office.clerk()).await[0].citing, []);
    office
        .corpus
        .remove_faq(&office.office.colleague, made.id)
        .await
        .unwrap();
    assert_eq!(list(office.clerk()).await.len(), 1);
    let again = office.corpus.remove_faq(office.clerk(), made.id).await;
    assert!(matches!(again, Err(StoreError::NotFound)));
    let unknown = office.corpus.remove_faq(office.clerk(), FaqId::generate()).await;
    assert!(matches!(unknown, Err(StoreError::NotFound)));
}

/// Favourites are a person's own; keeping one again replaces its note.
pub async fn favourites_are_a_persons_own(office: &CorpusOffice) {
    let change = office.import(law(None, &["甲", "乙"])).await;
    let hidden = import("他課の通知", Visibility::Department, None, &["秘密"]);
    let hidden = office.import_as(office.stranger(), hidden).await;
    let (first, second) = (key(change.revision, 0), key(change.revision, 1));
    let one = office
        .corpus
        .add_favourite(office.clerk(), first, "朝礼で使う")
        .await
        .unwrap();
    let two = office
        .corpus
        .add_favourite(office.clerk(), second, "")
        .await
        .unwrap();
    let again = office
        .corpus
        .add_favourite(office.clerk(), first, "別のメモ")
        .await
        .unwrap();
    assert_eq!((again.id, again.created_at), (one.id, one.created_at));
    let listed = office.corpus.favourites(office.clerk(), TODAY).await.unwrap();
    assert_eq!(listed, [two.clone(), again.clone()]);
    assert_eq!(again.place.passage, Some(first));
    let refused = office
        .corpus
        .add_favourite(office.clerk(), key(hidden.revision, 0), "")
        .await;
    assert!(matches!(refused, Err(StoreError::NotFound)));
    let colleague = &office.office.colleague;
    assert_eq!(office.corpus.favourites(colleague, TODAY).await.unwrap(), []);
    for (actor, id) in [(colleague, one.id), (office.clerk(), FavouriteId::generate())] {
        let refused = office.corpus.remove_favourite(actor, id).await;
        assert!(matches!(refused, Err(StoreError::NotFound)));
    }
    office
        .corpus
        .remove_favourite(office.clerk(), one.id)
        .await
        .unwrap();
    assert_eq!(
        office.corpus.favourites(office.clerk(), TODAY).await.unwrap(),
        [two]
    );
}
