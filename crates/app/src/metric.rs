//! The names of all metrics, and `/metrics` on its own listener.
//!
//! Never: a label with contents, a name of a document or a person; labels are closed sets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::PrometheusBuilder;
use shoki_core::unit::UnitKind;
use shoki_store::JobStore;

/// Bounds of the time histograms, seconds: from a cached answer to the decode child's wall clock.
const SECONDS: [f64; 11] = [0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0];
/// How often gauges are sampled.
const SAMPLE_EVERY: Duration = Duration::from_secs(5);

/// A unit ended: `done`, `retried`, `failed` or `lost`.
pub fn unit_ended(result: &'static str) {
    counter!("shoki_units_total", "result" => result).increment(1);
}

/// How long running a unit took.
pub fn unit_seconds(kind: UnitKind, took: Duration) {
    histogram!("shoki_unit_seconds", "kind" => kind.as_str()).record(took);
}

/// How long a stage took: `decode` and `read` of a page, `recognise_line` of one line in it.
pub fn stage_seconds(stage: &'static str, took: Duration) {
    histogram!("shoki_stage_seconds", "stage" => stage).record(took);
}

/// A command whose asker was gone.
pub fn skipped() {
    counter!("shoki_engine_commands_skipped_total").increment(1);
}

/// A draft ended: `drafted`, `failed`, `timed_out` or `cancelled`.
pub fn drafted(result: &'static str, took: Duration) {
    counter!("shoki_drafts_total", "result" => result).increment(1);
    histogram!("shoki_draft_seconds").record(took);
}

/// Whether the models are usable.
pub fn models_ready(ready: bool) {
    gauge!("shoki_models_ready").set(if ready { 1.0 } else { 0.0 });
}

/// Serves `/metrics` until dropped.
///
/// # Errors
/// When the address cannot be bound or a recorder is installed already.
pub async fn serve(address: SocketAddr) -> anyhow::Result<()> {
    let (recorder, exporter) = PrometheusBuilder::new()
        .with_http_listener(address)
        .set_buckets(&SECONDS)?
        .build()?;
    metrics::set_global_recorder(recorder).map_err(|error| anyhow::anyhow!("{error}"))?;
    tracing::info!(%address, "metrics");
    exporter.await.map_err(|error| anyhow::anyhow!("{error:?}"))
}

/// Samples the queue's depth until dropped.
///
/// # Errors
/// None today; the signature is that of every background task.
pub async fn sample(store: Arc<dyn JobStore>) -> anyhow::Result<()> {
    loop {
        match store.queue_depth().await {
            Ok(depth) => {
                for (state, units) in [
                    ("ready", depth.ready),
                    ("leased", depth.leased),
                    ("dead", depth.dead),
                ] {
                    #[expect(clippy::cast_precision_loss, reason = "2^53 units do not fit on a disk")]
                    gauge!("shoki_units", "state" => state).set(units as f64);
                }
            }
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "queue depth"),
        }
        tokio::time::sleep(SAMPLE_EVERY).await;
    }
}
