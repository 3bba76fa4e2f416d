//! The life of a job: its states, the events that move it, and `apply`, the only place that decides.
//!
//! Data lives inside the state it belongs to. The SQL of `store` mirrors this table and a test there
//! compares the two cell by cell.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::code::ErrorCode;
use crate::id::UserId;
use crate::outcome::Outcome;

/// Units done over units planned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Units whose piece is committed.
    pub done: u32,
    /// Units that ended without a piece (`Failed` or `Dead`): reported, never lost.
    pub failed: u32,
    /// Units planned.
    pub total: u32,
}

impl Progress {
    /// Whether every planned unit has ended.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.done + self.failed >= self.total
    }
}

/// Where a job stands (DESIGN.md §2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum JobState {
    /// Accepted; no worker has looked at it yet.
    Queued,
    /// A worker is finding out which units there are.
    Planning,
    /// Units are being run.
    Running {
        /// How far.
        progress: Progress,
    },
    /// Every unit has ended; the outcome is being put together.
    Assembling {
        /// Counts at the end of the run.
        progress: Progress,
    },
    /// The outcome is there; pages that failed are counted in it.
    Succeeded {
        /// Counts and what they mean.
        outcome: Outcome,
    },
    /// No outcome: the document could not be planned or assembled.
    Failed {
        /// Why.
        code: ErrorCode,
        /// Place of the trouble without contents, e.g. `page 3`.
        detail: Option<String>,
    },
    /// Somebody stopped it.
    Cancelled {
        /// Who.
        by: UserId,
        /// When.
        at: Timestamp,
    },
}

/// What happens to a job.
#[derive(Clone, Debug, PartialEq)]
pub enum JobEvent {
    /// A worker claimed the plan unit.
    PlanStarted,
    /// The plan unit was committed with this many units.
    Planned {
        /// Units planned.
        units: u32,
    },
    /// One run unit ended.
    UnitEnded {
        /// Whether it left a piece.
        ok: bool,
    },
    /// The assemble unit was committed.
    Assembled {
        /// The job's result.
        outcome: Outcome,
    },
    /// People sorted pages otherwise than the reader: these are read again, and the outcome is made anew.
    ReadAgain {
        /// The units as they are now; those that are to be run again have not ended.
        progress: Progress,
    },
    /// Planning or assembling ended for good without a result.
    Fail {
        /// Why.
        code: ErrorCode,
        /// Place of the trouble without contents.
        detail: Option<String>,
    },
    /// Somebody asked to stop.
    Cancel {
        /// Who.
        by: UserId,
    },
}

/// An event that the state does not allow; nothing was changed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{event} is not allowed in state {state}")]
pub struct IllegalTransition {
    /// Name of the state.
    pub state: &'static str,
    /// Name of the event.
    pub event: &'static str,
}

impl JobState {
    /// The state's name in SQL, JSON and filters.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Planning => "planning",
            Self::Running { .. } => "running",
            Self::Assembling { .. } => "assembling",
            Self::Succeeded { .. } => "succeeded",
            Self::Failed { .. } => "failed",
            Self::Cancelled { .. } => "cancelled",
        }
    }

    /// All names, in the order of a job's life.
    pub const NAMES: [&'static str; 7] = [
        "queued",
        "planning",
        "running",
        "assembling",
        "succeeded",
        "failed",
        "cancelled",
    ];

    /// Whether no work is on its way. A job that has succeeded is at work again when somebody sorts a page of it
    /// anew ([`JobEvent::ReadAgain`]).
    #[must_use]
    pub const fn is_terminal(&self) -> bool {
        matches!(
            self,
            Self::Succeeded { .. } | Self::Failed { .. } | Self::Cancelled { .. }
        )
    }
}

impl JobEvent {
    /// The event's name, for errors and tables.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::PlanStarted => "plan_started",
            Self::Planned { .. } => "planned",
            Self::UnitEnded { .. } => "unit_ended",
            Self::Assembled { .. } => "assembled",
            Self::ReadAgain { .. } => "read_again",
            Self::Fail { .. } => "fail",
            Self::Cancel { .. } => "cancel",
        }
    }
}

