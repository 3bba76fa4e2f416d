//! The life of a unit: the piece of work that one worker claims, runs and commits under a fence.
//!
//! INV-1: a unit is leased to at most one attempt; attempt numbers only grow.
//! INV-2: a result is visible only if it was committed under the unit's current fence.
//! INV-3: an attempt that ended by process death weighs double; at `RetryPolicy::max_weight` the
//! unit is parked as `Dead`, so one poisonous page cannot take the service down for ever.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::code::ErrorCode;
use crate::digest::Sha256;
use crate::id::{UnitId, WorkerId};
use crate::job::IllegalTransition;

/// Which of a pipeline's three steps a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitKind {
    /// Find out which run units there are.
    Plan,
    /// Do one piece of the work.
    Run,
    /// Put all pieces together.
    Assemble,
}

impl UnitKind {
    /// The name in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Run => "run",
            Self::Assemble => "assemble",
        }
    }

    /// The reverse of [`UnitKind::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Plan, Self::Run, Self::Assemble]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// How often a unit has been started; 0 before the first claim.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attempt(pub u32);

/// The right to change a unit: valid while the unit is leased to this very attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fence {
    /// The unit.
    pub unit: UnitId,
    /// The attempt that holds the lease.
    pub attempt: Attempt,
}

/// A result blob: where it lies (content address inside the 課) and how large it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BlobRef {
    /// Address.
    pub sha256: Sha256,
    /// Size in bytes.
    pub size: u64,
}

/// Where a unit stands (DESIGN.md §2, with `Cancelled` added: a claim must skip the units of a
/// cancelled job by looking at the unit's own row, or 100,000 of them would slow every claim).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum UnitState {
    /// Waits for a worker from `run_at` on.
    Ready {
        /// Not before.
        run_at: Timestamp,
        /// Why the last attempt ended, if there was one.
        last_error: Option<ErrorCode>,
    },
    /// Belongs to `owner` until the lease ends.
    Leased {
        /// The attempt that holds it.
        attempt: Attempt,
        /// The worker incarnation.
        owner: WorkerId,
        /// End of the lease.
        until: Timestamp,
    },
    /// Finished; the piece is visible.
    Done {
        /// The attempt that won.
        attempt: Attempt,
        /// Its result (plan units have none).
        piece: Option<BlobRef>,
    },
    /// Ended for a reason that trying again cannot mend.
    Failed {
        /// Why.
        code: ErrorCode,
    },
    /// Given up after too many attempts, or after killing its worker twice.
    Dead {
        /// Attempts made.
        attempts: u32,
        /// Why the last one ended.
        code: ErrorCode,
    },
    /// Its job was cancelled or failed.
    Cancelled,
}

/// A unit as `apply` sees it: its state and the weight of the attempts that went wrong (INV-3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitLife {
    /// Where it stands.
    pub state: UnitState,
    /// Attempts started so far.
    pub attempts: Attempt,
    /// 1 per failed attempt, 2 per attempt that ended by process death.
    pub weight: u32,
}

/// What happens to a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnitEvent {
    /// A worker takes it.
    Claim {
        /// Who.
        owner: WorkerId,
        /// Until when.
        until: Timestamp,
    },
    /// The worker is still at it.
    Heartbeat {
        /// Under which attempt.
        attempt: Attempt,
        /// New end of the lease.
        until: Timestamp,
    },
    /// The worker has a result.
    Commit {
        /// Under which attempt.
        attempt: Attempt,
        /// The result.
        piece: Option<BlobRef>,
    },
    /// The worker reports an error.
    Fail {
        /// Under which attempt.
        attempt: Attempt,
        /// Why.
        code: ErrorCode,
    },
    /// The worker gives it back unfinished (shutdown); nothing weighs on the unit.
    Release {
        /// Under which attempt.
        attempt: Attempt,
    },
    /// The lease ended without a word, or its owner is known to be gone.
    OwnerDied {
        /// The attempt that held it.
        attempt: Attempt,
    },
    /// The job was cancelled or failed.
    Cancel,
}

/// When to try again and when to give up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetryPolicy {
    /// Weight at which a unit is parked (INV-3): 4 = four errors, or two deaths.
    pub max_weight: u32,
    /// Wait after the first failure; doubles with each.
    pub base_delay_ms: u32,
    /// Longest wait.
    pub max_delay_ms: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_weight: 4,
            base_delay_ms: 1_000,
            max_delay_ms: 60_000,
        }
    }
}

