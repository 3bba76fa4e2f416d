//! SQL of blind audits: drawn with a sheet, lent to one person, answered.

use std::collections::BTreeMap;

use shoki_core::acceptance::{AcceptTerms, AuditState, Verdict};
use shoki_core::access::Actor;
use shoki_core::id::{DepartmentId, JobId};
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::super::audit::{self, Who};
use super::super::connection::Write;
use super::super::jobs;
#[cfg(feature = "contract")]
use super::super::snapshot::{Kind, Table};
use super::super::value::{Columns as _, Id as _, integer, json, name};
use super::{FieldName, judge};
use crate::acceptance_model::{AUDIT_LOCK, Audit, AuditAnswer, AuditPlace, FieldAcceptance, NewAudit};
use crate::error::StoreError;
use crate::model::{NewSheet, SheetLock};

const DRAW: &str = "INSERT INTO acceptance_audits
         (job_id, page, field, department_id, form, kind, is_empty, share, drawn_at, state_json, is_open)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)";
/// The audit that a person has already comes first, then the one that has waited longest.
const NEXT: &str = "SELECT * FROM acceptance_audits AS audits
     WHERE department_id = ?1 AND is_open = 1
       AND (locked_by IS NULL OR locked_by = ?2 OR locked_until <= ?3)
       AND coalesce(json_extract(state_json, '$.by'), '') <> ?4
       AND NOT EXISTS (SELECT 1 FROM acceptance_sights AS sights
           WHERE sights.job_id = audits.job_id AND sights.user_id = ?2)
     ORDER BY (locked_by IS NOT NULL AND locked_by = ?2 AND locked_until > ?3) DESC,
         drawn_at, job_id, page, field LIMIT 1";
const LEND: &str = "UPDATE acceptance_audits SET locked_by = ?, locked_until = ?
     WHERE job_id = ? AND page = ? AND field = ?";
pub(in super::super) const ONE: &str =
    "SELECT * FROM acceptance_audits WHERE job_id = ? AND page = ? AND field = ?";
pub(in super::super) const OF_JOB: &str =
    "SELECT * FROM acceptance_audits WHERE job_id = ? AND page BETWEEN ? AND ? ORDER BY page, field";
const ANSWER: &str =
    "UPDATE acceptance_audits SET state_json = ?, is_open = ?, locked_by = NULL, locked_until = NULL
     WHERE job_id = ? AND page = ? AND field = ?";
const RESULT: &str =
    "INSERT INTO acceptance_results (department_id, form, field, sequence, at, is_wrong, is_empty)
     VALUES (?1, ?2, ?3, (SELECT coalesce(max(sequence), 0) + 1 FROM acceptance_results
         WHERE department_id = ?1 AND form = ?2 AND field = ?3), ?4, ?5, ?6)";
const WITHDRAW: &str = "DELETE FROM acceptance_audits
     WHERE department_id = ? AND form = ? AND field = ? AND is_open = 1
       AND json_extract(state_json, '$.kind') = 'open'";
pub(in super::super) const SEEN: &str =
    "SELECT count(*) AS seen FROM acceptance_sights WHERE job_id = ? AND user_id = ?";
const SEE: &str = "INSERT INTO acceptance_sights (job_id, user_id, at)
     SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM acceptance_audits WHERE job_id = ?1 AND is_open = 1)
     ON CONFLICT (job_id, user_id) DO NOTHING";

#[cfg(feature = "contract")]
pub(super) const TABLE: Table = (
    "acceptance_audits",
    "job_id, page, field",
    &[
        ("job_id", Kind::Id),
        ("page", Kind::Number),
        ("field", Kind::Text),
        ("department_id", Kind::Id),
        ("form", Kind::Text),
        ("kind", Kind::Text),
        ("is_empty", Kind::Number),
        ("share", Kind::Real),
        ("drawn_at", Kind::Time),
        ("state_json", Kind::Json),
        ("is_open", Kind::Number),
        ("locked_by", Kind::Id),
        ("locked_until", Kind::Time),
    ],
);

/// Records the audits of sheets whose review begins; a field whose audits pile up stops.
pub(in super::super) async fn draw(
    write: &mut Write,
    actor: &Actor,
    job: JobId,
    sheets: &[&NewSheet],
) -> Result<(), StoreError> {
    let mut drawn: BTreeMap<FieldName<'_>, AcceptTerms> = BTreeMap::new();
    for sheet in sheets {
        for new in &sheet.audits {
            let now = write.now_micros();
            sqlx::query(DRAW)
                .bind(job.blob())
                .bind(integer(sheet.page.into()))
                .bind(&new.field)
                .bind(actor.department.blob())
                .bind(&sheet.form)
                .bind(name(&new.kind))
                .bind(i64::from(new.is_empty))
                .bind(new.share)
                .bind(now)
                .bind(json(&AuditState::Open))
                .execute(write.connection())
                .await?;
            drawn.insert((sheet.form.as_str(), new.field.as_str()), sheet.terms);
        }
    }
    for (field, terms) in drawn {
        judge(write, actor, field, &terms).await?;
    }
    Ok(())
}

