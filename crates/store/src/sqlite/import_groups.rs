//! SQL of an import that is taken in group by group: a zip of every law of the country is thousands of texts,
//! and one transaction over them would keep every other writer waiting for minutes.
//!
//! Promises: a group is whole or not there; a group that was taken in is not taken in again, whichever
//! attempt asks; what became of it is known until the job ends. Only the attempt that holds the assemble
//! unit's lease can take one in.

use std::collections::BTreeMap;

use shoki_core::id::{DocumentId, JobId};
use shoki_core::unit::{Fence, UnitKind, UnitState};
use sqlx::sqlite::SqliteConnection;

use super::audit::Who;
use super::connection::Write;
use super::corpus;
use super::units::Unit;
use super::value::{Columns as _, Id as _, json};
use super::work::{fenced, must_be};
use crate::corpus_model::{CorpusPart, RevisionChange};
use crate::error::StoreError;

const IMPORTED_BY: &str = "SELECT created_by, document_id FROM jobs WHERE id = ?";
const TAKEN: &str = "SELECT ordinal, changes_json FROM import_groups WHERE job_id = ? ORDER BY ordinal";
const TAKE: &str = "INSERT INTO import_groups (job_id, ordinal, changes_json) VALUES (?, ?, ?)";
const FORGET: &str = "DELETE FROM import_groups WHERE job_id = ?";

/// On whose behalf an import job takes texts in, and from which document.
pub(super) async fn importer(write: &mut Write, unit: &Unit) -> Result<(Who, DocumentId), StoreError> {
    let row = sqlx::query(IMPORTED_BY)
        .bind(unit.job.blob())
        .fetch_one(write.connection())
        .await?;
    let who = Who {
        user: Some(row.id("created_by")?),
        department: Some(unit.department),
    };
    Ok((who, row.id("document_id")?))
}

/// Takes one part in; what became of its texts.
pub(super) async fn take_part(
    write: &mut Write,
    unit: &Unit,
    (who, document): (Who, DocumentId),
    part: CorpusPart,
) -> Result<Vec<RevisionChange>, StoreError> {
    match part {
        CorpusPart::Text(import) => {
            corpus::take_in(write, who, unit.department, Some(document), vec![*import]).await
        }
        CorpusPart::Vectors { embedder, vectors } => {
            corpus::vectors::keep(write, unit.department, &embedder, &vectors).await?;
            Ok(Vec::new())
        }
    }
}

/// Takes a group in, unless it was before.
pub(super) async fn take_in(
    write: &mut Write,
    fence: Fence,
    group: u32,
    parts: Vec<CorpusPart>,
) -> Result<(), StoreError> {
    let unit = fenced(write.connection(), fence).await?;
    must_be(&unit, UnitKind::Assemble, "take_in_group")?;
    if !matches!(&unit.life.state, UnitState::Leased { attempt, .. } if *attempt == fence.attempt) {
        return Err(StoreError::LeaseLost);
    }
    if of_job(write.connection(), unit.job).await?.contains_key(&group) {
        return Ok(());
    }
    let importer = importer(write, &unit).await?;
    let mut changes = Vec::new();
    for part in parts {
        changes.extend(take_part(write, &unit, importer, part).await?);
    }
    sqlx::query(TAKE)
        .bind(unit.job.blob())
        .bind(group)
        .bind(json(&changes))
        .execute(write.connection())
        .await?;
    Ok(())
}

/// The groups that the job of this unit has taken in.
pub(super) async fn taken(read: &mut SqliteConnection, fence: Fence) -> Result<Vec<u32>, StoreError> {
    let unit = fenced(&mut *read, fence).await?;
    Ok(of_job(read, unit.job).await?.into_keys().collect())
}

/// What became of the texts of each group.
pub(super) async fn of_job(
    read: &mut SqliteConnection,
    job: JobId,
) -> Result<BTreeMap<u32, Vec<RevisionChange>>, StoreError> {
    let rows = sqlx::query(TAKEN).bind(job.blob()).fetch_all(read).await?;
    rows.iter()
        .map(|row| Ok((row.u32("ordinal")?, row.json("changes_json")?)))
        .collect()
}

/// Forgets them: the job has ended, its report holds what became of them.
pub(super) async fn forget(write: &mut Write, job: JobId) -> Result<(), StoreError> {
    sqlx::query(FORGET)
        .bind(job.blob())
        .execute(write.connection())
        .await?;
    Ok(())
}
