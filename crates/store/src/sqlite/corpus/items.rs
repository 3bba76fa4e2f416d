//! SQL of finding passages by key and items by name: what a question does most.
//!
//! Promise: what a 課 may not see is cut off by the statement itself, never afterwards.

use std::collections::HashMap;

use shoki_core::corpus::{PassageKey, PassageKind, ReaderScope};
use shoki_core::id::{DepartmentId, RevisionId};
use sqlx::sqlite::SqliteConnection;

use super::super::value::{Columns as _, Id as _, day, json};
use super::reading::{
    in_force, passage_columns, placed_columns, revision_columns, source_columns, to_placed, visible,
};
use crate::corpus_model::{ItemName, PlacedPassage};
use crate::error::StoreError;

/// The passages of the keys bound as `?2`, see [`wanted`]: one statement, because each costs two changes of
/// thread, and a question reads a hundred passages.
pub(in super::super) const PLACED: &str = concat!(
    "SELECT ",
    placed_columns!(),
    " FROM json_each(?2) AS wanted
      CROSS JOIN passages ON passages.revision_id = unhex(wanted.value ->> 0)
                         AND passages.ordinal = wanted.value ->> 1
      CROSS JOIN revisions ON revisions.id = passages.revision_id
      CROSS JOIN sources ON sources.id = revisions.source_id WHERE ",
    visible!()
);
pub(in super::super) const ITEMS: &str =
    "SELECT ordinal, kind, item FROM passages WHERE revision_id = ?1 ORDER BY ordinal";
/// `CROSS JOIN` fixes the order: sources, their revisions, the item by its index. Left to itself the planner
/// walks over every passage, 12 ms at 20,000 of them.
const NAMED: &str = concat!(
    "SELECT passages.revision_id, passages.ordinal
     FROM sources CROSS JOIN revisions ON revisions.source_id = sources.id
     CROSS JOIN passages ON passages.revision_id = revisions.id AND passages.item = ?3 WHERE ",
    visible!(),
    " AND ",
    in_force!(),
    " AND passages.kind IN (SELECT value FROM json_each(?4))
      AND (?5 IS NULL OR sources.key IN (SELECT value FROM json_each(?5)))
      ORDER BY passages.revision_id, passages.ordinal"
);

pub(super) async fn revision_items(
    read: &mut SqliteConnection,
    revision: RevisionId,
) -> Result<Vec<ItemName>, StoreError> {
    let rows = sqlx::query(ITEMS).bind(revision.blob()).fetch_all(read).await?;
    rows.iter()
        .map(|row| {
            Ok(ItemName {
                ordinal: row.u32("ordinal")?,
                kind: row.name("kind")?,
                item: row.text("item")?,
            })
        })
        .collect()
}

pub(super) async fn placed(
    read: &mut SqliteConnection,
    reader: DepartmentId,
    keys: &[PassageKey],
) -> Result<Vec<PlacedPassage>, StoreError> {
    let rows = sqlx::query(PLACED)
        .bind(reader.blob())
        .bind(wanted(keys))
        .fetch_all(read)
        .await?;
    let mut placed: HashMap<PassageKey, PlacedPassage> = HashMap::with_capacity(rows.len());
    for row in &rows {
        let one = to_placed(row)?;
        placed.insert(one.key, one);
    }
    Ok(keys.iter().filter_map(|key| placed.remove(key)).collect())
}

/// Keys as the statements above take them: `[[revision in hexadecimal, ordinal], …]`.
pub(super) fn wanted(keys: &[PassageKey]) -> String {
    let keys: Vec<(String, u32)> = keys
        .iter()
        .map(|key| (key.revision.as_uuid().simple().to_string(), key.ordinal))
        .collect();
    json(&keys)
}

pub(super) async fn items_named(
    read: &mut SqliteConnection,
    scope: &ReaderScope,
    kinds: &[PassageKind],
    item: &str,
) -> Result<Vec<PassageKey>, StoreError> {
    let rows = sqlx::query(NAMED)
        .bind(scope.department.blob())
        .bind(day(scope.as_of))
        .bind(item)
        .bind(json(&kinds))
        .bind(scope.sources.as_ref().map(json))
        .fetch_all(read)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(PassageKey {
                revision: row.id("revision_id")?,
                ordinal: row.u32("ordinal")?,
            })
        })
        .collect()
}
