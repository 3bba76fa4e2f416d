//! `shoki search bank`: whether the questions whose answer is known still point at what they were written
//! for, the shipped ones and the 課's own.
//!
//! Promise: an item that has no vote any more is named with its questions. Never: a change.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Zoned;
use jiff::civil::Date;
use shoki_core::id::DepartmentId;
use shoki_search::query::bank_check::{CheckedItem, Standing};
use shoki_search::query::sketch::Sketch;
use shoki_store::CorpusStore as _;

use super::Refusal;
use super::ask::with_desk;
use crate::cli::SearchBank;
use crate::config::Config;
use crate::corpus::local::LocalCorpus;
use crate::output;

/// Questions shown of one item.
const SHOWN: usize = 3;

/// An item that does not hold any more.
struct Misfit {
    law: String,
    article: String,
    seen: Option<Sketch>,
    is_gone: bool,
    is_own: bool,
    questions: Vec<String>,
}

/// What a check found.
#[derive(Default)]
struct Found {
    /// Items by how they stand: as they were, not known, of sources that are not held.
    same: usize,
    unseen: usize,
    not_held: usize,
    questions: usize,
    misfits: Vec<Misfit>,
    /// The shipped items that are there: law, item, sketch.
    sketches: BTreeMap<(String, String), Sketch>,
}

impl Found {
    fn add(&mut self, item: &CheckedItem<'_>, is_own: bool) {
        self.questions += item.questions.len();
        let (says, is_gone) = match item.standing {
            Standing::Same(says) => {
                self.same += 1;
                (Some(says), None)
            }
            Standing::Unseen(says) => {
                self.unseen += 1;
                (Some(says), None)
            }
            Standing::Other(says) => (Some(says), Some(false)),
            Standing::Gone => (None, Some(true)),
            Standing::NotHeld => {
                self.not_held += 1;
                (None, None)
            }
        };
        if let (Some(says), false) = (says, is_own) {
            let place = (item.law.to_owned(), item.article.to_owned());
            self.sketches.insert(place, says);
        }
        if let Some(is_gone) = is_gone {
            self.misfits.push(Misfit {
                law: item.law.to_owned(),
                article: item.article.to_owned(),
                seen: item.seen,
                is_gone,
                is_own,
                questions: item.questions.iter().map(|one| one.text.clone()).collect(),
            });
        }
    }
}

/// Checks.
///
/// # Errors
/// [`Refusal`].
pub async fn run(config: &Config, args: SearchBank) -> Result<(), Refusal> {
    let corpus = LocalCorpus::open(config, args.place.corpus, args.place.department.as_deref()).await?;
    let (index, _) = corpus.refresh(false).await?;
    let as_of = args.as_of.unwrap_or_else(|| Zoned::now().date());
    let department = corpus.department;
    let found = with_desk(&corpus, index, move |desk| {
        let mut found = Found::default();
        desk.check_bank(department, as_of, |item, is_own| found.add(item, is_own))
            .map(|()| found)
    })
    .await??;
    for misfit in &found.misfits {
        let moved = moved_to(&corpus, department, as_of, misfit).await?;
        output::line(sentence(misfit, moved.as_deref()));
        for question in misfit.questions.iter().take(SHOWN) {
            output::line(format!("    {question}"));
        }
        if misfit.questions.len() > SHOWN {
            output::line(format!("    ほか {} 件", misfit.questions.len() - SHOWN));
        }
    }
    output::line(format!(
        "{} 件の質問を確かめました(条文・項目 {}: 合う {}、比べる元がない {}、取り込まれていない {}、合わない {})。",
        found.questions,
        found.same + found.unseen + found.not_held + found.misfits.len(),
        found.same,
        found.unseen,
        found.not_held,
        found.misfits.len()
    ));
    if let Some(file) = &args.sketches {
        let mut lines = String::new();
        for ((law, article), sketch) in &found.sketches {
            writeln!(lines, "{law}\t{article}\t{sketch}").expect("a string takes every line");
        }
        std::fs::write(file, lines)
            .map_err(|error| Refusal::said(format!("{} に書けません({error})。", file.display())))?;
    }
    Ok(())
}

fn sentence(misfit: &Misfit, moved: Option<&str>) -> String {
    let whose = if misfit.is_own { "[自課] " } else { "" };
    let what = if misfit.is_gone {
        "なくなりました"
    } else {
        "内容が別のものになりました"
    };
    let moved = moved.map_or_else(String::new, |label| format!("(今は {label} にあるようです)"));
    format!(
        "{whose}{} {}: {what}{moved}。次の質問は検索に使いません。",
        misfit.law, misfit.article
    )
}

/// The passage of the same source that says what the item said.
async fn moved_to(
    corpus: &LocalCorpus,
    department: DepartmentId,
    day: Date,
    misfit: &Misfit,
) -> Result<Option<String>, Refusal> {
    let Some(seen) = misfit.seen else {
        return Ok(None);
    };
    let sources = corpus.store.sources(department).await?;
    let Some(source) = sources.iter().find(|source| source.head.title == misfit.law) else {
        return Ok(None);
    };
    let Ok(text) = corpus.store.full_text(department, source.id, day).await else {
        return Ok(None);
    };
    Ok(text
        .passages
        .iter()
        .map(|passage| (Sketch::of(&passage.text), passage))
        .filter(|(says, _)| seen.is_like(*says))
        .min_by_key(|(says, passage)| (seen.distance(*says), passage.ordinal))
        .map(|(_, passage)| passage.label.clone()))
}
