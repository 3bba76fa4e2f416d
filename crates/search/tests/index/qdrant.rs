//! The contract on a real Qdrant server, when `QDRANT_URL` (its gRPC address) says where one is.
//!
//! Promise: that it did not run is said on standard error, and fails the run where
//! `SHOKI_REQUIRE_QDRANT` is set. Never: a server nobody named.

use std::sync::Arc;

use qdrant_client::Qdrant;
use shoki_core::corpus::PassageKey;
use shoki_search::index::brute::BruteForceIndex;
use shoki_search::index::qdrant::{QdrantAddress, QdrantIndex};
use shoki_search::index::{Fingerprint, IndexError, Leg, PassageIndex};
use uuid::Uuid;

use crate::contract::{Fixture, passage_index_contract};
use crate::corpus::{fingerprint, question, revision, revision_id, scope};

/// An address of its own for one test; its collections go at the end.
struct Place(QdrantAddress);

impl Place {
    #[expect(clippy::print_stderr, reason = "that nothing was tested must be seen")]
    fn new() -> Option<Self> {
        let Ok(url) = std::env::var("QDRANT_URL") else {
            eprintln!("NOT RUN: QDRANT_URL is not set, the Qdrant index was not tested");
            return None;
        };
        Some(Self(QdrantAddress {
            url,
            api_key: std::env::var("QDRANT_API_KEY").ok(),
            name: format!("shoki-test-{}", Uuid::now_v7().simple()),
        }))
    }

    fn open(&self) -> QdrantIndex {
        QdrantIndex::open(&self.0, fingerprint()).expect("the server of QDRANT_URL answers")
    }

    fn collections(&self) -> usize {
        let client = Qdrant::from_url(&self.0.url)
            .skip_compatibility_check()
            .build()
            .expect("an address");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let all = runtime
            .block_on(client.list_collections())
            .expect("the server answers");
        all.collections
            .iter()
            .filter(|held| held.name.starts_with(&self.0.name))
            .count()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Ok(client) = Qdrant::from_url(&self.0.url).skip_compatibility_check().build() else {
            return;
        };
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
            return;
        };
        runtime.block_on(async {
            let Ok(all) = client.list_collections().await else {
                return;
            };
            for held in all.collections {
                if held.name.starts_with(&self.0.name) {
                    // The server may be gone by now; then there is nothing to tidy.
                    let _left = client.delete_collection(held.name).await;
                }
            }
        });
    }
}

fn on_the_server() -> Option<Fixture> {
    let place = Place::new()?;
    Some(Fixture {
        index: Arc::new(place.open()),
        _place: Some(Box::new(place)),
        exact: false,
        cases: 12,
    })
}

// Without `other_departments_move_no_score`: servers before 1.19 count the IDF over the collection.
passage_index_contract!(
    qdrant_index,
    super::on_the_server,
    [
        ranks_as_the_oracle,
        finds_japanese_words,
        keeps_departments_apart,
        holds_revisions_to_the_day,
        keeps_to_sources_and_kinds,
        replaces_and_removes,
        finds_nothing_for_nothing,
        refuses_wrong_vectors,
        readers_see_whole_change_sets,
    ]
);

#[test]
fn a_server_is_there_where_one_is_required() {
    if std::env::var_os("SHOKI_REQUIRE_QDRANT").is_some() {
        assert!(
            std::env::var_os("QDRANT_URL").is_some(),
            "SHOKI_REQUIRE_QDRANT is set but QDRANT_URL is not: the Qdrant suite did not run"
        );
    }
}

/// The server's ranking is near the oracle's: the best passage the same nine times in ten, and four of
/// the best five on average.
#[test]
fn rankings_are_near_the_oracle() {
    let Some(place) = Place::new() else { return };
    let subjects = [
        "保護の費用",
        "住宅扶助",
        "収入の認定",
        "世帯主の申請",
        "却下の決定",
        "返還の請求",
    ];
    let verbs = [
        "を申請する。",
        "を返還しなければならない。",
        "について定める。",
        "の額を変更する。",
        "を却下した。",
    ];
    let texts: Vec<String> = (0..60)
        .map(|number| {
            let own = subjects[number % subjects.len()];
            let verb = verbs[number / 2 % verbs.len()];
            let other = subjects[number / 7 % subjects.len()];
            format!("第{number}号の{own}{verb}{other}がある場合は{number}日以内とする。")
        })
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let held = [revision(1, "甲", &texts)];
    let index = place.open();
    index.apply(&held, &[]).expect("applies");
    let oracle = BruteForceIndex::new(fingerprint());
    oracle.apply(&held, &[]).expect("applies");
    let (mut first, mut overlap, mut asked) = (0, 0, 0);
    for number in 0..30 {
        let text = format!("{number}日以内に{}{}", subjects[number % 6], verbs[number % 5]);
        let question = question(&text);
        for leg in [Leg::Passages(&question), Leg::Paragraphs(&question)] {
            let best = |index: &dyn PassageIndex| -> Vec<PassageKey> {
                let found = index.search(&leg, &scope(), 5).expect("readable");
                found.iter().map(|hit| hit.passage).collect()
            };
            let (found, wanted) = (best(&index), best(&oracle));
            asked += 1;
            first += usize::from(found.first() == wanted.first());
            overlap += found.iter().filter(|passage| wanted.contains(passage)).count();
        }
    }
    assert!(
        first * 10 >= asked * 9,
        "the best passage agrees {first} times of {asked}"
    );
    assert!(overlap >= asked * 4, "{overlap} of {} agree", asked * 5);
}

#[test]
fn it_is_there_again_and_another_fingerprint_is_rebuilt() {
    let Some(place) = Place::new() else { return };
    let serving = place.open();
    serving
        .apply(&[revision(1, "甲", &["保護の費用"])], &[])
        .expect("applies");
    drop(serving);
    let serving = place.open();
    assert_eq!(serving.revisions().expect("readable"), [revision_id(1)]);
    let words_only = Fingerprint {
        embedder: None,
        dimensions: 0,
        layout: 1,
    };
    let refused = QdrantIndex::open(&place.0, words_only.clone());
    assert!(matches!(refused, Err(IndexError::OtherFingerprint)));
    let next = QdrantIndex::rebuild(&place.0, words_only.clone()).expect("another collection");
    let mut without = revision(1, "甲", &["保護の費用を返還する"]);
    without.vectors.clear();
    next.apply(&[without], &[]).expect("applies");
    let asked = question("返還");
    let found = serving
        .search(&Leg::Passages(&asked), &scope(), 5)
        .expect("the former one serves");
    assert!(found.is_empty());
    next.publish().expect("published");
    let index = QdrantIndex::open(&place.0, words_only).expect("the new one");
    let found = index
        .search(&Leg::Passages(&asked), &scope(), 5)
        .expect("readable");
    assert_eq!(found.len(), 1);
    assert_eq!(place.collections(), 1, "the former collection is deleted");
}
