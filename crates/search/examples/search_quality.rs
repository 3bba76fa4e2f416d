//! Asks a file of questions over a directory of laws and a casebook, writes the run and prints its
//! figures, so that a change of weights or words can be judged before it goes in.
//!
//! `evaluate LAWS_DIR|- CASEBOOK.jsonl|- QUERIES.jsonl OUT.jsonl [key=value …]` with the keys `law`
//! (default law, 生活保護法), `source` (only this title; may be repeated), `as_of`, `table` (of synonyms, or
//! `none`) and the names of the weights.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use shoki_core::corpus::{
    ImportedText, Passage, PassageKind, ReaderScope, RevisionHead, SourceHead, SourceRank,
};
use shoki_core::evidence::Question;
use shoki_core::id::{DepartmentId, RevisionId};
use shoki_search::index::brute::BruteForceIndex;
use shoki_search::index::{Fingerprint, IndexedRevision, PassageIndex, terms};
use shoki_search::query::bank::QuestionBank;
use shoki_search::query::citation::Names;
use shoki_search::query::evaluate::{ItemName, JudgedQuestion, Run, evaluate};
use shoki_search::query::lookup::{HeldRevision, MemoryPassages};
use shoki_search::query::synonym::{SynonymTable, shipped_titles};
use shoki_search::query::{ScopeTable, Searcher, Weights};

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [laws, casebook, queries, out, options @ ..] = &args[..] else {
        bail!("evaluate LAWS_DIR|- CASEBOOK.jsonl|- QUERIES.jsonl OUT.jsonl [key=value …]");
    };
    let options = Options::parse(options)?;
    let mut texts = Vec::new();
    if laws != "-" {
        texts.extend(read_laws(Path::new(laws))?);
    }
    if casebook != "-" {
        texts.push(read_casebook(Path::new(casebook))?);
    }
    let held = revisions(texts);
    let titles: Vec<SourceHead> = held.iter().map(|held| held.source.clone()).collect();
    let index = index(&held)?;
    let lookup = MemoryPassages::new(held);
    let names = names(&titles);
    let limits = ScopeTable::shipped();
    let searcher = Searcher {
        index: &index,
        lookup: &lookup,
        names: &names,
        synonyms: &options.synonyms,
        bank: &options.bank,
        limits: &limits,
        weights: options.weights,
    };
    let scope = ReaderScope {
        department: DepartmentId::generate(),
        as_of: options.as_of.parse().context("as_of")?,
        sources: (!options.sources.is_empty()).then(|| {
            titles
                .iter()
                .filter(|of| options.sources.contains(&of.title))
                .map(|of| of.key.clone())
                .collect()
        }),
        supplementary: false,
    };
    report(
        &searcher,
        &scope,
        &options.law,
        Path::new(queries),
        Path::new(out),
    )
}

struct Options {
    law: String,
    sources: BTreeSet<String>,
    as_of: String,
    synonyms: SynonymTable,
    bank: QuestionBank,
    weights: Weights,
}

impl Options {
    fn parse(pairs: &[String]) -> Result<Self> {
        let mut options = Self {
            law: "生活保護法".to_owned(),
            sources: BTreeSet::new(),
            as_of: "2026-11-22".to_owned(),
            synonyms: SynonymTable::shipped(),
            bank: QuestionBank::shipped(),
            weights: Weights::default(),
        };
        for pair in pairs {
            let (key, value) = pair
                .split_once('=')
                .with_context(|| format!("{pair}: key=value"))?;
            match key {
                "law" => value.clone_into(&mut options.law),
                "source" => drop(options.sources.insert(value.to_owned())),
                "as_of" => value.clone_into(&mut options.as_of),
                "bank" if value == "none" => options.bank = QuestionBank::default(),
                "bank" => options.bank = read_bank(Path::new(value))?,
                "table" if value == "none" => options.synonyms = SynonymTable::default(),
                "table" => options.synonyms = SynonymTable::parse(&fs::read_to_string(value)?)?,
                _ => {
                    let mut weights = serde_json::to_value(options.weights)?;
                    weights[key] = json!(value.parse::<f32>()?);
                    options.weights = serde_json::from_value(weights)?;
                }
            }
        }
        Ok(options)
    }
}

