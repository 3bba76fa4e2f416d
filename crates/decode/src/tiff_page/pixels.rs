//! One directory's pixels: strip by strip (or tile by tile) straight into the grey page, so that a
//! large colour page costs its grey pixels and one strip.

use std::io::BufReader;

use image::GrayImage;
use image::metadata::Orientation;
use tiff::decoder::ifd::Value;
use tiff::decoder::{ChunkType, Decoder, DecodingResult, Limits};
use tiff::tags::{CompressionMethod, PhotometricInterpretation, PlanarConfiguration, Tag};
use tiff::{ColorType, TiffError};
use zune_core::colorspace::ColorSpace;

use super::ccitt::{self, Scheme};
use super::directory::{Directory, OnePage};
use super::tones;
use crate::decoder::DecodeLimits;
use crate::failure::{Decoded, Failure};
use crate::paper::{self, Density};
use crate::source::Source;
use crate::{jpeg, raster};

pub(super) type TiffDecoder = Decoder<BufReader<OnePage>>;

/// Bytes of one strip or tile at most, stored or decoded: a whole page of the largest size, one byte each.
const MAX_CHUNK_BYTES: usize = 160_000_000;

/// What the tags say, once read.
struct Layout {
    width: u32,
    height: u32,
    compression: CompressionMethod,
    photometric: PhotometricInterpretation,
    bits: u16,
    samples: u16,
    density: Option<Density>,
    orientation: Orientation,
}

/// The page of `directory`.
pub(super) fn page(source: &Source, directory: &Directory, limits: &DecodeLimits) -> Decoded<GrayImage> {
    let mut decoder = open(directory.alone(source, None))?;
    let layout = layout(&mut decoder)?;
    paper::check_stored_size(layout.width, layout.height, limits)?;
    let size = paper::image_size(layout.width, layout.height, layout.density, limits)?;
    let tones = tones::of_samples(&mut decoder, layout.photometric, layout.bits)?;
    // The library refuses palettes and inverts some greys itself; as plain grey it gives the samples.
    let plain_grey = tones
        .is_some()
        .then_some(PhotometricInterpretation::BlackIsZero.to_u16());
    let mut decoder = open(directory.alone(source, plain_grey))?;
    let mut canvas = Canvas::new(&layout)?;
    let fax = fax_scheme(&mut decoder, &layout)?;
    for chunk in chunks(&mut decoder, &layout)? {
        if let Some(scheme) = fax {
            fax_chunk(&mut decoder, source, scheme, &chunk, &layout, &mut canvas)?;
        } else if layout.compression == CompressionMethod::ModernJPEG {
            jpeg_chunk(&mut decoder, source, &chunk, &layout, &mut canvas)?;
        } else {
            plain_chunk(&mut decoder, &chunk, &layout, tones.as_ref(), &mut canvas)?;
        }
    }
    let stored = raster::page(layout.width, layout.height, canvas.pixels)?;
    Ok(raster::upright(
        raster::resized(stored, size)?,
        layout.orientation,
    ))
}

fn open(view: OnePage) -> Decoded<TiffDecoder> {
    let mut limits = Limits::default();
    limits.decoding_buffer_size = MAX_CHUNK_BYTES;
    limits.intermediate_buffer_size = MAX_CHUNK_BYTES;
    Ok(Decoder::new(BufReader::new(view))
        .map_err(failure)?
        .with_limits(limits))
}

#[expect(clippy::needless_pass_by_value, reason = "used as an argument of map_err")]
pub(super) fn failure(error: TiffError) -> Failure {
    match error {
        TiffError::UnsupportedError(_) => Failure::unsupported("a kind of TIFF that is not read"),
        TiffError::LimitsExceeded => Failure::limit("a TIFF strip is too large"),
        _ => Failure::page("the TIFF page is broken"),
    }
}

