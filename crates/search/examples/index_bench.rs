//! How fast the embedded index answers, and what it costs: laws imported, made more by changing
//! characters at random until there are as many passages as asked, then questions one after another.
//!
//! `cargo run --release --example index_bench -- LAWS_DIR QUESTIONS.jsonl PASSAGES INDEX_DIR [RUN.jsonl]`
//! RUN gets the ranking of the sum of both legs of words, for a scorer. Never: a network.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use anyhow::Context as _;
use jiff::civil::date;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use shoki_core::corpus::{ImportedText, PassageKey, ReaderScope};
use shoki_core::digest::Sha256;
use shoki_core::id::{DepartmentId, RevisionId};
use shoki_search::index::embedded::EmbeddedIndex;
use shoki_search::index::{Fingerprint, IndexedRevision, Leg, PassageIndex, WeightedText};
use uuid::Uuid;

const DIMENSIONS: u32 = 256;
/// Characters changed in a copy, of 100.
const CHANGED_PERCENT: u32 = 12;
/// Passages of one change set.
const CHANGE_SET: usize = 20_000;
const LIMIT: usize = 100;

fn unit_vector(random: &mut ChaCha8Rng) -> Vec<f32> {
    let mut vector: Vec<f32> = (0..DIMENSIONS).map(|_| random.random_range(-1.0..1.0)).collect();
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|value| *value /= length);
    vector
}

fn changed(text: &str, pool: &[char], random: &mut ChaCha8Rng) -> String {
    let change = |character: char| {
        let other = pool[random.random_range(0..pool.len())];
        let same_width = other.len_utf8() == character.len_utf8() && character.is_alphanumeric();
        if same_width && random.random_range(0..100) < CHANGED_PERCENT {
            other
        } else {
            character
        }
    };
    text.chars().map(change).collect()
}

fn revision(law: &ImportedText, copy: u32, pool: &[char], random: &mut ChaCha8Rng) -> IndexedRevision {
    let mut passages = law.passages.clone();
    if copy > 0 {
        for passage in &mut passages {
            passage.text = changed(&passage.text, pool, random);
        }
    }
    IndexedRevision {
        revision: RevisionId::from_uuid(Uuid::from_u128(random.random())),
        source: format!("{}-{copy}", law.source.key),
        title: law.source.title.clone(),
        department: None,
        valid_from: law.revision.valid_from,
        valid_to: law.revision.valid_to,
        vectors: passages.iter().map(|_| unit_vector(random)).collect(),
        passages,
    }
}

fn status(field: &str) -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(field));
    line.map_or_else(String::new, |line| {
        line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
    })
}

fn bytes_in(path: &Path) -> anyhow::Result<u64> {
    let mut total = 0;
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        let kind = entry.metadata()?;
        total += if kind.is_dir() {
            bytes_in(&entry.path())?
        } else {
            kind.len()
        };
    }
    Ok(total)
}

