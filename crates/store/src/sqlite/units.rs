//! SQL of units: the row, the one statement that changes it, and what follows for the job.
//!
//! Promises (core::unit): INV-1 and INV-2 hold because a unit changes only through `transition`, which
//! asks `core::unit::apply` about the row read in the same transaction and writes on condition that the
//! state and the attempt are still those.

use std::ops::Range;

use shoki_core::code::ErrorCode;
use shoki_core::id::{DepartmentId, JobId, UnitId};
use shoki_core::job::{JobEvent, JobState};
use shoki_core::unit::{self, Attempt, BlobRef, RetryPolicy, UnitEvent, UnitKind, UnitLife, UnitState};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Sqlite};

use super::connection::Write;
use super::jobs;
use super::value::{Columns as _, Id as _, corrupt, digest, integer};
use crate::error::StoreError;
use crate::model::{EndedUnit, QueueDepth};

/// Rows of one INSERT: 7 values each, far below SQLite's 32,766 parameters.
const ROWS_PER_INSERT: u32 = 500;

const MAKE_READY: &str =
    "INSERT INTO units (id, job_id, department_id, kind, ordinal, state, attempts, weight, run_at) ";
pub(super) const GET: &str = "SELECT * FROM units WHERE id = ?";
pub(super) const TRANSITION: &str =
    "UPDATE units SET state = ?, attempts = ?, weight = ?, run_at = ?, last_error = ?, owner = ?,
         lease_until = ?, piece_sha256 = ?, piece_size = ?, code = ?
     WHERE id = ? AND state = ? AND attempts = ?";
pub(super) const CANCEL_REMAINING: &str =
    "UPDATE units SET state = 'cancelled', run_at = NULL, last_error = NULL, owner = NULL, lease_until = NULL
     WHERE job_id = ? AND state IN ('ready', 'leased')";
pub(super) const ENDED: &str = "SELECT * FROM units
     WHERE job_id = ? AND kind = 'run' AND state IN ('done', 'failed', 'dead') ORDER BY ordinal";
/// The run unit of a job that was let in last: they come in order.
pub(super) const LATEST_RUN: &str =
    "SELECT ordinal FROM units WHERE job_id = ? AND kind = 'run' ORDER BY ordinal DESC LIMIT 1";
const COUNTS: &str = "SELECT state, units FROM unit_counts";
/// Planned run units whose turn has not come, of all jobs.
pub(super) const TO_COME: &str = "SELECT coalesce(sum(json_extract(state_json, '$.progress.total') - 1 - (
         SELECT ordinal FROM units WHERE job_id = jobs.id AND kind = 'run' ORDER BY ordinal DESC LIMIT 1
     )), 0) AS units
     FROM jobs WHERE state = 'running'";

/// A unit's row.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    pub(super) id: UnitId,
    pub(super) job: JobId,
    pub(super) department: DepartmentId,
    pub(super) kind: UnitKind,
    pub(super) ordinal: u32,
    pub(super) life: UnitLife,
}

/// Makes units of a kind ready from now on.
pub(super) async fn make_ready(
    write: &mut Write,
    department: DepartmentId,
    job: JobId,
    kind: UnitKind,
    ordinals: Range<u32>,
) -> Result<(), StoreError> {
    let now = write.now_micros();
    let mut first = ordinals.start;
    while first < ordinals.end {
        let end = ordinals.end.min(first + ROWS_PER_INSERT);
        let mut insert = QueryBuilder::<Sqlite>::new(MAKE_READY);
        insert.push_values(first..end, |mut row, ordinal| {
            row.push_bind(UnitId::generate().blob().to_vec())
                .push_bind(job.blob().to_vec())
                .push_bind(department.blob().to_vec())
                .push_bind(kind.as_str())
                .push_bind(ordinal)
                .push("'ready', 0, 0")
                .push_bind(now);
        });
        insert
            .build()
            .persistent(false)
            .execute(write.connection())
            .await?;
        first = end;
    }
    Ok(())
}

/// The unit with this id.
pub(super) async fn get(read: &mut SqliteConnection, id: UnitId) -> Result<Option<Unit>, StoreError> {
    let row = sqlx::query(GET).bind(id.blob()).fetch_optional(read).await?;
    row.as_ref().map(from_row).transpose()
}

/// Moves a unit on; see the module.
///
/// # Errors
/// `LeaseLost` when the unit is not in a state that allows the event.
pub(super) async fn transition(
    write: &mut Write,
    unit: &Unit,
    event: &UnitEvent,
    policy: &RetryPolicy,
) -> Result<UnitLife, StoreError> {
    let next = unit::apply(&unit.life, event, policy, write.now).map_err(|_| StoreError::LeaseLost)?;
    let mut row = StateColumns::default();
    match &next.state {
        UnitState::Ready { run_at, last_error } => {
            row.run_at = Some(run_at.as_microsecond());
            row.last_error = *last_error;
        }
        UnitState::Leased { owner, until, .. } => {
            row.owner = Some(owner.blob().to_vec());
            row.lease_until = Some(until.as_microsecond());
        }
        UnitState::Done { piece, .. } => row.piece = *piece,
        UnitState::Failed { code } | UnitState::Dead { code, .. } => row.code = Some(*code),
        UnitState::Cancelled => {}
    }
    let changed = sqlx::query(TRANSITION)
        .bind(next.state.name())
        .bind(next.attempts.0)
        .bind(next.weight)
        .bind(row.run_at)
        .bind(row.last_error.map(ErrorCode::as_str))
        .bind(row.owner)
        .bind(row.lease_until)
        .bind(row.piece.as_ref().map(|piece| digest(&piece.sha256)))
        .bind(row.piece.map(|piece| integer(piece.size)))
        .bind(row.code.map(ErrorCode::as_str))
        .bind(unit.id.blob())
        .bind(unit.life.state.name())
        .bind(unit.life.attempts.0)
        .execute(write.connection())
        .await?;
    if changed.rows_affected() == 1 {
        Ok(next)
    } else {
        Err(StoreError::LeaseLost)
    }
}

