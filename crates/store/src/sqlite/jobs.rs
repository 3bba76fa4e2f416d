//! SQL of jobs, their events and artifacts.
//!
//! Promises: a job changes only through `advance`, which asks `core::job::apply` about the row read in the
//! same transaction; every change is one event, numbered without gaps; a job that ends takes its
//! remaining units with it.

use jiff::Timestamp;
use shoki_core::access::Actor;
use shoki_core::id::{ArtifactId, DepartmentId, DocumentId, JobId};
use shoki_core::job::{self, JobEvent, JobState};
use shoki_core::pipeline::PipelineRef;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Sqlite};
use uuid::Uuid;

use super::audit::{self, Who};
use super::connection::Write;
use super::value::{Columns as _, Id as _, corrupt, digest, integer, json};
use super::{sortings, units};
use crate::error::StoreError;
use crate::model::{Artifact, Job, JobEventRow, JobFilter, Listed, NewArtifact};

macro_rules! select_jobs {
    ($conditions:literal) => {
        concat!(
            "SELECT jobs.*, documents.name AS document_name
             FROM jobs JOIN documents ON documents.id = jobs.document_id ",
            $conditions
        )
    };
}

pub(super) const GET: &str = select_jobs!("WHERE jobs.id = ? AND jobs.department_id = ?");
const LIST: &str = select_jobs!("WHERE jobs.department_id = ");
const QUEUE: &str =
    "INSERT INTO jobs (id, department_id, document_id, pipeline, pipeline_digest, corpus_json, minutes_json, batch_id,
         state, state_json, last_event, created_by, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?)";
const STATE: &str = "SELECT department_id, state_json, last_event FROM jobs WHERE id = ?";
pub(super) const ADVANCE: &str = "UPDATE jobs SET state = ?, state_json = ?, last_event = ?, updated_at = ?
     WHERE id = ? AND last_event = ?";
const RECORD_EVENT: &str = "INSERT INTO job_events (job_id, sequence, at, state_json) VALUES (?, ?, ?, ?)";
pub(super) const EVENTS: &str = "SELECT job_events.sequence, job_events.at, job_events.state_json
     FROM job_events JOIN jobs ON jobs.id = job_events.job_id
     WHERE job_events.job_id = ? AND jobs.department_id = ? AND job_events.sequence > ?
     ORDER BY job_events.sequence LIMIT ?";
const EXISTS: &str = "SELECT 1 FROM jobs WHERE id = ? AND department_id = ?";
const ADD_ARTIFACT: &str = "INSERT INTO artifacts (id, job_id, department_id, name, media_type, sha256, size) VALUES (?, ?, ?, ?, ?, ?, ?)";
pub(super) const ARTIFACTS: &str = "SELECT id, job_id, name, media_type, sha256, size FROM artifacts
     WHERE job_id = ? AND department_id = ? ORDER BY name";
const ARTIFACT: &str = "SELECT id, job_id, name, media_type, sha256, size FROM artifacts
     WHERE job_id = ? AND department_id = ? AND id = ?";

/// Inserts a queued job and its first event; the caller adds the plan unit.
pub(super) async fn queue(
    write: &mut Write,
    actor: &Actor,
    document: DocumentId,
    pipeline: &PipelineRef,
    batch: Option<Uuid>,
) -> Result<JobId, StoreError> {
    let id = JobId::generate();
    let state = JobState::Queued;
    let now = write.now;
    sqlx::query(QUEUE)
        .bind(id.blob())
        .bind(actor.department.blob())
        .bind(document.blob())
        .bind(&pipeline.name)
        .bind(digest(&pipeline.digest))
        .bind(pipeline.corpus.as_ref().map(json))
        .bind(pipeline.minutes.as_ref().map(json))
        .bind(batch.as_ref().map(|batch| batch.blob()))
        .bind(state.name())
        .bind(to_json(&state))
        .bind(actor.user.blob())
        .bind(now.as_microsecond())
        .bind(now.as_microsecond())
        .execute(write.connection())
        .await?;
    record_event(write, id, 1, now, &state).await?;
    audit::append(write, Who::actor(actor), "job.submit", &id).await?;
    Ok(id)
}

