//! SQL of the review of sheets: who has which, and what was decided.
//!
//! Promises: a sheet is with one person at a time, until that person gives it back or is silent for the length of
//! the lock; rows are numbered from 1 without gaps, and whoever was slower hears of it. Never: whether an action
//! makes sense (`core::review` decides before it is handed in).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use shoki_core::access::Actor;
use shoki_core::id::JobId;
use shoki_core::review::{ReviewAction, ReviewRow, SheetVersion, Standing};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::audit::{self, Who};
use super::connection::Write;
#[cfg(feature = "contract")]
use super::snapshot::{Kind, Table};
use super::value::{Columns as _, Id as _, integer, json, name};
use super::{acceptance, jobs, review_figures, sortings, transcripts};
use crate::acceptance_model::NewPlan;
use crate::error::StoreError;
use crate::model::{NewReviewRow, NewSheet, Sheet, SheetLock};

const OPEN: &str =
    "INSERT INTO review_sheets (job_id, page, form, policy, plan_json, standing_json, is_open, open_fields)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (job_id, page) DO NOTHING";
pub(super) const OF_JOB: &str =
    "SELECT page, form, policy, plan_json, standing_json, open_fields, locked_by, locked_until,
         (SELECT coalesce(max(sequence), 0) FROM page_sortings AS sorted
          WHERE sorted.job_id = sheet.job_id AND sorted.page = sheet.page) AS reading
     FROM review_sheets AS sheet WHERE job_id = ? ORDER BY page";
const SHEET: &str =
    "SELECT page, form, policy, plan_json, standing_json, open_fields, locked_by, locked_until,
         (SELECT coalesce(max(sequence), 0) FROM page_sortings AS sorted
          WHERE sorted.job_id = sheet.job_id AND sorted.page = sheet.page) AS reading
     FROM review_sheets AS sheet WHERE job_id = ? AND page = ?";
const REPLAN: &str = "UPDATE review_sheets SET plan_json = ?, open_fields = ?
     WHERE job_id = ? AND page = ? AND is_open = 1";
/// The sheet that a person has already comes first, then the first that nobody has and that the person may take.
pub(super) const NEXT: &str = "SELECT page FROM review_sheets
     WHERE job_id = ?1 AND is_open = 1
       AND (locked_by IS NULL OR locked_by = ?2 OR locked_until <= ?3)
       AND NOT EXISTS (SELECT 1 FROM json_each(standing_json, '$.not_by') WHERE value = ?4)
     ORDER BY (locked_by IS NOT NULL AND locked_by = ?2 AND locked_until > ?3) DESC, page LIMIT 1";
const LOCK: &str = "UPDATE review_sheets SET locked_by = ?, locked_until = ? WHERE job_id = ? AND page = ?";
const RELEASE: &str = "UPDATE review_sheets SET locked_by = NULL, locked_until = NULL
     WHERE job_id = ? AND page = ? AND locked_by = ?";
const STAND: &str = "UPDATE review_sheets SET standing_json = ?, is_open = ?, open_fields = ?,
         locked_by = ?, locked_until = ? WHERE job_id = ? AND page = ?";
const APPEND: &str = "INSERT INTO review_rows (job_id, page, sequence, at, user_id, action_json)
     VALUES (?, ?, ?, ?, ?, ?)";
pub(super) const LAST: &str =
    "SELECT coalesce(max(sequence), 0) AS last FROM review_rows WHERE job_id = ? AND page = ?";
pub(super) const ROWS: &str = "SELECT page, sequence, at, user_id, action_json FROM review_rows
     WHERE job_id = ? AND page = ? ORDER BY sequence";
pub(super) const ALL_ROWS: &str = "SELECT page, sequence, at, user_id, action_json FROM review_rows
     WHERE job_id = ? ORDER BY page, sequence";

#[cfg(feature = "contract")]
pub(super) const TABLES: [Table; 2] = [
    (
        "review_sheets",
        "job_id, page",
        &[
            ("job_id", Kind::Id),
            ("page", Kind::Number),
            ("form", Kind::Text),
            ("policy", Kind::Text),
            ("plan_json", Kind::Json),
            ("standing_json", Kind::Json),
            ("is_open", Kind::Number),
            ("open_fields", Kind::Number),
            ("locked_by", Kind::Id),
            ("locked_until", Kind::Time),
        ],
    ),
    (
        "review_rows",
        "job_id, page, sequence",
        &[
            ("job_id", Kind::Id),
            ("page", Kind::Number),
            ("sequence", Kind::Number),
            ("at", Kind::Time),
            ("user_id", Kind::Id),
            ("action_json", Kind::Json),
        ],
    ),
];

