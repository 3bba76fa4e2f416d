//! SQL of documents, and of what refers to blobs.
//!
//! Promise: a deleted document leaves no row behind but the audit chain's, and hands back exactly the
//! blobs that nothing in the 課 refers to any more.

use std::collections::HashSet;

use shoki_core::access::Actor;
use shoki_core::digest::Sha256;
use shoki_core::id::{DepartmentId, DocumentId};
use shoki_core::media::MediaKind;
use shoki_core::retention::Material;
use shoki_core::unit::BlobRef;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::audit::{self, Who};
use super::connection::Write;
use super::value::{Columns as _, Id as _, corrupt, digest, integer};
use super::{corpus, deletions, practice, retention};
use crate::deletion::{DeletedItem, name_digest};
use crate::error::StoreError;
use crate::model::{Document, NewDocument};

const CREATE: &str =
    "INSERT INTO documents (id, department_id, name, media, sha256, size, uploaded_by, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
const GET: &str = "SELECT * FROM documents WHERE id = ? AND department_id = ?";
pub(super) const BLOBS_OF: &str = "SELECT sha256, size FROM documents WHERE id = ?1
     UNION SELECT piece_sha256, piece_size FROM units JOIN jobs ON jobs.id = units.job_id
        WHERE jobs.document_id = ?1 AND piece_sha256 IS NOT NULL
     UNION SELECT sha256, size FROM artifacts JOIN jobs ON jobs.id = artifacts.job_id
        WHERE jobs.document_id = ?1";
/// Whether a text of the law desk came of it, or was to.
const IS_TEXT: &str = "SELECT EXISTS (SELECT 1 FROM jobs WHERE document_id = ?1 AND corpus_json IS NOT NULL)
         OR EXISTS (SELECT 1 FROM revisions WHERE document_id = ?1) AS is_text";
const OF_DEPARTMENT: &str = "SELECT 1 FROM documents WHERE id = ? AND department_id = ?";
const DELETE: &str = "DELETE FROM documents WHERE id = ? AND department_id = ?";
pub(super) const BLOB_IS_REFERENCED: &str =
    "SELECT EXISTS (SELECT 1 FROM documents WHERE department_id = ?1 AND sha256 = ?2)
         OR EXISTS (SELECT 1 FROM units WHERE department_id = ?1 AND piece_sha256 = ?2)
         OR EXISTS (SELECT 1 FROM artifacts WHERE department_id = ?1 AND sha256 = ?2) AS referenced";

pub(super) async fn create(
    write: &mut Write,
    actor: &Actor,
    new: NewDocument,
) -> Result<Document, StoreError> {
    let document = Document {
        id: new.id.unwrap_or_else(DocumentId::generate),
        department: actor.department,
        name: new.name,
        media: new.media,
        blob: new.blob,
        uploaded_by: actor.user,
        created_at: write.now,
    };
    sqlx::query(CREATE)
        .bind(document.id.blob())
        .bind(document.department.blob())
        .bind(&document.name)
        .bind(document.media.map(MediaKind::media_type))
        .bind(digest(&document.blob.sha256))
        .bind(integer(document.blob.size))
        .bind(document.uploaded_by.blob())
        .bind(document.created_at.as_microsecond())
        .execute(write.connection())
        .await?;
    audit::append(write, Who::actor(actor), "document.create", &document.id).await?;
    Ok(document)
}

pub(super) async fn get(
    read: &mut SqliteConnection,
    actor: &Actor,
    id: DocumentId,
) -> Result<Document, StoreError> {
    of_department(read, actor.department, id).await
}

async fn of_department(
    read: &mut SqliteConnection,
    department: DepartmentId,
    id: DocumentId,
) -> Result<Document, StoreError> {
    let row = sqlx::query(GET)
        .bind(id.blob())
        .bind(department.blob())
        .fetch_optional(read)
        .await?
        .ok_or(StoreError::NotFound)?;
    from_row(&row, department)
}

