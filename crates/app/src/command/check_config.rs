//! `shoki check-config`: the effective configuration, or its mistakes.

use std::path::Path;
use std::process::ExitCode;

use super::Refusal;
use crate::config::load;
use crate::{output, place};

/// Prints the effective configuration; complains about what is wrong or not there.
#[must_use]
pub fn run(file: Option<&Path>) -> ExitCode {
    let config = match super::configuration(file) {
        Ok(config) => config,
        Err(Refusal(sentences)) => {
            for sentence in sentences {
                output::complain(sentence);
            }
            return ExitCode::FAILURE;
        }
    };
    output::line(load::effective_toml(&config).trim_end());
    let mut status = ExitCode::SUCCESS;
    for missing in [place::catalogue_dir(&config), place::pipelines_dir(&config)] {
        if let Err(error) = missing {
            output::complain(format!("設定の誤り: {error}"));
            status = ExitCode::FAILURE;
        }
    }
    status
}