/// Moves a job on by `event`; see the module. A transition to the same state (a plan claimed a second
/// time) is no change and no event.
pub(super) async fn advance(
    write: &mut Write,
    id: JobId,
    event: &JobEvent,
    actor: Option<&Actor>,
) -> Result<JobState, StoreError> {
    let row = sqlx::query(STATE)
        .bind(id.blob())
        .fetch_optional(write.connection())
        .await?
        .ok_or(StoreError::NotFound)?;
    let department: DepartmentId = row.id("department_id")?;
    let last_event = row.u64("last_event")?;
    let before = state(&row)?;
    let now = write.now;
    let after = job::apply(&before, event, now)?;
    if after == before {
        return Ok(after);
    }
    sqlx::query(ADVANCE)
        .bind(after.name())
        .bind(to_json(&after))
        .bind(integer(last_event + 1))
        .bind(now.as_microsecond())
        .bind(id.blob())
        .bind(integer(last_event))
        .execute(write.connection())
        .await?;
    record_event(write, id, last_event + 1, now, &after).await?;
    let ended = match &after {
        JobState::Succeeded { .. } => Some("job.succeed"),
        JobState::Failed { .. } => Some("job.fail"),
        JobState::Cancelled { .. } => Some("job.cancel"),
        JobState::Queued | JobState::Planning | JobState::Running { .. } | JobState::Assembling { .. } => {
            None
        }
    };
    if let Some(action) = ended {
        units::cancel_remaining(write, id).await?;
        let who = actor.map_or(Who::system(department), Who::actor);
        audit::append(write, who, action, &id).await?;
    }
    Ok(after)
}

async fn record_event(
    write: &mut Write,
    id: JobId,
    sequence: u64,
    at: Timestamp,
    state: &JobState,
) -> Result<(), StoreError> {
    sqlx::query(RECORD_EVENT)
        .bind(id.blob())
        .bind(integer(sequence))
        .bind(at.as_microsecond())
        .bind(to_json(state))
        .execute(write.connection())
        .await?;
    Ok(())
}

pub(super) async fn get(read: &mut SqliteConnection, actor: &Actor, id: JobId) -> Result<Job, StoreError> {
    let row = sqlx::query(GET)
        .bind(id.blob())
        .bind(actor.department.blob())
        .fetch_optional(read)
        .await?
        .ok_or(StoreError::NotFound)?;
    from_row(&row)
}

pub(super) async fn list(
    read: &mut SqliteConnection,
    actor: &Actor,
    filter: &JobFilter,
    before: Option<JobId>,
    rows: u32,
) -> Result<Listed<Job>, StoreError> {
    let mut query = QueryBuilder::<Sqlite>::new(LIST);
    query.push_bind(actor.department.blob().to_vec());
    if let Some(before) = before {
        query.push(" AND jobs.id < ").push_bind(before.blob().to_vec());
    }
    if let Some(document) = filter.document {
        query
            .push(" AND jobs.document_id = ")
            .push_bind(document.blob().to_vec());
    }
    if let Some(batch) = filter.batch {
        query
            .push(" AND jobs.batch_id = ")
            .push_bind(batch.blob().to_vec());
    }
    if let Some(pipeline) = &filter.pipeline {
        query.push(" AND jobs.pipeline = ").push_bind(pipeline.clone());
    }
    if !filter.states.is_empty() {
        query.push(" AND jobs.state IN (");
        let mut names = query.separated(", ");
        for name in &filter.states {
            names.push_bind(name.clone());
        }
        query.push(")");
    }
    query
        .push(" ORDER BY jobs.id DESC LIMIT ")
        .push_bind(i64::from(rows) + 1);
    let found = query.build().fetch_all(read).await?;
    let more = found.len() > rows as usize;
    let rows = found
        .iter()
        .take(rows as usize)
        .map(from_row)
        .collect::<Result<_, _>>()?;
    Ok(Listed { rows, more })
}

