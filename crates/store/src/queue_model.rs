//! What is known of the queue: how a plan's units come into it, how they end, how many wait.

use shoki_core::code::ErrorCode;

/// What a failed unit reports.
#[derive(Clone, Debug)]
pub struct UnitFailure {
    /// Why.
    pub code: ErrorCode,
    /// Place of the trouble without contents.
    pub detail: Option<String>,
}

/// What became of a failed unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterFailure {
    /// It will be tried again.
    Retried,
    /// It ended.
    Ended,
}

/// What the reaper did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reaped {
    /// Units made ready again.
    pub ready: u32,
    /// Units parked as dead.
    pub dead: u32,
}

/// The run units of a job, and how many of them are in the queue or at work at a time.
///
/// Each that ends lets the next one in, behind whatever other jobs have waiting: jobs take turns, however long one
/// of them is, and a killed process has at most so many of a job's units to do again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Units in all (ordinals `0..units`).
    pub units: u32,
    /// Units side by side; 0 counts as 1.
    pub at_once: u32,
}

impl Planned {
    /// Units that all wait from the beginning.
    #[must_use]
    pub const fn together(units: u32) -> Self {
        Self {
            units,
            at_once: units,
        }
    }

    /// Units that are in the queue from the beginning.
    #[must_use]
    pub fn first(self) -> u32 {
        self.units.min(self.at_once.max(1))
    }
}

/// Units by state, for the metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueDepth {
    /// Waiting; also those of a job whose turn has not come.
    pub ready: u64,
    /// Being run.
    pub leased: u64,
    /// Parked.
    pub dead: u64,
}
