//! SQL of voice prints: sealed values, one a person.
//!
//! Never: what is sealed in them.

use shoki_core::access::Actor;
use shoki_core::id::{DepartmentId, VoicePrintId};
use shoki_core::retention::Material;
use sqlx::sqlite::SqliteConnection;

use super::audit::{self, Who};
use super::connection::Write;
use super::deletions;
use super::value::{Columns as _, Id as _};
use crate::deletion::DeletedItem;
use crate::error::StoreError;
use crate::model::SealedVoicePrint;

const KEEP: &str = "INSERT INTO voice_prints (id, department_id, sealed, created_by, created_at)
     VALUES (?, ?, ?, ?, ?)";
pub(super) const OF_DEPARTMENT: &str =
    "SELECT id, sealed, created_by, created_at FROM voice_prints WHERE department_id = ? ORDER BY id";
const KEPT: &str = "SELECT created_at FROM voice_prints WHERE id = ? AND department_id = ?";
const DELETE: &str = "DELETE FROM voice_prints WHERE id = ? AND department_id = ?";

pub(super) async fn keep(
    write: &mut Write,
    actor: &Actor,
    id: VoicePrintId,
    sealed: &[u8],
) -> Result<SealedVoicePrint, StoreError> {
    let print = SealedVoicePrint {
        id,
        sealed: sealed.to_vec(),
        created_by: actor.user,
        created_at: write.now,
    };
    sqlx::query(KEEP)
        .bind(id.blob())
        .bind(actor.department.blob())
        .bind(sealed)
        .bind(actor.user.blob())
        .bind(print.created_at.as_microsecond())
        .execute(write.connection())
        .await?;
    audit::append(write, Who::actor(actor), "voice_print.keep", &id).await?;
    Ok(print)
}

pub(super) async fn of_department(
    read: &mut SqliteConnection,
    department: DepartmentId,
) -> Result<Vec<SealedVoicePrint>, StoreError> {
    let rows = sqlx::query(OF_DEPARTMENT)
        .bind(department.blob())
        .fetch_all(read)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(SealedVoicePrint {
                id: row.id("id")?,
                sealed: row.bytes("sealed")?,
                created_by: row.id("created_by")?,
                created_at: row.time("created_at")?,
            })
        })
        .collect()
}

pub(super) async fn delete(write: &mut Write, actor: &Actor, id: VoicePrintId) -> Result<(), StoreError> {
    let kept = sqlx::query(KEPT)
        .bind(id.blob())
        .bind(actor.department.blob())
        .fetch_optional(write.connection())
        .await?
        .ok_or(StoreError::NotFound)?;
    let item = DeletedItem {
        material: Some(Material::VoicePrints),
        id: *id.as_uuid(),
        name_sha256: None,
        created_at: kept.time("created_at")?,
        days: None,
        removed: Vec::new(),
        shared: Vec::new(),
        audit_sequence: remove(write, Who::actor(actor), actor.department, id).await?,
    };
    deletions::by_hand(write, actor, &item).await
}

/// Removes a print, and gives the number of the audit chain's row about it.
pub(super) async fn remove(
    write: &mut Write,
    who: Who,
    department: DepartmentId,
    id: VoicePrintId,
) -> Result<u64, StoreError> {
    sqlx::query(DELETE)
        .bind(id.blob())
        .bind(department.blob())
        .execute(write.connection())
        .await?;
    audit::append_numbered(write, who, "voice_print.delete", &id).await
}
