//! SQL of what becomes of an entry of a 課's FAQ: said anew, withdrawn, taken up again, and what it said before.
//!
//! Promise: a change is made to the version that its author saw, or not at all. Never: a version that goes before its
//! entry does.

use jiff::civil::Date;
use shoki_core::access::Actor;
use shoki_core::id::FaqId;
use sqlx::sqlite::SqliteConnection;

use super::super::audit::{self, Who};
use super::super::connection::Write;
use super::super::value::{Columns as _, Id as _};
use super::shelf;
use crate::corpus_model::{Faq, FaqChange, FaqVersion};
use crate::error::StoreError;

const CHANGE: &str =
    "UPDATE faq SET question = ?, answer = ?, withdrawn = ?, version = version + 1 WHERE id = ?";
const KEEP: &str = "INSERT INTO faq_versions (faq_id, version, question, answer, withdrawn, user_id, at)
     SELECT id, version, question, answer, withdrawn, ?, ? FROM faq WHERE id = ?";
const ALL: &str = "SELECT faq_versions.*, users.name AS author
     FROM faq_versions JOIN faq ON faq.id = faq_versions.faq_id JOIN users ON users.id = faq_versions.user_id
     WHERE faq.department_id = ? AND faq.id = ? ORDER BY faq_versions.version DESC";

/// Keeps what an entry says now as its present version.
pub(super) async fn keep(write: &mut Write, actor: &Actor, id: FaqId) -> Result<(), StoreError> {
    let now = write.now_micros();
    sqlx::query(KEEP)
        .bind(actor.user.blob())
        .bind(now)
        .bind(id.blob())
        .execute(write.connection())
        .await?;
    Ok(())
}

pub(super) async fn change(
    write: &mut Write,
    actor: &Actor,
    id: FaqId,
    seen: u64,
    change: FaqChange,
    date: Date,
) -> Result<Faq, StoreError> {
    let present = shelf::one(write.connection(), actor.department, date, id).await?;
    if present.version != seen {
        return Err(StoreError::VersionChanged {
            current: present.version,
        });
    }
    let question = change.question.unwrap_or_else(|| present.question.clone());
    let answer = change.answer.unwrap_or_else(|| present.answer.clone());
    let withdrawn = change.withdrawn.unwrap_or(present.withdrawn);
    if question == present.question && answer == present.answer && withdrawn == present.withdrawn {
        return Ok(present);
    }
    sqlx::query(CHANGE)
        .bind(question)
        .bind(answer)
        .bind(withdrawn)
        .bind(id.blob())
        .execute(write.connection())
        .await?;
    keep(write, actor, id).await?;
    let action = match (present.withdrawn, withdrawn) {
        (false, true) => "faq.withdraw",
        (true, false) => "faq.restore",
        _ => "faq.change",
    };
    audit::append(write, Who::actor(actor), action, &id).await?;
    shelf::one(write.connection(), actor.department, date, id).await
}

pub(super) async fn history(
    read: &mut SqliteConnection,
    actor: &Actor,
    id: FaqId,
) -> Result<Vec<FaqVersion>, StoreError> {
    let rows = sqlx::query(ALL)
        .bind(actor.department.blob())
        .bind(id.blob())
        .fetch_all(read)
        .await?;
    if rows.is_empty() {
        return Err(StoreError::NotFound);
    }
    rows.iter()
        .map(|row| {
            Ok(FaqVersion {
                version: row.u64("version")?,
                question: row.text("question")?,
                answer: row.text("answer")?,
                withdrawn: row.u32("withdrawn")? == 1,
                user: row.id("user_id")?,
                author: row.text("author")?,
                at: row.time("at")?,
            })
        })
        .collect()
}