/// Records the sheets of a job that has succeeded; those that are known stay as they are.
pub(super) async fn open(
    write: &mut Write,
    actor: &Actor,
    job: JobId,
    sheets: &[NewSheet],
) -> Result<(), StoreError> {
    transcripts::must_have_succeeded(write, actor, job).await?;
    let mut recorded = Vec::new();
    for sheet in sheets {
        let inserted = sqlx::query(OPEN)
            .bind(job.blob())
            .bind(integer(sheet.page.into()))
            .bind(&sheet.form)
            .bind(name(&sheet.policy))
            .bind(json(&sheet.plan))
            .bind(json(&sheet.standing))
            .bind(i64::from(sheet.standing != Standing::Done))
            .bind(integer(sheet.open_fields.into()))
            .execute(write.connection())
            .await?;
        if inserted.rows_affected() == 1 {
            if sheet.figures.is_some() {
                let place = (job, sheet.page, sheet.form.as_str());
                review_figures::count(write, actor, place, sheet.figures.as_ref()).await?;
            }
            recorded.push(sheet);
        }
    }
    sortings::record(write, job).await?;
    acceptance::draw(write, actor, job, &recorded).await
}

/// All sheets of a job, by page.
pub(super) async fn of_job(
    read: &mut SqliteConnection,
    actor: &Actor,
    job: JobId,
) -> Result<Vec<Sheet>, StoreError> {
    jobs::must_exist(&mut *read, actor, job).await?;
    let rows = sqlx::query(OF_JOB).bind(job.blob()).fetch_all(read).await?;
    rows.iter().map(sheet_of).collect()
}

fn sheet_of(row: &SqliteRow) -> Result<Sheet, StoreError> {
    let locked_by = row.id_opt("locked_by")?;
    let until = row.time_opt("locked_until")?;
    Ok(Sheet {
        page: row.u32("page")?,
        reading: row.u64("reading")?,
        form: row.text("form")?,
        policy: row.name("policy")?,
        plan: row.json("plan_json")?,
        standing: row.json("standing_json")?,
        open_fields: row.u32("open_fields")?,
        lock: locked_by.zip(until).map(|(by, until)| SheetLock { by, until }),
    })
}

/// Gives the person a sheet for `lease`: the one the person has already, else the first that is free.
pub(super) async fn next(
    write: &mut Write,
    actor: &Actor,
    job: JobId,
    lease: SignedDuration,
) -> Result<Option<Sheet>, StoreError> {
    jobs::must_exist(write.connection(), actor, job).await?;
    let now = write.now_micros();
    let row = sqlx::query(NEXT)
        .bind(job.blob())
        .bind(actor.user.blob())
        .bind(now)
        .bind(actor.user.to_string())
        .fetch_optional(write.connection())
        .await?;
    let Some(row) = row else { return Ok(None) };
    let page = row.u32("page")?;
    lock(write, actor, job, page, lease).await?;
    let sheet = sheet(write.connection(), job, page).await?;
    at_work(write, actor, job, &sheet).await?;
    Ok(Some(sheet))
}

async fn lock(
    write: &mut Write,
    actor: &Actor,
    job: JobId,
    page: u32,
    lease: SignedDuration,
) -> Result<(), StoreError> {
    let until = write.now + lease;
    sqlx::query(LOCK)
        .bind(actor.user.blob())
        .bind(until.as_microsecond())
        .bind(job.blob())
        .bind(integer(page.into()))
        .execute(write.connection())
        .await?;
    Ok(())
}

async fn sheet(read: &mut SqliteConnection, job: JobId, page: u32) -> Result<Sheet, StoreError> {
    let row = sqlx::query(SHEET)
        .bind(job.blob())
        .bind(integer(page.into()))
        .fetch_optional(read)
        .await?
        .ok_or(StoreError::NotFound)?;
    sheet_of(&row)
}

/// Gives back a sheet; nothing happens when the person does not have it.
pub(super) async fn release(
    write: &mut Write,
    actor: &Actor,
    job: JobId,
    page: u32,
) -> Result<(), StoreError> {
    jobs::must_exist(write.connection(), actor, job).await?;
    sqlx::query(RELEASE)
        .bind(job.blob())
        .bind(integer(page.into()))
        .bind(actor.user.blob())
        .execute(write.connection())
        .await?;
    Ok(())
}

/// Adds a row to the sheet as its author saw it. The sheet must not be with somebody else; afterwards it is with
/// the person for `lease`, unless the person's part has ended.
pub(super) async fn append(
    write: &mut Write,
    actor: &Actor,
    job: JobId,
    action: &NewReviewRow,
) -> Result<ReviewRow, StoreError> {
    transcripts::must_have_succeeded(write, actor, job).await?;
    let held = sheet(write.connection(), job, action.page).await?;
    must_not_be_anothers(write, actor, &held)?;
    must_be_at(write, job, &held, action.expected).await?;
    let row = ReviewRow {
        sequence: action.expected.rows + 1,
        at: write.now,
        by: actor.user,
        action: action.action.clone(),
    };
    sqlx::query(APPEND)
        .bind(job.blob())
        .bind(integer(action.page.into()))
        .bind(integer(row.sequence))
        .bind(row.at.as_microsecond())
        .bind(row.by.blob())
        .bind(json(&row.action))
        .execute(write.connection())
        .await?;
    let own = held.lock.filter(|lock| lock.by == actor.user);
    let until = match (&row.action, action.lease) {
        (ReviewAction::Finish, _) => None,
        (_, Some(lease)) => Some(write.now + lease),
        (_, None) => own.map(|lock| lock.until),
    };
    sqlx::query(STAND)
        .bind(json(&action.standing))
        .bind(i64::from(action.standing != Standing::Done))
        .bind(integer(action.open_fields.into()))
        .bind(until.map(|_| actor.user.blob()))
        .bind(until.map(Timestamp::as_microsecond))
        .bind(job.blob())
        .bind(integer(action.page.into()))
        .execute(write.connection())
        .await?;
    let place = (job, action.page, held.form.as_str());
    review_figures::count(write, actor, place, action.figures.as_ref()).await?;
    at_work(write, actor, job, &held).await?;
    let subject = format!("{job}/{}/{}", action.page, row.sequence);
    audit::append(write, Who::actor(actor), "review.row", &subject).await?;
    Ok(row)
}

