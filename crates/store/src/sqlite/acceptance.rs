//! SQL of auto-accept: where fields stand and how they came there, what audits found.
//!
//! Promise: an audit that has ended, the state it leads to, its line of history and its audit event are one
//! transaction. Never: which state follows (`core::acceptance::judged` decides).

mod audits;
mod calibrations;

use std::collections::{BTreeMap, BTreeSet};

use shoki_core::acceptance::{
    AcceptTerms, Acceptance, AcceptanceChange, ChangeCause, Evidence, OffCause, judged, window,
};
use shoki_core::access::Actor;
use shoki_core::id::DepartmentId;
use sqlx::Sqlite;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::audit::{self, Who};
use super::connection::Write;
#[cfg(feature = "contract")]
use super::snapshot::{Kind, Table};
use super::value::{Columns as _, Id as _, integer, json};
use crate::acceptance_model::{AcceptanceEvent, FieldAcceptance};
use crate::error::StoreError;

pub(super) use audits::{answer, draw, next, of_job, one, record_sight};
pub(super) use calibrations::{
    all as calibrations, keep as keep_calibration, withdraw as withdraw_calibration,
};

/// A form's id and a field's key.
pub(super) type FieldName<'a> = (&'a str, &'a str);

pub(super) const FIELDS: &str = "SELECT form, field FROM acceptance_fields WHERE department_id = ?1
     UNION SELECT form, field FROM acceptance_audits WHERE department_id = ?1
     UNION SELECT form, field FROM acceptance_results WHERE department_id = ?1 ORDER BY form, field";
pub(super) const MOVED: &str = "SELECT form, field, state_json FROM acceptance_fields
     WHERE department_id = ? ORDER BY form, field";
pub(super) const STATE: &str = "SELECT state_json, after_result, changed_at FROM acceptance_fields
     WHERE department_id = ? AND form = ? AND field = ?";
pub(super) const EVIDENCE: &str =
    "SELECT count(*) AS audited, coalesce(sum(is_wrong), 0) AS wrong FROM (
         SELECT is_wrong FROM acceptance_results
         WHERE department_id = ? AND form = ? AND field = ? AND sequence > ? AND (is_empty = 0 OR is_wrong = 1)
         ORDER BY sequence DESC LIMIT ?)";
pub(super) const OPEN: &str = "SELECT count(*) AS waiting FROM acceptance_audits
     WHERE department_id = ? AND form = ? AND field = ? AND is_open = 1";
pub(super) const LAST_RESULT: &str = "SELECT coalesce(max(sequence), 0) AS last FROM acceptance_results
     WHERE department_id = ? AND form = ? AND field = ?";
const MOVE: &str =
    "INSERT INTO acceptance_fields (department_id, form, field, state_json, after_result, changed_at)
     VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (department_id, form, field) DO UPDATE SET state_json = excluded.state_json,
         after_result = excluded.after_result, changed_at = excluded.changed_at";
pub(super) const HISTORY: &str = "SELECT sequence, at, user_id, change_json FROM acceptance_history
     WHERE department_id = ? AND form = ? AND field = ? ORDER BY sequence";
const REMEMBER: &str =
    "INSERT INTO acceptance_history (department_id, form, field, sequence, at, user_id, change_json)
     VALUES (?1, ?2, ?3, (SELECT coalesce(max(sequence), 0) + 1 FROM acceptance_history
         WHERE department_id = ?1 AND form = ?2 AND field = ?3), ?4, ?5, ?6)";

