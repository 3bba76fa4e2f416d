//! What workers do with units: claim, renew, commit, fail, give back; and what the reaper does.
//!
//! Promise: everything but the claim is conditional on the fence; a fence that is not valid any more is
//! `LeaseLost` and nothing was changed.

use jiff::SignedDuration;
use shoki_core::code::ErrorCode;
use shoki_core::id::{JobId, UnitId, WorkerId};
use shoki_core::job::{IllegalTransition, JobEvent};
use shoki_core::outcome::{CorpusOutcome, Outcome};
use shoki_core::unit::{Attempt, BlobRef, Fence, RetryPolicy, UnitEvent, UnitKind, UnitState};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::connection::Write;
use super::units::{self, Unit};
use super::value::{Columns as _, Id as _};
use super::{documents, import_groups, jobs};
use crate::corpus_model::{CorpusFeed, RevisionChange};
use crate::error::StoreError;
use crate::model::{AfterFailure, Claim, EndedUnit, NewArtifact, Planned, Reaped, UnitFailure};

/// Leases collected in one transaction: claims and commits get their turn in between.
const REAPED_PER_TRANSACTION: u32 = 100;

pub(super) const LONGEST_WAITING: &str =
    "SELECT id FROM units WHERE state = 'ready' AND run_at <= ? ORDER BY run_at, id LIMIT 1";
pub(super) const WHAT_TO_RUN: &str =
    "SELECT jobs.pipeline, jobs.pipeline_digest, jobs.corpus_json, jobs.minutes_json,
         documents.id, documents.name, documents.media, documents.sha256, documents.size, documents.uploaded_by, documents.created_at,
         plans.piece_sha256 AS plan_sha256, plans.piece_size AS plan_size,
         (SELECT sorting_json FROM page_sortings WHERE page_sortings.job_id = ?1 AND page = ?2
          ORDER BY sequence DESC LIMIT 1) AS sorting_json
     FROM jobs JOIN documents ON documents.id = jobs.document_id
         LEFT JOIN units AS plans ON plans.job_id = jobs.id AND plans.kind = 'plan' AND plans.ordinal = 0
     WHERE jobs.id = ?1";
pub(super) const EXPIRED: &str = "SELECT * FROM units WHERE state = 'leased' AND lease_until <= ? LIMIT ?";
pub(super) const OF_OTHER_OWNERS: &str = "SELECT * FROM units WHERE state = 'leased' AND owner <> ? LIMIT ?";

/// The ready unit that has waited longest.
pub(super) async fn longest_waiting(
    read: &mut SqliteConnection,
    now_micros: i64,
) -> Result<Option<UnitId>, StoreError> {
    let row = sqlx::query(LONGEST_WAITING)
        .bind(now_micros)
        .fetch_optional(read)
        .await?;
    row.map(|row| row.id("id")).transpose()
}

pub(super) async fn claim(
    write: &mut Write,
    owner: WorkerId,
    lease: SignedDuration,
    policy: &RetryPolicy,
) -> Result<Option<Claim>, StoreError> {
    let now = write.now_micros();
    let Some(id) = longest_waiting(write.connection(), now).await? else {
        return Ok(None);
    };
    let unit = units::get(write.connection(), id)
        .await?
        .ok_or(StoreError::NotFound)?;
    let event = UnitEvent::Claim {
        owner,
        until: write.now + lease,
    };
    let leased = units::transition(write, &unit, &event, policy).await?;
    if unit.kind == UnitKind::Plan {
        jobs::advance(write, unit.job, &JobEvent::PlanStarted, None).await?;
    }
    let page = (unit.kind == UnitKind::Run).then(|| i64::from(unit.ordinal) + 1);
    let row = sqlx::query(WHAT_TO_RUN)
        .bind(unit.job.blob())
        .bind(page)
        .fetch_one(write.connection())
        .await?;
    to_claim(&unit, leased.attempts, &row).map(Some)
}

fn to_claim(unit: &Unit, attempt: Attempt, row: &SqliteRow) -> Result<Claim, StoreError> {
    Ok(Claim {
        fence: Fence {
            unit: unit.id,
            attempt,
        },
        kind: unit.kind,
        ordinal: unit.ordinal,
        job: unit.job,
        department: unit.department,
        pipeline: jobs::pipeline(row)?,
        document: documents::from_row(row, unit.department)?,
        plan: row.blob_opt("plan_sha256", "plan_size")?,
        sorting: row.json_opt("sorting_json")?,
    })
}

