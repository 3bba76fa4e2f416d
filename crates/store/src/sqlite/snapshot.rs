//! The whole database as text, for tests: every table, every column, ids and digests by the order in
//! which they first appear, instants as microseconds since an origin.
//!
//! Promise: a table or column that the list below does not name fails the test until it is printed.
//! Also checks what SQL alone cannot state: counts kept by triggers, event numbers, references.

mod invariants;

use std::collections::HashMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use shoki_core::digest::Sha256;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Row as _};
use uuid::Uuid;

use super::SqliteStore;
use super::corpus::tables::CORPUS;
use super::value::{Columns as _, corrupt};
use super::{
    acceptance, account_tables, deletions, form_shares, meeting_figures, minutes_drafts, office_forms,
    practice, retention, review_figures, reviews, sortings, transcripts,
};
use crate::error::StoreError;
use invariants::INVARIANTS;

/// How a column is printed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// A 16-byte id.
    Id,
    /// A 32-byte digest.
    Digest,
    /// Microseconds.
    Time,
    /// As it is; a UUID in it as an id.
    Text,
    /// JSON with ids and instants in it.
    Json,
    /// As it is.
    Number,
    /// A fraction, as it is.
    Real,
    /// Its length.
    Bytes,
}
use Kind::{Bytes, Digest, Id, Json, Number, Text, Time};

pub(super) type Table = (&'static str, &'static str, &'static [(&'static str, Kind)]);

/// Tables in printing order, the order of their rows, their columns.
const TABLES: [Table; 11] = [
    (
        "departments",
        "id",
        &[("id", Id), ("name", Text), ("created_at", Time)],
    ),
    (
        "users",
        "id",
        &[
            ("id", Id),
            ("department_id", Id),
            ("name", Text),
            ("role", Text),
            ("created_at", Time),
        ],
    ),
    (
        "tokens",
        "id",
        &[
            ("id", Id),
            ("user_id", Id),
            ("secret_hash", Digest),
            ("label", Text),
            ("created_at", Time),
            ("expires_at", Time),
            ("revoked_at", Time),
        ],
    ),
    (
        "documents",
        "id",
        &[
            ("id", Id),
            ("department_id", Id),
            ("name", Text),
            ("media", Text),
            ("sha256", Digest),
            ("size", Number),
            ("uploaded_by", Id),
            ("created_at", Time),
        ],
    ),
    (
        "jobs",
        "id",
        &[
            ("id", Id),
            ("department_id", Id),
            ("document_id", Id),
            ("pipeline", Text),
            ("pipeline_digest", Digest),
            ("corpus_json", Json),
            ("minutes_json", Json),
            ("batch_id", Id),
            ("state", Text),
            ("state_json", Json),
            ("last_event", Number),
            ("created_by", Id),
            ("created_at", Time),
            ("updated_at", Time),
        ],
    ),
    (
        "job_events",
        "job_id, sequence",
        &[
            ("job_id", Id),
            ("sequence", Number),
            ("at", Time),
            ("state_json", Json),
        ],
    ),
    (
        "units",
        "id",
        &[
            ("id", Id),
            ("job_id", Id),
            ("department_id", Id),
            ("kind", Text),
            ("ordinal", Number),
            ("state", Text),
            ("attempts", Number),
            ("weight", Number),
            ("run_at", Time),
            ("last_error", Text),
            ("owner", Id),
            ("lease_until", Time),
            ("piece_sha256", Digest),
            ("piece_size", Number),
            ("code", Text),
        ],
    ),
    ("unit_counts", "state", &[("state", Text), ("units", Number)]),
    (
        "artifacts",
        "job_id, name",
        &[
            ("id", Id),
            ("job_id", Id),
            ("department_id", Id),
            ("name", Text),
            ("media_type", Text),
            ("sha256", Digest),
            ("size", Number),
        ],
    ),
    (
        "idempotency",
        "created_at",
        &[
            ("user_id", Id),
            ("key_hash", Digest),
            ("fingerprint", Digest),
            ("created_at", Time),
        ],
    ),
    (
        "idempotency_jobs",
        "job_id",
        &[
            ("user_id", Id),
            ("key_hash", Digest),
            ("position", Number),
            ("job_id", Id),
        ],
    ),
];

const AUDIT: Table = (
    "audit",
    "sequence",
    &[
        ("sequence", Number),
        ("at", Time),
        ("user_id", Id),
        ("department_id", Id),
        ("action", Text),
        ("subject", Text),
        ("previous", Digest),
        ("hash", Digest),
    ],
);

const SCHEMA: &str = "SELECT tables.name AS table_name, columns.name AS column_name
     FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
     WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%' AND tables.name <> '_sqlx_migrations'";

