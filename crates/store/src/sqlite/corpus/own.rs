//! SQL of what a 課 answered by itself, for its search: FAQ entries and marked bases.
//!
//! Promise: nothing of another 課 is read, and a place in a text that the 課 may not see (any more) is
//! left out by the statement itself.

use shoki_core::id::{DepartmentId, FaqId, QuestionId};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::super::value::{Columns as _, Id as _};
use super::reading::visible;
use crate::corpus_model::{DeskChanges, OwnPlace, OwnQuestion};
use crate::error::StoreError;

const CHANGES: &str = "SELECT (SELECT change FROM corpus_changes WHERE only = 1) AS corpus,
            (SELECT change FROM knowledge_changes WHERE only = 1) AS knowledge,
            (SELECT coalesce(max(version), 0) FROM synonyms) AS synonyms";
/// An entry without a place, or with none that may be seen, is one row without a title.
const FAQ: &str = concat!(
    "SELECT faq.id, faq.question AS question, cited.title, cited.item, cited.text
     FROM faq LEFT JOIN (
         SELECT faq_citations.faq_id, faq_citations.position, sources.title, faq_citations.item,
                passages.text
         FROM faq_citations JOIN sources ON sources.id = faq_citations.source_id
              LEFT JOIN passages ON passages.revision_id = faq_citations.revision_id
                                AND passages.ordinal = faq_citations.ordinal
         WHERE ",
    visible!(),
    ") AS cited ON cited.faq_id = faq.id
     WHERE faq.department_id = ?1 AND faq.withdrawn = 0 ORDER BY faq.id DESC, cited.position LIMIT ?2"
);
/// What the askers of a 課 marked as the basis, as far as the 課 may see it.
macro_rules! from_marked {
    () => {
        concat!(
            " FROM feedback JOIN questions ON questions.id = feedback.question_id
                   JOIN passages ON passages.revision_id = feedback.revision_id
                                AND passages.ordinal = feedback.ordinal
                   JOIN revisions ON revisions.id = feedback.revision_id
                   JOIN sources ON sources.id = revisions.source_id
              WHERE questions.department_id = ?1 AND questions.practice = 0
                AND feedback.kind = 'basis' AND ",
            visible!()
        )
    };
}
pub(super) use from_marked;

const MARKED: &str = concat!(
    "SELECT questions.id, questions.text AS question, sources.title, passages.item, passages.text",
    from_marked!(),
    " ORDER BY questions.id DESC, feedback.at, feedback.ordinal LIMIT ?2"
);

pub(super) async fn changes(read: &mut SqliteConnection) -> Result<DeskChanges, StoreError> {
    let row = sqlx::query(CHANGES).fetch_one(read).await?;
    Ok(DeskChanges {
        corpus: row.u64("corpus")?,
        knowledge: row.u64("knowledge")?,
        synonyms: row.u64("synonyms")?,
    })
}

pub(super) async fn questions(
    read: &mut SqliteConnection,
    department: DepartmentId,
    rows: u32,
) -> Result<Vec<OwnQuestion>, StoreError> {
    let mut own: Vec<OwnQuestion> = Vec::new();
    let mut last: Option<FaqId> = None;
    for row in &fetch(read, FAQ, department, rows).await? {
        let id: FaqId = row.id("id")?;
        if last != Some(id) {
            own.push(question(row, Some(id))?);
        }
        last = Some(id);
        add_place(&mut own, row)?;
    }
    let mut last: Option<QuestionId> = None;
    for row in &fetch(read, MARKED, department, rows).await? {
        let id: QuestionId = row.id("id")?;
        if last != Some(id) {
            own.push(question(row, None)?);
        }
        last = Some(id);
        add_place(&mut own, row)?;
    }
    Ok(own)
}

async fn fetch(
    read: &mut SqliteConnection,
    statement: &'static str,
    department: DepartmentId,
    rows: u32,
) -> Result<Vec<SqliteRow>, StoreError> {
    let found = sqlx::query(statement)
        .bind(department.blob())
        .bind(rows)
        .fetch_all(read)
        .await?;
    Ok(found)
}

fn question(row: &SqliteRow, faq: Option<FaqId>) -> Result<OwnQuestion, StoreError> {
    Ok(OwnQuestion {
        text: row.text("question")?,
        faq,
        places: Vec::new(),
    })
}

/// The row's place goes to the question read last.
fn add_place(own: &mut [OwnQuestion], row: &SqliteRow) -> Result<(), StoreError> {
    let (title, item) = (row.text_opt("title")?, row.text_opt("item")?);
    if let (Some(question), Some(title), Some(item)) = (own.last_mut(), title, item) {
        let text = row.text_opt("text")?;
        question.places.push(OwnPlace { title, item, text });
    }
    Ok(())
}
