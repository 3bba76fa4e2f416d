//! SQL of taking texts in and out.
//!
//! Promises: an import is whole or not there, with its audit event; a text that changes nothing makes no
//! revision; what a deleted document brought in leaves no row, no vector and no empty source behind.

use std::collections::HashSet;

use shoki_core::corpus::{CitationEdge, Passage, Visibility};
use shoki_core::digest::Sha256;
use shoki_core::id::{DepartmentId, DocumentId, RevisionId, SourceId};

use super::super::audit::{self, Who};
use super::super::connection::Write;
use super::super::documents;
use super::super::value::{Columns as _, Id as _, day, digest, integer, json, name};
use super::timeline;
use crate::corpus_model::{CorpusImport, RevisionChange};
use crate::error::StoreError;

const SOURCE_OF_OFFICE: &str = "SELECT id FROM sources WHERE visibility = 'office' AND key = ?1";
const SOURCE_OF_DEPARTMENT: &str =
    "SELECT id FROM sources WHERE visibility = 'department' AND key = ?1 AND department_id = ?2";
const MAKE_SOURCE: &str =
    "INSERT INTO sources (id, department_id, visibility, key, title, number, rank, aliases_json)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
const RENAME_SOURCE: &str = "UPDATE sources SET title = ?1, number = ?2, rank = ?3, aliases_json = ?4
     WHERE id = ?5 AND (title, number, rank, aliases_json) IS NOT (?1, ?2, ?3, ?4)";
const SAME_DAY: &str = "SELECT id, contents, passages FROM revisions
     WHERE source_id = ? AND valid_from IS ? AND state = 'live'";
const BEFORE: &str = "SELECT id FROM revisions
     WHERE source_id = ?1 AND state = 'live' AND (valid_from IS NULL OR valid_from <= ?2)
     ORDER BY valid_from DESC, id DESC LIMIT 1";
const MAKE_REVISION: &str =
    "INSERT INTO revisions (id, source_id, department_id, document_id, valid_from, valid_to, stated_to,
         amendment, state, contents, passages, faults_json, imported_at, change)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'live', ?, ?, ?, ?, 0)";
const ADD_PASSAGE: &str =
    "INSERT INTO passages (revision_id, ordinal, kind, item, label, headings_json, caption, text,
         segments_json, page, digest)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const ADD_CITATION: &str =
    "INSERT INTO citations (revision_id, position, ordinal, span_start, span_end, source_title, item,
         paragraph, relation)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
const DIGESTS: &str = "SELECT digest FROM passages WHERE revision_id = ?";
const SOURCES_OF_DOCUMENT: &str =
    "SELECT DISTINCT source_id FROM revisions WHERE document_id = ? ORDER BY source_id";
const REVISIONS_OF_DOCUMENT: &str = "SELECT id FROM revisions WHERE document_id = ?";
const OWN_SOURCE: &str = "SELECT 1 FROM sources WHERE id = ? AND department_id = ?";
const REVISIONS_OF_SOURCE: &str = "SELECT id FROM revisions WHERE source_id = ?";
const DROP_REVISION: &str = "DELETE FROM revisions WHERE id = ?";
const DROP_SOURCE: &str = "DELETE FROM sources WHERE id = ?";
/// Vectors of the revision's passages that no other revision of the same 課 has.
const DROP_VECTORS: &str = "DELETE FROM vectors
     WHERE department_id = (SELECT department_id FROM revisions WHERE id = ?1)
       AND digest IN (SELECT digest FROM passages WHERE revision_id = ?1)
       AND NOT EXISTS (
         SELECT 1 FROM passages JOIN revisions ON revisions.id = passages.revision_id
         WHERE passages.digest = vectors.digest AND revisions.department_id = vectors.department_id
           AND revisions.id <> ?1)";

/// Takes texts in for a 課; `document` must be one of its own.
pub(in super::super) async fn take_in(
    write: &mut Write,
    who: Who,
    department: DepartmentId,
    document: Option<DocumentId>,
    imports: Vec<CorpusImport>,
) -> Result<Vec<RevisionChange>, StoreError> {
    if let Some(document) = document {
        documents::must_exist(write.connection(), department, document).await?;
    }
    let mut changes = Vec::with_capacity(imports.len());
    for import in imports {
        changes.push(take_in_one(write, who, department, document, &import).await?);
    }
    Ok(changes)
}

