//! The four differently prepared pictures of a field whose readings must agree, and its lines.
//!
//! They differ in what can go wrong: the clean tight crop trusts template subtraction, the binarised
//! one also the threshold, the inset and the whole quad trust neither (MODELS.md §2).

use std::ops::Range;

use image::{GrayImage, imageops};

use crate::bitmap::{Bitmap, otsu};
use crate::crop::{Crop, MARGIN, ink_bounds};

/// How a picture of a field was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Preparation {
    /// Print subtracted, cut to the ink.
    Tight,
    /// The same in black and white.
    Binarised,
    /// With the print, inside of the box's frame.
    Inset,
    /// With the print and the frame.
    Quad,
}

impl Preparation {
    /// All, in the order of trust.
    pub(crate) const ALL: [Self; 4] = [Self::Tight, Self::Binarised, Self::Inset, Self::Quad];

    /// Weight of its vote: how often it was right on the tuning hands.
    pub(crate) const fn trust(self) -> f32 {
        match self {
            Self::Tight => 1.0,
            Self::Binarised => 0.9,
            Self::Inset => 0.8,
            Self::Quad => 0.5,
        }
    }
}

/// The picture of one line of ink of a field.
pub(crate) fn prepare(crop: &Crop, line: &Bitmap, preparation: Preparation) -> Option<GrayImage> {
    let (x, y, width, height) = ink_bounds(line)?;
    match preparation {
        Preparation::Tight => Some(tight(crop, (x, y, width, height))),
        Preparation::Binarised => {
            let mut image = tight(crop, (x, y, width, height));
            let limit = otsu(&image);
            for pixel in image.iter_mut() {
                *pixel = if *pixel < limit { 0 } else { 255 };
            }
            Some(image)
        }
        Preparation::Inset => Some(framed(crop, (x, y, width, height), -5)),
        Preparation::Quad => Some(framed(crop, (x, y, width, height), 4)),
    }
}

fn tight(crop: &Crop, (x, y, width, height): (u32, u32, u32, u32)) -> GrayImage {
    imageops::crop_imm(&crop.clean, x, y, width, height).to_image()
}

/// The field's own height and the ink's width, grown by `by` pixels, print and all.
fn framed(crop: &Crop, (x, _, width, _): (u32, u32, u32, u32), by: i32) -> GrayImage {
    let (columns, rows) = crop.flat.dimensions();
    let edge = (MARGIN as i32 - by) as u32;
    let (first, last) = (edge.min(columns / 2), (columns - edge).max(columns / 2 + 1));
    let left = x.clamp(first, last - 1);
    let right = (x + width).clamp(left + 1, last);
    let (top, bottom) = (edge.min(rows / 2), (rows - edge).max(rows / 2 + 1));
    imageops::crop_imm(&crop.flat, left, top, right - left, bottom - top).to_image()
}

/// Splits a field's ink into lines of writing, top to bottom.
pub(crate) fn lines(ink: &Bitmap) -> Vec<Bitmap> {
    let bands = bands(ink);
    if bands.len() < 2 {
        return vec![ink.clone()];
    }
    bands
        .into_iter()
        .map(|rows| {
            let mut line = Bitmap::empty(ink.width, ink.height);
            let pixels = rows.start * ink.width..rows.end * ink.width;
            line.data[pixels.clone()].copy_from_slice(&ink.data[pixels]);
            line
        })
        .collect()
}

/// Rows of ink parted by empty rows; thin bands (a lone stroke, a row of dots) join their neighbour.
fn bands(ink: &Bitmap) -> Vec<Range<usize>> {
    let inked: Vec<bool> = ink
        .data
        .chunks_exact(ink.width)
        .map(|row| row.contains(&1))
        .collect();
    let mut bands: Vec<Range<usize>> = Vec::new();
    for y in (0..inked.len()).filter(|&y| inked[y]) {
        match bands.last_mut() {
            Some(band) if band.end + 2 >= y => band.end = y + 1,
            _ => bands.push(y..y + 1),
        }
    }
    let tallest = bands.iter().map(Range::len).max().unwrap_or(0);
    while let Some(thin) = bands
        .iter()
        .position(|band| band.len() * 2 < tallest || band.len() < 12)
    {
        if bands.len() < 2 {
            break;
        }
        let gap_above = (thin > 0).then(|| bands[thin].start - bands[thin - 1].end);
        let gap_below = bands.get(thin + 1).map(|next| next.start - bands[thin].end);
        let upper = match (gap_above, gap_below) {
            (Some(above), Some(below)) if above <= below => thin - 1,
            (Some(_), None) => thin - 1,
            _ => thin,
        };
        let lower = bands.remove(upper + 1);
        bands[upper].end = lower.end;
    }
    bands
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_bands(bands: &[Range<usize>]) -> Bitmap {
        let mut ink = Bitmap::empty(60, 100);
        for band in bands {
            for y in band.clone() {
                ink.data[y * 60 + 10..y * 60 + 40].fill(1);
            }
        }
        ink
    }

    #[test]
    fn two_lines_part_and_a_thin_stroke_stays_with_its_line() {
        assert_eq!(bands(&with_bands(&[10..35, 48..74])), [10..35, 48..74]);
        assert_eq!(bands(&with_bands(&[10..14, 20..45, 60..85])), [10..45, 60..85]);
        let lone: [_; 1] = std::array::from_fn(|_| 40..43);
        assert_eq!(bands(&with_bands(&lone)), lone);
        assert!(bands(&with_bands(&[])).is_empty());
    }

    #[test]
    fn lines_hold_all_ink_between_them() {
        let ink = with_bands(&[10..35, 48..74]);
        let lines = lines(&ink);
        assert_eq!(lines.iter().map(Bitmap::count).sum::<usize>(), ink.count());
        assert_eq!(lines.len(), 2);
    }
}
