//! `shoki-bench search`: finding passages beside tantivy, SQLite FTS5 and `rank_bm25`, at up to 1,000,000
//! passages, and the real service asked at a fixed rate.
//!
//! Owns the plan of the runs: quality on the texts as they are; then size by size every system on the same
//! passages, block of questions by block in turn; then the service over HTTP. Never: a figure without the
//! level it was measured at.

mod law_xml;
mod open_loop;
mod protocol;
mod quality;
mod report;
mod service;
mod shoki_index;
pub mod systems;
mod tantivy_default;
mod workload;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use hdrhistogram::Histogram;
use jiff::civil::{Date, date};
use serde::Serialize;
use shoki_search::query::evaluate::Run;

use crate::forms::numbers::{Interval, log_ratio};
use crate::process_tree::{Cost, cpu_seconds, memory};
use crate::screen;
use protocol::{Order, Passages, Process, Said};
use quality::{Asked, Quality};
use service::{Background, Installation, Window};
use systems::{Name, Systems};
use workload::{Workload, whole_text};

/// The day of all questions.
const DAY: Date = date(2026, 11, 22);
/// Laws that the service imports while it is asked.
const BACKGROUND_LAWS: usize = 20;

/// What to run.
#[derive(Clone, Debug, clap::Args)]
pub struct SearchArguments {
    /// The program `shoki`; beside this program by default.
    #[arg(long)]
    pub shoki: Option<PathBuf>,
    /// The model store; `target/models` by default, where `cargo xtask` puts it.
    #[arg(long)]
    pub store: Option<PathBuf>,
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
    /// 1,000,000 passages too: an hour and 10 GB of disk.
    #[arg(long)]
    pub full: bool,
    /// Blocks of questions, each asked of every system in turn.
    #[arg(long, default_value_t = 5)]
    pub blocks: usize,
    /// Questions of a block.
    #[arg(long, default_value_t = 30)]
    pub block: usize,
    /// Passages of the service that is asked over HTTP; 0 = no service.
    #[arg(long, default_value_t = 20_000)]
    pub service: usize,
    /// Questions a second.
    #[arg(long, default_value_t = 20)]
    pub rate: u32,
    /// Seconds of each window of questions.
    #[arg(long, default_value_t = 60)]
    pub seconds: u64,
    /// Seed.
    #[arg(long, default_value_t = 12)]
    pub seed: u64,
    /// Directory for indexes and environment; `target/bench-search` by default.
    #[arg(long)]
    pub work: Option<PathBuf>,
    /// Directory for the report.
    #[arg(long, default_value = "bench/reports")]
    pub out: PathBuf,
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
    import: Cost,
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
    std::fs::create_dir_all(&arguments.out)?;
    std::fs::write(
        arguments.out.join("search.json"),
        serde_json::to_vec_pretty(&findings)?,
    )?;
    let text = report::markdown(&findings);
    std::fs::write(arguments.out.join("search.md"), &text)?;
    screen::line(text);
    Ok(())
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

/// A system with its index, ready to be asked.
struct Ready {
    name: Name,
    process: Process,
    import: (f64, f64),
    index: PathBuf,
}

impl<'a> Bench<'a> {
    fn open(arguments: &'a SearchArguments) -> anyhow::Result<Self> {
        let own = std::env::current_exe()?;
        let target = own
            .ancestors()
            .nth(2)
            .context("this program lies in target/<profile>")?;
        let found = |given: &Option<PathBuf>, default: PathBuf| {
            let path = given.clone().unwrap_or(default);
            let missing = || format!("{}: missing; run `cargo xtask demo` once", path.display());
            path.canonicalize().with_context(missing)
        };
        let shoki = found(&arguments.shoki, own.with_file_name("shoki"))?;
        let store = found(&arguments.store, target.join("models"))?;
        let work = arguments
            .work
            .clone()
            .unwrap_or_else(|| target.join("bench-search"));
        std::fs::create_dir_all(&work)?;
        let work = work.canonicalize()?;
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
        let sample = repository.join("pipelines/corpora/asahino");
        let texts = found(&arguments.laws, sample.clone())?;
        let mut questions = vec![(sample.join("questions.jsonl"), sample)];
        questions.extend(
            arguments
                .questions
                .iter()
                .map(|file| (file.clone(), texts.clone())),
        );
        Ok(Self {
            systems: Systems::open(&work, store, repository.join("models"), DAY)?,
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

    /// Starts every system that can be asked at this size, and lets it take the passages in.
    fn ready(&mut self, texts: &Path, workload: &Workload, count: usize) -> anyhow::Result<Vec<Ready>> {
        let file = self.fresh("passages")?.join("passages.jsonl");
        let mut lines = std::io::BufWriter::new(std::fs::File::create(&file)?);
        workload.texts(count, self.arguments.seed, |text| {
            for passage in &text.passages {
                serde_json::to_writer(&mut lines, &whole_text(&text.source.title, passage))?;
                lines.write_all(b"\n")?;
            }
            Ok(())
        })?;
        lines.flush()?;
        let mut ready = Vec::new();
        for name in Name::ALL.into_iter().filter(|name| count <= name.largest()) {
            let index = self.fresh(&format!("index-{name:?}"))?;
            let order = Order::Build(Passages {
                file: file.clone(),
                texts: texts.to_owned(),
                seed: self.arguments.seed,
                count,
                index: index.clone(),
            });
            let built = self
                .systems
                .start(name)
                .and_then(|mut process| Ok((process.tell(&order)?, process)));
            match built {
                Ok((Said::Built { seconds, cpu }, process)) => {
                    screen::line(format!(
                        "{count} passages, {}: {seconds:.1} s, {cpu:.1} CPU s",
                        name.label()
                    ));
                    ready.push(Ready {
                        name,
                        process,
                        import: (seconds, cpu),
                        index,
                    });
                }
                Ok((said, _)) => anyhow::bail!("{}: {said:?}", name.label()),
                Err(error) if name == Name::Shoki => return Err(error),
                Err(error) => {
                    screen::line(format!("NOT RUN: {}: {error:#}", name.label()));
                    self.not_run.insert(name, format!("{error:#}"));
                }
            }
        }
        Ok(ready)
    }

    fn quality(&mut self) -> anyhow::Result<Vec<Judged>> {
        let mut judged = Vec::new();
        for (file, texts) in self.questions.clone() {
            let workload = Workload::open(&texts, DAY)?;
            let asked = quality::questions(&file, workload.originals())?;
            let names = quality::names(workload.originals());
            let mut systems = Vec::new();
            for mut ready in self.ready(&texts, &workload, names.len())? {
                let (_, _, found) = ask(&mut ready.process, asked.iter())?;
                let run: Run = asked
                    .iter()
                    .zip(found)
                    .map(|(asked, found)| {
                        let items = found.iter().filter_map(|&at| names.get(at as usize).cloned());
                        (asked.qid.clone(), items.collect())
                    })
                    .collect();
                systems.push((ready.name, quality::score(&asked, &run)));
            }
            judged.push(Judged {
                set: file
                    .file_stem()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                questions: asked.len(),
                passages: names.len(),
                product: self.product(&file, &texts, &asked)?,
                systems,
            });
        }
        Ok(judged)
    }

    /// The same questions through `shoki search run`.
    fn product(&self, file: &Path, texts: &Path, asked: &[Asked]) -> anyhow::Result<Quality> {
        let installation = self.installation(self.fresh("product")?);
        let definition = texts.with_extension("toml");
        let files = if definition.is_file() {
            vec![definition]
        } else {
            files_in(texts)?
        };
        installation.import(&files)?;
        let out = self.work.join("run.jsonl");
        let mut command = installation.command(&["search", "run"]);
        command.args(["--as-of", &DAY.to_string()]);
        if let Some(scope) = self.arguments.scope.as_ref().filter(|_| texts == self.texts) {
            command.args(["--scope", scope]);
        }
        command.arg("--queries").arg(file).arg("--out").arg(&out);
        crate::process_tree::measured(&mut command)?;
        Ok(quality::score(asked, &quality::read_run(&out)?))
    }

    fn installation(&self, data: PathBuf) -> Installation {
        Installation {
            shoki: self.shoki.clone(),
            store: self.systems.store.clone(),
            repository: self.repository.clone(),
            data,
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

    fn compare(&mut self, count: usize) -> anyhow::Result<Vec<Measured>> {
        let workload = Workload::open(&self.texts, DAY)?;
        let mut ready = self.ready(&self.texts.clone(), &workload, count)?;
        let words = self.words()?;
        let mut cpu: BTreeMap<Name, Vec<f64>> = BTreeMap::new();
        let mut micros: BTreeMap<Name, Histogram<u64>> = BTreeMap::new();
        for block in 0..self.arguments.blocks {
            let asked: Vec<&Asked> = words
                .iter()
                .cycle()
                .skip(block * self.arguments.block)
                .take(self.arguments.block)
                .collect();
            for ready in &mut ready {
                let (millis, spent, _) = ask(&mut ready.process, asked.iter().copied())?;
                cpu.entry(ready.name).or_default().push(spent);
                let held = micros.entry(ready.name).or_insert(Histogram::new(3)?);
                for millis in millis {
                    #[expect(
                        clippy::cast_possible_truncation,
                        clippy::cast_sign_loss,
                        reason = "a time in microseconds"
                    )]
                    held.record((millis * 1_000.0) as u64)?;
                }
            }
            // The next block is asked in the opposite order.
            ready.reverse();
        }
        let ours = cpu[&Name::Shoki].clone();
        let asked = (self.arguments.blocks * self.arguments.block) as f64;
        let mut measured: Vec<Measured> = ready
            .iter()
            .map(|ready| {
                let spent = &cpu[&ready.name];
                let of = |share: f64| micros[&ready.name].value_at_quantile(share) as f64 / 1_000.0;
                let pairs: Vec<(f64, f64)> = spent.iter().copied().zip(ours.iter().copied()).collect();
                Ok(Measured {
                    name: ready.name,
                    passages: count,
                    import_seconds: ready.import.0,
                    import_cpu: ready.import.1,
                    disk_bytes: bytes_in(&ready.index)?,
                    memory: memory(ready.process.pid()),
                    p50: of(0.5),
                    p95: of(0.95),
                    p99: of(0.99),
                    cpu_millis: spent.iter().sum::<f64>() * 1_000.0 / asked,
                    ratio: (ready.name != Name::Shoki).then(|| log_ratio(&pairs)),
                })
            })
            .collect::<anyhow::Result<_>>()?;
        measured.sort_by_key(|measured| measured.name);
        Ok(measured)
    }

    async fn serve(&self) -> anyhow::Result<Served> {
        let laws = self.fresh("laws")?;
        let (mut files, mut later) = (Vec::new(), Vec::new());
        let write = |number: usize, xml: String, files: &mut Vec<PathBuf>| -> anyhow::Result<()> {
            let file = laws.join(format!("bench-{number}_20240401_0.xml"));
            std::fs::write(&file, xml)?;
            files.push(file);
            Ok(())
        };
        let mut number = 0;
        self.workload
            .texts(self.arguments.service, self.arguments.seed, |text| {
                number += 1;
                write(number, law_xml::law(&text, number), &mut files)
            })?;
        let beside = self.arguments.service.min(2_000);
        self.workload.texts(beside, self.arguments.seed + 1, |mut text| {
            number += 1;
            if later.len() < BACKGROUND_LAWS {
                text.source.title = format!("別{number}{}", text.source.title);
                write(number, law_xml::law(&text, number), &mut later)?;
            }
            Ok(())
        })?;
        let installation = self.installation(self.fresh("service")?);
        let token = installation.people()?;
        let import = installation.import(&files)?;
        screen::line(format!(
            "the service took in {} passages: {:.1} s, {:.1} CPU s",
            self.arguments.service, import.wall_seconds, import.cpu_seconds
        ));
        let service = installation.serve(token).await?;
        let questions: Vec<String> = self.words()?.into_iter().map(|asked| asked.query).collect();
        let length = Duration::from_secs(self.arguments.seconds);
        let rate = self.arguments.rate;
        // The first questions find a cold cache; they are not what an office feels all day.
        service
            .window(&questions, rate, Duration::from_secs(5), None)
            .await?;
        let quiet = service.window(&questions, rate, length, None).await?;
        let background = Background {
            stack: self.repository.join("bench/samples/demo.pdf"),
            laws: later,
        };
        let busy = service
            .window(&questions, rate, length, Some(&background))
            .await?;
        Ok(Served {
            passages: self.arguments.service,
            rate,
            seconds: self.arguments.seconds,
            import,
            quiet,
            busy,
        })
    }
}

/// Milliseconds of each question, CPU seconds of all, and what was found.
fn ask<'q>(
    process: &mut Process,
    asked: impl Iterator<Item = &'q Asked>,
) -> anyhow::Result<(Vec<f64>, f64, Vec<Vec<u32>>)> {
    let questions = asked.map(|asked| asked.query.clone()).collect();
    let before = cpu_seconds(process.pid())?;
    match process.tell(&Order::Ask(questions))? {
        // `/proc` counts in hundredths: what takes less counts as half of one.
        Said::Answered { millis, found, .. } => {
            Ok((millis, (cpu_seconds(process.pid())? - before).max(0.005), found))
        }
        said @ Said::Built { .. } => anyhow::bail!("a system under test said {said:?}"),
    }
}

fn files_in(directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    Ok(files)
}

fn bytes_in(directory: &Path) -> anyhow::Result<u64> {
    let mut total = 0;
    for entry in std::fs::read_dir(directory)? {
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
