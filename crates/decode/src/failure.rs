//! Why the child refused a document or a page: the closed set that crosses the pipe.
//!
//! A reason is a fixed English phrase for the log. Never: bytes or text of the document in it.

use serde::{Deserialize, Serialize};
use shoki_core::code::ErrorCode;

/// The kinds of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FailureKind {
    /// No bytes at all.
    Empty,
    /// The document as a whole cannot be opened.
    CorruptDocument,
    /// This page cannot be decoded completely; its siblings may be.
    CorruptPage,
    /// A password is needed.
    Password,
    /// More pages or pixels than the limits allow.
    Limit,
    /// A well-formed file in a variant that we do not read.
    Unsupported,
    /// `libpdfium` is missing or does not load.
    LibraryMissing,
    /// Not a recording at all.
    NotRecording,
    /// A recording without a track of sound.
    NoSound,
    /// A recording that cannot be opened.
    CorruptRecording,
    /// A recording cut off before any sound could be had.
    TruncatedRecording,
    /// A recording longer than the limit.
    RecordingTooLong,
    /// A recording in a format or codec that only ffmpeg reads.
    RecordingNeedsFfmpeg,
    /// A parser panicked.
    Panicked,
    /// The child was called wrongly, or could not lock itself down.
    Setup,
}

impl FailureKind {
    /// The code shown to the desk.
    pub(crate) const fn code(self) -> ErrorCode {
        match self {
            Self::Empty => ErrorCode::EmptyDocument,
            Self::CorruptDocument => ErrorCode::CorruptDocument,
            Self::CorruptPage => ErrorCode::CorruptPage,
            Self::Password => ErrorCode::PasswordProtected,
            Self::Limit => ErrorCode::InputLimit,
            Self::Unsupported => ErrorCode::UnsupportedMediaType,
            Self::LibraryMissing => ErrorCode::ModelMissing,
            Self::NotRecording => ErrorCode::NotRecording,
            Self::NoSound => ErrorCode::NoSound,
            Self::CorruptRecording => ErrorCode::CorruptRecording,
            Self::TruncatedRecording => ErrorCode::TruncatedRecording,
            Self::RecordingTooLong => ErrorCode::RecordingTooLong,
            Self::RecordingNeedsFfmpeg => ErrorCode::RecordingNeedsFfmpeg,
            Self::Panicked => ErrorCode::DecoderCrashed,
            Self::Setup => ErrorCode::Internal,
        }
    }
}

/// A refusal with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// What kind.
    pub(crate) kind: FailureKind,
    /// A fixed phrase.
    pub(crate) reason: &'static str,
}

/// What every decoding step returns.
pub(crate) type Decoded<T> = Result<T, Failure>;

macro_rules! constructors {
    ($($name:ident $kind:ident;)+) => {
        impl Failure {$(
            /// A refusal of the kind in its name.
            pub(crate) const fn $name(reason: &'static str) -> Self {
                Self { kind: FailureKind::$kind, reason }
            }
        )+}
    };
}

constructors! {
    document CorruptDocument;
    page CorruptPage;
    limit Limit;
    unsupported Unsupported;
    setup Setup;
    recording CorruptRecording;
    cut TruncatedRecording;
    too_long RecordingTooLong;
    needs_ffmpeg RecordingNeedsFfmpeg;
}
