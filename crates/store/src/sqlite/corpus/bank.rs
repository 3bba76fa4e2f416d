//! SQL of what the office changed of the bank of known questions.

use shoki_core::id::{BankEntryId, DepartmentId};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::super::audit::{self, Who};
use super::super::connection::Write;
use super::super::value::{Columns as _, Id as _};
use crate::corpus_model::{AddedQuestion, BankChange};
use crate::error::StoreError;

const ALL: &str = "SELECT * FROM bank_entries ORDER BY id";
/// Saying it again changes nothing.
const KEEP: &str = "INSERT INTO bank_entries
         (id, question, source_title, item, seen, user_id, department_id, at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING";
const UNDO: &str = "DELETE FROM bank_entries WHERE id = ?";

pub(super) async fn changes(read: &mut SqliteConnection) -> Result<Vec<BankChange>, StoreError> {
    let rows = sqlx::query(ALL).fetch_all(read).await?;
    rows.iter().map(from_row).collect()
}

pub(super) async fn change(
    write: &mut Write,
    who: Who,
    department: DepartmentId,
    change: &BankChange,
    despite: Option<&str>,
) -> Result<(), StoreError> {
    let now = write.now_micros();
    let (action, added) = match change {
        BankChange::Add(_, added) => ("question_bank.add", Some(added)),
        BankChange::Suppress(_) => ("question_bank.suppress", None),
        BankChange::Undo(_) => ("question_bank.undo", None),
    };
    let id = change.entry();
    if let BankChange::Undo(_) = change {
        let gone = sqlx::query(UNDO)
            .bind(id.blob())
            .execute(write.connection())
            .await?;
        if gone.rows_affected() == 0 {
            return Err(StoreError::NotFound);
        }
    } else {
        sqlx::query(KEEP)
            .bind(id.blob())
            .bind(added.map(|added| &added.question))
            .bind(added.map(|added| &added.title))
            .bind(added.map(|added| &added.item))
            .bind(added.map(|added| &added.seen))
            .bind(who.user.as_ref().map(|id| id.blob()))
            .bind(department.blob())
            .bind(now)
            .execute(write.connection())
            .await?;
    }
    audit::append(write, who, action, &id).await?;
    if let Some(reason) = despite {
        audit::append(
            write,
            who,
            "question_bank.despite_gate",
            &format!("{id}: {reason}"),
        )
        .await?;
    }
    Ok(())
}

fn from_row(row: &SqliteRow) -> Result<BankChange, StoreError> {
    let id: BankEntryId = row.id("id")?;
    let Some(question) = row.text_opt("question")? else {
        return Ok(BankChange::Suppress(id));
    };
    Ok(BankChange::Add(
        id,
        AddedQuestion {
            question,
            title: row.text("source_title")?,
            item: row.text("item")?,
            seen: row.text("seen")?,
        },
    ))
}
