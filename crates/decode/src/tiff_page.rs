//! TIFF and BigTIFF: one page per directory; bilevel, grey, palette, RGB and CMYK; uncompressed,
//! PackBits, LZW, Deflate, JPEG and the fax codes; sized by its resolution, turned by its orientation.
//!
//! A chain of directories that breaks (a file cut off, a loop) ends in one page more, which is
//! corrupt: whoever reads the stack learns that something is missing.

mod ccitt;
mod directory;
mod pixels;
mod tones;

use image::GrayImage;

use crate::decoder::DecodeLimits;
use crate::failure::{Decoded, Failure};
use crate::source::Source;

/// Pages of the document.
pub(crate) fn count(source: &Source, limits: &DecodeLimits) -> Decoded<u32> {
    let chain = directory::chain(source, limits)?;
    u32::try_from(chain.pages.len() + usize::from(chain.is_broken))
        .map_err(|_| Failure::limit("too many pages"))
}

/// One page.
pub(crate) fn page(source: &Source, index: u32, limits: &DecodeLimits) -> Decoded<GrayImage> {
    let chain = directory::chain(source, limits)?;
    let directory = usize::try_from(index)
        .ok()
        .and_then(|index| chain.pages.get(index));
    match directory {
        Some(directory) => pixels::page(source, directory, limits),
        None => Err(Failure::page("the chain of TIFF directories breaks here")),
    }
}
