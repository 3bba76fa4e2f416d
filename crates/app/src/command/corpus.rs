//! `shoki corpus …`: files into the law desk's database and index, without a server.
//!
//! Promise: one file that cannot be taken is one sentence, and the others are taken.

use std::path::{Path, PathBuf};
use std::time::Instant;

use shoki_core::corpus::{ImportFault, ImportFaultKind, Visibility};
use shoki_core::corpus_definition::CorpusDefinition;
use shoki_store::CorpusStore as _;
use shoki_store::corpus_model::Importer;

use super::Refusal;
use crate::cli::{CorpusCommand, CorpusPlace};
use crate::config::Config;
use crate::corpus::intake::{self, Said};
use crate::corpus::local::LocalCorpus;
use crate::output;

/// Faults shown for one file; the others are counted.
const FAULTS_SHOWN: usize = 20;

/// Runs one of the subcommands.
///
/// # Errors
/// [`Refusal`]; after everything that could be done was done.
pub async fn run(config: &Config, command: CorpusCommand) -> Result<(), Refusal> {
    match command {
        CorpusCommand::Import {
            place,
            only_department,
            valid_from,
            files,
        } => {
            let visibility = if only_department {
                Visibility::Department
            } else {
                Visibility::Office
            };
            let said = Said {
                valid_from,
                ..Said::nothing(visibility)
            };
            import(config, place, &said, &files).await
        }
        CorpusCommand::List { place } => list(config, place).await,
        CorpusCommand::Reindex { place } => reindex(config, place).await,
    }
}

async fn open(config: &Config, place: CorpusPlace) -> Result<LocalCorpus, Refusal> {
    LocalCorpus::open(config, place.corpus, place.department.as_deref()).await
}

async fn import(config: &Config, place: CorpusPlace, said: &Said, files: &[PathBuf]) -> Result<(), Refusal> {
    let started = Instant::now();
    let corpus = open(config, place).await?;
    let mut refused = 0;
    let mut passages = 0;
    for (file, said) in listed(files, said)? {
        match import_one(config, &corpus, &file, &said).await? {
            Ok(count) => passages += count,
            Err(sentence) => {
                refused += 1;
                output::complain(format!("{}: {sentence}", file.display()));
            }
        }
    }
    let (_, round) = corpus.refresh(false).await?;
    output::line(format!(
        "{passages} 件の条文・項目を取り込みました(索引に加えた文書 {}、新しく計算した項目 {}、{:.1} 秒)。",
        round.applied,
        round.embedded,
        started.elapsed().as_secs_f64()
    ));
    if refused > 0 {
        return Err(Refusal::said(format!(
            "取り込めないファイルが {refused} 件ありました。上の行を確かめてください。ほかは取り込みました。"
        )));
    }
    Ok(())
}

/// Files with what is said about them; a corpus definition stands for its files.
fn listed(files: &[PathBuf], said: &Said) -> Result<Vec<(PathBuf, Said)>, Refusal> {
    let mut all = Vec::new();
    for file in files {
        if file.extension().is_none_or(|extension| extension != "toml") {
            all.push((file.clone(), said.clone()));
            continue;
        }
        let text = std::fs::read_to_string(file)
            .map_err(|error| Refusal::said(format!("{} を読めません({error})。", file.display())))?;
        let definition = CorpusDefinition::parse(&text)
            .map_err(|mistakes| Refusal::of(crate::forms::load::lines(file, &mistakes)))?;
        let directory = file.parent().unwrap_or_else(|| Path::new("."));
        all.extend(
            definition
                .files
                .iter()
                .map(|one| (directory.join(&one.path), Said::from(one))),
        );
    }
    Ok(all)
}

/// Imports one file. The inner error is about this file alone.
async fn import_one(
    config: &Config,
    corpus: &LocalCorpus,
    file: &Path,
    said: &Said,
) -> Result<Result<u32, String>, Refusal> {
    let texts = match intake::read(config, file, said.rank) {
        Ok(texts) => texts,
        Err(sentence) => return Ok(Err(sentence)),
    };
    let imports = intake::prepare(texts, said);
    let titles: Vec<(String, Vec<ImportFault>)> = imports
        .iter()
        .map(|one| (one.text.source.title.clone(), one.text.faults.clone()))
        .collect();
    let changes = corpus
        .store
        .import_revisions(Importer::Administrator(corpus.department), None, imports)
        .await?;
    let mut passages = 0;
    for ((title, faults), change) in titles.iter().zip(&changes) {
        passages += change.passages;
        let news = if change.new {
            format!(
                "変わった項目 {}、なくなった項目 {}",
                change.changed, change.removed
            )
        } else {
            "すでに取り込み済みです".to_owned()
        };
        output::line(format!("{title}: {} 件({news})", change.passages));
        for fault in faults.iter().take(FAULTS_SHOWN) {
            output::complain(format!("  {}", fault_ja(fault)));
        }
        if faults.len() > FAULTS_SHOWN {
            output::complain(format!("  ほか {} か所", faults.len() - FAULTS_SHOWN));
        }
    }
    Ok(Ok(passages))
}

/// A fault with its place, in words.
#[must_use]
pub fn fault_ja(fault: &ImportFault) -> String {
    let mut place = fault
        .file
        .clone()
        .map(|file| format!("{file} "))
        .unwrap_or_default();
    if let Some(page) = fault.page {
        place.push_str(&format!("{page}ページ(行)目 "));
    }
    if let Some(line) = fault.line {
        place.push_str(&format!("{line}行目 "));
    }
    let what = match fault.kind {
        ImportFaultKind::Malformed => "書式が壊れているため取り込みませんでした",
        ImportFaultKind::NotUnderstood => "内容を読み取れないため取り込みませんでした",
        ImportFaultKind::DuplicateItem => "同じ番号が二度あります。二つ目は番号に #2 を付けて取り込みました",
        ImportFaultKind::UnknownElement => "知らない要素です。文章は残しました",
        ImportFaultKind::NoTextLayer => "文字情報のないページです。読み取りにかけてから取り込んでください",
        ImportFaultKind::BadEncoding => "文字コードが正しくないため取り込みませんでした",
        ImportFaultKind::IncompleteRow => "必要な列がないため取り込みませんでした",
        ImportFaultKind::Figure => "図や式の中は検索できません",
        ImportFaultKind::TooLarge => "大きすぎるため取り込みませんでした",
    };
    format!("{place}{what}")
}

async fn list(config: &Config, place: CorpusPlace) -> Result<(), Refusal> {
    let corpus = open(config, place).await?;
    for source in corpus.store.sources(corpus.department).await? {
        for revision in corpus.store.revisions(corpus.department, source.id).await? {
            let from = revision
                .head
                .valid_from
                .map_or_else(|| "当初".to_owned(), |day| day.to_string());
            let to = revision
                .head
                .valid_to
                .map(|day| day.to_string())
                .unwrap_or_default();
            output::line(format!(
                "{}\t{}\t{from}～{to}\t{} 件",
                source.head.rank.label_ja(),
                source.head.title,
                revision.passages
            ));
        }
    }
    Ok(())
}

async fn reindex(config: &Config, place: CorpusPlace) -> Result<(), Refusal> {
    let started = Instant::now();
    let corpus = open(config, place).await?;
    let (_, round) = corpus.refresh(true).await?;
    output::line(format!(
        "索引を作り直しました(文書 {}、新しく計算した項目 {}、{:.1} 秒)。",
        round.applied,
        round.embedded,
        started.elapsed().as_secs_f64()
    ));
    Ok(())
}
