//! A line image as the recogniser wants it: 48 pixels high, −1…1, padded to whole steps.

use image::GrayImage;

use crate::resize::bilinear;

/// Input height of the model, pixels.
pub(crate) const HEIGHT: u32 = 48;
/// Input pixels per step.
pub(crate) const STRIDE: u32 = 8;
/// Smallest input width, pixels. Measured on 720 made lines: 64 and 320 read equally well (.970 and .971
/// of the characters, .878 and .867 of the fields of the harder half) and 64 costs 40 % less.
const MIN_WIDTH: u32 = 64;
/// Widths are rounded up to whole steps only: rounding to 32 pixels cost 14 % more, and with neither
/// arena nor memory pattern the runtime gains nothing from seeing few shapes.
const WIDTH_STEP: u32 = STRIDE;
/// Longest line: 3,200 pixels are 66 characters at full height.
const MAX_WIDTH: u32 = 3_200;

/// A prepared line.
pub(crate) struct PreparedLine {
    /// Width of the padded input.
    pub width: u32,
    /// Steps that belong to the line and not to the padding.
    pub steps: usize,
    /// One plane of `HEIGHT × width` values, −1 (black) … 1 (white), 0 in the padding.
    pub plane: Vec<f32>,
}

/// Prepares a line of any size; `None` when it has no pixels.
pub(crate) fn prepare(line: &GrayImage) -> Option<PreparedLine> {
    let (width, height) = line.dimensions();
    if width == 0 || height == 0 {
        return None;
    }
    let natural = (u64::from(HEIGHT) * u64::from(width)).div_ceil(u64::from(height));
    let inner = u32::try_from(natural).unwrap_or(MAX_WIDTH).clamp(1, MAX_WIDTH);
    let padded = inner.max(MIN_WIDTH).next_multiple_of(WIDTH_STEP);
    let resized = bilinear(line, inner, HEIGHT);
    let mut plane = vec![0.0; (HEIGHT * padded) as usize];
    let rows = resized.as_raw().chunks_exact(inner as usize);
    for (row, out) in rows.zip(plane.chunks_exact_mut(padded as usize)) {
        for (value, &grey) in out.iter_mut().zip(row) {
            *value = f32::from(grey) / 127.5 - 1.0;
        }
    }
    Some(PreparedLine {
        width: padded,
        steps: inner.div_ceil(STRIDE) as usize,
        plane,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_follows_height_and_the_padding_is_neutral() {
        let line = GrayImage::from_pixel(392, 72, image::Luma([255]));
        let prepared = prepare(&line).unwrap();
        assert_eq!((prepared.width, prepared.steps), (264, 33));
        assert_eq!(
            (prepared.plane[0], prepared.plane[261], prepared.plane[262]),
            (1.0, 1.0, 0.0)
        );
        assert!(prepare(&GrayImage::new(0, 9)).is_none());
    }
}
