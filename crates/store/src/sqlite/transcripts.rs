//! SQL of what people do with a transcript: corrections, time on task; and of the further recordings of a
//! meeting and its plan.
//!
//! Promise: corrections are numbered from 1 without gaps, and whoever was slower hears of it. Never: whether
//! an edit makes sense (`core::transcript_edit` decides before it is handed in).

use std::time::Duration;

use shoki_core::access::Actor;
use shoki_core::id::{DepartmentId, DocumentId, JobId};
use shoki_core::job::{IllegalTransition, JobState};
use shoki_core::meeting::MinutesOptions;
use shoki_core::transcript::SegmentId;
use shoki_core::transcript_edit::{ACTIVITY_GAP, Edit, EditRow};
use shoki_core::unit::{BlobRef, Fence, UnitState};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::audit::{self, Who};
use super::connection::Write;
#[cfg(feature = "contract")]
use super::snapshot::{Kind, Table};
use super::value::{Columns as _, Id as _, corrupt, integer, json};
use super::{documents, jobs, meeting_figures, practice, work};
use crate::error::StoreError;
use crate::model::{Document, TimeOnTask};

const STATE: &str = "SELECT state_json FROM jobs WHERE id = ? AND department_id = ?";
pub(super) const LAST: &str =
    "SELECT coalesce(max(sequence), 0) AS last FROM transcript_edits WHERE job_id = ?";
const APPEND: &str = "INSERT INTO transcript_edits (job_id, sequence, at, user_id, edit_json, touched_json)
     VALUES (?, ?, ?, ?, ?, ?)";
pub(super) const AFTER: &str = "SELECT sequence, at, user_id, edit_json, touched_json FROM transcript_edits
     WHERE job_id = ? AND sequence > ? ORDER BY sequence";
const SIGN_OF_LIFE: &str = "INSERT INTO transcript_activity (job_id, user_id, last_at, spent)
     VALUES (?, ?, ?, 0)
     ON CONFLICT (job_id, user_id) DO UPDATE SET spent = spent + ?, last_at = max(last_at, excluded.last_at)";
const LAST_SIGN: &str = "SELECT last_at FROM transcript_activity WHERE job_id = ? AND user_id = ?";
pub(super) const SPENT: &str =
    "SELECT user_id, last_at, spent FROM transcript_activity WHERE job_id = ? ORDER BY user_id";
pub(super) const PLAN: &str = "SELECT piece_sha256, piece_size FROM units
     WHERE job_id = ? AND kind = 'plan' AND ordinal = 0";
const OPTIONS: &str = "SELECT minutes_json FROM jobs WHERE id = ?";
const DOCUMENT: &str = "SELECT * FROM documents WHERE id = ? AND department_id = ?";

#[cfg(feature = "contract")]
pub(super) const TABLES: [Table; 3] = [
    (
        "transcript_edits",
        "job_id, sequence",
        &[
            ("job_id", Kind::Id),
            ("sequence", Kind::Number),
            ("at", Kind::Time),
            ("user_id", Kind::Id),
            ("edit_json", Kind::Json),
            ("touched_json", Kind::Json),
        ],
    ),
    (
        "transcript_activity",
        "job_id, user_id",
        &[
            ("job_id", Kind::Id),
            ("user_id", Kind::Id),
            ("last_at", Kind::Time),
            ("spent", Kind::Number),
        ],
    ),
    (
        "voice_prints",
        "id",
        &[
            ("id", Kind::Id),
            ("department_id", Kind::Id),
            ("sealed", Kind::Bytes),
            ("created_by", Kind::Id),
            ("created_at", Kind::Time),
        ],
    ),
];

/// Adds a correction behind the one numbered `expected`.
pub(super) async fn append(
    write: &mut Write,
    actor: &Actor,
    job: JobId,
    expected: u64,
    edit: &Edit,
    touched: &[SegmentId],
) -> Result<EditRow, StoreError> {
    let state = must_have_succeeded(write, actor, job).await?;
    let row = sqlx::query(LAST)
        .bind(job.blob())
        .fetch_one(write.connection())
        .await?;
    let current = row.u64("last")?;
    if current != expected {
        return Err(StoreError::VersionChanged { current });
    }
    let row = EditRow {
        sequence: current + 1,
        at: write.now,
        by: actor.user,
        edit: edit.clone(),
        touched: touched.to_vec(),
    };
    sqlx::query(APPEND)
        .bind(job.blob())
        .bind(integer(row.sequence))
        .bind(row.at.as_microsecond())
        .bind(row.by.blob())
        .bind(json(&row.edit))
        .bind(json(&row.touched))
        .execute(write.connection())
        .await?;
    meeting_figures::follow(write, actor, (job, &state), edit).await?;
    be_at_work(write, actor, job).await?;
    let subject = format!("{job}/{}", row.sequence);
    audit::append(write, Who::actor(actor), "transcript.edit", &subject).await?;
    Ok(row)
}

/// The job's state, if its transcript can be worked on.
pub(super) async fn must_have_succeeded(
    write: &mut Write,
    actor: &Actor,
    job: JobId,
) -> Result<JobState, StoreError> {
    let row = sqlx::query(STATE)
        .bind(job.blob())
        .bind(actor.department.blob())
        .fetch_optional(write.connection())
        .await?
        .ok_or(StoreError::NotFound)?;
    match row.json("state_json")? {
        state @ JobState::Succeeded { .. } => Ok(state),
        other => Err(IllegalTransition {
            state: other.name(),
            event: "edit",
        }
        .into()),
    }
}

