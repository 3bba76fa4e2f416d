//! Pages no form matches: text lines in reading order, for the わからない tray.
//!
//! Lines are found by the detector at 960 pixels (MODELS.md §2) and read without an alphabet. The page's
//! direction is the one in which its longest lines read clearest.

use image::GrayImage;
use shoki_core::reading::TextLine;
use shoki_engine::{Charset, EngineError, Lattice, LineDetector, Quad, Recognise};

use crate::crop::sample;
use crate::page_reader::upright;

/// Longest edge handed to the detector, pixels.
const DETECTION_EDGE: u32 = 960;
/// Lines read to find out which way up a page is.
const PROBES: usize = 4;
/// Mean probability of the best class below which a line is no text.
const LEAST_CLARITY: f32 = 0.5;

/// Clockwise quarter turns that make the page upright (those that are pinned, if somebody has said), and its lines
/// there.
pub(crate) fn read(
    page: &GrayImage,
    detector: &mut LineDetector,
    recogniser: &mut dyn Recognise,
    pinned: Option<u8>,
) -> Result<(u8, Vec<TextLine>), EngineError> {
    let mut quads = detector.detect(page, DETECTION_EDGE)?;
    quads.sort_by(|a, b| longer(b).total_cmp(&longer(a)));
    let standing = quads.iter().take(12).filter(|quad| is_standing(quad)).count() * 2 > quads.len().min(12);
    let tries: Vec<u8> = match pinned {
        Some(turns) => vec![turns],
        None if standing => vec![1, 3],
        None => vec![0, 2],
    };
    let mut best = (tries[0], -1.0_f32);
    for turns in tries {
        let turned = upright(page, turns);
        let image = turned.as_ref().unwrap_or(page);
        let mut clarity = 0.0;
        for quad in quads.iter().take(PROBES) {
            let quad = turned_quad(quad, turns, page.dimensions());
            let lattice = recogniser.recognise(&line(image, &quad))?;
            clarity += greedy(&lattice, recogniser.charset()).1;
        }
        if clarity > best.1 {
            best = (turns, clarity);
        }
    }
    let turns = best.0;
    let turned = upright(page, turns);
    let image = turned.as_ref().unwrap_or(page);
    let mut quads: Vec<Quad> = quads
        .iter()
        .map(|quad| turned_quad(quad, turns, page.dimensions()))
        .collect();
    in_reading_order(&mut quads);
    let mut lines = Vec::with_capacity(quads.len());
    for quad in quads {
        let lattice = recogniser.recognise(&line(image, &quad))?;
        let (text, clarity) = greedy(&lattice, recogniser.charset());
        if !text.trim().is_empty() && clarity >= LEAST_CLARITY {
            lines.push(TextLine {
                text: text.trim().to_owned(),
                quad,
            });
        }
    }
    Ok((turns, lines))
}

fn side(a: [f32; 2], b: [f32; 2]) -> f32 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

fn longer(quad: &Quad) -> f32 {
    side(quad[0], quad[1]).max(side(quad[1], quad[2]))
}

fn is_standing(quad: &Quad) -> bool {
    side(quad[1], quad[2]) > 1.5 * side(quad[0], quad[1])
}

/// The same place after the page was turned; corners again start at the top left.
fn turned_quad(quad: &Quad, turns: u8, (width, height): (u32, u32)) -> Quad {
    let (w, h) = (width as f32 - 1.0, height as f32 - 1.0);
    let corners = quad.map(|[x, y]| match turns % 4 {
        0 => [x, y],
        1 => [h - y, x],
        2 => [w - x, h - y],
        _ => [y, w - x],
    });
    let shift = (4 - usize::from(turns % 4)) % 4;
    [0, 1, 2, 3].map(|corner| corners[(corner + shift) % 4])
}

/// The line's pixels, straightened.
fn line(page: &GrayImage, quad: &Quad) -> GrayImage {
    let width = side(quad[0], quad[1])
        .max(side(quad[3], quad[2]))
        .round()
        .clamp(2.0, 4000.0);
    let height = side(quad[0], quad[3])
        .max(side(quad[1], quad[2]))
        .round()
        .clamp(2.0, 1000.0);
    GrayImage::from_fn(width as u32, height as u32, |x, y| {
        let (u, v) = ((x as f32 + 0.5) / width, (y as f32 + 0.5) / height);
        let at = |axis: usize| {
            let top = quad[0][axis] + (quad[1][axis] - quad[0][axis]) * u;
            let bottom = quad[3][axis] + (quad[2][axis] - quad[3][axis]) * u;
            top + (bottom - top) * v
        };
        image::Luma([sample(page, at(0), at(1)).clamp(0.0, 255.0) as u8])
    })
}

/// Top to bottom in rows, left to right within a row.
fn in_reading_order(quads: &mut [Quad]) {
    let centre = |quad: &Quad, axis: usize| quad.iter().map(|corner| corner[axis]).sum::<f32>() / 4.0;
    quads.sort_by(|a, b| centre(a, 1).total_cmp(&centre(b, 1)));
    let mut start = 0;
    for at in 1..=quads.len() {
        let ends = at == quads.len() || {
            let height = side(quads[start][0], quads[start][3]);
            centre(&quads[at], 1) - centre(&quads[start], 1) > 0.5 * height
        };
        if ends {
            quads[start..at].sort_by(|a, b| centre(a, 0).total_cmp(&centre(b, 0)));
            start = at;
        }
    }
}

/// Greedy text and the mean probability of its characters.
fn greedy(lattice: &Lattice, charset: &Charset) -> (String, f32) {
    let (mut text, mut sum, mut count) = (String::new(), 0.0, 0_u16);
    let mut previous = 0;
    for row in lattice.probabilities.chunks_exact(lattice.classes.max(1)) {
        let (best, probability) =
            row.iter().enumerate().fold(
                (0, 0.0),
                |best, (class, &p)| if p > best.1 { (class, p) } else { best },
            );
        if best != previous {
            if let Some(character) = charset.character(best) {
                text.push(character);
                sum += probability;
                count = count.saturating_add(1);
            }
            previous = best;
        }
    }
    (text, sum / f32::from(count.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quad(x: f32, y: f32, w: f32, h: f32) -> Quad {
        [[x, y], [x + w, y], [x + w, y + h], [x, y + h]]
    }

    #[test]
    fn rows_read_from_left_to_right_and_then_down() {
        let mut quads = [
            quad(300.0, 52.0, 80.0, 30.0),
            quad(10.0, 120.0, 80.0, 30.0),
            quad(20.0, 48.0, 80.0, 30.0),
        ];
        in_reading_order(&mut quads);
        assert_eq!(quads.map(|quad| quad[0][0]), [20.0, 300.0, 10.0]);
    }

    #[test]
    fn a_turned_line_starts_at_its_top_left_again() {
        // A line standing at the left edge, read upwards: one clockwise turn lays it along the top.
        let standing = quad(10.0, 100.0, 30.0, 400.0);
        let lying = turned_quad(&standing, 1, (1000, 2000));
        assert!(
            lying[0][0] < lying[1][0] && lying[0][1] < lying[3][1],
            "{lying:?}"
        );
        assert!(side(lying[0], lying[1]) > side(lying[0], lying[3]));
        assert_eq!(turned_quad(&standing, 0, (1000, 2000)), standing);
    }
}
