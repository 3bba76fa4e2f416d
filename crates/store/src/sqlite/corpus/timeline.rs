//! SQL of a source's time line: which revision is in use from when to when.
//!
//! Promise: the time line follows from the revisions alone, whatever order they came in and whichever
//! were removed: of one first day the last import is live and the others are withdrawn; a live revision
//! ends where the next one begins, or earlier when its source says so.

use jiff::civil::Date;
use shoki_core::id::{RevisionId, SourceId};

use super::super::connection::Write;
use super::super::value::{Columns as _, Id as _, day, integer, name};
use crate::corpus_model::RevisionState;
use crate::error::StoreError;

/// NULL comes first in SQLite's order: it is the beginning of time.
const REVISIONS: &str = "SELECT id, valid_from, valid_to, stated_to, state, change FROM revisions
     WHERE source_id = ? ORDER BY valid_from, id";
const NEXT_CHANGE: &str = "UPDATE corpus_changes SET change = change + 1 RETURNING change";
const TOUCH: &str = "UPDATE revisions SET change = ? WHERE source_id = ?";
const SETTLE: &str = "UPDATE revisions SET valid_to = ?, state = ?, change = ? WHERE id = ?";

struct Entry {
    id: RevisionId,
    from: Option<Date>,
    to: Option<Date>,
    stated_to: Option<Date>,
    state: RevisionState,
    /// 0 for a revision that was made in this transaction.
    change: u64,
}

/// Counts a change: whoever keeps a picture of the corpus sees that it is old.
pub(super) async fn next_change(write: &mut Write) -> Result<u64, StoreError> {
    let row = sqlx::query(NEXT_CHANGE).fetch_one(write.connection()).await?;
    row.u64("change")
}

/// A source has another name, which its passages are found by: all its revisions count as changed.
pub(super) async fn renamed(write: &mut Write, source: SourceId) -> Result<(), StoreError> {
    let change = next_change(write).await?;
    sqlx::query(TOUCH)
        .bind(integer(change))
        .bind(source.blob())
        .execute(write.connection())
        .await?;
    Ok(())
}

/// Brings the time line of a source up to date; whether the source has any revision at all.
pub(super) async fn settle(write: &mut Write, source: SourceId) -> Result<bool, StoreError> {
    let rows = sqlx::query(REVISIONS)
        .bind(source.blob())
        .fetch_all(write.connection())
        .await?;
    let entries = rows
        .iter()
        .map(|row| {
            Ok(Entry {
                id: row.id("id")?,
                from: row.day_opt("valid_from")?,
                to: row.day_opt("valid_to")?,
                stated_to: row.day_opt("stated_to")?,
                state: row.name("state")?,
                change: row.u64("change")?,
            })
        })
        .collect::<Result<Vec<Entry>, StoreError>>()?;
    let change = next_change(write).await?;
    for (place, entry) in entries.iter().enumerate() {
        let replaced = entries.get(place + 1).is_some_and(|next| next.from == entry.from);
        let state = if replaced {
            RevisionState::Withdrawn
        } else {
            RevisionState::Live
        };
        let next = entries[place..]
            .iter()
            .find(|later| later.from != entry.from)
            .and_then(|later| later.from);
        let to = match (entry.stated_to, next) {
            (Some(stated), Some(next)) => Some(stated.min(next)),
            (stated, next) => stated.or(next),
        };
        if (to, state) == (entry.to, entry.state) && entry.change > 0 {
            continue;
        }
        sqlx::query(SETTLE)
            .bind(to.map(day))
            .bind(name(&state))
            .bind(integer(change))
            .bind(entry.id.blob())
            .execute(write.connection())
            .await?;
    }
    Ok(!entries.is_empty())
}
