//! `shoki-bench speech`: recordings to text with speakers: how well, how fast beside whisper.cpp and
//! faster-whisper, in how much memory, and how soon while somebody speaks.
//!
//! Owns the plan of the runs. Recordings are made afresh by synthetic voices, with words that no training sentence
//! has: the figures compare and show what breaks, they promise nothing about real rooms. Accuracy is that of the
//! bundled model; speed is that of true shapes with random weights too. Never: a figure without what it was
//! measured on.

mod accuracy;
mod assignment;
mod characters;
mod firm;
mod live;
mod made;
mod memory;
mod models;
mod peers;
mod product;
mod report;
mod sound;
mod speed;
mod truth;
mod turns;

use std::path::PathBuf;

use serde::Serialize;

use crate::places::{PlaceArguments, Places};
use accuracy::Accuracy;
use live::Live;
use made::Scripts;
use memory::LongRun;
use models::{Models, Shape};
use peers::Peers;
use product::Product;
use speed::Speed;

/// What to run.
#[derive(Clone, Debug, clap::Args)]
pub struct SpeechArguments {
    /// Where everything is.
    #[command(flatten)]
    pub places: PlaceArguments,
    /// Parts; all by default.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub parts: Vec<Part>,
    /// large-v3-turbo and 4 hours too: an hour or two on two cores.
    #[arg(long)]
    pub full: bool,
    /// Meetings of each level of noise.
    #[arg(long, default_value_t = 2)]
    pub meetings: u32,
    /// Seconds of a meeting, about.
    #[arg(long, default_value_t = 120)]
    pub seconds: u32,
    /// Held-out sentences.
    #[arg(long, default_value_t = 60)]
    pub sentences: u32,
    /// Models of the comparison of speed; bundled and small by default.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub shapes: Vec<Shape>,
    /// Recordings of the comparison of speed, each heard by every system in turn.
    #[arg(long, default_value_t = 3)]
    pub blocks: u32,
    /// Seconds of each before its pauses are stretched to 40 %.
    #[arg(long, default_value_t = 40)]
    pub block_seconds: u32,
    /// A whisper-cli built for this machine, to be compared too.
    #[arg(long)]
    pub whisper_cli: Option<PathBuf>,
    /// Hours of the long recording; 0.5 by default, 4 with `--full`.
    #[arg(long)]
    pub hours: Option<f64>,
    /// Meetings that are spoken into the live captions, with seeds that follow one another.
    #[arg(long, default_value_t = 6)]
    pub live_meetings: u32,
    /// Seconds of one of them, about.
    #[arg(long, default_value_t = 60)]
    pub live_seconds: u32,
    /// Seed.
    #[arg(long, default_value_t = 12)]
    pub seed: u64,
}

/// A part of the bench.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// How well.
    Accuracy,
    /// How fast.
    Speed,
    /// In how much memory.
    Memory,
    /// How soon.
    Live,
}

/// All that the report needs.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    seed: u64,
    threads: usize,
    accuracy: Option<Accuracy>,
    speed: Option<Speed>,
    memory: Vec<LongRun>,
    live: Option<Live>,
}

/// Runs everything and writes `speech.md` and `speech.json`.
///
/// # Errors
/// Missing programs, models or packages of Debian; a run of Shoki that fails.
pub fn run(arguments: &SpeechArguments) -> anyhow::Result<()> {
    let Places { shoki, store, work } = arguments.places.find("speech")?;
    let repository = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).canonicalize()?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let wanted = |part: Part| arguments.parts.is_empty() || arguments.parts.contains(&part);
    let scripts = Scripts::install(&work, &repository)?;
    let models = Models::open(&work, &repository)?;
    let product = Product {
        shoki,
        store,
        repository,
        catalogue: models.catalogue.clone(),
        work: work.clone(),
        threads,
    };
    let mut findings = Findings {
        seed: arguments.seed,
        threads,
        accuracy: None,
        speed: None,
        memory: Vec::new(),
        live: None,
    };
    if wanted(Part::Accuracy) {
        let plan = accuracy::Plan {
            meetings: arguments.meetings,
            seconds: arguments.seconds,
            sentences: arguments.sentences,
            seed: arguments.seed,
        };
        findings.accuracy = Some(accuracy::measure(&scripts, &product, plan)?);
    }
    if wanted(Part::Speed) {
        let peers = Peers::install(&work, arguments.whisper_cli.clone(), threads)?;
        let plan = speed::Plan {
            shapes: shapes(arguments),
            blocks: arguments.blocks,
            seconds: arguments.block_seconds,
            seed: arguments.seed + 1_000,
        };
        findings.speed = Some(speed::measure(&scripts, &models, &product, &peers, &plan)?);
    }
    if wanted(Part::Memory) {
        let hours = arguments.hours.unwrap_or(if arguments.full { 4.0 } else { 0.5 });
        findings.memory = memory::measure(&scripts, &product, hours, arguments.seed + 2_000)?;
    }
    if wanted(Part::Live) {
        let plan = live::Plan {
            meetings: arguments.live_meetings,
            seconds: arguments.live_seconds,
            seed: arguments.seed + 3_000,
        };
        findings.live = Some(live::measure(&scripts, &product, plan)?);
    }
    crate::report::write(
        &arguments.places.out,
        "speech",
        &findings,
        &report::markdown(&findings),
    )
}

fn shapes(arguments: &SpeechArguments) -> Vec<Shape> {
    if !arguments.shapes.is_empty() {
        return arguments.shapes.clone();
    }
    let mut shapes = vec![Shape::Bundled, Shape::Small];
    if arguments.full {
        shapes.push(Shape::LargeV3Turbo);
    }
    shapes
}
