//! `shoki audit …`: is the audit chain what was written, and a signed checkpoint of it now.

use std::path::Path;

use shoki_store::audit::{Checkpoints, VerifyError, verify};

use super::Refusal;
use crate::cli::AuditCommand;
use crate::config::{Config, Place};
use crate::output;

/// Runs an audit command.
///
/// # Errors
/// [`Refusal`]: the first divergence, or what is missing.
pub async fn run(config: &Config, command: AuditCommand) -> Result<(), Refusal> {
    let checkpoints = match &config.audit.checkpoint_dir {
        Place::At(directory) => Some(open(directory)?),
        Place::Auto | Place::Off => None,
    };
    let store = super::open_store(config).await?;
    let done = match command {
        AuditCommand::Verify => match verify(store.as_ref(), checkpoints.as_ref()).await {
            Ok(verified) => {
                output::line(format!(
                    "監査記録 {} 件に食い違いはありません。検証点 {} 件と一致しました。",
                    verified.rows, verified.checkpoints
                ));
                if checkpoints.is_none() {
                    output::complain(
                        "注意: 検証点がないため、末尾の削除は検出できません。設定の audit.checkpoint_dir に別の場所を指定してください。",
                    );
                }
                Ok(())
            }
            Err(error) => Err(refusal(error)),
        },
        AuditCommand::Checkpoint => match &checkpoints {
            None => Err(Refusal::said(
                "検証点を書く場所がありません。設定の audit.checkpoint_dir に別のディスクや共有フォルダを指定してください。",
            )),
            Some(checkpoints) => match checkpoints.write(store.as_ref()).await {
                Ok(Some(written)) => {
                    output::line(format!(
                        "監査記録 {} 件目までの検証点を書きました。",
                        written.sequence
                    ));
                    output::line(format!("公開鍵: {}", checkpoints.public_key()));
                    Ok(())
                }
                Ok(None) => {
                    output::line("前回の検証点から記録は増えていません。");
                    Ok(())
                }
                Err(error) => Err(refusal(error)),
            },
        },
    };
    store.close().await;
    done
}

fn open(directory: &Path) -> Result<Checkpoints, Refusal> {
    Checkpoints::open(directory).map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "checkpoints");
        Refusal::said(format!(
            "検証点の場所 {} を使えません。場所と権限、鍵のファイルを確かめてください。",
            directory.display()
        ))
    })
}

fn refusal(error: VerifyError) -> Refusal {
    match error {
        VerifyError::Diverged(divergence) => Refusal::said(format!(
            "監査記録に食い違いがあります: {}システム管理者と監査者に連絡し、データの置き場所をそのまま保全してください。",
            divergence.sentence_ja()
        )),
        VerifyError::Store(error) => error.into(),
    }
}
