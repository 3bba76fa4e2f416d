//! Periods that figures are counted in, and the hours that time on task is kept by.
//!
//! Promise: bounds are instants, the first belongs to its period and the last to none. Never: SQL.

use std::time::Duration;

use jiff::Timestamp;
use shoki_core::access::{Actor, Role};

use super::value::Id as _;
use crate::review_store::PeriodIndex;

const MICROS_PER_HOUR: i64 = 3_600_000_000;

/// The periods between instants that rise.
#[derive(Clone, Debug)]
pub(super) struct Periods(Vec<i64>);

impl Periods {
    /// `None` where there is no period.
    pub(super) fn between(bounds: &[Timestamp]) -> Option<Self> {
        let micros = bounds.iter().map(|bound| bound.as_microsecond()).collect();
        (bounds.len() > 1).then_some(Self(micros))
    }

    /// First and last bound, as they are stored.
    pub(super) fn span(&self) -> (i64, i64) {
        (self.0[0], self.0[self.0.len() - 1])
    }

    /// First and last bound as hours.
    pub(super) fn hours(&self) -> (i64, i64) {
        let (from, to) = self.span();
        (hour(from), hour(to))
    }

    /// The period of an instant within the bounds.
    pub(super) fn of(&self, micros: i64) -> PeriodIndex {
        self.0.partition_point(|bound| *bound <= micros).saturating_sub(1)
    }

    /// The period in which an hour begins.
    pub(super) fn of_hour(&self, hour: i64) -> PeriodIndex {
        self.of(hour * MICROS_PER_HOUR)
    }
}

/// The hour of an instant, counted from 1970.
pub(super) const fn hour(micros: i64) -> i64 {
    micros.div_euclid(MICROS_PER_HOUR)
}

/// Time as it is stored; `None` where there is nothing to add.
pub(super) fn spent(time: Duration) -> Option<i64> {
    let micros = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
    (micros > 0).then_some(micros)
}

/// Whose counts a person sees: those of the own 課, or of all (`None`).
pub(super) fn whose(actor: &Actor) -> Option<Vec<u8>> {
    (actor.role != Role::SystemAdmin).then(|| actor.department.blob().to_vec())
}
