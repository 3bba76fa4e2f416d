//! SQL of what somebody practises with.

use shoki_core::access::Actor;
use shoki_core::id::{DocumentId, JobId, UserId};
use sqlx::sqlite::SqliteConnection;

use super::audit::{self, Who};
use super::connection::Write;
use super::documents;
#[cfg(feature = "contract")]
use super::snapshot::{Kind, Table};
use super::value::{Columns as _, Id as _};
use crate::error::StoreError;

const MARK: &str = "INSERT INTO practice (document_id, user_id, at) VALUES (?, ?, ?)";
const ALL: &str = "SELECT practice.document_id, practice.user_id FROM practice
     JOIN documents ON documents.id = practice.document_id
     WHERE documents.department_id = ? ORDER BY practice.document_id";
const IS_DOCUMENT: &str = "SELECT 1 FROM practice WHERE document_id = ?";
const IS: &str =
    "SELECT 1 FROM jobs JOIN practice ON practice.document_id = jobs.document_id WHERE jobs.id = ?";

#[cfg(feature = "contract")]
pub(super) const TABLE: Table = (
    "practice",
    "document_id",
    &[
        ("document_id", Kind::Id),
        ("user_id", Kind::Id),
        ("at", Kind::Time),
    ],
);

pub(super) async fn mark(write: &mut Write, actor: &Actor, document: DocumentId) -> Result<(), StoreError> {
    documents::get(write.connection(), actor, document).await?;
    let now = write.now_micros();
    sqlx::query(MARK)
        .bind(document.blob())
        .bind(actor.user.blob())
        .bind(now)
        .execute(write.connection())
        .await?;
    audit::append(write, Who::actor(actor), "practice.mark", &document).await
}

pub(super) async fn all(
    read: &mut SqliteConnection,
    actor: &Actor,
) -> Result<Vec<(DocumentId, UserId)>, StoreError> {
    let rows = sqlx::query(ALL)
        .bind(actor.department.blob())
        .fetch_all(read)
        .await?;
    rows.iter()
        .map(|row| Ok((row.id("document_id")?, row.id("user_id")?)))
        .collect()
}

/// Whether a document is somebody's practice.
pub(super) async fn is_document(
    read: &mut SqliteConnection,
    document: DocumentId,
) -> Result<bool, StoreError> {
    let found = sqlx::query(IS_DOCUMENT)
        .bind(document.blob())
        .fetch_optional(read)
        .await?;
    Ok(found.is_some())
}

/// Whether a job is somebody's practice.
pub(super) async fn is(read: &mut SqliteConnection, job: JobId) -> Result<bool, StoreError> {
    let found = sqlx::query(IS).bind(job.blob()).fetch_optional(read).await?;
    Ok(found.is_some())
}
