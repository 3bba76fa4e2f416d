//! Pages without a text layer: their picture → lines → paragraphs, in place among the pages that have one.
//!
//! Promises: every page keeps its number; a page read by recognition is named as such, one that could not
//! be read is named too. Never: which model reads.

use std::collections::BTreeMap;
use std::fs::File;

use serde::{Deserialize, Serialize};
use shoki_core::code::ErrorCode;
use shoki_core::corpus::{ImportFault, ImportFaultKind, ImportedText, SourceRank};
use shoki_core::extract::{ExtractedText, Paragraph};
use shoki_core::limits::PAGE_DPI;
use shoki_core::media::MediaKind;
use shoki_core::reading::TextLine;
use shoki_decode::{Decoder, PlacedLine, paragraphs};
use shoki_ocr::PageReader;
use shoki_search::import::{self, ImportError};

use super::IntakeError;

/// Sizes within this factor of the page's usual one are taken for it: the height of a detected line is not
/// the size of its type.
const SAME_SIZE: f32 = 1.3;
/// Share of a line's height that its type has.
const TYPE_OF_HEIGHT: f32 = 0.8;
/// Share of the lower one's height by which two pieces of one row overlap.
const SAME_ROW: f32 = 0.5;

/// What recognition made of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageText {
    /// Nothing is on it.
    Blank,
    /// Its paragraphs; none when what is on it is no text.
    Read(Vec<Paragraph>),
}

/// Reads one page, counted from 0.
///
/// # Errors
/// [`IntakeError`] of this page alone.
pub fn page_text(
    decoder: &Decoder,
    reader: &mut PageReader,
    file: &File,
    media: MediaKind,
    index: u32,
) -> Result<PageText, IntakeError> {
    let image = decoder.page(file, media, index)?;
    let Some(lines) = reader.read_text(&image)? else {
        return Ok(PageText::Blank);
    };
    Ok(PageText::Read(paragraphs(placed(&lines, image.height()))))
}

/// The lines as the layout wants them: one per row, in points, sizes evened out.
fn placed(lines: &[TextLine], height: u32) -> Vec<PlacedLine> {
    #[expect(clippy::cast_precision_loss, reason = "pixels of a page are below 2^24")]
    let (points, page) = (72.0 / PAGE_DPI as f32, height as f32);
    let mut rows: Vec<PlacedLine> = Vec::new();
    for line in lines {
        let x = line.quad.map(|corner| corner[0]);
        let y = line.quad.map(|corner| corner[1]);
        let least = |values: [f32; 4]| values.into_iter().fold(f32::INFINITY, f32::min);
        let most = |values: [f32; 4]| values.into_iter().fold(f32::NEG_INFINITY, f32::max);
        let piece = PlacedLine {
            text: line.text.clone(),
            left: least(x) * points,
            right: most(x) * points,
            bottom: (page - most(y)) * points,
            size: (most(y) - least(y)) * points * TYPE_OF_HEIGHT,
        };
        match rows.last_mut() {
            Some(row) if is_same_row(row, &piece) => {
                row.text.push('　');
                row.text.push_str(&piece.text);
                row.right = piece.right;
            }
            _ => rows.push(piece),
        }
    }
    even_out(&mut rows);
    rows
}

fn is_same_row(row: &PlacedLine, piece: &PlacedLine) -> bool {
    let top = |line: &PlacedLine| line.bottom + line.size / TYPE_OF_HEIGHT;
    let overlap = top(row).min(top(piece)) - row.bottom.max(piece.bottom);
    piece.left >= row.right && overlap > SAME_ROW * row.size.min(piece.size) / TYPE_OF_HEIGHT
}

/// Gives lines of about the usual size that size.
fn even_out(rows: &mut [PlacedLine]) {
    let mut sizes: Vec<f32> = rows.iter().map(|row| row.size).collect();
    sizes.sort_by(f32::total_cmp);
    let Some(&usual) = sizes.get(sizes.len() / 2) else {
        return;
    };
    for row in rows {
        if row.size < usual * SAME_SIZE && usual < row.size * SAME_SIZE {
            row.size = usual;
        }
    }
}

