//! SQL of deletions and their certificates: what a run or a person deleted, and the signed proof of it.
//!
//! Promises: what a deletion took is recorded in the transaction that takes it, so a certificate lists all of it and
//! nothing else, also after a crash; a thing that is not due any more, or that something keeps by now, is left.

use std::collections::BTreeSet;

use shoki_core::access::Actor;
use shoki_core::digest::Sha256;
use shoki_core::id::{DeletionId, DepartmentId, DocumentId, QuestionId, VoicePrintId};
use shoki_core::retention::Material;
use shoki_core::unit::BlobRef;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::audit::{self, Who};
use super::connection::Write;
#[cfg(feature = "contract")]
use super::snapshot::{Kind, Table};
use super::value::{Columns as _, Id as _, json};
use super::{corpus, documents, retention_due, voice_prints};
use crate::audit::AuditKey;
use crate::deletion::{
    CERTIFIED, Certificate, CertificateBody, CertificateRow, ChainHead, DeletedItem, Due, Uncertified,
    method_ja, remains_ja,
};
use crate::error::StoreError;
use crate::model::Listed;

const RUNNING: &str = "SELECT id FROM deletions WHERE department_id = ? AND closed_at IS NULL";
const BEGIN: &str =
    "INSERT INTO deletions (id, department_id, user_id, begun_at, closed_at) VALUES (?, ?, ?, ?, ?)";
const GET: &str = "SELECT deletions.*, departments.name AS department_name
     FROM deletions JOIN departments ON departments.id = deletions.department_id WHERE deletions.id = ?";
const ADD_ITEM: &str = "INSERT INTO deleted_items (deletion_id, position, item_json)
     SELECT ?1, coalesce(max(position), 0) + 1, ?2 FROM deleted_items WHERE deletion_id = ?1";
const ITEMS: &str = "SELECT item_json FROM deleted_items WHERE deletion_id = ? ORDER BY position";
const DROP_ITEMS: &str = "DELETE FROM deleted_items WHERE deletion_id = ?";
const FORGET: &str = "DELETE FROM deletions WHERE id = ?1 AND closed_at IS NULL
     AND NOT EXISTS (SELECT 1 FROM deleted_items WHERE deletion_id = ?1)";
const CLOSE: &str = "UPDATE deletions SET closed_at = ? WHERE id = ? AND closed_at IS NULL";
const UNCERTIFIED: &str = "SELECT id, department_id, closed_at FROM deletions
     WHERE certificate_json IS NULL AND (?1 IS NULL OR department_id = ?1) ORDER BY id";
const KEEP: &str = "UPDATE deletions SET certificate_json = ? WHERE id = ?";
const LISTED: &str = "SELECT id, user_id, begun_at, closed_at,
         json_array_length(certificate_json, '$.certificate.items') AS items
     FROM deletions WHERE department_id = ?1 AND certificate_json IS NOT NULL AND (?2 IS NULL OR id < ?2)
     ORDER BY id DESC LIMIT ?3";
const CERTIFICATE: &str = "SELECT certificate_json FROM deletions WHERE id = ? AND department_id = ? AND certificate_json IS NOT NULL";
const QUESTION_ASKED: &str = "SELECT asked_at FROM questions WHERE id = ?";
const PRINT_KEPT: &str = "SELECT created_at FROM voice_prints WHERE id = ?";

#[cfg(feature = "contract")]
pub(super) const TABLES: [Table; 2] = [
    (
        "deletions",
        "id",
        &[
            ("id", Kind::Id),
            ("department_id", Kind::Id),
            ("user_id", Kind::Id),
            ("begun_at", Kind::Time),
            ("closed_at", Kind::Time),
            ("certificate_json", Kind::Json),
        ],
    ),
    (
        "deleted_items",
        "deletion_id, position",
        &[
            ("deletion_id", Kind::Id),
            ("position", Kind::Number),
            ("item_json", Kind::Json),
        ],
    ),
];

pub(super) async fn begin_run(write: &mut Write, department: DepartmentId) -> Result<DeletionId, StoreError> {
    let running = sqlx::query(RUNNING)
        .bind(department.blob())
        .fetch_optional(write.connection())
        .await?;
    if let Some(row) = running {
        return row.id("id");
    }
    let id = begin(write, Who::system(department), department, false).await?;
    audit::append(write, Who::system(department), "retention.run", &id).await?;
    Ok(id)
}

