//! What every index promises, as functions over the trait; `passage_index_contract!` makes tests of them
//! for one index. The brute force is the oracle.
//!
//! Never: what only one index can do.

mod scopes;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use jiff::civil::date;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use shoki_core::corpus::{PassageKind, ReaderScope};
use shoki_search::index::brute::BruteForceIndex;
use shoki_search::index::{IndexError, IndexedRevision, Leg, PassageIndex, Scored};

pub use scopes::{
    holds_revisions_to_the_day, keeps_departments_apart, keeps_to_sources_and_kinds,
    other_departments_move_no_score,
};

use crate::corpus::{
    department, fingerprint, passage, question, questions, revision, revision_id, revisions, scope, scopes,
    vector,
};

/// An index under test; what keeps it alive comes with it.
pub struct Fixture {
    /// The index.
    pub index: Arc<dyn PassageIndex>,
    /// What holds its files; removed at the end.
    pub _place: Option<Box<dyn std::any::Any + Send + Sync>>,
    /// Whether its rankings are the oracle's own or only near them.
    pub exact: bool,
    /// Random corpora to try.
    pub cases: u32,
}

impl Fixture {
    pub fn fill(&self, revisions: &[IndexedRevision]) {
        self.index.apply(revisions, &[]).expect("the change set is right");
    }

    fn found(&self, leg: &Leg<'_>, scope: &ReaderScope) -> Vec<Scored> {
        self.index.search(leg, scope, 50).expect("the index can be read")
    }

    fn ordinals(&self, leg: &Leg<'_>, scope: &ReaderScope) -> BTreeSet<(u128, u32)> {
        self.found(leg, scope)
            .iter()
            .map(|hit| (hit.passage.revision.as_uuid().as_u128(), hit.passage.ordinal))
            .collect()
    }
}

fn keys(found: &[Scored]) -> BTreeSet<(u128, u32)> {
    found
        .iter()
        .map(|hit| (hit.passage.revision.as_uuid().as_u128(), hit.passage.ordinal))
        .collect()
}

fn oracle(revisions: &[IndexedRevision]) -> BruteForceIndex {
    let index = BruteForceIndex::new(fingerprint());
    index.apply(revisions, &[]).expect("the change set is right");
    index
}

/// How far a quantised cosine may be off.
const NEAR: f32 = 0.02;

fn same_ranking(
    exact: bool,
    leg: &Leg<'_>,
    expected: &[Scored],
    found: &[Scored],
) -> Result<(), TestCaseError> {
    if exact {
        prop_assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            prop_assert_eq!(found.passage, expected.passage);
            prop_assert_eq!(found.segment, expected.segment);
            prop_assert!((found.score - expected.score).abs() <= 1e-5 * expected.score.abs().max(1.0));
        }
        return Ok(());
    }
    prop_assert_eq!(keys(found), keys(expected), "the same passages are found");
    if matches!(leg, Leg::Dense(_)) {
        for (found, expected) in found.iter().zip(expected) {
            prop_assert!((found.score - expected.score).abs() <= NEAR);
        }
    }
    Ok(())
}

/// INV-RANK: the index finds what the oracle finds, in its order.
pub fn ranks_as_the_oracle(fixture: &Fixture) {
    let strategy = (
        revisions(),
        revisions(),
        scopes(),
        questions(),
        any::<u64>(),
        prop_oneof![Just(50_usize), 1_usize..6],
    );
    let mut runner = TestRunner::new(Config {
        cases: fixture.cases,
        failure_persistence: None,
        ..Config::default()
    });
    let exact = fixture.exact;
    let run = |(before, after, scope, question, seed, limit): (
        Vec<IndexedRevision>,
        Vec<IndexedRevision>,
        ReaderScope,
        Vec<shoki_search::index::WeightedText>,
        u64,
        usize,
    )| {
        // Every state is reached from another, so that replacing and removing is compared as well.
        let held = fixture.index.revisions().expect("readable");
        fixture.index.apply(&before, &held).expect("applies");
        let removed = [revision_id(1)];
        fixture.index.apply(&after[1..], &removed).expect("applies");
        let expected = oracle(&before);
        expected.apply(&after[1..], &removed).expect("applies");
        prop_assert_eq!(
            fixture.index.revisions().expect("readable"),
            expected.revisions().expect("readable")
        );
        let vector = vector(seed);
        for leg in [
            Leg::Passages(&question),
            Leg::Paragraphs(&question),
            Leg::Dense(&vector),
        ] {
            let limit = if exact { limit } else { 50 };
            let found = fixture.index.search(&leg, &scope, limit).expect("readable");
            let wanted = expected.search(&leg, &scope, limit).expect("readable");
            same_ranking(exact, &leg, &wanted, &found)?;
        }
        let texts: Vec<String> = question.iter().map(|text| text.text.clone()).collect();
        prop_assert_eq!(
            fixture.index.occurrences(&texts, &scope).expect("readable"),
            expected.occurrences(&texts, &scope).expect("readable")
        );
        Ok(())
    };
    runner
        .run(&strategy, run)
        .unwrap_or_else(|failure| panic!("{failure}"));
}

