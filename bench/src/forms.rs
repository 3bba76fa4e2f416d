//! `shoki-bench forms`: Shoki beside RapidOCR on the same made stack, block by block in turn.
//!
//! Owns the plan of the runs. Both read the same PDF from disk to values with the same ONNX files;
//! every run is a fresh process, model loading included. Hands are the measuring ones only.

mod peer;
mod report;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use serde::Serialize;
use shoki_core::form::{FieldType, FormDefinition};
use shoki_core::reading::DocumentReading;

use crate::numbers::{Interval, bootstrap_difference, log_ratio};
use crate::places::{PlaceArguments, Places};
use crate::process_tree::{Cost, measured};
use crate::samples::output::{Format, write};
use crate::samples::truth::{PageTruth, StackTruth};
use crate::samples::{Order, set_name};
use crate::score::{Score, score};
use crate::screen;
use crate::typefaces::FontSet;
use peer::{Assignment, Peer};

/// What to run.
#[derive(Clone, Debug, clap::Args)]
pub struct FormsArguments {
    /// Where everything is.
    #[command(flatten)]
    pub places: PlaceArguments,
    /// Blocks, each read by every system in turn.
    #[arg(long, default_value_t = 5)]
    pub blocks: u32,
    /// Pages of a block.
    #[arg(long, default_value_t = 5)]
    pub pages: u32,
    /// Pages of the larger stack that only Shoki reads, for its accuracy; 0 = none.
    #[arg(long, default_value_t = 100)]
    pub more_pages: u32,
    /// Seed.
    #[arg(long, default_value_t = 12)]
    pub seed: u64,
}

/// A system and its workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum System {
    /// Shoki with one reading of each field.
    ShokiOne,
    /// Shoki with four readings and their agreement.
    ShokiFour,
    /// RapidOCR on full pages.
    Rapid,
}

impl System {
    const ALL: [Self; 3] = [Self::ShokiOne, Self::ShokiFour, Self::Rapid];

    const fn name(self) -> &'static str {
        match self {
            Self::ShokiOne => "Shoki, one reading",
            Self::ShokiFour => "Shoki, four readings",
            Self::Rapid => "RapidOCR 3.10",
        }
    }
}

/// One run: which system read which block at what cost.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Run {
    system: System,
    workers: u32,
    block: u32,
    pages: u32,
    cost: Cost,
}

/// All that the report needs.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    hands: &'static str,
    seed: u64,
    runs: Vec<Run>,
    /// Written fields only, so that the peer can be compared.
    written: Vec<(System, Score)>,
    /// All fields, on the larger stack.
    larger: Option<(u32, Score)>,
    /// How the peer's lines were assigned.
    assignment: String,
    /// Shoki's pages per CPU second over the peer's, one worker and two: one reading, four readings.
    speed_ratios: Vec<(System, u32, Interval)>,
    /// Exact written fields, Shoki's share minus the peer's.
    exact_gains: Vec<(System, Interval)>,
}

struct Block {
    pdf: PathBuf,
    truth: StackTruth,
}

/// Runs everything and writes `forms.md` and `forms.json`.
///
/// # Errors
/// Missing programs, models or fonts; a run that fails.
pub fn run(arguments: &FormsArguments) -> anyhow::Result<()> {
    let bench = Bench::open(arguments)?;
    let blocks: Vec<Block> = (0..arguments.blocks)
        .map(|block| {
            bench.stack(
                &format!("block{block}"),
                arguments.pages,
                arguments.seed + u64::from(block),
            )
        })
        .collect::<anyhow::Result<_>>()?;
    let (mut runs, mut readings) = (Vec::new(), Vec::new());
    for (index, block) in (0_u32..).zip(&blocks) {
        for workers in [1, 2] {
            let mut systems = System::ALL;
            if index % 2 == 1 {
                systems.reverse();
            }
            for system in systems {
                let (reading, cost) = bench.read(system, block, workers)?;
                screen::line(format!(
                    "block {index}, {} worker(s), {}: {:.1} s, {:.1} CPU s, {}",
                    workers,
                    system.name(),
                    cost.wall_seconds,
                    cost.cpu_seconds,
                    screen::mebibytes(cost.peak_bytes)
                ));
                runs.push(Run {
                    system,
                    workers,
                    block: index,
                    pages: arguments.pages,
                    cost,
                });
                if workers == 1 {
                    readings.push((system, index as usize, reading));
                }
            }
        }
    }
    let larger = bench.larger()?;
    let findings = bench.findings(&blocks, runs, readings, larger);
    crate::report::write(
        &arguments.places.out,
        "forms",
        &findings,
        &report::markdown(&findings),
    )
}

/// A system's reading of a block, before the peer's assignment is chosen.
enum Reading {
    Shoki(DocumentReading),
    Peer(Vec<Vec<peer::Line>>),
}

struct Bench<'a> {
    arguments: &'a FormsArguments,
    shoki: PathBuf,
    store: PathBuf,
    work: PathBuf,
    forms_directory: PathBuf,
    forms: Vec<FormDefinition>,
    peer: Peer,
}

impl<'a> Bench<'a> {
    fn open(arguments: &'a FormsArguments) -> anyhow::Result<Self> {
        let Places { shoki, store, work } = arguments.places.find("forms")?;
        let forms_directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipelines/forms");
        Ok(Self {
            arguments,
            peer: Peer::install(&work, &store)?,
            forms: definitions(&forms_directory)?,
            forms_directory,
            shoki,
            store,
            work,
        })
    }

