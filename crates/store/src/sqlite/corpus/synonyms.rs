//! SQL of the office's synonym table: every version stays, the last one is in use.

use shoki_core::id::DepartmentId;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::super::audit::{self, Who};
use super::super::connection::Write;
use super::super::value::{Columns as _, Id as _, integer};
use crate::corpus_model::SynonymVersion;
use crate::error::StoreError;

const IN_USE: &str = "SELECT * FROM synonyms ORDER BY version DESC LIMIT 1";
const VERSIONS: &str = "SELECT * FROM synonyms ORDER BY version DESC";
const PUT: &str = "INSERT INTO synonyms (version, rules, user_id, department_id, at) VALUES (?, ?, ?, ?, ?)";

pub(super) async fn in_use(read: &mut SqliteConnection) -> Result<Option<SynonymVersion>, StoreError> {
    let row = sqlx::query(IN_USE).fetch_optional(read).await?;
    row.as_ref().map(from_row).transpose()
}

pub(super) async fn versions(read: &mut SqliteConnection) -> Result<Vec<SynonymVersion>, StoreError> {
    let rows = sqlx::query(VERSIONS).fetch_all(read).await?;
    rows.iter().map(from_row).collect()
}

pub(super) async fn put(
    write: &mut Write,
    who: Who,
    department: DepartmentId,
    after: u64,
    rules: &str,
    despite: Option<&str>,
) -> Result<SynonymVersion, StoreError> {
    let current = in_use(write.connection()).await?.map_or(0, |last| last.version);
    if current != after {
        return Err(StoreError::VersionChanged { current });
    }
    let made = SynonymVersion {
        version: current + 1,
        rules: rules.to_owned(),
        user: who.user,
        at: write.now,
    };
    let now = write.now_micros();
    sqlx::query(PUT)
        .bind(integer(made.version))
        .bind(rules)
        .bind(who.user.as_ref().map(|id| id.blob()))
        .bind(department.blob())
        .bind(now)
        .execute(write.connection())
        .await?;
    audit::append(write, who, "synonyms.put", &made.version).await?;
    if let Some(reason) = despite {
        let subject = format!("{}: {reason}", made.version);
        audit::append(write, who, "synonyms.despite_gate", &subject).await?;
    }
    Ok(made)
}

fn from_row(row: &SqliteRow) -> Result<SynonymVersion, StoreError> {
    Ok(SynonymVersion {
        version: row.u64("version")?,
        rules: row.text("rules")?,
        user: row.id_opt("user_id")?,
        at: row.time("at")?,
    })
}
