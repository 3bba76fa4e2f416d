//! The cheapest pairing of a few true speakers with any number of heard ones.
//!
//! Promise: the optimum, by dynamic programming over the subsets of the true speakers (Held and Karp 1962).
//! Never: more than [`MOST`] true speakers.

/// True speakers at most: 2 to the power of it states are kept for each heard speaker.
pub const MOST: usize = 12;

/// What pairing costs.
#[derive(Clone, Debug)]
pub struct Costs {
    /// Of true speaker (row) and heard speaker (column).
    pub pairs: Vec<Vec<f64>>,
    /// Of each true speaker who is paired with nobody.
    pub true_alone: Vec<f64>,
    /// Of each heard speaker who is paired with nobody.
    pub heard_alone: Vec<f64>,
}

/// The least cost, and for each true speaker the heard one.
///
/// # Panics
/// With more than [`MOST`] true speakers: a truth of ours has at most 4.
#[must_use]
pub fn cheapest(costs: &Costs) -> (f64, Vec<Option<usize>>) {
    let rows = costs.true_alone.len();
    assert!(rows <= MOST, "{rows} true speakers");
    let states = 1_usize << rows;
    let mut best = vec![f64::INFINITY; states];
    best[0] = 0.0;
    // For each heard speaker and set of taken true ones: who was taken last, if anybody.
    let mut chosen: Vec<Vec<Option<usize>>> = Vec::new();
    for (column, alone) in costs.heard_alone.iter().enumerate() {
        let mut next: Vec<f64> = best.iter().map(|cost| cost + alone).collect();
        let mut choice = vec![None; states];
        for (taken, so_far) in best.iter().enumerate() {
            for row in (0..rows).filter(|row| taken & 1 << row == 0) {
                let with = taken | 1 << row;
                let cost = so_far + costs.pairs[row][column];
                if cost < next[with] {
                    (next[with], choice[with]) = (cost, Some(row));
                }
            }
        }
        best = next;
        chosen.push(choice);
    }
    let whole = |taken: usize| {
        let left: f64 = (0..rows)
            .filter(|row| taken & 1 << row == 0)
            .map(|row| costs.true_alone[row])
            .sum();
        best[taken] + left
    };
    let mut taken = (0..states)
        .min_by(|&a, &b| whole(a).total_cmp(&whole(b)))
        .unwrap_or(0);
    let least = whole(taken);
    let mut pairing = vec![None; rows];
    for (column, choice) in chosen.iter().enumerate().rev() {
        if let Some(row) = choice[taken] {
            pairing[row] = Some(column);
            taken &= !(1 << row);
        }
    }
    (least, pairing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_whole_is_not_the_sum_of_the_best_pairs() {
        // Greedily 0-0 costs 1 and leaves 9; crossed, 2 + 3.
        let costs = Costs {
            pairs: vec![vec![1.0, 2.0], vec![3.0, 9.0]],
            true_alone: vec![100.0; 2],
            heard_alone: vec![100.0; 2],
        };
        assert_eq!(cheapest(&costs), (5.0, vec![Some(1), Some(0)]));
    }

    #[test]
    fn who_is_left_over_costs_what_being_alone_costs() {
        let more_heard = Costs {
            pairs: vec![vec![4.0, 1.0, 2.0]],
            true_alone: vec![50.0],
            heard_alone: vec![10.0, 20.0, 30.0],
        };
        // 0 and 1 alone: 10 + 20, and the pair with 2.
        assert_eq!(cheapest(&more_heard), (32.0, vec![Some(2)]));
        let nobody_heard = Costs {
            pairs: vec![vec![], vec![]],
            true_alone: vec![7.0, 8.0],
            heard_alone: vec![],
        };
        assert_eq!(cheapest(&nobody_heard), (15.0, vec![None, None]));
        let better_alone = Costs {
            pairs: vec![vec![40.0]],
            true_alone: vec![5.0],
            heard_alone: vec![6.0],
        };
        assert_eq!(cheapest(&better_alone), (11.0, vec![None]));
    }
}
