//! What the parent says when a document or a page could not be decoded.

use shoki_core::code::ErrorCode;

use crate::failure::FailureKind;

/// Why there is no page (or page count). The text is for the log and holds nothing of the document.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The file has no bytes.
    #[error("the document is empty")]
    Empty,
    /// The child looked at the bytes and refused them.
    #[error("refused ({code}): {reason}")]
    Refused {
        /// Code for the desk.
        code: ErrorCode,
        /// A fixed phrase of ours, at most a few words.
        reason: String,
    },
    /// The child ran out of the memory it is allowed.
    #[error("the decoder ran out of its memory limit")]
    OutOfMemory,
    /// The child used up its CPU seconds.
    #[error("the decoder used up its CPU time")]
    CpuTime,
    /// The child was still at work at the end of the wall clock and was killed.
    #[error("the decoder was killed at the end of its wall clock")]
    WallClock,
    /// The child died without an answer.
    #[error("the decoder died (signal {signal:?}, exit code {exit:?})")]
    Crashed {
        /// Signal that ended it.
        signal: Option<i32>,
        /// Exit code, when it ended by itself.
        exit: Option<i32>,
    },
    /// The child answered something that is not an answer.
    #[error("the decoder gave a malformed answer: {0}")]
    Answer(&'static str),
    /// The caller did not want to go on.
    #[error("decoding was cancelled")]
    Cancelled,
    /// The sound could not be written to the parent's file.
    #[error("the sound could not be stored: {0}")]
    Store(#[source] std::io::Error),
    /// The child could not be started or spoken to.
    #[error("the decoder could not be run: {0}")]
    Spawn(#[source] std::io::Error),
}

impl DecodeError {
    /// The code for the desk and for the retry rule.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Empty => ErrorCode::EmptyDocument,
            Self::Refused { code, .. } => *code,
            Self::OutOfMemory => ErrorCode::InputLimit,
            Self::CpuTime | Self::WallClock => ErrorCode::DecodeTimeout,
            Self::Crashed { .. } | Self::Answer(_) => ErrorCode::DecoderCrashed,
            Self::Cancelled => ErrorCode::LeaseLost,
            Self::Store(error) if error.kind() == std::io::ErrorKind::StorageFull => ErrorCode::StorageFull,
            Self::Store(_) | Self::Spawn(_) => ErrorCode::Internal,
        }
    }

    /// A refusal as the child reported it.
    pub(crate) const fn refused(kind: FailureKind, reason: String) -> Self {
        Self::Refused {
            code: kind.code(),
            reason,
        }
    }
}