/// The unit of a fence; whether the fence holds is for `transition` to find out.
pub(super) async fn fenced(connection: &mut SqliteConnection, fence: Fence) -> Result<Unit, StoreError> {
    units::get(connection, fence.unit)
        .await?
        .ok_or(StoreError::LeaseLost)
}

/// A commit that belongs to another step than the unit's.
pub(super) fn must_be(unit: &Unit, kind: UnitKind, event: &'static str) -> Result<(), StoreError> {
    if unit.kind == kind {
        Ok(())
    } else {
        Err(IllegalTransition {
            state: unit.kind.as_str(),
            event,
        }
        .into())
    }
}

pub(super) async fn heartbeat(
    write: &mut Write,
    fence: Fence,
    lease: SignedDuration,
    policy: &RetryPolicy,
) -> Result<(), StoreError> {
    let unit = fenced(write.connection(), fence).await?;
    let event = UnitEvent::Heartbeat {
        attempt: fence.attempt,
        until: write.now + lease,
    };
    units::transition(write, &unit, &event, policy).await?;
    Ok(())
}

async fn commit(
    write: &mut Write,
    unit: &Unit,
    fence: Fence,
    piece: Option<BlobRef>,
    policy: &RetryPolicy,
) -> Result<(), StoreError> {
    let event = UnitEvent::Commit {
        attempt: fence.attempt,
        piece,
    };
    units::transition(write, unit, &event, policy).await?;
    Ok(())
}

pub(super) async fn commit_plan(
    write: &mut Write,
    fence: Fence,
    planned: Planned,
    plan: Option<BlobRef>,
    policy: &RetryPolicy,
) -> Result<(), StoreError> {
    let unit = fenced(write.connection(), fence).await?;
    commit(write, &unit, fence, plan, policy).await?;
    must_be(&unit, UnitKind::Plan, "commit_plan")?;
    let event = JobEvent::Planned { units: planned.units };
    let state = jobs::advance(write, unit.job, &event, None).await?;
    units::make_ready(
        write,
        unit.department,
        unit.job,
        UnitKind::Run,
        0..planned.first(),
    )
    .await?;
    units::assemble_when_complete(write, &unit, &state).await
}

pub(super) async fn commit_piece(
    write: &mut Write,
    fence: Fence,
    piece: BlobRef,
    policy: &RetryPolicy,
) -> Result<(), StoreError> {
    let unit = fenced(write.connection(), fence).await?;
    commit(write, &unit, fence, Some(piece), policy).await?;
    must_be(&unit, UnitKind::Run, "commit_piece")?;
    units::job_follows_run(write, &unit, true).await
}

pub(super) async fn commit_outcome(
    write: &mut Write,
    fence: Fence,
    outcome: Outcome,
    artifacts: Vec<NewArtifact>,
    policy: &RetryPolicy,
) -> Result<(), StoreError> {
    let unit = fenced(write.connection(), fence).await?;
    commit(write, &unit, fence, None, policy).await?;
    must_be(&unit, UnitKind::Assemble, "commit_outcome")?;
    for artifact in artifacts {
        jobs::add_artifact(write, unit.department, unit.job, artifact).await?;
    }
    jobs::advance(write, unit.job, &JobEvent::Assembled { outcome }, None).await?;
    Ok(())
}