fn percentiles(mut millis: Vec<f64>) -> String {
    millis.sort_by(f64::total_cmp);
    let at = |percent: usize| millis[(millis.len() * percent / 100).min(millis.len() - 1)];
    format!("p50 {:.1}  p95 {:.1}  p99 {:.1} ms", at(50), at(95), at(99))
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [laws, questions, wanted, directory, run @ ..] = arguments.as_slice() else {
        anyhow::bail!("LAWS_DIR QUESTIONS.jsonl PASSAGES INDEX_DIR [RUN.jsonl]");
    };
    let wanted: usize = wanted.parse()?;
    let mut out = std::io::stdout().lock();
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(laws)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default()
            .to_owned();
        texts.push(shoki_search::import::egov::import(&name, &std::fs::read(&path)?).with_context(|| name)?);
    }
    texts.sort_by(|left, right| left.source.key.cmp(&right.source.key));
    texts.dedup_by(|left, right| left.source.title == right.source.title);
    let pool: Vec<char> = texts
        .iter()
        .flat_map(|law| law.passages.iter().flat_map(|passage| passage.text.chars()))
        .filter(|character| character.is_alphanumeric())
        .step_by(7)
        .collect();
    let fingerprint = Fingerprint {
        embedder: Some(Sha256::of(b"random")),
        dimensions: DIMENSIONS,
        layout: shoki_search::index::terms::LAYOUT,
    };
    let index = EmbeddedIndex::open(Path::new(directory), fingerprint.clone())?;
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut names: HashMap<PassageKey, (String, String)> = HashMap::new();
    let (mut held, mut indexing) = (0, 0.0);
    let mut pending: Vec<IndexedRevision> = Vec::new();
    'copies: for copy in 0.. {
        for law in &texts {
            let made = revision(law, copy, &pool, &mut random);
            held += made.passages.len();
            if copy == 0 && !run.is_empty() {
                for passage in &made.passages {
                    let key = PassageKey {
                        revision: made.revision,
                        ordinal: passage.ordinal,
                    };
                    names.insert(key, (made.title.clone(), passage.item.clone()));
                }
            }
            pending.push(made);
            let full = pending
                .iter()
                .map(|revision| revision.passages.len())
                .sum::<usize>()
                >= CHANGE_SET;
            if full || held >= wanted {
                let start = Instant::now();
                index.apply(&pending, &[])?;
                indexing += start.elapsed().as_secs_f64();
                pending.clear();
            }
            if held >= wanted {
                break 'copies;
            }
        }
    }
    writeln!(
        out,
        "{held} passages, {} revisions: {indexing:.1} s of indexing, {:.0} passages/s, {:.0} MiB on disk, peak memory {}",
        index.revisions()?.len(),
        held as f64 / indexing,
        bytes_in(Path::new(directory))? as f64 / 1_048_576.0,
        status("VmHWM"),
    )?;
    drop((index, pending));
    let start = Instant::now();
    let index = EmbeddedIndex::open(Path::new(directory), fingerprint)?;
    writeln!(
        out,
        "opened in {:.2} s, {} anonymous",
        start.elapsed().as_secs_f64(),
        status("RssAnon")
    )?;
    let scope = ReaderScope {
        department: DepartmentId::from_uuid(Uuid::from_u128(1)),
        as_of: date(2026, 11, 22),
        sources: None,
        supplementary: false,
    };
    let mut asked: Vec<(String, Vec<WeightedText>)> = Vec::new();
    for line in std::fs::read_to_string(questions)?.lines() {
        let question: serde_json::Value = serde_json::from_str(line)?;
        let field = |name: &str| question[name].as_str().unwrap_or_default().to_owned();
        let text = WeightedText {
            text: field("query"),
            weight: 1.0,
        };
        asked.push((field("qid"), vec![text]));
    }
    let mut times: HashMap<&str, Vec<f64>> = HashMap::new();
    let mut run = run.first().map(std::fs::File::create).transpose()?;
    for round in 0..5 {
        for (qid, texts) in &asked {
            let vector = unit_vector(&mut random);
            let mut sums: HashMap<PassageKey, f32> = HashMap::new();
            let mut total = 0.0;
            for (name, leg) in [
                ("passages", Leg::Passages(texts)),
                ("paragraphs", Leg::Paragraphs(texts)),
                ("dense", Leg::Dense(&vector)),
            ] {
                let start = Instant::now();
                let found = index.search(&leg, &scope, LIMIT)?;
                let millis = start.elapsed().as_secs_f64() * 1_000.0;
                total += millis;
                if round > 0 {
                    times.entry(name).or_default().push(millis);
                }
                if name != "dense" {
                    let top = found.first().map_or(1.0, |hit| hit.score);
                    for hit in found {
                        *sums.entry(hit.passage).or_default() += hit.score / top;
                    }
                }
            }
            if round > 0 {
                times.entry("all three").or_default().push(total);
            }
            if let (0, Some(run)) = (round, &mut run) {
                let mut ranked: Vec<_> = sums.into_iter().collect();
                ranked.sort_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
                let results: Vec<serde_json::Value> = ranked
                    .iter()
                    .filter_map(|(key, _)| names.get(key))
                    .map(|(law, article)| serde_json::json!({ "law": law, "article": article }))
                    .collect();
                writeln!(run, "{}", serde_json::json!({ "qid": qid, "results": results }))?;
            }
        }
    }
    for name in ["passages", "paragraphs", "dense", "all three"] {
        writeln!(
            out,
            "{name:<11} {}",
            percentiles(times.remove(name).unwrap_or_default())
        )?;
    }
    writeln!(
        out,
        "{} anonymous, {} of files",
        status("RssAnon"),
        status("RssFile")
    )?;
    Ok(())
}
