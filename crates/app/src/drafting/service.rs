//! Drafting inside the service: a bounded queue, a few requests at a time, each given up when its asker
//! has gone, its time is over or the service stops.

use std::sync::Arc;
use std::time::Instant;

use shoki_api::{DraftCommand, DraftFailure, DraftReply, DraftSender, DraftWork};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use super::DraftingError;
use super::answer::{DraftError, Drafter};
use crate::config::DraftingConfig;
use crate::metric;

/// The routes' end, and the loop to be run as a task.
pub fn channel(
    config: &DraftingConfig,
    drafter: Drafter,
    shutdown: CancellationToken,
) -> (
    DraftSender,
    impl Future<Output = anyhow::Result<()>> + Send + 'static,
) {
    let (sender, commands) = DraftSender::channel(usize::try_from(config.waiting).unwrap_or(usize::MAX));
    let places = usize::try_from(config.concurrent).unwrap_or(1).max(1);
    (sender, run(drafter, commands, places, shutdown))
}

async fn run(
    drafter: Drafter,
    mut commands: mpsc::Receiver<DraftCommand>,
    places: usize,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let at_once = Arc::new(Semaphore::new(places));
    let running = TaskTracker::new();
    loop {
        let place = tokio::select! {
            place = Arc::clone(&at_once).acquire_owned() => place?,
            () = shutdown.cancelled() => break,
        };
        let command = tokio::select! {
            command = commands.recv() => command,
            () = shutdown.cancelled() => None,
        };
        let Some(command) = command else { break };
        let span = command.span.clone();
        let (drafter, shutdown) = (drafter.clone(), shutdown.clone());
        let work = async move {
            answer(&drafter, command, &shutdown).await;
            drop(place);
        };
        running.spawn(work.instrument(span));
    }
    running.close();
    running.wait().await;
    Ok(())
}

async fn answer(drafter: &Drafter, command: DraftCommand, shutdown: &CancellationToken) {
    match command.work {
        DraftWork::Answer {
            question,
            passages,
            reply,
        } => {
            let left = drafter
                .client()
                .timeout()
                .saturating_sub(command.asked_at.elapsed());
            let work = async {
                let made = tokio::time::timeout(left, drafter.draft(&question, passages)).await;
                made.unwrap_or_else(|_| Err(DraftingError::TimedOut.into()))
            };
            send(work, reply, shutdown).await;
        }
        // Each portion of a long item has the whole time to itself.
        DraftWork::Minutes { subject, item, reply } => {
            send(drafter.item(&subject, item), reply, shutdown).await
        }
    }
}

/// Does the work while its asker waits.
async fn send<T>(
    work: impl Future<Output = Result<T, DraftError>>,
    mut reply: DraftReply<T>,
    shutdown: &CancellationToken,
) {
    if reply.is_closed() {
        metric::skipped();
        return;
    }
    let started = Instant::now();
    let made = tokio::select! {
        made = work => made,
        () = reply.closed() => {
            metric::drafted("cancelled", started.elapsed());
            return;
        }
        () = shutdown.cancelled() => return,
    };
    let result = match &made {
        Ok(_) => "drafted",
        Err(DraftError::Server(DraftingError::TimedOut)) => "timed_out",
        Err(_) => "failed",
    };
    metric::drafted(result, started.elapsed());
    let answer = made.map_err(|error| {
        tracing::warn!(error = &error as &dyn std::error::Error, "no draft");
        match &error {
            DraftError::Server(error) => error.failure(),
            DraftError::Store(_) => DraftFailure::Broken,
        }
    });
    drop(reply.send(answer));
}
