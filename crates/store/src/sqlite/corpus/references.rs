//! SQL of the references between passages.

use std::collections::HashMap;

use shoki_core::corpus::{CitationEdge, PassageKey, ReaderScope};
use shoki_core::id::{DepartmentId, RevisionId};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::super::value::{Columns as _, Id as _, day, json};
use super::items::wanted;
use super::reading::{in_force, passage, visible};
use crate::error::StoreError;

/// Of the keys bound as `?2`, see [`wanted`].
pub(in super::super) const CITING: &str = concat!(
    "SELECT citations.* FROM json_each(?2) AS wanted
     CROSS JOIN citations ON citations.revision_id = unhex(wanted.value ->> 0)
                         AND citations.ordinal = wanted.value ->> 1
     CROSS JOIN revisions ON revisions.id = citations.revision_id
     CROSS JOIN sources ON sources.id = revisions.source_id WHERE ",
    visible!()
);
const EDGES: &str = "SELECT * FROM citations WHERE revision_id = ? ORDER BY position";
/// `min` makes the bare columns those of the row it is from (sqlite.org, "Bare columns in an aggregate
/// query"): the first of a passage's references of one relation.
const CITED_BY: &str = concat!(
    "SELECT citations.*, min(citations.position) FROM citations JOIN revisions ON revisions.id = citations.revision_id
     JOIN sources ON sources.id = revisions.source_id WHERE ",
    visible!(),
    " AND ",
    in_force!(),
    " AND citations.item = ?3 AND citations.source_title IN (SELECT value FROM json_each(?4))
      AND (?5 IS NULL OR sources.key IN (SELECT value FROM json_each(?5)))
      GROUP BY citations.revision_id, citations.ordinal, citations.relation
      ORDER BY CASE citations.relation WHEN 'applies_mutatis_mutandis' THEN 0 WHEN 'delegates' THEN 1
               ELSE 2 END, citations.revision_id, citations.ordinal
      LIMIT ?6"
);

pub(super) async fn citing(
    read: &mut SqliteConnection,
    reader: DepartmentId,
    keys: &[PassageKey],
) -> Result<Vec<(PassageKey, CitationEdge)>, StoreError> {
    let rows = sqlx::query(CITING)
        .bind(reader.blob())
        .bind(wanted(keys))
        .fetch_all(read)
        .await?;
    let mut of: HashMap<PassageKey, Vec<(u32, CitationEdge)>> = HashMap::new();
    for row in &rows {
        let (key, edge) = to_citing(row)?;
        of.entry(key).or_default().push((row.u32("position")?, edge));
    }
    let mut all = Vec::with_capacity(rows.len());
    for &key in keys {
        let mut edges = of.remove(&key).unwrap_or_default();
        edges.sort_by_key(|&(position, _)| position);
        all.extend(edges.into_iter().map(|(_, edge)| (key, edge)));
    }
    Ok(all)
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
    rows: u32,
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
        .bind(rows)
        .fetch_all(read)
        .await?;
    rows.iter().map(to_citing).collect()
}

fn to_citing(row: &SqliteRow) -> Result<(PassageKey, CitationEdge), StoreError> {
    let edge = to_edge(row)?;
    let from = PassageKey {
        revision: row.id("revision_id")?,
        ordinal: edge.from,
    };
    Ok((from, edge))
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
