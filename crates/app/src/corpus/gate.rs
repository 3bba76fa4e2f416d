//! The evaluation gate over what an office changes of its search (synonyms, known questions): every question
//! whose basis is known is asked with the rules in use and with the new ones, and
//! `shoki_search::query::evaluate` judges.
//!
//! Promise: the same desk, index and embedder as for a caseworker's question. Never: a decision (who may
//! switch all the same is decided where the switch is made).

use jiff::civil::Date;
use shoki_api::GateVerdict;
use shoki_core::evidence::Question;
use shoki_core::id::DepartmentId;
use shoki_search::query::evaluate::{self, Evaluation, ItemName, JudgedQuestion, Run};
use shoki_store::corpus_model::KnownBasis;

use super::desk::{Desk, DeskError};
use super::knowledge::Rules;

/// Hits looked at.
const HITS: u32 = 10;

/// A question with what answers it.
#[derive(Clone, Debug)]
pub struct Known {
    /// The question.
    pub text: String,
    /// Its golds, under an id that is its own.
    pub judged: JudgedQuestion,
}

/// The known bases as judged questions.
#[must_use]
pub fn judged(known: Vec<KnownBasis>) -> Vec<Known> {
    (1..)
        .zip(known)
        .map(|(number, one): (u32, _)| Known {
            judged: JudgedQuestion {
                qid: format!("office-{number}"),
                golds: one
                    .places
                    .iter()
                    .map(|(title, item)| (ItemName::new(title, item), evaluate::DECIDES))
                    .collect(),
                pinned: one.pinned,
            },
            text: one.question,
        })
        .collect()
}

/// Asks every question twice; `None` when `is_gone` says that nobody waits any more.
///
/// # Errors
/// [`DeskError`].
pub fn compare(
    desk: &Desk,
    reader: DepartmentId,
    as_of: Date,
    known: &[Known],
    new: &Rules,
    is_gone: &dyn Fn() -> bool,
) -> Result<Option<GateVerdict>, DeskError> {
    let used = desk.rules_in_use()?;
    let (mut before, mut after) = (Run::new(), Run::new());
    for one in known {
        if is_gone() {
            return Ok(None);
        }
        let question = Question {
            text: one.text.clone(),
            as_of,
            sources: None,
            default_law: None,
            supplementary: false,
            limit: HITS,
        };
        for (rules, run) in [(&used, &mut before), (new, &mut after)] {
            let evidence = desk.ask_with(reader, &question, rules)?;
            let items = evidence
                .hits
                .iter()
                .map(|hit| ItemName::new(&hit.title, &hit.item))
                .collect();
            run.insert(one.judged.qid.clone(), items);
        }
    }
    Ok(Some(verdict(known, &before, &after)))
}

fn verdict(known: &[Known], before: &Run, after: &Run) -> GateVerdict {
    let questions: Vec<JudgedQuestion> = known.iter().map(|one| one.judged.clone()).collect();
    let gate = evaluate::gate(&questions, before, after);
    let (before, after) = (
        evaluate::evaluate(&questions, before),
        evaluate::evaluate(&questions, after),
    );
    let text = |qid: &str| {
        let found = known.iter().find(|one| one.judged.qid == qid);
        found.map_or_else(String::new, |one| one.text.clone())
    };
    GateVerdict {
        questions: before.questions,
        before: before.mean.ndcg,
        after: after.mean.ndcg,
        may_fall: evaluate::MAX_NDCG_LOSS,
        falls: !evaluate::is_kept(gate.ndcg_change),
        lost: gate.lost.iter().map(|qid| text(qid)).collect(),
        worse: worse(&before, &after).iter().map(|qid| text(qid)).collect(),
    }
}

/// Questions whose nDCG fell, the largest fall first.
fn worse<'a>(before: &'a Evaluation, after: &Evaluation) -> Vec<&'a str> {
    let mut fallen: Vec<(f64, &str)> = before
        .by_question
        .iter()
        .filter_map(|(qid, figures)| {
            let fall = figures.ndcg - after.by_question.get(qid)?.ndcg;
            (fall > 0.0).then_some((fall, qid.as_str()))
        })
        .collect();
    fallen.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    fallen.into_iter().map(|(_, qid)| qid).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(known: &[Known], items: &[&str]) -> Run {
        let items: Vec<ItemName> = items.iter().map(|item| ItemName::new("法", item)).collect();
        known
            .iter()
            .map(|one| (one.judged.qid.clone(), items.clone()))
            .collect()
    }

    #[test]
    fn a_verdict_names_the_questions_and_tells_a_fall_from_a_loss() {
        let basis = |question: &str, pinned| KnownBasis {
            question: question.to_owned(),
            places: vec![("法".to_owned(), "第1条".to_owned())],
            pinned,
        };
        let known = judged(vec![basis("固定", true), basis("届出", false)]);
        let before = run(&known, &["1", "2"]);
        let same = verdict(&known, &before, &before);
        assert_eq!((same.questions, same.worse_ja()), (2, None));
        let fallen = verdict(&known, &before, &run(&known, &["2", "1"]));
        assert!(fallen.falls && fallen.lost.is_empty());
        let mut after = before.clone();
        after.insert("office-1".to_owned(), Vec::new());
        let lost = verdict(&known, &before, &after);
        assert_eq!(
            (lost.lost, lost.worse),
            (vec!["固定".to_owned()], vec!["固定".to_owned()])
        );
    }
}
