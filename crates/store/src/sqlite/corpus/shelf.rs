//! SQL of what people keep: the 課's own questions and answers, and each person's favourites.
//!
//! Promise: a place is kept by item, so it follows the amendments; whoever may not see its source any
//! more is not shown it.

use jiff::civil::Date;
use shoki_core::access::Actor;
use shoki_core::corpus::PassageKey;
use shoki_core::id::{DepartmentId, FaqId, FavouriteId};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::super::audit::{self, Who};
use super::super::connection::Write;
use super::super::value::{Columns as _, Id as _, day, integer, name};
use super::{faq_versions, questions, reading};
use crate::corpus_model::{Faq, Favourite, ItemPlace, NewFaq};
use crate::error::StoreError;
use crate::model::Listed;

/// A kept place with what stands there on the day `?2`, as far as the 課 `?1` may see it.
macro_rules! select_places {
    ($kept:literal, $columns:literal, $conditions:literal) => {
        concat!(
            "SELECT ",
            $columns,
            ", sources.id AS source_id, sources.title, ",
            $kept,
            ".kind, ",
            $kept,
            ".item, passages.revision_id, passages.ordinal, passages.label, passages.caption
             FROM ",
            $kept,
            " JOIN sources ON sources.id = ",
            $kept,
            ".source_id AND (sources.visibility = 'office' OR sources.department_id = ?1)
             LEFT JOIN revisions ON revisions.source_id = sources.id AND revisions.state = 'live'
                AND (revisions.valid_from IS NULL OR revisions.valid_from <= ?2)
                AND (revisions.valid_to IS NULL OR ?2 < revisions.valid_to)
             LEFT JOIN passages ON passages.revision_id = revisions.id
                AND passages.item = ",
            $kept,
            ".item AND passages.kind = ",
            $kept,
            ".kind WHERE ",
            $conditions
        )
    };
}

const ADD_FAQ: &str =
    "INSERT INTO faq (id, department_id, question, answer, asked_as, created_by, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)";
const CITE: &str = "INSERT INTO faq_citations (faq_id, position, source_id, kind, item, revision_id, ordinal)
     VALUES (?, ?, ?, ?, ?, ?, ?)";
const AUTHOR: &str = "SELECT name FROM users WHERE id = ?";
/// Entries of the 課 `?1` with who wrote them and who changed them last.
macro_rules! select_entries {
    ($conditions:literal) => {
        concat!(
            "SELECT faq.*, users.name AS author, changers.name AS changed_by, faq_versions.at AS changed_at
             FROM faq JOIN users ON users.id = faq.created_by
                  JOIN faq_versions ON faq_versions.faq_id = faq.id AND faq_versions.version = faq.version
                  JOIN users AS changers ON changers.id = faq_versions.user_id
             WHERE faq.department_id = ?1 AND ",
            $conditions
        )
    };
}
const FAQ: &str = select_entries!("(?2 IS NULL OR faq.id < ?2) ORDER BY faq.id DESC LIMIT ?3");
const ENTRY: &str = select_entries!("faq.id = ?2");
const CITED: &str = select_places!(
    "faq_citations",
    "faq_citations.position",
    "faq_citations.faq_id = ?3 ORDER BY faq_citations.position, passages.ordinal"
);
const REMOVE_FAQ: &str = "DELETE FROM faq WHERE id = ? AND department_id = ?";
const ADD_FAVOURITE: &str = "INSERT INTO favourites (id, user_id, source_id, kind, item, note, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (user_id, source_id, kind, item) DO UPDATE SET note = excluded.note
     RETURNING id, created_at";
const FAVOURITES: &str = select_places!(
    "favourites",
    "favourites.id, favourites.note, favourites.created_at",
    "favourites.user_id = ?3 ORDER BY favourites.id DESC, passages.ordinal"
);
const REMOVE_FAVOURITE: &str = "DELETE FROM favourites WHERE id = ? AND user_id = ?";

pub(super) async fn add_faq(write: &mut Write, actor: &Actor, new: NewFaq) -> Result<Faq, StoreError> {
    if let Some(question) = new.asked_as {
        questions::get(write.connection(), actor, question).await?;
    }
    let id = FaqId::generate();
    let now = write.now_micros();
    sqlx::query(ADD_FAQ)
        .bind(id.blob())
        .bind(actor.department.blob())
        .bind(&new.question)
        .bind(&new.answer)
        .bind(new.asked_as.as_ref().map(|id| id.blob()))
        .bind(actor.user.blob())
        .bind(now)
        .execute(write.connection())
        .await?;
    let mut citing = Vec::with_capacity(new.citing.len());
    for (position, key) in (0_u64..).zip(new.citing) {
        let place = place_of(write.connection(), actor, key).await?;
        sqlx::query(CITE)
            .bind(id.blob())
            .bind(integer(position))
            .bind(place.source.blob())
            .bind(name(&place.kind))
            .bind(&place.item)
            .bind(key.revision.blob())
            .bind(key.ordinal)
            .execute(write.connection())
            .await?;
        citing.push(place);
    }
    let author = sqlx::query(AUTHOR)
        .bind(actor.user.blob())
        .fetch_one(write.connection())
        .await?
        .text("name")?;
    faq_versions::keep(write, actor, id).await?;
    audit::append(write, Who::actor(actor), "faq.create", &id).await?;
    Ok(Faq {
        id,
        question: new.question,
        answer: new.answer,
        asked_as: new.asked_as,
        citing,
        created_by: actor.user,
        changed_by: author.clone(),
        author,
        created_at: write.now,
        version: 1,
        withdrawn: false,
        changed_at: write.now,
    })
}

