//! `shoki admin retention`: what is over its 保存期間 is deleted now, or listed.
//!
//! A run needs the data directory for itself: a running service does the same every night, and only it knows of bytes
//! that are just being handed in.

use shoki_store::Blobs;

use super::Office;
use crate::command::Refusal;
use crate::config::Config;
use crate::{output, place, retention};

/// Lists what a run would delete now, and what stays.
pub(super) async fn preview(office: &Office) -> Result<(), Refusal> {
    let store = &office.store;
    let mut rows = Vec::new();
    for department in store.departments().await? {
        for due in store.due(department.id, store.now()).await? {
            let what = due
                .keeper
                .map_or("消えます。", shoki_core::retention::Keeper::sentence_ja);
            rows.push(vec![
                department.name.clone(),
                due.material.as_str().to_owned(),
                due.id.to_string(),
                due.due_at.to_string(),
                what.to_owned(),
            ]);
        }
    }
    if rows.is_empty() {
        output::line("保存期間を過ぎたものはありません。");
    } else {
        output::table(&["課", "種類", "番号", "期間の終わり", "今実行すると"], &rows);
    }
    Ok(())
}

/// Deletes what is due, and says the certificates.
pub(super) async fn run(config: &Config, office: &Office) -> Result<(), Refusal> {
    let _lock = place::lock_data_dir(config)?;
    let key = retention::key(config)?;
    let blobs = Blobs::open(&place::blobs_dir(config), config.storage.disk_reserve_bytes())?;
    let ran = retention::run_all(office.store.as_ref(), &blobs, &key)
        .await
        .map_err(|error| Refusal::said(format!("実行できません({error:#})。")))?;
    for certificate in &ran.certificates {
        let body = &certificate.certificate;
        output::line(format!(
            "{}: {} 件を消しました。削除証明書 {}",
            body.department_name,
            body.items.len(),
            body.id
        ));
    }
    if ran.certificates.is_empty() {
        output::line("消したものはありません。");
    }
    if ran.kept > 0 {
        output::line(format!(
            "期間を過ぎても消さなかったものが {} 件あります。理由は --dry-run で表示できます。",
            ran.kept
        ));
    }
    if ran.failed > 0 {
        return Err(Refusal::said(format!(
            "{} 課の実行が途中で止まりました。ログを確かめ、もう一度実行してください。続きから行います。",
            ran.failed
        )));
    }
    Ok(())
}
