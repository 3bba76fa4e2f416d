//! A corpus too large for the short ways of the contract suite.
//!
//! Never: a figure of speed.

use shoki_search::index::brute::BruteForceIndex;
use shoki_search::index::embedded::EmbeddedIndex;
use shoki_search::index::{IndexedRevision, Leg, PassageIndex};

use crate::corpus::{department, drawn_text, fingerprint, question, revision, scope, vector};

/// So many that the index passes over them by windows, by threads and by several segments, and leaves out
/// what cannot be among the best: the ranking is still the one of scoring everything.
#[test]
fn a_large_corpus_ranks_as_the_oracle() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let index = EmbeddedIndex::open(directory.path(), fingerprint()).expect("an empty directory");
    let oracle = BruteForceIndex::new(fingerprint());
    let mut state = 41;
    for change_set in 0..3 {
        let made: Vec<IndexedRevision> = (0..20)
            .map(|position| {
                let texts: Vec<String> = (0..400)
                    .map(|at| drawn_text(&mut state, 4 + (at * 7 + position) % 25))
                    .collect();
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                let number = u128::try_from(change_set * 100 + position).expect("small");
                let mut made = revision(number, ["甲", "乙"][position % 2], &texts);
                made.department = (position % 10 == 3).then(|| department(2));
                made
            })
            .collect();
        index.apply(&made, &[]).expect("applies");
        oracle.apply(&made, &[]).expect("applies");
    }
    for (number, text) in [
        "保護費の返還",
        "世帯主申請却下住宅扶助",
        "収入、認定。Ａ6条",
        "一二三",
    ]
    .into_iter()
    .enumerate()
    {
        let (question, vector) = (question(text), vector(number as u64));
        let legs = [
            Leg::Passages(&question),
            Leg::Paragraphs(&question),
            Leg::Dense(&vector),
        ];
        for limit in [1, 20, 200] {
            let found = index.search_all(&legs, &scope(), limit).expect("readable");
            for (leg, found) in legs.iter().zip(found) {
                let wanted = oracle.search(leg, &scope(), limit).expect("readable");
                assert_eq!(found, wanted, "{leg:?}, {limit} best");
            }
        }
    }
}
