//! `shoki search run`, `eval` and `synonyms`: answers that anybody can score, and the gate an office runs
//! before it switches models, and cannot go round unseen when it switches synonyms.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use jiff::Zoned;
use serde::{Deserialize, Serialize};
use shoki_core::code::ErrorCode;
use shoki_core::evidence::Question;
use shoki_search::query::evaluate::{self, ItemName, JudgedQuestion, Run};
use shoki_search::query::synonym::SynonymTable;
use shoki_store::CorpusStore as _;
use shoki_store::corpus_model::Importer;

use super::Refusal;
use super::ask::with_desk;
use crate::cli::{SearchEval, SearchRun, SearchSynonyms};
use crate::config::Config;
use crate::corpus::desk::DeskError;
use crate::corpus::gate::{self, Known};
use crate::corpus::knowledge::Rules;
use crate::corpus::local::LocalCorpus;
use crate::output;

/// Results written for each question.
const RESULTS: u32 = 50;

#[derive(Clone, Debug, Deserialize)]
struct Asked {
    qid: String,
    #[serde(default)]
    query: String,
    #[serde(default)]
    gold: Vec<Gold>,
    #[serde(default)]
    pinned: bool,
}

impl Asked {
    fn judged(&self) -> JudgedQuestion {
        JudgedQuestion {
            qid: self.qid.clone(),
            golds: self
                .gold
                .iter()
                .map(|gold| (ItemName::new(&gold.law, &gold.article), gold.grade))
                .collect::<BTreeMap<_, _>>(),
            pinned: self.pinned,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
struct Gold {
    law: String,
    article: String,
    #[serde(default = "decides")]
    grade: u32,
}

const fn decides() -> u32 {
    evaluate::DECIDES
}

#[derive(Debug, Serialize, Deserialize)]
struct Answered {
    qid: String,
    results: Vec<Found>,
    no_basis: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct Found {
    law: String,
    article: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    paragraph: Option<String>,
    #[serde(default)]
    score: f32,
}

/// Asks every question of the file.
///
/// # Errors
/// [`Refusal`].
pub async fn run(config: &Config, args: SearchRun) -> Result<(), Refusal> {
    let questions: Vec<Asked> = lines(&args.queries)?;
    let corpus = LocalCorpus::open(config, args.place.corpus, args.place.department.as_deref()).await?;
    let (index, _) = corpus.refresh(false).await?;
    let as_of = args.as_of.unwrap_or_else(|| Zoned::now().date());
    let department = corpus.department;
    let answers = with_desk(&corpus, index, move |desk| {
        questions
            .into_iter()
            .map(|asked| {
                let question = Question {
                    text: asked.query,
                    as_of,
                    sources: None,
                    default_law: args.scope.clone(),
                    supplementary: false,
                    limit: RESULTS,
                };
                let evidence = desk.ask(department, &question)?;
                let results = evidence.hits.into_iter().map(|hit| Found {
                    law: hit.title,
                    article: hit.item,
                    paragraph: hit.segment.into_iter().next(),
                    score: hit.score,
                });
                Ok(Answered {
                    qid: asked.qid,
                    results: results.collect(),
                    no_basis: evidence.no_basis.is_some(),
                })
            })
            .collect::<Result<Vec<_>, DeskError>>()
    })
    .await??;
    let io = |error: std::io::Error| Refusal::said(format!("{} に書けません({error})。", args.out.display()));
    let mut out = std::io::BufWriter::new(std::fs::File::create(&args.out).map_err(io)?);
    for answer in &answers {
        let line = serde_json::to_string(answer).map_err(|error| io(error.into()))?;
        writeln!(out, "{line}").map_err(io)?;
    }
    out.flush().map_err(io)?;
    output::line(format!(
        "{} 件の質問に答えました(根拠なし {} 件): {}",
        answers.len(),
        answers.iter().filter(|answer| answer.no_basis).count(),
        args.out.display()
    ));
    Ok(())
}

/// Places of known bases, of each kind, that a table is judged by.
const GATE_PLACES: u32 = 500;

/// Switches the synonym table, through the gate.
///
/// # Errors
/// [`Refusal`] when the table cannot be read, or makes known answers worse and no reason is given.
pub async fn synonyms(config: &Config, args: SearchSynonyms) -> Result<(), Refusal> {
    let rules = std::fs::read_to_string(&args.file)
        .map_err(|error| Refusal::said(format!("{} を読めません({error})。", args.file.display())))?;
    let table = SynonymTable::parse(&rules)
        .map_err(|error| Refusal::said(format!("{} に誤りがあります({error})。", args.file.display())))?;
    let corpus = LocalCorpus::open(config, args.place.corpus, args.place.department.as_deref()).await?;
    let (index, _) = corpus.refresh(false).await?;
    let department = corpus.department;
    let mut known = gate::judged(corpus.store.known_bases(department, GATE_PLACES).await?);
    if let Some(file) = &args.queries {
        known.extend(
            lines::<Asked>(file)?
                .into_iter()
                .filter(|asked| !asked.gold.is_empty())
                .map(|asked| Known {
                    text: asked.query.clone(),
                    judged: asked.judged(),
                }),
        );
    }
    let after = corpus.store.synonyms().await?.map_or(0, |last| last.version);
    let today = Zoned::now().date();
    let verdict = with_desk(&corpus, index, move |desk| {
        let new = Rules {
            synonyms: Arc::new(table),
            ..desk.rules_in_use()?
        };
        gate::compare(desk, department, today, &known, &new, &|| false)
    })
    .await??
    .unwrap_or_default();
    output::line(format!(
        "{} 件の質問で確かめました: nDCG@10 {:.4} → {:.4}",
        verdict.questions, verdict.before, verdict.after
    ));
    let despite = match (verdict.worse_ja(), args.despite.as_deref()) {
        (None, _) => None,
        (Some(worse), Some(reason)) if !reason.trim().is_empty() => {
            output::line(format!("※ {worse}"));
            Some(reason.trim())
        }
        (Some(worse), _) => {
            return Err(Refusal::of(vec![ErrorCode::SynonymsWorsen.sentence_ja(), worse]));
        }
    };
    let importer = Importer::Administrator(department);
    let made = corpus
        .store
        .put_synonyms(importer, after, &rules, despite)
        .await?;
    output::line(format!("言い換え表を第 {} 版に替えました。", made.version));
    Ok(())
}

/// Compares two runs.
///
/// # Errors
/// [`Refusal`] when the switch would make answers worse.
pub fn eval(args: &SearchEval) -> Result<(), Refusal> {
    let questions: Vec<JudgedQuestion> = lines::<Asked>(&args.queries)?
        .into_iter()
        .filter(|asked| !asked.gold.is_empty())
        .map(|asked| asked.judged())
        .collect();
    let (before, after) = (read_run(&args.before)?, read_run(&args.after)?);
    let verdict = evaluate::gate(&questions, &before, &after);
    for (name, run) in [("前", &before), ("後", &after)] {
        let figures = evaluate::evaluate(&questions, run).mean;
        output::line(format!(
            "{name}: nDCG@10 {:.4}、上位5件に根拠 {:.1} %、上位10件に根拠 {:.1} %",
            figures.ndcg,
            figures.hit[2] * 100.0,
            figures.hit[3] * 100.0
        ));
    }
    if verdict.passes {
        output::line("切り替えられます。");
        return Ok(());
    }
    let mut sentences = vec!["切り替えると答えが悪くなります。切り替えないでください。".to_owned()];
    sentences.extend(
        verdict
            .lost
            .iter()
            .map(|qid| format!("根拠が上位5件から外れた質問: {qid}")),
    );
    Err(Refusal::of(sentences))
}

fn read_run(file: &Path) -> Result<Run, Refusal> {
    Ok(lines::<Answered>(file)?
        .into_iter()
        .map(|answer| {
            let items = answer
                .results
                .iter()
                .map(|found| ItemName::new(&found.law, &found.article))
                .collect();
            (answer.qid, items)
        })
        .collect())
}

fn lines<T: serde::de::DeserializeOwned>(file: &Path) -> Result<Vec<T>, Refusal> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Refusal::said(format!("{} を読めません({error})。", file.display())))?;
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(number, line)| {
            serde_json::from_str(line).map_err(|error| {
                Refusal::said(format!(
                    "{} の {} 行目を読めません({error})。",
                    file.display(),
                    number + 1
                ))
            })
        })
        .collect()
}
