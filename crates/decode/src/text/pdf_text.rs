//! The text layer of a PDF, page by page in the order in which it was written.
//!
//! A call goes on until its time slice is over and says with which page to go on, so a thousand pages
//! need no more time per call than ten. Pages with something on them but without text, or whose
//! characters cannot be told (no way back to Unicode), are named.

use std::time::Instant;

use pdfium_render::prelude::{PdfPage, PdfPageObjectsCommon as _, PdfPageTextChar};
use shoki_core::limits::TEXT_SLICE;

use super::pdf_lines::{Glyph, Lines};
use super::{Collector, Slice, is_text};
use crate::decoder::DecodeLimits;
use crate::failure::{Decoded, Failure};
use crate::pdf::PdfLibrary;
use crate::source::Source;

/// Characters of one page; a page of a newspaper has 15,000.
const MAX_PAGE_CHARACTERS: i32 = 1_000_000;
/// Of how many characters one must be known, so that the layer counts as text.
const KNOWN_ONE_IN: usize = 2;

/// Text from page `from` (counted from 0) on.
pub(super) fn take(library: &PdfLibrary, source: Source, from: u32, limits: &DecodeLimits) -> Decoded<Slice> {
    let began = Instant::now();
    let document = library.open(source)?;
    let pages = match u32::try_from(document.pages().len()) {
        Ok(0) | Err(_) => return Err(Failure::document("a PDF without pages")),
        Ok(pages) if pages > limits.pages => return Err(Failure::limit("too many pages")),
        Ok(pages) => pages,
    };
    if from >= pages {
        return Err(Failure::page("no such page"));
    }
    let mut collector = Collector::new(limits);
    collector.text.pages = pages;
    let mut next = from;
    while next < pages && (next == from || began.elapsed() < TEXT_SLICE) {
        let number = next + 1;
        let index = i32::try_from(next).map_err(|_| Failure::page("no such page"))?;
        next += 1;
        let Ok(page) = document.pages().get(index) else {
            collector.text.pages_without_text.push(number);
            continue;
        };
        match page_lines(&page)? {
            Some(lines) => {
                for mut paragraph in lines.paragraphs() {
                    paragraph.page = Some(number);
                    collector.push(paragraph)?;
                }
            }
            None if page.objects().is_empty() => {}
            None => collector.text.pages_without_text.push(number),
        }
    }
    Ok(Slice {
        text: collector.text,
        next: (next < pages).then_some(next),
    })
}

/// The lines of a page; `None` when it has no text that can be told.
fn page_lines(page: &PdfPage<'_>) -> Decoded<Option<Lines>> {
    let Ok(text) = page.text() else { return Ok(None) };
    if text.len() > MAX_PAGE_CHARACTERS {
        return Err(Failure::limit("too much text on a page"));
    }
    let mut lines = Lines::default();
    let (mut known, mut unknown) = (0_usize, 0_usize);
    for character in text.chars().iter() {
        match character.unicode_char() {
            Some('\n' | '\r') => lines.end(),
            Some('\u{fffd}' | '\u{e000}'..='\u{f8ff}' | '\0') | None => {
                unknown += 1;
                lines.push(glyph(&character, '〓'));
            }
            Some(sign) if is_text(sign) => {
                known += usize::from(!sign.is_whitespace());
                lines.push(glyph(&character, sign));
            }
            // PDFium's mark for a hyphen at the end of a line, and other controls.
            Some(_) => {}
        }
    }
    lines.end();
    let is_readable = known > 0 && known * KNOWN_ONE_IN >= unknown;
    Ok(is_readable.then_some(lines))
}

fn glyph(character: &PdfPageTextChar<'_>, sign: char) -> Glyph {
    let bounds = character.loose_bounds().ok();
    Glyph {
        sign,
        left: bounds.map(|bounds| bounds.left().value),
        right: bounds.map(|bounds| bounds.right().value),
        bottom: bounds.map(|bounds| bounds.bottom().value),
        size: character.scaled_font_size().value.abs(),
    }
}
