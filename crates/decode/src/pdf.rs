//! PDF through PDFium: pages with annotations and form fields, upright, on white paper.
//!
//! PDFium reads the document piece by piece through [`Source`], so a 2 GiB file costs no memory.
//! PDFium is not thread-safe; this process has one thread and opens one document.

use std::path::Path;

use image::GrayImage;
use pdfium_render::prelude::{
    PdfBitmapFormat, PdfColor, PdfDocument, PdfRenderConfig, Pdfium, PdfiumError, PdfiumInternalError,
};

use crate::decoder::DecodeLimits;
use crate::failure::{Decoded, Failure, FailureKind};
use crate::source::Source;
use crate::{paper, pdf_images, raster};

/// Points in an inch (ISO 32000-1, 8.3.2.3).
const POINTS_PER_INCH: f64 = 72.0;
/// How far before its end PDFium looks for a document's `startxref`.
const TAIL_BYTES: u64 = 4096;

/// The loaded library.
pub(crate) struct PdfLibrary {
    pdfium: Pdfium,
}

impl PdfLibrary {
    /// Loads and starts PDFium.
    pub(crate) fn load(path: &Path) -> Decoded<Self> {
        let missing = |_| Failure {
            kind: FailureKind::LibraryMissing,
            reason: "libpdfium cannot be loaded",
        };
        let bindings = Pdfium::bind_to_library(path).map_err(missing)?;
        Ok(Self {
            pdfium: Pdfium::new(bindings),
        })
    }

    /// Opens the document; a password and a file cut off are refused.
    pub(crate) fn open(&self, source: Source) -> Decoded<PdfDocument<'_>> {
        require_end(&source)?;
        self.pdfium
            .load_pdf_from_reader(source, None)
            .map_err(|error| match error {
                PdfiumError::PdfiumLibraryInternalError(
                    PdfiumInternalError::PasswordError | PdfiumInternalError::SecurityError,
                ) => Failure {
                    kind: FailureKind::Password,
                    reason: "the PDF needs a password",
                },
                _ => Failure::document("not a PDF that can be opened"),
            })
    }
}

/// Pages of the document.
pub(crate) fn count(library: &PdfLibrary, source: Source, limits: &DecodeLimits) -> Decoded<u32> {
    let document = library.open(source)?;
    match u32::try_from(document.pages().len()) {
        Ok(0) | Err(_) => Err(Failure::document("a PDF without pages")),
        Ok(pages) if pages > limits.pages => Err(Failure::limit("too many pages")),
        Ok(pages) => Ok(pages),
    }
}

/// One page.
pub(crate) fn page(
    library: &PdfLibrary,
    source: Source,
    index: u32,
    limits: &DecodeLimits,
) -> Decoded<GrayImage> {
    let document = library.open(source)?;
    let index = i32::try_from(index).map_err(|_| Failure::page("no such page"))?;
    if index >= document.pages().len() {
        return Err(Failure::page("no such page"));
    }
    let page = document
        .pages()
        .get(index)
        .map_err(|_| Failure::page("the PDF page cannot be loaded"))?;
    let inches = |points: f32| f64::from(points) / POINTS_PER_INCH;
    let (width, height) = paper::sheet_size(inches(page.width().value), inches(page.height().value), limits)?;
    let edge = |pixels: u32| i32::try_from(pixels).map_err(|_| Failure::limit("too many pixels"));
    pdf_images::require_whole(&page)?;
    let config = PdfRenderConfig::new()
        .set_fixed_size(edge(width)?, edge(height)?)
        .set_format(PdfBitmapFormat::BGRx)
        .set_clear_color(PdfColor::WHITE)
        .render_annotations(true)
        .render_form_data(true);
    let failed = |_| Failure::page("the PDF page cannot be drawn");
    let bitmap = page.render_with_config(&config).map_err(failed)?;
    let grey = bitmap
        .as_rgba_bytes()
        .as_chunks::<4>()
        .0
        .iter()
        .map(|&[red, green, blue, _]| raster::luma(red, green, blue))
        .collect();
    raster::page(width, height, grey)
}

/// A PDF ends with `startxref`, a number and `%%EOF`. Without it the file was cut off: PDFium would
/// piece together what is left and silently lose the other pages.
fn require_end(source: &Source) -> Decoded<()> {
    let length = source.len().min(TAIL_BYTES);
    let tail = source
        .bytes(source.len() - length, length)
        .map_err(|_| Failure::document("the file cannot be read"))?;
    if tail.windows(9).any(|window| window == b"startxref") {
        Ok(())
    } else {
        Err(Failure::document("the PDF ends early"))
    }
}
