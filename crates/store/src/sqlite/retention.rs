//! SQL of 保存期間 and 保存延長: which period counts for what, and which jobs are held.

use shoki_core::access::Actor;
use shoki_core::id::{DepartmentId, DocumentId, JobId};
use shoki_core::retention::Material;
use sqlx::sqlite::SqliteConnection;

use super::audit::{self, Who};
use super::connection::Write;
use super::jobs;
#[cfg(feature = "contract")]
use super::snapshot::{Kind, Table};
use super::value::{Columns as _, Id as _, corrupt};
use crate::deletion::{Hold, RetentionPeriod};
use crate::error::StoreError;

const PERIODS: &str = "SELECT material, days, set_at, user_id FROM retention_periods WHERE department_id = ?";
const SET: &str = "INSERT INTO retention_periods (department_id, material, days, set_at, user_id)
     VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (department_id, material) DO UPDATE
     SET days = excluded.days, set_at = excluded.set_at, user_id = excluded.user_id";
const UNSET: &str = "DELETE FROM retention_periods WHERE department_id = ? AND material = ?";
const HOLD: &str = "INSERT INTO retention_holds (job_id, reason, user_id, at) VALUES (?, ?, ?, ?)
     ON CONFLICT (job_id) DO UPDATE SET reason = excluded.reason, user_id = excluded.user_id, at = excluded.at";
const RELEASE: &str = "DELETE FROM retention_holds WHERE job_id = ?";
const HOLDS: &str = "SELECT retention_holds.job_id, retention_holds.reason, retention_holds.user_id,
         retention_holds.at, documents.name
     FROM retention_holds JOIN jobs ON jobs.id = retention_holds.job_id
          JOIN documents ON documents.id = jobs.document_id
     WHERE jobs.department_id = ? ORDER BY retention_holds.at, retention_holds.job_id";
/// Whether a job on the document is held, or one of a meeting that goes on in it.
const IS_HELD: &str = "SELECT 1 FROM retention_holds JOIN jobs ON jobs.id = retention_holds.job_id
     WHERE jobs.document_id = ?1
        OR EXISTS (SELECT 1 FROM json_each(jobs.minutes_json, '$.continued_by') AS part WHERE part.value = ?2)
     LIMIT 1";

#[cfg(feature = "contract")]
pub(super) const TABLES: [Table; 2] = [
    (
        "retention_periods",
        "department_id, material",
        &[
            ("department_id", Kind::Id),
            ("material", Kind::Text),
            ("days", Kind::Number),
            ("set_at", Kind::Time),
            ("user_id", Kind::Id),
        ],
    ),
    (
        "retention_holds",
        "at, job_id",
        &[
            ("job_id", Kind::Id),
            ("reason", Kind::Text),
            ("user_id", Kind::Id),
            ("at", Kind::Time),
        ],
    ),
];

pub(super) async fn periods(
    read: &mut SqliteConnection,
    department: DepartmentId,
) -> Result<Vec<RetentionPeriod>, StoreError> {
    let rows = sqlx::query(PERIODS)
        .bind(department.blob())
        .fetch_all(read)
        .await?;
    let mut periods = Vec::with_capacity(rows.len());
    for row in &rows {
        let name = row.text("material")?;
        let unknown = || corrupt("retention_periods.material", "unknown material");
        periods.push(RetentionPeriod {
            material: Material::parse(&name).ok_or_else(unknown)?,
            days: row.u32("days")?,
            set_at: row.time("set_at")?,
            set_by: row.id("user_id")?,
        });
    }
    periods.sort_by_key(|period| period.material);
    Ok(periods)
}

pub(super) async fn set_all(
    write: &mut Write,
    actor: &Actor,
    periods: &[(Material, Option<u32>)],
) -> Result<(), StoreError> {
    for &(material, days) in periods {
        set(write, actor, material, days).await?;
    }
    Ok(())
}

async fn set(
    write: &mut Write,
    actor: &Actor,
    material: Material,
    days: Option<u32>,
) -> Result<(), StoreError> {
    let known = periods(write.connection(), actor.department).await?;
    let standing = known.iter().find(|period| period.material == material);
    if standing.map(|period| period.days) == days {
        return Ok(());
    }
    let now = write.now_micros();
    let statement = match days {
        Some(days) => sqlx::query(SET)
            .bind(actor.department.blob())
            .bind(material.as_str())
            .bind(days)
            .bind(now)
            .bind(actor.user.blob()),
        None => sqlx::query(UNSET)
            .bind(actor.department.blob())
            .bind(material.as_str()),
    };
    statement.execute(write.connection()).await?;
    let length = days.map_or_else(|| "-".to_owned(), |days| days.to_string());
    let subject = format!("{}/{length}", material.as_str());
    audit::append(write, Who::actor(actor), "retention.set", &subject).await
}

pub(super) async fn hold(
    write: &mut Write,
    actor: &Actor,
    job: JobId,
    reason: &str,
) -> Result<(), StoreError> {
    jobs::must_exist(write.connection(), actor, job).await?;
    let now = write.now_micros();
    sqlx::query(HOLD)
        .bind(job.blob())
        .bind(reason)
        .bind(actor.user.blob())
        .bind(now)
        .execute(write.connection())
        .await?;
    audit::append(write, Who::actor(actor), "retention.hold", &job).await
}

pub(super) async fn release(write: &mut Write, actor: &Actor, job: JobId) -> Result<(), StoreError> {
    jobs::must_exist(write.connection(), actor, job).await?;
    let released = sqlx::query(RELEASE)
        .bind(job.blob())
        .execute(write.connection())
        .await?;
    if released.rows_affected() == 0 {
        return Ok(());
    }
    audit::append(write, Who::actor(actor), "retention.release", &job).await
}

pub(super) async fn holds(read: &mut SqliteConnection, actor: &Actor) -> Result<Vec<Hold>, StoreError> {
    let rows = sqlx::query(HOLDS)
        .bind(actor.department.blob())
        .fetch_all(read)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Hold {
                job: row.id("job_id")?,
                document_name: row.text("name")?,
                reason: row.text("reason")?,
                by: row.id("user_id")?,
                at: row.time("at")?,
            })
        })
        .collect()
}

/// Refuses a document that somebody holds.
pub(super) async fn must_not_be_held(
    read: &mut SqliteConnection,
    document: DocumentId,
) -> Result<(), StoreError> {
    let found = sqlx::query(IS_HELD)
        .bind(document.blob())
        .bind(document.to_string())
        .fetch_optional(read)
        .await?;
    match found {
        Some(_) => Err(StoreError::Held),
        None => Ok(()),
    }
}
