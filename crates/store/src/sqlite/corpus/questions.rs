//! SQL of the question log, the feedback and their counts.
//!
//! Promise: a question is its asker's own; others see counts. What was found first stays in the counts
//! when its text is deleted.

use jiff::Timestamp;
use shoki_core::access::{Actor, Role};
use shoki_core::corpus::PassageKey;
use shoki_core::id::{DepartmentId, QuestionId};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::super::connection::Write;
use super::super::value::{Columns as _, Id as _, day, json, name};
use super::listing::listed;
use super::reading;
use crate::corpus_model::{FeedbackKind, LoggedQuestion, NewQuestion, QuestionFigures};
use crate::error::StoreError;
use crate::model::Listed;

const LOG: &str =
    "INSERT INTO questions (id, department_id, user_id, text, as_of, asked_at, millis, no_basis,
         shown_json, practice)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
/// Whether a person practises with the text of a revision.
const PRACTISED_WITH: &str =
    "SELECT 1 FROM revisions JOIN practice ON practice.document_id = revisions.document_id
     WHERE revisions.id = ? AND practice.user_id = ?";
pub(in super::super) const OF: &str =
    "SELECT * FROM questions WHERE user_id = ? AND id < ? AND text <> '' ORDER BY id DESC LIMIT ?";
const LAST_OF: &str = "SELECT * FROM questions WHERE user_id = ? AND text <> '' ORDER BY id DESC LIMIT ?";
const GET: &str = "SELECT * FROM questions WHERE id = ? AND user_id = ? AND text <> ''";
const SAY: &str = "INSERT OR IGNORE INTO feedback (question_id, revision_id, ordinal, kind, user_id, at)
     VALUES (?, ?, ?, ?, ?, ?)";
const OPENED: &str = "UPDATE questions SET opened_at = coalesce(opened_at, ?) WHERE id = ?";
const BASIS: &str = "UPDATE questions
     SET opened_at = coalesce(opened_at, ?1),
         basis_place = CASE WHEN coalesce(basis_place, 0) = 0 THEN ?2
                            WHEN ?2 = 0 THEN basis_place ELSE min(basis_place, ?2) END
     WHERE id = ?3";
const UNSAY: &str = "DELETE FROM feedback
     WHERE question_id = ? AND revision_id = ? AND ordinal = ? AND kind = 'basis'";
const STILL_SAID: &str = "SELECT revision_id, ordinal FROM feedback WHERE question_id = ? AND kind = 'basis'";
const MARKED_AT: &str = "UPDATE questions SET basis_place = ? WHERE id = ?";
const ASKED: &str = "SELECT text FROM questions WHERE department_id = ? AND text <> '' AND practice = 0 ORDER BY asked_at DESC, id DESC LIMIT ?";
/// A question without a text is one whose text was erased: it is in the counts and nowhere else.
const ERASE: &str =
    "UPDATE questions SET text = '', shown_json = '[]' WHERE id = ? AND department_id = ? AND text <> ''";
const UNSAY_ALL: &str = "DELETE FROM feedback WHERE question_id = ?";
/// `?1` is NULL for the whole office.
const FIGURES: &str =
    "SELECT count(*) AS questions, coalesce(sum(no_basis), 0) AS no_basis, count(opened_at) AS opened,
         count(basis_place) AS marked, coalesce(sum(basis_place BETWEEN 1 AND 3), 0) AS marked_in_top_3
     FROM questions
     WHERE practice = 0 AND (?1 IS NULL OR department_id = ?1) AND asked_at >= ?2 AND asked_at < ?3";
const NTH_TO_EVIDENCE: &str = "SELECT (opened_at - asked_at) / 1000 AS millis FROM questions
     WHERE practice = 0 AND (?1 IS NULL OR department_id = ?1) AND asked_at >= ?2 AND asked_at < ?3
       AND opened_at IS NOT NULL
     ORDER BY millis LIMIT 1 OFFSET ?4";
