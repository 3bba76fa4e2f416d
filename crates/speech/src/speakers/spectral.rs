//! Spectral clustering that chooses its own sparseness and number of clusters by the normalised maximum
//! eigengap (Park, Han, Kumar, Narayanan: Auto-Tuning Spectral Clustering for Speaker Diarization, 2020).
//!
//! Promise: the number of clusters lies in the bounds given. Never: more than [`MAX_POINTS`] points, because
//! the time grows with their cube.

use nalgebra::{DMatrix, SymmetricEigen};

use super::kmeans::kmeans;

/// Points that are clustered at once: 500 take a second on one core.
pub(super) const MAX_POINTS: usize = 500;
/// How many nearest neighbours count, to choose from.
const NEIGHBOURS: [usize; 9] = [2, 3, 5, 7, 10, 15, 20, 30, 40];
/// Clusters looked for where nobody says how many: with more, the eigengaps of one person's moods begin.
const MAX_CLUSTERS: usize = 8;

/// A cluster for each column of `points` (unit vectors), numbered without gaps, between `least` and `most`
/// of them where there are points enough.
pub(super) fn spectral(points: &DMatrix<f32>, (least, most): (usize, usize)) -> Vec<usize> {
    let n = points.ncols();
    if n <= 2 || most <= 1 {
        return (0..n)
            .map(|at| at.min(most.max(1) - 1).min(least.max(1) - 1))
            .collect();
    }
    let least = least.clamp(1, n - 1);
    let most = if most > least {
        most.min(MAX_CLUSTERS.max(least))
    } else {
        most
    }
    .clamp(least, n - 1);
    let affinity = points.tr_mul(points);
    let ranked: Vec<Vec<usize>> = (0..n)
        .map(|row| {
            let mut order: Vec<usize> = (0..n).filter(|&other| other != row).collect();
            order.sort_by(|&a, &b| affinity[(row, b)].total_cmp(&affinity[(row, a)]).then(a.cmp(&b)));
            order.truncate(NEIGHBOURS[NEIGHBOURS.len() - 1]);
            order
        })
        .collect();
    let mut best: Option<(f32, usize, DMatrix<f32>)> = None;
    for neighbours in NEIGHBOURS.into_iter().filter(|&count| count <= (n / 3).max(2)) {
        let (values, vectors) = eigen(laplacian(&ranked, neighbours));
        let gap = |count: usize| values[count] - values[count - 1];
        let Some(count) = (least..=most).rev().max_by(|&a, &b| gap(a).total_cmp(&gap(b))) else {
            continue;
        };
        let largest = values[n - 1].max(f32::EPSILON);
        let ratio = neighbours as f32 / n as f32 / (gap(count) / largest + 1e-9);
        if best.as_ref().is_none_or(|(smallest, ..)| ratio < *smallest) {
            best = Some((ratio, count, vectors.columns(0, count).transpose()));
        }
    }
    match best {
        Some((_, count, rows)) if count > 1 => kmeans(&rows, count),
        _ => vec![0; n],
    }
}

/// Degrees minus neighbours, who count half where only one side sees the other as near.
fn laplacian(ranked: &[Vec<usize>], neighbours: usize) -> DMatrix<f32> {
    let n = ranked.len();
    let mut matrix = DMatrix::<f32>::zeros(n, n);
    for (row, order) in ranked.iter().enumerate() {
        for &other in order.iter().take(neighbours) {
            matrix[(row, other)] -= 0.5;
            matrix[(other, row)] -= 0.5;
        }
    }
    for row in 0..n {
        let degree: f32 = matrix.row(row).sum();
        matrix[(row, row)] = -degree;
    }
    matrix
}

/// Eigenvalues, smallest first, and their vectors as columns.
fn eigen(matrix: DMatrix<f32>) -> (Vec<f32>, DMatrix<f32>) {
    let eigen = SymmetricEigen::new(matrix);
    let mut order: Vec<usize> = (0..eigen.eigenvalues.len()).collect();
    order.sort_by(|&a, &b| eigen.eigenvalues[a].total_cmp(&eigen.eigenvalues[b]));
    let values = order.iter().map(|&at| eigen.eigenvalues[at]).collect();
    (values, eigen.eigenvectors.select_columns(&order))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speakers::space::normalise;

    /// Between −0.5 and 0.5, without order: SplitMix64's last step.
    fn noise(seed: u64) -> f32 {
        let mut mixed = seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
    }

    fn heaps(count: usize, each: usize) -> DMatrix<f32> {
        let mut points = DMatrix::from_fn(8, count * each, |row, column| {
            noise((row * 1_000 + column) as u64) * 0.3 + f32::from(u8::from(row == column % count))
        });
        normalise(&mut points);
        points
    }

    #[test]
    fn heaps_are_counted() {
        for count in 2..=5 {
            let labels = spectral(&heaps(count, 20), (1, 8));
            assert_eq!(labels.iter().max(), Some(&(count - 1)), "{count}");
            assert!(
                (0..labels.len()).all(|at| labels[at] == labels[at % count]),
                "{count}"
            );
        }
    }

    #[test]
    fn the_bounds_hold() {
        for (bounds, expected) in [((2, 2), 2), ((5, 6), 5), ((1, 2), 2), ((1, 1), 1)] {
            let labels = spectral(&heaps(4, 12), bounds);
            let found = labels.iter().max().unwrap() + 1;
            assert!(
                found <= bounds.1 && found >= bounds.0.min(expected),
                "{bounds:?}: {found}"
            );
        }
        assert_eq!(spectral(&heaps(2, 1), (1, 8)), [0, 0]);
        assert_eq!(spectral(&heaps(2, 1), (2, 2)), [0, 1]);
    }
}
