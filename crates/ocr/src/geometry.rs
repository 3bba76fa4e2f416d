//! Plane geometry of registration: projective maps between pixel coordinates and their robust fits.
//!
//! Pixel centres carry integer coordinates. A level shrunk by `s` has its pixel `q` at full
//! coordinate `(q + ½)·s − ½`; [`Homography::between_scales`] is the only place that knows it.
//! Fits are deterministic: no random sampling, so a page read twice gives the same crops.

use nalgebra::{SMatrix, SVector};

/// A point in pixels.
pub(crate) type Point = [f64; 2];

/// A projective map, row-major 3×3.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Homography(pub(crate) [f64; 9]);

impl Homography {
    /// Everything stays where it is.
    pub(crate) const IDENTITY: Self = Self([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);

    /// Rotation by `angle` radians and scaling by `scale` about the origin, then a shift.
    pub(crate) fn similarity(scale: f64, angle: f64, shift: Point) -> Self {
        let (sin, cos) = angle.sin_cos();
        let (a, b) = (scale * cos, scale * sin);
        Self([a, -b, shift[0], b, a, shift[1], 0.0, 0.0, 1.0])
    }

    /// Where `p` goes.
    pub(crate) fn apply(&self, [x, y]: Point) -> Point {
        let h = &self.0;
        let w = h[6] * x + h[7] * y + h[8];
        [(h[0] * x + h[1] * y + h[2]) / w, (h[3] * x + h[4] * y + h[5]) / w]
    }

    /// `self` after `first`.
    pub(crate) fn after(&self, first: &Self) -> Self {
        let (a, b) = (&self.0, &first.0);
        let mut product = [0.0; 9];
        for row in 0..3 {
            for column in 0..3 {
                product[row * 3 + column] = (0..3).map(|k| a[row * 3 + k] * b[k * 3 + column]).sum();
            }
        }
        Self(product)
    }

    /// The map back; `None` when the plane is folded onto a line.
    pub(crate) fn inverse(&self) -> Option<Self> {
        let matrix = nalgebra::Matrix3::from_row_slice(&self.0).try_inverse()?;
        let mut inverse = [0.0; 9];
        for row in 0..3 {
            for column in 0..3 {
                inverse[row * 3 + column] = matrix[(row, column)];
            }
        }
        Some(Self(inverse))
    }

    /// The same map, between levels shrunk by `to` instead of levels shrunk by `from`.
    pub(crate) fn between_scales(&self, from: f64, to: f64) -> Self {
        let ratio = from / to;
        let offset = |r: f64| 0.5 * r - 0.5;
        let up = Self([
            ratio,
            0.0,
            offset(ratio),
            0.0,
            ratio,
            offset(ratio),
            0.0,
            0.0,
            1.0,
        ]);
        let inverse = 1.0 / ratio;
        let down = Self([
            inverse,
            0.0,
            offset(inverse),
            0.0,
            inverse,
            offset(inverse),
            0.0,
            0.0,
            1.0,
        ]);
        up.after(&self.after(&down))
    }

    /// Scale and angle (radians) of the linear part at the origin.
    pub(crate) fn scale_and_angle(&self) -> (f64, f64) {
        let (a, b) = (self.0[0], self.0[3]);
        (a.hypot(b), b.atan2(a))
    }
}

/// A patch found again: where it is on the template, where on the page, and how alike (0–1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    /// On the template.
    pub(crate) from: Point,
    /// On the page.
    pub(crate) to: Point,
    /// Correlation.
    pub(crate) weight: f64,
}

impl Pair {
    /// Distance between where `map` puts the patch and where it was found.
    pub(crate) fn residual(&self, map: &Homography) -> f64 {
        let [x, y] = map.apply(self.from);
        (x - self.to[0]).hypot(y - self.to[1])
    }
}

/// Bounds of a believable scan: how far it may be scaled and turned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plausible {
    /// Largest deviation of the scale from 1.
    pub(crate) scale: f64,
    /// Largest angle, radians.
    pub(crate) angle: f64,
}

