//! The database file: how it is opened, the one writer, the readers, the write transaction, the scrubbing.
//!
//! Promises: WAL, `synchronous=FULL` (a commit that was acknowledged survives a power cut), foreign keys,
//! `secure_delete` (freed pages are overwritten), no temporary
//! files. Every write is `BEGIN IMMEDIATE` on the one writer
//! connection; a write that is dropped half-way is rolled back. Never: SQL of an aggregate.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection as _, SqlSafeStr as _, Sqlite, SqlitePool, Transaction};

use super::value::Columns as _;
use crate::error::StoreError;

/// Readers beside the writer: a list or a status page never waits for another one; SQLite in WAL mode
/// lets them run beside the writer.
const READERS: u32 = 4;
/// How long a connection waits for another process (`shoki admin` beside `shoki serve`).
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the emptying of the log waits for readers; writers wait for it meanwhile.
const SCRUB_TIMEOUT: Duration = Duration::from_secs(1);
const SCRUB: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// A write transaction. Dropping it undoes everything.
#[derive(Debug)]
pub(super) struct Write {
    tx: Transaction<'static, Sqlite>,
    /// The instant of everything this transaction does, whole microseconds.
    pub(super) now: Timestamp,
}

impl Write {
    /// The connection to run statements on.
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.tx
    }

    /// The transaction's instant as it is stored.
    pub(super) fn now_micros(&self) -> i64 {
        self.now.as_microsecond()
    }

    /// Makes it durable.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        Ok(self.tx.commit().await?)
    }

    /// Undoes it.
    pub(super) async fn roll_back(self) -> Result<(), StoreError> {
        Ok(self.tx.rollback().await?)
    }
}

/// The two pools.
#[derive(Debug)]
pub(super) struct Connections {
    writer: SqlitePool,
    readers: SqlitePool,
    scrubber: SqlitePool,
}

impl Connections {
    /// Opens the file, makes it when it is absent, and brings its schema up to date.
    pub(super) async fn open(path: &Path) -> Result<Self, StoreError> {
        make_file(path).map_err(|error| StoreError::Sql(Box::new(error)))?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("secure_delete", "ON")
            .pragma("temp_store", "MEMORY")
            .pragma("trusted_schema", "OFF");
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .before_acquire(|connection, _| Box::pin(is_at_rest(connection)))
            .connect_with(options.clone())
            .await?;
        migrator()
            .run(&writer)
            .await
            .map_err(|error| StoreError::Sql(Box::new(error)))?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .before_acquire(|connection, _| Box::pin(is_at_rest(connection)))
            .connect_with(options.clone().pragma("query_only", "ON"))
            .await?;
        let scrubber = SqlitePoolOptions::new()
            .max_connections(1)
            .test_before_acquire(false)
            .connect_lazy_with(options.busy_timeout(SCRUB_TIMEOUT));
        Ok(Self {
            writer,
            readers,
            scrubber,
        })
    }

    /// Moves the write-ahead log into the database file and empties it, so that nothing deleted stays
    /// readable in it. `false` when a reader was in the way for too long.
    pub(super) async fn scrub(&self) -> Result<bool, StoreError> {
        let row = sqlx::query(SCRUB).fetch_one(&self.scrubber).await?;
        Ok(row.u64("busy")? == 0)
    }

    /// Starts a write.
    pub(super) async fn write(&self, now: Timestamp) -> Result<Write, StoreError> {
        Ok(Write {
            tx: self.writer.begin_with("BEGIN IMMEDIATE").await?,
            now,
        })
    }

    /// Starts a read: all its statements see the same moment.
    pub(super) async fn read(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.readers.begin().await?)
    }

    /// The readers, for single statements.
    pub(super) const fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    /// Closes every connection; the last one folds the write-ahead log into the database file.
    pub(super) async fn close(&self) {
        self.scrubber.close().await;
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// SQLite rolls back by itself on a full disk or an I/O error; sqlx 0.9 goes on to count the transaction as
/// open, and every later `BEGIN` on that connection fails. Such a connection is replaced by a new one.
async fn is_at_rest(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    Ok(!connection.is_in_transaction())
}

/// Makes an absent database file, readable by its owner only (SQLite gives its log the same mode), and its
/// directory entry durable.
fn make_file(path: &Path) -> std::io::Result<()> {
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match made {
        Ok(file) => {
            file.sync_all()?;
            path.parent().map_or(Ok(()), |directory| {
                let directory = if directory.as_os_str().is_empty() {
                    Path::new(".")
                } else {
                    directory
                };
                File::open(directory)?.sync_all()
            })
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// The schema's history, embedded. A file that was released is never changed; a new one is added.
fn migrator() -> Migrator {
    let step = |version, name: &'static str, sql: &'static str| {
        Migration::new(
            version,
            name.into(),
            MigrationType::Simple,
            sql.into_sql_str(),
            false,
        )
    };
    Migrator::with_migrations(vec![
        step(1, "spine", include_str!("../../migrations/0001_spine.sql")),
        step(2, "corpus", include_str!("../../migrations/0002_corpus.sql")),
        step(
            3,
            "own knowledge",
            include_str!("../../migrations/0003_own_knowledge.sql"),
        ),
        step(4, "minutes", include_str!("../../migrations/0004_minutes.sql")),
        step(
            5,
            "question bank",
            include_str!("../../migrations/0005_question_bank.sql"),
        ),
        step(
            6,
            "minutes drafts",
            include_str!("../../migrations/0006_minutes_drafts.sql"),
        ),
        step(7, "review", include_str!("../../migrations/0007_review.sql")),
        step(
            8,
            "acceptance",
            include_str!("../../migrations/0008_acceptance.sql"),
        ),
        step(9, "accounts", include_str!("../../migrations/0009_accounts.sql")),
        step(
            10,
            "review_figures",
            include_str!("../../migrations/0010_review_figures.sql"),
        ),
        step(
            11,
            "meeting_figures",
            include_str!("../../migrations/0011_meeting_figures.sql"),
        ),
        step(12, "sorting", include_str!("../../migrations/0012_sorting.sql")),
        step(
            13,
            "office_forms",
            include_str!("../../migrations/0013_office_forms.sql"),
        ),
        step(14, "practice", include_str!("../../migrations/0014_practice.sql")),
        step(
            15,
            "directory_accounts",
            include_str!("../../migrations/0015_directory_accounts.sql"),
        ),
        step(
            16,
            "retention",
            include_str!("../../migrations/0016_retention.sql"),
        ),
        step(17, "law_desk", include_str!("../../migrations/0017_law_desk.sql")),
        step(18, "turns", include_str!("../../migrations/0018_turns.sql")),
    ])
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        /// `SQLITE_FULL` (sqlite.org/rescode.html#full).
        const FULL: &str = "13";
        let full = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .is_some_and(|code| code == FULL);
        if full {
            Self::StorageFull
        } else {
            Self::Sql(Box::new(error))
        }
    }
}

/// Whether a statement failed because a unique name is taken.
pub(super) fn is_unique_violation(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}
