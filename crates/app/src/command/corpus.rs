//! `shoki corpus …`: files into the law desk's database and index, without a server.
//!
//! Promise: one file that cannot be taken is one sentence, and the others are taken.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use shoki_core::corpus::{ImportFault, ImportedText, Visibility};
use shoki_core::corpus_definition::CorpusDefinition;
use shoki_core::extract::ExtractedText;
use shoki_core::media::{MediaKind, SNIFF_BYTES};
use shoki_search::import::ImportError;
use shoki_store::corpus_model::{CorpusImport, Importer};
use shoki_store::{CorpusStore as _, StoreError};

use super::Refusal;
use crate::cli::{CorpusCommand, CorpusPlace};
use crate::config::Config;
use crate::corpus::intake::{self, IntakeError, Opened, Said};
use crate::corpus::job::report::place_ja;
use crate::corpus::local::LocalCorpus;
use crate::corpus::names::CitedNames;
use crate::{output, reading_engine};

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
            default_law,
            files,
        } => {
            let visibility = if only_department {
                Visibility::Department
            } else {
                Visibility::Office
            };
            let said = Said {
                valid_from,
                default_law,
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
        // What the files before brought in can be cited too.
        let sources = corpus.store.sources(corpus.department).await?;
        let said = Said {
            cited: CitedNames::of(sources.iter().map(|source| &source.head)),
            ..said
        };
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
        all.extend(definition.files.iter().map(|one| {
            let said = Said {
                default_law: definition.default_law.clone(),
                ..Said::from(one)
            };
            (directory.join(&one.path), said)
        }));
    }
    Ok(all)
}

/// Imports one file and says how many passages it has. The inner error is about this file alone.
async fn import_one(
    config: &Config,
    corpus: &LocalCorpus,
    path: &Path,
    said: &Said,
) -> Result<Result<u32, String>, Refusal> {
    match taken(config, corpus, path, said).await {
        Ok(passages) => Ok(Ok(passages)),
        Err(Untaken::File(error)) => Ok(Err(error.sentence_ja())),
        Err(Untaken::Store(error)) => Err(error.into()),
    }
}

/// Why a file was not taken.
enum Untaken {
    /// It is about this file.
    File(IntakeError),
    /// It is not.
    Store(StoreError),
}

impl<E: Into<IntakeError>> From<E> for Untaken {
    fn from(error: E) -> Self {
        Self::File(error.into())
    }
}

async fn taken(config: &Config, corpus: &LocalCorpus, path: &Path, said: &Said) -> Result<u32, Untaken> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let file = File::open(path)?;
    let mut head = Vec::new();
    (&file).take(SNIFF_BYTES as u64).read_to_end(&mut head)?;
    let media = MediaKind::sniff(&head);
    let decoder = || Ok(reading_engine::decoder(config)?);
    match intake::open(&file, media, &name, said.rank, decoder)? {
        Opened::Texts(texts) => {
            let imports = intake::prepare(texts, said);
            intake::refuse_nothing(&imports, &[])?;
            import_texts(corpus, imports).await
        }
        Opened::Laws(groups) => {
            let mut passages = 0;
            let mut untaken = Vec::new();
            for group in groups {
                let (imports, faults) = intake::laws(&file, group, said)?;
                passages += import_texts(corpus, imports).await?;
                for fault in &faults {
                    output::complain(format!("  {}", fault_ja(fault)));
                }
                untaken.extend(faults);
            }
            if passages == 0 {
                intake::refuse_nothing(&[], &untaken)?;
            }
            Ok(passages)
        }
        Opened::Pages(text) => {
            let media = media.ok_or(ImportError::NotUnderstood)?;
            let imports = intake::prepare(vec![recognised(config, &file, media, &name, said, text)?], said);
            intake::refuse_nothing(&imports, &[])?;
            import_texts(corpus, imports).await
        }
    }
}

/// A document some pages of which have to be read by recognition.
fn recognised(
    config: &Config,
    file: &File,
    media: MediaKind,
    name: &str,
    said: &Said,
    text: ExtractedText,
) -> Result<ImportedText, IntakeError> {
    let decoder = reading_engine::decoder(config)?;
    let mut reader = reading_engine::text_reader(config)?;
    let total = text.pages_without_text.len();
    let mut read = BTreeMap::new();
    for (nth, &page) in (1_usize..).zip(&text.pages_without_text) {
        let found = intake::page_text(&decoder, &mut reader, file, media, page - 1);
        read.insert(page, found.map_err(|error| error.code()));
        tracing::info!(nth, total, page, "page read by recognition");
    }
    Ok(intake::with_pages(name, text, read, said.rank)?)
}

async fn import_texts(corpus: &LocalCorpus, imports: Vec<CorpusImport>) -> Result<u32, Untaken> {
    let titles: Vec<(String, Vec<ImportFault>)> = imports
        .iter()
        .map(|one| (one.text.source.title.clone(), one.text.faults.clone()))
        .collect();
    let changes = corpus
        .store
        .import_revisions(Importer::Administrator(corpus.department), None, imports)
        .await
        .map_err(Untaken::Store)?;
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
    Ok(passages)
}

/// A fault with its place, in words.
fn fault_ja(fault: &ImportFault) -> String {
    format!("{}: {}", place_ja(fault), fault.kind.message_ja())
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
