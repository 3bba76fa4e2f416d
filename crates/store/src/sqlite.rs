//! `JobStore`, `AccountStore` and `CorpusStore` on SQLite: one file, one process (plus the command line beside it), nothing to install.
//!
//! Owns the order begin → work of an aggregate → commit → tick. The SQL lies in one module per aggregate
//! below, each statement named after the transition it makes; who may become what is decided by
//! `core::job::apply` and `core::unit::apply` on the row read in the same `BEGIN IMMEDIATE`.
//! Never: a lock held across a transaction, a count over units on a path that is called often.

mod acceptance;
mod acceptance_store;
mod account_store;
#[cfg(feature = "contract")]
mod account_tables;
mod accounts;
mod audit;
mod connection;
mod corpus;
mod deletions;
mod directory_accounts;
mod documents;
mod form_shares;
mod form_store;
#[cfg(test)]
mod full;
mod import_groups;
mod job_store;
mod jobs;
mod meeting_figures;
mod minutes_drafts;
mod office_forms;
mod people;
mod period;
#[cfg(test)]
mod plans;
mod practice;
mod practice_store;
mod retention;
mod retention_due;
mod retention_store;
mod review_figures;
mod review_store;
mod reviews;
#[cfg(feature = "contract")]
mod snapshot;
mod sorting_store;
mod sortings;
mod submissions;
#[cfg(test)]
mod table;
mod transcripts;
mod units;
mod value;
mod voice_prints;
mod work;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use shoki_core::clock::Clock;
use shoki_core::unit::RetryPolicy;
use tokio::sync::watch;

use crate::error::StoreError;
use crate::model::Reaped;
use connection::{Connections, Write};
use work::Overdue;

const TOUCH: &str = "UPDATE unit_counts SET units = units WHERE state = 'ready'";

/// Jobs, documents, people, the law desk and the audit chain in one SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    connections: Connections,
    clock: Arc<dyn Clock>,
    policy: RetryPolicy,
    changes: watch::Sender<u64>,
    /// Deleted rows may still lie in the write-ahead log.
    scrub_due: AtomicBool,
}

impl SqliteStore {
    /// Opens the database at `path` (its directory must exist), makes it when it is absent, and brings its
    /// schema up to date. A log left by a crash is replayed by SQLite on the first access.
    ///
    /// # Errors
    /// `Sql` when the file cannot be opened, is no database, or was written by a newer version.
    pub async fn open(path: &Path, clock: Arc<dyn Clock>, policy: RetryPolicy) -> Result<Self, StoreError> {
        let store = Self {
            connections: Connections::open(path).await?,
            clock,
            policy,
            changes: watch::Sender::new(0),
            scrub_due: AtomicBool::new(true),
        };
        // A crash may have come between a deletion and its scrubbing.
        store.scrub().await;
        Ok(store)
    }

    /// Closes every connection and folds the write-ahead log into the database file.
    pub async fn close(&self) {
        self.connections.close().await;
    }

    /// The present instant in whole microseconds, as it is stored.
    fn whole_micros(&self) -> Timestamp {
        let now = self.clock.now();
        Timestamp::from_microsecond(now.as_microsecond())
            .expect("a timestamp's own microseconds are in range")
    }

    async fn begin(&self) -> Result<Write, StoreError> {
        let mut write = self.connections.write(self.whole_micros()).await?;
        // The writer may have waited for its turn: what it does happens now.
        write.now = self.whole_micros();
        Ok(write)
    }

    /// Commits and ticks. On a task of its own: a request whose client hangs up now is committed, and the
    /// workers hear of it.
    async fn commit(&self, write: Write) -> Result<(), StoreError> {
        fail::fail_point!("store.before_commit", |_| Err(injected("store.before_commit")));
        let changes = self.changes.clone();
        let committed = tokio::spawn(async move {
            write.commit().await?;
            changes.send_modify(|ticks| *ticks += 1);
            Ok(())
        });
        committed
            .await
            .unwrap_or_else(|error| Err(StoreError::Sql(Box::new(error))))?;
        fail::fail_point!("store.after_commit", |_| Err(injected("store.after_commit")));
        if self.scrub_due.load(Ordering::Relaxed) {
            fail::fail_point!("store.before_scrub", |_| Err(injected("store.before_scrub")));
            self.scrub().await;
        }
        Ok(())
    }

    /// Empties the write-ahead log; what is in the way now is tried again after the next write.
    async fn scrub(&self) {
        match self.connections.scrub().await {
            Ok(emptied) => self.scrub_due.store(!emptied, Ordering::Relaxed),
            Err(error) => tracing::warn!(%error, "the write-ahead log could not be emptied"),
        }
    }

    async fn reap_overdue(&self, overdue: Overdue) -> Result<Reaped, StoreError> {
        let mut reaped = Reaped::default();
        loop {
            let mut write = self.begin().await?;
            let before = reaped;
            let more = work::reap(&mut write, overdue, &self.policy, &mut reaped).await?;
            if reaped == before {
                write.roll_back().await?;
            } else {
                self.commit(write).await?;
            }
            if !more {
                return Ok(reaped);
            }
        }
    }
}

/// The error of a failure injected at a named point.
#[cfg_attr(
    not(feature = "failpoints"),
    expect(dead_code, reason = "only fail points make it")
)]
fn injected(point: &'static str) -> StoreError {
    StoreError::Sql(format!("injected at {point}").into())
}
