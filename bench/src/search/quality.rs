//! How well the basis of a question is found: Hit@5 and nDCG@10 of every system on the same passages.
//!
//! Promise: the product's own scorer for all; a question whose gold names no text that is there is left
//! out for all. Never: the changed copies.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use shoki_core::corpus::ImportedText;
use shoki_search::query::evaluate::{DECIDES, ItemName, JudgedQuestion, Run, evaluate};

/// A question of a file of questions.
#[derive(Clone, Debug, Deserialize)]
pub struct Asked {
    /// Its id.
    pub qid: String,
    /// Its words.
    pub query: String,
    /// What answers it.
    #[serde(default)]
    gold: Vec<Gold>,
}

#[derive(Clone, Debug, Deserialize)]
struct Gold {
    law: String,
    article: String,
    #[serde(default = "decides")]
    grade: u32,
}

const fn decides() -> u32 {
    DECIDES
}

/// How well one system did.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Quality {
    /// Share of questions with a deciding item among the first five.
    pub hit_5: f64,
    /// Mean nDCG@10.
    pub ndcg_10: f64,
}

/// Reads a file of questions; those without golds, and golds in texts that are not there, are left out.
///
/// # Errors
/// A file that cannot be read.
pub fn questions(file: &Path, texts: &[ImportedText]) -> anyhow::Result<Vec<Asked>> {
    let held: HashSet<&str> = texts.iter().map(|text| text.source.title.as_str()).collect();
    let content = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let mut asked: Vec<Asked> = content
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .with_context(|| file.display().to_string())?;
    asked.retain(|asked| {
        asked
            .gold
            .iter()
            .any(|gold| gold.grade >= DECIDES && held.contains(gold.law.as_str()))
    });
    Ok(asked)
}

/// What each passage, by its number, is called.
#[must_use]
pub fn names(texts: &[ImportedText]) -> Vec<ItemName> {
    let name = |text: &ImportedText, item: &str| ItemName::new(&text.source.title, item);
    texts
        .iter()
        .flat_map(|text| text.passages.iter().map(|passage| name(text, &passage.item)))
        .collect()
}

/// Scores a run.
#[must_use]
pub fn score(asked: &[Asked], run: &Run) -> Quality {
    let judged: Vec<JudgedQuestion> = asked
        .iter()
        .map(|asked| JudgedQuestion {
            qid: asked.qid.clone(),
            golds: asked
                .gold
                .iter()
                .map(|gold| (ItemName::new(&gold.law, &gold.article), gold.grade))
                .collect::<BTreeMap<_, _>>(),
            pinned: false,
        })
        .collect();
    let mean = evaluate(&judged, run).mean;
    Quality {
        hit_5: mean.hit[2],
        ndcg_10: mean.ndcg,
    }
}

#[derive(Deserialize)]
struct Line {
    qid: String,
    results: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    law: String,
    article: String,
}

/// Reads what `shoki search run` wrote.
///
/// # Errors
/// A file that cannot be read.
pub fn read_run(file: &Path) -> anyhow::Result<Run> {
    std::fs::read_to_string(file)?
        .lines()
        .map(|line| {
            let line: Line = serde_json::from_str(line)?;
            let items = line
                .results
                .iter()
                .map(|item| ItemName::new(&item.law, &item.article));
            Ok((line.qid, items.collect()))
        })
        .collect()
}