#[cfg(feature = "contract")]
pub(super) const TABLES: [Table; 6] = [
    (
        "acceptance_fields",
        "department_id, form, field",
        &[
            ("department_id", Kind::Id),
            ("form", Kind::Text),
            ("field", Kind::Text),
            ("state_json", Kind::Json),
            ("after_result", Kind::Number),
            ("changed_at", Kind::Time),
        ],
    ),
    (
        "acceptance_history",
        "department_id, form, field, sequence",
        &[
            ("department_id", Kind::Id),
            ("form", Kind::Text),
            ("field", Kind::Text),
            ("sequence", Kind::Number),
            ("at", Kind::Time),
            ("user_id", Kind::Id),
            ("change_json", Kind::Json),
        ],
    ),
    (
        "acceptance_results",
        "department_id, form, field, sequence",
        &[
            ("department_id", Kind::Id),
            ("form", Kind::Text),
            ("field", Kind::Text),
            ("sequence", Kind::Number),
            ("at", Kind::Time),
            ("is_wrong", Kind::Number),
            ("is_empty", Kind::Number),
        ],
    ),
    audits::TABLE,
    (
        "acceptance_sights",
        "job_id, user_id",
        &[("job_id", Kind::Id), ("user_id", Kind::Id), ("at", Kind::Time)],
    ),
    calibrations::TABLE,
];

/// All fields of the own 課 that have been heard of.
pub(super) async fn all(
    read: &mut SqliteConnection,
    actor: &Actor,
    terms: &BTreeMap<String, AcceptTerms>,
) -> Result<Vec<FieldAcceptance>, StoreError> {
    let names = names(read, actor.department).await?;
    let mut found = Vec::with_capacity(names.len());
    for (form, field) in &names {
        let terms = terms.get(form).copied().unwrap_or_default();
        found.push(standing(read, actor.department, (form, field), &terms).await?.0);
    }
    Ok(found)
}

/// The state of the fields that have ever moved.
pub(super) async fn moved(
    read: &mut SqliteConnection,
    actor: &Actor,
) -> Result<BTreeMap<(String, String), Acceptance>, StoreError> {
    let rows = sqlx::query(MOVED)
        .bind(actor.department.blob())
        .fetch_all(read)
        .await?;
    rows.iter()
        .map(|row| Ok(((row.text("form")?, row.text("field")?), row.json("state_json")?)))
        .collect()
}

async fn names(
    read: &mut SqliteConnection,
    department: DepartmentId,
) -> Result<BTreeSet<(String, String)>, StoreError> {
    let rows = sqlx::query(FIELDS)
        .bind(department.blob())
        .fetch_all(read)
        .await?;
    rows.iter()
        .map(|row| Ok((row.text("form")?, row.text("field")?)))
        .collect()
}

/// Where a field stands, and the result up to which nothing counts.
async fn standing(
    read: &mut SqliteConnection,
    department: DepartmentId,
    (form, field): FieldName<'_>,
    terms: &AcceptTerms,
) -> Result<(FieldAcceptance, u64), StoreError> {
    let of_field = |statement: &'static str| {
        let query = sqlx::query::<Sqlite>(statement);
        query.bind(department.blob()).bind(form).bind(field)
    };
    let row = of_field(STATE).fetch_optional(&mut *read).await?;
    let (state, after, changed_at) = match row {
        Some(row) => (
            row.json("state_json")?,
            row.u64("after_result")?,
            Some(row.time("changed_at")?),
        ),
        None => (Acceptance::default(), 0, None),
    };
    let counted = of_field(EVIDENCE)
        .bind(integer(after))
        .bind(integer(window(terms).into()))
        .fetch_one(&mut *read)
        .await?;
    let open = of_field(OPEN).fetch_one(&mut *read).await?;
    let ever = of_field(LAST_RESULT).fetch_one(&mut *read).await?;
    let standing = FieldAcceptance {
        form: form.to_owned(),
        field: field.to_owned(),
        state,
        changed_at,
        evidence: Evidence {
            audited: counted.u32("audited")?,
            wrong: counted.u32("wrong")?,
            open: open.u32("waiting")?,
        },
        audited_ever: ever.u32("last")?,
    };
    Ok((standing, after))
}

/// How a field came to stand where it stands.
pub(super) async fn history(
    read: &mut SqliteConnection,
    actor: &Actor,
    form: &str,
    field: &str,
) -> Result<Vec<AcceptanceEvent>, StoreError> {
    let rows = sqlx::query(HISTORY)
        .bind(actor.department.blob())
        .bind(form)
        .bind(field)
        .fetch_all(read)
        .await?;
    let event = |row: &SqliteRow| -> Result<AcceptanceEvent, StoreError> {
        Ok(AcceptanceEvent {
            sequence: row.u64("sequence")?,
            at: row.time("at")?,
            by: row.id_opt("user_id")?,
            change: row.json("change_json")?,
        })
    };
    rows.iter().map(event).collect()
}