/// Ends an import: its texts and the job's success are one transaction under the fence. A feed that ends
/// without its result undoes everything.
pub(super) async fn commit_corpus(
    write: &mut Write,
    fence: Fence,
    mut feed: CorpusFeed,
    policy: &RetryPolicy,
) -> Result<Vec<RevisionChange>, StoreError> {
    let unit = fenced(write.connection(), fence).await?;
    let importer = import_groups::importer(write, &unit).await?;
    commit(write, &unit, fence, None, policy).await?;
    must_be(&unit, UnitKind::Assemble, "commit_corpus")?;
    let groups = import_groups::of_job(write.connection(), unit.job).await?;
    let mut changes: Vec<RevisionChange> = groups.into_values().flatten().collect();
    while let Some(part) = feed.parts.recv().await {
        changes.extend(import_groups::take_part(write, &unit, importer, part).await?);
    }
    import_groups::forget(write, unit.job).await?;
    let broken = || StoreError::Inconsistent("the texts of an import ended without their result");
    // Whoever does not listen still has to hand in the result.
    drop(feed.changes.send(changes.clone()));
    let (counted, artifacts) = feed.result.await.map_err(|_| broken())?;
    let of_new = |count: fn(&RevisionChange) -> u32| {
        let new = changes.iter().filter(|change| change.new);
        new.map(count).fold(0, u32::saturating_add)
    };
    let outcome = CorpusOutcome {
        sources: u32::try_from(changes.len()).unwrap_or(u32::MAX),
        revisions_new: of_new(|_| 1),
        passages_total: changes
            .iter()
            .fold(0, |total, change| total.saturating_add(change.passages)),
        passages_changed: of_new(|change| change.changed),
        ..counted
    };
    for artifact in artifacts {
        jobs::add_artifact(write, unit.department, unit.job, artifact).await?;
    }
    let outcome = Outcome::Corpus(outcome);
    jobs::advance(write, unit.job, &JobEvent::Assembled { outcome }, None).await?;
    Ok(changes)
}

pub(super) async fn fail(
    write: &mut Write,
    fence: Fence,
    failure: UnitFailure,
    policy: &RetryPolicy,
) -> Result<AfterFailure, StoreError> {
    let unit = fenced(write.connection(), fence).await?;
    let event = UnitEvent::Fail {
        attempt: fence.attempt,
        code: failure.code,
    };
    match units::transition(write, &unit, &event, policy).await?.state {
        UnitState::Failed { code } | UnitState::Dead { code, .. } => {
            units::job_follows_failure(write, &unit, code, failure.detail).await?;
            Ok(AfterFailure::Ended)
        }
        _ => Ok(AfterFailure::Retried),
    }
}

pub(super) async fn release(write: &mut Write, fence: Fence, policy: &RetryPolicy) -> Result<(), StoreError> {
    let unit = fenced(write.connection(), fence).await?;
    let event = UnitEvent::Release {
        attempt: fence.attempt,
    };
    units::transition(write, &unit, &event, policy).await?;
    Ok(())
}

/// The ended run units of the job whose assemble unit is leased under `fence`.
pub(super) async fn ended_units(
    read: &mut SqliteConnection,
    fence: Fence,
) -> Result<Vec<EndedUnit>, StoreError> {
    let unit = fenced(read, fence).await?;
    let job: JobId = unit.job;
    match unit.life.state {
        UnitState::Leased { attempt, .. } if attempt == fence.attempt => units::ended(read, job).await,
        _ => Err(StoreError::LeaseLost),
    }
}

/// Whose leases to collect.
#[derive(Clone, Copy, Debug)]
pub(super) enum Overdue {
    /// Those that have expired.
    Expired,
    /// Those of every owner but this one.
    AllBut(WorkerId),
}

/// Collects up to [`REAPED_PER_TRANSACTION`] leases into `reaped`; whether there may be more.
pub(super) async fn reap(
    write: &mut Write,
    overdue: Overdue,
    policy: &RetryPolicy,
    reaped: &mut Reaped,
) -> Result<bool, StoreError> {
    let now = write.now_micros();
    let query = match &overdue {
        Overdue::Expired => sqlx::query(EXPIRED).bind(now),
        Overdue::AllBut(alive) => sqlx::query(OF_OTHER_OWNERS).bind(alive.blob()),
    };
    let rows = query
        .bind(REAPED_PER_TRANSACTION)
        .fetch_all(write.connection())
        .await?;
    for row in &rows {
        let unit = units::from_row(row)?;
        let event = UnitEvent::OwnerDied {
            attempt: unit.life.attempts,
        };
        match units::transition(write, &unit, &event, policy).await {
            Ok(next) if next.state.is_terminal() => {
                units::job_follows_failure(write, &unit, ErrorCode::KilledWorker, None).await?;
                reaped.dead += 1;
            }
            Ok(_) => reaped.ready += 1,
            // An earlier unit of this batch ended the job and took this one with it.
            Err(StoreError::LeaseLost) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(rows.len() == REAPED_PER_TRANSACTION as usize)
}
