//! SQL of the forms that a 課 defines itself: the copy that is worked on, its versions, what was in use when.
//!
//! Versions and uses are only ever added. A form of another 課 does not exist for the asker.

use shoki_core::access::Actor;
use shoki_core::digest::Sha256;
use shoki_core::form::FormDefinition;
use shoki_core::id::DepartmentId;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::audit::{self, Who};
use super::connection::{Write, is_unique_violation};
use super::form_shares;
#[cfg(feature = "contract")]
use super::snapshot::{Kind, Table};
use super::value::{Columns as _, Id as _, digest, integer, json};
use crate::error::StoreError;
use crate::form_store::{FormUse, FormVersion, OfficeForm};

const CREATE: &str =
    "INSERT INTO office_forms (id, department_id, version, definition_json, blank_sha256, created_at,
         updated_at, updated_by) VALUES (?, ?, 1, ?, ?, ?, ?, ?)";
const KEEP_BLANK: &str = "INSERT INTO form_blanks (form_id, sha256, png) VALUES (?, ?, ?)";
const BLANK: &str = "SELECT png FROM form_blanks WHERE form_id = ? AND sha256 = ?";
const ALL: &str = "SELECT office_forms.*,
         (SELECT uses.version FROM form_uses AS uses WHERE uses.form_id = office_forms.id
          AND uses.department_id = office_forms.department_id ORDER BY uses.sequence DESC LIMIT 1) AS in_use,
         (SELECT coalesce(max(versions.version), 0) FROM form_versions AS versions
          WHERE versions.form_id = office_forms.id) AS published
     FROM office_forms WHERE department_id = ? AND (?2 IS NULL OR id = ?2) ORDER BY id";
const SAVE: &str = "UPDATE office_forms SET version = version + 1, definition_json = ?, updated_at = ?,
         updated_by = ? WHERE id = ?";
const ADD_VERSION: &str =
    "INSERT INTO form_versions (form_id, version, definition_json, blank_sha256) VALUES (?, ?, ?, ?)";
const HAS_VERSION: &str = "SELECT 1 FROM form_versions WHERE form_id = ? AND version = ?";
const NEXT_USE: &str =
    "SELECT coalesce(max(sequence), 0) + 1 AS sequence FROM form_uses WHERE department_id = ?";
const ADD_USE: &str = "INSERT INTO form_uses (department_id, sequence, form_id, version, at, user_id, note)
     VALUES (?, ?, ?, ?, ?, ?, ?)";
const USES: &str = "SELECT form_uses.*, versions.definition_json, versions.blank_sha256
     FROM form_uses LEFT JOIN form_versions AS versions
       ON versions.form_id = form_uses.form_id AND versions.version = form_uses.version
     WHERE (?1 IS NULL OR form_uses.form_id = ?1) AND (?2 IS NULL OR form_uses.department_id = ?2)
     ORDER BY department_id, sequence";
const DELETE: &str = "DELETE FROM office_forms WHERE id = ?";

#[cfg(feature = "contract")]
pub(super) const TABLES: [Table; 4] = [
    (
        "office_forms",
        "id",
        &[
            ("id", Kind::Text),
            ("department_id", Kind::Id),
            ("version", Kind::Number),
            ("definition_json", Kind::Json),
            ("blank_sha256", Kind::Digest),
            ("created_at", Kind::Time),
            ("updated_at", Kind::Time),
            ("updated_by", Kind::Id),
        ],
    ),
    (
        "form_blanks",
        "form_id, sha256",
        &[
            ("form_id", Kind::Text),
            ("sha256", Kind::Digest),
            ("png", Kind::Bytes),
        ],
    ),
    (
        "form_versions",
        "form_id, version",
        &[
            ("form_id", Kind::Text),
            ("version", Kind::Number),
            ("definition_json", Kind::Json),
            ("blank_sha256", Kind::Digest),
        ],
    ),
    (
        "form_uses",
        "department_id, sequence",
        &[
            ("department_id", Kind::Id),
            ("sequence", Kind::Number),
            ("form_id", Kind::Text),
            ("version", Kind::Number),
            ("at", Kind::Time),
            ("user_id", Kind::Id),
            ("note", Kind::Text),
        ],
    ),
];

