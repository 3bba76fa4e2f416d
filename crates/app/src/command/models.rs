//! `shoki models …`: which models there are, and getting them here — from packages or from media.

use shoki_core::manifest::{ModelHealth, ModelManifest, ModelSource};
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
                        ModelHealth::NotInstalled => "入っていません(任意)".to_owned(),
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
                    None if status.health == ModelHealth::NotInstalled => {
                        output::line(format!("{}: 入っていません(任意のモデルです)。", status.name));
                    }
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
                Pulled::NotFetched => output::line(not_fetched_ja(model)),
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

/// Why an optional model was not fetched and how it comes here.
fn not_fetched_ja(model: &ModelManifest) -> String {
    match &model.source {
        ModelSource::Hub { repository, revision } => format!(
            "{}: 任意のモデルです。このシステムは外部に接続しません。{repository}(版 {revision})のファイルを\
             別の端末で取得し、「shoki models import DIR」で DIR/{} から取り込んでください。",
            model.name, model.name
        ),
        _ => format!(
            "{}: 任意のモデルです。「shoki models import DIR」で DIR/{} から取り込んでください。",
            model.name, model.name
        ),
    }
}

fn refusal(error: &EngineError) -> Refusal {
    Refusal::said(error.to_string())
}
