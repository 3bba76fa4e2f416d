//! The index that scores everything: slow, simple, and therefore what the others are compared with.
//!
//! Promises: textbook BM25 and exact cosine over what the scope admits. Never: a shortcut; a file.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use shoki_core::corpus::{PassageKey, ReaderScope};
use shoki_core::id::{DepartmentId, RevisionId};

use super::admission::{RevisionFacts, check_revisions, check_vector};
use super::dense::dot;
use super::ranking::order;
use super::units::{Unit, paragraphs, passages};
use super::{Fingerprint, IndexError, IndexedRevision, Leg, PassageIndex, Scored, WeightedText, bm25, terms};

#[derive(Debug)]
struct HeldUnit {
    ordinal: u32,
    segment: Option<u32>,
    supplementary: bool,
    counts: HashMap<String, u32>,
    length: u32,
}

impl HeldUnit {
    fn of(unit: &Unit<'_>) -> Self {
        let (counts, length) = terms::frequencies(unit.pieces.iter().copied());
        Self {
            ordinal: unit.ordinal,
            segment: unit.segment,
            supplementary: unit.supplementary,
            counts,
            length,
        }
    }
}

#[derive(Debug)]
struct HeldRevision {
    facts: RevisionFacts,
    passages: Vec<HeldUnit>,
    paragraphs: Vec<HeldUnit>,
    vectors: Vec<Vec<f32>>,
}

type State = BTreeMap<RevisionId, Arc<HeldRevision>>;

/// Passages in memory, all scored for every question.
#[derive(Debug)]
pub struct BruteForceIndex {
    fingerprint: Fingerprint,
    state: RwLock<Arc<State>>,
}

impl BruteForceIndex {
    /// An empty index.
    #[must_use]
    pub fn new(fingerprint: Fingerprint) -> Self {
        Self {
            fingerprint,
            state: RwLock::default(),
        }
    }

    fn state(&self) -> Arc<State> {
        Arc::clone(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn lexical(
    state: &State,
    texts: &[WeightedText],
    scope: &ReaderScope,
    units: fn(&HeldRevision) -> &[HeldUnit],
    pivot: f32,
) -> Vec<Scored> {
    let planned = planned(state, texts, scope.department, units);
    let mut best: HashMap<PassageKey, Scored> = HashMap::new();
    for (&revision, held) in state {
        if !held.facts.admitted(scope) {
            continue;
        }
        for unit in units(held) {
            if unit.supplementary && !scope.supplementary {
                continue;
            }
            let norm = bm25::length_norm(unit.length, pivot);
            let mut score = 0.0;
            for term in &planned {
                if let Some(&frequency) = unit.counts.get(&term.term) {
                    score += bm25::contribution(term.ceiling, frequency, norm);
                }
            }
            if score <= 0.0 {
                continue;
            }
            let passage = PassageKey {
                revision,
                ordinal: unit.ordinal,
            };
            let scored = Scored {
                passage,
                segment: unit.segment,
                score,
            };
            let held = best.entry(passage).or_insert(scored);
            if scored.score > held.score {
                *held = scored;
            }
        }
    }
    best.into_values().collect()
}

fn planned(
    state: &State,
    texts: &[WeightedText],
    department: DepartmentId,
    units: fn(&HeldRevision) -> &[HeldUnit],
) -> Vec<bm25::ScoredTerm<String>> {
    let visible = || state.values().filter(|held| held.facts.visible_to(department));
    let total = visible().map(|held| units(held).len() as u64).sum();
    let candidates = terms::question_terms(texts)
        .into_iter()
        .map(|(term, weight)| bm25::Candidate {
            units_with_term: visible()
                .flat_map(|held| units(held))
                .filter(|unit| unit.counts.contains_key(&term))
                .count() as u64,
            term,
            weight,
        })
        .collect();
    bm25::plan(candidates, total, bm25::POSTINGS_BUDGET)
}

fn dense(state: &State, question: &[f32], scope: &ReaderScope) -> Vec<Scored> {
    let mut found = Vec::new();
    for (&revision, held) in state {
        if !held.facts.admitted(scope) {
            continue;
        }
        for (unit, vector) in held.passages.iter().zip(&held.vectors) {
            if unit.supplementary && !scope.supplementary {
                continue;
            }
            found.push(Scored {
                passage: PassageKey {
                    revision,
                    ordinal: unit.ordinal,
                },
                segment: None,
                score: dot(vector, question),
            });
        }
    }
    found
}

impl PassageIndex for BruteForceIndex {
    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    fn apply(&self, add: &[IndexedRevision], remove: &[RevisionId]) -> Result<(), IndexError> {
        check_revisions(add, &self.fingerprint)?;
        let mut held = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let mut next = State::clone(&held);
        for revision in remove {
            next.remove(revision);
        }
        for revision in add {
            let entry = HeldRevision {
                facts: RevisionFacts::of(revision),
                passages: passages(revision).map(|unit| HeldUnit::of(&unit)).collect(),
                paragraphs: paragraphs(revision).map(|unit| HeldUnit::of(&unit)).collect(),
                vectors: revision.vectors.clone(),
            };
            next.insert(revision.revision, Arc::new(entry));
        }
        *held = Arc::new(next);
        Ok(())
    }

    fn search(&self, leg: &Leg<'_>, scope: &ReaderScope, limit: usize) -> Result<Vec<Scored>, IndexError> {
        let state = self.state();
        let mut found = match leg {
            Leg::Passages(texts) => lexical(&state, texts, scope, |held| &held.passages, bm25::PASSAGE_PIVOT),
            Leg::Paragraphs(texts) => lexical(
                &state,
                texts,
                scope,
                |held| &held.paragraphs,
                bm25::PARAGRAPH_PIVOT,
            ),
            Leg::Dense(question) => {
                check_vector(question, self.fingerprint.dimensions)?;
                dense(&state, question, scope)
            }
        };
        found.sort_by(order);
        found.truncate(limit);
        Ok(found)
    }

    fn occurrences(&self, texts: &[String], scope: &ReaderScope) -> Result<Vec<u64>, IndexError> {
        let state = self.state();
        let admitted: Vec<&HeldUnit> = state
            .values()
            .filter(|held| held.facts.admitted(scope))
            .flat_map(|held| &held.passages)
            .filter(|unit| scope.supplementary || !unit.supplementary)
            .collect();
        let count = |text: &String| {
            let required: HashSet<String> = terms::required_terms(text).into_iter().collect();
            let holds = |unit: &&&HeldUnit| required.iter().all(|term| unit.counts.contains_key(term));
            admitted.iter().filter(holds).count() as u64
        };
        Ok(texts.iter().map(count).collect())
    }

    fn revisions(&self) -> Result<Vec<RevisionId>, IndexError> {
        Ok(self.state().keys().copied().collect())
    }
}
