//! `shoki`: parses the command line and hands over to the library.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    shoki_app::command::run(shoki_app::cli::Cli::parse())
}
