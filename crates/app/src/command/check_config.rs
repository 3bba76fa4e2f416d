//! `shoki check-config`: the effective configuration, or its mistakes.

use std::path::Path;
use std::process::ExitCode;

use super::Refusal;
use crate::config::{Config, IndexSetting, load};
use crate::corpus::serving_index::IndexPlace;
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
    if let Err(Refusal(sentences)) = index(&config) {
        for sentence in sentences {
            output::complain(format!("設定の誤り: {sentence}"));
        }
        status = ExitCode::FAILURE;
    }
    status
}

/// Asks the server of the index, when there is one, whether it answers.
fn index(config: &Config) -> Result<(), Refusal> {
    if config.search.index == IndexSetting::Embedded {
        return Ok(());
    }
    let place = IndexPlace::of(config)?;
    if place.answers() {
        output::line(format!(
            "# 検索の索引サーバー {} が答えました。",
            config.search.qdrant_url
        ));
        Ok(())
    } else {
        Err(Refusal::said(place.trouble_ja()))
    }
}
