//! SQL of what is due: documents, questions and voice prints whose period is over, and what keeps each.
//!
//! Promises: a text of the law desk and the recordings it came of are never due; a recording in which a meeting goes on
//! ends with the meeting; what somebody practises with is nobody's work. Never: a deletion.

use jiff::Timestamp;
use shoki_core::id::{DepartmentId, DocumentId, JobId};
use shoki_core::media::MediaKind;
use shoki_core::retention::{Keeper, Material, due_at};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use uuid::Uuid;

use super::retention;
use super::value::{Columns as _, Id as _, corrupt};
use crate::deletion::{Due, RetentionPeriod};
use crate::error::StoreError;

/// Documents of a 課 (`?2`: one of them) with what the jobs on them say: those on the document itself and those of
/// meetings that go on in it. Sheets are recorded when somebody first looks at a job's review: a job with sheets that
/// nobody has looked at is not reviewed.
const DOCUMENTS: &str = "WITH about (document_id, job_id) AS (
         SELECT document_id, id FROM jobs WHERE department_id = ?1 AND (?2 IS NULL OR document_id = ?2)
         UNION ALL
         SELECT unhex(replace(part.value, '-', '')), jobs.id
         FROM jobs, json_each(jobs.minutes_json, '$.continued_by') AS part
         WHERE jobs.department_id = ?1 AND jobs.minutes_json IS NOT NULL
           AND (?2 IS NULL OR part.value = ?3)
     ),
     work AS (
         SELECT about.document_id, jobs.id AS job_id, jobs.corpus_json IS NOT NULL AS is_corpus,
             max(jobs.updated_at,
                 coalesce((SELECT max(at) FROM review_rows WHERE review_rows.job_id = jobs.id), 0),
                 coalesce((SELECT max(at) FROM page_sortings WHERE page_sortings.job_id = jobs.id), 0),
                 coalesce((SELECT max(at) FROM transcript_edits WHERE transcript_edits.job_id = jobs.id), 0)
             ) AS ended_at,
             EXISTS (SELECT 1 FROM retention_holds WHERE retention_holds.job_id = jobs.id) AS is_held,
             jobs.state NOT IN ('succeeded', 'failed', 'cancelled')
                 OR EXISTS (SELECT 1 FROM page_sortings
                            WHERE page_sortings.job_id = jobs.id AND is_recorded = 0) AS is_at_work,
             jobs.state = 'succeeded' AND (
                 EXISTS (SELECT 1 FROM review_sheets WHERE review_sheets.job_id = jobs.id AND is_open = 1)
                 OR coalesce(json_extract(jobs.state_json, '$.outcome.pages_read'), 0) > 0
                    AND json_extract(jobs.state_json, '$.outcome.pipeline') = 'form'
                    AND NOT EXISTS (SELECT 1 FROM review_sheets WHERE review_sheets.job_id = jobs.id)
             ) AS is_in_review,
             EXISTS (SELECT 1 FROM acceptance_audits
                     WHERE acceptance_audits.job_id = jobs.id AND is_open = 1) AS is_audited,
             jobs.state = 'succeeded'
                 AND coalesce(json_extract(jobs.state_json, '$.outcome.pipeline') = 'minutes', 0)
                 AND NOT EXISTS (SELECT 1 FROM meeting_done WHERE meeting_done.job_id = jobs.id)
             AS is_unfinished
         FROM about JOIN jobs ON jobs.id = about.job_id
     )
     SELECT documents.id, documents.name, documents.media, documents.created_at,
         max(documents.created_at, coalesce(max(work.ended_at), 0)) AS ended_at,
         max(work.job_id) AS job_id,
         coalesce(max(work.is_held), 0) AS is_held,
         coalesce(max(work.is_at_work), 0) AS is_at_work,
         coalesce(max(work.is_in_review), 0) AS is_in_review,
         coalesce(max(work.is_audited), 0) AS is_audited,
         coalesce(max(work.is_unfinished), 0) AS is_unfinished,
         EXISTS (SELECT 1 FROM practice WHERE practice.document_id = documents.id) AS is_practice
     FROM documents LEFT JOIN work ON work.document_id = documents.id
     WHERE documents.department_id = ?1 AND (?2 IS NULL OR documents.id = ?2)
       AND NOT EXISTS (SELECT 1 FROM revisions WHERE revisions.document_id = documents.id)
     GROUP BY documents.id HAVING coalesce(max(work.is_corpus), 0) = 0
     ORDER BY documents.id";
