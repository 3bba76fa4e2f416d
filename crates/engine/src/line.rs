//! A line image as the recogniser wants it: 48 pixels high, −1…1, padded to a width bucket.
//!
//! The resize is OpenCV's `INTER_LINEAR` (pixel centres, no smoothing), which the model was trained
//! with: a smoother one changes what it reads (compared by golden lines in the tests).

use image::GrayImage;

/// Input height of the model, pixels.
pub(crate) const HEIGHT: u32 = 48;
/// Input pixels per step.
pub(crate) const STRIDE: u32 = 8;
/// Smallest input width: the model saw few narrower lines.
const MIN_WIDTH: u32 = 160;
/// Widths are rounded up to a multiple of this, so that the runtime sees few different shapes.
const WIDTH_STEP: u32 = 32;
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
    let mut plane = vec![0.0; (HEIGHT * padded) as usize];
    let columns = Samples::along(width, inner);
    let rows = Samples::along(height, HEIGHT);
    let pixels = line.as_raw();
    for (y, row) in rows.0.iter().enumerate() {
        let upper = &pixels[row.first * width as usize..][..width as usize];
        let lower = &pixels[row.second * width as usize..][..width as usize];
        let out = &mut plane[y * padded as usize..][..inner as usize];
        for (value, column) in out.iter_mut().zip(&columns.0) {
            let blend = |line: &[u8]| {
                let (a, b) = (f32::from(line[column.first]), f32::from(line[column.second]));
                a + (b - a) * column.weight
            };
            let (a, b) = (blend(upper), blend(lower));
            // OpenCV rounds to 8 bits here.
            let grey = (a + (b - a) * row.weight).round();
            *value = grey / 127.5 - 1.0;
        }
    }
    Some(PreparedLine {
        width: padded,
        steps: inner.div_ceil(STRIDE) as usize,
        plane,
    })
}

/// Where each target pixel lies between two source pixels.
struct Samples(Vec<Sample>);

struct Sample {
    first: usize,
    second: usize,
    weight: f32,
}

impl Samples {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "pixel indices"
    )]
    fn along(source: u32, target: u32) -> Self {
        let scale = source as f32 / target as f32;
        let last = (source - 1) as f32;
        let samples = (0..target).map(|index| {
            let place = ((index as f32 + 0.5) * scale - 0.5).clamp(0.0, last);
            let first = place.floor();
            Sample {
                first: first as usize,
                second: (first + 1.0).min(last) as usize,
                weight: place - first,
            }
        });
        Self(samples.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_follows_height_and_the_padding_is_neutral() {
        let line = GrayImage::from_pixel(392, 72, image::Luma([255]));
        let prepared = prepare(&line).unwrap();
        assert_eq!((prepared.width, prepared.steps), (288, 33));
        assert_eq!(
            (prepared.plane[0], prepared.plane[261], prepared.plane[262]),
            (1.0, 1.0, 0.0)
        );
        assert!(prepare(&GrayImage::new(0, 9)).is_none());
    }
}
