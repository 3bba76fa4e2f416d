//! The whole table of unit transitions, and what the policy makes of setbacks.

use super::*;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn leased(attempt: u32, weight: u32) -> UnitLife {
    let attempt = Attempt(attempt);
    UnitLife {
        state: UnitState::Leased {
            attempt,
            owner: WorkerId::generate(),
            until: NOW,
        },
        attempts: attempt,
        weight,
    }
}

fn states() -> Vec<UnitLife> {
    let rest = |state| UnitLife {
        state,
        attempts: Attempt(1),
        weight: 0,
    };
    vec![
        UnitLife {
            state: UnitState::Ready {
                run_at: NOW,
                last_error: None,
            },
            attempts: Attempt(0),
            weight: 0,
        },
        leased(1, 0),
        rest(UnitState::Done {
            attempt: Attempt(1),
            piece: None,
        }),
        rest(UnitState::Failed {
            code: ErrorCode::CorruptPage,
        }),
        rest(UnitState::Dead {
            attempts: 4,
            code: ErrorCode::KilledWorker,
        }),
        rest(UnitState::Cancelled),
    ]
}

fn events(attempt: Attempt) -> Vec<UnitEvent> {
    vec![
        UnitEvent::Claim {
            owner: WorkerId::generate(),
            until: NOW,
        },
        UnitEvent::Heartbeat { attempt, until: NOW },
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
        UnitEvent::Cancel,
    ]
}

const TABLE: [[&str; 8]; 6] = [
    ["leased", "-", "-", "-", "-", "-", "-", "cancelled"],
    [
        "-",
        "leased",
        "done",
        "ready",
        "failed",
        "ready",
        "ready",
        "cancelled",
    ],
    ["-", "-", "-", "-", "-", "-", "-", "-"],
    ["-", "-", "-", "-", "-", "-", "-", "-"],
    ["-", "-", "-", "-", "-", "-", "-", "-"],
    ["-", "-", "-", "-", "-", "-", "-", "-"],
];

#[test]
fn every_cell_of_the_table() {
    for (unit, row) in states().iter().zip(TABLE) {
        for (event, expected) in events(Attempt(1)).iter().zip(row) {
            let next = apply(unit, event, &RetryPolicy::default(), NOW);
            let got = next.as_ref().map_or("-", |life| life.state.name());
            assert_eq!(got, expected, "{} + {event:?}", unit.state.name());
        }
    }
}

#[test]
fn a_stale_attempt_changes_nothing() {
    for event in events(Attempt(1))
        .iter()
        .filter(|event| event.attempt().is_some())
    {
        assert!(
            apply(&leased(2, 0), event, &RetryPolicy::default(), NOW).is_err(),
            "{event:?}"
        );
    }
}

#[test]
fn two_deaths_park_a_unit_and_four_errors_do() {
    let policy = RetryPolicy::default();
    let died = UnitEvent::OwnerDied { attempt: Attempt(2) };
    let parked = apply(&leased(2, 2), &died, &policy, NOW).unwrap();
    assert_eq!(
        parked.state,
        UnitState::Dead {
            attempts: 2,
            code: ErrorCode::KilledWorker
        }
    );
    let failed = UnitEvent::Fail {
        attempt: Attempt(4),
        code: ErrorCode::EngineFailed,
    };
    let parked = apply(&leased(4, 3), &failed, &policy, NOW).unwrap();
    assert_eq!(
        parked.state,
        UnitState::Dead {
            attempts: 4,
            code: ErrorCode::EngineFailed
        }
    );
}

#[test]
fn a_claim_before_its_time_is_refused() {
    let unit = UnitLife {
        state: UnitState::Ready {
            run_at: NOW + SignedDuration::from_secs(1),
            last_error: None,
        },
        attempts: Attempt(0),
        weight: 0,
    };
    let claim = UnitEvent::Claim {
        owner: WorkerId::generate(),
        until: NOW,
    };
    assert!(apply(&unit, &claim, &RetryPolicy::default(), NOW).is_err());
}

#[test]
fn backoff_doubles_and_is_capped() {
    let policy = RetryPolicy {
        max_weight: 99,
        base_delay_ms: 1_000,
        max_delay_ms: 5_000,
    };
    let millis: Vec<_> = [1, 2, 3, 4, 40]
        .map(|weight| policy.delay(weight).as_millis())
        .into();
    assert_eq!(millis, [1_000, 2_000, 4_000, 5_000, 5_000]);
}
