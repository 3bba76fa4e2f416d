//! A hand writing on a page: glyph outlines bent a little differently each time.
//!
//! Owns how a text is laid into a box or a row of boxes and how a mark is drawn. The hand's habits
//! (slant, size, pen, carelessness) are drawn once per page, the rest per character.

use ab_glyph::{Font as _, Point, point};
use rand::{Rng, RngExt as _};
use shoki_core::form::MmBox;

use crate::canvas::{Canvas, Mask, PX_PER_MM, outline_mask, stroke_mask};
use crate::typefaces::Hand;

/// The habits of one writer on one page.
pub struct Writer<'a> {
    hand: &'a Hand,
    slant: f32,
    size: f32,
    spacing: f32,
    careless: f32,
    pen_threshold: f32,
    pen_mm: f32,
    ink: f32,
}

impl<'a> Writer<'a> {
    /// Draws the habits.
    pub fn new(hand: &'a Hand, rng: &mut impl Rng) -> Self {
        Self {
            hand,
            slant: rng.random_range(-0.10..0.16),
            size: rng.random_range(0.82..1.0) * hand.scale,
            spacing: rng.random_range(0.92..1.08),
            careless: rng.random_range(0.5..1.3),
            pen_threshold: rng.random_range(0.18..hand.finest),
            pen_mm: rng.random_range(0.35..0.6),
            ink: if rng.random_bool(0.2) {
                rng.random_range(75.0..115.0)
            } else {
                rng.random_range(15.0..70.0)
            },
        }
    }

    /// Writes `text` on one line into an open box. Returns where the line ends (mm).
    pub fn line(&self, page: &mut Canvas, area: MmBox, text: &str, rng: &mut impl Rng) -> f32 {
        let em = self.em_for(area, text);
        let margin = rng.random_range(0.8..(area.w * 0.08).clamp(1.0, 6.0));
        let tilt = rng.random_range(-0.008..0.008) * self.careless;
        let lift = rng.random_range(-0.05..0.05) * em * self.careless;
        let mut x = area.x + margin;
        for character in text.chars() {
            let advance = self.advance(character) * em * self.spacing;
            if !character.is_whitespace() {
                let y = area.y + area.h / 2.0 + lift + tilt * (x - area.x);
                self.glyph(page, character, (x + advance / 2.0, y), em, rng);
            }
            x += advance;
        }
        x
    }

    /// The em (mm) at which `text` fits the box on one line.
    #[must_use]
    pub fn em_for(&self, area: MmBox, text: &str) -> f32 {
        let wide: f32 = text.chars().map(|c| self.advance(c)).sum::<f32>() * self.spacing;
        let room = (area.w - 3.0) * 0.95;
        (area.h * 0.78)
            .min(7.2)
            .mul_add(self.size, 0.0)
            .min(room / wide.max(0.5))
    }

    /// Writes one character into each of the last (`right`) or first boxes of a row.
    pub fn row(
        &self,
        page: &mut Canvas,
        area: MmBox,
        cells: u32,
        text: &str,
        right: bool,
        rng: &mut impl Rng,
    ) {
        let pitch = area.w / cells as f32;
        let em = (area.h * 0.88).min(pitch * 1.3) * self.size;
        let count = text.chars().count() as u32;
        let first = if right { cells.saturating_sub(count) } else { 0 };
        let habit = rng.random_range(-0.06..0.06) * pitch;
        for (index, character) in text.chars().enumerate() {
            let jitter = |rng: &mut dyn Rng, share: f32| rng.random_range(-share..share) * self.careless;
            let x = area.x + pitch * (first as f32 + index as f32 + 0.5 + jitter(rng, 0.09)) + habit;
            let y = area.y + area.h * (0.5 + jitter(rng, 0.06));
            self.glyph(page, character, (x, y), em, rng);
        }
    }

