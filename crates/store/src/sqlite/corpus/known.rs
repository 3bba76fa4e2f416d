//! SQL of the questions whose basis a 課 knows: its own FAQ and what its askers marked.
//!
//! Promise: a place in a text that the 課 may not see (any more) is left out by the statement itself.

use shoki_core::id::DepartmentId;
use sqlx::sqlite::SqliteConnection;

use super::super::value::{Columns as _, Id as _};
use super::own::from_marked;
use super::reading::visible;
use crate::corpus_model::KnownBasis;
use crate::error::StoreError;

const PINNED: &str = concat!(
    "SELECT faq.question AS text, sources.title, faq_citations.item
     FROM faq JOIN faq_citations ON faq_citations.faq_id = faq.id
              JOIN sources ON sources.id = faq_citations.source_id
     WHERE faq.department_id = ?1 AND faq.withdrawn = 0 AND ",
    visible!(),
    " ORDER BY faq.id DESC, faq_citations.position LIMIT ?2"
);
const MARKED: &str = concat!(
    "SELECT questions.text, sources.title, passages.item",
    from_marked!(),
    " ORDER BY feedback.at DESC, feedback.question_id DESC, feedback.ordinal LIMIT ?2"
);

pub(super) async fn bases(
    read: &mut SqliteConnection,
    department: DepartmentId,
    rows: u32,
) -> Result<Vec<KnownBasis>, StoreError> {
    let mut known: Vec<KnownBasis> = Vec::new();
    for (statement, pinned) in [(PINNED, true), (MARKED, false)] {
        let found = sqlx::query(statement)
            .bind(department.blob())
            .bind(rows)
            .fetch_all(&mut *read)
            .await?;
        for row in &found {
            let question = row.text("text")?;
            let place = (row.text("title")?, row.text("item")?);
            match known.iter_mut().find(|one| one.question == question) {
                Some(one) if one.places.contains(&place) => {}
                Some(one) => one.places.push(place),
                None => known.push(KnownBasis {
                    question,
                    places: vec![place],
                    pinned,
                }),
            }
        }
    }
    Ok(known)
}