impl SqliteStore {
    /// Every table and column as text; instants relative to `origin`.
    ///
    /// # Errors
    /// `Corrupt` when the list of this module and the schema differ.
    pub async fn whole_database(&self, origin: Timestamp) -> Result<String, StoreError> {
        let mut read = self.connections.read().await?;
        let tables: Vec<Table> = TABLES
            .into_iter()
            .chain(CORPUS)
            .chain(transcripts::TABLES)
            .chain(reviews::TABLES)
            .chain(acceptance::TABLES)
            .chain(account_tables::TABLES)
            .chain(review_figures::TABLES)
            .chain(meeting_figures::TABLES)
            .chain(office_forms::TABLES)
            .chain(retention::TABLES)
            .chain(deletions::TABLES)
            .chain([
                sortings::TABLE,
                minutes_drafts::TABLE,
                practice::TABLE,
                form_shares::TABLE,
                AUDIT,
            ])
            .collect();
        all_columns_are_named(&mut read, &tables).await?;
        let mut printer = Printer {
            origin: origin.as_microsecond(),
            labels: HashMap::new(),
            counters: HashMap::new(),
            text: String::new(),
        };
        for (table, order, columns) in tables {
            let sql = format!("SELECT * FROM {table} ORDER BY {order}");
            let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut *read).await?;
            printer.table(table, columns, &rows)?;
        }
        Ok(printer.text)
    }

    /// What SQL constraints cannot state, and the file itself.
    ///
    /// # Errors
    /// `Corrupt` with the invariant's name.
    pub async fn check_invariants(&self) -> Result<(), StoreError> {
        let mut read = self.connections.read().await?;
        for (invariant, sql) in INVARIANTS {
            let broken = sqlx::query(sql).fetch_all(&mut *read).await?;
            if !broken.is_empty() {
                return Err(corrupt("database", format!("{invariant}: {} rows", broken.len())));
            }
        }
        Ok(())
    }
}

async fn all_columns_are_named(read: &mut SqliteConnection, tables: &[Table]) -> Result<(), StoreError> {
    let mut named: Vec<(String, String)> = tables
        .iter()
        .flat_map(|(table, _, columns)| {
            columns
                .iter()
                .map(|(column, _)| ((*table).to_owned(), (*column).to_owned()))
        })
        .collect();
    for row in sqlx::query(SCHEMA).fetch_all(read).await? {
        let column = (row.text("table_name")?, row.text("column_name")?);
        let Some(place) = named.iter().position(|name| *name == column) else {
            return Err(corrupt(
                "snapshot",
                format!("print {}.{} too", column.0, column.1),
            ));
        };
        named.swap_remove(place);
    }
    match named.first() {
        Some((table, column)) => Err(corrupt("snapshot", format!("{table}.{column} is not there"))),
        None => Ok(()),
    }
}

struct Printer {
    origin: i64,
    labels: HashMap<Vec<u8>, String>,
    counters: HashMap<String, u32>,
    text: String,
}

impl Printer {
    fn table(
        &mut self,
        table: &str,
        columns: &[(&'static str, Kind)],
        rows: &[SqliteRow],
    ) -> Result<(), StoreError> {
        let _ = writeln!(self.text, "{table}: {}", rows.len());
        for row in rows {
            for (column, kind) in columns {
                let value = self.value(table, column, *kind, row)?;
                if let Some(value) = value {
                    let _ = write!(self.text, "  {column}={value}");
                }
            }
            self.text.push('\n');
        }
        Ok(())
    }

    /// The printed value; `None` for NULL.
    fn value(
        &mut self,
        table: &str,
        column: &'static str,
        kind: Kind,
        row: &SqliteRow,
    ) -> Result<Option<String>, StoreError> {
        let name = if column == "id" { table } else { column };
        Ok(match kind {
            Id | Digest => {
                let bytes: Option<Vec<u8>> = row.try_get(column)?;
                bytes.map(|bytes| self.label(name, bytes))
            }
            Time => {
                let micros: Option<i64> = row.try_get(column)?;
                micros.map(|micros| self.instant(micros))
            }
            Number => {
                let number: Option<i64> = row.try_get(column)?;
                number.map(|number| number.to_string())
            }
            Kind::Real => {
                let number: Option<f64> = row.try_get(column)?;
                number.map(|number| number.to_string())
            }
            Text => row.text_opt(column)?.map(|text| self.string(&text)),
            Json => {
                let value: Option<serde_json::Value> = row.json_opt(column)?;
                value.map(|value| self.json(value).to_string())
            }
            Bytes => {
                let bytes: Option<Vec<u8>> = row.try_get(column)?;
                bytes.map(|bytes| format!("{} bytes", bytes.len()))
            }
        })
    }

    fn label(&mut self, name: &str, bytes: Vec<u8>) -> String {
        if bytes.iter().all(|byte| *byte == 0) {
            return "zero".to_owned();
        }
        let counters = &mut self.counters;
        let label = self.labels.entry(bytes).or_insert_with(|| {
            let number = counters.entry(name.to_owned()).or_insert(0);
            *number += 1;
            format!("{name}#{number}")
        });
        label.clone()
    }

    fn instant(&self, micros: i64) -> String {
        format!("{:+}us", micros - self.origin)
    }

    fn string(&mut self, text: &str) -> String {
        if let Ok(uuid) = text.parse::<Uuid>() {
            return self.label("uuid", uuid.as_bytes().to_vec());
        }
        if let Ok(digest) = text.parse::<Sha256>() {
            return self.label("digest", digest.as_bytes().to_vec());
        }
        text.parse::<Timestamp>()
            .map_or_else(|_| text.to_owned(), |at| self.instant(at.as_microsecond()))
    }

    fn json(&mut self, value: serde_json::Value) -> serde_json::Value {
        use serde_json::Value;
        match value {
            Value::String(text) => Value::String(self.string(&text)),
            Value::Array(values) => values.into_iter().map(|value| self.json(value)).collect(),
            Value::Object(fields) => fields
                .into_iter()
                .map(|(name, value)| (name, self.json(value)))
                .collect(),
            other => other,
        }
    }
}
