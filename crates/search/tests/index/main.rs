//! The promises of the indexes: one contract suite on each, and what only the embedded one can show —
//! crashes, damage, rebuilding.
//!
//! Never: real text, a model.

mod contract;
mod corpus;
mod embedded;
mod large;
mod qdrant;

use std::sync::Arc;

use shoki_search::index::brute::BruteForceIndex;
use shoki_search::index::embedded::EmbeddedIndex;

use crate::contract::{Fixture, passage_index_contract};
use crate::corpus::fingerprint;

fn brute_force() -> Option<Fixture> {
    Some(Fixture {
        index: Arc::new(BruteForceIndex::new(fingerprint())),
        _place: None,
        exact: true,
        cases: 32,
    })
}

fn embedded_in_a_directory() -> Option<Fixture> {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let index = EmbeddedIndex::open(directory.path(), fingerprint()).expect("an empty directory");
    Some(Fixture {
        index: Arc::new(index),
        _place: Some(Box::new(directory)),
        exact: true,
        cases: 48,
    })
}

passage_index_contract!(brute, crate::brute_force);
passage_index_contract!(embedded_index, crate::embedded_in_a_directory);
