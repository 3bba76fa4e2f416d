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
    let mut found: BTreeMap<PassageKey, (u8, usize, Relation)> = BTreeMap::new();
    let mut add = |key: PassageKey, seed: usize, relation: Relation| {
        if hits.iter().all(|hit| hit.passage != key) {
            let way = (precedence(relation), seed, relation);
            let held = found.entry(key).or_insert(way);
            if (way.0, way.1) < (held.0, held.1) {
                *held = way;
            }
        }
    };
    for (seed, hit) in hits.iter().take(SEEDS).enumerate() {
        for (_, edge) in lookup.references(&[hit.passage], scope)? {
            if let Some(key) = target(&edge.source, &edge.item, lookup, scope)? {
                add(key, seed, edge.relation);
            }
        }
        let mut referring = lookup.referring(&hit.title, &hit.item, scope)?;
        referring.sort_by_key(|&(key, relation)| (precedence(relation), key));
        for (key, relation) in referring.into_iter().take(MAX_REFERRING) {
            add(key, seed, relation);
        }
    }
    let mut ways: Vec<(PassageKey, (u8, usize, Relation))> = found.into_iter().collect();
    ways.sort_by_key(|&(key, (precedence, seed, _))| (seed, precedence, key));
    ways.truncate(MAX_RELATED);
    let keys: Vec<PassageKey> = ways.iter().map(|(key, _)| *key).collect();
    Ok(lookup
        .passages(&keys, scope)?
        .iter()
        .map(|passage| {
            let (_, (_, seed, relation)) = ways
                .iter()
                .find(|(key, _)| *key == passage.key)
                .expect("a lookup gives what was asked for");
            hit(passage, Reason::Related(*relation), hits[*seed].score, matcher)
        })
        .collect())
}

const fn precedence(relation: Relation) -> u8 {
    match relation {
        Relation::AppliesMutatisMutandis => 0,
        Relation::Delegates => 1,
        Relation::Mentions => 2,
    }
}