pub(super) async fn create(
    write: &mut Write,
    actor: &Actor,
    definition: &FormDefinition,
    blank_png: &[u8],
) -> Result<OfficeForm, StoreError> {
    let (now, blank) = (write.now_micros(), Sha256::of(blank_png));
    sqlx::query(CREATE)
        .bind(&definition.id)
        .bind(actor.department.blob())
        .bind(json(definition))
        .bind(digest(&blank))
        .bind(now)
        .bind(now)
        .bind(actor.user.blob())
        .execute(write.connection())
        .await
        .map_err(|error| {
            if is_unique_violation(&error) {
                StoreError::AlreadyExists("form")
            } else {
                error.into()
            }
        })?;
    sqlx::query(KEEP_BLANK)
        .bind(&definition.id)
        .bind(digest(&blank))
        .bind(blank_png)
        .execute(write.connection())
        .await?;
    audit::append(write, Who::actor(actor), "form.create", &definition.id).await?;
    one(write.connection(), actor, &definition.id).await
}

pub(super) async fn all(read: &mut SqliteConnection, actor: &Actor) -> Result<Vec<OfficeForm>, StoreError> {
    of(read, actor, None).await
}

pub(super) async fn one(
    read: &mut SqliteConnection,
    actor: &Actor,
    id: &str,
) -> Result<OfficeForm, StoreError> {
    of(read, actor, Some(id)).await?.pop().ok_or(StoreError::NotFound)
}

async fn of(
    read: &mut SqliteConnection,
    actor: &Actor,
    id: Option<&str>,
) -> Result<Vec<OfficeForm>, StoreError> {
    let rows = sqlx::query(ALL)
        .bind(actor.department.blob())
        .bind(id)
        .fetch_all(read)
        .await?;
    rows.iter().map(form_of).collect()
}

fn form_of(row: &SqliteRow) -> Result<OfficeForm, StoreError> {
    Ok(OfficeForm {
        id: row.text("id")?,
        version: row.u64("version")?,
        definition: row.json("definition_json")?,
        blank: row.sha256("blank_sha256")?,
        updated_at: row.time("updated_at")?,
        updated_by: row.id("updated_by")?,
        in_use: row.u32_opt("in_use")?,
        published: row.u32("published")?,
    })
}

pub(super) async fn blank(
    read: &mut SqliteConnection,
    id: &str,
    sha256: &Sha256,
) -> Result<Vec<u8>, StoreError> {
    let row = sqlx::query(BLANK)
        .bind(id)
        .bind(digest(sha256))
        .fetch_optional(read)
        .await?;
    row.ok_or(StoreError::NotFound)?.bytes("png")
}

/// The form, if it is at this version.
async fn at(write: &mut Write, actor: &Actor, id: &str, expected: u64) -> Result<OfficeForm, StoreError> {
    let form = one(write.connection(), actor, id).await?;
    if form.version == expected {
        Ok(form)
    } else {
        Err(StoreError::VersionChanged {
            current: form.version,
        })
    }
}

pub(super) async fn save(
    write: &mut Write,
    actor: &Actor,
    id: &str,
    expected: u64,
    definition: &FormDefinition,
) -> Result<OfficeForm, StoreError> {
    at(write, actor, id, expected).await?;
    let now = write.now_micros();
    sqlx::query(SAVE)
        .bind(json(definition))
        .bind(now)
        .bind(actor.user.blob())
        .bind(id)
        .execute(write.connection())
        .await?;
    audit::append(write, Who::actor(actor), "form.save", &id).await?;
    one(write.connection(), actor, id).await
}