fn layout(decoder: &mut TiffDecoder) -> Decoded<Layout> {
    let (width, height) = decoder.dimensions().map_err(failure)?;
    let number = |decoder: &mut TiffDecoder, tag, default: u16| -> Decoded<u16> {
        Ok(decoder
            .find_tag_unsigned(tag)
            .map_err(failure)?
            .unwrap_or(default))
    };
    let compression = CompressionMethod::from_u16_exhaustive(number(decoder, Tag::Compression, 1)?);
    let photometric =
        PhotometricInterpretation::from_u16(number(decoder, Tag::PhotometricInterpretation, 1)?)
            .ok_or(Failure::unsupported("a kind of TIFF that is not read"))?;
    let bits = decoder
        .find_tag_unsigned_vec::<u16>(Tag::BitsPerSample)
        .map_err(failure)?
        .and_then(|bits| bits.first().copied())
        .unwrap_or(1);
    let samples = number(decoder, Tag::SamplesPerPixel, 1)?;
    let planar = number(decoder, Tag::PlanarConfiguration, 1)?;
    if planar != PlanarConfiguration::Chunky.to_u16() && samples > 1 {
        return Err(Failure::unsupported("a TIFF of separate planes"));
    }
    let orientation = u8::try_from(number(decoder, Tag::Orientation, 1)?).ok();
    let unit = number(decoder, Tag::ResolutionUnit, 2)?;
    // A resolution that cannot be read harms nothing else.
    let mut resolution = |tag| match decoder.find_tag(tag) {
        Ok(Some(Value::Rational(count, unit))) => f64::from(count) / f64::from(unit),
        Ok(Some(Value::Float(count))) => f64::from(count),
        Ok(Some(Value::Short(count))) => f64::from(count),
        Ok(Some(Value::Unsigned(count))) => f64::from(count),
        _ => 0.0,
    };
    let (x, y) = (resolution(Tag::XResolution), resolution(Tag::YResolution));
    Ok(Layout {
        width,
        height,
        compression,
        photometric,
        bits,
        samples,
        density: match unit {
            2 => Density::new(x, y),
            3 => Density::per_centimetre(x, y),
            _ => None,
        },
        orientation: orientation
            .and_then(Orientation::from_exif)
            .unwrap_or(Orientation::NoTransforms),
    })
}

/// The grey page as it fills.
struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Canvas {
    fn new(layout: &Layout) -> Decoded<Self> {
        let too_large = |_| Failure::limit("too many pixels");
        let width = usize::try_from(layout.width).map_err(too_large)?;
        let height = usize::try_from(layout.height).map_err(too_large)?;
        Ok(Self {
            width,
            height,
            pixels: vec![255; width * height],
        })
    }

    /// The part of row `row` of `chunk` that lies on the page.
    fn row(&mut self, chunk: &Chunk, row: usize) -> &mut [u8] {
        let y = chunk.y + row;
        if y >= self.height || chunk.x >= self.width {
            return &mut [];
        }
        let start = y * self.width;
        &mut self.pixels[start + chunk.x..start + self.width.min(chunk.x + chunk.width)]
    }
}

/// A strip or tile.
struct Chunk {
    index: u32,
    /// Place of its first pixel on the page.
    x: usize,
    y: usize,
    /// Pixels that lie on the page.
    width: usize,
    height: usize,
    /// Pixels as coded: tiles at the edges are coded whole.
    coded: (u32, u32),
    /// File offset and length of its bytes.
    offset: u64,
    length: u64,
}

fn chunks(decoder: &mut TiffDecoder, layout: &Layout) -> Decoded<Vec<Chunk>> {
    let is_strips = decoder.get_chunk_type() == ChunkType::Strip;
    let (offsets, lengths) = if is_strips {
        (Tag::StripOffsets, Tag::StripByteCounts)
    } else {
        (Tag::TileOffsets, Tag::TileByteCounts)
    };
    let offsets = decoder.get_tag_u64_vec(offsets).map_err(failure)?;
    let lengths = decoder.get_tag_u64_vec(lengths).map_err(failure)?;
    let (chunk_width, chunk_height) = decoder.chunk_dimensions();
    let across = if is_strips {
        1
    } else {
        layout.width.div_ceil(chunk_width)
    };
    let place = |value: u32| usize::try_from(value).map_err(|_| Failure::limit("too many pixels"));
    let mut chunks = Vec::new();
    for (index, (offset, length)) in (0_u32..).zip(offsets.into_iter().zip(lengths)) {
        let (width, height) = decoder.chunk_data_dimensions(index);
        let coded = if is_strips {
            (width, height)
        } else {
            (chunk_width, chunk_height)
        };
        if u64::from(coded.0) * u64::from(coded.1) > MAX_CHUNK_BYTES as u64 {
            return Err(Failure::limit("a TIFF strip is too large"));
        }
        chunks.push(Chunk {
            index,
            x: place(index % across * chunk_width)?,
            y: place((index / across).saturating_mul(chunk_height))?,
            width: place(width)?,
            height: place(height)?,
            coded,
            offset,
            length,
        });
    }
    Ok(chunks)
}

fn stored_bytes(source: &Source, chunk: &Chunk) -> Decoded<Vec<u8>> {
    if chunk.length > MAX_CHUNK_BYTES as u64 {
        return Err(Failure::limit("a TIFF strip is too large"));
    }
    source
        .bytes(chunk.offset, chunk.length)
        .map_err(|_| Failure::page("a TIFF strip lies outside the file"))
}

fn fax_scheme(decoder: &mut TiffDecoder, layout: &Layout) -> Decoded<Option<Scheme>> {
    let scheme = match layout.compression {
        CompressionMethod::Huffman => Scheme::HuffmanRle,
        CompressionMethod::Fax3 => {
            // T4Options: bit 0 two-dimensional, bit 1 uncompressed mode.
            let options: u32 = decoder
                .find_tag_unsigned(Tag::Unknown(292))
                .map_err(failure)?
                .unwrap_or(0);
            if options & 2 != 0 {
                return Err(Failure::unsupported("a fax code in uncompressed mode"));
            }
            Scheme::Group3 {
                is_two_dimensional: options & 1 != 0,
            }
        }
        CompressionMethod::Fax4 => Scheme::Group4,
        _ => return Ok(None),
    };
    if layout.bits != 1 || layout.samples != 1 {
        return Err(Failure::page("a fax code of more than one bit"));
    }
    Ok(Some(scheme))
}

