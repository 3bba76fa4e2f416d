//! `shoki-bench search`: finding passages beside tantivy, SQLite FTS5 and `rank_bm25`, at up to 1,000,000
//! passages, and the real service asked at a fixed rate.
//!
//! Owns the plan of the runs: quality on the texts as they are; then size by size every system on the same
//! passages, block of questions by block in turn; then the service over HTTP. Never: a figure without the
//! level it was measured at.

mod comparison;
mod law_xml;
pub(crate) mod open_loop;
mod protocol;
mod quality;
mod report;
pub(crate) mod service;
mod serving;
mod shoki_index;
pub mod systems;
mod tantivy_default;
mod workload;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::civil::{Date, date};
use serde::Serialize;

use crate::numbers::Interval;
use crate::places::{PlaceArguments, Places};
use crate::process_tree::Cost;
use quality::{Asked, Quality};
use service::{Installation, Window};
use systems::{Name, Systems};
use workload::Workload;

/// The day of all questions.
const DAY: Date = date(2026, 11, 22);

/// What to run.
#[derive(Clone, Debug, clap::Args)]
pub struct SearchArguments {
    /// Where everything is.
    #[command(flatten)]
    pub places: PlaceArguments,
    /// Directory of laws (標準法令XML) and casebooks; the sample corpus by default.
    #[arg(long)]
    pub laws: Option<PathBuf>,
    /// Questions with golds on the texts of `--laws` (JSON lines); may be given several times.
    #[arg(long)]
    pub questions: Vec<PathBuf>,
    /// The law that the questions on the texts of `--laws` mean when they name none.
    #[arg(long)]
    pub scope: Option<String>,
    /// Passages of each comparison; may be given several times.
    #[arg(long)]
    pub passages: Vec<usize>,
    /// 1,000,000 passages too: half an hour and 10 GB of disk.
    #[arg(long)]
    pub full: bool,
    /// Systems beside Shoki, at every size; all by default, each up to the size that it can be asked at.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub systems: Vec<Name>,
    /// Blocks of questions, each asked of every system in turn.
    #[arg(long, default_value_t = 5)]
    pub blocks: usize,
    /// Questions of a block.
    #[arg(long, default_value_t = 30)]
    pub block: usize,
    /// Passages of the service that is asked over HTTP; 0 = no service.
    #[arg(long, default_value_t = 20_000)]
    pub service: usize,
    /// Ask the service that a run before has filled below `--work`, without importing again.
    #[arg(long)]
    pub filled: bool,
    /// Questions a second.
    #[arg(long, default_value_t = 20)]
    pub rate: u32,
    /// Seconds of each window of questions.
    #[arg(long, default_value_t = 60)]
    pub seconds: u64,
    /// Seed.
    #[arg(long, default_value_t = 12)]
    pub seed: u64,
}

/// One system at one size.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    name: Name,
    passages: usize,
    import_seconds: f64,
    import_cpu: f64,
    disk_bytes: u64,
    /// After the questions: with mapped files, and without.
    memory: (u64, u64),
    p50: f64,
    p95: f64,
    p99: f64,
    /// CPU milliseconds a question.
    cpu_millis: f64,
    /// The system's CPU seconds over Shoki's, over blocks.
    ratio: Option<Interval>,
}

/// Quality of all systems on one set of questions.
#[derive(Clone, Debug, Serialize)]
pub struct Judged {
    set: String,
    questions: usize,
    passages: usize,
    /// The whole question through the command line.
    product: Quality,
    systems: Vec<(Name, Quality)>,
}

/// The service.
#[derive(Clone, Debug, Serialize)]
pub struct Served {
    passages: usize,
    rate: u32,
    seconds: u64,
    /// `None`: a run before took them in.
    import: Option<Cost>,
    quiet: Window,
    busy: Window,
}

/// All that the report needs.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    texts: &'static str,
    originals: usize,
    seed: u64,
    blocks: usize,
    block: usize,
    judged: Vec<Judged>,
    measured: Vec<Measured>,
    served: Option<Served>,
    /// Systems that did not run, with the reason.
    not_run: BTreeMap<Name, String>,
}

/// Runs everything and writes `search.md` and `search.json`.
///
/// # Errors
/// Missing programs, models or texts; a run that fails.
pub fn run(arguments: &SearchArguments) -> anyhow::Result<()> {
    let mut bench = Bench::open(arguments)?;
    let mut findings = Findings {
        texts: if arguments.laws.is_some() {
            "laws that the operator gave"
        } else {
            "the sample corpus"
        },
        originals: bench.workload.original_passages(),
        seed: arguments.seed,
        blocks: arguments.blocks,
        block: arguments.block,
        judged: bench.quality()?,
        measured: Vec::new(),
        served: None,
        not_run: BTreeMap::new(),
    };
    let mut sizes = arguments.passages.clone();
    if sizes.is_empty() {
        sizes = vec![20_000, 200_000];
    }
    if arguments.full {
        sizes.push(1_000_000);
    }
    // The service first: it is what an office feels.
    if arguments.service > 0 {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        findings.served = Some(runtime.block_on(bench.serve())?);
    }
    for size in sizes {
        findings.measured.extend(bench.compare(size)?);
    }
    findings.not_run = bench.not_run;
    let text = report::markdown(&findings);
    crate::report::write(&arguments.places.out, "search", &findings, &text)
}

struct Bench<'a> {
    arguments: &'a SearchArguments,
    work: PathBuf,
    shoki: PathBuf,
    repository: PathBuf,
    texts: PathBuf,
    workload: Workload,
    /// Files of questions, with what they are asked of.
    questions: Vec<(PathBuf, PathBuf)>,
    systems: Systems,
    not_run: BTreeMap<Name, String>,
}

impl<'a> Bench<'a> {
    fn open(arguments: &'a SearchArguments) -> anyhow::Result<Self> {
        let Places { shoki, store, work } = arguments.places.find("search")?;
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
        let sample = repository.join("pipelines/corpora/asahino");
        let texts = match &arguments.laws {
            Some(laws) => laws.canonicalize().with_context(|| laws.display().to_string())?,
            None => sample.clone(),
        };
        let mut questions = vec![(sample.join("questions.jsonl"), sample)];
        questions.extend(
            arguments
                .questions
                .iter()
                .map(|file| (file.clone(), texts.clone())),
        );
        Ok(Self {
            systems: Systems::open(&work, store, repository.join("models"), DAY, &arguments.systems)?,
            workload: Workload::open(&texts, DAY)?,
            arguments,
            work,
            shoki,
            repository,
            texts,
            questions,
            not_run: BTreeMap::new(),
        })
    }

    fn fresh(&self, name: &str) -> anyhow::Result<PathBuf> {
        let directory = self.work.join(name);
        if directory.exists() {
            std::fs::remove_dir_all(&directory)?;
        }
        std::fs::create_dir_all(&directory)?;
        Ok(directory)
    }

    fn installation(&self, data: PathBuf) -> Installation {
        Installation {
            shoki: self.shoki.clone(),
            store: self.systems.store.clone(),
            repository: self.repository.clone(),
            data,
            settings: Vec::new(),
        }
    }

    /// Questions to ask for speed: all there are, in a fixed order.
    fn words(&self) -> anyhow::Result<Vec<Asked>> {
        let mut all = Vec::new();
        for (file, texts) in &self.questions {
            all.extend(quality::questions(file, Workload::open(texts, DAY)?.originals())?);
        }
        Ok(all)
    }
}