impl RetryPolicy {
    /// Exponential backoff for a unit of this weight (weight 1 → `base_delay_ms`).
    #[must_use]
    pub fn delay(&self, weight: u32) -> SignedDuration {
        let factor = 1_u32.checked_shl(weight.saturating_sub(1)).unwrap_or(u32::MAX);
        let millis = self.base_delay_ms.saturating_mul(factor).min(self.max_delay_ms);
        SignedDuration::from_millis(i64::from(millis))
    }
}

impl UnitState {
    /// The state's name in SQL and JSON.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Ready { .. } => "ready",
            Self::Leased { .. } => "leased",
            Self::Done { .. } => "done",
            Self::Failed { .. } => "failed",
            Self::Dead { .. } => "dead",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing can change this unit any more.
    #[must_use]
    pub const fn is_terminal(&self) -> bool {
        !matches!(self, Self::Ready { .. } | Self::Leased { .. })
    }
}

impl UnitEvent {
    /// The event's name, for errors and tables.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Claim { .. } => "claim",
            Self::Heartbeat { .. } => "heartbeat",
            Self::Commit { .. } => "commit",
            Self::Fail { .. } => "fail",
            Self::Release { .. } => "release",
            Self::OwnerDied { .. } => "owner_died",
            Self::Cancel => "cancel",
        }
    }

    /// The attempt that the sender believes to hold the lease.
    const fn attempt(&self) -> Option<Attempt> {
        match self {
            Self::Heartbeat { attempt, .. }
            | Self::Commit { attempt, .. }
            | Self::Fail { attempt, .. }
            | Self::Release { attempt }
            | Self::OwnerDied { attempt } => Some(*attempt),
            Self::Claim { .. } | Self::Cancel => None,
        }
    }
}

/// The unit after `event` at `now`. Pure; the only place that decides.
///
/// # Errors
/// [`IllegalTransition`] when the state does not allow the event, when a claim comes before
/// `run_at`, or when the sender's attempt is not the one that holds the lease (INV-2).
pub fn apply(
    unit: &UnitLife,
    event: &UnitEvent,
    policy: &RetryPolicy,
    now: Timestamp,
) -> Result<UnitLife, IllegalTransition> {
    use UnitEvent as E;
    use UnitState as S;
    let illegal = || {
        Err(IllegalTransition {
            state: unit.state.name(),
            event: event.name(),
        })
    };
    let with = |state| {
        Ok(UnitLife {
            state,
            ..unit.clone()
        })
    };
    match (&unit.state, event) {
        (S::Ready { run_at, .. }, E::Claim { owner, until }) if *run_at <= now => {
            let attempt = Attempt(unit.attempts.0 + 1);
            Ok(UnitLife {
                state: S::Leased {
                    attempt,
                    owner: *owner,
                    until: *until,
                },
                attempts: attempt,
                weight: unit.weight,
            })
        }
        (S::Ready { .. } | S::Leased { .. }, E::Cancel) => with(S::Cancelled),
        (S::Leased { attempt, owner, .. }, _) if event.attempt() == Some(*attempt) => match event {
            E::Heartbeat { until, .. } => with(S::Leased {
                attempt: *attempt,
                owner: *owner,
                until: *until,
            }),
            E::Commit { piece, .. } => with(S::Done {
                attempt: *attempt,
                piece: *piece,
            }),
            E::Release { .. } => with(S::Ready {
                run_at: now,
                last_error: None,
            }),
            E::Fail { code, .. } if !code.entry().retryable => with(S::Failed { code: *code }),
            E::Fail { code, .. } => Ok(after_setback(unit, *code, 1, policy, now)),
            E::OwnerDied { .. } => Ok(after_setback(unit, ErrorCode::LeaseLost, 2, policy, now)),
            E::Claim { .. } | E::Cancel => illegal(),
        },
        _ => illegal(),
    }
}

fn after_setback(
    unit: &UnitLife,
    code: ErrorCode,
    added: u32,
    policy: &RetryPolicy,
    now: Timestamp,
) -> UnitLife {
    let weight = unit.weight + added;
    let state = if weight >= policy.max_weight {
        let code = if code == ErrorCode::LeaseLost {
            ErrorCode::KilledWorker
        } else {
            code
        };
        UnitState::Dead {
            attempts: unit.attempts.0,
            code,
        }
    } else if code == ErrorCode::LeaseLost {
        // The dead worker cost up to a whole lease already; waiting longer helps nobody.
        UnitState::Ready {
            run_at: now,
            last_error: Some(code),
        }
    } else {
        UnitState::Ready {
            run_at: now + policy.delay(weight),
            last_error: Some(code),
        }
    };
    UnitLife {
        state,
        attempts: unit.attempts,
        weight,
    }
}

#[cfg(test)]
mod tests;
