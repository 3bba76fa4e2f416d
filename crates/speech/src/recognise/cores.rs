//! How many threads a hearing gets.
//!
//! Promise: those that hear at the moment share the processor evenly, so that one recording alone has all of it and
//! many do not stand in one another's way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Threads of one hearing at most: more speed up nothing for one window.
const MOST: u32 = 8;

/// The cores of a processor, shared by those that hear on it; clones are the same cores.
#[derive(Clone, Debug)]
pub struct Cores {
    count: u32,
    /// That many hear side by side as a rule.
    side_by_side: u32,
    hearing: Arc<AtomicU32>,
}

impl Cores {
    /// `count` cores that nobody hears on, for at least `side_by_side` hearings at a time: the first of them leaves
    /// the others their part.
    #[must_use]
    pub fn new(count: u32, side_by_side: u32) -> Self {
        Self {
            count,
            side_by_side,
            hearing: Arc::default(),
        }
    }

    /// All cores that this process may use.
    #[must_use]
    pub fn all(side_by_side: u32) -> Self {
        let count = std::thread::available_parallelism().map_or(1, usize::from);
        Self::new(u32::try_from(count).unwrap_or(u32::MAX), side_by_side)
    }

    /// A share for one more hearing. Those that began before keep the threads they began with.
    #[must_use]
    pub fn share(&self) -> Share {
        let hearing = self.hearing.fetch_add(1, Ordering::Relaxed) + 1;
        Share {
            threads: (self.count / hearing.max(self.side_by_side)).clamp(1, MOST),
            hearing: Arc::clone(&self.hearing),
        }
    }
}

/// What one hearing has, until it is dropped.
#[derive(Debug)]
pub struct Share {
    /// Threads, at least one.
    pub threads: u32,
    hearing: Arc<AtomicU32>,
}

impl Drop for Share {
    fn drop(&mut self) {
        self.hearing.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_has_all_and_several_share() {
        let cores = Cores::new(4, 1);
        let first = cores.share();
        let second = cores.clone().share();
        let third = cores.share();
        assert_eq!((first.threads, second.threads, third.threads), (4, 2, 1));
        drop((first, second));
        assert_eq!(cores.share().threads, 2, "the third still hears");
        drop(third);
        assert_eq!(cores.share().threads, 4);
    }

    #[test]
    fn the_first_leaves_the_others_their_part() {
        let cores = Cores::new(4, 2);
        let shares = [cores.share(), cores.share(), cores.share()];
        assert_eq!(shares.map(|share| share.threads), [2, 2, 1]);
    }

    #[test]
    fn nobody_is_without_and_nobody_has_more_than_helps() {
        let none = Cores::new(0, 0);
        let shares = [none.share(), none.share()];
        assert!(shares.iter().all(|share| share.threads == 1));
        assert_eq!(Cores::new(64, 1).share().threads, MOST);
    }
}
