//! BM25 as every index computes it (Robertson & Zaragoza 2009), and which terms of a question are worth
//! reading.
//!
//! Promises: a unit's score depends on its own text, the question, and how often the terms occur in what
//! the reader's 課 may see — never on another 課's material. To that end document frequencies are counted
//! per 課 (shared material + own, whatever the day and source), and the length a unit is compared with is
//! a constant instead of the corpus's mean.
//! Never: filters.

/// Saturation of the term frequency.
pub const K1: f32 = 0.9;
/// How much a long unit is discounted.
pub const B: f32 = 0.75;
/// Terms of an average passage: what 42 statutes have, rounded.
pub const PASSAGE_PIVOT: f32 = 400.0;
/// Terms of an average 項 with its headings.
pub const PARAGRAPH_PIVOT: f32 = 200.0;

/// Postings that one leg may read for one question. Below it — every corpus of an ordinary city — all
/// terms count; above it the most common terms are left out until it holds, so that 20 questions a second are
/// answered beside other work at 1,000,000 passages (issue 3). What it costs, on the 60 development questions and
/// 8,478 passages with the budget scaled down as far (nDCG@10 of the whole answer, of the three legs alone): all
/// terms .935 .638; 6 postings a passage .928 .638; 2 .928 .643; 1 .922 .646; ½ .912 .618.
pub const POSTINGS_BUDGET: u64 = 1_500_000;
/// Terms that are read whatever they cost.
pub const LEAST_TERMS: usize = 12;

/// A term of a question before it is looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate<T> {
    /// The term, as the index wants it.
    pub term: T,
    /// Its weight in the question.
    pub weight: f32,
    /// In how many units of what the 課 may see it occurs.
    pub units_with_term: u64,
}

/// A term to be scored.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoredTerm<T> {
    /// The term.
    pub term: T,
    /// What a unit gets for it when the frequency saturates: weight × IDF × (k1 + 1).
    pub ceiling: f32,
}

/// Decides which terms are read, rarest first (equal ones keep their order), in the order in which
/// their contributions are summed.
#[must_use]
pub fn plan<T>(mut candidates: Vec<Candidate<T>>, units: u64, budget: u64) -> Vec<ScoredTerm<T>> {
    candidates.retain(|candidate| candidate.units_with_term > 0);
    candidates.sort_by_key(|candidate| candidate.units_with_term);
    let mut spent = 0_u64;
    let mut planned = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        spent = spent.saturating_add(candidate.units_with_term);
        if spent > budget && planned.len() >= LEAST_TERMS {
            break;
        }
        planned.push(ScoredTerm {
            ceiling: candidate.weight * idf(candidate.units_with_term, units) * (K1 + 1.0),
            term: candidate.term,
        });
    }
    planned
}

/// ln(1 + (N − n + ½) / (n + ½)): never negative.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a ratio of counts; 24 bits are plenty")]
pub fn idf(units_with_term: u64, units: u64) -> f32 {
    let with = units_with_term as f32;
    let without = units.saturating_sub(units_with_term) as f32;
    ((without + 0.5) / (with + 0.5)).ln_1p()
}

/// k1 · (1 − b + b · length / pivot).
#[must_use]
#[inline]
#[expect(clippy::cast_precision_loss, reason = "a count of characters")]
pub fn length_norm(length: u32, pivot: f32) -> f32 {
    K1 * (1.0 - B + B * length as f32 / pivot)
}

/// What a term gives a unit.
#[must_use]
#[inline]
#[expect(clippy::cast_precision_loss, reason = "a count of characters")]
pub fn contribution(ceiling: f32, frequency: u32, norm: f32) -> f32 {
    let frequency = frequency as f32;
    ceiling * frequency / (frequency + norm)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(term: u32, units_with_term: u64) -> Candidate<u32> {
        Candidate {
            term,
            weight: 1.0,
            units_with_term,
        }
    }

    #[test]
    fn within_the_budget_every_term_that_occurs_is_read_rarest_first() {
        let planned = plan(
            vec![candidate(0, 90), candidate(1, 0), candidate(2, 10)],
            100,
            1_000,
        );
        let order: Vec<u32> = planned.iter().map(|term| term.term).collect();
        assert_eq!(order, [2, 0]);
        assert!(planned[0].ceiling > planned[1].ceiling && planned[1].ceiling > 0.0);
    }

    #[test]
    fn above_the_budget_the_commonest_go_but_never_the_last_dozen() {
        let many: Vec<_> = (0..40)
            .map(|term| candidate(term, 100 + u64::from(term)))
            .collect();
        assert_eq!(plan(many.clone(), 1_000, 2_000).len(), 18);
        assert_eq!(plan(many, 1_000, 10).len(), LEAST_TERMS);
    }

    #[test]
    fn a_longer_unit_gets_less_and_a_repeated_term_more() {
        let short = contribution(2.0, 1, length_norm(100, PASSAGE_PIVOT));
        let long = contribution(2.0, 1, length_norm(900, PASSAGE_PIVOT));
        let twice = contribution(2.0, 2, length_norm(100, PASSAGE_PIVOT));
        assert!(long < short && short < twice && twice < 2.0);
    }
}