    fn advance(&self, character: char) -> f32 {
        if character.is_whitespace() {
            return 0.55;
        }
        let units = self.hand.face.units_per_em().unwrap_or(1000.0);
        let id = self.hand.face.glyph_id(character);
        (self.hand.face.h_advance_unscaled(id) / units).clamp(0.35, 1.1)
    }

    fn glyph(&self, page: &mut Canvas, character: char, centre: (f32, f32), em: f32, rng: &mut impl Rng) {
        let face = &self.hand.face;
        let id = face.glyph_id(character);
        let Some(outline) = face.outline(id) else { return };
        let units = face.units_per_em().unwrap_or(1000.0);
        let advance = face.h_advance_unscaled(id);
        let care = self.careless;
        let mut swing = |share: f32| rng.random_range(-share..share) * care;
        let angle = swing(0.06);
        let (stretch_x, stretch_y) = (1.0 + swing(0.09), 1.0 + swing(0.09));
        let shear = self.slant + swing(0.06);
        let waves: [f32; 8] = std::array::from_fn(|_| swing(1.0));
        let shift = (centre.0 + swing(0.02) * em, centre.1 + swing(0.03) * em);
        let scale = em * PX_PER_MM / units;
        let (sin, cos) = angle.sin_cos();
        let place = |p: Point| {
            let (u, v) = ((p.x - advance / 2.0) / units, (p.y - 0.38 * units) / units);
            let bend = 0.016;
            let u2 = u + bend
                * (waves[0] * (v * 5.0 + waves[1] * 3.0).sin() + waves[2] * (u * 4.0 + waves[3] * 3.0).sin());
            let v2 = v + bend
                * (waves[4] * (u * 5.0 + waves[5] * 3.0).sin() + waves[6] * (v * 4.0 + waves[7] * 3.0).sin());
            let (x, y) = ((u2 + shear * v2) * stretch_x, v2 * stretch_y);
            point(
                shift.0 * PX_PER_MM + (x * cos - y * sin) * units * scale,
                shift.1 * PX_PER_MM - (x * sin + y * cos) * units * scale,
            )
        };
        if let Some(mask) = outline_mask(&outline, place) {
            self.lay(page, &with_pen(&mask, self.pen_threshold), rng);
        }
    }

    /// Lays a mask with this writer's ink, unevenly as a ball pen does.
    fn lay(&self, page: &mut Canvas, mask: &Mask, rng: &mut impl Rng) {
        let (a, b, phase) = (
            rng.random_range(0.05..0.15),
            rng.random_range(0.05..0.15),
            rng.random_range(0.0..6.3),
        );
        let (base, uneven) = (
            self.ink + rng.random_range(-8.0..8.0),
            rng.random_range(5.0..22.0),
        );
        page.ink_with(mask, |x, y| {
            base + uneven * (1.0 + (a * x as f32 + b * y as f32 + phase).sin()) / 2.0
        });
    }

    fn pen(&self, page: &mut Canvas, points: &[(f32, f32)], rng: &mut impl Rng) {
        let width = self.pen_mm * PX_PER_MM;
        let path: Vec<(f32, f32, f32)> = points
            .iter()
            .map(|p| {
                (
                    p.0 * PX_PER_MM,
                    p.1 * PX_PER_MM,
                    width * rng.random_range(0.85..1.15),
                )
            })
            .collect();
        if let Some(mask) = stroke_mask(&path) {
            self.lay(page, &mask, rng);
        }
    }