/// A question whose text was erased has none.
const QUESTIONS: &str = "SELECT id, asked_at AS ended_at FROM questions
     WHERE department_id = ?1 AND (?2 IS NULL OR id = ?2) AND text <> '' ORDER BY asked_at, id";
const VOICE_PRINTS: &str = "SELECT id, created_at AS ended_at FROM voice_prints
     WHERE department_id = ?1 AND (?2 IS NULL OR id = ?2) ORDER BY id";

/// Everything of a 課 whose period is over at `at`.
pub(super) async fn all(
    read: &mut SqliteConnection,
    department: DepartmentId,
    at: Timestamp,
) -> Result<Vec<Due>, StoreError> {
    let mut due = Vec::new();
    let periods = retention::periods(&mut *read, department).await?;
    for period in &periods {
        due.extend(of(&mut *read, department, period, None).await?);
    }
    due.retain(|one| one.due_at <= at);
    Ok(due)
}

/// A thing as it stands now, if its 課 has a period for it.
pub(super) async fn one(
    read: &mut SqliteConnection,
    department: DepartmentId,
    material: Material,
    id: Uuid,
) -> Result<Option<(Due, RetentionPeriod)>, StoreError> {
    let periods = retention::periods(&mut *read, department).await?;
    let Some(period) = periods.into_iter().find(|period| period.material == material) else {
        return Ok(None);
    };
    let found = of(read, department, &period, Some(id)).await?.pop();
    Ok(found.map(|due| (due, period)))
}

async fn of(
    read: &mut SqliteConnection,
    department: DepartmentId,
    period: &RetentionPeriod,
    id: Option<Uuid>,
) -> Result<Vec<Due>, StoreError> {
    let statement = match period.material {
        Material::Forms | Material::Recordings => DOCUMENTS,
        Material::Questions => QUESTIONS,
        Material::VoicePrints => VOICE_PRINTS,
    };
    let bytes = id.map(|id| id.as_bytes().to_vec());
    let mut query = sqlx::query(statement).bind(department.blob()).bind(bytes);
    if statement == DOCUMENTS {
        query = query.bind(id.map(|id| id.to_string()));
    }
    let rows = query.fetch_all(read).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        let due = match period.material {
            Material::Forms | Material::Recordings => document(row, period)?,
            Material::Questions | Material::VoicePrints => Some(bare(row, period)?),
        };
        found.extend(due);
    }
    Ok(found)
}

/// A document of the period's material.
fn document(row: &SqliteRow, period: &RetentionPeriod) -> Result<Option<Due>, StoreError> {
    let media = row.text_opt("media")?;
    let media =
        media.map(|name| MediaKind::parse(&name).ok_or_else(|| corrupt("documents.media", "unknown kind")));
    let is_recording = media.transpose()?.is_some_and(MediaKind::is_recording);
    let material = if is_recording {
        Material::Recordings
    } else {
        Material::Forms
    };
    if material != period.material {
        return Ok(None);
    }
    let is_practice = row.u64("is_practice")? == 1;
    let keepers = [
        ("is_held", Keeper::Hold, false),
        ("is_at_work", Keeper::Work, false),
        ("is_in_review", Keeper::Review, is_practice),
        ("is_audited", Keeper::Audit, is_practice),
        ("is_unfinished", Keeper::Minutes, is_practice),
    ];
    let mut keeper = None;
    for (column, kind, is_let_go) in keepers {
        if keeper.is_none() && !is_let_go && row.u64(column)? == 1 {
            keeper = Some(kind);
        }
    }
    let id: DocumentId = row.id("id")?;
    let job: Option<JobId> = row.id_opt("job_id")?;
    let ended_at = row.time("ended_at")?;
    Ok(Some(Due {
        material,
        id: *id.as_uuid(),
        name: Some(row.text("name")?),
        job,
        ended_at,
        due_at: due_at(ended_at, period.days, period.set_at),
        keeper,
    }))
}

/// A question or a voice print.
fn bare(row: &SqliteRow, period: &RetentionPeriod) -> Result<Due, StoreError> {
    let ended_at = row.time("ended_at")?;
    Ok(Due {
        material: period.material,
        id: row.id("id")?,
        name: None,
        job: None,
        ended_at,
        due_at: due_at(ended_at, period.days, period.set_at),
        keeper: None,
    })
}
