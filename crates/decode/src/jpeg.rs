//! JPEG: grey by its own luminance channel, strictly decoded, turned by EXIF, sized by JFIF or EXIF.
//!
//! Strictly: a file that ends early, or breaks within its scans, is a corrupt page. Many decoders paint
//! the missing part grey instead, which would read as empty fields.

use image::GrayImage;
use image::metadata::Orientation;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use crate::decoder::DecodeLimits;
use crate::failure::{Decoded, Failure};
use crate::paper::{self, Density};
use crate::raster;
use crate::source::Source;

/// Bytes of a JPEG file at most: the largest image at two bytes per pixel.
const MAX_FILE_BYTES: u64 = 300_000_000;
/// Bytes of ones in front of the end; more than a decoder reads ahead.
const TRAP_BYTES: usize = 64;
/// Scans of a progressive image; real ones have about ten.
const MAX_SCANS: usize = 64;

/// What the headers say.
struct Headers {
    width: u32,
    height: u32,
    density: Option<Density>,
    orientation: Orientation,
}

/// Checks the headers alone.
pub(crate) fn check(source: &Source, limits: &DecodeLimits) -> Decoded<()> {
    let bytes = whole_file(source)?;
    headers(&mut decoder(&bytes, DecoderOptions::default()), limits).map(drop)
}

/// The page.
pub(crate) fn page(source: &Source, limits: &DecodeLimits) -> Decoded<GrayImage> {
    let bytes = whole_file(source)?;
    let headers = headers(&mut decoder(&bytes, DecoderOptions::default()), limits)?;
    let stored = decode_grey(&bytes, None)?;
    if stored.dimensions() != (headers.width, headers.height) {
        return Err(Failure::page("the JPEG contradicts its header"));
    }
    let size = paper::image_size(headers.width, headers.height, headers.density, limits)?;
    Ok(raster::upright(
        raster::resized(stored, size)?,
        headers.orientation,
    ))
}

/// Grey pixels of one complete JPEG stream. `components`: how the three channels of a stream without
/// colour markers are to be taken, when the container (TIFF) says it.
pub(crate) fn decode_grey(bytes: &[u8], components: Option<ColorSpace>) -> Decoded<GrayImage> {
    let bytes = &with_trap(bytes).ok_or(Failure::page("the JPEG ends early"))?;
    let broken = |_| Failure::page("the JPEG is broken");
    let mut first = decoder(bytes, options());
    first.decode_headers().map_err(broken)?;
    let input = first
        .input_colorspace()
        .ok_or(Failure::page("a JPEG without components"))?;
    let input = match (input, components) {
        (ColorSpace::YCbCr | ColorSpace::RGB, Some(told)) => told,
        (input, _) => input,
    };
    // Where the first channel is luminance nothing else has to be computed; other spaces come as stored.
    let output = match input {
        ColorSpace::YCbCr | ColorSpace::Luma => ColorSpace::Luma,
        ColorSpace::RGB if components.is_some() => first.input_colorspace().unwrap_or(ColorSpace::RGB),
        ColorSpace::RGB | ColorSpace::CMYK | ColorSpace::YCCK => input,
        _ => return Err(Failure::unsupported("colour space of the JPEG")),
    };
    let mut decoder = decoder(bytes, options().jpeg_set_out_colorspace(output));
    let samples = decoder.decode().map_err(broken)?;
    let info = decoder.info().ok_or(Failure::page("a JPEG without a frame"))?;
    let grey = match (input, output) {
        (_, ColorSpace::Luma) => samples,
        (ColorSpace::CMYK | ColorSpace::YCCK, _) => {
            samples.as_chunks::<4>().0.iter().map(inverted_ink).collect()
        }
        _ => samples
            .as_chunks::<3>()
            .0
            .iter()
            .map(|&[red, green, blue]| raster::luma(red, green, blue))
            .collect(),
    };
    raster::page(u32::from(info.width), u32::from(info.height), grey)
}

