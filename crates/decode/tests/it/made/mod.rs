//! Files made by us, small and good; the hostile ones are made from these.

pub(crate) mod coded;
pub(crate) mod compound;
pub(crate) mod crypt;
pub(crate) mod hostile;
pub(crate) mod hostile_pdf;
pub(crate) mod hostile_text;
pub(crate) mod office;
pub(crate) mod pdf;
pub(crate) mod sound;
pub(crate) mod tiff;

use image::{GrayImage, Luma};

/// Pixels of A4 at 200 dpi.
pub(crate) const A4: (u32, u32) = (1654, 2339);

/// An A4 page at 200 dpi: ruled lines, a frame, and a black mark at the upper left.
pub(crate) fn page() -> GrayImage {
    scaled_page(A4.0, A4.1)
}

/// The same page in other pixels.
pub(crate) fn scaled_page(width: u32, height: u32) -> GrayImage {
    GrayImage::from_fn(width, height, |x, y| {
        let (x, y) = (f64::from(x) / f64::from(width), f64::from(y) / f64::from(height));
        let in_mark = (0.05..0.25).contains(&x) && (0.05..0.15).contains(&y);
        let on_rule = x > 0.1 && x < 0.9 && (y * 40.0).fract() < 0.1 && y > 0.3;
        Luma([if in_mark {
            0
        } else if on_rule {
            96
        } else {
            255
        }])
    })
}

/// Whether this is the page of [`page`], the right way up and of the right tones.
pub(crate) fn is_the_page(found: &GrayImage) -> Result<(), String> {
    let at = |x: f64, y: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "within the page"
        )]
        let place = (
            (x * f64::from(found.width())) as u32,
            (y * f64::from(found.height())) as u32,
        );
        found.get_pixel(place.0, place.1).0[0]
    };
    let probes = [
        ("mark", at(0.15, 0.1), 0..=60),
        ("paper beside the mark", at(0.85, 0.1), 200..=255),
        ("paper below", at(0.02, 0.9), 200..=255),
        ("end of the page", at(0.98, 0.99), 200..=255),
    ];
    for (name, value, wanted) in probes {
        if !wanted.contains(&value) {
            return Err(format!("{name} is {value} on {:?}", found.dimensions()));
        }
    }
    Ok(())
}

/// The page as PNG with its density.
pub(crate) fn png_page() -> Vec<u8> {
    png(&page(), Some(7874))
}

/// A grey PNG; `per_metre`: pixels per metre.
pub(crate) fn png(page: &GrayImage, per_metre: Option<u32>) -> Vec<u8> {
    png_of(
        page.dimensions(),
        png::ColorType::Grayscale,
        png::BitDepth::Eight,
        page.as_raw(),
        per_metre,
        None,
    )
}

/// Any PNG.
pub(crate) fn png_of(
    (width, height): (u32, u32),
    color: png::ColorType,
    depth: png::BitDepth,
    samples: &[u8],
    per_metre: Option<u32>,
    palette: Option<&[u8]>,
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if let Some(palette) = palette {
        encoder.set_palette(palette.to_vec());
    }
    encoder.set_pixel_dims(per_metre.map(|count| png::PixelDimensions {
        xppu: count,
        yppu: count,
        unit: png::Unit::Meter,
    }));
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(samples).unwrap();
    writer.finish().unwrap();
    bytes
}

/// A grey JPEG with its density in dots per inch.
pub(crate) fn jpeg(page: &GrayImage, dpi: Option<u16>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 85);
    if let Some(dpi) = dpi {
        encoder.set_pixel_density(image::codecs::jpeg::PixelDensity::dpi(dpi));
    }
    encoder.encode_image(page).unwrap();
    bytes
}

/// A colour JPEG of a grey page.
pub(crate) fn colour_jpeg(page: &GrayImage, dpi: u16) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 85);
    encoder.set_pixel_density(image::codecs::jpeg::PixelDensity::dpi(dpi));
    encoder
        .encode_image(&image::DynamicImage::ImageLuma8(page.clone()).to_rgb8())
        .unwrap();
    bytes
}

/// A JPEG with an EXIF block put in front of its other segments.
pub(crate) fn with_exif(jpeg: &[u8], orientation: u16) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01".to_vec();
    exif.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1]);
    exif.extend(orientation.to_be_bytes());
    exif.extend([0, 0, 0, 0, 0, 0]);
    let length = u16::try_from(exif.len() + 2).unwrap();
    let mut bytes = jpeg[..2].to_vec();
    bytes.extend([0xff, 0xe1]);
    bytes.extend(length.to_be_bytes());
    bytes.extend(exif);
    bytes.extend(&jpeg[2..]);
    bytes
}
