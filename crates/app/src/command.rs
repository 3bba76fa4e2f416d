//! What the subcommands do. Each returns the process's exit status: 0 done, 1 something was wrong
//! with what was given (said on standard error, in Japanese), 2 wrong command line (clap).

pub mod check_config;

use std::process::ExitCode;

use crate::cli::{Cli, Command};
use crate::config::{Config, load};
use crate::output;

/// Runs the command line.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    match cli.command {
        Command::CheckConfig => check_config::run(cli.config.as_deref()),
        _ => ExitCode::FAILURE,
    }
}

/// The configuration, or every mistake on standard error.
pub(crate) fn configuration(file: Option<&std::path::Path>) -> Result<Config, ExitCode> {
    load::load(file).map_err(|mistakes| {
        for mistake in mistakes {
            output::complain(format!("設定の誤り: {mistake}"));
        }
        ExitCode::FAILURE
    })
}
