//! The one real clock of the product.

use jiff::Timestamp;
use shoki_core::clock::Clock;

/// The system's clock (UTC).
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
