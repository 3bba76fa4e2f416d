//! SQL of 仕分け by people: decisions about pages, and the pages read anew.
//!
//! Promises: a page's old unit goes and a new one takes its place, so an ended unit stays as it ended and its fence
//! is void; a sheet on which somebody has decided is refused before anything changes. Never: which form it is.

use std::collections::BTreeSet;

use shoki_core::access::Actor;
use shoki_core::id::{JobId, UnitId};
use shoki_core::job::{JobEvent, Progress};
use shoki_core::sorting::{PageSorting, SortingRow};
use shoki_core::unit::{BlobRef, UnitKind};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::audit::{self, Who};
use super::connection::Write;
#[cfg(feature = "contract")]
use super::snapshot::{Kind, Table};
use super::value::{Columns as _, Id as _, integer, json};
use super::{documents, jobs, transcripts};
use crate::error::StoreError;
use crate::sorting_store::{NewSorting, Resorted};

pub(super) const LAST: &str = "SELECT sequence, sorting_json FROM page_sortings
     WHERE job_id = ? AND page = ? ORDER BY sequence DESC LIMIT 1";
pub(super) const OF_JOB: &str = "SELECT page, sequence, at, user_id, sorting_json FROM page_sortings
     WHERE job_id = ? ORDER BY page, sequence";
const APPEND: &str =
    "INSERT INTO page_sortings (job_id, page, sequence, at, user_id, sorting_json, is_recorded)
     VALUES (?, ?, ?, ?, ?, ?, 0)";
/// What a person has decided about a page, and not taken back, goes before everything else.
pub(super) const DECIDED: &str =
    "SELECT EXISTS (SELECT 1 FROM review_rows AS decided WHERE job_id = ?1 AND page = ?2
             AND json_extract(action_json, '$.kind') = 'decide'
             AND NOT EXISTS (SELECT 1 FROM review_rows AS undone
                 WHERE undone.job_id = ?1 AND undone.page = ?2
                     AND json_extract(undone.action_json, '$.kind') = 'undo'
                     AND json_extract(undone.action_json, '$.sequence') = decided.sequence))
         OR EXISTS (SELECT 1 FROM acceptance_audits WHERE job_id = ?1 AND page = ?2
             AND json_extract(state_json, '$.kind') <> 'open') AS decided,
     EXISTS (SELECT 1 FROM review_sheets WHERE job_id = ?1 AND page = ?2
         AND locked_by IS NOT NULL AND locked_by <> ?3 AND locked_until > ?4) AS locked";
const UNIT: &str = "SELECT id, piece_sha256, piece_size FROM units
     WHERE job_id = ? AND kind = 'run' AND ordinal = ?";
const REMOVE_UNIT: &str = "DELETE FROM units WHERE id = ?";
const REMOVE_ASSEMBLY: &str = "DELETE FROM units WHERE job_id = ? AND kind = 'assemble'";
const READY: &str =
    "INSERT INTO units (id, job_id, department_id, kind, ordinal, state, attempts, weight, run_at)
     VALUES (?, ?, ?, ?, ?, 'ready', 0, 0, ?)";
const PROGRESS: &str = "SELECT count(*) AS total, sum(state = 'done') AS done,
         sum(state IN ('failed', 'dead')) AS failed
     FROM units WHERE job_id = ? AND kind = 'run'";
const RESULTS: &str = "SELECT sha256, size FROM artifacts WHERE job_id = ?";
const REMOVE_RESULTS: &str = "DELETE FROM artifacts WHERE job_id = ?";
const REMOVE_SHEET: &str = "DELETE FROM review_sheets WHERE job_id = ? AND page = ?";
const UNCOUNT: &str = "DELETE FROM review_done WHERE job_id = ? AND page = ?";
pub(super) const UNRECORDED: &str =
    "SELECT EXISTS (SELECT 1 FROM page_sortings WHERE job_id = ? AND is_recorded = 0) AS unrecorded";
