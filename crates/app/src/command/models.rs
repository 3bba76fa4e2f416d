//! `shoki models …`: which models there are, and getting them here — from packages or from media.

use shoki_core::manifest::{ModelHealth, ModelManifest};
use shoki_engine::{EngineError, Pulled};

use super::Refusal;
use crate::cli::ModelsCommand;
use crate::config::Config;
use crate::model_watch::{refuse_unusable, sentence_ja};
use crate::{output, place, reading_engine};

/// Runs a models command.
///
/// # Errors
/// [`Refusal`]: what is missing or wrong.
pub fn run(config: &Config, command: ModelsCommand) -> Result<(), Refusal> {
    let (catalogue, store) = reading_engine::models(config)?;
    match command {
        ModelsCommand::List => {
            let rows: Vec<_> = store
                .status(&catalogue)
                .into_iter()
                .map(|status| {
                    let state = match &status.health {
                        ModelHealth::Ready => "使えます".to_owned(),
                        ModelHealth::Unusable { code, detail } => {
                            format!("{}({detail})", code.entry().title_ja)
                        }
                    };
                    vec![status.name, status.version, status.licence, state]
                })
                .collect();
            output::table(&["名前", "版", "ライセンス", "状態"], &rows);
            Ok(())
        }
        ModelsCommand::Verify => {
            let statuses = store.status(&catalogue);
            for status in &statuses {
                match sentence_ja(status) {
                    None => output::line(format!("{}: 正しいファイルです。", status.name)),
                    Some(sentence) => output::line(sentence),
                }
            }
            refuse_unusable(&statuses)
        }
        ModelsCommand::Pull => {
            place::make_private_dir(&place::model_store_dir(config))?;
            let report = |model: &ModelManifest, pulled| match pulled {
                Pulled::Present => output::line(format!("{}: あります。", model.name)),
                Pulled::Fetched => output::line(format!("{}: 取得しました。", model.name)),
            };
            store.pull(&catalogue, report).map_err(|error| refusal(&error))?;
            refuse_unusable(&store.status(&catalogue))?;
            output::line(format!(
                "モデルはすべて {} にあります。",
                place::model_store_dir(config).display()
            ));
            Ok(())
        }
        ModelsCommand::Export { dir } => {
            store.export(&catalogue, &dir).map_err(|error| refusal(&error))?;
            output::line(format!("{} に書き出しました。", dir.display()));
            Ok(())
        }
        ModelsCommand::Import { dir } => {
            place::make_private_dir(&place::model_store_dir(config))?;
            store.import(&catalogue, &dir).map_err(|error| refusal(&error))?;
            refuse_unusable(&store.status(&catalogue))?;
            output::line(format!("{} から取り込みました。", dir.display()));
            Ok(())
        }
    }
}

fn refusal(error: &EngineError) -> Refusal {
    Refusal::said(error.to_string())
}
