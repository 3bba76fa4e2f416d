//! Full text of a page that no form matches: lines found, read, in reading order.

use image::{GrayImage, Luma};
use shoki_core::reading::TextLine;
use shoki_engine::{EngineError, LineDetector, Quad, Recognise};

use crate::ctc::Greedy;

/// Longest edge at which lines are searched, pixels (measured: 0.99 CPU s; 2,000 costs 4.65).
const DETECTION_EDGE: u32 = 960;
/// Lines whose centres lie within this share of a line's height stand on one row.
const SAME_ROW: f32 = 0.5;

/// Reads every line of an upright page, top to bottom and left to right.
pub(crate) fn read(
    page: &GrayImage,
    detector: &mut LineDetector,
    recogniser: &mut dyn Recognise,
) -> Result<Vec<TextLine>, EngineError> {
    let mut quads = detector.detect(page, DETECTION_EDGE)?;
    in_reading_order(&mut quads);
    let mut lines = Vec::with_capacity(quads.len());
    for quad in quads {
        let lattice = recogniser.recognise(&straightened(page, &quad))?;
        let text = Greedy {
            charset: recogniser.charset(),
        }
        .text(&lattice);
        if !text.trim().is_empty() {
            lines.push(TextLine { text, quad });
        }
    }
    Ok(lines)
}

/// Rows from the top; within a row from the left.
fn in_reading_order(quads: &mut [Quad]) {
    let middle = |quad: &Quad| quad.iter().map(|corner| corner[1]).sum::<f32>() / 4.0;
    let height = |quad: &Quad| (quad[3][1] - quad[0][1]).abs().max(1.0);
    quads.sort_by(|a, b| middle(a).total_cmp(&middle(b)));
    let mut start = 0;
    while start < quads.len() {
        let (first, tall) = (middle(&quads[start]), height(&quads[start]));
        let row = quads[start..]
            .iter()
            .take_while(|quad| middle(quad) - first <= tall * SAME_ROW)
            .count();
        quads[start..start + row].sort_by(|a, b| a[0][0].total_cmp(&b[0][0]));
        start += row;
    }
}

/// The quadrilateral as a rectangle; upright writing is turned to lie like a line.
fn straightened(page: &GrayImage, quad: &Quad) -> GrayImage {
    let length = |a: [f32; 2], b: [f32; 2]| (a[0] - b[0]).hypot(a[1] - b[1]).round().max(1.0) as u32;
    let (width, height) = (length(quad[0], quad[1]), length(quad[0], quad[3]));
    let (last_x, last_y) = (page.width().saturating_sub(1), page.height().saturating_sub(1));
    let line = GrayImage::from_fn(width, height, |x, y| {
        let (u, v) = ((x as f32 + 0.5) / width as f32, (y as f32 + 0.5) / height as f32);
        let place = |axis: usize| {
            let top = quad[0][axis] + (quad[1][axis] - quad[0][axis]) * u;
            let bottom = quad[3][axis] + (quad[2][axis] - quad[3][axis]) * u;
            (top + (bottom - top) * v).max(0.0) as u32
        };
        Luma([page.get_pixel(place(0).min(last_x), place(1).min(last_y))[0]])
    });
    if height * 2 >= width * 3 {
        image::imageops::rotate270(&line)
    } else {
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_from_the_top_and_words_from_the_left() {
        let quad = |x: f32, y: f32| [[x, y], [x + 50.0, y], [x + 50.0, y + 20.0], [x, y + 20.0]];
        let mut quads = vec![quad(300.0, 103.0), quad(10.0, 200.0), quad(20.0, 100.0)];
        in_reading_order(&mut quads);
        let starts: Vec<_> = quads.iter().map(|quad| quad[0][0]).collect();
        assert!(
            starts
                .iter()
                .zip([20.0, 300.0, 10.0])
                .all(|(a, b)| (a - b).abs() < 1e-6),
            "{starts:?}"
        );
    }
}