/// Lends the person an audit.
pub(in super::super) async fn next(write: &mut Write, actor: &Actor) -> Result<Option<Audit>, StoreError> {
    let now = write.now_micros();
    let row = sqlx::query(NEXT)
        .bind(actor.department.blob())
        .bind(actor.user.blob())
        .bind(now)
        .bind(actor.user.to_string())
        .fetch_optional(write.connection())
        .await?;
    let Some(row) = row else { return Ok(None) };
    let mut audit = audit_of(&row)?;
    let until = write.now + AUDIT_LOCK;
    sqlx::query(LEND)
        .bind(actor.user.blob())
        .bind(until.as_microsecond())
        .bind(audit.job.blob())
        .bind(integer(audit.page.into()))
        .bind(&audit.drawn.field)
        .execute(write.connection())
        .await?;
    audit.lock = Some(SheetLock {
        by: actor.user,
        until,
    });
    Ok(Some(audit))
}

/// One audit of a job of the own 課.
pub(in super::super) async fn one(
    read: &mut SqliteConnection,
    actor: &Actor,
    at: AuditPlace<'_>,
) -> Result<Audit, StoreError> {
    jobs::must_exist(&mut *read, actor, at.job).await?;
    let row = sqlx::query(ONE)
        .bind(at.job.blob())
        .bind(integer(at.page.into()))
        .bind(at.field)
        .fetch_optional(read)
        .await?
        .ok_or(StoreError::NotFound)?;
    audit_of(&row)
}

/// The audits of a job, or of one page of it.
pub(in super::super) async fn of_job(
    read: &mut SqliteConnection,
    actor: &Actor,
    job: JobId,
    page: Option<u32>,
) -> Result<Vec<Audit>, StoreError> {
    jobs::must_exist(&mut *read, actor, job).await?;
    let rows = sqlx::query(OF_JOB)
        .bind(job.blob())
        .bind(page.unwrap_or(0))
        .bind(page.unwrap_or(u32::MAX))
        .fetch_all(read)
        .await?;
    rows.iter().map(audit_of).collect()
}

fn audit_of(row: &SqliteRow) -> Result<Audit, StoreError> {
    let locked_by = row.id_opt("locked_by")?;
    let until = row.time_opt("locked_until")?;
    Ok(Audit {
        job: row.id("job_id")?,
        page: row.u32("page")?,
        form: row.text("form")?,
        drawn: NewAudit {
            field: row.text("field")?,
            kind: row.name("kind")?,
            is_empty: row.u32("is_empty")? == 1,
            share: row.try_get("share")?,
        },
        drawn_at: row.time("drawn_at")?,
        state: row.json("state_json")?,
        lock: locked_by.zip(until).map(|(by, until)| SheetLock { by, until }),
    })
}

/// Takes an answer; what has ended with it counts.
pub(in super::super) async fn answer(
    write: &mut Write,
    actor: &Actor,
    answer: &AuditAnswer<'_>,
) -> Result<FieldAcceptance, StoreError> {
    let AuditPlace { job, page, field } = answer.at;
    let held = one(write.connection(), actor, answer.at).await?;
    let seen = sqlx::query(SEEN)
        .bind(job.blob())
        .bind(actor.user.blob())
        .fetch_one(write.connection())
        .await?;
    if seen.u64("seen")? > 0 {
        return Err(StoreError::NotFound);
    }
    if held
        .lock
        .is_some_and(|lock| lock.by != actor.user && lock.until > write.now)
    {
        return Err(StoreError::Locked);
    }
    if held.state != *answer.before {
        return Err(StoreError::VersionChanged { current: 0 });
    }
    let verdict = answer.after.verdict();
    sqlx::query(ANSWER)
        .bind(json(answer.after))
        .bind(i64::from(verdict.is_none()))
        .bind(job.blob())
        .bind(integer(page.into()))
        .bind(field)
        .execute(write.connection())
        .await?;
    let said = match verdict {
        None => "disputed",
        Some(Verdict::Clean) => "clean",
        Some(Verdict::Wrong) => "wrong",
    };
    let subject = format!("{job}/{page}/{field} {said}");
    audit::append(write, Who::actor(actor), "acceptance.audit", &subject).await?;
    if let Some(verdict) = verdict {
        let now = write.now_micros();
        sqlx::query(RESULT)
            .bind(actor.department.blob())
            .bind(&held.form)
            .bind(field)
            .bind(now)
            .bind(i64::from(verdict == Verdict::Wrong))
            .bind(i64::from(held.drawn.is_empty))
            .execute(write.connection())
            .await?;
    }
    judge(write, actor, (&held.form, field), &answer.terms).await
}

/// Takes back the audits of a field that nobody has answered.
pub(super) async fn withdraw(
    write: &mut Write,
    department: DepartmentId,
    (form, field): FieldName<'_>,
) -> Result<(), StoreError> {
    sqlx::query(WITHDRAW)
        .bind(department.blob())
        .bind(form)
        .bind(field)
        .execute(write.connection())
        .await?;
    Ok(())
}

/// Records that the person is given the readings of the job.
pub(in super::super) async fn record_sight(
    write: &mut Write,
    actor: &Actor,
    job: JobId,
) -> Result<(), StoreError> {
    jobs::must_exist(write.connection(), actor, job).await?;
    let now = write.now_micros();
    sqlx::query(SEE)
        .bind(job.blob())
        .bind(actor.user.blob())
        .bind(now)
        .execute(write.connection())
        .await?;
    Ok(())
}
