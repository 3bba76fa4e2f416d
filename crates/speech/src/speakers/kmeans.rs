//! k-means with fixed starts.
//!
//! Promise: the same points give the same clusters: starts are spread from evenly placed first points, each
//! next one the farthest from those before, and the best of them counts. Never: a random number.

use nalgebra::DMatrix;

/// First points that are tried.
const STARTS: usize = 10;
/// Rounds after which a start is left as it is.
const ROUNDS: usize = 50;

/// A cluster from 0 to `count` − 1 for each column of `points`; some may stay empty where points coincide.
pub(super) fn kmeans(points: &DMatrix<f32>, count: usize) -> Vec<usize> {
    let n = points.ncols();
    if count <= 1 || n == 0 {
        return vec![0; n];
    }
    let mut best: Option<(f32, Vec<usize>)> = None;
    for start in 0..STARTS.min(n) {
        let (spread, labels) = refine(points, spread_from(points, start * n / STARTS.min(n), count));
        if best.as_ref().is_none_or(|(least, _)| spread < *least) {
            best = Some((spread, labels));
        }
    }
    best.map_or_else(|| vec![0; n], |(_, labels)| labels)
}

fn spread_from(points: &DMatrix<f32>, first: usize, count: usize) -> DMatrix<f32> {
    let mut chosen = vec![first];
    let mut distance: Vec<f32> = vec![f32::INFINITY; points.ncols()];
    while chosen.len() < count.min(points.ncols()) {
        let last = points.column(chosen[chosen.len() - 1]);
        for (least, point) in distance.iter_mut().zip(points.column_iter()) {
            *least = least.min((point - last).norm_squared());
        }
        let farthest = (0..distance.len()).max_by(|&a, &b| distance[a].total_cmp(&distance[b]));
        chosen.extend(farthest);
    }
    points.select_columns(&chosen)
}

/// Lloyd's rounds from `means` on; the sum of squared distances and the clusters.
pub(super) fn refine(points: &DMatrix<f32>, mut means: DMatrix<f32>) -> (f32, Vec<usize>) {
    let mut labels = vec![usize::MAX; points.ncols()];
    let mut spread = 0.0;
    for _ in 0..ROUNDS {
        let mut changed = false;
        spread = 0.0;
        for (label, point) in labels.iter_mut().zip(points.column_iter()) {
            let (least, nearest) = means
                .column_iter()
                .enumerate()
                .map(|(nth, mean)| ((point - mean).norm_squared(), nth))
                .min_by(|a, b| a.0.total_cmp(&b.0))
                .unwrap_or((0.0, 0));
            spread += least;
            changed |= *label != nearest;
            *label = nearest;
        }
        if !changed {
            break;
        }
        let mut counts = vec![0.0_f32; means.ncols()];
        let mut sums = DMatrix::<f32>::zeros(means.nrows(), means.ncols());
        for (&label, point) in labels.iter().zip(points.column_iter()) {
            counts[label] += 1.0;
            let mut sum = sums.column_mut(label);
            sum += point;
        }
        for (nth, &count) in counts.iter().enumerate() {
            if count > 0.0 {
                means.set_column(nth, &(sums.column(nth) / count));
            }
        }
    }
    (spread, labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_heaps_are_three_clusters() {
        let points = DMatrix::from_fn(2, 30, |row, column| {
            let heap = [(0.0, 0.0), (5.0, 0.0), (0.0, 5.0)][column % 3];
            let noise = (column as f32 * 1.7 + row as f32).sin() * 0.3;
            noise + if row == 0 { heap.0 } else { heap.1 }
        });
        let labels = kmeans(&points, 3);
        assert!((0..30).all(|at| labels[at] == labels[at % 3]));
        assert_ne!(labels[0], labels[1]);
        assert_ne!(labels[1], labels[2]);
        assert_ne!(labels[0], labels[2]);
        assert_eq!(kmeans(&points, 1), [0; 30]);
    }
}
