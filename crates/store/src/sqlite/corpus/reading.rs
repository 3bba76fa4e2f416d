//! SQL of reading the law desk's texts.
//!
//! Promise: what a 課 may not see is cut off by the statement itself, never afterwards.

use std::collections::HashMap;
use std::ops::Range;

use jiff::civil::Date;
use shoki_core::corpus::{Passage, PassageKey, ReaderScope, RevisionHead, SourceHead, Visibility};
use shoki_core::id::{DepartmentId, RevisionId, SourceId};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::super::value::{Columns as _, Id as _, day, json};
use crate::corpus_model::{FullText, ItemName, LiveRevision, PlacedPassage, Revision, Source};
use crate::error::StoreError;

/// Which sources the 課 bound as `?1` may see.
macro_rules! visible {
    () => {
        "(sources.visibility = 'office' OR sources.department_id = ?1)"
    };
}

/// Which revisions are in force on the day bound as `?2`.
macro_rules! in_force {
    () => {
        "(revisions.state = 'live' AND (revisions.valid_from IS NULL OR revisions.valid_from <= ?2)
          AND (revisions.valid_to IS NULL OR ?2 < revisions.valid_to))"
    };
}

pub(super) use in_force;
pub(super) use visible;

/// The columns of a source beside another row's.
macro_rules! source_columns {
    () => {
        "sources.id AS source_id, sources.department_id AS source_department, sources.visibility,
         sources.key, sources.title, sources.number, sources.rank, sources.aliases_json"
    };
}

macro_rules! revision_columns {
    () => {
        "revisions.id AS revision_id, revisions.department_id, revisions.document_id, revisions.valid_from,
         revisions.valid_to, revisions.amendment, revisions.state, revisions.passages,
         revisions.faults_json, revisions.imported_at, revisions.change"
    };
}

macro_rules! passage_columns {
    () => {
        "passages.ordinal, passages.kind, passages.item, passages.label, passages.headings_json,
         passages.caption, passages.text, passages.segments_json, passages.page"
    };
}

macro_rules! select_placed {
    ($conditions:expr) => {
        concat!(
            "SELECT ",
            passage_columns!(),
            ", ",
            source_columns!(),
            ", ",
            revision_columns!(),
            " FROM passages JOIN revisions ON revisions.id = passages.revision_id
              JOIN sources ON sources.id = revisions.source_id WHERE ",
            visible!(),
            " AND ",
            $conditions
        )
    };
}

const SOURCES: &str = concat!(
    "SELECT ",
    source_columns!(),
    " FROM sources WHERE ",
    visible!(),
    " ORDER BY sources.title, sources.id"
);
const SOURCE: &str = concat!(
    "SELECT ",
    source_columns!(),
    " FROM sources WHERE ",
    visible!(),
    " AND sources.id = ?2"
);
const REVISIONS: &str = concat!(
    "SELECT sources.id AS source_id, ",
    revision_columns!(),
    " FROM revisions JOIN sources ON sources.id = revisions.source_id WHERE ",
    visible!(),
    " AND revisions.source_id = ?2 ORDER BY revisions.valid_from DESC, revisions.id DESC"
);
const VISIBLE_REVISION: &str = concat!(
    "SELECT 1 FROM revisions JOIN sources ON sources.id = revisions.source_id WHERE ",
    visible!(),
    " AND revisions.id = ?2"
);
pub(in super::super) const PASSAGES: &str = concat!(
    "SELECT ",
    passage_columns!(),
    " FROM passages WHERE revision_id = ?1 AND ordinal >= ?2 AND ordinal < ?3 ORDER BY ordinal"
);
pub(in super::super) const PASSAGE: &str =
    select_placed!("passages.revision_id = ?2 AND passages.ordinal = ?3");
