//! SQL of the counts that reviews leave: sheets that are done, time on task.
//!
//! Promise: counts stay when the documents they came of are deleted. Never: a value of a field.

use std::time::Duration;

use futures::TryStreamExt as _;
use jiff::Timestamp;
use shoki_core::access::Actor;
use shoki_core::id::JobId;
use shoki_core::review::SheetFigures;
use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;

use super::connection::Write;
use super::period::{self, Periods};
#[cfg(feature = "contract")]
use super::snapshot::{Kind, Table};
use super::value::{Columns as _, Id as _, integer, json};
use super::{jobs, practice};
use crate::error::StoreError;
use crate::review_store::ReviewFigures;

const COUNT: &str = "INSERT INTO review_done (job_id, page, department_id, form, at, figures_json)
     VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (job_id, page) DO UPDATE SET at = excluded.at, figures_json = excluded.figures_json";
const UNCOUNT: &str = "DELETE FROM review_done WHERE job_id = ? AND page = ?";
const RECOUNT: &str = "UPDATE review_done SET figures_json = ? WHERE job_id = ? AND page = ?";
const SPEND: &str =
    "INSERT INTO review_time (hour, department_id, user_id, form, spent) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (hour, department_id, user_id, form) DO UPDATE SET spent = spent + excluded.spent";
/// Of one 課, or of all where `?1` is NULL.
pub(super) const DONE: &str = "SELECT form, at, figures_json FROM review_done
     WHERE at >= ?2 AND at < ?3 AND (?1 IS NULL OR department_id = ?1)";
pub(super) const SPENT: &str = "SELECT hour, user_id, form, spent FROM review_time
     WHERE hour >= ?2 AND hour < ?3 AND (?1 IS NULL OR department_id = ?1)";

#[cfg(feature = "contract")]
pub(super) const TABLES: [Table; 2] = [
    (
        "review_done",
        "job_id, page",
        &[
            ("job_id", Kind::Id),
            ("page", Kind::Number),
            ("department_id", Kind::Id),
            ("form", Kind::Text),
            ("at", Kind::Time),
            ("figures_json", Kind::Json),
        ],
    ),
    (
        "review_time",
        "hour, department_id, user_id, form",
        &[
            ("hour", Kind::Number),
            ("department_id", Kind::Id),
            ("user_id", Kind::Id),
            ("form", Kind::Text),
            ("spent", Kind::Number),
        ],
    ),
];

/// Counts a sheet that is done now, or takes its counts back while it is open (`None`).
pub(super) async fn count(
    write: &mut Write,
    actor: &Actor,
    (job, page, form): (JobId, u32, &str),
    figures: Option<&SheetFigures>,
) -> Result<(), StoreError> {
    if practice::is(write.connection(), job).await? {
        return Ok(());
    }
    let statement = match figures {
        Some(figures) => sqlx::query(COUNT)
            .bind(job.blob())
            .bind(integer(page.into()))
            .bind(actor.department.blob())
            .bind(form)
            .bind(write.now_micros())
            .bind(json(figures)),
        None => sqlx::query(UNCOUNT).bind(job.blob()).bind(integer(page.into())),
    };
    statement.execute(write.connection()).await?;
    Ok(())
}

/// Counts a sheet that is done anew, as of the time at which it was done.
pub(super) async fn recount(
    write: &mut Write,
    actor: &Actor,
    job: JobId,
    page: u32,
    figures: &SheetFigures,
) -> Result<(), StoreError> {
    jobs::must_exist(write.connection(), actor, job).await?;
    sqlx::query(RECOUNT)
        .bind(json(figures))
        .bind(job.blob())
        .bind(integer(page.into()))
        .execute(write.connection())
        .await?;
    Ok(())
}

/// Adds time that a person has just spent on a form.
pub(super) async fn spend(
    write: &mut Write,
    actor: &Actor,
    (job, form): (JobId, &str),
    spent: Duration,
) -> Result<(), StoreError> {
    let Some(micros) = period::spent(spent) else {
        return Ok(());
    };
    if practice::is(write.connection(), job).await? {
        return Ok(());
    }
    sqlx::query(SPEND)
        .bind(period::hour(write.now_micros()))
        .bind(actor.department.blob())
        .bind(actor.user.blob())
        .bind(form)
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
) -> Result<ReviewFigures, StoreError> {
    let mut figures = ReviewFigures::default();
    let Some(periods) = Periods::between(bounds) else {
        return Ok(figures);
    };
    let (department, (from, to), (first, last)) = (period::whose(actor), periods.span(), periods.hours());
    // A year's sheets are tens of thousands of rows: one at a time.
    let mut done = sqlx::query(DONE)
        .bind(&department)
        .bind(from)
        .bind(to)
        .fetch(&mut *read);
    while let Some(row) = done.try_next().await? {
        let at = row.time("at")?.as_microsecond();
        let form = figures
            .forms
            .entry((periods.of(at), row.text("form")?))
            .or_default();
        form.sheets += 1;
        let counted: SheetFigures = row.json("figures_json")?;
        for (key, field) in counted {
            form.fields.entry(key).or_default().add(&field);
        }
    }
    drop(done);
    let rows = sqlx::query(SPENT)
        .bind(&department)
        .bind(first)
        .bind(last)
        .fetch_all(read)
        .await?;
    for row in rows {
        let hour: i64 = row.try_get("hour")?;
        let key = (periods.of_hour(hour), row.text("form")?, row.id("user_id")?);
        *figures.time.entry(key).or_default() += Duration::from_micros(row.u64("spent")?);
    }
    Ok(figures)
}
