//! Files → sources with passages: 標準法令XML, the answers of the 法令API, notices in outline form,
//! casebooks, plans.
//!
//! Promises: text is kept whole; what cannot be taken over is an `ImportFault` with its place. Never:
//! opening a binary format (that is the decode child's work), ranking.

pub mod egov;
pub mod references;

/// Why nothing could be taken from a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Not well-formed.
    #[error("not well-formed, line {line:?}")]
    Malformed {
        /// Line from 1, when known.
        line: Option<u32>,
    },
    /// Well-formed, but none of the kinds that are understood.
    #[error("neither a law nor a table nor a text that is understood")]
    NotUnderstood,
    /// Over a limit.
    #[error("larger than an importer takes")]
    TooLarge,
    /// Not valid in its encoding.
    #[error("neither UTF-8 nor Shift_JIS")]
    BadEncoding,
    /// Nothing in it.
    #[error("empty")]
    Empty,
}
