//! SQL of what a language model drafted of a meeting's agenda: one row an item, the latest.
//!
//! Never: whether a sentence is borne out (that is asked of the transcript each time).

use shoki_core::access::Actor;
use shoki_core::id::JobId;
use shoki_core::minutes_draft::DraftedItem;
use sqlx::sqlite::SqliteConnection;

use super::audit::{self, Who};
use super::connection::Write;
#[cfg(feature = "contract")]
use super::snapshot::{Kind, Table};
use super::value::{Columns as _, Id as _, json};
use super::{jobs, transcripts};
use crate::error::StoreError;

const KEEP: &str =
    "INSERT INTO minutes_drafts (job_id, heading, item_json, user_id, at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (job_id, heading) DO UPDATE SET
         item_json = excluded.item_json, user_id = excluded.user_id, at = excluded.at";
pub(super) const OF_JOB: &str = "SELECT item_json FROM minutes_drafts WHERE job_id = ? ORDER BY heading";
const DISCARD: &str = "DELETE FROM minutes_drafts WHERE job_id = ?";

#[cfg(feature = "contract")]
pub(super) const TABLE: Table = (
    "minutes_drafts",
    "job_id, heading",
    &[
        ("job_id", Kind::Id),
        ("heading", Kind::Text),
        ("item_json", Kind::Json),
        ("user_id", Kind::Id),
        ("at", Kind::Time),
    ],
);

/// Keeps a draft in the place of an earlier one of the same item.
pub(super) async fn keep(
    write: &mut Write,
    actor: &Actor,
    job: JobId,
    item: &DraftedItem,
) -> Result<(), StoreError> {
    transcripts::must_have_succeeded(write, actor, job).await?;
    let now = write.now_micros();
    sqlx::query(KEEP)
        .bind(job.blob())
        .bind(item.heading.as_deref().unwrap_or(""))
        .bind(json(item))
        .bind(actor.user.blob())
        .bind(now)
        .execute(write.connection())
        .await?;
    audit::append(write, Who::actor(actor), "minutes.draft", &job).await?;
    Ok(())
}

/// All of a meeting.
pub(super) async fn of_job(
    read: &mut SqliteConnection,
    actor: &Actor,
    job: JobId,
) -> Result<Vec<DraftedItem>, StoreError> {
    jobs::must_exist(&mut *read, actor, job).await?;
    let rows = sqlx::query(OF_JOB).bind(job.blob()).fetch_all(read).await?;
    rows.iter().map(|row| row.json("item_json")).collect()
}

/// Removes all of a meeting.
pub(super) async fn discard(write: &mut Write, actor: &Actor, job: JobId) -> Result<(), StoreError> {
    jobs::must_exist(write.connection(), actor, job).await?;
    sqlx::query(DISCARD)
        .bind(job.blob())
        .execute(write.connection())
        .await?;
    audit::append(write, Who::actor(actor), "minutes.draft_discard", &job).await?;
    Ok(())
}
