//! How large a page is on paper, and so how many pixels it has at 200 dpi.
//!
//! Rules, in this order:
//! 1. A stated size is believed when it is a sheet of paper: long edge ≤ 24 in (A2), short edge ≥ 1.5 in.
//! 2. Otherwise, also when nothing is stated, a page shaped like A paper (edges 1 : 1.25 to 1 : 1.6,
//!    which takes in Letter and the 4 : 3 of cameras) is taken as A4. Telephones write 72 dpi into
//!    every photograph, and cheap scanners write PDF pages of one point per pixel.
//! 3. Any other shape keeps its stated size, or counts as 200 dpi, but is never enlarged.
//!
//! A page above `read_pixels` at 200 dpi is a limit error, not a smaller picture: readers rely on the scale.

use shoki_core::limits::PAGE_DPI;

use crate::decoder::DecodeLimits;
use crate::failure::{Decoded, Failure};

/// Long edge of A4, inches.
const A4_LONG_EDGE: f64 = 297.0 / 25.4;
/// A2 is 23.4 in long.
const LONGEST_SHEET: f64 = 24.0;
/// A receipt is 58 mm (2.3 in) wide, a business card 55 mm.
const SHORTEST_SHEET: f64 = 1.5;
/// Long edge over short edge of what is taken for A paper (1.414).
const A_SHAPES: std::ops::RangeInclusive<f64> = 1.25..=1.6;

/// Stated resolution, dots per inch; both positive and finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Density {
    /// Across.
    pub(crate) x: f64,
    /// Down.
    pub(crate) y: f64,
}

impl Density {
    /// `None` unless both values can be a resolution.
    pub(crate) fn new(x: f64, y: f64) -> Option<Self> {
        let usable = |value: f64| (1.0..=100_000.0).contains(&value);
        (usable(x) && usable(y)).then_some(Self { x, y })
    }

    /// From dots per centimetre.
    pub(crate) fn per_centimetre(x: f64, y: f64) -> Option<Self> {
        Self::new(x * 2.54, y * 2.54)
    }
}

/// Refuses an image whose stored size exceeds the limits, before anything is allocated for it.
pub(crate) fn check_stored_size(width: u32, height: u32, limits: &DecodeLimits) -> Decoded<()> {
    if width == 0 || height == 0 {
        return Err(Failure::document("an image without extent"));
    }
    let pixels = u64::from(width) * u64::from(height);
    if width.max(height) > limits.page_edge || pixels > limits.page_pixels {
        return Err(Failure::limit("the image has too many pixels"));
    }
    Ok(())
}

/// Pixels at 200 dpi of an image of `width` × `height` stored pixels.
pub(crate) fn image_size(
    width: u32,
    height: u32,
    density: Option<Density>,
    limits: &DecodeLimits,
) -> Decoded<(u32, u32)> {
    let pixels = (f64::from(width), f64::from(height));
    let size = match density.map(|density| (pixels.0 / density.x, pixels.1 / density.y)) {
        Some(inches) if is_sheet(inches) => scaled(inches, f64::from(PAGE_DPI)),
        stated if is_a_shaped(stated.unwrap_or(pixels)) => as_a4(stated.unwrap_or(pixels)),
        Some(inches) => {
            let wanted = scaled(inches, f64::from(PAGE_DPI));
            if wanted.0 * wanted.1 > pixels.0 * pixels.1 {
                pixels
            } else {
                wanted
            }
        }
        None => pixels,
    };
    whole_pixels(size, limits)
}

/// Pixels at 200 dpi of a page of `width` × `height` inches that has no pixels of its own (PDF).
pub(crate) fn sheet_size(width: f64, height: f64, limits: &DecodeLimits) -> Decoded<(u32, u32)> {
    let inches = (width, height);
    if !(width.is_finite() && height.is_finite() && width > 0.0 && height > 0.0) {
        return Err(Failure::page("a page without extent"));
    }
    if !is_sheet(inches) && is_a_shaped(inches) {
        return whole_pixels(as_a4(inches), limits);
    }
    whole_pixels(scaled(inches, f64::from(PAGE_DPI)), limits)
}

fn is_sheet((width, height): (f64, f64)) -> bool {
    width.max(height) <= LONGEST_SHEET && width.min(height) >= SHORTEST_SHEET
}

fn is_a_shaped((width, height): (f64, f64)) -> bool {
    A_SHAPES.contains(&(width.max(height) / width.min(height)))
}

fn as_a4(shape: (f64, f64)) -> (f64, f64) {
    scaled(shape, A4_LONG_EDGE * f64::from(PAGE_DPI) / shape.0.max(shape.1))
}

fn scaled(size: (f64, f64), factor: f64) -> (f64, f64) {
    (size.0 * factor, size.1 * factor)
}

fn whole_pixels((width, height): (f64, f64), limits: &DecodeLimits) -> Decoded<(u32, u32)> {
    let (width, height) = (width.round().max(1.0), height.round().max(1.0));
    #[expect(clippy::cast_precision_loss, reason = "limits are far below 2^53")]
    if width * height > limits.read_pixels as f64 {
        return Err(Failure::limit("the page is too large at 200 dpi"));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and the pixel limit"
    )]
    Ok((width as u32, height as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(width: u32, height: u32, dpi: Option<(f64, f64)>) -> (u32, u32) {
        let density = dpi.and_then(|(x, y)| Density::new(x, y));
        image_size(width, height, density, &DecodeLimits::default()).unwrap()
    }

    #[test]
    fn a_stated_sheet_is_believed() {
        assert_eq!(size(2480, 3508, Some((300.0, 300.0))), (1653, 2339));
        assert_eq!(size(1728, 1145, Some((204.0, 98.0))), (1694, 2337));
        assert_eq!(size(1654, 2339, Some((200.0, 200.0))), (1654, 2339));
        assert_eq!(size(456, 3000, Some((200.0, 200.0))), (456, 3000));
    }

    #[test]
    fn a_photograph_is_a4() {
        assert_eq!(size(3024, 4032, Some((72.0, 72.0))), (1754, 2339));
        assert_eq!(size(4032, 3024, None), (2339, 1754));
        assert_eq!(size(600, 849, None), (1653, 2339));
    }

    #[test]
    fn other_shapes_are_never_enlarged() {
        assert_eq!(size(3840, 2160, Some((72.0, 72.0))), (3840, 2160));
        assert_eq!(size(800, 400, None), (800, 400));
        assert_eq!(size(1, 1, None), (1, 1));
    }

    #[test]
    fn pdf_pages_follow_the_same_rules() {
        let sheet =
            |width: f64, height: f64| sheet_size(width / 72.0, height / 72.0, &DecodeLimits::default());
        assert_eq!(sheet(595.276, 841.89), Ok((1654, 2339)));
        assert_eq!(sheet(2480.0, 3508.0), Ok((1653, 2339)));
        assert_eq!(sheet(1190.55, 1683.78), Ok((3307, 4677)));
        assert!(sheet(1000.0, 14_400.0).is_err());
        assert!(sheet(0.0, 10.0).is_err() && sheet(f64::NAN, 10.0).is_err());
    }

    #[test]
    fn nonsense_is_not_a_density() {
        for (x, y) in [(0.0, 200.0), (-1.0, 1.0), (f64::NAN, 200.0), (1e9, 1e9)] {
            assert_eq!(Density::new(x, y), None);
        }
    }
}
