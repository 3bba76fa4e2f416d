//! A grey page measured in millimetres: rules, boxes, printed text, hand strokes.
//!
//! Owns the pixels of one page at 200 dpi, paper 255 and ink 0. Everything is anti-aliased and
//! darkens only: drawing twice never brightens. Never decides what is drawn.

use ab_glyph::{Font as _, FontVec, Outline, OutlineCurve, Point, point};
use ab_glyph_rasterizer::Rasterizer;
use image::GrayImage;

/// Resolution of every page of the product.
pub const DPI: f32 = 200.0;
/// Pixels per millimetre.
pub const PX_PER_MM: f32 = DPI / 25.4;

/// Where a text stands relative to its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// The point is its left end.
    Left,
    /// The point is its middle.
    Centre,
    /// The point is its right end.
    Right,
}

/// Coverage (0–1) of a shape on the pixel grid.
#[derive(Clone, Debug)]
pub struct Mask {
    /// Left pixel column.
    pub x: i32,
    /// Top pixel row.
    pub y: i32,
    /// Width in pixels.
    pub w: usize,
    /// Height in pixels.
    pub h: usize,
    /// Row by row.
    pub coverage: Vec<f32>,
}

/// One page.
#[derive(Clone, Debug)]
pub struct Canvas {
    /// The pixels.
    pub image: GrayImage,
}

impl Canvas {
    /// An empty sheet of this size in millimetres.
    #[must_use]
    pub fn blank(width_mm: f32, height_mm: f32) -> Self {
        let pixels = |mm: f32| (mm * PX_PER_MM).round() as u32;
        Self {
            image: GrayImage::from_pixel(pixels(width_mm), pixels(height_mm), image::Luma([255])),
        }
    }

    /// Lays `ink` (grey value) over the page where the mask covers it.
    pub fn ink(&mut self, mask: &Mask, ink: f32) {
        self.ink_with(mask, |_, _| ink);
    }

    /// As [`Canvas::ink`], the grey value chosen per pixel.
    pub fn ink_with(&mut self, mask: &Mask, grey: impl Fn(i32, i32) -> f32) {
        let (width, height) = (self.image.width() as i32, self.image.height() as i32);
        for row in 0..mask.h {
            let y = mask.y + row as i32;
            if !(0..height).contains(&y) {
                continue;
            }
            for column in 0..mask.w {
                let x = mask.x + column as i32;
                let cover = mask.coverage[row * mask.w + column].min(1.0);
                if cover <= 0.004 || !(0..width).contains(&x) {
                    continue;
                }
                let pixel = &mut self.image.get_pixel_mut(x as u32, y as u32).0[0];
                let old = f32::from(*pixel);
                let new = old * (1.0 - cover) + old.min(grey(x, y)) * cover;
                *pixel = new.round().clamp(0.0, 255.0) as u8;
            }
        }
    }

    /// A filled rectangle in millimetres.
    pub fn fill(&mut self, x: f32, y: f32, w: f32, h: f32, grey: f32) {
        let [x, y, w, h] = [x, y, w, h].map(|mm| mm * PX_PER_MM);
        let corners = [point(x, y), point(x + w, y), point(x + w, y + h), point(x, y + h)];
        if let Some(mask) = polygon(&corners) {
            self.ink(&mask, grey);
        }
    }

    /// A horizontal or vertical rule of this width, in millimetres, snapped to whole pixels as
    /// printers do.
    pub fn rule(&mut self, from: (f32, f32), to: (f32, f32), width: f32, grey: f32) {
        let thick = (width * PX_PER_MM).round().max(1.0);
        let snap = |mm: f32| (mm * PX_PER_MM - thick / 2.0).round();
        let [x0, y0] = [snap(from.0), snap(from.1)];
        let [x1, y1] = [snap(to.0) + thick, snap(to.1) + thick];
        let corners = [point(x0, y0), point(x1, y0), point(x1, y1), point(x0, y1)];
        if let Some(mask) = polygon(&corners) {
            self.ink(&mask, grey);
        }
    }

    /// A line of printed text; `size` is the em in millimetres and `y` the middle of the line.
    pub fn text(&mut self, face: &FontVec, text: &str, at: (f32, f32), size: f32, align: Align, grey: f32) {
        let width = text_width(face, text, size);
        let mut x = match align {
            Align::Left => at.0,
            Align::Centre => at.0 - width / 2.0,
            Align::Right => at.0 - width,
        };
        let units = face.units_per_em().unwrap_or(1000.0);
        let scale = size * PX_PER_MM / units;
        // The middle of an em box of a Japanese face lies .38 em above its baseline.
        let baseline = (at.1 + 0.38 * size) * PX_PER_MM;
        for character in text.chars() {
            let id = face.glyph_id(character);
            if let Some(outline) = face.outline(id) {
                let origin = x * PX_PER_MM;
                let place = |p: Point| point(origin + p.x * scale, baseline - p.y * scale);
                if let Some(mask) = outline_mask(&outline, place) {
                    self.ink(&mask, grey);
                }
            }
            x += face.h_advance_unscaled(id) / units * size;
        }
    }

    /// A stroke through `points` (pixels) with a round pen whose diameter (pixels) follows each point.
    pub fn stroke(&mut self, points: &[(f32, f32, f32)], grey: f32) {
        if let Some(mask) = stroke_mask(points) {
            self.ink(&mask, grey);
        }
    }
}

/// Width of a line of text in millimetres at an em of `size` millimetres.
#[must_use]
pub fn text_width(face: &FontVec, text: &str, size: f32) -> f32 {
    let units = face.units_per_em().unwrap_or(1000.0);
    text.chars()
        .map(|c| face.h_advance_unscaled(face.glyph_id(c)) / units * size)
        .sum()
}

