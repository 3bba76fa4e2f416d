//! What becomes of a 課's FAQ entry, and of what somebody asks while practising.

use jiff::civil::{Date, date};
use shoki_core::corpus::PassageKey;
use shoki_core::id::FaqId;

use super::corpus_office::{CorpusOffice, law};
use crate::corpus_model::{FaqChange, FeedbackKind, NewFaq, NewQuestion};
use crate::error::StoreError;

const TODAY: Date = date(2026, 1, 5);
/// More than there are.
const ALL: u32 = 100;

/// An entry is said anew on the version that was seen, withdrawn and taken up again; what it said before stays until
/// it is deleted.
pub async fn an_entry_keeps_what_it_said(office: &CorpusOffice) {
    let change = office.import(law(None, &["甲"])).await;
    let passage = PassageKey {
        revision: change.revision,
        ordinal: 0,
    };
    let new = NewFaq {
        question: "問い".to_owned(),
        answer: "答え".to_owned(),
        asked_as: None,
        citing: vec![passage],
    };
    let corpus = &office.corpus;
    let made = corpus.add_faq(office.clerk(), new).await.unwrap();
    assert_eq!((made.version, made.withdrawn), (1, false));
    let shown = corpus.faq_entry(office.clerk(), TODAY, made.id).await.unwrap();
    assert_eq!(shown, made);
    let colleague = &office.office.colleague;
    let answer = |text: &str| FaqChange {
        answer: Some(text.to_owned()),
        ..FaqChange::default()
    };
    let said = corpus
        .change_faq(colleague, made.id, 1, answer("新しい答え"), TODAY)
        .await
        .unwrap();
    assert_eq!((said.version, said.answer.as_str()), (2, "新しい答え"));
    assert_eq!(
        (said.question.as_str(), said.created_by),
        ("問い", made.created_by)
    );
    assert_eq!(said.citing, made.citing, "what it rests on stays");
    let late = corpus
        .change_faq(office.clerk(), made.id, 1, answer("遅れた答え"), TODAY)
        .await;
    assert!(
        matches!(late, Err(StoreError::VersionChanged { current: 2 })),
        "{late:?}"
    );
    let same = corpus
        .change_faq(office.clerk(), made.id, 2, answer("新しい答え"), TODAY)
        .await
        .unwrap();
    assert_eq!(same.version, 2, "nothing different is no version");

    let knowledge = async || corpus.desk_changes().await.unwrap().knowledge;
    let own = async || {
        corpus
            .own_questions(office.clerk().department, ALL)
            .await
            .unwrap()
            .len()
    };
    let (before, asked) = (knowledge().await, own().await);
    let withdraw = |withdrawn| FaqChange {
        withdrawn: Some(withdrawn),
        ..FaqChange::default()
    };
    let gone = corpus
        .change_faq(office.clerk(), made.id, 2, withdraw(true), TODAY)
        .await
        .unwrap();
    assert!(
        gone.withdrawn && knowledge().await > before,
        "the search looks again"
    );
    assert_eq!(own().await, asked - 1, "and does not learn from it");
    let found = corpus
        .faq_entries(office.clerk().department, TODAY, &[made.id])
        .await;
    assert_eq!(found.unwrap(), []);
    let listed = corpus.faq(office.clerk(), TODAY, None, 9).await.unwrap().rows;
    assert!(listed[0].withdrawn, "its 課 still sees it");
    corpus
        .change_faq(office.clerk(), made.id, 3, withdraw(false), TODAY)
        .await
        .unwrap();
    assert_eq!(own().await, asked);

    let history = corpus.faq_history(colleague, made.id).await.unwrap();
    let told: Vec<_> = history
        .iter()
        .map(|one| (one.version, one.answer.as_str(), one.withdrawn, one.user))
        .collect();
    let (clerk, other) = (office.clerk().user, colleague.user);
    assert_eq!(
        told,
        [
            (4, "新しい答え", false, clerk),
            (3, "新しい答え", true, clerk),
            (2, "新しい答え", false, other),
            (1, "答え", false, clerk),
        ]
    );
    let chain = office.office.store.audit_chain(0, 1000).await.unwrap();
    let actions: Vec<_> = chain
        .iter()
        .map(|event| event.action.as_str())
        .filter(|action| action.starts_with("faq."))
        .collect();
    assert_eq!(
        actions,
        ["faq.create", "faq.change", "faq.withdraw", "faq.restore"]
    );

    for hidden in [
        corpus.faq_entry(office.stranger(), TODAY, made.id).await.err(),
        corpus
            .change_faq(office.stranger(), made.id, 4, answer("x"), TODAY)
            .await
            .err(),
        corpus.faq_history(office.stranger(), made.id).await.err(),
        corpus.faq_history(office.clerk(), FaqId::generate()).await.err(),
    ] {
        assert!(matches!(hidden, Some(StoreError::NotFound)), "{hidden:?}");
    }
    corpus.remove_faq(office.clerk(), made.id).await.unwrap();
    let over = corpus.faq_history(office.clerk(), made.id).await;
    assert!(matches!(over, Err(StoreError::NotFound)));
}

/// What is asked in a practice run is in no figure, and nothing is learned from it.
pub async fn a_practice_question_counts_nowhere(office: &CorpusOffice) {
    let change = office.import(law(None, &["甲"])).await;
    let passage = PassageKey {
        revision: change.revision,
        ordinal: 0,
    };
    let corpus = &office.corpus;
    let from = office.office.store.now();
    for is_practice in [true, false] {
        let question = NewQuestion {
            text: "問い".to_owned(),
            as_of: TODAY,
            millis: 12,
            shown: vec![passage],
            no_basis: false,
            is_practice,
        };
        let id = corpus.log_question(office.clerk(), question).await.unwrap();
        corpus
            .give_feedback(office.clerk(), id, passage, FeedbackKind::Basis)
            .await
            .unwrap();
    }
    office.office.pass(jiff::SignedDuration::from_secs(1));
    let to = office.office.store.now();
    let figures = corpus.question_figures(office.clerk(), from, to).await.unwrap();
    assert_eq!((figures.questions, figures.opened, figures.marked), (1, 1, 1));
    let own = corpus
        .own_questions(office.clerk().department, ALL)
        .await
        .unwrap();
    assert_eq!(own.len(), 1, "the work's alone");
    let history = corpus.questions(office.clerk(), None, 9).await.unwrap();
    assert_eq!(history.rows.len(), 2, "the asker's own history has both");
}
