//! 関連: what the best hits refer to and what refers to them, one hop.
//!
//! Promises: nothing that is already a hit; 準用 and 委任 before other mentions. Never: a second hop.

use std::collections::BTreeMap;

use shoki_core::corpus::{PassageKey, ReaderScope, Relation};
use shoki_core::evidence::{Hit, Reason};

use super::hits::{hit, target};
use super::lookup::{LookupError, PassageLookup};
use super::wording::Matcher;

/// Hits whose references are followed.
const SEEDS: usize = 3;
/// Related passages given at most.
const MAX_RELATED: usize = 12;
/// Passages that refer to one hit, taken at most: 生活保護法第六条 is mentioned by everything.
const MAX_REFERRING: usize = 8;

pub(super) fn one_hop(
    hits: &[Hit],
    lookup: &dyn PassageLookup,
    scope: &ReaderScope,
    matcher: &Matcher,
) -> Result<Vec<Hit>, LookupError> {
    // Key → (relation, seed's rank); the first way found counts.
    let mut found: BTreeMap<PassageKey, (Relation, usize)> = BTreeMap::new();
    let mut add = |key: PassageKey, seed: usize, relation: Relation| {
        if hits.iter().all(|hit| hit.passage != key) {
            let way = (relation, seed);
            let held = found.entry(key).or_insert(way);
            *held = way.min(*held);
        }
    };
    let seeds: Vec<PassageKey> = hits.iter().take(SEEDS).map(|hit| hit.passage).collect();
    for (citing, edge) in lookup.references(&seeds, scope)? {
        if let Some(key) = target(&edge.source, &edge.item, lookup, scope)?
            && let Some(seed) = seeds.iter().position(|&seed| seed == citing)
        {
            add(key, seed, edge.relation);
        }
    }
    for (seed, hit) in hits.iter().take(SEEDS).enumerate() {
        for (key, relation) in lookup.referring(&hit.title, &hit.item, scope, MAX_REFERRING)? {
            add(key, seed, relation);
        }
    }
    let mut ways: Vec<(PassageKey, (Relation, usize))> = found.into_iter().collect();
    ways.sort_by_key(|&(key, (relation, seed))| (seed, relation, key));
    ways.truncate(MAX_RELATED);
    let keys: Vec<PassageKey> = ways.iter().map(|(key, _)| *key).collect();
    Ok(lookup
        .passages(&keys, scope)?
        .iter()
        .map(|passage| {
            let (_, (relation, seed)) = ways
                .iter()
                .find(|(key, _)| *key == passage.key)
                .expect("a lookup gives what was asked for");
            hit(passage, Reason::Related(*relation), hits[*seed].score, matcher)
        })
        .collect())
}