/// The passages of the keys bound as `?2`, see [`wanted`]: one statement, because each costs two changes of
/// thread, and a question reads a hundred passages.
pub(in super::super) const PLACED: &str = concat!(
    "SELECT ",
    passage_columns!(),
    ", ",
    source_columns!(),
    ", ",
    revision_columns!(),
    " FROM json_each(?2) AS wanted
      CROSS JOIN passages ON passages.revision_id = unhex(wanted.value ->> 0)
                         AND passages.ordinal = wanted.value ->> 1
      CROSS JOIN revisions ON revisions.id = passages.revision_id
      CROSS JOIN sources ON sources.id = revisions.source_id WHERE ",
    visible!()
);
pub(in super::super) const ITEMS: &str = "SELECT ordinal, kind, item FROM passages WHERE revision_id = ?1 ORDER BY ordinal";
/// Passages of the source ?4 that fit a condition on the item. `CROSS JOIN` fixes the order: sources (few),
/// their revisions, the item. Left to itself the planner walks over every passage, 12 ms at 20,000 of them,
/// and a question asks for dozens of items.
macro_rules! select_items {
    ($item:expr) => {
        concat!(
            "SELECT ",
            passage_columns!(),
            ", ",
            source_columns!(),
            ", ",
            revision_columns!(),
            " FROM sources CROSS JOIN revisions ON revisions.source_id = sources.id
              CROSS JOIN passages ON passages.revision_id = revisions.id WHERE ",
            visible!(),
            " AND ",
            in_force!(),
            " AND ",
            $item,
            " AND (sources.key = ?4 OR sources.title = ?4
                   OR EXISTS (SELECT 1 FROM json_each(sources.aliases_json) WHERE value = ?4))
              AND (?5 IS NULL OR sources.key IN (SELECT value FROM json_each(?5)))
              AND (?6 OR passages.kind <> 'supplementary')
              ORDER BY passages.kind = 'supplementary', sources.visibility, sources.id, passages.ordinal"
        )
    };
}
const ITEM_AS_OF: &str = concat!(select_items!("passages.item = ?3"), " LIMIT 1");
/// The deleted ranges (`67:68`) of a source: the item is looked for when no passage bears its name.
const RANGES_AS_OF: &str = select_items!("?3 GLOB '[0-9]*' AND passages.item GLOB '[0-9]*:[0-9]*'");
pub(in super::super) const IN_FORCE: &str = concat!(
    "SELECT sources.id AS source_id, ",
    revision_columns!(),
    " FROM revisions JOIN sources ON sources.id = revisions.source_id WHERE ",
    visible!(),
    " AND ",
    in_force!(),
    " AND revisions.source_id = ?3"
);
pub(in super::super) const LAST_CHANGE: &str = "SELECT change FROM corpus_changes WHERE only = 1";
const LIVE: &str = concat!(
    "SELECT ",
    source_columns!(),
    ", ",
    revision_columns!(),
    " FROM revisions JOIN sources ON sources.id = revisions.source_id
      WHERE revisions.state = 'live' ORDER BY revisions.change, revisions.id"
);

pub(super) async fn sources(
    read: &mut SqliteConnection,
    reader: DepartmentId,
) -> Result<Vec<Source>, StoreError> {
    let rows = sqlx::query(SOURCES).bind(reader.blob()).fetch_all(read).await?;
    rows.iter().map(to_source).collect()
}

pub(super) async fn source(
    read: &mut SqliteConnection,
    reader: DepartmentId,
    id: SourceId,
) -> Result<Source, StoreError> {
    let row = sqlx::query(SOURCE)
        .bind(reader.blob())
        .bind(id.blob())
        .fetch_optional(read)
        .await?
        .ok_or(StoreError::NotFound)?;
    to_source(&row)
}

pub(super) async fn revisions(
    read: &mut SqliteConnection,
    reader: DepartmentId,
    id: SourceId,
) -> Result<Vec<Revision>, StoreError> {
    source(read, reader, id).await?;
    let rows = sqlx::query(REVISIONS)
        .bind(reader.blob())
        .bind(id.blob())
        .fetch_all(read)
        .await?;
    rows.iter().map(to_revision).collect()
}

pub(super) async fn passages(
    read: &mut SqliteConnection,
    reader: DepartmentId,
    revision: RevisionId,
    range: Range<u32>,
) -> Result<Vec<Passage>, StoreError> {
    sqlx::query(VISIBLE_REVISION)
        .bind(reader.blob())
        .bind(revision.blob())
        .fetch_optional(&mut *read)
        .await?
        .ok_or(StoreError::NotFound)?;
    passages_in(read, revision, range).await
}

async fn passages_in(
    read: &mut SqliteConnection,
    revision: RevisionId,
    range: Range<u32>,
) -> Result<Vec<Passage>, StoreError> {
    let rows = sqlx::query(PASSAGES)
        .bind(revision.blob())
        .bind(range.start)
        .bind(range.end)
        .fetch_all(read)
        .await?;
    rows.iter().map(to_passage).collect()
}

pub(super) async fn revision_passages(
    read: &mut SqliteConnection,
    revision: RevisionId,
) -> Result<Vec<Passage>, StoreError> {
    passages_in(read, revision, 0..u32::MAX).await
}

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

