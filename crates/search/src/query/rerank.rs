//! A cross-encoder's second look at the best passages: its score joins the sum of the legs.
//!
//! Promises: it is given at most [`DEPTH`] passages and [`MAX_COST`] characters; what it did not see keeps
//! its place behind what it saw at equal merit; when it fails the first order stands. Never: a passage
//! that the legs did not find.

use super::engine::Candidate;
use super::lookup::FoundPassage;

/// Passages looked at again.
pub const DEPTH: usize = 30;
/// Characters of one passage; a longer one is judged by the part that was found.
const MAX_CHARS: usize = 600;
/// Characters of all passages of one question.
const MAX_COST: usize = 12_000;

/// Judges a question and passages: one logit each, in order; `None` when it cannot.
pub type Judge<'a> = dyn FnMut(&str, &[&str]) -> Option<Vec<f32>> + 'a;

/// Orders the best of `ranked` (best first) again: the share of the best sum plus `weight` times the
/// judge's probability. Whether the judge was heard.
pub(super) fn rerank(
    judge: &mut Judge<'_>,
    weight: f32,
    question: &str,
    ranked: &mut [(Candidate, FoundPassage)],
) -> bool {
    let best = ranked.first().map_or(0.0, |(candidate, _)| candidate.score);
    if best <= 0.0 || weight <= 0.0 {
        return false;
    }
    let mut texts: Vec<String> = Vec::new();
    let mut cost = 0;
    for (candidate, found) in ranked.iter().take(DEPTH) {
        let text = judged_text(candidate, found);
        cost += text.chars().count();
        if cost > MAX_COST {
            break;
        }
        texts.push(text);
    }
    let given: Vec<&str> = texts.iter().map(String::as_str).collect();
    let Some(logits) = judge(question, &given).filter(|logits| logits.len() == given.len()) else {
        return false;
    };
    if logits.iter().any(|logit| !logit.is_finite()) {
        return false;
    }
    for (candidate, _) in ranked.iter_mut() {
        candidate.score /= best;
    }
    for ((candidate, _), logit) in ranked.iter_mut().zip(&logits) {
        candidate.score += weight / (1.0 + (-logit).exp());
    }
    ranked.sort_by(|a, b| {
        b.0.score
            .total_cmp(&a.0.score)
            .then_with(|| a.0.key.cmp(&b.0.key))
    });
    true
}

/// What the judge reads: where the passage stands, and the whole of it or the part that was found.
fn judged_text(candidate: &Candidate, found: &FoundPassage) -> String {
    let passage = &found.passage;
    let segment = candidate
        .segment
        .and_then(|at| passage.segments.get(usize::try_from(at).ok()?))
        .and_then(|segment| passage.text.get(segment.span.clone()));
    let body = if passage.text.chars().count() <= MAX_CHARS {
        &passage.text
    } else {
        segment.unwrap_or(&passage.text)
    };
    let end = body
        .char_indices()
        .nth(MAX_CHARS)
        .map_or(body.len(), |(at, _)| at);
    let mut text = found.origin.title.clone();
    for part in passage.headings.last().into_iter().chain(&passage.caption) {
        text.push(' ');
        text.push_str(part);
    }
    text.push('\n');
    text.push_str(&body[..end]);
    text
}

#[cfg(test)]
mod tests {
    use shoki_core::corpus::{Passage, PassageKey, PassageKind, SourceRank};
    use shoki_core::id::RevisionId;

    use super::*;
    use crate::query::lookup::RevisionOrigin;

    fn ranked(scores: &[f32], length: usize) -> Vec<(Candidate, FoundPassage)> {
        let revision = RevisionId::from_uuid(uuid::Uuid::from_u128(1));
        (0_u32..)
            .zip(scores)
            .map(|(ordinal, &score)| {
                let key = PassageKey { revision, ordinal };
                let candidate = Candidate {
                    key,
                    segment: None,
                    score,
                };
                let found = FoundPassage {
                    key,
                    origin: RevisionOrigin {
                        source: "法".to_owned(),
                        title: "見本法".to_owned(),
                        rank: SourceRank::Act,
                        valid_from: None,
                    },
                    passage: Passage {
                        ordinal,
                        kind: PassageKind::Article,
                        item: ordinal.to_string(),
                        label: String::new(),
                        headings: Vec::new(),
                        caption: Some(format!("見出し{ordinal}")),
                        text: "長".repeat(length),
                        segments: Vec::new(),
                        page: None,
                    },
                };
                (candidate, found)
            })
            .collect()
    }

    fn order(ranked: &[(Candidate, FoundPassage)]) -> Vec<u32> {
        ranked
            .iter()
            .map(|(candidate, _)| candidate.key.ordinal)
            .collect()
    }

    #[test]
    fn what_the_judge_prefers_comes_up_and_the_unseen_keep_their_order() {
        let scores: Vec<f32> = (0_u8..40).map(|at| 2.0 - f32::from(at) / 100.0).collect();
        let mut found = ranked(&scores, 10);
        let mut seen = 0;
        let mut judge = |question: &str, passages: &[&str]| {
            assert_eq!(question, "問い");
            seen = passages.len();
            let prefers = |text: &&str| if text.contains("見出し7\n") { 9.0 } else { -9.0 };
            Some(passages.iter().map(prefers).collect())
        };
        assert!(rerank(&mut judge, 0.5, "問い", &mut found));
        assert_eq!(seen, DEPTH);
        let order = order(&found);
        assert_eq!(order[..3], [7, 0, 1]);
        assert_eq!(order[DEPTH..], (30..40).collect::<Vec<u32>>());
    }

    #[test]
    fn its_cost_is_bounded() {
        let mut found = ranked(&[1.0; 40], 5_000);
        let mut characters = 0;
        let mut judge = |_: &str, passages: &[&str]| {
            characters = passages.iter().map(|text| text.chars().count()).sum();
            Some(vec![0.0; passages.len()])
        };
        assert!(rerank(&mut judge, 0.5, "問い", &mut found));
        assert!((MAX_COST / 2..=MAX_COST).contains(&characters), "{characters}");
    }

    #[test]
    fn a_judge_that_fails_or_weighs_nothing_changes_nothing() {
        type Case = (f32, Option<Vec<f32>>);
        let cases: [Case; 4] = [
            (0.5, None),
            (0.5, Some(vec![1.0])),
            (0.5, Some(vec![f32::NAN, 1.0, 2.0])),
            (0.0, Some(vec![1.0, 2.0, 3.0])),
        ];
        for (weight, answer) in cases {
            let mut found = ranked(&[3.0, 2.0, 1.0], 10);
            let before = found.clone();
            let mut judge = |_: &str, _: &[&str]| answer.clone();
            assert!(!rerank(&mut judge, weight, "問い", &mut found), "{answer:?}");
            assert_eq!(order(&found), order(&before));
            assert_eq!(found[0].0.score, before[0].0.score);
        }
    }
}
