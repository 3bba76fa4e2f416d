//! `shoki audit …`: is the audit chain what was written, a signed checkpoint of it now, is a certificate genuine.

use std::path::Path;

use shoki_store::JobStore;
use shoki_store::audit::{Checkpoints, VerifyError, verify};
use shoki_store::deletion::{Certificate, CertificateFault, verify_certificate};

use super::Refusal;
use crate::cli::AuditCommand;
use crate::config::{Config, Place};
use crate::{output, retention};

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
        AuditCommand::VerifyCertificate { file } => certificate(config, store.as_ref(), &file).await,
    };
    store.close().await;
    done
}

/// Checks a certificate of deletion against the key and the chain.
async fn certificate(config: &Config, store: &dyn JobStore, file: &Path) -> Result<(), Refusal> {
    let unusable = |what: &str| Refusal::said(format!("{} を確かめられません({what})。", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| unusable(&error.to_string()))?;
    let parsed: Result<Certificate, _> = serde_json::from_str(&text);
    let certificate = parsed.map_err(|_| unusable("削除証明書の JSON ではありません"))?;
    let key = retention::key(config)?;
    let body = &certificate.certificate;
    match verify_certificate(store, &key, &certificate).await {
        Ok(()) => {
            verify(store, None).await.map_err(refusal)?;
            output::line(format!(
                "本物の削除証明書です。番号 {}、{}、{} 件、発行 {}。監査記録の {} 件目までと一致しました。",
                body.id,
                body.department_name,
                body.items.len(),
                body.issued_at,
                body.head.sequence + 1
            ));
            Ok(())
        }
        Err(CertificateFault::Store(error)) => Err(error.into()),
        Err(fault) => Err(Refusal::said(format!(
            "この削除証明書は信用できません: {}",
            fault.sentence_ja()
        ))),
    }
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
