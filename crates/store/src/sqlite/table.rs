//! The table of `core::{unit,job}::apply` against the SQL, cell by cell: every state × every event.
//!
//! A cell puts a row into the state by plain SQL, runs the event through the store's statements, and
//! compares the row that is read back with what `apply` says.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use shoki_core::code::ErrorCode;
use shoki_core::id::{JobId, UserId, WorkerId};
use shoki_core::job::{self, JobEvent, JobState, Progress};
use shoki_core::unit::{self, Attempt, UnitEvent, UnitLife, UnitState};

use super::connection::Write;
use super::units::{self, Unit};
use super::value::{Columns as _, Id as _};
use super::{SqliteStore, jobs, work};
use crate::contract::Office;
use crate::contract::office::{self, POLICY, blob, outcome};
use crate::error::StoreError;
use crate::model::Reaped;

const SECOND: SignedDuration = SignedDuration::from_secs(1);

async fn store_with_a_job() -> (Arc<SqliteStore>, JobId, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let clock = office::clock();
    let path = directory.path().join("shoki.db");
    let store = Arc::new(SqliteStore::open(&path, clock.clone(), POLICY).await.unwrap());
    let office = Office::open(store.clone(), clock).await;
    let job = office.job("a.pdf").await;
    (store, job.id, directory)
}

fn unit_states(now: Timestamp) -> Vec<UnitLife> {
    let life = |state, attempts, weight| UnitLife {
        state,
        attempts: Attempt(attempts),
        weight,
    };
    let leased = |until, attempts, weight| {
        let state = UnitState::Leased {
            attempt: Attempt(attempts),
            owner: WorkerId::generate(),
            until,
        };
        life(state, attempts, weight)
    };
    let ready = |run_at, last_error| UnitState::Ready { run_at, last_error };
    let done = |piece| UnitState::Done {
        attempt: Attempt(1),
        piece,
    };
    let dead = UnitState::Dead {
        attempts: 2,
        code: ErrorCode::KilledWorker,
    };
    vec![
        life(ready(now, None), 0, 0),
        life(ready(now - SECOND, Some(ErrorCode::EngineFailed)), 1, 1),
        life(ready(now + SECOND, Some(ErrorCode::EngineFailed)), 1, 1),
        leased(now + SECOND, 1, 0),
        leased(now, 1, 0),
        leased(now - SECOND, 2, 2),
        leased(now + SECOND, 4, 3),
        life(done(None), 1, 0),
        life(done(Some(blob("piece"))), 1, 0),
        life(
            UnitState::Failed {
                code: ErrorCode::CorruptPage,
            },
            1,
            0,
        ),
        life(dead, 2, 4),
        life(UnitState::Cancelled, 1, 0),
    ]
}

fn unit_events(now: Timestamp) -> Vec<UnitEvent> {
    let until = now + SECOND;
    let mut events = vec![UnitEvent::Claim {
        owner: WorkerId::generate(),
        until,
    }];
    for attempt in [1, 2, 4].map(Attempt) {
        events.extend([
            UnitEvent::Heartbeat { attempt, until },
            UnitEvent::Commit {
                attempt,
                piece: Some(blob("piece")),
            },
            UnitEvent::Commit { attempt, piece: None },
            UnitEvent::Fail {
                attempt,
                code: ErrorCode::EngineFailed,
            },
            UnitEvent::Fail {
                attempt,
                code: ErrorCode::CorruptPage,
            },
            UnitEvent::Release { attempt },
            UnitEvent::OwnerDied { attempt },
        ]);
    }
    events
}