const NTH_ANSWER: &str = "SELECT millis FROM questions
     WHERE practice = 0 AND (?1 IS NULL OR department_id = ?1) AND asked_at >= ?2 AND asked_at < ?3
     ORDER BY millis LIMIT 1 OFFSET ?4";

pub(super) async fn log(
    write: &mut Write,
    actor: &Actor,
    question: NewQuestion,
) -> Result<QuestionId, StoreError> {
    let id = QuestionId::generate();
    let now = write.now_micros();
    let is_practice =
        question.is_practice || practised_with(write.connection(), actor, &question.shown).await?;
    sqlx::query(LOG)
        .bind(id.blob())
        .bind(actor.department.blob())
        .bind(actor.user.blob())
        .bind(&question.text)
        .bind(day(question.as_of))
        .bind(now)
        .bind(question.millis)
        .bind(question.no_basis)
        .bind(json(&question.shown))
        .bind(is_practice)
        .execute(write.connection())
        .await?;
    Ok(id)
}

/// Whether what was found first is of a text that the asker practises with.
async fn practised_with(
    read: &mut SqliteConnection,
    actor: &Actor,
    shown: &[PassageKey],
) -> Result<bool, StoreError> {
    let Some(first) = shown.first() else {
        return Ok(false);
    };
    let found = sqlx::query(PRACTISED_WITH)
        .bind(first.revision.blob())
        .bind(actor.user.blob())
        .fetch_optional(read)
        .await?;
    Ok(found.is_some())
}

pub(super) async fn of(
    read: &mut SqliteConnection,
    actor: &Actor,
    before: Option<QuestionId>,
    rows: u32,
) -> Result<Listed<LoggedQuestion>, StoreError> {
    let limit = i64::from(rows) + 1;
    let found = match &before {
        Some(before) => sqlx::query(OF).bind(actor.user.blob()).bind(before.blob()),
        None => sqlx::query(LAST_OF).bind(actor.user.blob()),
    }
    .bind(limit)
    .fetch_all(read)
    .await?;
    listed(&found, rows, from_row)
}

pub(super) async fn get(
    read: &mut SqliteConnection,
    actor: &Actor,
    id: QuestionId,
) -> Result<LoggedQuestion, StoreError> {
    let row = sqlx::query(GET)
        .bind(id.blob())
        .bind(actor.user.blob())
        .fetch_optional(read)
        .await?
        .ok_or(StoreError::NotFound)?;
    from_row(&row)
}

pub(super) async fn give_feedback(
    write: &mut Write,
    actor: &Actor,
    id: QuestionId,
    passage: PassageKey,
    kind: FeedbackKind,
) -> Result<(), StoreError> {
    let question = get(write.connection(), actor, id).await?;
    reading::passage(write.connection(), actor.department, passage).await?;
    let now = write.now_micros();
    sqlx::query(SAY)
        .bind(id.blob())
        .bind(passage.revision.blob())
        .bind(passage.ordinal)
        .bind(name(&kind))
        .bind(actor.user.blob())
        .bind(now)
        .execute(write.connection())
        .await?;
    let query = match kind {
        FeedbackKind::Opened => sqlx::query(OPENED).bind(now),
        FeedbackKind::Basis => sqlx::query(BASIS)
            .bind(now)
            .bind(place_among(&question.shown, passage)),
    };
    query.bind(id.blob()).execute(write.connection()).await?;
    Ok(())
}