/// The place of a passage that the actor may see.
async fn place_of(
    read: &mut SqliteConnection,
    actor: &Actor,
    key: PassageKey,
) -> Result<ItemPlace, StoreError> {
    let found = reading::passage(read, actor.department, key).await?;
    Ok(ItemPlace {
        source: found.source.id,
        title: found.source.head.title,
        kind: found.passage.kind,
        item: found.passage.item,
        passage: Some(key),
        label: Some(found.passage.label),
        caption: found.passage.caption,
    })
}

pub(super) async fn faq(
    read: &mut SqliteConnection,
    actor: &Actor,
    date: Date,
    before: Option<FaqId>,
    rows: u32,
) -> Result<Listed<Faq>, StoreError> {
    let found = sqlx::query(FAQ)
        .bind(actor.department.blob())
        .bind(before.as_ref().map(|id| id.blob()))
        .bind(i64::from(rows) + 1)
        .fetch_all(&mut *read)
        .await?;
    let more = found.len() > rows as usize;
    let mut listed = Vec::with_capacity(found.len());
    for row in found.iter().take(rows as usize) {
        listed.push(entry(&mut *read, actor.department, date, row).await?);
    }
    Ok(Listed { rows: listed, more })
}

pub(super) async fn faq_entries(
    read: &mut SqliteConnection,
    department: DepartmentId,
    date: Date,
    ids: &[FaqId],
) -> Result<Vec<Faq>, StoreError> {
    let mut entries = Vec::with_capacity(ids.len());
    for id in ids {
        match one(&mut *read, department, date, *id).await {
            // Withdrawn since the search last looked.
            Ok(found) if found.withdrawn => {}
            Ok(found) => entries.push(found),
            Err(StoreError::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(entries)
}

/// An entry of a 課.
pub(super) async fn one(
    read: &mut SqliteConnection,
    department: DepartmentId,
    date: Date,
    id: FaqId,
) -> Result<Faq, StoreError> {
    let row = sqlx::query(ENTRY)
        .bind(department.blob())
        .bind(id.blob())
        .fetch_optional(&mut *read)
        .await?
        .ok_or(StoreError::NotFound)?;
    entry(read, department, date, &row).await
}

/// An entry with its places on a day.
async fn entry(
    read: &mut SqliteConnection,
    department: DepartmentId,
    date: Date,
    row: &SqliteRow,
) -> Result<Faq, StoreError> {
    let id: FaqId = row.id("id")?;
    let places = sqlx::query(CITED)
        .bind(department.blob())
        .bind(day(date))
        .bind(id.blob())
        .fetch_all(&mut *read)
        .await?;
    Ok(Faq {
        id,
        question: row.text("question")?,
        answer: row.text("answer")?,
        asked_as: row.id_opt("asked_as")?,
        citing: places.iter().map(to_place).collect::<Result<_, _>>()?,
        created_by: row.id("created_by")?,
        author: row.text("author")?,
        created_at: row.time("created_at")?,
        version: row.u64("version")?,
        withdrawn: row.u32("withdrawn")? == 1,
        changed_by: row.text("changed_by")?,
        changed_at: row.time("changed_at")?,
    })
}

pub(super) async fn remove_faq(write: &mut Write, actor: &Actor, id: FaqId) -> Result<(), StoreError> {
    let removed = sqlx::query(REMOVE_FAQ)
        .bind(id.blob())
        .bind(actor.department.blob())
        .execute(write.connection())
        .await?;
    if removed.rows_affected() == 0 {
        return Err(StoreError::NotFound);
    }
    audit::append(write, Who::actor(actor), "faq.delete", &id).await
}

pub(super) async fn add_favourite(
    write: &mut Write,
    actor: &Actor,
    key: PassageKey,
    note: &str,
) -> Result<Favourite, StoreError> {
    let place = place_of(write.connection(), actor, key).await?;
    let now = write.now_micros();
    let kept = sqlx::query(ADD_FAVOURITE)
        .bind(FavouriteId::generate().blob())
        .bind(actor.user.blob())
        .bind(place.source.blob())
        .bind(name(&place.kind))
        .bind(&place.item)
        .bind(note)
        .bind(now)
        .fetch_one(write.connection())
        .await?;
    Ok(Favourite {
        id: kept.id("id")?,
        place,
        note: note.to_owned(),
        created_at: kept.time("created_at")?,
    })
}

pub(super) async fn favourites(
    read: &mut SqliteConnection,
    actor: &Actor,
    date: Date,
) -> Result<Vec<Favourite>, StoreError> {
    let rows = sqlx::query(FAVOURITES)
        .bind(actor.department.blob())
        .bind(day(date))
        .bind(actor.user.blob())
        .fetch_all(read)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Favourite {
                id: row.id("id")?,
                place: to_place(row)?,
                note: row.text("note")?,
                created_at: row.time("created_at")?,
            })
        })
        .collect()
}

pub(super) async fn remove_favourite(
    write: &mut Write,
    actor: &Actor,
    id: FavouriteId,
) -> Result<(), StoreError> {
    let removed = sqlx::query(REMOVE_FAVOURITE)
        .bind(id.blob())
        .bind(actor.user.blob())
        .execute(write.connection())
        .await?;
    if removed.rows_affected() == 0 {
        return Err(StoreError::NotFound);
    }
    Ok(())
}

fn to_place(row: &SqliteRow) -> Result<ItemPlace, StoreError> {
    let revision = row.id_opt("revision_id")?;
    let ordinal = row.u32_opt("ordinal")?;
    Ok(ItemPlace {
        source: row.id("source_id")?,
        title: row.text("title")?,
        kind: row.name("kind")?,
        item: row.text("item")?,
        passage: revision
            .zip(ordinal)
            .map(|(revision, ordinal)| PassageKey { revision, ordinal }),
        label: row.text_opt("label")?,
        caption: row.text_opt("caption")?,
    })
}