/// Puts the only unit into a state by plain SQL.
async fn force_unit(write: &mut Write, life: &UnitLife) -> Unit {
    let (mut run_at, mut last_error, mut owner, mut until) = (None, None, None, None);
    let (mut piece, mut code) = (None, None);
    match &life.state {
        UnitState::Ready {
            run_at: at,
            last_error: error,
        } => {
            (run_at, last_error) = (Some(at.as_microsecond()), *error);
        }
        UnitState::Leased {
            owner: worker,
            until: at,
            ..
        } => {
            (owner, until) = (Some(worker.blob().to_vec()), Some(at.as_microsecond()));
        }
        UnitState::Done { piece: result, .. } => piece = *result,
        UnitState::Failed { code: why } | UnitState::Dead { code: why, .. } => code = Some(*why),
        UnitState::Cancelled => {}
    }
    sqlx::query(
        "UPDATE units SET state = ?, attempts = ?, weight = ?, run_at = ?, last_error = ?, owner = ?,
         lease_until = ?, piece_sha256 = ?, piece_size = ?, code = ?",
    )
    .bind(life.state.name())
    .bind(life.attempts.0)
    .bind(life.weight)
    .bind(run_at)
    .bind(last_error.map(ErrorCode::as_str))
    .bind(owner)
    .bind(until)
    .bind(piece.map(|piece| piece.sha256.as_bytes().to_vec()))
    .bind(piece.map(|piece| i64::try_from(piece.size).unwrap()))
    .bind(code.map(ErrorCode::as_str))
    .execute(write.connection())
    .await
    .unwrap();
    let unit = the_unit(write).await;
    assert_eq!(unit.life, *life, "the row says what was put into it");
    unit
}

async fn the_unit(write: &mut Write) -> Unit {
    let row = sqlx::query("SELECT * FROM units")
        .fetch_one(write.connection())
        .await
        .unwrap();
    units::from_row(&row).unwrap()
}

#[tokio::test]
async fn every_unit_state_and_event() {
    let (store, job, _directory) = store_with_a_job().await;
    let (mut legal, mut illegal) = (0, 0);
    for life in unit_states(store.whole_micros()) {
        for event in unit_events(store.whole_micros()) {
            let mut write = store.begin().await.unwrap();
            let unit = force_unit(&mut write, &life).await;
            let expected = unit::apply(&life, &event, &POLICY, write.now);
            let got = units::transition(&mut write, &unit, &event, &POLICY).await;
            let row = the_unit(&mut write).await;
            match expected {
                Ok(next) => {
                    assert_eq!(got.unwrap(), next, "{life:?} + {event:?}");
                    assert_eq!(row.life, next, "{life:?} + {event:?}");
                    legal += 1;
                }
                Err(_) => {
                    assert!(
                        matches!(got, Err(StoreError::LeaseLost)),
                        "{life:?} + {event:?}: {got:?}"
                    );
                    assert_eq!(row.life, life, "{life:?} + {event:?}");
                    illegal += 1;
                }
            }
            write.roll_back().await.unwrap();
        }
        let mut write = store.begin().await.unwrap();
        force_unit(&mut write, &life).await;
        units::cancel_remaining(&mut write, job).await.unwrap();
        let expected =
            unit::apply(&life, &UnitEvent::Cancel, &POLICY, write.now).unwrap_or_else(|_| life.clone());
        assert_eq!(the_unit(&mut write).await.life, expected, "{life:?} + cancel");
        write.roll_back().await.unwrap();
    }
    assert_eq!(
        (legal, illegal),
        (30, 234),
        "the table has the cells it had when this was written"
    );
}

/// The conditions in SQL that choose a unit for an event choose exactly those that may have it.
#[tokio::test]
async fn the_claim_and_the_reaper_choose_what_apply_allows() {
    let (store, _job, _directory) = store_with_a_job().await;
    for life in unit_states(store.whole_micros()) {
        let mut write = store.begin().await.unwrap();
        force_unit(&mut write, &life).await;
        let now = write.now_micros();
        let chosen = work::longest_waiting(write.connection(), now)
            .await
            .unwrap()
            .is_some();
        let claim = UnitEvent::Claim {
            owner: WorkerId::generate(),
            until: write.now,
        };
        let allowed = unit::apply(&life, &claim, &POLICY, write.now).is_ok();
        assert_eq!(chosen, allowed, "{life:?}");

        let expired = matches!(life.state, UnitState::Leased { until, .. } if until <= write.now);
        let mut reaped = Reaped::default();
        work::reap(&mut write, work::Overdue::Expired, &POLICY, &mut reaped)
            .await
            .unwrap();
        assert_eq!(reaped.ready + reaped.dead, u32::from(expired), "{life:?}");
        if !expired {
            assert_eq!(the_unit(&mut write).await.life, life);
        }
        write.roll_back().await.unwrap();
    }
}

