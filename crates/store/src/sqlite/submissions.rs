//! One transaction per submission: documents, jobs, plan units, idempotency record, audit events.
//!
//! A key is bound to its request for ever: the same request gives the jobs of the first time in their
//! present state (those that still exist), another request is a mismatch. When every job of a key was
//! deleted, the replay is `NotFound`: a late retry must not bring deleted work back to life.

use shoki_core::access::Actor;
use shoki_core::digest::Sha256;
use shoki_core::id::{DocumentId, JobId};
use shoki_core::pipeline::PipelineRef;
use shoki_core::unit::UnitKind;
use sqlx::sqlite::SqliteConnection;
use uuid::Uuid;

use super::connection::Write;
use super::value::{Columns as _, Id as _, digest, integer};
use super::{documents, jobs, transcripts, units};
use crate::error::StoreError;
use crate::model::{Idempotency, NewDocument, Submitted};

const FINGERPRINT: &str = "SELECT fingerprint FROM idempotency WHERE user_id = ? AND key_hash = ?";
const REMEMBER: &str =
    "INSERT INTO idempotency (user_id, key_hash, fingerprint, created_at) VALUES (?, ?, ?, ?)";
const REMEMBER_JOB: &str =
    "INSERT INTO idempotency_jobs (user_id, key_hash, position, job_id) VALUES (?, ?, ?, ?)";
const JOBS_OF_KEY: &str =
    "SELECT job_id FROM idempotency_jobs WHERE user_id = ? AND key_hash = ? ORDER BY position";

/// Starts a job on a document that is recorded already.
pub(super) async fn submit_job(
    write: &mut Write,
    actor: &Actor,
    document: DocumentId,
    pipeline: &PipelineRef,
    idempotency: Option<&Idempotency>,
) -> Result<Submitted, StoreError> {
    if let Some(submitted) = replay(write, actor, idempotency).await? {
        return Ok(submitted);
    }
    documents::get(write.connection(), actor, document).await?;
    transcripts::must_have_parts(write, actor.department, pipeline.minutes.as_deref()).await?;
    let job = start(write, actor, document, pipeline, None).await?;
    finish(write, actor, &[job], idempotency).await
}

/// Records documents and starts a job on each, as one batch.
pub(super) async fn submit_batch(
    write: &mut Write,
    actor: &Actor,
    new_documents: Vec<NewDocument>,
    pipeline: &PipelineRef,
    idempotency: Option<&Idempotency>,
) -> Result<Submitted, StoreError> {
    if let Some(submitted) = replay(write, actor, idempotency).await? {
        return Ok(submitted);
    }
    let batch = Uuid::now_v7();
    let mut started = Vec::with_capacity(new_documents.len());
    for new in new_documents {
        let document = documents::create(write, actor, new).await?;
        started.push(start(write, actor, document.id, pipeline, Some(batch)).await?);
    }
    finish(write, actor, &started, idempotency).await
}

async fn start(
    write: &mut Write,
    actor: &Actor,
    document: DocumentId,
    pipeline: &PipelineRef,
    batch: Option<Uuid>,
) -> Result<JobId, StoreError> {
    let job = jobs::queue(write, actor, document, pipeline, batch).await?;
    units::make_ready(write, actor.department, job, UnitKind::Plan, 0..1).await?;
    Ok(job)
}

/// What an earlier request with this key made, if there was one.
async fn replay(
    write: &mut Write,
    actor: &Actor,
    idempotency: Option<&Idempotency>,
) -> Result<Option<Submitted>, StoreError> {
    let Some(idempotency) = idempotency else {
        return Ok(None);
    };
    let key_hash = Sha256::of(idempotency.key.as_bytes());
    let remembered = sqlx::query(FINGERPRINT)
        .bind(actor.user.blob())
        .bind(digest(&key_hash))
        .fetch_optional(write.connection())
        .await?;
    let Some(row) = remembered else {
        return Ok(None);
    };
    if row.sha256("fingerprint")? != idempotency.fingerprint {
        return Err(StoreError::IdempotencyMismatch);
    }
    let rows = sqlx::query(JOBS_OF_KEY)
        .bind(actor.user.blob())
        .bind(digest(&key_hash))
        .fetch_all(write.connection())
        .await?;
    let ids = rows
        .iter()
        .map(|row| row.id("job_id"))
        .collect::<Result<Vec<JobId>, _>>()?;
    if ids.is_empty() {
        return Err(StoreError::NotFound);
    }
    let jobs = present(write.connection(), actor, &ids).await?;
    Ok(Some(Submitted { jobs, replayed: true }))
}

async fn finish(
    write: &mut Write,
    actor: &Actor,
    started: &[JobId],
    idempotency: Option<&Idempotency>,
) -> Result<Submitted, StoreError> {
    if let Some(idempotency) = idempotency {
        let key_hash = Sha256::of(idempotency.key.as_bytes());
        let now = write.now_micros();
        sqlx::query(REMEMBER)
            .bind(actor.user.blob())
            .bind(digest(&key_hash))
            .bind(digest(&idempotency.fingerprint))
            .bind(now)
            .execute(write.connection())
            .await?;
        for (position, job) in (0_u64..).zip(started) {
            sqlx::query(REMEMBER_JOB)
                .bind(actor.user.blob())
                .bind(digest(&key_hash))
                .bind(integer(position))
                .bind(job.blob())
                .execute(write.connection())
                .await?;
        }
    }
    let jobs = present(write.connection(), actor, started).await?;
    Ok(Submitted {
        jobs,
        replayed: false,
    })
}

async fn present(
    read: &mut SqliteConnection,
    actor: &Actor,
    ids: &[JobId],
) -> Result<Vec<crate::model::Job>, StoreError> {
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.push(jobs::get(read, actor, *id).await?);
    }
    Ok(found)
}
