//! Intervals of paired comparisons.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

/// A value with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// The estimate.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Student's t at 97.5 % for 1 to 12 degrees of freedom.
const T: [f64; 12] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179,
];
const RESAMPLES: usize = 4_000;

/// The geometric mean of `a / b` over pairs, with Student's interval of the mean logarithm.
#[must_use]
pub fn log_ratio(pairs: &[(f64, f64)]) -> Interval {
    let logs: Vec<f64> = pairs.iter().map(|(a, b)| (a / b).ln()).collect();
    let n = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / n;
    if logs.len() < 2 {
        return Interval {
            value: mean.exp(),
            low: 0.0,
            high: f64::INFINITY,
        };
    }
    let variance = logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let t = T.get(logs.len() - 2).copied().unwrap_or(1.96);
    let half = t * (variance / n).sqrt();
    Interval {
        value: mean.exp(),
        low: (mean - half).exp(),
        high: (mean + half).exp(),
    }
}

/// The difference of two shares over the same pages (hits, of), with the percentile bootstrap over
/// pages (Efron 1979).
#[must_use]
pub fn bootstrap_difference(ours: &[(u64, u64)], theirs: &[(u64, u64)]) -> Interval {
    let count = ours.len().min(theirs.len());
    let difference = |pages: &mut dyn Iterator<Item = usize>| {
        let mut sums = [0_u64; 4];
        for page in pages {
            let (a, b) = (ours[page], theirs[page]);
            for (sum, part) in sums.iter_mut().zip([a.0, a.1, b.0, b.1]) {
                *sum += part;
            }
        }
        sums[0] as f64 / sums[1].max(1) as f64 - sums[2] as f64 / sums[3].max(1) as f64
    };
    let value = difference(&mut (0..count));
    if count == 0 {
        return Interval {
            value,
            low: value,
            high: value,
        };
    }
    let mut rng = ChaCha8Rng::seed_from_u64(1979);
    let mut drawn: Vec<f64> = (0..RESAMPLES)
        .map(|_| difference(&mut (0..count).map(|_| rng.random_range(0..count))))
        .collect();
    drawn.sort_by(f64::total_cmp);
    Interval {
        value,
        low: drawn[RESAMPLES / 40],
        high: drawn[RESAMPLES - 1 - RESAMPLES / 40],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_ratios_have_no_width() {
        let interval = log_ratio(&[(8.0, 1.0), (16.0, 2.0), (4.0, 0.5)]);
        assert!((interval.value - 8.0).abs() < 1e-9 && (interval.high - interval.low).abs() < 1e-9);
    }

    #[test]
    fn the_interval_of_two_known_logarithms() {
        // ln 2 and ln 8: mean ln 4, standard error ln 2, t(1) = 12.706.
        let interval = log_ratio(&[(2.0, 1.0), (8.0, 1.0)]);
        assert!((interval.value - 4.0).abs() < 1e-9);
        assert!((interval.high.ln() - (4.0_f64.ln() + 12.706 * 2.0_f64.ln())).abs() < 1e-6);
    }

    #[test]
    fn a_constant_difference_is_found() {
        let interval = bootstrap_difference(&[(9, 10), (9, 10)], &[(7, 10), (7, 10)]);
        assert!((interval.value - 0.2).abs() < 1e-9 && (interval.low - 0.2).abs() < 1e-9);
    }
}
