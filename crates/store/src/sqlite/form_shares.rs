//! SQL of forms that are shared between 課: with whom, and what the others have in use of them.
//!
//! Promises: another 課 uses what the owner uses, from the same transaction on, and can change nothing of it; a sharing
//! that is withdrawn takes the form out of use there and leaves what was read with it. Never: a form shared by
//! anybody but its 課.

use std::collections::BTreeSet;

use shoki_core::access::Actor;
use shoki_core::id::DepartmentId;
use sqlx::sqlite::SqliteConnection;

use super::audit::{self, Who};
use super::connection::Write;
use super::office_forms;
#[cfg(feature = "contract")]
use super::snapshot::{Kind, Table};
use super::value::{Columns as _, Id as _};
use crate::error::StoreError;
use crate::form_store::FormUse;

const SHARED_WITH: &str = "SELECT department_id FROM form_shares WHERE form_id = ? ORDER BY department_id";
const SHARE: &str = "INSERT INTO form_shares (form_id, department_id, at, user_id) VALUES (?, ?, ?, ?)";
const WITHDRAW: &str = "DELETE FROM form_shares WHERE form_id = ? AND department_id = ?";
const DEPARTMENT_EXISTS: &str = "SELECT 1 FROM departments WHERE id = ?";

#[cfg(feature = "contract")]
pub(super) const TABLE: Table = (
    "form_shares",
    "form_id, department_id",
    &[
        ("form_id", Kind::Text),
        ("department_id", Kind::Id),
        ("at", Kind::Time),
        ("user_id", Kind::Id),
    ],
);

/// The 課 that a form of the own 課 is shared with.
pub(super) async fn shared_with(
    read: &mut SqliteConnection,
    actor: &Actor,
    id: &str,
) -> Result<Vec<DepartmentId>, StoreError> {
    office_forms::one(&mut *read, actor, id).await?;
    of_form(read, id).await
}

async fn of_form(read: &mut SqliteConnection, id: &str) -> Result<Vec<DepartmentId>, StoreError> {
    let rows = sqlx::query(SHARED_WITH).bind(id).fetch_all(read).await?;
    rows.iter().map(|row| row.id("department_id")).collect()
}

/// Shares a form with exactly these 課, and says what they have in use of it from now on.
pub(super) async fn share(
    write: &mut Write,
    actor: &Actor,
    id: &str,
    departments: &[DepartmentId],
) -> Result<Vec<FormUse>, StoreError> {
    let form = office_forms::one(write.connection(), actor, id).await?;
    let wanted: BTreeSet<DepartmentId> = departments
        .iter()
        .copied()
        .filter(|department| *department != actor.department)
        .collect();
    let standing: BTreeSet<DepartmentId> = of_form(write.connection(), id).await?.into_iter().collect();
    let now = write.now_micros();
    let mut uses = Vec::new();
    for department in standing.difference(&wanted) {
        sqlx::query(WITHDRAW)
            .bind(id)
            .bind(department.blob())
            .execute(write.connection())
            .await?;
        audit::append(
            write,
            Who::actor(actor),
            "form.unshare",
            &format!("{id}/{department}"),
        )
        .await?;
        if form.in_use.is_some() {
            uses.push(office_forms::use_in(write, actor, *department, id, None, "").await?);
        }
    }
    for department in wanted.difference(&standing) {
        sqlx::query(DEPARTMENT_EXISTS)
            .bind(department.blob())
            .fetch_optional(write.connection())
            .await?
            .ok_or(StoreError::NotFound)?;
        sqlx::query(SHARE)
            .bind(id)
            .bind(department.blob())
            .bind(now)
            .bind(actor.user.blob())
            .execute(write.connection())
            .await?;
        audit::append(
            write,
            Who::actor(actor),
            "form.share",
            &format!("{id}/{department}"),
        )
        .await?;
        if form.in_use.is_some() {
            uses.push(office_forms::use_in(write, actor, *department, id, form.in_use, "").await?);
        }
    }
    Ok(uses)
}

/// What the 課 that a form is shared with have in use of it, now that its own has another version, or none.
pub(super) async fn follow(
    write: &mut Write,
    actor: &Actor,
    id: &str,
    version: Option<u32>,
    note: &str,
) -> Result<(), StoreError> {
    for department in of_form(write.connection(), id).await? {
        office_forms::use_in(write, actor, department, id, version, note).await?;
    }
    Ok(())
}