async fn begin(
    write: &mut Write,
    who: Who,
    department: DepartmentId,
    is_closed: bool,
) -> Result<DeletionId, StoreError> {
    let id = DeletionId::generate();
    let now = write.now_micros();
    sqlx::query(BEGIN)
        .bind(id.blob())
        .bind(department.blob())
        .bind(who.user.as_ref().map(|user| user.blob()))
        .bind(now)
        .bind(is_closed.then_some(now))
        .execute(write.connection())
        .await?;
    Ok(id)
}

/// Records what a person deleted.
pub(super) async fn by_hand(write: &mut Write, actor: &Actor, item: &DeletedItem) -> Result<(), StoreError> {
    let id = begin(write, Who::actor(actor), actor.department, true).await?;
    add(write, id, item).await
}

async fn add(write: &mut Write, deletion: DeletionId, item: &DeletedItem) -> Result<(), StoreError> {
    sqlx::query(ADD_ITEM)
        .bind(deletion.blob())
        .bind(json(item))
        .execute(write.connection())
        .await?;
    Ok(())
}

pub(super) async fn delete_due(
    write: &mut Write,
    run: DeletionId,
    wanted: &[Due],
) -> Result<Vec<BlobRef>, StoreError> {
    let row = get(write.connection(), run).await?;
    if row.time_opt("closed_at")?.is_some() {
        return Err(StoreError::Locked);
    }
    let department: DepartmentId = row.id("department_id")?;
    let mut freed = Vec::new();
    for one in wanted {
        // As it stands now: somebody may have held it, or gone on with it, since it was listed.
        let found = retention_due::one(write.connection(), department, one.material, one.id).await?;
        let Some((due, period)) = found else { continue };
        if due.keeper.is_some() || due.due_at > write.now {
            continue;
        }
        let item = DeletedItem {
            days: Some(period.days),
            ..delete(write, department, &due).await?
        };
        freed.extend(item.removed.iter().copied());
        add(write, run, &item).await?;
    }
    Ok(freed)
}

async fn delete(write: &mut Write, department: DepartmentId, due: &Due) -> Result<DeletedItem, StoreError> {
    let who = Who::system(department);
    let (created_at, audit_sequence) = match due.material {
        Material::Forms | Material::Recordings => {
            let document = DocumentId::from_uuid(due.id);
            return documents::remove(write, who, department, document).await;
        }
        Material::Questions => {
            let asked = created(write, QUESTION_ASKED, due).await?;
            let id = QuestionId::from_uuid(due.id);
            corpus::questions::erase(write, department, id).await?;
            (
                asked,
                audit::append_numbered(write, who, "question.erase", &id).await?,
            )
        }
        Material::VoicePrints => {
            let kept = created(write, PRINT_KEPT, due).await?;
            let id = VoicePrintId::from_uuid(due.id);
            (kept, voice_prints::remove(write, who, department, id).await?)
        }
    };
    Ok(DeletedItem {
        material: Some(due.material),
        id: due.id,
        name_sha256: None,
        created_at,
        days: None,
        removed: Vec::new(),
        shared: Vec::new(),
        audit_sequence,
    })
}

async fn created(
    write: &mut Write,
    statement: &'static str,
    due: &Due,
) -> Result<jiff::Timestamp, StoreError> {
    let row = sqlx::query(statement)
        .bind(due.id.blob())
        .fetch_one(write.connection())
        .await?;
    row.time(if statement == QUESTION_ASKED {
        "asked_at"
    } else {
        "created_at"
    })
}

pub(super) async fn close_run(write: &mut Write, run: DeletionId) -> Result<(), StoreError> {
    let now = write.now_micros();
    let forgotten = sqlx::query(FORGET)
        .bind(run.blob())
        .execute(write.connection())
        .await?;
    if forgotten.rows_affected() == 0 {
        sqlx::query(CLOSE)
            .bind(now)
            .bind(run.blob())
            .execute(write.connection())
            .await?;
    }
    Ok(())
}