/// Corrections behind the one numbered `after`, oldest first.
pub(super) async fn after(
    read: &mut SqliteConnection,
    actor: &Actor,
    job: JobId,
    after: u64,
) -> Result<Vec<EditRow>, StoreError> {
    jobs::must_exist(&mut *read, actor, job).await?;
    let rows = sqlx::query(AFTER)
        .bind(job.blob())
        .bind(integer(after))
        .fetch_all(read)
        .await?;
    rows.iter().map(edit_row).collect()
}

fn edit_row(row: &SqliteRow) -> Result<EditRow, StoreError> {
    Ok(EditRow {
        sequence: row.u64("sequence")?,
        at: row.time("at")?,
        by: row.id("user_id")?,
        edit: row.json("edit_json")?,
        touched: row.json("touched_json")?,
    })
}

/// Records that the person is at work on the transcript.
pub(super) async fn record_activity(write: &mut Write, actor: &Actor, job: JobId) -> Result<(), StoreError> {
    jobs::must_exist(write.connection(), actor, job).await?;
    be_at_work(write, actor, job).await
}

/// A sign of life of somebody who works on a transcript.
async fn be_at_work(write: &mut Write, actor: &Actor, job: JobId) -> Result<(), StoreError> {
    let spent = sign_of_life(write, actor, job).await?;
    if practice::is(write.connection(), job).await? {
        return Ok(());
    }
    meeting_figures::spend(write, actor, spent).await
}

/// Records that the person is at work on the job's result; the time that counts since the sign before: none after
/// a gap of more than [`ACTIVITY_GAP`].
pub(super) async fn sign_of_life(
    write: &mut Write,
    actor: &Actor,
    job: JobId,
) -> Result<Duration, StoreError> {
    let now = write.now_micros();
    let last = sqlx::query(LAST_SIGN)
        .bind(job.blob())
        .bind(actor.user.blob())
        .fetch_optional(write.connection())
        .await?;
    let gap = match last {
        None => Duration::ZERO,
        Some(row) => {
            let micros = now - row.time("last_at")?.as_microsecond();
            Duration::from_micros(u64::try_from(micros).unwrap_or(0))
        }
    };
    let spent = if gap <= ACTIVITY_GAP { gap } else { Duration::ZERO };
    sqlx::query(SIGN_OF_LIFE)
        .bind(job.blob())
        .bind(actor.user.blob())
        .bind(now)
        .bind(i64::try_from(spent.as_micros()).unwrap_or(i64::MAX))
        .execute(write.connection())
        .await?;
    Ok(spent)
}

/// Who spent how long on a transcript.
pub(super) async fn time_on_task(
    read: &mut SqliteConnection,
    actor: &Actor,
    job: JobId,
) -> Result<Vec<TimeOnTask>, StoreError> {
    jobs::must_exist(&mut *read, actor, job).await?;
    let rows = sqlx::query(SPENT).bind(job.blob()).fetch_all(read).await?;
    rows.iter()
        .map(|row| {
            Ok(TimeOnTask {
                user: row.id("user_id")?,
                spent: Duration::from_micros(row.u64("spent")?),
                last_at: row.time("last_at")?,
            })
        })
        .collect()
}

/// What the job's plan left for its other units, once it is committed.
pub(super) async fn plan_of(
    read: &mut SqliteConnection,
    actor: &Actor,
    job: JobId,
) -> Result<Option<BlobRef>, StoreError> {
    jobs::must_exist(&mut *read, actor, job).await?;
    let row = sqlx::query(PLAN).bind(job.blob()).fetch_optional(read).await?;
    row.map_or(Ok(None), |row| row.blob_opt("piece_sha256", "piece_size"))
}

/// Whether the 課 has every further recording of a meeting.
pub(super) async fn must_have_parts(
    write: &mut Write,
    department: DepartmentId,
    options: Option<&MinutesOptions>,
) -> Result<(), StoreError> {
    for document in options.iter().flat_map(|options| &options.continued_by) {
        documents::must_exist(write.connection(), department, *document).await?;
    }
    Ok(())
}

/// The further recordings of the meeting whose unit is leased under `fence`, in order.
pub(super) async fn continued_documents(
    read: &mut SqliteConnection,
    fence: Fence,
) -> Result<Vec<Document>, StoreError> {
    let unit = work::fenced(&mut *read, fence).await?;
    if !matches!(unit.life.state, UnitState::Leased { attempt, .. } if attempt == fence.attempt) {
        return Err(StoreError::LeaseLost);
    }
    let row = sqlx::query(OPTIONS)
        .bind(unit.job.blob())
        .fetch_optional(&mut *read)
        .await?
        .ok_or_else(|| corrupt("units.job_id", "no such job"))?;
    let options: Option<MinutesOptions> = row.json_opt("minutes_json")?;
    let wanted: Vec<DocumentId> = options.unwrap_or_default().continued_by;
    let mut found = Vec::with_capacity(wanted.len());
    for document in wanted {
        let row = sqlx::query(DOCUMENT)
            .bind(document.blob())
            .bind(unit.department.blob())
            .fetch_optional(&mut *read)
            .await?
            .ok_or(StoreError::NotFound)?;
        found.push(documents::from_row(&row, unit.department)?);
    }
    Ok(found)
}
