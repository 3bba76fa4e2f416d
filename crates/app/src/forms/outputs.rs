//! A document's readings as the files of output profiles; the same for the API's desk, `shoki forms read`
//! and `shoki watch`.
//!
//! Promise: the same readings and profile give the same bytes whoever asks. Never: storage, HTTP.

use std::fs::File;

use image::{GrayImage, Luma};
use shoki_core::code::ErrorCode;
use shoki_core::form::FormDefinition;
use shoki_core::media::MediaKind;
use shoki_core::output_finding::Rendered;
use shoki_core::output_profile::{OutputFormat, OutputProfile};
use shoki_core::reading::{DocumentReading, PageKind, PageReading};
use shoki_decode::Decoder;
use shoki_ocr::output;
use shoki_ocr::output::pdf::SearchablePdf;

/// A4 at 200 dpi, pixels: what stands for a page that cannot be opened.
const MISSING_PAGE: (u32, u32) = (1_654, 2_339);

/// The scanned document, for PDF.
#[derive(Clone, Copy, Debug)]
pub struct Pictures<'a> {
    /// Opens its pages.
    pub decoder: &'a Decoder,
    /// Its bytes.
    pub file: &'a File,
    /// What it is.
    pub media: MediaKind,
}

/// A form's file under a profile, or what stops it; `document` is the document's name.
///
/// # Errors
/// The code of what went wrong: an Excel sheet of too many rows, a PDF without pictures.
pub fn of_form(
    form: &FormDefinition,
    profile: &OutputProfile,
    reading: &DocumentReading,
    document: &str,
    pictures: Option<Pictures<'_>>,
) -> Result<Rendered, ErrorCode> {
    if profile.format == OutputFormat::Pdf {
        let forms = std::slice::from_ref(form);
        return searchable(
            forms,
            output::sheets(form, reading),
            pictures.ok_or(ErrorCode::Internal)?,
        );
    }
    output::render(form, profile, reading, document).map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "an output is not made");
        error.code()
    })
}

/// Pages as searchable PDF. A page that cannot be opened any more is an empty one.
///
/// # Errors
/// The code of a picture that cannot be encoded.
pub fn searchable<'a>(
    forms: &[FormDefinition],
    pages: impl Iterator<Item = &'a PageReading>,
    pictures: Pictures<'_>,
) -> Result<Rendered, ErrorCode> {
    let mut pdf = SearchablePdf::default();
    let mut rows = 0;
    for page in pages {
        let failed = matches!(page.kind, PageKind::Failed { .. });
        let opened = (!failed).then(|| {
            pictures
                .decoder
                .page(pictures.file, pictures.media, page.page.saturating_sub(1))
                .ok()
        });
        let (width, height) = MISSING_PAGE;
        let image = opened
            .flatten()
            .unwrap_or_else(|| GrayImage::from_pixel(width, height, Luma([u8::MAX])));
        let form = forms.iter().find(|form| page.form.as_ref() == Some(&form.id));
        pdf.push(&image, page, form).map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "a page is not written");
            error.code()
        })?;
        rows += 1;
    }
    Ok(Rendered {
        bytes: Some(pdf.finish()),
        rows,
        findings: Vec::new(),
    })
}