/// Whether the 課 has the document.
pub(super) async fn must_exist(
    read: &mut SqliteConnection,
    department: DepartmentId,
    id: DocumentId,
) -> Result<(), StoreError> {
    sqlx::query(OF_DEPARTMENT)
        .bind(id.blob())
        .bind(department.blob())
        .fetch_optional(read)
        .await?
        .map(|_| ())
        .ok_or(StoreError::NotFound)
}

/// Reads a row that has the columns of `documents` (`id`, `name`, `media`, `sha256`, `size`,
/// `uploaded_by`, `created_at`).
pub(super) fn from_row(row: &SqliteRow, department: DepartmentId) -> Result<Document, StoreError> {
    let media = row
        .text_opt("media")?
        .map(|media| MediaKind::parse(&media).ok_or_else(|| corrupt("documents.media", "unknown kind")))
        .transpose()?;
    Ok(Document {
        id: row.id("id")?,
        department,
        name: row.text("name")?,
        media,
        blob: row.blob("sha256", "size")?,
        uploaded_by: row.id("uploaded_by")?,
        created_at: row.time("created_at")?,
    })
}

/// Deletes a document by hand. What somebody practised with needs no certificate.
pub(super) async fn delete(
    write: &mut Write,
    actor: &Actor,
    id: DocumentId,
) -> Result<Vec<BlobRef>, StoreError> {
    must_exist(write.connection(), actor.department, id).await?;
    retention::must_not_be_held(write.connection(), id).await?;
    let is_practice = practice::is_document(write.connection(), id).await?;
    let item = remove(write, Who::actor(actor), actor.department, id).await?;
    if !is_practice {
        deletions::by_hand(write, actor, &item).await?;
    }
    Ok(item.removed)
}

/// Removes a document with everything made from it, and says what went.
pub(super) async fn remove(
    write: &mut Write,
    who: Who,
    department: DepartmentId,
    id: DocumentId,
) -> Result<DeletedItem, StoreError> {
    let document = of_department(write.connection(), department, id).await?;
    let is_text = sqlx::query(IS_TEXT)
        .bind(id.blob())
        .fetch_one(write.connection())
        .await?
        .u64("is_text")?
        == 1;
    let rows = sqlx::query(BLOBS_OF)
        .bind(id.blob())
        .fetch_all(write.connection())
        .await?;
    let blobs: HashSet<BlobRef> = rows
        .iter()
        .map(|row| row.blob("sha256", "size"))
        .collect::<Result<_, _>>()?;
    corpus::taken_out_with(write, who, id).await?;
    sqlx::query(DELETE)
        .bind(id.blob())
        .bind(department.blob())
        .execute(write.connection())
        .await?;
    let (mut removed, mut shared) = (Vec::with_capacity(blobs.len()), Vec::new());
    for blob in blobs {
        if blob_is_referenced(write.connection(), department, &blob.sha256).await? {
            shared.push(blob);
        } else {
            removed.push(blob);
        }
    }
    removed.sort_by_key(|blob| blob.sha256);
    shared.sort_by_key(|blob| blob.sha256);
    let audit_sequence = audit::append_numbered(write, who, "document.delete", &id).await?;
    let is_recording = document.media.is_some_and(MediaKind::is_recording);
    Ok(DeletedItem {
        material: match (is_text, is_recording) {
            (true, _) => None,
            (false, true) => Some(Material::Recordings),
            (false, false) => Some(Material::Forms),
        },
        id: *id.as_uuid(),
        name_sha256: Some(name_digest(id, &document.name)),
        created_at: document.created_at,
        days: None,
        removed,
        shared,
        audit_sequence,
    })
}

pub(super) async fn blob_is_referenced(
    read: &mut SqliteConnection,
    department: DepartmentId,
    sha256: &Sha256,
) -> Result<bool, StoreError> {
    let row = sqlx::query(BLOB_IS_REFERENCED)
        .bind(department.blob())
        .bind(digest(sha256))
        .fetch_one(read)
        .await?;
    Ok(row.u64("referenced")? == 1)
}
