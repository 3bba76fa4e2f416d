//! What the service does for itself while it runs: crash left-overs, expired leases, checkpoints of the audit chain.
//!
//! Promises: each goes on until it is dropped, whatever one round meets. Never: work of a person's.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use shoki_api::resumable::Resumable;
use shoki_store::audit::Checkpoints;
use shoki_store::{Blobs, JobStore};

/// Pause between two looks for uploads that were given up.
const FORGET_EVERY: Duration = Duration::from_hours(1);

/// Removes what a crash left between a blob and its row, once; uploads that were given up, every hour until dropped.
///
/// # Errors
/// When the files cannot be looked through.
pub async fn sweep(store: Arc<dyn JobStore>, blobs: Blobs, uploads: Resumable) -> anyhow::Result<()> {
    let unreferenced = blobs
        .sweep_unreferenced(store.as_ref(), SignedDuration::ZERO)
        .await?;
    tracing::info!(unreferenced, "blobs without a row removed");
    loop {
        if let Err(problem) = uploads.forget(store.now()).await {
            tracing::warn!(?problem, "uploads that were given up are not removed");
        }
        tokio::time::sleep(FORGET_EVERY).await;
    }
}

/// Collects expired leases until dropped.
///
/// # Errors
/// None: a round that fails is said, and the next one tries again.
pub async fn reap(store: Arc<dyn JobStore>, every: Duration) -> anyhow::Result<()> {
    loop {
        tokio::time::sleep(every).await;
        match store.reap().await {
            Ok(reaped) if reaped.ready + reaped.dead > 0 => {
                tracing::warn!(
                    ready = reaped.ready,
                    dead = reaped.dead,
                    "expired leases collected"
                );
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "not reaped"),
        }
    }
}

/// Writes checkpoints until dropped. A chain that diverges is said in every round and never signed.
///
/// # Errors
/// When the directory cannot be used.
pub async fn checkpoint(store: Arc<dyn JobStore>, directory: PathBuf, every: Duration) -> anyhow::Result<()> {
    let checkpoints = Checkpoints::open(&directory)?;
    loop {
        if let Err(error) = checkpoints.write(store.as_ref()).await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "no checkpoint of the audit chain"
            );
        }
        tokio::time::sleep(every).await;
    }
}