    fn stack(&self, name: &str, pages: u32, seed: u64) -> anyhow::Result<Block> {
        let order = Order {
            pages,
            seed,
            hands: FontSet::Measuring,
            levels: vec![1, 2, 3],
            jpeg_quality: None,
            plan: Vec::new(),
        };
        let directory = self.work.join(name);
        let truth = write(&order, Format::Pdf, &directory)?;
        Ok(Block {
            pdf: directory.join("stack.pdf"),
            truth,
        })
    }

    fn read(&self, system: System, block: &Block, workers: u32) -> anyhow::Result<(Reading, Cost)> {
        let readings = match system {
            System::ShokiOne => "one",
            System::ShokiFour => "four",
            System::Rapid => {
                let (lines, cost) = self.peer.read(&block.pdf, &block.truth, workers)?;
                return Ok((Reading::Peer(lines), cost));
            }
        };
        let out = block.pdf.with_file_name(format!("shoki-{readings}-{workers}"));
        let mut command = Command::new(&self.shoki);
        command
            .env("SHOKI_MODELS__STORE_DIR", &self.store)
            .args([
                "forms",
                "read",
                "--readings",
                readings,
                "--workers",
                &workers.to_string(),
                "--forms",
            ])
            .arg(&self.forms_directory)
            .arg("--out")
            .arg(&out)
            .arg(&block.pdf);
        let cost = measured(&mut command)?;
        let file = out.join("stack.json");
        let bytes = std::fs::read(&file).with_context(|| file.display().to_string())?;
        Ok((Reading::Shoki(serde_json::from_slice(&bytes)?), cost))
    }

    fn larger(&self) -> anyhow::Result<Option<(u32, Score)>> {
        let pages = self.arguments.more_pages;
        if pages == 0 {
            return Ok(None);
        }
        let stack = self.stack("larger", pages, self.arguments.seed + 10_000)?;
        let (reading, _) = self.read(System::ShokiFour, &stack, 2)?;
        Ok(match reading {
            Reading::Shoki(reading) => Some((pages, score(&stack.truth, &reading))),
            Reading::Peer(_) => None,
        })
    }

    fn findings(
        &self,
        blocks: &[Block],
        runs: Vec<Run>,
        readings: Vec<(System, usize, Reading)>,
        larger: Option<(u32, Score)>,
    ) -> Findings {
        let best = [Assignment::Letters, Assignment::Lines]
            .into_iter()
            .max_by_key(|&how| {
                let pages = self.by_page(System::Rapid, blocks, &readings, how);
                pages.iter().map(|page| page.total.exact).sum::<u64>()
            })
            .unwrap_or(Assignment::Letters);
        let by_page = |system| self.by_page(system, blocks, &readings, best);
        let peer_pages = by_page(System::Rapid);
        let counts = |pages: &[Score]| -> Vec<(u64, u64)> {
            pages
                .iter()
                .map(|page| (page.total.exact, page.total.fields))
                .collect()
        };
        let shoki = [System::ShokiOne, System::ShokiFour];
        let speed_ratios = shoki
            .into_iter()
            .flat_map(|system| [1, 2].map(|workers| (system, workers)))
            .map(|(system, workers)| (system, workers, speed_ratio(&runs, system, workers)))
            .collect();
        let exact_gains = shoki
            .into_iter()
            .map(|system| {
                (
                    system,
                    bootstrap_difference(&counts(&by_page(system)), &counts(&peer_pages)),
                )
            })
            .collect();
        let written = System::ALL
            .into_iter()
            .map(|system| (system, Score::sum(&by_page(system))))
            .collect();
        Findings {
            hands: set_name(FontSet::Measuring),
            seed: self.arguments.seed,
            runs,
            written,
            larger,
            assignment: format!("{best:?}"),
            speed_ratios,
            exact_gains,
        }
    }

    /// Scores of a system's written fields, one page at a time.
    fn by_page(
        &self,
        system: System,
        blocks: &[Block],
        readings: &[(System, usize, Reading)],
        how: Assignment,
    ) -> Vec<Score> {
        let mut scores = Vec::new();
        for (_, block, reading) in readings.iter().filter(|(own, ..)| *own == system) {
            let truth = &blocks[*block].truth;
            let reading = match reading {
                Reading::Shoki(reading) => reading.clone(),
                Reading::Peer(lines) => peer::assigned(lines, truth, &self.forms, how),
            };
            for page in &truth.pages {
                let single = StackTruth {
                    pages: vec![written_only(page)],
                    ..truth.clone()
                };
                scores.push(score(&single, &reading));
            }
        }
        scores
    }
}

/// A page's truth without its marks, which full-page text recognition cannot read.
fn written_only(page: &PageTruth) -> PageTruth {
    let mut page = page.clone();
    page.fields
        .retain(|_, field| !matches!(field.kind, FieldType::Check | FieldType::Circle));
    page
}

fn speed_ratio(runs: &[Run], system: System, workers: u32) -> Interval {
    let cpu = |wanted: System| {
        runs.iter()
            .filter(move |run| run.system == wanted && run.workers == workers)
            .map(|run| run.cost.cpu_seconds)
    };
    let pairs: Vec<(f64, f64)> = cpu(System::Rapid).zip(cpu(system)).collect();
    log_ratio(&pairs)
}

fn definitions(directory: &Path) -> anyhow::Result<Vec<FormDefinition>> {
    let mut forms = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            let form = FormDefinition::parse(&std::fs::read_to_string(&path)?);
            forms.push(form.map_err(|mistakes| anyhow::anyhow!("{}: {}", path.display(), mistakes[0]))?);
        }
    }
    Ok(forms)
}
