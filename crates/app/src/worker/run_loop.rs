//! The loop around a worker: waits for models and for work, steps, and gives back at shutdown.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{EngineSender, Point, Stores, Worker, WorkerSettings};
use crate::reading_engine::ReadyEngines;

/// Longest sleep without a look at the queue: a retry whose time has come makes no noise.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Pause after the store or an engine failed.
const PAUSE: Duration = Duration::from_secs(2);

/// What one worker's loop needs.
#[derive(Clone, Debug)]
pub struct RunLoop {
    /// Position among the process's workers, for its thread's name.
    pub number: usize,
    /// Jobs, texts, bytes.
    pub stores: Stores,
    /// What all workers share.
    pub settings: Arc<WorkerSettings>,
    /// The engines, when the models are usable.
    pub engines: watch::Receiver<Option<Arc<ReadyEngines>>>,
    /// Stop claiming.
    pub shutdown: CancellationToken,
    /// Stop at once and give the unit back.
    pub drained: CancellationToken,
}

impl RunLoop {
    /// Works until shutdown.
    ///
    /// # Errors
    /// None today; the signature is that of every background task.
    pub async fn run(mut self) -> anyhow::Result<()> {
        while !self.shutdown.is_cancelled() {
            let Some(engines) = self.engines_ready().await else {
                break;
            };
            match engines
                .spawn_thread(format!("shoki-worker-{}", self.number))
                .await
            {
                Ok(engine) => self.work(engine, &engines).await,
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "the reading engine does not start");
                    self.pause(PAUSE).await;
                }
            }
        }
        Ok(())
    }

    async fn engines_ready(&mut self) -> Option<Arc<ReadyEngines>> {
        tokio::select! {
            found = self.engines.wait_for(Option::is_some) => found.ok()?.clone(),
            () = self.shutdown.cancelled() => None,
        }
    }

    /// Steps a worker until shutdown, until its models become unusable or others take their place, or until its
    /// thread is gone.
    async fn work(&mut self, engine: EngineSender, made_of: &Arc<ReadyEngines>) {
        let mut changes = self.stores.jobs.changes();
        let mut worker = Worker::new(self.stores.clone(), engine.clone(), Arc::clone(&self.settings));
        loop {
            if worker.is_idle()
                && (self.shutdown.is_cancelled() || engine.is_closed() || self.are_replaced(made_of))
            {
                return;
            }
            changes.mark_unchanged();
            let stepped = tokio::select! {
                stepped = worker.step() => stepped,
                () = self.drained.cancelled() => break,
            };
            match stepped {
                Ok(Point::NothingToDo) => tokio::select! {
                    changed = changes.changed() => if changed.is_err() { return },
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                    () = self.shutdown.cancelled() => {}
                },
                Ok(point) => tracing::trace!(?point, "passed"),
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "the store failed");
                    worker = Worker::new(self.stores.clone(), engine.clone(), Arc::clone(&self.settings));
                    self.pause(PAUSE).await;
                }
            }
        }
        match worker.release().await {
            Ok(()) => tracing::info!("a unit in progress was given back"),
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "not given back"),
        }
    }

    fn are_replaced(&self, engines: &Arc<ReadyEngines>) -> bool {
        let current = self.engines.borrow();
        !current
            .as_ref()
            .is_some_and(|current| Arc::ptr_eq(current, engines))
    }

    async fn pause(&self, pause: Duration) {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = self.shutdown.cancelled() => {}
        }
    }
}