/// Four-channel JPEGs come from Adobe programs, which store ink inverted (255 = none).
fn inverted_ink(&[cyan, magenta, yellow, black]: &[u8; 4]) -> u8 {
    raster::ink(255 - cyan, 255 - magenta, 255 - yellow, 255 - black)
}

fn whole_file(source: &Source) -> Decoded<Vec<u8>> {
    if source.len() > MAX_FILE_BYTES {
        return Err(Failure::limit("the JPEG file is too long"));
    }
    source
        .bytes(0, source.len())
        .map_err(|_| Failure::document("the file cannot be read"))
}

fn options() -> DecoderOptions {
    DecoderOptions::default()
        .set_strict_mode(true)
        .jpeg_set_max_scans(MAX_SCANS)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
}

fn decoder(bytes: &[u8], options: DecoderOptions) -> JpegDecoder<ZCursor<&[u8]>> {
    JpegDecoder::new_with_options(
        ZCursor::new(bytes),
        options
            .set_max_width(usize::from(u16::MAX))
            .set_max_height(usize::from(u16::MAX)),
    )
}

/// The stream up to its end-of-image marker, with a trap in front of that marker; `None` without one.
///
/// Decoders read zeros when they meet the marker too early, and paint whatever zeros mean. The trap is
/// a run of one bits (each 0xFF stuffed with 0x00), which no Huffman code may begin with (ITU-T T.81,
/// annex C): a complete image never reads it, a short one breaks on it.
fn with_trap(bytes: &[u8]) -> Option<Vec<u8>> {
    let last_scan = bytes.windows(2).rposition(|pair| pair == [0xff, 0xda])?;
    let end = last_scan
        + bytes[last_scan..]
            .windows(2)
            .position(|pair| pair == [0xff, 0xd9])?;
    Some([&bytes[..end], &[0xff, 0x00].repeat(TRAP_BYTES), &[0xff, 0xd9]].concat())
}

fn headers(decoder: &mut JpegDecoder<ZCursor<&[u8]>>, limits: &DecodeLimits) -> Decoded<Headers> {
    decoder
        .decode_headers()
        .map_err(|_| Failure::document("not a JPEG that can be opened"))?;
    let info = decoder
        .info()
        .ok_or(Failure::document("a JPEG without a frame"))?;
    let (width, height) = (u32::from(info.width), u32::from(info.height));
    paper::check_stored_size(width, height, limits)?;
    let (x, y) = (f64::from(info.x_density), f64::from(info.y_density));
    let jfif = match info.pixel_density {
        1 => Density::new(x, y),
        2 => Density::per_centimetre(x, y),
        _ => None,
    };
    let exif = info
        .exif_data
        .as_deref()
        .and_then(|bytes| read_exif(bytes.to_vec()));
    let (exif_density, orientation) = exif.unwrap_or((None, Orientation::NoTransforms));
    Ok(Headers {
        width,
        height,
        density: jfif.or(exif_density),
        orientation,
    })
}

/// Density and orientation of an EXIF block; `None` when it is broken, which harms nothing else.
fn read_exif(bytes: Vec<u8>) -> Option<(Option<Density>, Orientation)> {
    let exif = exif::Reader::new().read_raw(bytes).ok()?;
    let field = |tag| exif.get_field(tag, exif::In::PRIMARY).map(|field| &field.value);
    let rational = |tag| match field(tag) {
        Some(exif::Value::Rational(values)) => values.first().map(exif::Rational::to_f64),
        _ => None,
    };
    let unit = field(exif::Tag::ResolutionUnit).and_then(|value| value.get_uint(0));
    let density = match (
        rational(exif::Tag::XResolution),
        rational(exif::Tag::YResolution),
        unit,
    ) {
        (Some(x), Some(y), Some(3)) => Density::per_centimetre(x, y),
        (Some(x), Some(y), _) => Density::new(x, y),
        _ => None,
    };
    let orientation = field(exif::Tag::Orientation)
        .and_then(|value| value.get_uint(0))
        .and_then(|value| u8::try_from(value).ok())
        .and_then(Orientation::from_exif)
        .unwrap_or(Orientation::NoTransforms);
    Some((density, orientation))
}
