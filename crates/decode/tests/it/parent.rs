//! How the tests start a decoder, and where its library is.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use shoki_decode::{DecodeLimits, Decoder, DecoderSettings, RecordingLimits};

/// The model store of the test run.
pub(crate) fn pdfium() -> PathBuf {
    let store = std::env::var_os("SHOKI_TEST_MODELS")
        .expect("no model store: run cargo xtask test, or set SHOKI_TEST_MODELS");
    PathBuf::from(store).join("pdfium/libpdfium.so")
}

/// A decoder whose child gets `arguments` before the request.
pub(crate) fn decoder(arguments: &[&str], limits: DecodeLimits) -> Decoder {
    Decoder::new(DecoderSettings {
        program: env!("CARGO_BIN_EXE_decode-child").into(),
        args: arguments.iter().map(ToString::to_string).collect(),
        pdfium: pdfium(),
        ffmpeg: None,
        limits,
    })
}

/// A decoder as the product has it.
pub(crate) fn ordinary() -> Decoder {
    decoder(&[], DecodeLimits::default())
}

/// A decoder of recordings, with ffmpeg or without.
pub(crate) fn listener(ffmpeg: Option<PathBuf>, recording: RecordingLimits) -> Decoder {
    Decoder::new(DecoderSettings {
        program: env!("CARGO_BIN_EXE_decode-child").into(),
        args: Vec::new(),
        pdfium: "/nonexistent".into(),
        ffmpeg,
        limits: DecodeLimits {
            recording,
            ..DecodeLimits::default()
        },
    })
}

/// An open file with these bytes and no name.
pub(crate) fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(bytes).expect("room for it");
    file
}
