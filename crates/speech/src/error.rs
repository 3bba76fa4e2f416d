//! Errors of the speech pipeline; the message is for the log and holds nothing that was said.

use shoki_core::code::ErrorCode;
use shoki_engine::EngineError;

/// What can go wrong while listening.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpeechError {
    /// The decoded file could not be read or written.
    #[error("decoded audio: {0}")]
    Io(#[from] std::io::Error),
    /// The decoded file is not what it was said to be.
    #[error("decoded audio: {0}")]
    Pcm(&'static str),
    /// The recogniser failed.
    #[error("recogniser: {0}")]
    Recogniser(#[from] whisper_rs::WhisperError),
    /// The listening copy could not be encoded.
    #[error("listening copy: {0}")]
    Encoder(&'static str),
    /// A model failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl SpeechError {
    /// The code shown outside.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Io(_) | Self::Pcm(_) | Self::Encoder(_) => ErrorCode::Internal,
            Self::Recogniser(_) => ErrorCode::EngineFailed,
            Self::Engine(error) => error.code(),
        }
    }
}