pub(super) async fn cancel(write: &mut Write, actor: &Actor, id: JobId) -> Result<Job, StoreError> {
    must_exist(write.connection(), actor, id).await?;
    // Sorted anew: it had succeeded, and people's decisions hang on it until its sheets are recorded again.
    if !sortings::are_recorded(write.connection(), actor, id).await? {
        return Err(StoreError::IllegalTransition(job::IllegalTransition {
            state: "running",
            event: "cancel",
        }));
    }
    advance(write, id, &JobEvent::Cancel { by: actor.user }, Some(actor)).await?;
    get(write.connection(), actor, id).await
}

pub(super) async fn must_exist(
    read: &mut SqliteConnection,
    actor: &Actor,
    id: JobId,
) -> Result<(), StoreError> {
    sqlx::query(EXISTS)
        .bind(id.blob())
        .bind(actor.department.blob())
        .fetch_optional(read)
        .await?
        .map(|_| ())
        .ok_or(StoreError::NotFound)
}

pub(super) async fn events(
    read: &mut SqliteConnection,
    actor: &Actor,
    id: JobId,
    after: u64,
    rows: u32,
) -> Result<Vec<JobEventRow>, StoreError> {
    must_exist(read, actor, id).await?;
    let rows = sqlx::query(EVENTS)
        .bind(id.blob())
        .bind(actor.department.blob())
        .bind(integer(after))
        .bind(rows)
        .fetch_all(read)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(JobEventRow {
                sequence: row.u64("sequence")?,
                at: row.time("at")?,
                state: state(row)?,
            })
        })
        .collect()
}

pub(super) async fn add_artifact(
    write: &mut Write,
    department: DepartmentId,
    job: JobId,
    new: NewArtifact,
) -> Result<(), StoreError> {
    sqlx::query(ADD_ARTIFACT)
        .bind(ArtifactId::generate().blob())
        .bind(job.blob())
        .bind(department.blob())
        .bind(new.name)
        .bind(new.media_type)
        .bind(digest(&new.blob.sha256))
        .bind(integer(new.blob.size))
        .execute(write.connection())
        .await?;
    Ok(())
}

pub(super) async fn artifacts(
    read: &mut SqliteConnection,
    actor: &Actor,
    job: JobId,
) -> Result<Vec<Artifact>, StoreError> {
    must_exist(read, actor, job).await?;
    let rows = sqlx::query(ARTIFACTS)
        .bind(job.blob())
        .bind(actor.department.blob())
        .fetch_all(read)
        .await?;
    rows.iter().map(artifact_from_row).collect()
}

pub(super) async fn artifact(
    read: &mut SqliteConnection,
    actor: &Actor,
    job: JobId,
    id: ArtifactId,
) -> Result<Artifact, StoreError> {
    let row = sqlx::query(ARTIFACT)
        .bind(job.blob())
        .bind(actor.department.blob())
        .bind(id.blob())
        .fetch_optional(read)
        .await?
        .ok_or(StoreError::NotFound)?;
    artifact_from_row(&row)
}

fn artifact_from_row(row: &SqliteRow) -> Result<Artifact, StoreError> {
    Ok(Artifact {
        id: row.id("id")?,
        job: row.id("job_id")?,
        name: row.text("name")?,
        media_type: row.text("media_type")?,
        blob: row.blob("sha256", "size")?,
    })
}

fn from_row(row: &SqliteRow) -> Result<Job, StoreError> {
    Ok(Job {
        id: row.id("id")?,
        department: row.id("department_id")?,
        document: row.id("document_id")?,
        document_name: row.text("document_name")?,
        pipeline: pipeline(row)?,
        batch: row.id_opt("batch_id")?,
        state: state(row)?,
        created_by: row.id("created_by")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

/// A job's pipeline as pinned, with what the person decided about the document.
pub(super) fn pipeline(row: &SqliteRow) -> Result<PipelineRef, StoreError> {
    Ok(PipelineRef {
        name: row.text("pipeline")?,
        digest: row.sha256("pipeline_digest")?,
        corpus: row.json_opt("corpus_json")?,
        minutes: row.json_opt("minutes_json")?,
    })
}

fn state(row: &SqliteRow) -> Result<JobState, StoreError> {
    serde_json::from_str(&row.text("state_json")?).map_err(|error| corrupt("state_json", error))
}

fn to_json(state: &JobState) -> String {
    serde_json::to_string(state).expect("a job state has no map keys or floats that JSON lacks")
}