pub(super) async fn uncertified(
    read: &mut SqliteConnection,
    department: Option<DepartmentId>,
) -> Result<Vec<Uncertified>, StoreError> {
    let rows = sqlx::query(UNCERTIFIED)
        .bind(department.as_ref().map(|id| id.blob()))
        .fetch_all(&mut *read)
        .await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        let id = row.id("id")?;
        let items = items(&mut *read, id).await?;
        found.push(Uncertified {
            id,
            department: row.id("department_id")?,
            is_closed: row.time_opt("closed_at")?.is_some(),
            freed: items.into_iter().flat_map(|item| item.removed).collect(),
        });
    }
    Ok(found)
}

pub(super) async fn certify(
    write: &mut Write,
    id: DeletionId,
    in_use: &BTreeSet<Sha256>,
    key: &AuditKey,
) -> Result<Certificate, StoreError> {
    let row = get(write.connection(), id).await?;
    if let Some(certificate) = row.json_opt("certificate_json")? {
        return Ok(certificate);
    }
    let ended_at = row.time_opt("closed_at")?.ok_or(StoreError::Locked)?;
    let mut items = items(write.connection(), id).await?;
    for item in &mut items {
        let (again, gone) = item
            .removed
            .drain(..)
            .partition(|blob: &BlobRef| in_use.contains(&blob.sha256));
        item.removed = gone;
        item.shared.extend(again);
    }
    let department: DepartmentId = row.id("department_id")?;
    let (sequence, hash) = audit::head(write.connection()).await?;
    let body = CertificateBody {
        id,
        department,
        department_name: row.text("department_name")?,
        by: row.id_opt("user_id")?,
        begun_at: row.time("begun_at")?,
        ended_at,
        issued_at: write.now,
        items,
        method: method_ja(),
        remains: remains_ja(),
        head: ChainHead { sequence, hash },
    };
    let certificate = Certificate::sign(body, key)?;
    audit::append(write, Who::system(department), CERTIFIED, &certificate.subject()).await?;
    sqlx::query(KEEP)
        .bind(json(&certificate))
        .bind(id.blob())
        .execute(write.connection())
        .await?;
    sqlx::query(DROP_ITEMS)
        .bind(id.blob())
        .execute(write.connection())
        .await?;
    Ok(certificate)
}

pub(super) async fn certificates(
    read: &mut SqliteConnection,
    actor: &Actor,
    before: Option<DeletionId>,
    rows: u32,
) -> Result<Listed<CertificateRow>, StoreError> {
    let found = sqlx::query(LISTED)
        .bind(actor.department.blob())
        .bind(before.as_ref().map(|id| id.blob()))
        .bind(i64::from(rows) + 1)
        .fetch_all(read)
        .await?;
    let listed = found.iter().take(rows as usize).map(|row| {
        Ok(CertificateRow {
            id: row.id("id")?,
            by: row.id_opt("user_id")?,
            begun_at: row.time("begun_at")?,
            ended_at: row.time("closed_at")?,
            items: row.u64("items")?,
        })
    });
    Ok(Listed {
        rows: listed.collect::<Result<_, StoreError>>()?,
        more: found.len() > rows as usize,
    })
}

pub(super) async fn certificate(
    read: &mut SqliteConnection,
    actor: &Actor,
    id: DeletionId,
) -> Result<Certificate, StoreError> {
    let row = sqlx::query(CERTIFICATE)
        .bind(id.blob())
        .bind(actor.department.blob())
        .fetch_optional(read)
        .await?;
    row.ok_or(StoreError::NotFound)?.json("certificate_json")
}

async fn get(read: &mut SqliteConnection, id: DeletionId) -> Result<SqliteRow, StoreError> {
    let row = sqlx::query(GET).bind(id.blob()).fetch_optional(read).await?;
    row.ok_or(StoreError::NotFound)
}

async fn items(read: &mut SqliteConnection, id: DeletionId) -> Result<Vec<DeletedItem>, StoreError> {
    let rows = sqlx::query(ITEMS).bind(id.blob()).fetch_all(read).await?;
    rows.iter().map(|row| row.json("item_json")).collect()
}
