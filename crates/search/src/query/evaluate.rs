//! How well a run of answers finds the golds, and the gate that an office passes before it switches
//! synonyms or models: recall@k, Hit@k, MRR@10, nDCG@10 (Järvelin & Kekäläinen 2002, gain 2^grade − 1).
//!
//! Promise: a pair of source and item counts once, its first place. Never: running a search.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::text::normalise;

/// Grade of an item that decides the question; 1 supports it.
pub const DECIDES: u32 = 2;
/// How far nDCG@10 may fall in a switch.
pub const MAX_NDCG_LOSS: f64 = 0.01;
/// Where a pinned question's basis must stay.
pub const PINNED_DEPTH: usize = 5;

const CUTS: [usize; 3] = [1, 5, 10];
const HIT_CUTS: [usize; 4] = [1, 3, 5, 10];

/// A source's title and an item, as they are compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ItemName {
    /// 法令名 or the document's name.
    pub law: String,
    /// `78_2`, `問6-36-3`.
    pub article: String,
}

impl ItemName {
    /// The canonical form: width folded, 第78条の2 as `78_2`.
    #[must_use]
    pub fn new(law: &str, article: &str) -> Self {
        Self {
            law: law.to_owned(),
            article: canonical(article),
        }
    }
}

/// Digits with branch numbers when it is an article (`第?\d+条?([の_-]\d+)*`), else as it is.
fn canonical(article: &str) -> String {
    let article = normalise(article.trim());
    let rest = article.strip_prefix('第').unwrap_or(&article);
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if digits == 0 {
        return article;
    }
    let mut out = rest[..digits].to_owned();
    let mut tail = rest[digits..].strip_prefix('条').unwrap_or(&rest[digits..]);
    while let Some(after) = tail.strip_prefix(['の', '_', '-']) {
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits == 0 {
            break;
        }
        out.push('_');
        out.push_str(&after[..digits]);
        tail = &after[digits..];
    }
    out
}

/// A question with what answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedQuestion {
    /// Its id.
    pub qid: String,
    /// Items with their grades.
    pub golds: BTreeMap<ItemName, u32>,
    /// Whether its basis must stay in the top [`PINNED_DEPTH`].
    pub pinned: bool,
}

/// Answers of one state of the search: question id → items, best first.
pub type Run = BTreeMap<String, Vec<ItemName>>;

/// Figures of one question or the means over many, 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Recall of the deciding items at 1, 5, 10.
    pub recall: [f64; 3],
    /// A deciding item within 1, 3, 5, 10.
    pub hit: [f64; 4],
    /// Reciprocal rank of the first gold of any grade within 10.
    pub mrr: f64,
    /// nDCG@10 over the grades.
    pub ndcg: f64,
}

impl Figures {
    fn add(&mut self, other: &Self) {
        for (sum, value) in self.recall.iter_mut().zip(other.recall) {
            *sum += value;
        }
        for (sum, value) in self.hit.iter_mut().zip(other.hit) {
            *sum += value;
        }
        self.mrr += other.mrr;
        self.ndcg += other.ndcg;
    }

    fn divide(&mut self, count: usize) {
        #[expect(clippy::cast_precision_loss, reason = "a count of questions")]
        let count = count.max(1) as f64;
        for value in self.recall.iter_mut().chain(&mut self.hit) {
            *value /= count;
        }
        self.mrr /= count;
        self.ndcg /= count;
    }
}

/// Figures of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// Questions with golds.
    pub questions: usize,
    /// Of those, questions the run does not answer.
    pub missing: usize,
    /// Means.
    pub mean: Figures,
    /// By question.
    pub by_question: BTreeMap<String, Figures>,
}

/// Scores a run.
#[must_use]
pub fn evaluate(questions: &[JudgedQuestion], run: &Run) -> Evaluation {
    let mut mean = Figures::default();
    let mut by_question = BTreeMap::new();
    let mut missing = 0;
    for question in questions.iter().filter(|question| !question.golds.is_empty()) {
        let results = run.get(&question.qid);
        missing += usize::from(results.is_none());
        let figures = score(question, results.map_or(&[], Vec::as_slice));
        mean.add(&figures);
        by_question.insert(question.qid.clone(), figures);
    }
    mean.divide(by_question.len());
    Evaluation {
        questions: by_question.len(),
        missing,
        mean,
        by_question,
    }
}

fn distinct(results: &[ItemName]) -> Vec<&ItemName> {
    let mut seen = BTreeSet::new();
    results.iter().filter(|item| seen.insert(*item)).collect()
}

/// The items that decide; all of them when none does.
fn deciding(question: &JudgedQuestion) -> BTreeSet<&ItemName> {
    let main: BTreeSet<_> = question
        .golds
        .iter()
        .filter(|&(_, &grade)| grade >= DECIDES)
        .map(|(item, _)| item)
        .collect();
    if main.is_empty() {
        question.golds.keys().collect()
    } else {
        main
    }
}

