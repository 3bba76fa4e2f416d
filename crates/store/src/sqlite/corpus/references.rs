//! SQL of the references between passages.

use shoki_core::corpus::{CitationEdge, PassageKey, ReaderScope};
use shoki_core::id::{DepartmentId, RevisionId};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::super::value::{Columns as _, Id as _, day, json};
use super::reading::{in_force, passage, visible};
use crate::error::StoreError;

pub(in super::super) const CITING: &str =
    "SELECT * FROM citations WHERE revision_id = ? AND ordinal = ? ORDER BY position";
const EDGES: &str = "SELECT * FROM citations WHERE revision_id = ? ORDER BY position";
const CITED_BY: &str = concat!(
    "SELECT citations.* FROM citations JOIN revisions ON revisions.id = citations.revision_id
     JOIN sources ON sources.id = revisions.source_id WHERE ",
    visible!(),
    " AND ",
    in_force!(),
    " AND citations.item = ?3 AND citations.source_title IN (SELECT value FROM json_each(?4))
      AND (?5 IS NULL OR sources.key IN (SELECT value FROM json_each(?5)))
      ORDER BY citations.revision_id, citations.position"
);

pub(super) async fn citing(
    read: &mut SqliteConnection,
    reader: DepartmentId,
    key: PassageKey,
) -> Result<Vec<CitationEdge>, StoreError> {
    passage(read, reader, key).await?;
    let rows = sqlx::query(CITING)
        .bind(key.revision.blob())
        .bind(key.ordinal)
        .fetch_all(read)
        .await?;
    rows.iter().map(to_edge).collect()
}

pub(super) async fn revision_edges(
    read: &mut SqliteConnection,
    revision: RevisionId,
) -> Result<Vec<CitationEdge>, StoreError> {
    let rows = sqlx::query(EDGES).bind(revision.blob()).fetch_all(read).await?;
    rows.iter().map(to_edge).collect()
}

pub(super) async fn cited_by(
    read: &mut SqliteConnection,
    scope: &ReaderScope,
    key: PassageKey,
) -> Result<Vec<(PassageKey, CitationEdge)>, StoreError> {
    let cited = passage(read, scope.department, key).await?;
    let mut names = cited.source.head.aliases;
    names.push(cited.source.head.title);
    let rows = sqlx::query(CITED_BY)
        .bind(scope.department.blob())
        .bind(day(scope.as_of))
        .bind(&cited.passage.item)
        .bind(json(&names))
        .bind(scope.sources.as_ref().map(json))
        .fetch_all(read)
        .await?;
    rows.iter()
        .map(|row| {
            let edge = to_edge(row)?;
            let from = PassageKey {
                revision: row.id("revision_id")?,
                ordinal: edge.from,
            };
            Ok((from, edge))
        })
        .collect()
}

fn to_edge(row: &SqliteRow) -> Result<CitationEdge, StoreError> {
    let place = |column| Ok::<usize, StoreError>(row.u32(column)? as usize);
    Ok(CitationEdge {
        from: row.u32("ordinal")?,
        span: place("span_start")?..place("span_end")?,
        source: row.text("source_title")?,
        item: row.text("item")?,
        paragraph: row.text_opt("paragraph")?,
        relation: row.name("relation")?,
    })
}