pub(super) async fn publish(
    write: &mut Write,
    actor: &Actor,
    id: &str,
    expected: u64,
    note: &str,
) -> Result<FormUse, StoreError> {
    let form = at(write, actor, id, expected).await?;
    let mut definition = form.definition;
    definition.version = form.published + 1;
    sqlx::query(ADD_VERSION)
        .bind(id)
        .bind(definition.version)
        .bind(json(&definition))
        .bind(digest(&form.blank))
        .execute(write.connection())
        .await?;
    let subject = format!("{id}/{}", definition.version);
    audit::append(write, Who::actor(actor), "form.publish", &subject).await?;
    take_into_use(write, actor, id, Some(definition.version), note).await
}

pub(super) async fn take_into_use(
    write: &mut Write,
    actor: &Actor,
    id: &str,
    version: Option<u32>,
    note: &str,
) -> Result<FormUse, StoreError> {
    one(write.connection(), actor, id).await?;
    if let Some(version) = version {
        sqlx::query(HAS_VERSION)
            .bind(id)
            .bind(version)
            .fetch_optional(write.connection())
            .await?
            .ok_or(StoreError::NotFound)?;
    }
    let subject = version.map_or_else(|| format!("{id}/-"), |version| format!("{id}/{version}"));
    audit::append(write, Who::actor(actor), "form.use", &subject).await?;
    let taken = use_in(write, actor, actor.department, id, version, note).await?;
    form_shares::follow(write, actor, id, version, note).await?;
    Ok(taken)
}

/// Notes what a 課 has in use of a form from here on: the form's own, or one that it is shared with.
pub(super) async fn use_in(
    write: &mut Write,
    actor: &Actor,
    department: DepartmentId,
    id: &str,
    version: Option<u32>,
    note: &str,
) -> Result<FormUse, StoreError> {
    let next = sqlx::query(NEXT_USE)
        .bind(department.blob())
        .fetch_one(write.connection())
        .await?;
    let (sequence, now) = (next.u64("sequence")?, write.now_micros());
    sqlx::query(ADD_USE)
        .bind(department.blob())
        .bind(integer(sequence))
        .bind(id)
        .bind(version)
        .bind(now)
        .bind(actor.user.blob())
        .bind(note)
        .execute(write.connection())
        .await?;
    let mut uses = uses(write.connection(), Some((id, department))).await?;
    uses.pop().ok_or(StoreError::NotFound)
}

pub(super) async fn history(
    read: &mut SqliteConnection,
    actor: &Actor,
    id: &str,
) -> Result<Vec<FormUse>, StoreError> {
    one(&mut *read, actor, id).await?;
    let mut uses = uses(read, Some((id, actor.department))).await?;
    uses.reverse();
    Ok(uses)
}

pub(super) async fn all_uses(read: &mut SqliteConnection) -> Result<Vec<FormUse>, StoreError> {
    uses(read, None).await
}

/// Of one form in one 課, or all.
async fn uses(
    read: &mut SqliteConnection,
    of: Option<(&str, DepartmentId)>,
) -> Result<Vec<FormUse>, StoreError> {
    let rows = sqlx::query(USES)
        .bind(of.map(|(id, _)| id))
        .bind(of.map(|(_, department)| department.blob().to_vec()))
        .fetch_all(read)
        .await?;
    rows.iter().map(use_of).collect()
}

fn use_of(row: &SqliteRow) -> Result<FormUse, StoreError> {
    let version = match row.u32_opt("version")? {
        None => None,
        Some(_) => Some(FormVersion {
            definition: row.json("definition_json")?,
            blank: row.sha256("blank_sha256")?,
        }),
    };
    Ok(FormUse {
        sequence: row.u64("sequence")?,
        department: row.id("department_id")?,
        form: row.text("form_id")?,
        version,
        at: row.time("at")?,
        by: row.id("user_id")?,
        note: row.text("note")?,
    })
}

pub(super) async fn delete(write: &mut Write, actor: &Actor, id: &str) -> Result<(), StoreError> {
    let form = one(write.connection(), actor, id).await?;
    if form.published > 0 {
        return Err(StoreError::AlreadyExists("version"));
    }
    sqlx::query(DELETE).bind(id).execute(write.connection()).await?;
    audit::append(write, Who::actor(actor), "form.delete", &id).await?;
    Ok(())
}
