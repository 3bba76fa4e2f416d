//! Every background task of `shoki serve`, and what happens when one is cancelled or ends badly, so
//! that shutdown is a table and not a habit (the idea is restate's).

use std::future::Future;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// What to do when a task returns an error or panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// The service cannot do its work without it: shut down and exit non-zero.
    Shutdown,
    /// Say it in the log; the rest goes on.
    Log,
}

/// What shutdown does to a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnCancel {
    /// It is told, and waited for until the drain deadline.
    Drain,
    /// It is dropped where it stands; it owns nothing that must be put away.
    Drop,
}

/// The kinds of tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaskKind {
    /// Accepts connections and answers.
    HttpServer,
    /// Claims and runs units.
    Worker,
    /// Collects expired leases.
    Reaper,
    /// Removes, once, what a crash left in the blob directory.
    BlobSweep,
    /// Verifies the models.
    ModelWatch,
    /// Serves `/metrics`.
    MetricsServer,
    /// Samples gauges: queue depth, free space.
    MetricsSampler,
    /// Writes signed checkpoints of the audit chain.
    AuditCheckpoints,
    /// Makes draft answers.
    Drafting,
    /// Records microphones and writes captions.
    LiveCaptions,
    /// Asks the office's directory who somebody is.
    Directory,
    /// Deletes, once a night, what is over its 保存期間, and certifies deletions.
    Retention,
}

impl TaskKind {
    /// All kinds, for tests.
    pub const ALL: [Self; 12] = [
        Self::HttpServer,
        Self::Worker,
        Self::Reaper,
        Self::BlobSweep,
        Self::ModelWatch,
        Self::MetricsServer,
        Self::MetricsSampler,
        Self::AuditCheckpoints,
        Self::Drafting,
        Self::LiveCaptions,
        Self::Directory,
        Self::Retention,
    ];

    /// The table.
    #[must_use]
    pub const fn rules(self) -> (OnCancel, OnError) {
        match self {
            Self::HttpServer | Self::Worker => (OnCancel::Drain, OnError::Shutdown),
            // What was sent must be on disk; without captions the rest goes on.
            Self::LiveCaptions => (OnCancel::Drain, OnError::Log),
            Self::Reaper | Self::ModelWatch => (OnCancel::Drop, OnError::Shutdown),
            Self::BlobSweep
            | Self::MetricsServer
            | Self::MetricsSampler
            | Self::AuditCheckpoints
            | Self::Drafting
            | Self::Directory
            // A run that is dropped is taken up by the next one.
            | Self::Retention => (OnCancel::Drop, OnError::Log),
        }
    }

    /// Name in the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HttpServer => "http-server",
            Self::Worker => "worker",
            Self::Reaper => "reaper",
            Self::BlobSweep => "blob-sweep",
            Self::ModelWatch => "model-watch",
            Self::MetricsServer => "metrics-server",
            Self::MetricsSampler => "metrics-sampler",
            Self::AuditCheckpoints => "audit-checkpoints",
            Self::Drafting => "drafting",
            Self::LiveCaptions => "live-captions",
            Self::Directory => "directory",
            Self::Retention => "retention",
        }
    }
}

/// The running tasks.
#[derive(Debug)]
pub struct Tasks {
    set: JoinSet<(TaskKind, anyhow::Result<()>)>,
    shutdown: CancellationToken,
}

impl Tasks {
    /// None yet; `shutdown` is the service's token.
    #[must_use]
    pub fn new(shutdown: CancellationToken) -> Self {
        Self {
            set: JoinSet::new(),
            shutdown,
        }
    }

    /// Starts a task under the rules of its kind.
    pub fn spawn(&mut self, kind: TaskKind, task: impl Future<Output = anyhow::Result<()>> + Send + 'static) {
        let shutdown = self.shutdown.clone();
        self.set.spawn(async move {
            let ended = match kind.rules().0 {
                OnCancel::Drain => task.await,
                OnCancel::Drop => tokio::select! {
                    ended = task => ended,
                    () = shutdown.cancelled() => Ok(()),
                },
            };
            (kind, ended)
        });
    }

    /// Waits until all tasks have ended; an error is treated by its kind's rule.
    /// Returns whether every task that matters ended well.
    pub async fn join(&mut self) -> bool {
        let mut well = true;
        while let Some(joined) = self.set.join_next().await {
            match joined {
                Ok((kind, Ok(()))) => tracing::debug!(task = kind.name(), "ended"),
                Ok((kind, Err(error))) => {
                    tracing::error!(
                        task = kind.name(),
                        error = format!("{error:#}"),
                        "ended with an error"
                    );
                    if kind.rules().1 == OnError::Shutdown {
                        well = false;
                        self.shutdown.cancel();
                    }
                }
                Err(panic) => {
                    tracing::error!(%panic, "a task panicked; shutting down");
                    well = false;
                    self.shutdown.cancel();
                }
            }
        }
        well
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_error_of_a_worker_stops_the_service_and_one_of_metrics_does_not() {
        for (kind, stops) in [(TaskKind::Worker, true), (TaskKind::MetricsServer, false)] {
            let shutdown = CancellationToken::new();
            let mut tasks = Tasks::new(shutdown.clone());
            tasks.spawn(kind, async { anyhow::bail!("broken") });
            assert_eq!(tasks.join().await, !stops, "{}", kind.name());
            assert_eq!(shutdown.is_cancelled(), stops, "{}", kind.name());
        }
    }

    #[tokio::test]
    async fn what_shutdown_drops_does_not_hold_it_up() {
        for kind in TaskKind::ALL
            .into_iter()
            .filter(|kind| kind.rules().0 == OnCancel::Drop)
        {
            let shutdown = CancellationToken::new();
            let mut tasks = Tasks::new(shutdown.clone());
            tasks.spawn(kind, std::future::pending());
            shutdown.cancel();
            assert!(tasks.join().await, "{}", kind.name());
        }
    }
}
