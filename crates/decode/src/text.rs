//! Text out of documents for the law desk: PDF text layers, Word documents, workbooks.
//!
//! Owns which reader takes which kind, and the bound on what one call may hand over.
//! Promises: a slice of text is whole up to where the next one begins; what cannot be read whole is a
//! refusal. Word documents are walked by our own reader over quick-xml: `docx-rust` and `docx-rs` drop
//! text in elements that they do not model (content controls, text boxes) without a word.

mod archive;
mod numbering;
mod pdf_lines;
mod pdf_text;
mod sheets;
mod word;
mod word_styles;
mod xml;

pub use pdf_lines::{PlacedLine, paragraphs};
use shoki_core::extract::{ExtractedText, Paragraph};
use shoki_core::media::MediaKind;

use crate::decoder::DecodeLimits;
use crate::failure::{Decoded, Failure};
use crate::pdf::PdfLibrary;
use crate::source::Source;

/// What a paragraph costs beside its words, bytes of JSON and of memory.
const PARAGRAPH_BYTES: u64 = 64;

/// What one call hands over.
#[derive(Debug)]
pub(crate) struct Slice {
    /// The text.
    pub(crate) text: ExtractedText,
    /// The page, from 0, with which the next call shall begin; `None` when all is there.
    pub(crate) next: Option<u32>,
}

/// The text from page `from` on (of a PDF; the others are handed over at once).
pub(crate) fn take(
    kind: MediaKind,
    source: Source,
    library: Option<PdfLibrary>,
    from: u32,
    limits: &DecodeLimits,
) -> Decoded<Slice> {
    let whole = |text: Decoded<ExtractedText>| text.map(|text| Slice { text, next: None });
    match kind {
        MediaKind::Pdf => pdf_text::take(
            &library.ok_or(Failure::setup("no library"))?,
            source,
            from,
            limits,
        ),
        MediaKind::Docx | MediaKind::Xlsx | MediaKind::Ods | MediaKind::Zip => {
            match archive::kind(source.clone(), limits)? {
                MediaKind::Docx => whole(word::text(source, limits)),
                kind => whole(sheets::text(source, kind, limits)),
            }
        }
        MediaKind::Xls => whole(sheets::text(source, kind, limits)),
        MediaKind::Tiff | MediaKind::Jpeg | MediaKind::Png => {
            Err(Failure::unsupported("a picture has no text layer"))
        }
        MediaKind::Xml | MediaKind::Json | MediaKind::Text => {
            Err(Failure::unsupported("text is read as it is"))
        }
        _ => Err(Failure::unsupported("a recording has no text layer")),
    }
}

/// Takes paragraphs as long as they fit.
struct Collector {
    text: ExtractedText,
    left: u64,
}

impl Collector {
    fn new(limits: &DecodeLimits) -> Self {
        Self {
            text: ExtractedText::default(),
            left: limits.text_bytes,
        }
    }

    fn push(&mut self, paragraph: Paragraph) -> Decoded<()> {
        let cells = paragraph.cells.iter().flatten();
        let words = paragraph.text.len() + cells.map(|cell| cell.len() + 3).sum::<usize>();
        self.left = self
            .left
            .checked_sub(words as u64 + PARAGRAPH_BYTES)
            .ok_or(Failure::limit("too much text"))?;
        self.text.paragraphs.push(paragraph);
        Ok(())
    }
}

/// Whether a character belongs into text; control characters are traces of the format.
fn is_text(character: char) -> bool {
    !character.is_control() || matches!(character, '\n' | '\t')
}