const RECORD: &str = "UPDATE page_sortings SET is_recorded = 1 WHERE job_id = ? AND is_recorded = 0";

#[cfg(feature = "contract")]
pub(super) const TABLE: Table = (
    "page_sortings",
    "job_id, page, sequence",
    &[
        ("job_id", Kind::Id),
        ("page", Kind::Number),
        ("sequence", Kind::Number),
        ("at", Kind::Time),
        ("user_id", Kind::Id),
        ("sorting_json", Kind::Json),
        ("is_recorded", Kind::Number),
    ],
);

/// Takes decisions and has the pages read again; see the trait.
pub(super) async fn sort(
    write: &mut Write,
    actor: &Actor,
    job: JobId,
    decisions: &[NewSorting],
) -> Result<Resorted, StoreError> {
    transcripts::must_have_succeeded(write, actor, job).await?;
    let mut blobs = Vec::new();
    let mut pages = BTreeSet::new();
    for decision in decisions {
        let unit = unit(write.connection(), job, decision.page).await?;
        let (last, stands) = last(write.connection(), job, decision.page).await?;
        if stands == decision.sorting || pages.contains(&decision.page) {
            continue;
        }
        must_be_free(write, actor, job, decision.page).await?;
        append(write, actor, job, last + 1, decision).await?;
        blobs.extend(anew(write, actor, job, decision.page, unit).await?);
        pages.insert(decision.page);
    }
    if !pages.is_empty() {
        blobs.extend(without_results(write, job).await?);
        let progress = progress(write.connection(), job).await?;
        jobs::advance(write, job, &JobEvent::ReadAgain { progress }, Some(actor)).await?;
    }
    let mut orphans = Vec::new();
    for blob in blobs {
        let connection = write.connection();
        if !documents::blob_is_referenced(connection, actor.department, &blob.sha256).await? {
            orphans.push(blob);
        }
    }
    Ok(Resorted {
        job: jobs::get(write.connection(), actor, job).await?,
        pages: u32::try_from(pages.len()).unwrap_or(u32::MAX),
        orphans,
    })
}

/// The run unit of a page, and its piece.
async fn unit(
    read: &mut SqliteConnection,
    job: JobId,
    page: u32,
) -> Result<(UnitId, Option<BlobRef>), StoreError> {
    let ordinal = page.checked_sub(1).ok_or(StoreError::NotFound)?;
    let row = sqlx::query(UNIT)
        .bind(job.blob())
        .bind(ordinal)
        .fetch_optional(read)
        .await?
        .ok_or(StoreError::NotFound)?;
    Ok((row.id("id")?, row.blob_opt("piece_sha256", "piece_size")?))
}

/// The number of the last decision about a page, and the decision; the reader's own where there is none.
async fn last(read: &mut SqliteConnection, job: JobId, page: u32) -> Result<(u64, PageSorting), StoreError> {
    let row = sqlx::query(LAST)
        .bind(job.blob())
        .bind(integer(page.into()))
        .fetch_optional(read)
        .await?;
    match row {
        Some(row) => Ok((row.u64("sequence")?, row.json("sorting_json")?)),
        None => Ok((0, PageSorting::default())),
    }
}

async fn must_be_free(write: &mut Write, actor: &Actor, job: JobId, page: u32) -> Result<(), StoreError> {
    let now = write.now_micros();
    let row = sqlx::query(DECIDED)
        .bind(job.blob())
        .bind(integer(page.into()))
        .bind(actor.user.blob())
        .bind(now)
        .fetch_one(write.connection())
        .await?;
    if row.u64("decided")? > 0 {
        return Err(StoreError::Decided { page });
    }
    if row.u64("locked")? > 0 {
        return Err(StoreError::Locked);
    }
    Ok(())
}

