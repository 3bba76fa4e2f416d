//! The parent's side: starts one child per call, hands it the document as an open descriptor,
//! takes a bounded answer, and never waits longer than the wall clock.
//!
//! Never: parses a document byte, hangs, or leaves a child running or unreaped.

use std::fs::File;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use image::GrayImage;
use serde::{Deserialize, Serialize};
use shoki_core::extract::ExtractedText;
use shoki_core::limits;
use shoki_core::media::MediaKind;

use crate::error::DecodeError;
use crate::failure::FailureKind;
use crate::running::{PIPE_BYTES, Running};
use crate::sandbox::sandbox_report;
use crate::wire::{AnswerReader, Header, Operation, Request};

/// What one call may use and give. The defaults are the constants of `shoki_core::limits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecodeLimits {
    /// Address space of the child, bytes.
    pub memory_bytes: u64,
    /// CPU time of the child, seconds.
    pub cpu_seconds: u64,
    /// Wall clock of one call.
    pub wall: Duration,
    /// Pages of one document.
    pub pages: u32,
    /// Pixels of an image as stored in the document.
    pub page_pixels: u64,
    /// Longest edge of an image as stored in the document, pixels.
    pub page_edge: u32,
    /// Pixels of a page handed out at 200 dpi.
    pub read_pixels: u64,
    /// Text handed out by one call, and of one document, bytes.
    pub text_bytes: u64,
    /// One part of an office file after unpacking, bytes.
    pub part_bytes: u64,
    /// What a recording may use, in place of memory, CPU time and wall clock above.
    pub recording: RecordingLimits,
}

/// What decoding one recording may use and give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordingLimits {
    /// Address space of the child, bytes.
    pub memory_bytes: u64,
    /// CPU time of the child, seconds.
    pub cpu_seconds: u64,
    /// How long the child may hand out nothing.
    pub stall: Duration,
    /// Wall clock of one child.
    pub wall: Duration,
    /// Longest recording.
    pub longest: Duration,
}

impl Default for RecordingLimits {
    fn default() -> Self {
        Self {
            memory_bytes: limits::RECORDING_MEMORY_BYTES,
            cpu_seconds: limits::RECORDING_CPU_SECONDS,
            stall: limits::RECORDING_STALL,
            wall: limits::RECORDING_WALL,
            longest: limits::MAX_RECORDING,
        }
    }
}

impl Default for DecodeLimits {
    fn default() -> Self {
        Self {
            memory_bytes: limits::DECODE_MEMORY_BYTES,
            cpu_seconds: limits::DECODE_CPU_SECONDS,
            wall: limits::DECODE_WALL,
            pages: limits::MAX_PAGES,
            page_pixels: limits::MAX_PAGE_PIXELS,
            page_edge: limits::MAX_PAGE_EDGE,
            read_pixels: limits::MAX_READ_PIXELS,
            text_bytes: limits::MAX_TEXT_BYTES,
            part_bytes: limits::MAX_OFFICE_PART_BYTES,
            recording: RecordingLimits::default(),
        }
    }
}

/// How to start the child.
#[derive(Clone, Debug)]
pub struct DecoderSettings {
    /// The program; in the product the `shoki` binary itself.
    pub program: PathBuf,
    /// Its arguments before the request; in the product `["decode-child"]`.
    pub args: Vec<String>,
    /// The verified `libpdfium.so`; an absolute path in UTF-8.
    pub pdfium: PathBuf,
    /// The `ffmpeg` program where there is one, an absolute path in UTF-8: it opens the recordings that
    /// the child cannot (WMA, AMR, odd MP4).
    pub ffmpeg: Option<PathBuf>,
    /// What one call may use.
    pub limits: DecodeLimits,
}

/// What [`Decoder::probe`] finds out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentInfo {
    /// Pages, at least 1. A page may still fail when it is decoded.
    pub pages: u32,
}

/// Turns documents into pages, one child process per call. Shared between threads as it is.
#[derive(Clone, Debug)]
pub struct Decoder {
    pub(crate) settings: DecoderSettings,
}

impl Decoder {
    /// A decoder; says loudly when the kernel lacks a layer of the sandbox.
    #[must_use]
    pub fn new(settings: DecoderSettings) -> Self {
        let report = sandbox_report();
        if report.is_degraded() {
            tracing::warn!(missing = ?report.missing(), "decode children run with fewer layers of protection");
        }
        Self { settings }
    }