#[expect(clippy::cast_precision_loss, reason = "ranks and counts of a list of ten")]
fn score(question: &JudgedQuestion, results: &[ItemName]) -> Figures {
    let seen = distinct(results);
    let main = deciding(question);
    let found = |cut: usize| seen.iter().take(cut).filter(|item| main.contains(**item)).count();
    let grade = |item: &ItemName| question.golds.get(item).copied().unwrap_or(0);
    let gain = |grade: u32| 2_f64.powi(i32::try_from(grade).unwrap_or(i32::MAX)) - 1.0;
    let discount = |rank: usize| (rank as f64 + 2.0).log2();
    let dcg: f64 = seen
        .iter()
        .take(10)
        .enumerate()
        .map(|(rank, item)| gain(grade(item)) / discount(rank))
        .sum();
    let mut ideal: Vec<u32> = question.golds.values().copied().collect();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    let idcg: f64 = ideal
        .iter()
        .take(10)
        .enumerate()
        .map(|(rank, &grade)| gain(grade) / discount(rank))
        .sum();
    Figures {
        recall: CUTS.map(|cut| found(cut) as f64 / main.len() as f64),
        hit: HIT_CUTS.map(|cut| f64::from(u8::from(found(cut) > 0))),
        mrr: seen
            .iter()
            .take(10)
            .position(|item| question.golds.contains_key(*item))
            .map_or(0.0, |rank| 1.0 / (rank as f64 + 1.0)),
        ndcg: if idcg > 0.0 { dcg / idcg } else { 0.0 },
    }
}

/// Whether a new state may replace the one in use.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// Whether it may.
    pub passes: bool,
    /// nDCG@10 of the new state less that of the old one.
    pub ndcg_change: f64,
    /// Pinned questions whose basis was in the top five and is not any more.
    pub lost: Vec<String>,
}

/// Whether a change of the mean nDCG@10 is no fall. A loss of exactly .01 passes, whatever the sums round
/// to.
#[must_use]
pub fn is_kept(ndcg_change: f64) -> bool {
    ndcg_change >= -(MAX_NDCG_LOSS + 1e-9)
}

/// Compares the run of a new state with that of the state in use.
#[must_use]
pub fn gate(questions: &[JudgedQuestion], before: &Run, after: &Run) -> Verdict {
    let ndcg_change = evaluate(questions, after).mean.ndcg - evaluate(questions, before).mean.ndcg;
    let held = |question: &JudgedQuestion, run: &Run| {
        let main = deciding(question);
        run.get(&question.qid).is_some_and(|results| {
            distinct(results)
                .iter()
                .take(PINNED_DEPTH)
                .any(|item| main.contains(*item))
        })
    };
    let lost: Vec<String> = questions
        .iter()
        .filter(|question| question.pinned && held(question, before) && !held(question, after))
        .map(|question| question.qid.clone())
        .collect();
    Verdict {
        passes: is_kept(ndcg_change) && lost.is_empty(),
        ndcg_change,
        lost,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(qid: &str, golds: &[(&str, u32)], pinned: bool) -> JudgedQuestion {
        JudgedQuestion {
            qid: qid.to_owned(),
            golds: golds
                .iter()
                .map(|&(item, grade)| (ItemName::new("法", item), grade))
                .collect(),
            pinned,
        }
    }

    fn run(answers: &[(&str, &[&str])]) -> Run {
        answers
            .iter()
            .map(|&(qid, items)| {
                let items = items.iter().map(|item| ItemName::new("法", item)).collect();
                (qid.to_owned(), items)
            })
            .collect()
    }

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 5e-5, "{a} {b}");
    }

    #[test]
    fn figures_are_those_of_the_public_definition() {
        // Worked by hand: golds 63 (2), 80 (1); run 62, 63, 63, 80.
        // DCG = 3/log2(3) + 1/log2(4); IDCG = 3/log2(2) + 1/log2(3).
        let questions = [
            question("a", &[("63", 2), ("80", 1)], false),
            question("b", &[("5", 1)], false),
        ];
        let found = evaluate(&questions, &run(&[("a", &["第62条", "63", "第６３条", "80"])]));
        assert_eq!((found.questions, found.missing), (2, 1));
        let a = found.by_question["a"];
        assert_eq!(a.hit, [0.0, 1.0, 1.0, 1.0]);
        assert_eq!(a.recall, [0.0, 1.0, 1.0]);
        close(a.mrr, 0.5);
        let log3 = 3_f64.log2();
        close(a.ndcg, (3.0 / log3 + 0.5) / (3.0 + 1.0 / log3));
        close(found.mean.ndcg, a.ndcg / 2.0);
        assert_eq!(found.by_question["b"], Figures::default());
    }

    #[test]
    fn names_of_items_are_compared_in_one_form() {
        for (written, canonical) in [
            ("78_2", "78_2"),
            ("第78条の2", "78_2"),
            ("７８－２", "78_2"),
            ("問6-36-3", "問6-36-3"),
            ("別表第一", "別表第一"),
        ] {
            assert_eq!(ItemName::new("法", written).article, canonical, "{written}");
        }
    }

    #[test]
    fn the_gate_refuses_a_fall_and_a_lost_basis() {
        let questions: Vec<JudgedQuestion> = (0..100)
            .map(|at| question(&format!("q{at}"), &[("1", 2)], at == 0))
            .collect();
        let names: Vec<String> = questions.iter().map(|q| q.qid.clone()).collect();
        let all =
            |items: &[&str]| -> Run { run(&names.iter().map(|q| (q.as_str(), items)).collect::<Vec<_>>()) };
        let before = all(&["1", "2"]);
        assert!(gate(&questions, &before, &before).passes);
        let worse = gate(&questions, &before, &all(&["2", "1"]));
        assert!(!worse.passes && worse.lost.is_empty());
        // One question of a hundred lost: .01 passes, unless it is the pinned one.
        let mut after = before.clone();
        after.remove("q7");
        assert!(gate(&questions, &before, &after).passes);
        let mut after = before.clone();
        after.insert("q0".to_owned(), Vec::new());
        let verdict = gate(&questions, &before, &after);
        assert_eq!(
            (verdict.passes, verdict.lost.as_slice()),
            (false, &["q0".to_owned()][..])
        );
    }
}