async fn append(
    write: &mut Write,
    actor: &Actor,
    job: JobId,
    sequence: u64,
    decision: &NewSorting,
) -> Result<(), StoreError> {
    let now = write.now_micros();
    sqlx::query(APPEND)
        .bind(job.blob())
        .bind(integer(decision.page.into()))
        .bind(integer(sequence))
        .bind(now)
        .bind(actor.user.blob())
        .bind(json(&decision.sorting))
        .execute(write.connection())
        .await?;
    let subject = format!("{job}/{}/{sequence}", decision.page);
    audit::append(write, Who::actor(actor), "page.sort", &subject).await
}

/// A new unit in the place of the page's old one; its sheet, with open audits, is not one any more. The old piece.
async fn anew(
    write: &mut Write,
    actor: &Actor,
    job: JobId,
    page: u32,
    (old, piece): (UnitId, Option<BlobRef>),
) -> Result<Option<BlobRef>, StoreError> {
    let now = write.now_micros();
    sqlx::query(REMOVE_UNIT)
        .bind(old.blob())
        .execute(write.connection())
        .await?;
    sqlx::query(READY)
        .bind(UnitId::generate().blob())
        .bind(job.blob())
        .bind(actor.department.blob())
        .bind(UnitKind::Run.as_str())
        .bind(page - 1)
        .bind(now)
        .execute(write.connection())
        .await?;
    for statement in [REMOVE_SHEET, UNCOUNT] {
        sqlx::query(statement)
            .bind(job.blob())
            .bind(integer(page.into()))
            .execute(write.connection())
            .await?;
    }
    Ok(piece)
}

/// Takes the results away: they are made anew. Their blobs.
async fn without_results(write: &mut Write, job: JobId) -> Result<Vec<BlobRef>, StoreError> {
    let rows = sqlx::query(RESULTS)
        .bind(job.blob())
        .fetch_all(write.connection())
        .await?;
    let blobs = rows.iter().map(|row| row.blob("sha256", "size")).collect();
    for statement in [REMOVE_RESULTS, REMOVE_ASSEMBLY] {
        sqlx::query(statement)
            .bind(job.blob())
            .execute(write.connection())
            .await?;
    }
    blobs
}

async fn progress(read: &mut SqliteConnection, job: JobId) -> Result<Progress, StoreError> {
    let row = sqlx::query(PROGRESS).bind(job.blob()).fetch_one(read).await?;
    Ok(Progress {
        done: row.u32("done")?,
        failed: row.u32("failed")?,
        total: row.u32("total")?,
    })
}

/// The decisions about a job's pages.
pub(super) async fn of_job(
    read: &mut SqliteConnection,
    actor: &Actor,
    job: JobId,
) -> Result<Vec<SortingRow>, StoreError> {
    jobs::must_exist(&mut *read, actor, job).await?;
    let rows = sqlx::query(OF_JOB).bind(job.blob()).fetch_all(read).await?;
    let row = |row: &SqliteRow| -> Result<SortingRow, StoreError> {
        Ok(SortingRow {
            page: row.u32("page")?,
            sequence: row.u64("sequence")?,
            at: row.time("at")?,
            by: row.id("user_id")?,
            sorting: row.json("sorting_json")?,
        })
    };
    rows.iter().map(row).collect()
}

/// Whether the sheets of the job were recorded since.
pub(super) async fn are_recorded(
    read: &mut SqliteConnection,
    actor: &Actor,
    job: JobId,
) -> Result<bool, StoreError> {
    jobs::must_exist(&mut *read, actor, job).await?;
    let row = sqlx::query(UNRECORDED).bind(job.blob()).fetch_one(read).await?;
    Ok(row.u64("unrecorded")? == 0)
}

/// The sheets of the job were recorded now.
pub(super) async fn record(write: &mut Write, job: JobId) -> Result<(), StoreError> {
    sqlx::query(RECORD)
        .bind(job.blob())
        .execute(write.connection())
        .await?;
    Ok(())
}