fn fax_chunk(
    decoder: &mut TiffDecoder,
    source: &Source,
    scheme: Scheme,
    chunk: &Chunk,
    layout: &Layout,
    canvas: &mut Canvas,
) -> Decoded<()> {
    let mut data = stored_bytes(source, chunk)?;
    // FillOrder 2: the least significant bit comes first.
    let fill_order: u16 = decoder
        .find_tag_unsigned(Tag::FillOrder)
        .map_err(failure)?
        .unwrap_or(1);
    if fill_order == 2 {
        data.iter_mut().for_each(|byte| *byte = byte.reverse_bits());
    }
    // The codes' white is paper, but files exist that name it black (BlackIsZero) and mean it.
    let paper_tone = if layout.photometric == PhotometricInterpretation::BlackIsZero {
        0
    } else {
        255
    };
    let mut y = 0;
    let height = u32::try_from(chunk.height).map_err(|_| Failure::limit("too many pixels"))?;
    ccitt::decode(scheme, &data, (chunk.coded.0, height), |changes| {
        let row = canvas.row(chunk, y);
        let edge = |change: Option<&u32>| change.map_or(row.len(), |&change| row.len().min(change as usize));
        let mut runs = Vec::with_capacity(changes.len() / 2 + 1);
        runs.extend(
            changes
                .chunks(2)
                .map(|pair| edge(pair.first())..edge(pair.get(1))),
        );
        row.fill(paper_tone);
        for run in runs {
            row[run].fill(255 - paper_tone);
        }
        y += 1;
    })
}

fn jpeg_chunk(
    decoder: &mut TiffDecoder,
    source: &Source,
    chunk: &Chunk,
    layout: &Layout,
    canvas: &mut Canvas,
) -> Decoded<()> {
    let components = match layout.photometric {
        PhotometricInterpretation::YCbCr => Some(ColorSpace::YCbCr),
        PhotometricInterpretation::RGB => Some(ColorSpace::RGB),
        PhotometricInterpretation::BlackIsZero => None,
        _ => return Err(Failure::unsupported("colour space of the JPEG in a TIFF")),
    };
    let stored = stored_bytes(source, chunk)?;
    // Tables shared by all strips: their end marker and the strip's start marker fall away.
    let tables = match decoder.find_tag(Tag::JPEGTables).map_err(failure)? {
        Some(tables) => tables.into_u8_vec().map_err(failure)?,
        None => Vec::new(),
    };
    let stream = match (
        tables.strip_suffix(&[0xff, 0xd9]),
        stored.strip_prefix(&[0xff, 0xd8]),
    ) {
        (Some(tables), Some(stored)) => [tables, stored].concat(),
        _ => stored,
    };
    let image = jpeg::decode_grey(&stream, components)?;
    let (width, height) = (image.width() as usize, image.height() as usize);
    if width < chunk.width || height < chunk.height {
        return Err(Failure::page("a TIFF strip is too small"));
    }
    for (y, row) in image.as_raw().chunks_exact(width).take(chunk.height).enumerate() {
        let target = canvas.row(chunk, y);
        target.copy_from_slice(&row[..target.len()]);
    }
    Ok(())
}

fn plain_chunk(
    decoder: &mut TiffDecoder,
    chunk: &Chunk,
    layout: &Layout,
    tones: Option<&[u8; 256]>,
    canvas: &mut Canvas,
) -> Decoded<()> {
    let color = decoder.colortype().map_err(failure)?;
    let samples = match decoder.read_chunk(chunk.index).map_err(failure)? {
        DecodingResult::U8(samples) => samples,
        DecodingResult::U16(samples) => samples
            .into_iter()
            .map(|sample| u8::try_from(sample >> 8).unwrap_or(u8::MAX))
            .collect(),
        _ => return Err(Failure::unsupported("samples that are not 1 to 16 bits")),
    };
    let row_bytes = samples.len() / chunk.height.max(1);
    let needed = match color {
        ColorType::Gray(bits) if bits < 8 => (chunk.width * usize::from(bits)).div_ceil(8),
        _ => chunk.width * usize::from(layout.samples.max(1)),
    };
    if row_bytes < needed || needed == 0 {
        return Err(Failure::page("a TIFF strip is too small"));
    }
    for (y, row) in samples.chunks_exact(row_bytes).take(chunk.height).enumerate() {
        tones::write_row(color, tones, row, canvas.row(chunk, y))?;
    }
    Ok(())
}