pub(super) async fn passage(
    read: &mut SqliteConnection,
    reader: DepartmentId,
    key: PassageKey,
) -> Result<PlacedPassage, StoreError> {
    let row = sqlx::query(PASSAGE)
        .bind(reader.blob())
        .bind(key.revision.blob())
        .bind(key.ordinal)
        .fetch_optional(read)
        .await?
        .ok_or(StoreError::NotFound)?;
    to_placed(&row)
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

pub(super) async fn item_as_of(
    read: &mut SqliteConnection,
    scope: &ReaderScope,
    source: &str,
    item: &str,
) -> Result<Option<PlacedPassage>, StoreError> {
    let sources = scope.sources.as_ref().map(json);
    let query = |statement| {
        sqlx::query(statement)
            .bind(scope.department.blob())
            .bind(day(scope.as_of))
            .bind(item)
            .bind(source)
            .bind(sources.clone())
            .bind(scope.supplementary)
    };
    if let Some(row) = query(ITEM_AS_OF).fetch_optional(&mut *read).await? {
        return to_placed(&row).map(Some);
    }
    for row in query(RANGES_AS_OF).fetch_all(read).await? {
        let placed = to_placed(&row)?;
        if placed.passage.is_item(item) {
            return Ok(Some(placed));
        }
    }
    Ok(None)
}

pub(super) async fn full_text(
    read: &mut SqliteConnection,
    reader: DepartmentId,
    id: SourceId,
    date: Date,
) -> Result<FullText, StoreError> {
    let source = source(read, reader, id).await?;
    let row = sqlx::query(IN_FORCE)
        .bind(reader.blob())
        .bind(day(date))
        .bind(id.blob())
        .fetch_optional(&mut *read)
        .await?
        .ok_or(StoreError::NotFound)?;
    let revision = to_revision(&row)?;
    let passages = revision_passages(read, revision.id).await?;
    Ok(FullText {
        source,
        revision,
        passages,
    })
}

pub(super) async fn last_change(read: &mut SqliteConnection) -> Result<u64, StoreError> {
    let row = sqlx::query(LAST_CHANGE).fetch_one(read).await?;
    row.u64("change")
}

pub(super) async fn live_revisions(read: &mut SqliteConnection) -> Result<Vec<LiveRevision>, StoreError> {
    let rows = sqlx::query(LIVE).fetch_all(read).await?;
    rows.iter()
        .map(|row| {
            Ok(LiveRevision {
                revision: to_revision(row)?,
                source: to_source(row)?,
                change: row.u64("change")?,
            })
        })
        .collect()
}

fn to_source(row: &SqliteRow) -> Result<Source, StoreError> {
    let visibility: Visibility = row.name("visibility")?;
    Ok(Source {
        id: row.id("source_id")?,
        department: row.id("source_department")?,
        visibility,
        head: SourceHead {
            key: row.text("key")?,
            title: row.text("title")?,
            number: row.text_opt("number")?,
            aliases: row.json("aliases_json")?,
            rank: row.name("rank")?,
        },
    })
}

fn to_times(row: &SqliteRow) -> Result<RevisionHead, StoreError> {
    Ok(RevisionHead {
        valid_from: row.day_opt("valid_from")?,
        valid_to: row.day_opt("valid_to")?,
        amendment: row.text_opt("amendment")?,
    })
}

fn to_revision(row: &SqliteRow) -> Result<Revision, StoreError> {
    Ok(Revision {
        id: row.id("revision_id")?,
        source: row.id("source_id")?,
        department: row.id("department_id")?,
        document: row.id_opt("document_id")?,
        head: to_times(row)?,
        state: row.name("state")?,
        passages: row.u32("passages")?,
        faults: row.json("faults_json")?,
        imported_at: row.time("imported_at")?,
    })
}

fn to_placed(row: &SqliteRow) -> Result<PlacedPassage, StoreError> {
    let passage = to_passage(row)?;
    Ok(PlacedPassage {
        key: PassageKey {
            revision: row.id("revision_id")?,
            ordinal: passage.ordinal,
        },
        source: to_source(row)?,
        revision: to_times(row)?,
        passage,
    })
}

fn to_passage(row: &SqliteRow) -> Result<Passage, StoreError> {
    Ok(Passage {
        ordinal: row.u32("ordinal")?,
        kind: row.name("kind")?,
        item: row.text("item")?,
        label: row.text("label")?,
        headings: row.json("headings_json")?,
        caption: row.text_opt("caption")?,
        text: row.text("text")?,
        segments: row.json("segments_json")?,
        page: row.u32_opt("page")?,
    })
}
