//! A held lease: renewed by its own task until dropped, and the word when it is lost.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use shoki_core::unit::Fence;
use shoki_store::{JobStore, StoreError};
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

/// A unit leased to this process.
#[derive(Debug)]
pub struct Lease {
    fence: Fence,
    lost: CancellationToken,
    heartbeat: AbortHandle,
}

impl Lease {
    /// Starts renewing every `every`.
    #[must_use]
    pub fn hold(store: Arc<dyn JobStore>, fence: Fence, lease: SignedDuration, every: Duration) -> Self {
        let lost = CancellationToken::new();
        let token = lost.clone();
        let heartbeat = tokio::spawn(async move {
            loop {
                tokio::time::sleep(every).await;
                match store.heartbeat(fence, lease).await {
                    Ok(()) => {}
                    Err(StoreError::LeaseLost) => return token.cancel(),
                    // The lease outlives several heartbeats: a busy disk is no reason to drop the work.
                    Err(error) => {
                        tracing::warn!(error = &error as &dyn std::error::Error, "heartbeat failed");
                    }
                }
            }
        })
        .abort_handle();
        Self {
            fence,
            lost,
            heartbeat,
        }
    }

    /// The right to change the unit.
    #[must_use]
    pub const fn fence(&self) -> Fence {
        self.fence
    }

    /// Returns when the store says that the lease is gone.
    pub async fn lost(&self) {
        self.lost.cancelled().await;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.heartbeat.abort();
    }
}
