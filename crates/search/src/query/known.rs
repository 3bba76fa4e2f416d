//! Questions whose answer is known, near the one asked: which of them still hold, and for which passages
//! they vote.
//!
//! Promises: what was written for an item that says something else today has no vote and decides nothing;
//! the reader's own 課 comes before the shipped bank when both are as near. Never: a question of another 課
//! (the caller hands in the reader's own).

use std::collections::{BTreeMap, HashMap};

use shoki_core::corpus::{PassageKey, PassageKind, ReaderScope};

use super::bank::{Known, Neighbour, QuestionBank};
use super::lookup::{LookupError, PassageLookup};
use super::sketch::Sketch;

/// Questions of the banks that are looked at.
const NEIGHBOURS: usize = 12;
/// What a further question of the bank to the same item adds.
const SECOND_SHARE: f32 = 0.25;
/// What a question of the 課 counts against one of the shipped bank: people of the office judged it on the
/// very texts they have. Decided, not measured: there are no such judgements to measure on.
const OWN_FACTOR: f32 = 2.0;

/// Kinds of passages that can answer a question; 附則 are searched only when asked for.
pub const ANSWERING: &[PassageKind] = &[
    PassageKind::Preamble,
    PassageKind::Article,
    PassageKind::Appendix,
    PassageKind::OutlineItem,
    PassageKind::QuestionAnswer,
    PassageKind::Section,
];

/// The passage that a question of a bank stands for.
pub(super) fn target(
    law: &str,
    article: &str,
    lookup: &dyn PassageLookup,
    scope: &ReaderScope,
) -> Result<Option<PassageKey>, LookupError> {
    lookup.place(law, ANSWERING, article, scope)
}

/// Near questions, best first, each with the passage it stands for, when the reader has it.
pub(super) struct KnownAnswers<'a> {
    pub neighbours: Vec<Neighbour<'a>>,
    /// How near the nearest comes that a source decides which the reader has; 0 when there is none. What a
    /// law that is not there decides says nothing: a casebook on that law answers as well.
    pub answered: f32,
    /// The passage of each, and what its vote counts.
    votes: Vec<Option<(PassageKey, f32)>>,
}

impl<'a> KnownAnswers<'a> {
    /// The questions nearest to a normalised text that hold today.
    pub(super) fn near(
        text: &str,
        own: Option<&'a QuestionBank>,
        shipped: &'a QuestionBank,
        lookup: &dyn PassageLookup,
        scope: &ReaderScope,
    ) -> Result<Self, LookupError> {
        let near = |bank: &'a QuestionBank, factor: f32| {
            let near = bank.nearest(text, NEIGHBOURS);
            near.into_iter().map(move |neighbour| (neighbour, factor))
        };
        let mut found: Vec<(Neighbour<'a>, f32)> =
            own.into_iter().flat_map(|own| near(own, OWN_FACTOR)).collect();
        found.extend(near(shipped, 1.0));
        found.sort_by(|a, b| b.0.similarity.total_cmp(&a.0.similarity));
        found.truncate(NEIGHBOURS);
        let mut places: HashMap<(&str, &str), Option<PassageKey>> = HashMap::new();
        for (neighbour, _) in &found {
            if let Known::Item { law, article } = &neighbour.question.known
                && !places.contains_key(&(law.as_str(), article.as_str()))
            {
                places.insert((law, article), target(law, article, lookup, scope)?);
            }
        }
        let keys: Vec<PassageKey> = places.values().flatten().copied().collect();
        let says: HashMap<PassageKey, Sketch> = lookup
            .passages(&keys, scope)?
            .into_iter()
            .map(|found| (found.key, Sketch::of(&found.passage.text)))
            .collect();
        let mut known = Self {
            neighbours: Vec::with_capacity(found.len()),
            answered: 0.0,
            votes: Vec::with_capacity(found.len()),
        };
        for (neighbour, factor) in found {
            let target = match &neighbour.question.known {
                Known::Item { law, article } => places.get(&(law.as_str(), article.as_str())).copied(),
                Known::Missing { .. } | Known::Outside { .. } | Known::Office => None,
            }
            .flatten();
            let says = target.and_then(|key| says.get(&key));
            if let (Some(seen), Some(says)) = (neighbour.question.seen, says)
                && !seen.is_like(*says)
            {
                continue;
            }
            if known.answered == 0.0
                && let Known::Item { law, .. } = &neighbour.question.known
                && (target.is_some() || lookup.holds(law, scope)?)
            {
                known.answered = neighbour.similarity;
            }
            known.neighbours.push(neighbour);
            known
                .votes
                .push(target.map(|key| (key, factor * neighbour.similarity)));
        }
        Ok(known)
    }

    /// What the near questions say for each passage, by key.
    pub(super) fn votes(&self) -> BTreeMap<PassageKey, f32> {
        let mut votes: BTreeMap<PassageKey, f32> = BTreeMap::new();
        for &(key, said) in self.votes.iter().flatten() {
            let vote = votes.entry(key).or_insert(0.0);
            // The second question to the same item says less than the first.
            *vote = vote.max(said) + SECOND_SHARE * vote.min(said);
        }
        votes
    }
}
