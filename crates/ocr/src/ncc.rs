//! Normalised cross-correlation of small patches (Lewis 1995), the measure behind registration.
//!
//! A patch is zero-mean and of unit norm; the search window is copied out once, so borders count as
//! bare paper and the inner loop runs over arrays of fixed length that stay in vector registers.

use crate::plane::Plane;

/// A patch of a template at one level.
#[derive(Clone, Debug)]
pub(crate) struct Patch {
    /// Column of the centre: the patch covers `[x − size/2, x + size/2)`.
    pub(crate) x: i32,
    /// Row of the centre.
    pub(crate) y: i32,
    /// Edge length, even.
    size: usize,
    /// Zero-mean values of unit norm.
    values: Vec<f32>,
}

/// The best place of a patch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Peak {
    /// Offset from the searched centre, with a fraction from a parabola through the neighbours.
    pub(crate) dx: f64,
    /// Offset down.
    pub(crate) dy: f64,
    /// Correlation, −1–1.
    pub(crate) score: f32,
    /// Best correlation more than three pixels away from the peak.
    pub(crate) rival: f32,
}

impl Patch {
    /// Cut around a centre; `None` where the plane is flat.
    pub(crate) fn cut(plane: &Plane, x: i32, y: i32, size: usize) -> Option<Self> {
        let mut values = window(plane, x, y, size, 0, size);
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        for value in &mut values {
            *value -= mean;
        }
        let norm = values.iter().map(|value| value * value).sum::<f32>().sqrt();
        if norm < 60.0 {
            return None;
        }
        for value in &mut values {
            *value /= norm;
        }
        Some(Self { x, y, size, values })
    }

    /// Searches offsets `−N/2 .. N/2` around `(x, y)` of `plane`.
    pub(crate) fn search<const N: usize>(&self, plane: &Plane, x: i32, y: i32) -> Peak {
        let stride = self.size + N;
        let around = window(plane, x, y, self.size, N / 2, stride);
        let norms = norms::<N>(&around, self.size, stride);
        let mut scores = vec![[0.0_f32; N]; N];
        for (dy, scores) in scores.iter_mut().enumerate() {
            let mut sums = [0.0_f32; N];
            for (py, patch_row) in self.values.chunks_exact(self.size).enumerate() {
                let row = &around[(dy + py) * stride..][..stride];
                for (px, &value) in patch_row.iter().enumerate() {
                    let shifted: &[f32; N] = row[px..].first_chunk().expect("the window has a margin of N");
                    for (sum, pixel) in sums.iter_mut().zip(shifted) {
                        *sum += value * pixel;
                    }
                }
            }
            for ((score, sum), norm) in scores.iter_mut().zip(sums).zip(&norms[dy]) {
                *score = sum / norm;
            }
        }
        peak(&scores)
    }
}

/// A square of `size + 2·margin` (cut to `stride` columns and rows) around a centre, 0 outside.
fn window(plane: &Plane, x: i32, y: i32, size: usize, margin: usize, stride: usize) -> Vec<f32> {
    let reach = i32::try_from(size / 2 + margin).expect("patches are small");
    let (left, top) = (x - reach, y - reach);
    let mut out = vec![0.0; stride * stride];
    let (width, height) = (span(plane.width), span(plane.height));
    let first = left.max(0);
    let last = (left + span(stride)).min(width);
    if first >= last {
        return out;
    }
    let length = usize::try_from(last - first).expect("first < last");
    let skip = usize::try_from(first - left).expect("first ≥ left");
    for (row, line) in (top..).zip(out.chunks_exact_mut(stride)) {
        if (0..height).contains(&row) {
            let source = plane.row(usize::try_from(row).expect("row ≥ 0"));
            let from = usize::try_from(first).expect("first ≥ 0");
            line[skip..skip + length].copy_from_slice(&source[from..from + length]);
        }
    }
    out
}