/// The text of a document whose pages were read, page by page; `Err` holds why one could not be.
///
/// # Errors
/// [`ImportError`] when nothing can be taken from it.
pub fn with_pages(
    name: &str,
    mut text: ExtractedText,
    read: BTreeMap<u32, Result<PageText, ErrorCode>>,
    rank: Option<SourceRank>,
) -> Result<ImportedText, ImportError> {
    let mut recognised = Vec::new();
    let mut missing = Vec::new();
    for &page in &text.pages_without_text {
        match read.get(&page) {
            Some(Ok(PageText::Blank)) => {}
            Some(Ok(PageText::Read(found))) if !found.is_empty() => {
                recognised.push(page);
                text.paragraphs.extend(found.iter().map(|paragraph| Paragraph {
                    page: Some(page),
                    ..paragraph.clone()
                }));
            }
            Some(Ok(PageText::Read(_)) | Err(_)) | None => missing.push(page),
        }
    }
    text.paragraphs.sort_by_key(|paragraph| paragraph.page);
    text.pages_without_text = missing;
    let mut found = import::import_extracted(name, &text, rank)?;
    found
        .faults
        .extend(recognised.into_iter().map(|page| ImportFault {
            file: None,
            line: None,
            page: Some(page),
            kind: ImportFaultKind::RecognisedText,
        }));
    found.faults.sort_by_key(|fault| fault.page);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, x: f32, y: f32, height: f32) -> TextLine {
        let width = 40.0 * text.chars().count() as f32;
        TextLine {
            text: text.to_owned(),
            quad: [[x, y], [x + width, y], [x + width, y + height], [x, y + height]],
        }
    }

    fn words(lines: &[TextLine]) -> Vec<String> {
        let found = paragraphs(placed(lines, 2_000));
        found.into_iter().map(|paragraph| paragraph.text).collect()
    }

    #[test]
    fn a_row_in_pieces_is_one_line_and_a_full_line_goes_on() {
        let lines = [
            line("第１", 100.0, 100.0, 42.0),
            line("目的", 240.0, 103.0, 40.0),
            line("この要綱は、助成の手続を定める", 100.0, 170.0, 44.0),
            line("ものとする。", 100.0, 240.0, 39.0),
            line("第２　対象", 100.0, 310.0, 41.0),
        ];
        assert_eq!(
            words(&lines),
            [
                "第１　目的",
                "この要綱は、助成の手続を定めるものとする。",
                "第２　対象"
            ]
        );
    }

    fn paragraph(text: &str, page: u32) -> Paragraph {
        Paragraph {
            text: text.to_owned(),
            page: Some(page),
            ..Paragraph::default()
        }
    }

    #[test]
    fn pages_keep_their_order_and_those_not_read_are_named() {
        let text = ExtractedText {
            paragraphs: vec![paragraph("星見の手引について", 1), paragraph("第３　おわりに", 5)],
            pages: 6,
            pages_without_text: vec![2, 3, 4, 6],
        };
        let read = BTreeMap::from([
            (2, Ok(PageText::Read(vec![paragraph("第２　望遠鏡の貸出し", 0)]))),
            (3, Ok(PageText::Blank)),
            (4, Err(ErrorCode::CorruptPage)),
            (6, Ok(PageText::Read(Vec::new()))),
        ]);
        let found = with_pages("a.pdf", text, read, None).expect("text");
        let pages: Vec<_> = found.passages.iter().map(|passage| passage.page).collect();
        assert!(pages.is_sorted() && pages.contains(&Some(2)), "{pages:?}");
        let faults: Vec<_> = found
            .faults
            .iter()
            .map(|fault| (fault.page, fault.kind))
            .collect();
        assert_eq!(
            faults,
            [
                (Some(2), ImportFaultKind::RecognisedText),
                (Some(4), ImportFaultKind::NoTextLayer),
                (Some(6), ImportFaultKind::NoTextLayer),
            ]
        );
    }
}
