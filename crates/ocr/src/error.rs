//! What can go wrong while a page is read.

use shoki_core::code::ErrorCode;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum OcrError {
    /// The blank page of a form cannot serve as its template.
    #[error("form {form}: {reason}")]
    Template {
        /// The form's id.
        form: String,
        /// Why, in words for the log.
        reason: String,
    },
    /// A field's pattern or master cannot be used.
    #[error("form {form}, field {field}")]
    Grammar {
        /// The form's id.
        form: String,
        /// The field's key.
        field: String,
        /// Why.
        #[source]
        source: shoki_core::grammar::GrammarError,
    },
    /// The recogniser or the detector failed.
    #[error("the text model")]
    Engine(#[from] shoki_engine::EngineError),
    /// A crop could not be written as PNG.
    #[error("writing a crop")]
    Crop(#[from] image::ImageError),
    /// A file of values could not be written.
    #[error("writing an output: {0}")]
    Output(String),
}

impl OcrError {
    /// What the outside is told.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Template { .. } | Self::Grammar { .. } => ErrorCode::FormInvalid,
            Self::Engine(error) => error.code(),
            Self::Crop(_) | Self::Output(_) => ErrorCode::Internal,
        }
    }
}
