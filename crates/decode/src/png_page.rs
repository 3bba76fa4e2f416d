//! PNG: any bit depth, palette and transparency, over white, sized by `pHYs`.

use std::io::BufReader;

use image::GrayImage;
use png::{ColorType, Limits, Reader, Transformations, Unit};

use crate::decoder::DecodeLimits;
use crate::failure::{Decoded, Failure};
use crate::paper::{self, Density};
use crate::raster;
use crate::source::Source;

type PngReader = Reader<BufReader<Source>>;

/// Checks the header alone.
pub(crate) fn check(source: Source, limits: &DecodeLimits) -> Decoded<()> {
    open(source, limits).map(drop)
}

/// The page.
pub(crate) fn page(source: Source, limits: &DecodeLimits) -> Decoded<GrayImage> {
    let mut reader = open(source, limits)?;
    let info = reader.info();
    let (width, height) = (info.width, info.height);
    let density = info
        .pixel_dims
        .filter(|dims| dims.unit == Unit::Meter)
        .and_then(|dims| Density::per_centimetre(f64::from(dims.xppu) / 100.0, f64::from(dims.yppu) / 100.0));
    let size = paper::image_size(width, height, density, limits)?;
    let grey = pixels(&mut reader, width, height)?;
    // The last chunk of pixels is believed once its checksum and the end of the file are there.
    reader.finish().map_err(|_| Failure::page("the PNG ends early"))?;
    raster::resized(raster::page(width, height, grey)?, size)
}

fn open(source: Source, limits: &DecodeLimits) -> Decoded<PngReader> {
    let memory = usize::try_from(limits.memory_bytes).unwrap_or(usize::MAX);
    let mut decoder = png::Decoder::new_with_limits(BufReader::new(source), Limits { bytes: memory });
    decoder.set_transformations(Transformations::normalize_to_color8());
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let broken = |error| match error {
        png::DecodingError::LimitsExceeded => Failure::limit("the PNG needs too much memory"),
        _ => Failure::document("not a PNG that can be opened"),
    };
    let header = decoder.read_header_info().map_err(broken)?;
    paper::check_stored_size(header.width, header.height, limits)?;
    decoder.read_info().map_err(broken)
}

fn pixels(reader: &mut PngReader, width: u32, height: u32) -> Decoded<Vec<u8>> {
    let broken = |_| Failure::page("the PNG is broken");
    let (color, _) = reader.output_color_type();
    let count = usize::try_from(u64::from(width) * u64::from(height))
        .map_err(|_| Failure::limit("too many pixels"))?;
    let mut grey = Vec::with_capacity(count);
    if reader.info().interlaced {
        let size = reader
            .output_buffer_size()
            .ok_or(Failure::limit("too many pixels"))?;
        let mut samples = vec![0; size];
        reader.next_frame(&mut samples).map_err(broken)?;
        append_grey(&mut grey, &samples, color)?;
    } else {
        while let Some(row) = reader.next_row().map_err(broken)? {
            append_grey(&mut grey, row.data(), color)?;
        }
    }
    Ok(grey)
}

fn append_grey(grey: &mut Vec<u8>, samples: &[u8], color: ColorType) -> Decoded<()> {
    match color {
        ColorType::Grayscale => grey.extend_from_slice(samples),
        ColorType::GrayscaleAlpha => grey.extend(
            samples
                .as_chunks::<2>()
                .0
                .iter()
                .map(|&[value, alpha]| raster::over_white(value, alpha)),
        ),
        ColorType::Rgb => grey.extend(
            samples
                .as_chunks::<3>()
                .0
                .iter()
                .map(|&[red, green, blue]| raster::luma(red, green, blue)),
        ),
        ColorType::Rgba => grey.extend(
            samples
                .as_chunks::<4>()
                .0
                .iter()
                .map(|&[red, green, blue, alpha]| raster::over_white(raster::luma(red, green, blue), alpha)),
        ),
        ColorType::Indexed => return Err(Failure::page("a palette that is missing")),
    }
    Ok(())
}
