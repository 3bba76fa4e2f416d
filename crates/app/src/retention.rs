//! The nightly run of the 保存期間, and the certificates of what was deleted by hand.
//!
//! Promises: one run a night, and one that died goes on in the next; a 課 whose run fails holds up no other; what
//! could not be certified is tried again every hour. Never: a run by two processes at once (the data directory's lock).

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use shoki_api::retention::next_run;
use shoki_store::audit::AuditKey;
use shoki_store::deletion::Certificate;
use shoki_store::{Blobs, JobStore, retention};

use crate::command::Refusal;
use crate::config::Config;
use crate::place;

/// Pause between two looks: the night's run, and what is not certified yet.
const LOOK_EVERY: Duration = Duration::from_hours(1);

/// The key that signs certificates: the one of the audit chain's checkpoints where they are kept, else one in the
/// data directory.
///
/// # Errors
/// [`Refusal`] when it can be neither read nor made.
pub fn key(config: &Config) -> Result<AuditKey, Refusal> {
    let directory = place::certificate_key_dir(config);
    AuditKey::open(&directory).map_err(|error| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "the key of certificates"
        );
        Refusal::said(format!(
            "削除証明書に署名する鍵の場所 {} を使えません。場所と権限、鍵のファイルを確かめてください。",
            directory.display()
        ))
    })
}

/// What a run did in all 課.
#[derive(Debug, Default)]
pub struct Ran {
    /// The certificates that were written.
    pub certificates: Vec<Certificate>,
    /// Things that are over their period and stay.
    pub kept: usize,
    /// 課 whose run did not end.
    pub failed: usize,
}

/// Runs every 課 once. A 課 whose run fails is said in the log, and its next run goes on where this one ended.
///
/// # Errors
/// When the 課 cannot be listed.
pub async fn run_all(store: &dyn JobStore, blobs: &Blobs, key: &AuditKey) -> anyhow::Result<Ran> {
    let mut ran = Ran::default();
    for department in store.departments().await? {
        match retention::run(store, blobs, key, department.id).await {
            Ok(report) => {
                ran.kept += report.kept;
                ran.certificates.extend(report.certificates);
            }
            Err(error) => {
                ran.failed += 1;
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    department = %department.id,
                    "the run of the retention rules did not end"
                );
            }
        }
    }
    Ok(ran)
}

/// Runs every night until dropped.
///
/// # Errors
/// Never by itself: what fails is said and tried again.
pub async fn nightly(store: Arc<dyn JobStore>, blobs: Blobs, key: AuditKey) -> anyhow::Result<()> {
    // What a process that died has begun is ended before the night.
    certify(store.as_ref(), &blobs, &key).await;
    let mut next = next_run(store.now());
    loop {
        tokio::time::sleep(until(store.now(), next)).await;
        if store.now() < next {
            certify(store.as_ref(), &blobs, &key).await;
            continue;
        }
        match run_all(store.as_ref(), &blobs, &key).await {
            Ok(ran) => tracing::info!(
                certificates = ran.certificates.len(),
                kept = ran.kept,
                failed = ran.failed,
                "the retention rules were applied"
            ),
            Err(error) => tracing::error!(error = format!("{error:#}"), "no run of the retention rules"),
        }
        next = next_run(store.now());
    }
}

async fn certify(store: &dyn JobStore, blobs: &Blobs, key: &AuditKey) {
    match retention::certify(store, blobs, key, None).await {
        Ok(written) if written.is_empty() => {}
        Ok(written) => tracing::info!(certificates = written.len(), "deletions certified"),
        Err(error) => tracing::warn!(
            error = &error as &dyn std::error::Error,
            "deletions are not certified yet"
        ),
    }
}

/// How long to wait for `next`, an hour at most.
fn until(now: Timestamp, next: Timestamp) -> Duration {
    let left = Duration::try_from(next.duration_since(now)).unwrap_or_default();
    left.min(LOOK_EVERY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_an_hour_at_most() {
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let next = at("2026-04-01T17:30:00Z");
        assert_eq!(until(at("2026-04-01T00:00:00Z"), next), LOOK_EVERY);
        assert_eq!(until(at("2026-04-01T17:20:00Z"), next), Duration::from_secs(600));
        assert_eq!(until(at("2026-04-01T18:00:00Z"), next), Duration::ZERO);
    }
}