    /// A tick, a cross, a filled box or a small circle in a check box.
    pub fn check(&self, page: &mut Canvas, area: MmBox, rng: &mut impl Rng) {
        let at = |u: f32, v: f32, rng: &mut dyn Rng| {
            let jitter = 0.10 * self.careless;
            (
                area.x + area.w * (u + rng.random_range(-jitter..jitter)),
                area.y + area.h * (v + rng.random_range(-jitter..jitter)),
            )
        };
        match rng.random_range(0..10) {
            0 => {
                let ends = [
                    at(0.1, 0.1, rng),
                    at(0.9, 0.9, rng),
                    at(0.9, 0.1, rng),
                    at(0.1, 0.9, rng),
                ];
                self.pen(page, &ends[..2], rng);
                self.pen(page, &ends[2..], rng);
            }
            1 => {
                let zigzag: Vec<_> = (0..9_u8)
                    .map(|i| {
                        at(
                            0.12 + 0.76 * f32::from(i) / 8.0,
                            if i % 2 == 0 { 0.15 } else { 0.85 },
                            rng,
                        )
                    })
                    .collect();
                self.pen(page, &zigzag, rng);
            }
            _ => {
                let (a, b, c) = (at(0.05, 0.45, rng), at(0.4, 0.92, rng), at(1.25, -0.35, rng));
                let mid = ((b.0 + c.0) / 2.0 - 0.15, (b.1 + c.1) / 2.0 - 0.15);
                self.pen(page, &[a, b, mid, c], rng);
            }
        }
    }

    /// A circle drawn around a printed word.
    pub fn circle(&self, page: &mut Canvas, area: MmBox, rng: &mut impl Rng) {
        let centre = (
            area.x + area.w / 2.0 + rng.random_range(-0.4..0.4) * self.careless,
            area.y + area.h / 2.0 + rng.random_range(-0.4..0.4) * self.careless,
        );
        let (rx, ry) = (
            area.w / 2.0 * rng.random_range(0.98..1.15),
            area.h / 2.0 * rng.random_range(1.0..1.22),
        );
        let (start, turn) = (rng.random_range(-2.4..-1.2), rng.random_range(6.2..6.9));
        let (wobble, phase) = (rng.random_range(0.0..0.05), rng.random_range(0.0..6.3));
        let points: Vec<(f32, f32)> = (0..=40_u8)
            .map(|i| {
                let t = f32::from(i) / 40.0;
                let angle = start + turn * t;
                let swell = 1.0 + wobble * (3.0 * angle + phase).sin() + 0.05 * t;
                (
                    centre.0 + rx * swell * angle.cos(),
                    centre.1 + ry * swell * angle.sin(),
                )
            })
            .collect();
        self.pen(page, &points, rng);
    }

    /// Two lines through what stands between `from` and `to` (mm).
    pub fn strike(&self, page: &mut Canvas, from: (f32, f32), to: (f32, f32), rng: &mut impl Rng) {
        for offset in [-0.5, 0.6] {
            let mut near = |p: (f32, f32)| {
                (
                    p.0 + rng.random_range(-0.4..0.4),
                    p.1 + offset + rng.random_range(-0.2..0.2),
                )
            };
            let (a, b) = (near(from), near(to));
            self.pen(page, &[a, b], rng);
        }
    }
}

/// Makes the strokes thicker (low threshold) or thinner (high) by blurring and cutting again.
fn with_pen(mask: &Mask, threshold: f32) -> Mask {
    let (w, h) = (mask.w + 2, mask.h + 2);
    let get = |x: i32, y: i32| {
        if x < 0 || y < 0 || x >= mask.w as i32 || y >= mask.h as i32 {
            0.0
        } else {
            mask.coverage[y as usize * mask.w + x as usize].min(1.0)
        }
    };
    let mut coverage = vec![0.0; w * h];
    for y in 0..h as i32 {
        for x in 0..w as i32 {
            let mut sum = 0.0;
            for (dy, row) in [1.0, 2.0, 1.0].into_iter().enumerate() {
                for (dx, column) in [1.0, 2.0, 1.0].into_iter().enumerate() {
                    sum += row * column * get(x + dx as i32 - 2, y + dy as i32 - 2);
                }
            }
            let smooth = sum / 16.0;
            coverage[y as usize * w + x as usize] = ((smooth - threshold + 0.2) / 0.4).clamp(0.0, 1.0);
            if smooth < 0.02 {
                coverage[y as usize * w + x as usize] = 0.0;
            }
        }
    }
    Mask {
        x: mask.x - 1,
        y: mask.y - 1,
        w,
        h,
        coverage,
    }
}