/// The similarity that most weight of `pairs` agrees with, and that weight; every two pairs are tried.
pub(crate) fn fit_similarity(
    pairs: &[Pair],
    tolerance: f64,
    plausible: Plausible,
) -> Option<(Homography, f64)> {
    let support = |map: &Homography| -> f64 {
        pairs
            .iter()
            .filter(|pair| pair.residual(map) <= tolerance)
            .map(|pair| pair.weight)
            .sum()
    };
    let mut best: Option<(Homography, f64)> = None;
    for (i, first) in pairs.iter().enumerate() {
        for second in &pairs[i + 1..] {
            let Some(map) = similarity_of_two(first, second) else {
                continue;
            };
            let (scale, angle) = map.scale_and_angle();
            if (scale - 1.0).abs() > plausible.scale || angle.abs() > plausible.angle {
                continue;
            }
            let weight = support(&map);
            if best.as_ref().is_none_or(|(_, most)| weight > *most) {
                best = Some((map, weight));
            }
        }
    }
    let (rough, _) = best?;
    let inliers: Vec<Pair> = pairs
        .iter()
        .copied()
        .filter(|pair| pair.residual(&rough) <= tolerance)
        .collect();
    let map = least_squares_similarity(&inliers).unwrap_or(rough);
    let weight = support(&map);
    Some((map, weight))
}

fn similarity_of_two(first: &Pair, second: &Pair) -> Option<Homography> {
    let from = [second.from[0] - first.from[0], second.from[1] - first.from[1]];
    let to = [second.to[0] - first.to[0], second.to[1] - first.to[1]];
    let length = from[0] * from[0] + from[1] * from[1];
    // Two patches close together fix the angle badly.
    if length < 400.0 {
        return None;
    }
    let a = (from[0] * to[0] + from[1] * to[1]) / length;
    let b = (from[0] * to[1] - from[1] * to[0]) / length;
    Some(anchored(a, b, first.from, first.to))
}

fn anchored(a: f64, b: f64, from: Point, to: Point) -> Homography {
    let shift = [
        to[0] - (a * from[0] - b * from[1]),
        to[1] - (b * from[0] + a * from[1]),
    ];
    Homography([a, -b, shift[0], b, a, shift[1], 0.0, 0.0, 1.0])
}

fn least_squares_similarity(pairs: &[Pair]) -> Option<Homography> {
    let total: f64 = pairs.iter().map(|pair| pair.weight).sum();
    if pairs.len() < 2 || total <= 0.0 {
        return None;
    }
    let mean = |of: fn(&Pair) -> Point| -> Point {
        let sum = pairs.iter().fold([0.0; 2], |sum, pair| {
            [
                sum[0] + pair.weight * of(pair)[0],
                sum[1] + pair.weight * of(pair)[1],
            ]
        });
        [sum[0] / total, sum[1] / total]
    };
    let (from, to) = (mean(|pair| pair.from), mean(|pair| pair.to));
    let (mut dot, mut cross, mut length) = (0.0, 0.0, 0.0);
    for pair in pairs {
        let (fx, fy) = (pair.from[0] - from[0], pair.from[1] - from[1]);
        let (tx, ty) = (pair.to[0] - to[0], pair.to[1] - to[1]);
        dot += pair.weight * (fx * tx + fy * ty);
        cross += pair.weight * (fx * ty - fy * tx);
        length += pair.weight * (fx * fx + fy * fy);
    }
    (length > 0.0).then(|| anchored(dot / length, cross / length, from, to))
}

/// A homography through `pairs`, starting from `start`: least squares over the pairs within a
/// tolerance that shrinks step by step (pixels of the level). `None` when fewer than eight remain.
pub(crate) fn fit_homography(pairs: &[Pair], start: &Homography, tolerances: &[f64]) -> Option<Homography> {
    let mut map = *start;
    for &tolerance in tolerances {
        let near: Vec<Pair> = pairs
            .iter()
            .copied()
            .filter(|pair| pair.residual(&map) <= tolerance)
            .collect();
        if near.len() < 8 {
            return None;
        }
        map = least_squares_homography(&near)?;
    }
    Some(map)
}

/// Direct linear transform with h₃₃ = 1 in centred, scaled coordinates (Hartley 1997).
fn least_squares_homography(pairs: &[Pair]) -> Option<Homography> {
    let (from_frame, to_frame) = (frame(pairs, |p| p.from), frame(pairs, |p| p.to));
    let mut normal = SMatrix::<f64, 8, 8>::zeros();
    let mut right = SVector::<f64, 8>::zeros();
    for pair in pairs {
        let [x, y] = from_frame.apply(pair.from);
        let [u, v] = to_frame.apply(pair.to);
        for (row, value) in [
            (SVector::from([x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y]), u),
            (SVector::from([0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y]), v),
        ] {
            normal += pair.weight * row * row.transpose();
            right += pair.weight * value * row;
        }
    }
    let h = normal.cholesky()?.solve(&right);
    let map = Homography([h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], 1.0]);
    let scale = to_frame.0[0];
    let back = Homography([
        1.0 / scale,
        0.0,
        -to_frame.0[2] / scale,
        0.0,
        1.0 / scale,
        -to_frame.0[5] / scale,
        0.0,
        0.0,
        1.0,
    ]);
    let map = back.after(&map.after(&from_frame));
    let w = map.0[8];
    (w.abs() > f64::EPSILON).then(|| Homography(map.0.map(|value| value / w)))
}

