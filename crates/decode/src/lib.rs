//! The hostile-bytes border: PDF, TIFF, JPEG and PNG become grey pages at 200 dpi; PDF, Word and Excel
//! files become text; recordings become 16 kHz samples.
//!
//! Owns: every parser of document bytes, and the sandboxed child process in which they run.
//! Promises: [`Decoder`] never looks into a document itself; each call ends typed, within the wall
//! clock and memory of [`DecodeLimits`], whatever the bytes are, and leaves no process behind.
//! Never: a partly decoded page handed out as a whole one; document text in an error or a log.

mod child;
mod decoder;
mod error;
mod failure;
mod ffmpeg;
mod ffmpeg_intake;
mod jpeg;
mod paper;
mod pdf;
mod pdf_images;
mod png_page;
mod raster;
mod recording;
mod recording_wire;
mod running;
mod sandbox;
mod self_test;
mod sound;
mod source;
mod syscalls;
mod text;
mod tiff_page;
mod wire;

pub use child::child_main;
pub use decoder::{DecodeLimits, Decoder, DecoderSettings, DocumentInfo, RecordingLimits};
pub use error::DecodeError;
pub use sandbox::{SandboxReport, sandbox_report};
pub use text::{PlacedLine, paragraphs};