/// The lexical legs are alive for Japanese: the better passage first, in both.
pub fn finds_japanese_words(fixture: &Fixture) {
    fixture.fill(&[revision(
        1,
        "生活保護",
        &[
            "急迫の場合等において資力があるにもかかわらず、保護を受けたときは、費用を返還しなければならない。",
            "保護は、申請に基づいて開始するものとする。\n保護の費用は市町村が支弁する。",
            "住宅扶助は、金銭給付によって行うものとする。",
        ],
    )]);
    let asked = question("保護費を返還しなければならないか");
    let scope = scope();
    let by_passage = fixture.found(&Leg::Passages(&asked), &scope);
    assert_eq!(by_passage.first().map(|hit| hit.passage.ordinal), Some(0));
    assert!(by_passage.len() >= 2 && by_passage.windows(2).all(|pair| pair[0].score >= pair[1].score));
    let asked = question("市町村が費用を支弁する");
    let by_paragraph = fixture.found(&Leg::Paragraphs(&asked), &scope);
    assert_eq!(by_paragraph[0].passage.ordinal, 1);
    assert_eq!(by_paragraph[0].segment, Some(1));
    let dense = fixture.found(&Leg::Dense(&vector(1_002)), &scope);
    assert_eq!(dense[0].passage.ordinal, 2);
    assert!((dense[0].score - 1.0).abs() < NEAR && dense.len() == 3);
}

/// A revision already there is replaced, whole; one that is removed is gone; an unknown one is no error.
pub fn replaces_and_removes(fixture: &Fixture) {
    fixture.fill(&[
        revision(1, "甲", &["旧い保護", "旧い費用"]),
        revision(2, "乙", &["別の保護"]),
    ]);
    fixture
        .index
        .apply(&[revision(1, "甲", &["新しい保護"])], &[revision_id(404)])
        .expect("applies");
    let reader = scope();
    assert_eq!(
        fixture.ordinals(&Leg::Passages(&question("保護")), &reader),
        [(1, 0), (2, 0)].into()
    );
    assert!(
        fixture
            .found(&Leg::Passages(&question("旧い")), &reader)
            .is_empty()
    );
    let count = fixture
        .index
        .occurrences(&["旧い".to_owned(), "新しい".to_owned()], &reader);
    assert_eq!(count.expect("readable"), [0, 1]);
    fixture.index.apply(&[], &[revision_id(1)]).expect("applies");
    assert_eq!(
        fixture.ordinals(&Leg::Dense(&vector(1)), &reader),
        [(2, 0)].into()
    );
    assert_eq!(fixture.index.revisions().expect("readable"), [revision_id(2)]);
    fixture
        .index
        .apply(&[], &[revision_id(2), revision_id(2)])
        .expect("applies");
    assert!(
        fixture
            .found(&Leg::Passages(&question("保護")), &reader)
            .is_empty()
    );
    assert!(fixture.index.revisions().expect("readable").is_empty());
}

/// Nothing asked, nothing held, nothing wanted: nothing found.
pub fn finds_nothing_for_nothing(fixture: &Fixture) {
    let reader = scope();
    assert!(
        fixture
            .found(&Leg::Passages(&question("保護")), &reader)
            .is_empty()
    );
    assert!(fixture.found(&Leg::Dense(&vector(1)), &reader).is_empty());
    fixture.index.apply(&[], &[]).expect("an empty change set");
    fixture.fill(&[revision(1, "甲", &["保護", ""]), revision(2, "乙", &[])]);
    for nothing in ["", "、。", "の", "麤"] {
        assert!(
            fixture
                .found(&Leg::Passages(&question(nothing)), &reader)
                .is_empty()
        );
        assert!(
            fixture
                .found(&Leg::Paragraphs(&question(nothing)), &reader)
                .is_empty()
        );
    }
    assert!(fixture.found(&Leg::Passages(&[]), &reader).is_empty());
    let none = fixture
        .index
        .search(&Leg::Passages(&question("保護")), &reader, 0);
    assert!(none.expect("readable").is_empty());
    let none = fixture.index.search(&Leg::Dense(&vector(1)), &reader, 0);
    assert!(none.expect("readable").is_empty());
    assert_eq!(
        fixture.index.occurrences(&[], &reader).expect("readable"),
        [0_u64; 0]
    );
}