fn span(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

/// For each offset: norm of the window's deviation from its mean, never 0.
fn norms<const N: usize>(around: &[f32], size: usize, stride: usize) -> Vec<[f32; N]> {
    // Sums along rows first, then down: two sliding sums per offset instead of size².
    let mut across = vec![[[0.0_f32; N]; 2]; stride];
    for (row, line) in across.iter_mut().zip(around.chunks_exact(stride)) {
        let mut sum: f32 = line[..size].iter().sum();
        let mut squares: f32 = line[..size].iter().map(|value| value * value).sum();
        for dx in 0..N {
            row[0][dx] = sum;
            row[1][dx] = squares;
            let (gone, come) = (line[dx], line[dx + size]);
            sum += come - gone;
            squares += come * come - gone * gone;
        }
    }
    let count = (size * size) as f32;
    (0..N)
        .map(|dy| {
            let mut sums = [[0.0_f32; N]; 2];
            for row in &across[dy..dy + size] {
                for (sum, line) in sums.iter_mut().zip(row) {
                    for (total, value) in sum.iter_mut().zip(line) {
                        *total += value;
                    }
                }
            }
            let mut norm = [1.0; N];
            for (dx, norm) in norm.iter_mut().enumerate() {
                let (sum, squares) = (sums[0][dx], sums[1][dx]);
                // 40 per pixel² keeps bare paper with a speck from scoring high.
                *norm = (squares - sum * sum / count).max(40.0 * count).sqrt();
            }
            norm
        })
        .collect()
}

fn peak<const N: usize>(scores: &[[f32; N]]) -> Peak {
    let (mut by, mut bx) = (0, 0);
    for (y, row) in scores.iter().enumerate() {
        for (x, &score) in row.iter().enumerate() {
            if score > scores[by][bx] {
                (by, bx) = (y, x);
            }
        }
    }
    let mut rival = -1.0_f32;
    for (y, row) in scores.iter().enumerate() {
        for (x, &score) in row.iter().enumerate() {
            if y.abs_diff(by) > 3 || x.abs_diff(bx) > 3 {
                rival = rival.max(score);
            }
        }
    }
    let fraction = |before: Option<f32>, at: f32, after: Option<f32>| match (before, after) {
        (Some(before), Some(after)) if before + after - 2.0 * at < -1e-6 => {
            f64::from(0.5 * (before - after) / (before + after - 2.0 * at)).clamp(-0.5, 0.5)
        }
        _ => 0.0,
    };
    let at = |y: usize, x: usize| scores.get(y).and_then(|row| row.get(x)).copied();
    let score = scores[by][bx];
    let offset = |index: usize| f64::from(span(index) - span(N / 2));
    Peak {
        dx: offset(bx) + fraction(at(by, bx.wrapping_sub(1)), score, at(by, bx + 1)),
        dy: offset(by) + fraction(at(by.wrapping_sub(1), bx), score, at(by + 1, bx)),
        score,
        rival,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plane with blobs at irregular places.
    fn blobs(shift: (usize, usize)) -> Plane {
        let mut plane = Plane::filled(120, 120, 0.0);
        for (k, (x, y)) in [(40, 40), (52, 47), (47, 60), (61, 58), (38, 66)]
            .into_iter()
            .enumerate()
        {
            for dy in 0..3 + k {
                for dx in 0..4 {
                    plane.data[(y + dy + shift.1) * 120 + x + dx + shift.0] = 200.0;
                }
            }
        }
        plane
    }

    #[test]
    fn a_shifted_patch_is_found_where_it_went() {
        let patch = Patch::cut(&blobs((0, 0)), 52, 52, 32).unwrap();
        let peak = patch.search::<32>(&blobs((9, 5)), 52, 52);
        assert!(
            (peak.dx - 9.0).abs() < 0.3 && (peak.dy - 5.0).abs() < 0.3,
            "{peak:?}"
        );
        assert!(peak.score > 0.99 && peak.rival < 0.8, "{peak:?}");
    }

    #[test]
    fn a_window_beyond_the_border_counts_as_paper() {
        let patch = Patch::cut(&blobs((0, 0)), 52, 52, 32).unwrap();
        let peak = patch.search::<16>(&blobs((0, 0)), -200, 500);
        assert!(peak.score.abs() < 1e-3);
    }

    #[test]
    fn a_flat_place_is_no_patch() {
        assert!(Patch::cut(&blobs((0, 0)), 100, 20, 24).is_none());
    }
}
