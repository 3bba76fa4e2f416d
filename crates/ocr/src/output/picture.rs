//! A page for the eye: upright, as a JPEG, with masked places painted over.
//!
//! Promise: a mask whose corners make no sensible area hides the whole page, never less.

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, GrayImage, Luma};

use crate::error::OcrError;
use crate::form_set::whole_eighths;
use crate::page_reader::upright;

/// Quality of the pictures: as legible as the scan, a tenth of its size.
const JPEG_QUALITY: u8 = 70;
/// What a mask is painted with: darker than paper, lighter than ink, so that it is seen to be a mask.
const MASK: u8 = 0x80;

/// Corners in page pixels: top left, top right, bottom right, bottom left.
pub type Quad = [[f32; 2]; 4];

/// The page as it was decoded (grey, 200 dpi, any way up), turned clockwise by quarter turns; its pixels are those
/// that a reading's places are given in.
#[must_use]
pub fn upright_page(image: &GrayImage, quarter_turns: u8) -> GrayImage {
    let whole = whole_eighths(image);
    upright(&whole, quarter_turns).unwrap_or(whole)
}

/// The bytes of a JPEG.
///
/// # Errors
/// `Crop` when the picture cannot be encoded.
pub fn jpeg(page: &GrayImage) -> Result<Vec<u8>, OcrError> {
    let mut bytes = Vec::new();
    let (width, height) = page.dimensions();
    JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY).encode(
        page,
        width,
        height,
        ExtendedColorType::L8,
    )?;
    Ok(bytes)
}

/// Paints over what lies in the quad, its edge included.
pub fn paint_over(page: &mut GrayImage, quad: Quad) {
    let Some(turn) = turn_of(quad) else {
        page.iter_mut().for_each(|pixel| *pixel = MASK);
        return;
    };
    let corners = |axis: usize| quad.map(|corner| corner[axis]);
    let (width, height) = page.dimensions();
    let (left, right) = span(corners(0), width);
    let (top, bottom) = span(corners(1), height);
    for y in top..bottom {
        for x in left..right {
            let at = [x as f32, y as f32];
            let inside = (0..4).all(|edge| turn * cross(quad[edge], quad[(edge + 1) % 4], at) >= 0.0);
            if inside {
                page.put_pixel(x, y, Luma([MASK]));
            }
        }
    }
}

/// Whole pixels between the outermost corners, inside of the page.
fn span(corners: [f32; 4], pixels: u32) -> (u32, u32) {
    let least = corners.into_iter().fold(f32::INFINITY, f32::min).floor();
    let most = corners.into_iter().fold(f32::NEG_INFINITY, f32::max).ceil();
    // Casts saturate: what lies outside of the page is cut off.
    (
        (least.max(0.0)) as u32,
        ((most + 1.0).max(0.0) as u32).min(pixels),
    )
}

/// +1 or -1 for a convex quad, by the way its corners go round; `None` for anything else.
fn turn_of(quad: Quad) -> Option<f32> {
    let turns: [f32; 4] = std::array::from_fn(|at| cross(quad[at], quad[(at + 1) % 4], quad[(at + 2) % 4]));
    let turn = turns[0].signum();
    let is_convex = turns
        .iter()
        .all(|one| one.is_finite() && *one != 0.0 && one.signum() == turn);
    is_convex.then_some(turn)
}

/// Twice the signed area of the triangle.
fn cross(a: [f32; 2], b: [f32; 2], c: [f32; 2]) -> f32 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn painted(quad: Quad) -> Vec<(u32, u32)> {
        let mut page = GrayImage::from_pixel(64, 48, Luma([255]));
        paint_over(&mut page, quad);
        let mut places: Vec<(u32, u32)> = Vec::new();
        for (x, y, pixel) in page.enumerate_pixels() {
            if pixel.0 == [MASK] {
                places.push((x, y));
            }
        }
        places
    }

    #[test]
    fn what_lies_in_the_quad_is_painted_and_nothing_else() {
        let upright = [[10.0, 5.0], [20.0, 5.0], [20.0, 9.0], [10.0, 9.0]];
        let places = painted(upright);
        assert_eq!(places.len(), 11 * 5);
        assert!(
            places
                .iter()
                .all(|(x, y)| (10..=20).contains(x) && (5..=9).contains(y))
        );
        let mut mirrored = upright;
        mirrored.reverse();
        assert_eq!(painted(mirrored), places);
        let beyond = [[-30.0, -30.0], [5.0, -30.0], [5.0, 3.0], [-30.0, 3.0]];
        assert_eq!(painted(beyond).len(), 6 * 4);
        let outside = [[900.0, 900.0], [950.0, 900.0], [950.0, 950.0], [900.0, 950.0]];
        assert_eq!(painted(outside), []);
    }

    #[test]
    fn a_quad_that_is_none_hides_the_page() {
        let nowhere = [f32::NAN, 1.0];
        for quad in [
            [nowhere, [20.0, 5.0], [20.0, 9.0], [10.0, 9.0]],
            [[10.0, 5.0], [f32::INFINITY, 5.0], [20.0, 9.0], [10.0, 9.0]],
            // Its edges cross.
            [[10.0, 5.0], [20.0, 9.0], [20.0, 5.0], [10.0, 9.0]],
            [[10.0, 5.0]; 4],
        ] {
            assert_eq!(painted(quad).len(), 64 * 48, "{quad:?}");
        }
    }

    proptest! {
        #[test]
        fn what_lies_between_the_corners_is_hidden(
            (x, y) in (8.0f32..30.0, 8.0f32..20.0),
            (width, height) in (4.0f32..20.0, 4.0f32..15.0),
            angle in -0.2f32..0.2,
            (across, down) in (0.0f32..=1.0, 0.0f32..=1.0),
        ) {
            let (sin, cos) = angle.sin_cos();
            let place = |right: f32, below: f32| [x + right * cos - below * sin, y + right * sin + below * cos];
            let quad = [place(0.0, 0.0), place(width, 0.0), place(width, height), place(0.0, height)];
            // A pixel's width from the edges, so that the nearest whole pixel is still between them.
            let within = |share: f32, length: f32| 1.0 + share * (length - 2.0);
            let at = place(within(across, width), within(down, height)).map(|axis| axis.round() as u32);
            prop_assert!(painted(quad).contains(&(at[0], at[1])));
        }
    }
}
