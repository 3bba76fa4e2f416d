//! SQL of the list of sources, page by page in the order of their titles.

use shoki_core::id::{DepartmentId, SourceId};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::super::value::Id as _;
use super::reading::{self, source_columns, to_source, visible};
use crate::corpus_model::Source;
use crate::error::StoreError;
use crate::model::Listed;

const PAGE: &str = concat!(
    "SELECT ",
    source_columns!(),
    " FROM sources WHERE ",
    visible!(),
    " AND (?2 IS NULL OR (sources.title, sources.id) > (SELECT title, id FROM sources WHERE id = ?2))
     ORDER BY sources.title, sources.id LIMIT ?3"
);

/// The page after a source that the reader may see; `NotFound` when it is gone.
pub(super) async fn page(
    read: &mut SqliteConnection,
    reader: DepartmentId,
    after: Option<SourceId>,
    rows: u32,
) -> Result<Listed<Source>, StoreError> {
    if let Some(after) = after {
        reading::source(&mut *read, reader, after).await?;
    }
    let found = sqlx::query(PAGE)
        .bind(reader.blob())
        .bind(after.as_ref().map(|id| id.blob()))
        .bind(i64::from(rows) + 1)
        .fetch_all(read)
        .await?;
    listed(&found, rows, to_source)
}

/// A page of rows that were asked for with one more, which says whether there are more.
pub(super) fn listed<T>(
    found: &[SqliteRow],
    rows: u32,
    read: impl Fn(&SqliteRow) -> Result<T, StoreError>,
) -> Result<Listed<T>, StoreError> {
    let more = found.len() > rows as usize;
    let rows = found.iter().take(rows as usize).map(read);
    Ok(Listed {
        rows: rows.collect::<Result<_, _>>()?,
        more,
    })
}
