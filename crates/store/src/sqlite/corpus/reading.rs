//! SQL of reading the law desk's texts.
//!
//! Promise: what a 課 may not see is cut off by the statement itself, never afterwards.

use std::ops::Range;

use jiff::civil::Date;
use shoki_core::corpus::{Passage, PassageKey, RevisionHead, SourceHead, Visibility};
use shoki_core::id::{DepartmentId, RevisionId, SourceId};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::super::value::{Columns as _, Id as _, day};
use crate::corpus_model::{FullText, LiveRevision, PlacedPassage, Revision, Source};
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

/// A passage with its source and revision, as [`to_placed`] reads it.
macro_rules! placed_columns {
    () => {
        concat!(
            passage_columns!(),
            ", ",
            source_columns!(),
            ", ",
            revision_columns!()
        )
    };
}

pub(super) use {in_force, passage_columns, placed_columns, revision_columns, source_columns, visible};

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
pub(in super::super) const PASSAGE: &str = concat!(
    "SELECT ",
    placed_columns!(),
    " FROM passages JOIN revisions ON revisions.id = passages.revision_id
      JOIN sources ON sources.id = revisions.source_id WHERE ",
    visible!(),
    " AND passages.revision_id = ?2 AND passages.ordinal = ?3"
);
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

pub(super) fn to_source(row: &SqliteRow) -> Result<Source, StoreError> {
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

pub(super) fn to_placed(row: &SqliteRow) -> Result<PlacedPassage, StoreError> {
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
