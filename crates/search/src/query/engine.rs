//! Question → evidence: reads the citations, widens the words, asks each leg, sums what they say, pins
//! what was cited, decides whether there is a basis, follows the references one hop.
//!
//! Promises: the same question on the same index and truth gives the same answer, ties by key; nothing
//! outside the [`ReaderScope`] is scored or shown. Never: a threshold on a score.

use std::collections::{BTreeMap, HashMap};

use shoki_core::corpus::{PassageKey, ReaderScope};
use shoki_core::evidence::{Evidence, Hit, Question, Reason, Remark};
use shoki_core::id::RevisionId;

use super::bank::QuestionBank;
use super::citation::{Names, family_root, parse};
use super::hits::{hit, references};
use super::known::KnownAnswers;
use super::lookup::{FoundPassage, LookupError, PassageLookup, RevisionOrigin};
use super::personal;
use super::pinned::{self, Pinned};
use super::refusal::{self, Findings};
use super::related;
use super::rerank::{Judge, rerank};
use super::scope_table::ScopeTable;
use super::synonym::{SynonymTable, Widening};
use super::weights::Weights;
use super::wording::{Matcher, other_numbers};
use crate::index::{Fingerprint, IndexError, Leg, PassageIndex, Scored, WeightedText};
use crate::text::normalise;

/// Longest question, in characters; longer ones are refused with a clear answer.
pub const MAX_QUESTION_CHARS: usize = 10_000;
/// Passages that each leg gives.
const LEG_DEPTH: usize = 200;
/// Passages read whole before the last ordering.
const READ_DEPTH: usize = 60;
/// Hits given at most.
const MAX_HITS: usize = 100;

/// A question that cannot be answered.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// Nothing to look for.
    #[error("the question is empty")]
    EmptyQuestion,
    /// Longer than [`MAX_QUESTION_CHARS`].
    #[error("the question has {0} characters")]
    QuestionTooLong(usize),
    /// The index.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The truth.
    #[error(transparent)]
    Lookup(#[from] LookupError),
}

/// Everything an answer is made from.
#[derive(Clone, Copy)]
pub struct Searcher<'a> {
    /// Where passages are found.
    pub index: &'a dyn PassageIndex,
    /// Where they are read.
    pub lookup: &'a dyn PassageLookup,
    /// Names of sources.
    pub names: &'a Names,
    /// 口語 → 法令用語.
    pub synonyms: &'a SynonymTable,
    /// Questions whose answer is known.
    pub bank: &'a QuestionBank,
    /// Those of the reader's own 課, and of no other.
    pub own: Option<&'a QuestionBank>,
    /// What lies outside the law desk or in sources that may be missing.
    pub limits: &'a ScopeTable,
    /// What counts how much.
    pub weights: Weights,
}

impl std::fmt::Debug for Searcher<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Searcher")
            .field("index", self.index)
            .field("weights", &self.weights)
            .finish_non_exhaustive()
    }
}

/// A passage on its way to a hit.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub key: PassageKey,
    pub segment: Option<u32>,
    pub score: f32,
}