/// What does not fit is refused and changes nothing.
pub fn refuses_wrong_vectors(fixture: &Fixture) {
    fixture.fill(&[revision(1, "甲", &["保護"])]);
    let mut narrow = revision(2, "乙", &["保護"]);
    narrow.vectors[0].pop();
    let mut missing = revision(2, "乙", &["保護", "費用"]);
    missing.vectors.pop();
    let mut broken = revision(2, "乙", &["保護"]);
    broken.vectors[0][3] = f32::NAN;
    let refused = |bad: IndexedRevision| {
        fixture
            .index
            .apply(&[bad], &[revision_id(1)])
            .expect_err("refused")
    };
    assert!(matches!(
        refused(narrow),
        IndexError::Dimensions {
            expected: 24,
            found: 23
        }
    ));
    assert!(matches!(
        refused(missing),
        IndexError::VectorCount {
            expected: 2,
            found: 1
        }
    ));
    assert!(matches!(refused(broken), IndexError::NotFinite));
    let reader = scope();
    let asked = fixture.index.search(&Leg::Dense(&[1.0]), &reader, 5);
    assert!(matches!(asked, Err(IndexError::Dimensions { .. })));
    assert_eq!(fixture.index.revisions().expect("readable"), [revision_id(1)]);
    assert_eq!(fixture.found(&Leg::Passages(&question("保護")), &reader).len(), 1);
}

/// INV-WHOLE: readers during changes see one state or the next, never a mixture.
pub fn readers_see_whole_change_sets(fixture: &Fixture) {
    // Even states hold revisions 1 and 2 with one passage each, odd ones revisions 3, 4 and 5.
    let even = [
        revision(1, "甲", &["保護の費用"]),
        revision(2, "乙", &["保護の申請"]),
    ];
    let odd = [
        revision(3, "甲", &["保護の費用"]),
        revision(4, "乙", &["保護の申請"]),
        revision(5, "丙", &["保護の決定"]),
    ];
    let ids =
        |revisions: &[IndexedRevision]| -> Vec<_> { revisions.iter().map(|one| one.revision).collect() };
    fixture.fill(&even);
    let done = AtomicBool::new(false);
    let searches = AtomicUsize::new(0);
    let asked = question("保護");
    let reader = scope();
    let read = || {
        while !done.load(Ordering::Acquire) {
            let found = fixture.ordinals(&Leg::Passages(&asked), &reader);
            let whole: [BTreeSet<_>; 2] = [[(1, 0), (2, 0)].into(), [(3, 0), (4, 0), (5, 0)].into()];
            assert!(whole.contains(&found), "a mixture: {found:?}");
            searches.fetch_add(1, Ordering::AcqRel);
        }
    };
    std::thread::scope(|threads| {
        let readers = [threads.spawn(read), threads.spawn(read)];
        let mut turn = 0_u32;
        while turn < 6 || searches.load(Ordering::Acquire) < 20 {
            let (add, remove) = if turn.is_multiple_of(2) {
                (&odd[..], ids(&even))
            } else {
                (&even[..], ids(&odd))
            };
            fixture.index.apply(add, &remove).expect("applies");
            turn += 1;
            if readers.iter().any(std::thread::ScopedJoinHandle::is_finished) {
                break;
            }
        }
        done.store(true, Ordering::Release);
        for reader in readers {
            reader.join().expect("no reader fails");
        }
    });
}

/// Tests of the promises for one index: the module's name and what makes an empty one (`None` when it
/// cannot be had here, which the maker has to say loudly).
macro_rules! passage_index_contract {
    ($name:ident, $make:expr, [$($promise:ident),+ $(,)?]) => {
        mod $name {
            $(
                #[test]
                fn $promise() {
                    let made: Option<crate::contract::Fixture> = $make();
                    if let Some(fixture) = made {
                        crate::contract::$promise(&fixture);
                    }
                }
            )+
        }
    };
    ($name:ident, $make:expr) => {
        passage_index_contract!($name, $make, [
            ranks_as_the_oracle,
            finds_japanese_words,
            keeps_departments_apart,
            other_departments_move_no_score,
            holds_revisions_to_the_day,
            keeps_to_sources_and_kinds,
            replaces_and_removes,
            finds_nothing_for_nothing,
            refuses_wrong_vectors,
            readers_see_whole_change_sets,
        ]);
    };
}
pub(crate) use passage_index_contract;