/// Coverage of a glyph outline whose control points are moved by `place` (font units → pixels).
#[must_use]
pub fn outline_mask(outline: &Outline, place: impl Fn(Point) -> Point) -> Option<Mask> {
    let curves: Vec<OutlineCurve> = outline
        .curves
        .iter()
        .map(|curve| match *curve {
            OutlineCurve::Line(a, b) => OutlineCurve::Line(place(a), place(b)),
            OutlineCurve::Quad(a, b, c) => OutlineCurve::Quad(place(a), place(b), place(c)),
            OutlineCurve::Cubic(a, b, c, d) => OutlineCurve::Cubic(place(a), place(b), place(c), place(d)),
        })
        .collect();
    let points = curves.iter().flat_map(|curve| match *curve {
        OutlineCurve::Line(a, b) => vec![a, b],
        OutlineCurve::Quad(a, b, c) => vec![a, b, c],
        OutlineCurve::Cubic(a, b, c, d) => vec![a, b, c, d],
    });
    let (origin, mut raster) = raster_around(points)?;
    for curve in curves {
        match curve {
            OutlineCurve::Line(a, b) => raster.draw_line(a - origin, b - origin),
            OutlineCurve::Quad(a, b, c) => raster.draw_quad(a - origin, b - origin, c - origin),
            OutlineCurve::Cubic(a, b, c, d) => {
                raster.draw_cubic(a - origin, b - origin, c - origin, d - origin);
            }
        }
    }
    Some(finished(origin, &raster))
}

fn polygon(corners: &[Point]) -> Option<Mask> {
    let (origin, mut raster) = raster_around(corners.iter().copied())?;
    for (index, &corner) in corners.iter().enumerate() {
        raster.draw_line(corner - origin, corners[(index + 1) % corners.len()] - origin);
    }
    Some(finished(origin, &raster))
}

fn raster_around(points: impl Iterator<Item = Point>) -> Option<(Point, Rasterizer)> {
    let (mut low, mut high) = (point(f32::MAX, f32::MAX), point(f32::MIN, f32::MIN));
    for p in points {
        low = point(low.x.min(p.x), low.y.min(p.y));
        high = point(high.x.max(p.x), high.y.max(p.y));
    }
    if high.x < low.x || !(high.x - low.x).is_finite() || high.x - low.x > 5000.0 || high.y - low.y > 5000.0 {
        return None;
    }
    let origin = point(low.x.floor() - 1.0, low.y.floor() - 1.0);
    let side = |a: f32, b: f32| (b.ceil() - a) as usize + 2;
    Some((
        origin,
        Rasterizer::new(side(origin.x, high.x), side(origin.y, high.y)),
    ))
}

fn finished(origin: Point, raster: &Rasterizer) -> Mask {
    let (w, h) = raster.dimensions();
    let mut coverage = vec![0.0; w * h];
    raster.for_each_pixel(|index, cover| {
        if let Some(cell) = coverage.get_mut(index) {
            *cell = cover;
        }
    });
    Mask {
        x: origin.x as i32,
        y: origin.y as i32,
        w,
        h,
        coverage,
    }
}

/// Coverage of a round pen drawn through `points` (x, y, diameter, pixels).
#[must_use]
pub fn stroke_mask(points: &[(f32, f32, f32)]) -> Option<Mask> {
    let widest = points.iter().map(|p| p.2).fold(0.0, f32::max);
    let bound = |pick: fn(&(f32, f32, f32)) -> f32, side: f32| {
        points.iter().map(|p| pick(p) + side * widest).fold(
            if side < 0.0 { f32::MAX } else { f32::MIN },
            |a, b| {
                if side < 0.0 { a.min(b) } else { a.max(b) }
            },
        )
    };
    if points.len() < 2 {
        return None;
    }
    let (x, y) = (bound(|p| p.0, -1.0).floor(), bound(|p| p.1, -1.0).floor());
    let w = (bound(|p| p.0, 1.0).ceil() - x) as usize + 1;
    let h = (bound(|p| p.1, 1.0).ceil() - y) as usize + 1;
    let mut mask = Mask {
        x: x as i32,
        y: y as i32,
        w,
        h,
        coverage: vec![0.0; w * h],
    };
    for pair in points.windows(2) {
        cover_segment(&mut mask, pair[0], pair[1]);
    }
    Some(mask)
}

fn cover_segment(mask: &mut Mask, a: (f32, f32, f32), b: (f32, f32, f32)) {
    let reach = a.2.max(b.2) / 2.0 + 1.0;
    let column = |x: f32| (x - mask.x as f32).clamp(0.0, mask.w as f32) as usize;
    let line = |y: f32| (y - mask.y as f32).clamp(0.0, mask.h as f32) as usize;
    let (x0, x1) = (column(a.0.min(b.0) - reach), column(a.0.max(b.0) + reach + 1.0));
    let (y0, y1) = (line(a.1.min(b.1) - reach), line(a.1.max(b.1) + reach + 1.0));
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length = (dx * dx + dy * dy).max(1e-6);
    for row in y0..y1 {
        for col in x0..x1 {
            let (px, py) = (
                (mask.x + col as i32) as f32 + 0.5,
                (mask.y + row as i32) as f32 + 0.5,
            );
            let along = (((px - a.0) * dx + (py - a.1) * dy) / length).clamp(0.0, 1.0);
            let distance = (px - a.0 - along * dx).hypot(py - a.1 - along * dy);
            let radius = (a.2 + (b.2 - a.2) * along) / 2.0;
            let cell = &mut mask.coverage[row * mask.w + col];
            *cell = cell.max((radius + 0.5 - distance).clamp(0.0, 1.0));
        }
    }
}