/// A row that changed between the read and the write is not overwritten, whatever `apply` said.
#[tokio::test]
async fn the_write_is_conditional_on_the_row_that_was_read() {
    let (store, _job, _directory) = store_with_a_job().await;
    let now = store.whole_micros();
    let states = unit_states(now);
    let mut write = store.begin().await.unwrap();
    let read_before = force_unit(&mut write, &states[3]).await;
    for other in &states {
        if other.attempts == states[3].attempts && other.state.name() == states[3].state.name() {
            continue;
        }
        force_unit(&mut write, other).await;
        let event = UnitEvent::Commit {
            attempt: Attempt(1),
            piece: None,
        };
        let got = units::transition(&mut write, &read_before, &event, &POLICY).await;
        assert!(matches!(got, Err(StoreError::LeaseLost)), "{other:?}");
        assert_eq!(the_unit(&mut write).await.life, *other);
    }
    write.roll_back().await.unwrap();
}

fn job_states(by: UserId, at: Timestamp) -> Vec<JobState> {
    let progress = |done, failed| Progress {
        done,
        failed,
        total: 3,
    };
    vec![
        JobState::Queued,
        JobState::Planning,
        JobState::Running {
            progress: progress(0, 0),
        },
        JobState::Running {
            progress: progress(1, 1),
        },
        JobState::Assembling {
            progress: progress(2, 1),
        },
        JobState::Succeeded { outcome: outcome() },
        JobState::Failed {
            code: ErrorCode::CorruptDocument,
            detail: Some("page 3".to_owned()),
        },
        JobState::Failed {
            code: ErrorCode::KilledWorker,
            detail: None,
        },
        JobState::Cancelled { by, at },
    ]
}

fn job_events(by: UserId) -> Vec<JobEvent> {
    vec![
        JobEvent::PlanStarted,
        JobEvent::Planned { units: 0 },
        JobEvent::Planned { units: 3 },
        JobEvent::UnitEnded { ok: true },
        JobEvent::UnitEnded { ok: false },
        JobEvent::Assembled { outcome: outcome() },
        JobEvent::Fail {
            code: ErrorCode::CorruptDocument,
            detail: Some("page 1".to_owned()),
        },
        JobEvent::Fail {
            code: ErrorCode::Internal,
            detail: None,
        },
        JobEvent::Cancel { by },
        JobEvent::ReadAgain {
            progress: Progress {
                done: 1,
                failed: 1,
                total: 3,
            },
        },
    ]
}

#[tokio::test]
async fn every_job_state_and_event() {
    let (store, id, _directory) = store_with_a_job().await;
    let by = UserId::generate();
    let (mut legal, mut illegal) = (0, 0);
    for before in job_states(by, store.whole_micros()) {
        for event in job_events(by) {
            let mut write = store.begin().await.unwrap();
            let json = serde_json::to_string(&before).unwrap();
            sqlx::query("UPDATE jobs SET state = ?, state_json = ?")
                .bind(before.name())
                .bind(json)
                .execute(write.connection())
                .await
                .unwrap();
            let now = write.now;
            let expected = job::apply(&before, &event, now);
            let got = jobs::advance(&mut write, id, &event, None).await;
            let cell = format!("{before:?} + {event:?}");
            let row = sqlx::query(
                "SELECT state, state_json, last_event,
                 (SELECT count(*) FROM job_events) AS events, (SELECT state FROM units) AS unit FROM jobs",
            )
            .fetch_one(write.connection())
            .await
            .unwrap();
            let after: JobState = serde_json::from_str(&row.text("state_json").unwrap()).unwrap();
            let events = row.u64("events").unwrap();
            assert_eq!(row.u64("last_event").unwrap(), events, "{cell}");
            assert_eq!(row.text("state").unwrap(), after.name(), "{cell}");
            match expected {
                Ok(next) => {
                    assert_eq!(got.unwrap(), next, "{cell}");
                    assert_eq!(events, if next == before { 1 } else { 2 }, "{cell}");
                    let unit = if next.is_terminal() { "cancelled" } else { "ready" };
                    assert_eq!(row.text("unit").unwrap(), unit, "{cell}");
                    assert_eq!(after, next, "{cell}");
                    legal += 1;
                }
                Err(refused) => {
                    assert!(
                        matches!(got, Err(StoreError::IllegalTransition(ref found)) if *found == refused),
                        "{cell}: {got:?}"
                    );
                    assert_eq!((after, events), (before.clone(), 1), "{cell}");
                    illegal += 1;
                }
            }
            write.roll_back().await.unwrap();
        }
    }
    assert_eq!(
        (legal, illegal),
        (25, 65),
        "the table has the cells it had when this was written"
    );
}