/// The columns that belong to one state or another; NULL in the others.
#[derive(Default)]
struct StateColumns {
    run_at: Option<i64>,
    last_error: Option<ErrorCode>,
    owner: Option<Vec<u8>>,
    lease_until: Option<i64>,
    piece: Option<BlobRef>,
    code: Option<ErrorCode>,
}

/// What the end of a unit without a result means for its job: a run unit counts as failed, a plan or
/// assemble unit fails the job.
pub(super) async fn job_follows_failure(
    write: &mut Write,
    unit: &Unit,
    code: ErrorCode,
    detail: Option<String>,
) -> Result<(), StoreError> {
    match unit.kind {
        UnitKind::Run => job_follows_run(write, unit, false).await,
        UnitKind::Plan | UnitKind::Assemble => {
            jobs::advance(write, unit.job, &JobEvent::Fail { code, detail }, None).await?;
            Ok(())
        }
    }
}

/// Counts an ended run unit: the next one is let in; the last one makes the assemble unit.
pub(super) async fn job_follows_run(write: &mut Write, unit: &Unit, ok: bool) -> Result<(), StoreError> {
    let state = jobs::advance(write, unit.job, &JobEvent::UnitEnded { ok }, None).await?;
    if let JobState::Running { progress } = &state {
        let row = sqlx::query(LATEST_RUN)
            .bind(unit.job.blob())
            .fetch_one(write.connection())
            .await?;
        let next = row.u32("ordinal")? + 1;
        let turn = next..progress.total.min(next + 1);
        make_ready(write, unit.department, unit.job, UnitKind::Run, turn).await?;
    }
    assemble_when_complete(write, unit, &state).await
}

/// Makes the assemble unit when the job has come that far.
pub(super) async fn assemble_when_complete(
    write: &mut Write,
    unit: &Unit,
    state: &JobState,
) -> Result<(), StoreError> {
    if matches!(state, JobState::Assembling { .. }) {
        make_ready(write, unit.department, unit.job, UnitKind::Assemble, 0..1).await?;
    }
    Ok(())
}

/// `UnitEvent::Cancel` for every unit of a job that has not ended: their fences are void from now on.
pub(super) async fn cancel_remaining(write: &mut Write, job: JobId) -> Result<(), StoreError> {
    sqlx::query(CANCEL_REMAINING)
        .bind(job.blob())
        .execute(write.connection())
        .await?;
    Ok(())
}

/// The run units of a job that have ended, by ordinal.
pub(super) async fn ended(read: &mut SqliteConnection, job: JobId) -> Result<Vec<EndedUnit>, StoreError> {
    let rows = sqlx::query(ENDED).bind(job.blob()).fetch_all(read).await?;
    rows.iter()
        .map(|row| {
            let unit = from_row(row)?;
            Ok(EndedUnit {
                ordinal: unit.ordinal,
                unit: unit.id,
                state: unit.life.state,
            })
        })
        .collect()
}

/// Units by state; six rows are read and one for each running job, however many units there are.
pub(super) async fn queue_depth(read: &mut SqliteConnection) -> Result<QueueDepth, StoreError> {
    let mut depth = QueueDepth::default();
    for row in sqlx::query(COUNTS).fetch_all(&mut *read).await? {
        let units = row.u64("units")?;
        match row.text("state")?.as_str() {
            "ready" => depth.ready = units,
            "leased" => depth.leased = units,
            "dead" => depth.dead = units,
            _ => {}
        }
    }
    let to_come = sqlx::query(TO_COME).fetch_one(read).await?;
    depth.ready += to_come.u64("units")?;
    Ok(depth)
}

/// Reads a row of `units`.
pub(super) fn from_row(row: &SqliteRow) -> Result<Unit, StoreError> {
    let attempts = Attempt(row.u32("attempts")?);
    let code = || {
        row.code_opt("code")?
            .ok_or_else(|| corrupt("units.code", "absent"))
    };
    let state = match row.text("state")?.as_str() {
        "ready" => UnitState::Ready {
            run_at: row.time("run_at")?,
            last_error: row.code_opt("last_error")?,
        },
        "leased" => UnitState::Leased {
            attempt: attempts,
            owner: row.id("owner")?,
            until: row.time("lease_until")?,
        },
        "done" => UnitState::Done {
            attempt: attempts,
            piece: row.blob_opt("piece_sha256", "piece_size")?,
        },
        "failed" => UnitState::Failed { code: code()? },
        "dead" => UnitState::Dead {
            attempts: attempts.0,
            code: code()?,
        },
        "cancelled" => UnitState::Cancelled,
        _ => return Err(corrupt("units.state", "unknown state")),
    };
    Ok(Unit {
        id: row.id("id")?,
        job: row.id("job_id")?,
        department: row.id("department_id")?,
        kind: UnitKind::parse(&row.text("kind")?).ok_or_else(|| corrupt("units.kind", "unknown kind"))?,
        ordinal: row.u32("ordinal")?,
        life: UnitLife {
            state,
            attempts,
            weight: row.u32("weight")?,
        },
    })
}
