//! Grey pixels: from colour, over white, upright, at the size asked for.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::metadata::Orientation;
use image::{GrayImage, imageops};

use crate::failure::{Decoded, Failure};

/// Luma of ITU-R BT.601 (the one of JPEG), 0 to 255.
pub(crate) fn luma(red: u8, green: u8, blue: u8) -> u8 {
    let sum = 77 * u32::from(red) + 150 * u32::from(green) + 29 * u32::from(blue);
    u8::try_from((sum + 128) >> 8).unwrap_or(u8::MAX)
}

/// `value` with opacity `alpha` laid over white paper.
pub(crate) fn over_white(value: u8, alpha: u8) -> u8 {
    let (value, alpha) = (u32::from(value), u32::from(alpha));
    u8::try_from((value * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(u8::MAX)
}

/// Grey of ink amounts (0 = none, 255 = full).
pub(crate) fn ink(cyan: u8, magenta: u8, yellow: u8, black: u8) -> u8 {
    let light = |amount: u8| (255 - u32::from(amount)) * (255 - u32::from(black)) / 255;
    let [red, green, blue] =
        [cyan, magenta, yellow].map(|amount| u8::try_from(light(amount)).unwrap_or(u8::MAX));
    luma(red, green, blue)
}

/// A page of `width` × `height` from its rows.
pub(crate) fn page(width: u32, height: u32, pixels: Vec<u8>) -> Decoded<GrayImage> {
    GrayImage::from_raw(width, height, pixels).ok_or(Failure::page("pixels are missing"))
}

/// The page at another size: each new pixel is the weighted mean of all the pixels it covers
/// (triangle filter), so thin strokes of a 400 dpi scan stay.
pub(crate) fn resized(page: GrayImage, (width, height): (u32, u32)) -> Decoded<GrayImage> {
    if page.dimensions() == (width, height) {
        return Ok(page);
    }
    let failed = || Failure::page("the page cannot be brought to size");
    let source =
        ImageRef::new(page.width(), page.height(), page.as_raw(), PixelType::U8).map_err(|_| failed())?;
    let mut target = Image::new(width, height, PixelType::U8);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    Resizer::new()
        .resize(&source, &mut target, &options)
        .map_err(|_| failed())?;
    GrayImage::from_raw(width, height, target.into_vec()).ok_or_else(failed)
}

/// The page turned the way its orientation value says (1 to 8, EXIF and TIFF alike).
pub(crate) fn upright(page: GrayImage, orientation: Orientation) -> GrayImage {
    match orientation {
        Orientation::NoTransforms => page,
        Orientation::Rotate90 => imageops::rotate90(&page),
        Orientation::Rotate180 => imageops::rotate180(&page),
        Orientation::Rotate270 => imageops::rotate270(&page),
        Orientation::FlipHorizontal => imageops::flip_horizontal(&page),
        Orientation::FlipVertical => imageops::flip_vertical(&page),
        Orientation::Rotate90FlipH => imageops::flip_horizontal(&imageops::rotate90(&page)),
        Orientation::Rotate270FlipH => imageops::flip_horizontal(&imageops::rotate270(&page)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_and_black_stay_what_they_are() {
        assert_eq!((luma(255, 255, 255), luma(0, 0, 0)), (255, 0));
        assert_eq!(
            (over_white(0, 0), over_white(0, 255), over_white(255, 7)),
            (255, 0, 255)
        );
        assert_eq!(
            (ink(0, 0, 0, 0), ink(0, 0, 0, 255), ink(255, 255, 255, 0)),
            (255, 0, 0)
        );
    }

    #[test]
    fn scaling_down_averages_instead_of_picking() {
        let stripes = GrayImage::from_fn(400, 400, |x, _| image::Luma([if x % 2 == 0 { 0 } else { 255 }]));
        let half = resized(stripes, (200, 200)).unwrap();
        assert!(half.pixels().all(|pixel| (100..156).contains(&pixel.0[0])));
    }

    #[test]
    fn the_eight_orientations_bring_the_mark_to_the_upper_left() {
        // The stored image of an upright 2 × 3 page with a mark at the upper left, per EXIF value.
        for exif in 1..=8_u8 {
            let mut upright_page = GrayImage::from_pixel(2, 3, image::Luma([255]));
            upright_page.put_pixel(0, 0, image::Luma([0]));
            let (width, height) = if exif < 5 { (2, 3) } else { (3, 2) };
            // EXIF 2.3, 4.6.4: where row 0 and column 0 of the stored image lie on the page.
            let stored = GrayImage::from_fn(width, height, |column, row| {
                let (right, bottom) = (1, 2);
                let (x, y) = match exif {
                    1 => (column, row),
                    2 => (right - column, row),
                    3 => (right - column, bottom - row),
                    4 => (column, bottom - row),
                    5 => (row, column),
                    6 => (right - row, column),
                    7 => (right - row, bottom - column),
                    _ => (row, bottom - column),
                };
                *upright_page.get_pixel(x, y)
            });
            let turned = upright(stored, Orientation::from_exif(exif).unwrap());
            assert_eq!(turned, upright_page, "orientation {exif}");
        }
    }
}
