//! SQL of the audit chain. Rows are written inside the transaction of the effect they tell of.

use jiff::Timestamp;
use shoki_core::access::{Actor, Role};
use shoki_core::digest::Sha256;
use shoki_core::id::{DepartmentId, UserId};
use sqlx::AssertSqlSafe;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::connection::Write;
use super::value::{Columns as _, Id as _, digest, integer};
use crate::audit::search::{AuditSearch, Direction};
use crate::audit::{GENESIS, hash_of};
use crate::error::StoreError;
use crate::model::{AuditEvent, Listed};

const LAST: &str = "SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1";
const APPEND: &str =
    "INSERT INTO audit (sequence, at, user_id, department_id, action, subject, previous, hash)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
const ALL_AFTER: &str = "SELECT * FROM audit WHERE sequence > ? ORDER BY sequence LIMIT ?";
/// A 課 or all of them, and what [`AuditSearch`] says; both ways along the chain.
const FOUND: &str = "SELECT * FROM audit
     WHERE sequence > ?1 AND sequence < ?2 AND (?3 IS NULL OR action >= ?3 AND action < ?4)
       AND (?5 IS NULL OR user_id = ?5) AND at >= ?7 AND at < ?8
       AND (?6 IS NULL OR subject = ?6 OR subject > ?6 || '/' AND subject < ?6 || '0')";
const OF_ALL: &str = "";
const OF_DEPARTMENT: &str = " AND department_id = ?10";
const FORTH: &str = " ORDER BY sequence LIMIT ?9";
const BACK: &str = " ORDER BY sequence DESC LIMIT ?9";

/// Who and where, for a row of the chain.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Who {
    /// The person; `None` for the system and the local administrator.
    pub(super) user: Option<UserId>,
    /// The 課.
    pub(super) department: Option<DepartmentId>,
}

impl Who {
    /// The actor in the own 課.
    pub(super) const fn actor(actor: &Actor) -> Self {
        Self {
            user: Some(actor.user),
            department: Some(actor.department),
        }
    }

    /// The system or the local administrator, on a matter of a 課.
    pub(super) const fn system(department: DepartmentId) -> Self {
        Self {
            user: None,
            department: Some(department),
        }
    }
}

/// The last row's number and hash; 0 and [`GENESIS`] before the first.
pub(super) async fn head(read: &mut SqliteConnection) -> Result<(u64, Sha256), StoreError> {
    match sqlx::query(LAST).fetch_optional(read).await? {
        Some(row) => Ok((row.u64("sequence")?, row.sha256("hash")?)),
        None => Ok((0, GENESIS)),
    }
}

/// Appends a row.
pub(super) async fn append(
    write: &mut Write,
    who: Who,
    action: &str,
    subject: &impl std::fmt::Display,
) -> Result<(), StoreError> {
    append_numbered(write, who, action, subject).await.map(|_| ())
}

/// Appends a row and gives its number.
pub(super) async fn append_numbered(
    write: &mut Write,
    who: Who,
    action: &str,
    subject: &impl std::fmt::Display,
) -> Result<u64, StoreError> {
    let (last, previous) = head(write.connection()).await?;
    let mut event = AuditEvent {
        sequence: last + 1,
        at: write.now,
        user: who.user,
        department: who.department,
        action: action.to_owned(),
        subject: subject.to_string(),
        previous,
        hash: GENESIS,
    };
    event.hash = hash_of(&event);
    sqlx::query(APPEND)
        .bind(integer(event.sequence))
        .bind(event.at.as_microsecond())
        .bind(event.user.as_ref().map(|id| id.blob()))
        .bind(event.department.as_ref().map(|id| id.blob()))
        .bind(&event.action)
        .bind(&event.subject)
        .bind(digest(&event.previous))
        .bind(digest(&event.hash))
        .execute(write.connection())
        .await?;
    Ok(event.sequence)
}

/// Rows of the chain after `after`, of every 課.
pub(super) async fn chain(
    read: &mut SqliteConnection,
    after: u64,
    rows: u32,
) -> Result<Vec<AuditEvent>, StoreError> {
    let rows = sqlx::query(ALL_AFTER)
        .bind(integer(after))
        .bind(rows)
        .fetch_all(read)
        .await?;
    rows.iter().map(event).collect()
}

/// Rows that the actor may see and looks for: an auditor's are all, others' those of the own 課.
pub(super) async fn visible_to(
    read: &mut SqliteConnection,
    actor: &Actor,
    search: &AuditSearch,
    after: Option<u64>,
    rows: u32,
) -> Result<Listed<AuditEvent>, StoreError> {
    let whole_chain = actor.role == Role::Auditor;
    let is_back = search.direction == Direction::NewestFirst;
    let whose = if whole_chain { OF_ALL } else { OF_DEPARTMENT };
    let way = if is_back { BACK } else { FORTH };
    let (low, high) = match (after, is_back) {
        (Some(after), false) => (integer(after), i64::MAX),
        (Some(after), true) => (0, integer(after)),
        (None, _) => (0, i64::MAX),
    };
    // Actions are ASCII: every one that begins so is less than this.
    let beyond = search.action.as_ref().map(|action| format!("{action}\u{7f}"));
    let mut query = sqlx::query(AssertSqlSafe(format!("{FOUND}{whose}{way}")))
        .bind(low)
        .bind(high)
        .bind(&search.action)
        .bind(beyond)
        .bind(search.user.map(|user| user.blob().to_vec()))
        .bind(&search.subject)
        .bind(search.from.map_or(i64::MIN, Timestamp::as_microsecond))
        .bind(search.until.map_or(i64::MAX, Timestamp::as_microsecond))
        .bind(i64::from(rows) + 1);
    if !whole_chain {
        query = query.bind(actor.department.blob().to_vec());
    }
    let found = query.fetch_all(read).await?;
    let more = found.len() > rows as usize;
    let rows = found
        .iter()
        .take(rows as usize)
        .map(event)
        .collect::<Result<_, _>>()?;
    Ok(Listed { rows, more })
}

fn event(row: &SqliteRow) -> Result<AuditEvent, StoreError> {
    Ok(AuditEvent {
        sequence: row.u64("sequence")?,
        at: row.time("at")?,
        user: row.id_opt("user_id")?,
        department: row.id_opt("department_id")?,
        action: row.text("action")?,
        subject: row.text("subject")?,
        previous: row.sha256("previous")?,
        hash: row.sha256("hash")?,
    })
}
