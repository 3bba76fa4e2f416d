//! `shoki-bench`: the command line of the benches and sample makers.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

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
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Blanks { out } => shoki_bench::blanks::write(&out),
    }
}
