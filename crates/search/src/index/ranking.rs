//! The order of what a leg found, and how the best few are kept without sorting the rest.
//!
//! Promises: larger scores first, equal scores by key, so that the same index gives the same list.
//! Never: how a score comes about.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::Scored;

/// Better first.
#[must_use]
pub fn order(left: &Scored, right: &Scored) -> Ordering {
    right
        .score
        .total_cmp(&left.score)
        .then_with(|| left.passage.cmp(&right.passage))
}

/// The worst on top of the heap.
#[derive(Debug)]
struct Worst(Scored);

impl PartialEq for Worst {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Worst {}

impl PartialOrd for Worst {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Worst {
    fn cmp(&self, other: &Self) -> Ordering {
        order(&self.0, &other.0)
    }
}

/// The best `limit` of what is offered, each passage once.
#[derive(Debug)]
pub struct Best {
    limit: usize,
    heap: BinaryHeap<Worst>,
}

impl Best {
    /// Keeps `limit`.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            heap: BinaryHeap::new(),
        }
    }

    /// A score below this cannot get in any more; one equal to it may, by its key.
    #[must_use]
    pub fn threshold(&self) -> f32 {
        match self.heap.peek() {
            Some(worst) if self.heap.len() >= self.limit => worst.0.score,
            _ => f32::NEG_INFINITY,
        }
    }

    /// Offers one passage, which was not offered before.
    pub fn offer(&mut self, scored: Scored) {
        if self.limit == 0 {
            return;
        }
        if self.heap.len() < self.limit {
            self.heap.push(Worst(scored));
        } else if let Some(mut worst) = self.heap.peek_mut()
            && order(&scored, &worst.0) == Ordering::Less
        {
            *worst = Worst(scored);
        }
    }

    /// What was kept, best first.
    #[must_use]
    pub fn into_sorted(self) -> Vec<Scored> {
        self.heap
            .into_sorted_vec()
            .into_iter()
            .map(|worst| worst.0)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use shoki_core::corpus::PassageKey;
    use shoki_core::id::RevisionId;
    use uuid::Uuid;

    use super::*;

    fn scored(ordinal: u32, score: f32) -> Scored {
        Scored {
            passage: PassageKey {
                revision: RevisionId::from_uuid(Uuid::from_u128(7)),
                ordinal,
            },
            segment: None,
            score,
        }
    }

    #[test]
    fn the_best_are_kept_and_ties_go_by_key() {
        let mut best = Best::new(3);
        for (ordinal, score) in [(5, 1.0), (4, 2.0), (3, 1.0), (2, 1.0), (1, 0.5)] {
            best.offer(scored(ordinal, score));
        }
        let kept: Vec<u32> = best.into_sorted().iter().map(|hit| hit.passage.ordinal).collect();
        assert_eq!(kept, [4, 2, 3]);
    }

    #[test]
    fn nothing_is_kept_when_nothing_is_wanted() {
        let mut best = Best::new(0);
        best.offer(scored(1, 1.0));
        assert!(best.into_sorted().is_empty());
    }
}
