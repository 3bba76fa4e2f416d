//! SQL of the counts that meetings leave: recordings that are done, time on task.
//!
//! Promise: counts stay when the recordings they came of are deleted. Never: a word of a transcript.

use std::time::Duration;

use jiff::Timestamp;
use shoki_core::access::Actor;
use shoki_core::id::JobId;
use shoki_core::job::JobState;
use shoki_core::outcome::Outcome;
use shoki_core::transcript_edit::Edit;
use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;

use super::connection::Write;
use super::period::{self, Periods};
use super::practice;
#[cfg(feature = "contract")]
use super::snapshot::{Kind, Table};
use super::value::{Columns as _, Id as _, integer};
use crate::error::StoreError;
use crate::review_store::MeetingFigures;

const COUNT: &str = "INSERT INTO meeting_done (job_id, department_id, at, recorded_ms) VALUES (?, ?, ?, ?)
     ON CONFLICT (job_id) DO UPDATE SET at = excluded.at, recorded_ms = excluded.recorded_ms";
const UNCOUNT: &str = "DELETE FROM meeting_done WHERE job_id = ?";
const SPEND: &str = "INSERT INTO meeting_time (hour, department_id, user_id, spent) VALUES (?, ?, ?, ?)
     ON CONFLICT (hour, department_id, user_id) DO UPDATE SET spent = spent + excluded.spent";
const EDIT: &str = "SELECT edit_json FROM transcript_edits WHERE job_id = ? AND sequence = ?";
/// Of one 課, or of all where `?1` is NULL.
pub(super) const DONE: &str = "SELECT at, recorded_ms FROM meeting_done
     WHERE at >= ?2 AND at < ?3 AND (?1 IS NULL OR department_id = ?1)";
pub(super) const SPENT: &str = "SELECT hour, user_id, spent FROM meeting_time
     WHERE hour >= ?2 AND hour < ?3 AND (?1 IS NULL OR department_id = ?1)";

#[cfg(feature = "contract")]
pub(super) const TABLES: [Table; 2] = [
    (
        "meeting_done",
        "job_id",
        &[
            ("job_id", Kind::Id),
            ("department_id", Kind::Id),
            ("at", Kind::Time),
            ("recorded_ms", Kind::Number),
        ],
    ),
    (
        "meeting_time",
        "hour, department_id, user_id",
        &[
            ("hour", Kind::Number),
            ("department_id", Kind::Id),
            ("user_id", Kind::Id),
            ("spent", Kind::Number),
        ],
    ),
];

/// Counts a meeting that `edit` finishes, or takes its counts back when `edit` opens it again.
pub(super) async fn follow(
    write: &mut Write,
    actor: &Actor,
    (job, state): (JobId, &JobState),
    edit: &Edit,
) -> Result<(), StoreError> {
    if practice::is(write.connection(), job).await? {
        return Ok(());
    }
    let JobState::Succeeded {
        outcome: Outcome::Minutes(outcome),
    } = state
    else {
        return Ok(());
    };
    let statement = match is_finished_by(write, job, edit).await? {
        None => return Ok(()),
        Some(true) => sqlx::query(COUNT)
            .bind(job.blob())
            .bind(actor.department.blob())
            .bind(write.now_micros())
            .bind(integer(outcome.duration_ms)),
        Some(false) => sqlx::query(UNCOUNT).bind(job.blob()),
    };
    statement.execute(write.connection()).await?;
    Ok(())
}

/// Whether an edit finishes the work or opens it again; `None` where it does neither. Each undo turns about what
/// it is of.
async fn is_finished_by(write: &mut Write, job: JobId, edit: &Edit) -> Result<Option<bool>, StoreError> {
    let (mut edit, mut is_turned) = (edit.clone(), false);
    // An undo names an earlier row, so this ends.
    while let Edit::Undo { sequence } = edit {
        let row = sqlx::query(EDIT)
            .bind(job.blob())
            .bind(integer(sequence))
            .fetch_optional(write.connection())
            .await?
            .ok_or(StoreError::NotFound)?;
        edit = row.json("edit_json")?;
        is_turned = !is_turned;
    }
    Ok(match edit {
        Edit::Finish => Some(!is_turned),
        Edit::Reopen => Some(is_turned),
        _ => None,
    })
}

/// Adds time that a person has just spent on a meeting.
pub(super) async fn spend(write: &mut Write, actor: &Actor, spent: Duration) -> Result<(), StoreError> {
    let Some(micros) = period::spent(spent) else {
        return Ok(());
    };
    sqlx::query(SPEND)
        .bind(period::hour(write.now_micros()))
        .bind(actor.department.blob())
        .bind(actor.user.blob())
        .bind(micros)
        .execute(write.connection())
        .await?;
    Ok(())
}

/// Counts between one instant and the next.
pub(super) async fn between(
    read: &mut SqliteConnection,
    actor: &Actor,
    bounds: &[Timestamp],
) -> Result<MeetingFigures, StoreError> {
    let mut figures = MeetingFigures::default();
    let Some(periods) = Periods::between(bounds) else {
        return Ok(figures);
    };
    let (department, (from, to), (first, last)) = (period::whose(actor), periods.span(), periods.hours());
    let done = sqlx::query(DONE)
        .bind(&department)
        .bind(from)
        .bind(to)
        .fetch_all(&mut *read)
        .await?;
    for row in done {
        let counts = figures
            .done
            .entry(periods.of(row.time("at")?.as_microsecond()))
            .or_default();
        counts.meetings += 1;
        counts.recorded += Duration::from_millis(row.u64("recorded_ms")?);
    }
    let spent = sqlx::query(SPENT)
        .bind(&department)
        .bind(first)
        .bind(last)
        .fetch_all(read)
        .await?;
    for row in spent {
        let hour: i64 = row.try_get("hour")?;
        let key = (periods.of_hour(hour), row.id("user_id")?);
        *figures.time.entry(key).or_default() += Duration::from_micros(row.u64("spent")?);
    }
    Ok(figures)
}
