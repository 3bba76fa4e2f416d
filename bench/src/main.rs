//! `shoki-bench`: the command line of the benches and sample makers.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use shoki_bench::samples::{self, Order, output::Format};
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
                plan: Vec::new(),
            };
            samples::output::write(&order, format, &out).map(drop)
        }
    }
}