async fn take_in_one(
    write: &mut Write,
    who: Who,
    department: DepartmentId,
    document: Option<DocumentId>,
    import: &CorpusImport,
) -> Result<RevisionChange, StoreError> {
    consistent(import)?;
    let source = source_for(write, department, import).await?;
    let contents = contents_of(import);
    let head = &import.text.revision;
    let same_day = sqlx::query(SAME_DAY)
        .bind(source.blob())
        .bind(head.valid_from.map(day))
        .fetch_optional(write.connection())
        .await?;
    let mut older = None;
    if let Some(row) = &same_day {
        let revision: RevisionId = row.id("id")?;
        if row.sha256("contents")? == contents {
            return Ok(RevisionChange {
                source,
                revision,
                new: false,
                passages: row.u32("passages")?,
                changed: 0,
                removed: 0,
            });
        }
        older = Some(revision);
    } else if let Some(from) = head.valid_from {
        older = sqlx::query(BEFORE)
            .bind(source.blob())
            .bind(day(from))
            .fetch_optional(write.connection())
            .await?
            .map(|row| row.id("id"))
            .transpose()?;
    }
    let revision = RevisionId::generate();
    let passages = u32::try_from(import.text.passages.len())
        .map_err(|_| StoreError::Inconsistent("more passages than can be numbered"))?;
    sqlx::query(MAKE_REVISION)
        .bind(revision.blob())
        .bind(source.blob())
        .bind(department.blob())
        .bind(document.as_ref().map(|id| id.blob()))
        .bind(head.valid_from.map(day))
        .bind(head.valid_to.map(day))
        .bind(head.valid_to.map(day))
        .bind(&head.amendment)
        .bind(digest(&contents))
        .bind(passages)
        .bind(json(&import.text.faults))
        .bind(write.now_micros())
        .execute(write.connection())
        .await?;
    let mut digests = HashSet::with_capacity(import.text.passages.len());
    for passage in &import.text.passages {
        let seen = passage.digest();
        add_passage(write, revision, passage, &seen).await?;
        digests.insert(seen);
    }
    for (position, edge) in (0_u64..).zip(&import.edges) {
        add_citation(write, revision, position, edge).await?;
    }
    let (changed, removed) = difference(write, older, &digests).await?;
    timeline::settle(write, source).await?;
    audit::append(write, who, "revision.import", &revision).await?;
    Ok(RevisionChange {
        source,
        revision,
        new: true,
        passages,
        changed,
        removed,
    })
}

/// What a caller may get wrong and a reader would trip over.
fn consistent(import: &CorpusImport) -> Result<(), StoreError> {
    let passages = &import.text.passages;
    if import.text.source.key.is_empty() {
        return Err(StoreError::Inconsistent("a source without a key"));
    }
    if !(0_u32..)
        .zip(passages)
        .all(|(ordinal, passage)| passage.ordinal == ordinal)
    {
        return Err(StoreError::Inconsistent(
            "passages are numbered from 0 without gaps",
        ));
    }
    let inside = |edge: &CitationEdge| {
        passages
            .get(edge.from as usize)
            .is_some_and(|passage| passage.text.get(edge.span.clone()).is_some())
    };
    if !import.edges.iter().all(inside) {
        return Err(StoreError::Inconsistent("a reference outside its passage's text"));
    }
    let head = &import.text.revision;
    if matches!((head.valid_from, head.valid_to), (Some(from), Some(to)) if to <= from) {
        return Err(StoreError::Inconsistent("a revision that ends before it begins"));
    }
    Ok(())
}

/// The source with the import's key in the place where it is looked for; its name follows the import.
async fn source_for(
    write: &mut Write,
    department: DepartmentId,
    import: &CorpusImport,
) -> Result<SourceId, StoreError> {
    let head = &import.text.source;
    let query = match import.visibility {
        Visibility::Office => sqlx::query(SOURCE_OF_OFFICE).bind(&head.key),
        Visibility::Department => sqlx::query(SOURCE_OF_DEPARTMENT)
            .bind(&head.key)
            .bind(department.blob()),
    };
    let found = query.fetch_optional(write.connection()).await?;
    if let Some(row) = found {
        let source: SourceId = row.id("id")?;
        let renamed = sqlx::query(RENAME_SOURCE)
            .bind(&head.title)
            .bind(&head.number)
            .bind(name(&head.rank))
            .bind(json(&head.aliases))
            .bind(source.blob())
            .execute(write.connection())
            .await?;
        if renamed.rows_affected() > 0 {
            timeline::renamed(write, source).await?;
        }
        return Ok(source);
    }
    let source = SourceId::generate();
    sqlx::query(MAKE_SOURCE)
        .bind(source.blob())
        .bind(department.blob())
        .bind(name(&import.visibility))
        .bind(&head.key)
        .bind(&head.title)
        .bind(&head.number)
        .bind(name(&head.rank))
        .bind(json(&head.aliases))
        .execute(write.connection())
        .await?;
    Ok(source)
}

