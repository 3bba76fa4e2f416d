//! Grey pages as float planes: shrinking, the paper's brightness, and ink with the paper divided out.
//!
//! Ink is 0 for paper and 255 for black, whatever the shade of the paper: a shadow or a grey copy
//! changes the paper estimate, not the ink. Nothing here knows forms or fields.

use image::GrayImage;

/// A plane of floats, row by row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plane {
    /// Columns.
    pub(crate) width: usize,
    /// Rows.
    pub(crate) height: usize,
    /// `width × height` values.
    pub(crate) data: Vec<f32>,
}

impl Plane {
    /// All `value`.
    pub(crate) fn filled(width: usize, height: usize, value: f32) -> Self {
        Self {
            width,
            height,
            data: vec![value; width * height],
        }
    }

    /// One row.
    pub(crate) fn row(&self, y: usize) -> &[f32] {
        &self.data[y * self.width..][..self.width]
    }

    fn row_mut(&mut self, y: usize) -> &mut [f32] {
        &mut self.data[y * self.width..][..self.width]
    }

    /// The value at a pixel, 0 outside.
    pub(crate) fn at(&self, x: i64, y: i64) -> f32 {
        match (usize::try_from(x), usize::try_from(y)) {
            (Ok(x), Ok(y)) if x < self.width && y < self.height => self.data[y * self.width + x],
            _ => 0.0,
        }
    }

    /// Half the size: means of 2×2 pixels; an odd last column or row is dropped.
    pub(crate) fn halved(&self) -> Self {
        let (width, height) = (self.width / 2, self.height / 2);
        let mut data = Vec::with_capacity(width * height);
        for y in 0..height {
            let (above, below) = (self.row(2 * y), self.row(2 * y + 1));
            data.extend(
                above
                    .chunks_exact(2)
                    .zip(below.chunks_exact(2))
                    .map(|(a, b)| (a[0] + a[1] + b[0] + b[1]) * 0.25),
            );
        }
        Self { width, height, data }
    }

    /// Turned clockwise by `turns` quarter turns.
    pub(crate) fn turned(&self, turns: u8) -> Self {
        let (w, h) = (self.width, self.height);
        let (width, height) = if turns.is_multiple_of(2) { (w, h) } else { (h, w) };
        let mut data = Vec::with_capacity(w * h);
        for y in 0..height {
            for x in 0..width {
                let (sx, sy) = match turns % 4 {
                    0 => (x, y),
                    1 => (y, h - 1 - x),
                    2 => (w - 1 - x, h - 1 - y),
                    _ => (w - 1 - y, x),
                };
                data.push(self.data[sy * w + sx]);
            }
        }
        Self { width, height, data }
    }

    /// The largest (or smallest) value within `radius` pixels along both axes.
    fn extreme(&self, radius: usize, pick: fn(f32, f32) -> f32) -> Self {
        let mut across = self.clone();
        for y in 0..self.height {
            let row = self.row(y);
            for (x, value) in across.row_mut(y).iter_mut().enumerate() {
                let window = &row[x.saturating_sub(radius)..(x + radius + 1).min(self.width)];
                *value = window.iter().copied().fold(window[0], pick);
            }
        }
        let mut down = across.clone();
        for y in 0..self.height {
            let rows = y.saturating_sub(radius)..(y + radius + 1).min(self.height);
            for other in rows {
                let source = other * self.width..(other + 1) * self.width;
                for (value, &candidate) in down.row_mut(y).iter_mut().zip(&across.data[source]) {
                    *value = pick(*value, candidate);
                }
            }
        }
        down
    }

    /// Means over squares of `2·radius + 1`, fewer at the borders.
    pub(crate) fn blurred(&self, radius: usize) -> Self {
        let mut across = Self::filled(self.width, self.height, 0.0);
        for y in 0..self.height {
            running_mean(self.row(y), radius, across.row_mut(y));
        }
        let mut out = Self::filled(self.width, self.height, 0.0);
        for y in 0..self.height {
            let rows = y.saturating_sub(radius)..(y + radius + 1).min(self.height);
            let share = 1.0 / rows.len() as f32;
            for other in rows {
                let source = other * self.width..(other + 1) * self.width;
                for (sum, &value) in out.row_mut(y).iter_mut().zip(&across.data[source]) {
                    *sum += value * share;
                }
            }
        }
        out
    }
}

fn running_mean(row: &[f32], radius: usize, out: &mut [f32]) {
    for (x, value) in out.iter_mut().enumerate() {
        let window = &row[x.saturating_sub(radius)..(x + radius + 1).min(row.len())];
        let count = window.len() as f32;
        *value = window.iter().sum::<f32>() / count;
    }
}

/// Half-size plane of a grey page.
fn halved_page(page: &GrayImage) -> Plane {
    let (w, h) = (page.width() as usize, page.height() as usize);
    let (width, height) = (w / 2, h / 2);
    let raw = page.as_raw();
    let mut data = Vec::with_capacity(width * height);
    for y in 0..height {
        let above = &raw[2 * y * w..][..w];
        let below = &raw[(2 * y + 1) * w..][..w];
        data.extend(above.chunks_exact(2).zip(below.chunks_exact(2)).map(|(a, b)| {
            f32::from(u16::from(a[0]) + u16::from(a[1]) + u16::from(b[0]) + u16::from(b[1])) * 0.25
        }));
    }
    Plane { width, height, data }
}