fn read_bank(directory: &Path) -> Result<QuestionBank> {
    let mut questions = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|of| of == "jsonl") {
            questions.extend(QuestionBank::parse(&fs::read_to_string(path)?)?);
        }
    }
    Ok(QuestionBank::new(questions))
}

fn read_laws(directory: &Path) -> Result<Vec<ImportedText>> {
    let mut files: Vec<_> = fs::read_dir(directory)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    files.sort();
    files
        .iter()
        .filter(|file| file.extension().is_some_and(|of| of == "xml"))
        .map(|file| {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            shoki_search::import::egov::import(&name, &fs::read(file)?)
                .with_context(|| format!("importing {name}"))
        })
        .collect()
}

fn read_casebook(file: &Path) -> Result<ImportedText> {
    let mut title = String::new();
    let mut passages = Vec::new();
    for (ordinal, line) in (0_u32..).zip(fs::read_to_string(file)?.lines()) {
        let row: Value = serde_json::from_str(line)?;
        let field = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        if title.is_empty() {
            title = field("doc");
        }
        passages.push(Passage {
            ordinal,
            kind: PassageKind::QuestionAnswer,
            item: field("id"),
            label: field("id"),
            headings: vec![field("chapter")],
            caption: Some(field("title")),
            text: field("text"),
            segments: Vec::new(),
            page: None,
        });
    }
    // The golds name the casebook without its edition.
    let title = title.split('（').next().unwrap_or_default().to_owned();
    Ok(ImportedText {
        source: SourceHead {
            key: title.clone(),
            title,
            number: None,
            aliases: Vec::new(),
            rank: SourceRank::QuestionAnswer,
        },
        revision: RevisionHead::default(),
        passages,
        faults: Vec::new(),
    })
}

/// One time line per source: a revision ends where the next begins. One without a date is the newest.
fn revisions(texts: Vec<ImportedText>) -> Vec<HeldRevision> {
    let mut by_source: BTreeMap<String, Vec<ImportedText>> = BTreeMap::new();
    for text in texts {
        by_source.entry(text.source.key.clone()).or_default().push(text);
    }
    let mut held = Vec::new();
    for mut line in by_source.into_values() {
        line.sort_by_key(|text| (text.revision.valid_from.is_none(), text.revision.valid_from));
        if line.len() > 1 && line[line.len() - 1].revision.valid_from.is_none() {
            let last = line.len() - 1;
            line.drain(..last);
        }
        let starts: Vec<_> = line.iter().map(|text| text.revision.valid_from).collect();
        for (at, text) in line.into_iter().enumerate() {
            held.push(HeldRevision {
                id: RevisionId::generate(),
                source: text.source,
                head: RevisionHead {
                    valid_to: starts.get(at + 1).copied().flatten(),
                    ..text.revision
                },
                department: None,
                passages: text.passages,
                edges: Vec::new(),
            });
        }
    }
    held
}

fn index(held: &[HeldRevision]) -> Result<BruteForceIndex> {
    let index = BruteForceIndex::new(Fingerprint {
        embedder: None,
        dimensions: 0,
        layout: terms::LAYOUT,
    });
    let revisions: Vec<IndexedRevision> = held
        .iter()
        .map(|held| IndexedRevision {
            revision: held.id,
            source: held.source.key.clone(),
            title: held.source.title.clone(),
            department: None,
            valid_from: held.head.valid_from,
            valid_to: held.head.valid_to,
            passages: held.passages.clone(),
            vectors: Vec::new(),
        })
        .collect();
    index.apply(&revisions, &[])?;
    Ok(index)
}

