//! PP-OCRv6 small: a page to the quadrilaterals of its text lines.
//!
//! Differentiable Binarization (Liao et al. 2020): the share of text per pixel is thresholded, each
//! connected region becomes its smallest rectangle, widened by area × ratio ÷ perimeter. Constants are
//! those of the RapidOCR package, whose files these are.

use image::{GrayImage, Luma};
use imageproc::contours::{BorderType, find_contours};
use ort::session::Session;
use ort::value::TensorRef;

use crate::error::EngineError;
use crate::quad::{Quad, contains, sides, smallest_rectangle, widen};
use crate::resize::bilinear;
use crate::runtime::Runtime;
use crate::store::VerifiedModel;

/// Share of text above which a pixel counts.
const PIXEL_THRESHOLD: f32 = 0.3;
/// Mean share of text inside a rectangle above which it is a line.
const BOX_THRESHOLD: f32 = 0.5;
/// Widening of a rectangle.
const UNCLIP_RATIO: f32 = 1.6;
/// Shortest side of a line on the map, pixels.
const MIN_SIDE: f32 = 3.0;
/// Lines of one page at most.
const MAX_LINES: usize = 1_000;
/// The network halves its input five times.
const SIZE_STEP: u32 = 32;

/// Text line detection in a one-thread session.
#[derive(Debug)]
pub struct LineDetector {
    session: Session,
    output: String,
}

impl LineDetector {
    /// A detector on a verified model.
    ///
    /// # Errors
    /// `Contract` when the session is not the promised one.
    pub fn new(runtime: &Runtime, model: &VerifiedModel) -> Result<Self, EngineError> {
        let session = runtime.session(model)?;
        let output = session
            .outputs()
            .first()
            .map(|outlet| outlet.name().to_owned())
            .unwrap_or_default();
        Ok(Self { session, output })
    }

    /// The text lines of a page, in no order; the page is scaled so that its longest edge is
    /// `longest_edge` pixels (960 measured: 0.99 CPU s).
    ///
    /// # Errors
    /// `Runtime` when the session fails.
    pub fn detect(&mut self, page: &GrayImage, longest_edge: u32) -> Result<Vec<Quad>, EngineError> {
        let (width, height) = page.dimensions();
        if width == 0 || height == 0 {
            return Ok(Vec::new());
        }
        let longest = width.max(height);
        let scaled = |edge: u32| {
            let ideal = u64::from(edge) * u64::from(longest_edge.min(longest)) / u64::from(longest);
            let steps = (ideal + u64::from(SIZE_STEP) / 2) / u64::from(SIZE_STEP);
            u32::try_from(steps).map_or(longest_edge, |steps| steps.max(1) * SIZE_STEP)
        };
        let (w, h) = (scaled(width), scaled(height));
        let small = bilinear(page, w, h);
        let plane: Vec<f32> = small
            .as_raw()
            .iter()
            .map(|&grey| f32::from(grey) / 127.5 - 1.0)
            .collect();
        let colour = plane.repeat(3);
        let input = TensorRef::from_array_view(([1, 3, h as usize, w as usize], colour.as_slice()))?;
        let outputs = self.session.run(ort::inputs![input])?;
        let (_, shares) = outputs[self.output.as_str()].try_extract_tensor::<f32>()?;
        let map = Map {
            width: w as usize,
            shares,
        };
        let (right, bottom) = (width as f32, height as f32);
        let mut lines = map.lines(right / w as f32, bottom / h as f32);
        for corner in lines.iter_mut().flatten() {
            *corner = [corner[0].clamp(0.0, right), corner[1].clamp(0.0, bottom)];
        }
        Ok(lines)
    }
}

/// The network's answer: share of text per pixel.
struct Map<'a> {
    width: usize,
    shares: &'a [f32],
}

impl Map<'_> {
    fn lines(&self, scale_x: f32, scale_y: f32) -> Vec<Quad> {
        let height = self.shares.len() / self.width.max(1);
        let is_text = |x: usize, y: usize| self.shares[y * self.width + x] > PIXEL_THRESHOLD;
        // Widened by one pixel right and down, as the reference does: strokes of one character join.
        let mask = GrayImage::from_fn(self.width as u32, height as u32, |x, y| {
            let (x, y) = (x as usize, y as usize);
            let (left, up) = (x.saturating_sub(1), y.saturating_sub(1));
            let hit = is_text(x, y) || is_text(left, y) || is_text(x, up) || is_text(left, up);
            Luma([if hit { 255 } else { 0 }])
        });
        let mut lines = Vec::new();
        for contour in find_contours::<i32>(&mask) {
            if contour.border_type != BorderType::Outer
                || contour.points.len() < 4
                || lines.len() >= MAX_LINES
            {
                continue;
            }
            let outline: Vec<[f32; 2]> = contour
                .points
                .iter()
                .map(|point| [point.x as f32, point.y as f32])
                .collect();
            let corners = smallest_rectangle(&outline);
            let (w, h) = sides(&corners);
            if w.min(h) < MIN_SIDE || self.mean_inside(&corners) < BOX_THRESHOLD {
                continue;
            }
            let distance = w * h * UNCLIP_RATIO / (2.0 * (w + h));
            let widened = widen(&corners, distance);
            lines.push(widened.map(|[x, y]| [x * scale_x, y * scale_y]));
        }
        lines
    }

    /// Mean share of text over the pixels inside the rectangle.
    fn mean_inside(&self, corners: &Quad) -> f32 {
        let height = self.shares.len() / self.width.max(1);
        let low = |axis: usize| corners.iter().map(|c| c[axis]).fold(f32::MAX, f32::min).max(0.0) as usize;
        let high = |axis: usize| corners.iter().map(|c| c[axis]).fold(0.0, f32::max) as usize;
        let (mut sum, mut count) = (0.0, 0_u32);
        for y in low(1)..=high(1).min(height.saturating_sub(1)) {
            for x in low(0)..=high(0).min(self.width.saturating_sub(1)) {
                if contains(corners, x as f32, y as f32) {
                    sum += self.shares[y * self.width + x];
                    count += 1;
                }
            }
        }
        if count == 0 { 0.0 } else { sum / count as f32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_of_text_becomes_one_widened_line() {
        let (width, height) = (64, 32);
        let mut shares = vec![0.0; width * height];
        for y in 10..16 {
            shares[y * width + 8..y * width + 48].fill(0.9);
        }
        let lines = Map {
            width,
            shares: &shares,
        }
        .lines(2.0, 2.0);
        assert_eq!(lines.len(), 1);
        let [top_left, _, bottom_right, _] = lines[0];
        assert!(top_left[0] < 16.0 && top_left[1] < 20.0, "{lines:?}");
        assert!(bottom_right[0] > 94.0 && bottom_right[1] > 30.0, "{lines:?}");
    }
}