/// The paper's brightness over the page, kept at ⅛ size.
#[derive(Clone, Debug)]
pub(crate) struct Paper(Plane);

impl Paper {
    /// Closing with 9×9 pixels at ⅛ size (9 mm: wider than any stroke, narrower than a shadow), smoothed.
    fn of_eighth(grey: &Plane) -> Self {
        let closed = grey.extreme(4, f32::max).extreme(4, f32::min);
        Self(closed.blurred(2))
    }

    /// The paper of the page turned clockwise by `turns` quarter turns.
    pub(crate) fn turned(&self, turns: u8) -> Self {
        Self(self.0.turned(turns))
    }

    /// Brightness along a row of a level shrunk by `scale`, into `out`; at least 1.
    pub(crate) fn row(&self, scale: usize, y: usize, out: &mut [f32]) {
        let place = |q: usize| ((q as f32 + 0.5) * scale as f32 / 8.0 - 0.5).max(0.0);
        let (top, bottom, fraction) = lerp_place(place(y), self.0.height);
        let (above, below) = (self.0.row(top), self.0.row(bottom));
        for (x, value) in out.iter_mut().enumerate() {
            let (left, right, across) = lerp_place(place(x), self.0.width);
            let upper = above[left] + (above[right] - above[left]) * across;
            let lower = below[left] + (below[right] - below[left]) * across;
            *value = (upper + (lower - upper) * fraction).max(1.0);
        }
    }

    /// Brightness at a full-size pixel; at least 1.
    pub(crate) fn at(&self, x: f32, y: f32) -> f32 {
        let place = |v: f32| ((v + 0.5) / 8.0 - 0.5).max(0.0);
        let (top, bottom, fraction) = lerp_place(place(y), self.0.height);
        let (left, right, across) = lerp_place(place(x), self.0.width);
        let (above, below) = (self.0.row(top), self.0.row(bottom));
        let upper = above[left] + (above[right] - above[left]) * across;
        let lower = below[left] + (below[right] - below[left]) * across;
        (upper + (lower - upper) * fraction).max(1.0)
    }
}

fn lerp_place(at: f32, length: usize) -> (usize, usize, f32) {
    let low = (at as usize).min(length - 1);
    let high = (low + 1).min(length - 1);
    let fraction = (at - low as f32).clamp(0.0, 1.0);
    (low, high, fraction)
}

/// Ink of a page at ½, ¼ and ⅛ size, and the paper it was divided by.
#[derive(Clone, Debug)]
pub(crate) struct InkLevels {
    /// ½ size.
    pub(crate) half: Plane,
    /// ¼ size.
    pub(crate) quarter: Plane,
    /// ⅛ size.
    pub(crate) eighth: Plane,
    /// The paper.
    pub(crate) paper: Paper,
}

/// Smallest page that can be shrunk and searched, pixels of its shorter edge (25 mm).
pub(crate) const MIN_EDGE: u32 = 200;

impl InkLevels {
    /// Of a page of at least [`MIN_EDGE`] pixels each way.
    pub(crate) fn of(page: &GrayImage) -> Self {
        let half_grey = halved_page(page);
        let quarter_grey = half_grey.halved();
        let eighth_grey = quarter_grey.halved();
        let paper = Paper::of_eighth(&eighth_grey);
        Self {
            half: ink(half_grey, &paper, 2),
            quarter: ink(quarter_grey, &paper, 4),
            eighth: ink(eighth_grey, &paper, 8),
            paper,
        }
    }
}

fn ink(mut grey: Plane, paper: &Paper, scale: usize) -> Plane {
    let mut brightness = vec![0.0; grey.width];
    for y in 0..grey.height {
        paper.row(scale, y, &mut brightness);
        for (value, paper) in grey.row_mut(y).iter_mut().zip(&brightness) {
            *value = (255.0 - *value / paper * 255.0).clamp(0.0, 255.0);
        }
    }
    grey
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    #[test]
    fn a_shadow_is_paper_and_a_stroke_is_ink() {
        let mut page = GrayImage::from_fn(400, 400, |x, _| Luma([u8::try_from(120 + x / 4).unwrap()]));
        for y in 100..300 {
            for x in 200..206 {
                let shade = page.get_pixel(x, y)[0] / 4;
                page.put_pixel(x, y, Luma([shade]));
            }
        }
        let levels = InkLevels::of(&page);
        assert!(levels.half.at(101, 100) > 160.0);
        assert!(levels.half.at(30, 100) < 20.0 && levels.half.at(180, 30) < 20.0);
        assert!((levels.paper.at(203.0, 200.0) - 170.0).abs() < 12.0);
    }

    #[test]
    fn four_quarter_turns_are_none() {
        let plane = Plane {
            width: 3,
            height: 2,
            data: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        };
        assert_eq!(plane.turned(1).data, [4.0, 1.0, 5.0, 2.0, 6.0, 3.0]);
        assert_eq!(plane.turned(2).data, [6.0, 5.0, 4.0, 3.0, 2.0, 1.0]);
        assert_eq!(plane.turned(1).turned(3), plane);
        assert_eq!(plane.turned(2).turned(2), plane);
    }

    #[test]
    fn blur_keeps_the_mean_of_a_flat_plane() {
        let plane = Plane::filled(9, 7, 3.0).blurred(2);
        assert!(plane.data.iter().all(|value| (value - 3.0).abs() < 1e-5));
    }
}