fn frame(pairs: &[Pair], of: fn(&Pair) -> Point) -> Homography {
    let count = pairs.len() as f64;
    let cx = pairs.iter().map(|pair| of(pair)[0]).sum::<f64>() / count;
    let cy = pairs.iter().map(|pair| of(pair)[1]).sum::<f64>() / count;
    let spread = pairs
        .iter()
        .map(|pair| (of(pair)[0] - cx).hypot(of(pair)[1] - cy))
        .sum::<f64>()
        / count;
    let scale = std::f64::consts::SQRT_2 / spread.max(1e-6);
    Homography([scale, 0.0, -scale * cx, 0.0, scale, -scale * cy, 0.0, 0.0, 1.0])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(map: &Homography) -> Vec<Pair> {
        (0..48)
            .map(|k| {
                let from = [f64::from(k % 6) * 90.0 + 20.0, f64::from(k / 6) * 110.0 + 30.0];
                Pair {
                    from,
                    to: map.apply(from),
                    weight: 0.8,
                }
            })
            .collect()
    }

    const PLAUSIBLE: Plausible = Plausible {
        scale: 0.07,
        angle: 0.1,
    };

    #[test]
    fn a_similarity_is_found_among_one_third_of_wrong_pairs() {
        let truth = Homography::similarity(1.02, 0.03, [7.0, -4.0]);
        let mut pairs = grid(&truth);
        for (k, pair) in pairs.iter_mut().enumerate().filter(|(k, _)| k % 3 == 0) {
            pair.to[0] += 30.0 + 3.0 * f64::from(u32::try_from(k).unwrap());
        }
        let (map, weight) = fit_similarity(&pairs, 1.5, PLAUSIBLE).unwrap();
        assert!((weight - 32.0 * 0.8).abs() < 1e-6);
        let [x, y] = map.apply([500.0, 800.0]);
        let [u, v] = truth.apply([500.0, 800.0]);
        assert!((x - u).hypot(y - v) < 1e-6);
    }

    #[test]
    fn a_homography_is_refined_from_a_similarity_despite_outliers() {
        let truth = Homography([1.01, 0.02, 5.0, -0.015, 0.99, 3.0, 2e-5, -1e-5, 1.0]);
        let mut pairs = grid(&truth);
        for pair in pairs.iter_mut().step_by(7) {
            pair.to[1] -= 25.0;
        }
        let (start, _) = fit_similarity(&pairs, 8.0, PLAUSIBLE).unwrap();
        let map = fit_homography(&pairs, &start, &[16.0, 6.0, 2.0, 2.0]).unwrap();
        for corner in [[0.0, 0.0], [560.0, 0.0], [560.0, 900.0], [0.0, 900.0]] {
            let ([x, y], [u, v]) = (map.apply(corner), truth.apply(corner));
            assert!((x - u).hypot(y - v) < 1e-6);
        }
    }

    #[test]
    fn too_few_pairs_give_nothing() {
        let truth = Homography::similarity(1.0, 0.0, [0.0, 0.0]);
        assert!(fit_homography(&grid(&truth)[..7], &truth, &[2.0]).is_none());
        assert!(fit_similarity(&grid(&truth)[..1], 1.0, PLAUSIBLE).is_none());
    }

    #[test]
    fn scales_keep_pixel_centres() {
        let identity = Homography::similarity(1.0, 0.0, [8.0, 16.0]);
        let eighth = identity.between_scales(1.0, 8.0);
        let [x, y] = eighth.apply([10.0, 10.0]);
        assert!((x - 11.0).abs() < 1e-9 && (y - 12.0).abs() < 1e-9);
        let turned = Homography::similarity(1.03, 0.02, [3.0, 4.0]);
        let there_and_back = turned.between_scales(1.0, 4.0).between_scales(4.0, 1.0);
        let inverse = turned.inverse().unwrap();
        let p = inverse.apply(there_and_back.apply([123.0, 456.0]));
        assert!((p[0] - 123.0).abs() < 1e-9 && (p[1] - 456.0).abs() < 1e-9);
    }
}