impl Searcher<'_> {
    /// Answers a question for a reader. `vector` is the question's embedding, when there is a dense leg.
    /// The question's day and sources must already be in `scope`.
    ///
    /// # Errors
    /// [`QueryError`].
    pub fn ask(
        &self,
        question: &Question,
        scope: &ReaderScope,
        vector: Option<&[f32]>,
    ) -> Result<Evidence, QueryError> {
        Ok(self.ask_judged(question, scope, vector, None)?.0)
    }

    /// As [`Searcher::ask`], with a judge that looks at the best passages again. Whether it was heard.
    ///
    /// # Errors
    /// [`QueryError`].
    pub fn ask_judged(
        &self,
        question: &Question,
        scope: &ReaderScope,
        vector: Option<&[f32]>,
        judge: Option<&mut Judge<'_>>,
    ) -> Result<(Evidence, bool), QueryError> {
        if question.text.trim().is_empty() {
            return Err(QueryError::EmptyQuestion);
        }
        let length = question.text.chars().count();
        if length > MAX_QUESTION_CHARS {
            return Err(QueryError::QuestionTooLong(length));
        }
        let text = normalise(&question.text);
        let default = question.default_law.as_deref();
        let citations = parse(&text, self.names);
        let pinned = pinned::resolve(&citations, default, self.lookup, scope)?;
        let widened = self.synonyms.widen(&text);
        let known = KnownAnswers::near(&text, self.own, self.bank, self.lookup, scope)?;
        let mut ranked = self.rank(&text, &widened, &known, default, scope, vector)?;
        let judged = judge.is_some_and(|judge| rerank(judge, self.weights.rerank, &text, &mut ranked));

        let mut remarks = pinned.remarks.clone();
        remarks.extend(
            personal::spans(&question.text)
                .into_iter()
                .map(|span| Remark::PersonalData { span }),
        );
        remarks.extend(widened.iter().map(|widening| Remark::Widened {
            from: widening.from.to_owned(),
            to: widening.to.to_vec(),
        }));

        let words: Vec<&str> = widened
            .iter()
            .flat_map(|widening| widening.to.iter().map(String::as_str))
            .collect();
        let matcher = Matcher::new(&text, &words);
        let limit = usize::try_from(question.limit)
            .unwrap_or(MAX_HITS)
            .clamp(1, MAX_HITS);
        let hits = self.hits(&pinned, &ranked, &matcher, limit, scope)?;
        let no_basis = refusal::decide(&Findings {
            question: &text,
            citations: &citations,
            pinned: &pinned,
            widened: &widened,
            known: &known,
            hits: &hits,
            limits: self.limits,
            index: self.index,
            scope,
        })?;
        let related = related::one_hop(&hits, self.lookup, scope, &matcher)?;
        let evidence = Evidence {
            hits,
            related,
            no_basis,
            remarks,
            own: Vec::new(),
            index: fingerprint(self.index.fingerprint()),
        };
        Ok((evidence, judged))
    }

    /// Sums the legs and reads the best.
    fn rank(
        &self,
        text: &str,
        widened: &[Widening<'_>],
        known: &KnownAnswers<'_>,
        default: Option<&str>,
        scope: &ReaderScope,
        vector: Option<&[f32]>,
    ) -> Result<Vec<(Candidate, FoundPassage)>, QueryError> {
        let texts = self.weighted_texts(text, widened);
        let mut sums: BTreeMap<PassageKey, Candidate> = BTreeMap::new();
        let mut add = |found: Vec<Scored>, weight: f32| {
            let best = found.iter().map(|scored| scored.score).fold(0.0, f32::max);
            if best <= 0.0 {
                return;
            }
            for scored in found {
                let candidate = sums.entry(scored.passage).or_insert(Candidate {
                    key: scored.passage,
                    segment: None,
                    score: 0.0,
                });
                candidate.score += weight * scored.score.max(0.0) / best;
                candidate.segment = scored.segment.or(candidate.segment);
            }
        };
        let mut legs = vec![
            (Leg::Passages(&texts), self.weights.passages),
            (Leg::Paragraphs(&texts), self.weights.paragraphs),
        ];
        if let Some(vector) = vector.filter(|_| self.weights.dense > 0.0) {
            legs.push((Leg::Dense(vector), self.weights.dense));
        }
        let (legs, weights): (Vec<Leg<'_>>, Vec<f32>) = legs.into_iter().unzip();
        for (found, weight) in self
            .index
            .search_all(&legs, scope, LEG_DEPTH)?
            .into_iter()
            .zip(weights)
        {
            add(found, weight);
        }
        for (key, vote) in known.votes() {
            let candidate = sums.entry(key).or_insert(Candidate {
                key,
                segment: None,
                score: 0.0,
            });
            candidate.score += self.weights.known * vote;
        }
        let mut candidates: Vec<Candidate> = sums.into_values().collect();
        self.prefer_sources(text, &mut candidates, default, scope)?;
        order(&mut candidates);
        candidates.truncate(READ_DEPTH.max(MAX_HITS));
        let mut read = self.read(candidates, scope)?;
        self.prefer_captions(text, widened, &mut read);
        read.sort_by(|a, b| {
            b.0.score
                .total_cmp(&a.0.score)
                .then_with(|| a.0.key.cmp(&b.0.key))
        });
        Ok(read)
    }

    fn weighted_texts(&self, text: &str, widened: &[Widening<'_>]) -> Vec<WeightedText> {
        let mut texts = vec![WeightedText {
            text: text.to_owned(),
            weight: 1.0,
        }];
        texts.extend(
            other_numbers(text)
                .into_iter()
                .map(|text| WeightedText { text, weight: 1.0 }),
        );
        for widening in widened {
            texts.extend(widening.to.iter().map(|word| WeightedText {
                text: word.clone(),
                weight: widening.weight * self.weights.synonyms,
            }));
        }
        texts
    }

    /// The default law's family and the laws that the question names come first, the others stay.
    fn prefer_sources(
        &self,
        text: &str,
        candidates: &mut [Candidate],
        default: Option<&str>,
        scope: &ReaderScope,
    ) -> Result<(), QueryError> {
        let root = default.map(family_root);
        let mentioned: Vec<&str> = self
            .names
            .mentions(text)
            .into_iter()
            .map(|(_, title)| family_root(title))
            .collect();
        let mut origins: HashMap<RevisionId, Option<RevisionOrigin>> = HashMap::new();
        for candidate in candidates {
            let revision = candidate.key.revision;
            let origin = match origins.get(&revision) {
                Some(origin) => origin,
                None => {
                    let origin = self.lookup.origin(revision, scope)?;
                    origins.entry(revision).or_insert(origin)
                }
            };
            let Some(origin) = origin else { continue };
            let family = family_root(&origin.title);
            if mentioned.contains(&family) {
                candidate.score *= self.weights.named_law;
            } else if mentioned.is_empty() && root == Some(family) {
                candidate.score *= self.weights.default_family;
            }
        }
        Ok(())
    }

    fn read(
        &self,
        candidates: Vec<Candidate>,
        scope: &ReaderScope,
    ) -> Result<Vec<(Candidate, FoundPassage)>, QueryError> {
        let keys: Vec<PassageKey> = candidates.iter().map(|candidate| candidate.key).collect();
        let mut by_key: HashMap<PassageKey, FoundPassage> = self
            .lookup
            .passages(&keys, scope)?
            .into_iter()
            .map(|found| (found.key, found))
            .collect();
        Ok(candidates
            .into_iter()
            .filter_map(|candidate| {
                let found = by_key.remove(&candidate.key)?;
                Some((candidate, found))
            })
            .collect())
    }

    /// A heading that is the law's word for what was asked.
    fn prefer_captions(&self, text: &str, widened: &[Widening<'_>], read: &mut [(Candidate, FoundPassage)]) {
        for (candidate, found) in read {
            let Some(caption) = found.passage.caption.as_deref().map(normalise) else {
                continue;
            };
            let asked = if caption.chars().count() > 2 && text.contains(&caption) {
                1.0
            } else {
                0.0
            };
            let share = widened
                .iter()
                .filter(|widening| widening.to.contains(&caption))
                .map(|widening| widening.weight)
                .fold(asked, f32::max);
            candidate.score *= 1.0 + self.weights.caption * share;
        }
    }

    fn hits(
        &self,
        pinned: &Pinned,
        ranked: &[(Candidate, FoundPassage)],
        matcher: &Matcher,
        limit: usize,
        scope: &ReaderScope,
    ) -> Result<Vec<Hit>, QueryError> {
        let top = ranked.first().map_or(0.0, |(candidate, _)| candidate.score);
        let mut hits = Vec::new();
        for cited in pinned.passages.iter().take(limit) {
            let mut hit = hit(&cited.found, Reason::Cited, top + 1.0, matcher);
            hit.segment = cited.segment.clone();
            hits.push(hit);
        }
        for (candidate, found) in ranked {
            if hits.len() >= limit {
                break;
            }
            if hits.iter().any(|held| held.passage == candidate.key) {
                continue;
            }
            let mut hit = hit(found, Reason::Found, candidate.score, matcher);
            hit.segment = candidate
                .segment
                .and_then(|at| found.passage.segments.get(usize::try_from(at).ok()?))
                .map(|segment| segment.path.clone())
                .unwrap_or_default();
            hits.push(hit);
        }
        let keys: Vec<PassageKey> = hits.iter().map(|hit| hit.passage).collect();
        let mut all = references(&keys, self.lookup, scope)?;
        for hit in &mut hits {
            hit.references = all.remove(&hit.passage).unwrap_or_default();
        }
        Ok(hits)
    }
}

fn order(candidates: &mut [Candidate]) {
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.key.cmp(&b.key)));
}

/// What an answer is traced by.
fn fingerprint(of: &Fingerprint) -> String {
    let embedder = of
        .embedder
        .map_or_else(|| "-".to_owned(), |digest| digest.to_string());
    format!("{}:{}:{embedder}", of.layout, of.dimensions)
}