fn must_not_be_anothers(write: &Write, actor: &Actor, sheet: &Sheet) -> Result<(), StoreError> {
    let anothers = |lock: SheetLock| lock.by != actor.user && lock.until > write.now;
    if sheet.lock.is_some_and(anothers) {
        return Err(StoreError::Locked);
    }
    Ok(())
}

/// A sign of life; the time since the one before was spent on this sheet's form.
async fn at_work(write: &mut Write, actor: &Actor, job: JobId, sheet: &Sheet) -> Result<(), StoreError> {
    let spent = transcripts::sign_of_life(write, actor, job).await?;
    review_figures::spend(write, actor, (job, &sheet.form), spent).await
}

/// A sign of life of somebody who works on a sheet; an own one stays for `lease`.
pub(super) async fn keep(
    write: &mut Write,
    actor: &Actor,
    job: JobId,
    page: u32,
    lease: SignedDuration,
) -> Result<(), StoreError> {
    transcripts::must_have_succeeded(write, actor, job).await?;
    let sheet = sheet(write.connection(), job, page).await?;
    must_not_be_anothers(write, actor, &sheet)?;
    if sheet.lock.is_some_and(|own| own.by == actor.user) {
        lock(write, actor, job, page, lease).await?;
    }
    at_work(write, actor, job, &sheet).await
}

/// Whether the sheet is still as somebody saw it.
async fn must_be_at(
    write: &mut Write,
    job: JobId,
    sheet: &Sheet,
    expected: SheetVersion,
) -> Result<(), StoreError> {
    let row = sqlx::query(LAST)
        .bind(job.blob())
        .bind(integer(sheet.page.into()))
        .fetch_one(write.connection())
        .await?;
    let current = SheetVersion {
        reading: sheet.reading,
        rows: row.u64("last")?,
    };
    if current == expected {
        Ok(())
    } else {
        Err(StoreError::VersionChanged {
            current: current.number(),
        })
    }
}

/// Gives an open sheet another plan; one that is done stays as it is.
pub(super) async fn replan(
    write: &mut Write,
    actor: &Actor,
    job: JobId,
    new: &NewPlan,
) -> Result<(), StoreError> {
    transcripts::must_have_succeeded(write, actor, job).await?;
    let sheet = sheet(write.connection(), job, new.page).await?;
    must_be_at(write, job, &sheet, new.expected).await?;
    sqlx::query(REPLAN)
        .bind(json(&new.plan))
        .bind(integer(new.open_fields.into()))
        .bind(job.blob())
        .bind(integer(new.page.into()))
        .execute(write.connection())
        .await?;
    Ok(())
}

/// The rows of one sheet.
pub(super) async fn rows(
    read: &mut SqliteConnection,
    actor: &Actor,
    job: JobId,
    page: u32,
) -> Result<Vec<ReviewRow>, StoreError> {
    jobs::must_exist(&mut *read, actor, job).await?;
    let rows = sqlx::query(ROWS)
        .bind(job.blob())
        .bind(integer(page.into()))
        .fetch_all(read)
        .await?;
    rows.iter().map(review_row).collect()
}

/// The rows of all sheets by page.
pub(super) async fn all_rows(
    read: &mut SqliteConnection,
    actor: &Actor,
    job: JobId,
) -> Result<BTreeMap<u32, Vec<ReviewRow>>, StoreError> {
    jobs::must_exist(&mut *read, actor, job).await?;
    let rows = sqlx::query(ALL_ROWS).bind(job.blob()).fetch_all(read).await?;
    let mut by_page: BTreeMap<u32, Vec<ReviewRow>> = BTreeMap::new();
    for row in &rows {
        by_page
            .entry(row.u32("page")?)
            .or_default()
            .push(review_row(row)?);
    }
    Ok(by_page)
}

fn review_row(row: &SqliteRow) -> Result<ReviewRow, StoreError> {
    Ok(ReviewRow {
        sequence: row.u64("sequence")?,
        at: row.time("at")?,
        by: row.id("user_id")?,
        action: row.json("action_json")?,
    })
}
