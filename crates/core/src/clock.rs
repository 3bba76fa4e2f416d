//! Time as a value handed in. `core` defines the seam; the system clock lives in `app`.

use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};

/// Where the time comes from. Everything that decides by time asks one of these.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present instant (UTC).
    fn now(&self) -> Timestamp;
}

/// A clock that moves only when told, for tests and replays.
#[derive(Debug)]
pub struct ManualClock(Mutex<Timestamp>);

impl ManualClock {
    /// Starts at `at`.
    #[must_use]
    pub fn starting_at(at: Timestamp) -> Self {
        Self(Mutex::new(at))
    }

    /// Moves forward (or back, to show what a clock step does).
    pub fn advance(&self, by: SignedDuration) {
        let mut now = self
            .0
            .lock()
            .expect("the clock's lock is never held across a panic");
        *now += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self
            .0
            .lock()
            .expect("the clock's lock is never held across a panic")
    }
}
