//! From the samples of a TIFF to grey: bilevel, grey either way round, palette, RGB and CMYK.

use tiff::ColorType;
use tiff::tags::{PhotometricInterpretation, Tag};

use super::pixels::{TiffDecoder, failure};
use crate::failure::{Decoded, Failure};
use crate::raster;

/// For pages of one sample: the grey of each sample value (of its upper eight bits for deeper ones).
pub(super) fn of_samples(
    decoder: &mut TiffDecoder,
    photometric: PhotometricInterpretation,
    bits: u16,
) -> Decoded<Option<[u8; 256]>> {
    let depth = bits.min(8);
    let top = if depth == 8 { 255 } else { (1_u16 << depth) - 1 };
    let grey = |value: u16| u8::try_from(value.min(top) * 255 / top.max(1)).unwrap_or(u8::MAX);
    let mut tones = [0; 256];
    match photometric {
        PhotometricInterpretation::BlackIsZero | PhotometricInterpretation::WhiteIsZero => {
            let invert = photometric == PhotometricInterpretation::WhiteIsZero;
            for (value, tone) in (0..).zip(&mut tones) {
                *tone = if invert { 255 - grey(value) } else { grey(value) };
            }
        }
        PhotometricInterpretation::RGBPalette => {
            let map = decoder.get_tag_u16_vec(Tag::ColorMap).map_err(failure)?;
            let colours = 1_usize << depth;
            if bits > 8 || map.len() != 3 * colours {
                return Err(Failure::page("a palette of the wrong length"));
            }
            for (value, tone) in tones.iter_mut().enumerate().take(colours) {
                let [red, green, blue] =
                    [0, 1, 2].map(|plane| u8::try_from(map[plane * colours + value] >> 8).unwrap_or(u8::MAX));
                *tone = raster::luma(red, green, blue);
            }
        }
        _ => return Ok(None),
    }
    Ok(Some(tones))
}

/// Writes one decoded row as grey.
pub(super) fn write_row(
    color: ColorType,
    tones: Option<&[u8; 256]>,
    row: &[u8],
    target: &mut [u8],
) -> Decoded<()> {
    let unsupported = Failure::unsupported("colours that are not read");
    match (color, tones) {
        (ColorType::Gray(bits @ (1 | 2 | 4)), Some(tones)) => {
            let (bits, per_byte) = (usize::from(bits), usize::from(8 / bits));
            let mask = u8::try_from((1_u16 << bits) - 1).expect("at most four bits");
            for (x, pixel) in target.iter_mut().enumerate() {
                let shift = 8 - bits * (x % per_byte + 1);
                *pixel = tones[usize::from(row[x / per_byte] >> shift & mask)];
            }
        }
        (ColorType::Gray(8 | 16), Some(tones)) => {
            for (pixel, &sample) in target.iter_mut().zip(row) {
                *pixel = tones[usize::from(sample)];
            }
        }
        (
            ColorType::Multiband {
                bit_depth: 8 | 16,
                num_samples,
            },
            Some(tones),
        ) => {
            for (pixel, samples) in target.iter_mut().zip(row.chunks_exact(usize::from(num_samples))) {
                *pixel = tones[usize::from(samples[0])];
            }
        }
        (ColorType::RGB(8 | 16), _) => {
            for (pixel, &[red, green, blue]) in target.iter_mut().zip(row.as_chunks::<3>().0) {
                *pixel = raster::luma(red, green, blue);
            }
        }
        (ColorType::RGBA(8 | 16), _) => {
            for (pixel, &[red, green, blue, alpha]) in target.iter_mut().zip(row.as_chunks::<4>().0) {
                *pixel = raster::over_white(raster::luma(red, green, blue), alpha);
            }
        }
        (ColorType::CMYK(8 | 16), _) => {
            for (pixel, &[cyan, magenta, yellow, black]) in target.iter_mut().zip(row.as_chunks::<4>().0) {
                *pixel = raster::ink(cyan, magenta, yellow, black);
            }
        }
        (ColorType::YCbCr(8), _) => {
            for (pixel, &[luminance, _, _]) in target.iter_mut().zip(row.as_chunks::<3>().0) {
                *pixel = luminance;
            }
        }
        _ => return Err(unsupported),
    }
    Ok(())
}