/// Digest over everything a revision says.
fn contents_of(import: &CorpusImport) -> Sha256 {
    let said = (&import.text.revision, &import.text.passages, &import.edges);
    Sha256::of(json(&said).as_bytes())
}

async fn add_passage(
    write: &mut Write,
    revision: RevisionId,
    passage: &Passage,
    seen: &Sha256,
) -> Result<(), StoreError> {
    sqlx::query(ADD_PASSAGE)
        .bind(revision.blob())
        .bind(passage.ordinal)
        .bind(name(&passage.kind))
        .bind(&passage.item)
        .bind(&passage.label)
        .bind(json(&passage.headings))
        .bind(&passage.caption)
        .bind(&passage.text)
        .bind(json(&passage.segments))
        .bind(passage.page)
        .bind(digest(seen))
        .execute(write.connection())
        .await?;
    Ok(())
}

async fn add_citation(
    write: &mut Write,
    revision: RevisionId,
    position: u64,
    edge: &CitationEdge,
) -> Result<(), StoreError> {
    sqlx::query(ADD_CITATION)
        .bind(revision.blob())
        .bind(integer(position))
        .bind(edge.from)
        .bind(integer(edge.span.start as u64))
        .bind(integer(edge.span.end as u64))
        .bind(&edge.source)
        .bind(&edge.item)
        .bind(&edge.paragraph)
        .bind(name(&edge.relation))
        .execute(write.connection())
        .await?;
    Ok(())
}

/// Passages that `older` does not have, and passages that only `older` has.
async fn difference(
    write: &mut Write,
    older: Option<RevisionId>,
    digests: &HashSet<Sha256>,
) -> Result<(u32, u32), StoreError> {
    let mut before = HashSet::new();
    if let Some(older) = older {
        let rows = sqlx::query(DIGESTS)
            .bind(older.blob())
            .fetch_all(write.connection())
            .await?;
        for row in &rows {
            before.insert(row.sha256("digest")?);
        }
    }
    let count = |passages: usize| u32::try_from(passages).unwrap_or(u32::MAX);
    Ok((
        count(digests.difference(&before).count()),
        count(before.difference(digests).count()),
    ))
}

/// Takes out what a document brought in; the caller deletes the document itself.
pub(in super::super) async fn taken_out_with(
    write: &mut Write,
    who: Who,
    document: DocumentId,
) -> Result<(), StoreError> {
    let rows = sqlx::query(SOURCES_OF_DOCUMENT)
        .bind(document.blob())
        .fetch_all(write.connection())
        .await?;
    let sources: Vec<SourceId> = rows
        .iter()
        .map(|row| row.id("source_id"))
        .collect::<Result<_, _>>()?;
    let rows = sqlx::query(REVISIONS_OF_DOCUMENT)
        .bind(document.blob())
        .fetch_all(write.connection())
        .await?;
    for row in &rows {
        drop_revision(write, who, row.id("id")?).await?;
    }
    for source in sources {
        if !timeline::settle(write, source).await? {
            sqlx::query(DROP_SOURCE)
                .bind(source.blob())
                .execute(write.connection())
                .await?;
        }
    }
    Ok(())
}

async fn drop_revision(write: &mut Write, who: Who, revision: RevisionId) -> Result<(), StoreError> {
    for statement in [DROP_VECTORS, DROP_REVISION] {
        sqlx::query(statement)
            .bind(revision.blob())
            .execute(write.connection())
            .await?;
    }
    audit::append(write, who, "revision.delete", &revision).await
}

/// Removes a source of the 課 with all its revisions.
pub(super) async fn delete_source(
    write: &mut Write,
    who: Who,
    department: DepartmentId,
    source: SourceId,
) -> Result<(), StoreError> {
    sqlx::query(OWN_SOURCE)
        .bind(source.blob())
        .bind(department.blob())
        .fetch_optional(write.connection())
        .await?
        .ok_or(StoreError::NotFound)?;
    let rows = sqlx::query(REVISIONS_OF_SOURCE)
        .bind(source.blob())
        .fetch_all(write.connection())
        .await?;
    for row in &rows {
        drop_revision(write, who, row.id("id")?).await?;
    }
    sqlx::query(DROP_SOURCE)
        .bind(source.blob())
        .execute(write.connection())
        .await?;
    timeline::next_change(write).await?;
    audit::append(write, who, "source.delete", &source).await
}
