//! Bilinear resize of grey images, with the arithmetic of the library the models were trained with.
//!
//! Promises: OpenCV's `INTER_LINEAR` on 8-bit images (half-pixel centres, no low-pass filter,
//! 11-bit weights, the same rounding), so that a crop gives the network the same pixels here and in
//! the reference implementation. Never: a better filter; the networks did not see one.

use image::GrayImage;

/// Weights are integers of 11 bits (OpenCV `INTER_RESIZE_COEF_BITS`).
const WEIGHT_ONE: f32 = 2048.0;

/// Where one output pixel takes its value from: two neighbours and their weights (sum 2048).
struct Tap {
    low: usize,
    high: usize,
    weight_low: i32,
    weight_high: i32,
}

/// `image` at `width × height` pixels. Both sizes and both sides of `image` must not be 0.
pub(crate) fn bilinear(image: &GrayImage, width: u32, height: u32) -> GrayImage {
    if image.dimensions() == (width, height) {
        return image.clone();
    }
    let source_width = image.width() as usize;
    let columns = taps(image.width(), width, Border::WholeWeight);
    let rows = taps(image.height(), height, Border::BothWeights);
    let pixels = image.as_raw();
    let mut horizontal = vec![0_i32; columns.len() * image.height() as usize];
    for (line, out) in pixels
        .chunks_exact(source_width)
        .zip(horizontal.chunks_exact_mut(columns.len()))
    {
        for (tap, value) in columns.iter().zip(out) {
            *value = i32::from(line[tap.low]) * tap.weight_low + i32::from(line[tap.high]) * tap.weight_high;
        }
    }
    let mut out = Vec::with_capacity(columns.len() * rows.len());
    for tap in &rows {
        let low = &horizontal[tap.low * columns.len()..][..columns.len()];
        let high = &horizontal[tap.high * columns.len()..][..columns.len()];
        out.extend(low.iter().zip(high).map(|(&low, &high)| {
            let value =
                (((tap.weight_low * (low >> 4)) >> 16) + ((tap.weight_high * (high >> 4)) >> 16) + 2) >> 2;
            u8::try_from(value.clamp(0, 255)).expect("clamped to a byte")
        }));
    }
    GrayImage::from_raw(width, height, out).expect("one value per output pixel")
}

/// Beyond the border both neighbours are the border pixel. Along a row OpenCV gives it the whole weight;
/// down the rows it keeps both weights, which rounds differently by one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Border {
    WholeWeight,
    BothWeights,
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positions lie between −0.5 and the image's side; the arithmetic is OpenCV's"
)]
fn taps(source: u32, target: u32, border: Border) -> Vec<Tap> {
    let scale = 1.0 / (f64::from(target) / f64::from(source));
    let last = source as usize - 1;
    (0..target)
        .map(|index| {
            let position = ((f64::from(index) + 0.5) * scale - 0.5) as f32;
            let floor = position.floor();
            let low = floor.max(0.0) as usize;
            let high = ((floor + 1.0).max(0.0) as usize).min(last);
            let is_beyond = floor < 0.0 || low >= last;
            let fraction = if is_beyond && border == Border::WholeWeight {
                0.0
            } else {
                position - floor
            };
            Tap {
                low: low.min(last),
                high,
                weight_low: ((1.0 - fraction) * WEIGHT_ONE).round_ties_even() as i32,
                weight_high: (fraction * WEIGHT_ONE).round_ties_even() as i32,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use image::Luma;
    use shoki_core::digest::Sha256;

    use super::*;

    /// Pixels that leave nothing to chance, and SHA-256 of what OpenCV 4 makes of them.
    #[test]
    fn every_pixel_is_opencvs() {
        let image = GrayImage::from_fn(23, 17, |x, y| {
            Luma([u8::try_from((x * 37 + y * 91 + (x * y) % 53) % 256).expect("below 256")])
        });
        for (width, height, expected) in [
            (
                48,
                48,
                "9185e472864550014471294b9bbf82c5ef2b0f80becef936b82e33f24d1fbfa3",
            ),
            (
                11,
                8,
                "472c73edf4fcb942753b1e39d6183fb250e8739fb465d226e5606e2e0a38c43c",
            ),
            (
                65,
                48,
                "baa59028647914ea3d20de061ff1caca3af6adf74b6cd8a56fbea61fa2db7e3e",
            ),
            (
                7,
                48,
                "9582cc5a08a4ab51249b296c7e3f2a3a1afbb9df1392180184aacee9109908ae",
            ),
            (
                46,
                34,
                "c31cc4b8861bfa911ed09f316364fc4693fd1e36dfe2bc3e5325385cec6f93fa",
            ),
            (
                23,
                48,
                "868fcf4e0c4f3feac0c21954e7a8da8eb15eb679e38996ab80a896a5675394c5",
            ),
            (
                1,
                1,
                "956062137518b270d730d4753000896de17c100a42f9e24f5acee2faa75d5fdd",
            ),
        ] {
            let resized = bilinear(&image, width, height);
            assert_eq!(resized.dimensions(), (width, height));
            assert_eq!(
                Sha256::of(resized.as_raw()).to_string(),
                expected,
                "{width}×{height}"
            );
        }
    }
}