pub(super) async fn withdraw_basis(
    write: &mut Write,
    actor: &Actor,
    id: QuestionId,
    passage: PassageKey,
) -> Result<(), StoreError> {
    let question = get(write.connection(), actor, id).await?;
    let gone = sqlx::query(UNSAY)
        .bind(id.blob())
        .bind(passage.revision.blob())
        .bind(passage.ordinal)
        .execute(write.connection())
        .await?;
    if gone.rows_affected() == 0 {
        return Ok(());
    }
    let rows = sqlx::query(STILL_SAID)
        .bind(id.blob())
        .fetch_all(write.connection())
        .await?;
    let mut places = Vec::with_capacity(rows.len());
    for row in &rows {
        let marked = PassageKey {
            revision: row.id("revision_id")?,
            ordinal: row.u32("ordinal")?,
        };
        places.push(place_among(&question.shown, marked));
    }
    // The best place shown; 0 when only passages that were not shown are left.
    let best = places.iter().copied().filter(|place| *place > 0).min();
    sqlx::query(MARKED_AT)
        .bind(best.or(places.first().copied()))
        .bind(id.blob())
        .execute(write.connection())
        .await?;
    Ok(())
}

/// Erases what was asked and what was said about the answer; the counts stay.
pub(in super::super) async fn erase(
    write: &mut Write,
    department: DepartmentId,
    id: QuestionId,
) -> Result<(), StoreError> {
    let erased = sqlx::query(ERASE)
        .bind(id.blob())
        .bind(department.blob())
        .execute(write.connection())
        .await?;
    if erased.rows_affected() == 0 {
        return Err(StoreError::NotFound);
    }
    sqlx::query(UNSAY_ALL)
        .bind(id.blob())
        .execute(write.connection())
        .await?;
    Ok(())
}

/// Place among the passages shown, from 1; 0 when it is not among them.
fn place_among(shown: &[PassageKey], passage: PassageKey) -> u32 {
    let place = shown.iter().position(|shown| *shown == passage);
    place.map_or(0, |place| u32::try_from(place + 1).unwrap_or(u32::MAX))
}

pub(super) async fn asked_in_department(
    read: &mut SqliteConnection,
    actor: &Actor,
    rows: u32,
) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(ASKED)
        .bind(actor.department.blob())
        .bind(rows)
        .fetch_all(read)
        .await?;
    rows.iter().map(|row| row.text("text")).collect()
}

pub(super) async fn figures(
    read: &mut SqliteConnection,
    actor: &Actor,
    from: Timestamp,
    to: Timestamp,
) -> Result<QuestionFigures, StoreError> {
    let office = actor.role == Role::SystemAdmin;
    let department = (!office).then(|| actor.department.blob().to_vec());
    let (from, to) = (from.as_microsecond(), to.as_microsecond());
    let row = sqlx::query(FIGURES)
        .bind(&department)
        .bind(from)
        .bind(to)
        .fetch_one(&mut *read)
        .await?;
    let (questions, opened) = (row.u64("questions")?, row.u64("opened")?);
    let mut medians = [None, None];
    for (median, (statement, rows)) in medians
        .iter_mut()
        .zip([(NTH_TO_EVIDENCE, opened), (NTH_ANSWER, questions)])
    {
        let nth = sqlx::query(statement)
            .bind(&department)
            .bind(from)
            .bind(to)
            .bind(super::super::value::integer(rows.saturating_sub(1) / 2))
            .fetch_optional(&mut *read)
            .await?;
        *median = nth.map(|row| row.u64("millis")).transpose()?;
    }
    let [median_to_evidence_millis, median_answer_millis] = medians;
    Ok(QuestionFigures {
        questions,
        no_basis: row.u64("no_basis")?,
        opened,
        median_to_evidence_millis,
        marked: row.u64("marked")?,
        marked_in_top_3: row.u64("marked_in_top_3")?,
        median_answer_millis,
    })
}

fn from_row(row: &SqliteRow) -> Result<LoggedQuestion, StoreError> {
    Ok(LoggedQuestion {
        id: row.id("id")?,
        text: row.text("text")?,
        as_of: row
            .day_opt("as_of")?
            .ok_or_else(|| super::super::value::corrupt("questions.as_of", "absent"))?,
        asked_at: row.time("asked_at")?,
        millis: row.u32("millis")?,
        no_basis: row.u32("no_basis")? == 1,
        shown: row.json("shown_json")?,
        opened_at: row.time_opt("opened_at")?,
        basis_place: row.u32_opt("basis_place")?,
    })
}