    /// Opens the document and counts its pages.
    ///
    /// # Errors
    /// [`DecodeError`]; its code tells an empty, corrupt, protected or too large document apart.
    pub fn probe(&self, file: &File, kind: MediaKind) -> Result<DocumentInfo, DecodeError> {
        match self.ask(file, kind, Operation::Probe)? {
            (Header::Pages(0), _) => Err(DecodeError::Answer("a document of no pages")),
            (Header::Pages(pages), _) if pages <= self.settings.limits.pages => Ok(DocumentInfo { pages }),
            _ => Err(DecodeError::Answer("not an answer to a probe")),
        }
    }

    /// One page, counted from 0: upright as the document says, grey, 200 dpi, white paper = 255.
    ///
    /// # Errors
    /// [`DecodeError`] for this page alone; its siblings can still be asked for.
    pub fn page(&self, file: &File, kind: MediaKind, index: u32) -> Result<GrayImage, DecodeError> {
        let (header, pixels) = self.ask(file, kind, Operation::Page(index))?;
        let Header::Page { width, height } = header else {
            return Err(DecodeError::Answer("not an answer to a page"));
        };
        GrayImage::from_raw(width, height, pixels).ok_or(DecodeError::Answer("pixels do not fill the page"))
    }

    /// The text of a PDF's text layer, a Word document or a workbook, in as many calls as it takes. An
    /// archive is opened when its entries show an office file; pictures and plain text are refused.
    ///
    /// # Errors
    /// [`DecodeError`]; there is never a part of the text as if it were the whole.
    pub fn text(&self, file: &File, kind: MediaKind) -> Result<ExtractedText, DecodeError> {
        let deadline = Instant::now() + limits::TEXT_WALL;
        let mut whole = ExtractedText::default();
        let (mut from, mut bytes) = (0, 0_u64);
        loop {
            let (Header::Text { next, .. }, body) = self.ask(file, kind, Operation::Text(from))? else {
                return Err(DecodeError::Answer("not an answer to a call for text"));
            };
            bytes += body.len() as u64;
            if bytes > self.settings.limits.text_bytes {
                return Err(DecodeError::refused(
                    FailureKind::Limit,
                    "too much text".to_owned(),
                ));
            }
            let slice: ExtractedText =
                serde_json::from_slice(&body).map_err(|_| DecodeError::Answer("text that is not ours"))?;
            whole.paragraphs.extend(slice.paragraphs);
            whole.pages_without_text.extend(slice.pages_without_text);
            whole.pages = slice.pages;
            match next {
                None => return Ok(whole),
                Some(next)
                    if next <= from || next >= slice.pages || slice.pages > self.settings.limits.pages =>
                {
                    return Err(DecodeError::Answer("text that does not come to an end"));
                }
                Some(_) if Instant::now() > deadline => return Err(DecodeError::WallClock),
                Some(next) => from = next,
            }
        }
    }

    /// One call of any operation; failures of the child are errors already.
    pub(crate) fn ask(
        &self,
        file: &File,
        kind: MediaKind,
        operation: Operation,
    ) -> Result<(Header, Vec<u8>), DecodeError> {
        if file.metadata().map_err(DecodeError::Spawn)?.len() == 0 {
            return Err(DecodeError::Empty);
        }
        let deadline = Instant::now() + self.settings.limits.wall;
        let mut running = Running::start(&self.settings, file, &self.request(operation, kind), deadline)?;
        let answer = converse(&mut running, self.settings.limits);
        let verdict = match answer {
            Ok(Some((Header::Failure { kind, reason }, _))) => Err(DecodeError::refused(kind, reason)),
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(running.autopsy()),
            Err(error) => Err(error),
        };
        if let Err(error) = &verdict {
            tracing::debug!(%error, code = %error.code(), ?operation, "decode call failed");
        }
        verdict
    }

    /// The request for one call.
    pub(crate) fn request(&self, operation: Operation, kind: MediaKind) -> Request {
        Request {
            operation,
            kind,
            pdfium: self.settings.pdfium.clone(),
            ffmpeg: self.settings.ffmpeg.clone(),
            limits: self.settings.limits,
        }
    }
}

/// Reads until the answer is complete (`Some`) or the child has closed its output without one.
fn converse(running: &mut Running, limits: DecodeLimits) -> Result<Option<(Header, Vec<u8>)>, DecodeError> {
    let mut reader = AnswerReader::new(limits);
    let mut buffer = vec![0; PIPE_BYTES];
    loop {
        match running.read(&mut buffer)? {
            0 => return Ok(None),
            count if reader.push(&buffer[..count]).map_err(DecodeError::Answer)? => {
                return Ok(reader.finish());
            }
            _ => {}
        }
    }
}
