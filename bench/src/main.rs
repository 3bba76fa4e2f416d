//! `shoki-bench`: the command line of the benches and sample makers.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use shoki_bench::calibrate::{self, CalibrateArguments};
use shoki_bench::demo::{self, DemoArguments};
use shoki_bench::desk::{self, DeskArguments};
use shoki_bench::forms::{self, FormsArguments};
use shoki_bench::review::{self, ReviewArguments};
use shoki_bench::samples::{self, Order, output::Format};
use shoki_bench::score;
use shoki_bench::search::systems::SystemArguments;
use shoki_bench::search::{self, SearchArguments};
use shoki_bench::sorting::{self, SortingArguments};
use shoki_bench::speech::{self, SpeechArguments};
use shoki_bench::typefaces::FontSet;

#[derive(Parser)]
#[command(about = "Samples, scores and comparisons for Shoki")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Draw the shipped blank forms and write their definitions.
    Blanks {
        /// Directory to write to.
        #[arg(long, default_value = "pipelines/forms")]
        out: PathBuf,
    },
    /// Fit the calibration of risks on the tuning hands and measure it on the measuring hands.
    Calibrate(CalibrateArguments),
    /// Make the PDF and the Word document of the sample corpus.
    CorpusSamples {
        /// Directory of the hand-written files, to write to.
        #[arg(long, default_value = "pipelines/corpora/asahino")]
        out: PathBuf,
    },
    /// Hand a stack to a running service and print what came back.
    Demo(DemoArguments),
    /// Follow a large job and let many people work at the desk while it runs; write the report.
    Desk(DeskArguments),
    /// Compare with RapidOCR on the same made stacks and write the report.
    Forms(FormsArguments),
    /// Compare finding passages with peers, ask the real service at a fixed rate, and write the report.
    Search(SearchArguments),
    /// One system under test of `search`: orders on standard input, answers on standard output.
    #[command(hide = true)]
    SearchSystem(SystemArguments),
    /// Two people review ten thousand fields through a real service that is killed in between.
    Review(ReviewArguments),
    /// Sort mixed stacks of a made office's forms and write the report: confusion, rejections, CPU a page.
    Sorting(SortingArguments),
    /// Transcribe made meetings: accuracy, speed beside whisper.cpp and faster-whisper, memory, live captions.
    Speech(SpeechArguments),
    /// Score a reading (JSON of `shoki forms read` or of the API) against the truth of its stack.
    Score {
        /// The reading.
        #[arg(long)]
        reading: PathBuf,
        /// The truth.
        #[arg(long)]
        truth: PathBuf,
        /// List the wrong fields.
        #[arg(long)]
        misses: bool,
    },
    /// Make the sample stack of the demonstration.
    DemoStack {
        /// Directory to write to.
        #[arg(long, default_value = "bench/samples")]
        out: PathBuf,
    },
    /// Make a stack of filled, scanned forms with its truth.
    Samples {
        /// Number of pages.
        #[arg(long)]
        pages: u32,
        /// Seed.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Which hands.
        #[arg(long, value_enum, default_value = "tuning")]
        fonts: FontSet,
        /// Level of the scan's defects, 1-3; may be given several times; all by default.
        #[arg(long, value_parser = clap::value_parser!(u8).range(1..=3))]
        level: Vec<u8>,
        /// How the pages are written.
        #[arg(long, value_enum, default_value = "pdf")]
        format: Format,
        /// Directory to write to.
        #[arg(long)]
        out: PathBuf,
    },
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Blanks { out } => shoki_bench::blanks::write(&out),
        Command::Calibrate(arguments) => calibrate::run(&arguments),
        Command::CorpusSamples { out } => shoki_bench::corpus_samples::write(&out),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Desk(arguments) => desk::run(&arguments),
        Command::Forms(arguments) => forms::run(&arguments),
        Command::Search(arguments) => search::run(&arguments),
        Command::Review(arguments) => review::run(&arguments),
        Command::Sorting(arguments) => sorting::run(&arguments),
        Command::Speech(arguments) => speech::run(&arguments),
        Command::SearchSystem(arguments) => search::systems::serve(&arguments),
        Command::Score {
            reading,
            truth,
            misses,
        } => {
            let reading = serde_json::from_slice(&std::fs::read(reading)?)?;
            let truth = serde_json::from_slice(&std::fs::read(truth)?)?;
            score::print(&score::score(&truth, &reading), misses);
            Ok(())
        }
        Command::DemoStack { out } => samples::demo::write(&out),
        Command::Samples {
            pages,
            seed,
            fonts,
            level,
            format,
            out,
        } => {
            let levels = if level.is_empty() { vec![1, 2, 3] } else { level };
            let order = Order {
                pages,
                seed,
                hands: fonts,
                levels,
                jpeg_quality: None,
                plan: Vec::new(),
            };
            samples::output::write(&order, format, &out).map(drop)
        }
    }
}
