//! Live captions: sessions of a microphone, their files, threads, and end as a job.
//!
//! Promises: sound is on disk and synced before it is acknowledged or heard; a slow or missing recogniser
//! never costs sound — captions fall behind and say so; what a crash or a power cut leaves is a session that
//! can be gone on with or ended; a session belongs to its 課 as a document does. Never: a spoken word in a
//! log.
//!
//! Where a session lives: in a directory of its own (`live/<id>/`: `session.json`, `sound.log`,
//! `captions.jsonl`), not in a row. The sound has to be a file, and one that is told twice, in a file and in
//! a row, can be told differently; so the directory is the session, and the first row is the document it
//! becomes, in one transaction with its job under an idempotency key of the session (a crash in between
//! makes no second one). The captions' thread follows the file instead of being fed: what it has not read
//! waits on disk, and there is no queue that could fill up.

pub mod captions;
mod finish;
pub mod hearing;
pub mod journal;
pub mod opus;
mod recorder;
mod running;
pub mod service;
pub mod session;
pub mod sound_log;

use std::sync::Arc;

use shoki_api::live::LiveSender;
use shoki_core::pipeline::PipelineDef;
use shoki_store::{Blobs, JobStore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Config;
use crate::model_watch::Engines;
use crate::place;

pub use hearing::HearingMaker;
pub use service::{LiveSettings, Service};

/// The routes' end and the task, as configured; none where live captions are off.
///
/// # Errors
/// When the sessions' directory cannot be used.
pub fn start(
    config: &Config,
    store: &Arc<dyn JobStore>,
    blobs: &Blobs,
    engines: &Engines,
    pipelines: &[PipelineDef],
    threads: &TaskTracker,
    shutdown: &CancellationToken,
) -> anyhow::Result<
    Option<(
        LiveSender,
        impl Future<Output = anyhow::Result<()>> + Send + 'static,
    )>,
> {
    if config.speech.live_sessions == 0 {
        return Ok(None);
    }
    let settings = LiveSettings {
        directory: place::live_dir(config),
        sessions: config.speech.live_sessions as usize,
        idle_seconds: u64::from(config.speech.live_idle_minutes) * 60,
        pipelines: pipelines.to_vec(),
    };
    let service = Service::open(
        settings,
        Arc::clone(store),
        blobs.clone(),
        hearing::of_engines(engines.clone(), place::scratch_dir(config)),
        threads.clone(),
        shutdown.clone(),
    )?;
    Ok(Some(service.start()))
}