/// The state after `event` at `now`. Pure; the only place that decides.
///
/// # Errors
/// [`IllegalTransition`] when the state does not allow the event.
pub fn apply(state: &JobState, event: &JobEvent, now: Timestamp) -> Result<JobState, IllegalTransition> {
    use JobEvent as E;
    use JobState as S;
    let illegal = || {
        Err(IllegalTransition {
            state: state.name(),
            event: event.name(),
        })
    };
    if let (S::Succeeded { .. }, E::ReadAgain { progress }) = (state, event)
        && !progress.is_complete()
    {
        return Ok(S::Running { progress: *progress });
    }
    if state.is_terminal() {
        return illegal();
    }
    match (state, event) {
        (_, E::Cancel { by }) => Ok(S::Cancelled { by: *by, at: now }),
        (_, E::Fail { code, detail }) => Ok(S::Failed {
            code: *code,
            detail: detail.clone(),
        }),
        // A plan that is claimed a second time (its first worker died) starts over.
        (S::Queued | S::Planning, E::PlanStarted) => Ok(S::Planning),
        (S::Planning, E::Planned { units }) => Ok(after_progress(Progress {
            total: *units,
            ..Progress::default()
        })),
        (S::Running { progress }, E::UnitEnded { ok }) => {
            let mut progress = *progress;
            if *ok {
                progress.done += 1;
            } else {
                progress.failed += 1;
            }
            Ok(after_progress(progress))
        }
        (S::Assembling { .. }, E::Assembled { outcome }) => Ok(S::Succeeded {
            outcome: outcome.clone(),
        }),
        _ => illegal(),
    }
}

const fn after_progress(progress: Progress) -> JobState {
    if progress.is_complete() {
        JobState::Assembling { progress }
    } else {
        JobState::Running { progress }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{FormOutcome, Outcome};

    fn states() -> Vec<JobState> {
        let progress = Progress {
            done: 1,
            failed: 0,
            total: 3,
        };
        vec![
            JobState::Queued,
            JobState::Planning,
            JobState::Running { progress },
            JobState::Assembling {
                progress: Progress {
                    done: 3,
                    failed: 0,
                    total: 3,
                },
            },
            JobState::Succeeded {
                outcome: Outcome::Form(FormOutcome::default()),
            },
            JobState::Failed {
                code: ErrorCode::CorruptDocument,
                detail: None,
            },
            JobState::Cancelled {
                by: UserId::generate(),
                at: Timestamp::UNIX_EPOCH,
            },
        ]
    }

    fn events() -> Vec<JobEvent> {
        vec![
            JobEvent::PlanStarted,
            JobEvent::Planned { units: 3 },
            JobEvent::UnitEnded { ok: true },
            JobEvent::Assembled {
                outcome: Outcome::Form(FormOutcome::default()),
            },
            JobEvent::Fail {
                code: ErrorCode::CorruptDocument,
                detail: None,
            },
            JobEvent::Cancel {
                by: UserId::generate(),
            },
            JobEvent::ReadAgain {
                progress: Progress {
                    done: 2,
                    failed: 0,
                    total: 3,
                },
            },
        ]
    }

    /// The whole table: one row per state, one column per event, `-` where it is not allowed.
    const TABLE: [[&str; 7]; 7] = [
        ["planning", "-", "-", "-", "failed", "cancelled", "-"],
        ["planning", "running", "-", "-", "failed", "cancelled", "-"],
        ["-", "-", "running", "-", "failed", "cancelled", "-"],
        ["-", "-", "-", "succeeded", "failed", "cancelled", "-"],
        ["-", "-", "-", "-", "-", "-", "running"],
        ["-", "-", "-", "-", "-", "-", "-"],
        ["-", "-", "-", "-", "-", "-", "-"],
    ];

    #[test]
    fn every_cell_of_the_table() {
        for (state, row) in states().iter().zip(TABLE) {
            for (event, expected) in events().iter().zip(row) {
                let got = apply(state, event, Timestamp::UNIX_EPOCH).map_or("-", |next| next.name());
                assert_eq!(got, expected, "{} + {}", state.name(), event.name());
            }
        }
    }

    #[test]
    fn the_last_unit_starts_assembly_whether_it_failed_or_not() {
        for ok in [true, false] {
            let state = JobState::Running {
                progress: Progress {
                    done: 1,
                    failed: 1,
                    total: 3,
                },
            };
            let next = apply(&state, &JobEvent::UnitEnded { ok }, Timestamp::UNIX_EPOCH).unwrap();
            let JobState::Assembling { progress } = next else {
                panic!("{next:?}")
            };
            assert_eq!((progress.done + progress.failed, progress.total), (3, 3));
        }
    }

    #[test]
    fn nothing_is_read_again_where_every_unit_has_ended() {
        let progress = Progress {
            done: 3,
            failed: 0,
            total: 3,
        };
        let succeeded = &states()[4];
        assert!(
            apply(
                succeeded,
                &JobEvent::ReadAgain { progress },
                Timestamp::UNIX_EPOCH
            )
            .is_err()
        );
    }

    #[test]
    fn a_plan_of_nothing_is_assembled_at_once() {
        let next = apply(
            &JobState::Planning,
            &JobEvent::Planned { units: 0 },
            Timestamp::UNIX_EPOCH,
        );
        assert_eq!(next.unwrap().name(), "assembling");
    }
}