fn names(sources: &[SourceHead]) -> Names {
    let mut names = Names::default();
    for source in sources {
        names.add(&source.title, source.title.clone());
        for alias in &source.aliases {
            names.add(alias, source.title.clone());
        }
    }
    for of in shipped_titles() {
        names.add(&of.title, of.title.clone());
        for name in of.names {
            names.add(&name, of.title.clone());
        }
    }
    names
}

fn report(searcher: &Searcher<'_>, scope: &ReaderScope, law: &str, queries: &Path, out: &Path) -> Result<()> {
    let mut lines = String::new();
    let mut run = Run::new();
    let mut judged = Vec::new();
    let mut refused = Vec::new();
    let mut times = Vec::new();
    for line in fs::read_to_string(queries)?.lines() {
        let row: Value = serde_json::from_str(line)?;
        let qid = row["qid"].as_str().context("qid")?.to_owned();
        let question = Question {
            text: row["query"].as_str().context("query")?.to_owned(),
            as_of: scope.as_of,
            sources: None,
            default_law: Some(law.to_owned()),
            supplementary: false,
            limit: 50,
        };
        let start = Instant::now();
        let evidence = searcher.ask(&question, scope, None)?;
        times.push(start.elapsed().as_secs_f64() * 1000.0);
        let results: Vec<Value> = evidence
            .hits
            .iter()
            .map(|hit| {
                json!({
                    "law": hit.title, "article": hit.item,
                    "paragraph": hit.segment.first(), "score": hit.score,
                })
            })
            .collect();
        let no_basis = evidence.no_basis.is_some();
        lines.push_str(&serde_json::to_string(
            &json!({"qid": qid, "results": results, "no_basis": no_basis, "why": evidence.no_basis}),
        )?);
        lines.push('\n');
        if let Some(why) = &evidence.no_basis {
            refused.push((qid.clone(), serde_json::to_string(why)?));
        }
        run.insert(
            qid.clone(),
            evidence
                .hits
                .iter()
                .map(|hit| ItemName::new(&hit.title, &hit.item))
                .collect(),
        );
        judged.push(judge(&qid, &row));
    }
    fs::write(out, lines)?;
    print(&judged, &run, &refused, &mut times)
}

fn judge(qid: &str, row: &Value) -> JudgedQuestion {
    let golds = row["gold"].as_array().map(Vec::as_slice).unwrap_or_default();
    JudgedQuestion {
        qid: qid.to_owned(),
        golds: golds
            .iter()
            .map(|gold| {
                let text = |name: &str| gold[name].as_str().unwrap_or_default();
                let grade = gold["grade"].as_u64().and_then(|grade| u32::try_from(grade).ok());
                (ItemName::new(text("law"), text("article")), grade.unwrap_or(2))
            })
            .collect(),
        pinned: false,
    }
}

fn print(
    judged: &[JudgedQuestion],
    run: &Run,
    refused: &[(String, String)],
    times: &mut [f64],
) -> Result<()> {
    let found = evaluate(judged, run);
    times.sort_by(f64::total_cmp);
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or(0.0);
    let mut to = std::io::stdout().lock();
    let mean = found.mean;
    writeln!(
        to,
        "n {} Hit@1 {:.3} @3 {:.3} @5 {:.3} @10 {:.3} MRR {:.4} nDCG {:.4} R@10 {:.3} | no basis {}/{} | ms p50 {:.0} p95 {:.0}",
        found.questions,
        mean.hit[0],
        mean.hit[1],
        mean.hit[2],
        mean.hit[3],
        mean.mrr,
        mean.ndcg,
        mean.recall[2],
        refused.len(),
        judged.len(),
        at(50),
        at(95),
    )?;
    for (qid, why) in refused {
        writeln!(to, "  {qid} {why}")?;
    }
    Ok(())
}
