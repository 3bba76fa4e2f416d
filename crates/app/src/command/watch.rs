//! `shoki watch`: opens the folders, reads until told to stop.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use shoki_core::code::ErrorCode;
use shoki_core::digest::Sha256;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{Refusal, forms_read};
use crate::cli::Watch;
use crate::config::Config;
use crate::forms::load;
use crate::forms::pool::Pool;
use crate::place;
use crate::reading_engine::Preparation;
use crate::watch::Watcher;
use crate::watch::delivery::Outbox;
use crate::watch::intake::Inbox;
use crate::watch::ledger::Ledger;

/// Digits of the in-folder's hash that name its ledger.
const KEY_DIGITS: usize = 16;

/// Watches.
///
/// # Errors
/// [`Refusal`] when a folder, a definition or a model cannot be used at the start.
pub async fn run(config: &Config, args: Watch) -> Result<(), Refusal> {
    let readings = args.readings.unwrap_or(config.workers.readings);
    let mut workers = config.workers.clone();
    workers.threads = args.workers.unwrap_or(workers.threads);
    let pipeline = load::definitions(&args.forms, readings)?;
    forms_read::known(&pipeline.forms, &args.outputs)?;
    let digest = pipeline.digest;
    let inbox = Inbox::open(&args.inbox).map_err(unusable(&args.inbox))?;
    let outbox = Outbox::open(&args.outbox).map_err(unusable(&args.outbox))?;
    let whole = std::fs::canonicalize(&args.inbox).map_err(unusable(&args.inbox))?;
    if Some(whole) == std::fs::canonicalize(&args.outbox).ok() {
        return Err(Refusal::said(
            "--in と --out には別のフォルダを指定してください。",
        ));
    }
    let directory = ledger_dir(config, &args.inbox)?;
    // Held until the end: two processes would take the same file.
    let _lock = place::lock_dir(&directory)?;
    let ledger = Ledger::open(&directory).map_err(unusable(&directory))?;
    let shutdown = CancellationToken::new();
    stop_on_signal(shutdown.clone())
        .map_err(|error| Refusal::said(format!("停止の合図を受けられません({error})。")))?;
    let preparation = Preparation::new(config, args.forms.clone(), pipeline, readings)?;
    let threads = preparation.threads();
    let engines = tokio::task::spawn_blocking(move || preparation.engines_or_refusal())
        .await
        .map_err(|_| Refusal::said(ErrorCode::Internal.sentence_ja()))??;
    let pool = Pool::start(Arc::new(engines), workers.thread_count(), config.retry.max_weight).await?;
    let mut watcher = Watcher {
        pool,
        pipeline: digest,
        profiles: args.outputs,
        ledger,
        inbox,
        outbox,
        every: Duration::from_secs(args.every.into()),
        once: args.once,
        shutdown,
        failed: BTreeMap::new(),
    };
    watcher.run().await;
    drop(watcher);
    // A process that exits under a session being dropped crashes.
    threads.close();
    threads.wait().await;
    Ok(())
}

fn unusable(path: &Path) -> impl FnOnce(std::io::Error) -> Refusal {
    move |error| {
        Refusal::said(format!(
            "{} を使えません({error})。場所と権限を確かめてください。",
            path.display()
        ))
    }
}

/// The ledger belongs to the in-folder, wherever its outputs go.
fn ledger_dir(config: &Config, inbox: &Path) -> Result<std::path::PathBuf, Refusal> {
    let whole = std::fs::canonicalize(inbox).map_err(unusable(inbox))?;
    let digest = Sha256::of(whole.as_os_str().as_encoded_bytes()).to_string();
    Ok(place::watch_dir(config).join(&digest[..KEY_DIGITS]))
}

fn stop_on_signal(shutdown: CancellationToken) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping after the page in hand");
        shutdown.cancel();
    });
    Ok(())
}