/// Moves a field where its evidence leads.
async fn judge(
    write: &mut Write,
    actor: &Actor,
    name: FieldName<'_>,
    terms: &AcceptTerms,
) -> Result<FieldAcceptance, StoreError> {
    let (now, after) = standing(write.connection(), actor.department, name, terms).await?;
    let to = judged(now.state, now.evidence, terms);
    if to == now.state {
        return Ok(now);
    }
    let change = AcceptanceChange {
        from: now.state,
        to,
        cause: ChangeCause::Audits,
        evidence: now.evidence,
    };
    advance(write, Who::actor(actor), name, change, after).await?;
    Ok(standing(write.connection(), actor.department, name, terms)
        .await?
        .0)
}

/// Switches a field by a person's word.
pub(super) async fn switch(
    write: &mut Write,
    actor: &Actor,
    name: FieldName<'_>,
    on: bool,
    terms: &AcceptTerms,
) -> Result<FieldAcceptance, StoreError> {
    let (now, after) = standing(write.connection(), actor.department, name, terms).await?;
    let is_on = !matches!(now.state, Acceptance::Off { .. });
    if on == is_on {
        return Ok(now);
    }
    let (to, after) = if on {
        (Acceptance::Proving, u64::from(now.audited_ever))
    } else {
        let cause = OffCause::ByHand;
        (Acceptance::Off { cause }, after)
    };
    let change = AcceptanceChange {
        from: now.state,
        to,
        cause: ChangeCause::Person,
        evidence: now.evidence,
    };
    advance(write, Who::actor(actor), name, change, after).await?;
    Ok(standing(write.connection(), actor.department, name, terms)
        .await?
        .0)
}

/// Has every field that is on proven anew: other readings pass from now on.
async fn prove_anew(write: &mut Write, department: DepartmentId) -> Result<(), StoreError> {
    for (form, field) in names(write.connection(), department).await? {
        let name = (form.as_str(), field.as_str());
        // The terms bound the window only, and what is counted is left behind here anyway.
        let terms = AcceptTerms::default();
        let (now, _) = standing(write.connection(), department, name, &terms).await?;
        if matches!(now.state, Acceptance::Off { .. }) {
            continue;
        }
        let change = AcceptanceChange {
            from: now.state,
            to: Acceptance::Proving,
            cause: ChangeCause::Calibration,
            evidence: now.evidence,
        };
        let after = u64::from(now.audited_ever);
        advance(write, Who::system(department), name, change, after).await?;
    }
    Ok(())
}

/// Moves a field: its row, its line of history, the audit event; what waits for nobody yet is withdrawn when it
/// stops, since its readings are shown from then on.
async fn advance(
    write: &mut Write,
    who: Who,
    (form, field): FieldName<'_>,
    change: AcceptanceChange,
    after: u64,
) -> Result<(), StoreError> {
    let department = who.department.ok_or(StoreError::NotFound)?;
    let now = write.now_micros();
    sqlx::query(MOVE)
        .bind(department.blob())
        .bind(form)
        .bind(field)
        .bind(json(&change.to))
        .bind(integer(after))
        .bind(now)
        .execute(write.connection())
        .await?;
    sqlx::query(REMEMBER)
        .bind(department.blob())
        .bind(form)
        .bind(field)
        .bind(now)
        .bind(who.user.as_ref().map(|id| id.blob()))
        .bind(json(&change))
        .execute(write.connection())
        .await?;
    let action = match change.to {
        Acceptance::Proving => "acceptance.proving",
        Acceptance::Proven => "acceptance.proven",
        Acceptance::Off { .. } => "acceptance.off",
    };
    if let Acceptance::Off { .. } = change.to {
        audits::withdraw(write, department, (form, field)).await?;
    }
    audit::append(write, who, action, &format!("{form}/{field}")).await
}
