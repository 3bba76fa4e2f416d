//! Agglomeration by Ward's criterion, and how many heaps there are.
//!
//! Every step joins the two heaps whose joining adds least to the squared distances from the means (Ward, 1963).
//! One heap more is believed as long as it takes away far more of them than a heap of noise would (Hartigan,
//! 1975): [`SURE`] times what a point lies off on average, and the two means lie apart by [`APART`] times that.
//! The first says that chance does not part them so; the second keeps a long recording, in which chance parts
//! anything, from falling into one person's moods. Promise: the number of heaps lies in the bounds given, the
//! same points give the same heaps. Never: more than [`MAX_POINTS`] points, because the time grows with their cube.

use nalgebra::DMatrix;

use super::cluster::without_gaps;

/// Points that are clustered at once.
pub(super) const MAX_POINTS: usize = 500;

/// On 36 made meetings of 2 to 4 voices 3.6 to 4.4 made DER .036 to .042, 3.2 made .057 and 4.8 .047.
const SURE: f32 = 4.0;

/// A person's own sentences fall into halves that lie 0.1 apart where there are many, two people 1 and more.
const APART: f32 = 0.5;

/// Two heaps become one.
struct Joining {
    kept: usize,
    dissolved: usize,
    /// What is added to the squared distances.
    cost: f32,
    /// How many points apart from each other the two means are worth: the harmonic sum of the heaps' sizes.
    weight: f32,
}

/// A heap for each column of `points`, numbered by first appearance, between `least` and `most` of them where
/// there are points enough.
pub(super) fn ward(points: &DMatrix<f32>, (least, most): (usize, usize)) -> Vec<usize> {
    let n = points.ncols();
    let least = least.clamp(1, n.max(1));
    let most = most.clamp(least, n.max(1));
    let joinings = joinings(points);
    let count = count(&joinings, least, most);
    let mut labels: Vec<usize> = (0..n).collect();
    for joining in &joinings[..n.saturating_sub(count)] {
        let heaps = labels.iter_mut().filter(|label| **label == joining.dissolved);
        heaps.for_each(|label| *label = joining.kept);
    }
    without_gaps(&labels)
}

/// All joinings, down to one heap.
fn joinings(points: &DMatrix<f32>) -> Vec<Joining> {
    let n = points.ncols();
    let mut means = points.clone();
    let mut sizes = vec![1.0_f32; n];
    let mut alive: Vec<usize> = (0..n).collect();
    let weight = |a: f32, b: f32| a * b / (a + b);
    let mut costs = DMatrix::from_fn(n, n, |row, column| {
        if row < column {
            (points.column(row) - points.column(column)).norm_squared() / 2.0
        } else {
            0.0
        }
    });
    let mut joinings = Vec::with_capacity(n.saturating_sub(1));
    while alive.len() > 1 {
        let mut best = (f32::INFINITY, alive[0], alive[1]);
        for (nth, &row) in alive.iter().enumerate() {
            for &column in &alive[nth + 1..] {
                if costs[(row, column)] < best.0 {
                    best = (costs[(row, column)], row, column);
                }
            }
        }
        let (cost, kept, dissolved) = best;
        let (a, b) = (sizes[kept], sizes[dissolved]);
        joinings.push(Joining {
            kept,
            dissolved,
            cost,
            weight: weight(a, b),
        });
        let mean = (means.column(kept) * a + means.column(dissolved) * b) / (a + b);
        means.set_column(kept, &mean);
        sizes[kept] = a + b;
        alive.retain(|&heap| heap != dissolved);
        for &other in alive.iter().filter(|&&other| other != kept) {
            let apart = (means.column(other) - &mean).norm_squared();
            costs[(kept.min(other), kept.max(other))] = weight(sizes[kept], sizes[other]) * apart;
        }
    }
    joinings
}

/// How many heaps are believed.
fn count(joinings: &[Joining], least: usize, most: usize) -> usize {
    let n = joinings.len() + 1;
    (least..most)
        .find(|&count| {
            // From `count + 1` heaps to `count`.
            let Some(last) = (n - 1).checked_sub(count).filter(|&last| last > 0) else {
                return true;
            };
            let left: f32 = joinings[..last].iter().map(|joining| joining.cost).sum();
            let off = left / last as f32;
            let joining = &joinings[last];
            joining.cost <= SURE * off || joining.cost <= APART * joining.weight * off
        })
        .unwrap_or(most)
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

    /// Unit vectors about as many directions as `sizes` has; the points of a heap do not follow each other.
    fn heaps(sizes: &[usize], spread: f32) -> (DMatrix<f32>, Vec<usize>) {
        let longest = sizes.iter().max().copied().unwrap_or(0);
        let heap_of: Vec<usize> = (0..longest)
            .flat_map(|nth| (0..sizes.len()).filter(move |&heap| nth < sizes[heap]))
            .collect();
        let mut points = DMatrix::from_fn(32, heap_of.len(), |row, column| {
            noise((row * 1_000 + column) as u64) * spread + f32::from(u8::from(row == heap_of[column]))
        });
        normalise(&mut points);
        (points, without_gaps(&heap_of))
    }

    #[test]
    fn heaps_are_counted_however_large_they_are() {
        for sizes in [&[20, 20][..], &[12; 5], &[25, 3], &[18, 9, 2], &[150, 20, 40]] {
            let (points, expected) = heaps(sizes, 0.5);
            assert_eq!(ward(&points, (1, 8)), expected, "{sizes:?}");
        }
    }

    #[test]
    fn one_heap_is_one_however_many_points_it_has() {
        for size in [3, 10, 40, 150, 400] {
            let (points, expected) = heaps(&[size], 1.0);
            assert_eq!(ward(&points, (1, 8)), expected, "{size}");
        }
    }

    #[test]
    fn the_bounds_hold() {
        let people = |labels: Vec<usize>| labels.into_iter().max().map_or(0, |label| label + 1);
        let (points, _) = heaps(&[12; 4], 0.5);
        for (bounds, expected) in [((2, 2), 2), ((5, 6), 5), ((1, 2), 2), ((1, 1), 1), ((1, 9), 4)] {
            assert_eq!(people(ward(&points, bounds)), expected, "{bounds:?}");
        }
        let (two, _) = heaps(&[1, 1], 0.5);
        assert_eq!(ward(&two, (1, 8)), [0, 0]);
        assert_eq!(ward(&two, (2, 2)), [0, 1]);
        assert_eq!(ward(&two, (3, 5)), [0, 1]);
        assert_eq!(ward(&DMatrix::zeros(8, 0), (1, 8)), [0_usize; 0]);
    }
}
