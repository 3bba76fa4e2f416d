//! The seam to the output desk: a form's values under an output profile, and searchable PDF, as commands on a
//! bounded channel, each with its reply sender and its span.
//!
//! `app` owns the other end (a thread); this crate knows no OCR. Promise: a desk that is not there, is behind,
//! or has died is a clear answer within three minutes. A command whose asker has gone may be skipped.

use std::fs::File;
use std::time::Duration;

use bytes::Bytes;
use shoki_core::code::ErrorCode;
use shoki_core::form::FormDefinition;
use shoki_core::media::MediaKind;
use shoki_core::output_finding::Rendered;
use shoki_core::output_profile::OutputProfile;
use tokio::sync::{mpsc, oneshot};
use tracing::Span;

use crate::asking::{Patience, ask};
use crate::problem::Problem;

/// A PDF of [`MAX_PDF_PAGES`] pages on a busy machine.
const PATIENCE: Patience = Patience {
    within: Duration::from_secs(180),
    retry_after_seconds: 5,
};
/// Pages of one PDF: its pictures are held in memory, some 250 KB each.
pub const MAX_PDF_PAGES: usize = 200;

/// What is to be written.
#[derive(Debug)]
pub enum OutputSubject {
    /// The sheets of one form, under one of its profiles.
    Form {
        /// The form.
        form: Box<FormDefinition>,
        /// The profile.
        profile: Box<OutputProfile>,
    },
    /// All pages as searchable PDF; the forms say where the fields lie.
    Document {
        /// The forms.
        forms: Vec<FormDefinition>,
    },
}

/// The scanned document; for PDF.
#[derive(Debug)]
pub struct Scan {
    /// Its bytes.
    pub file: File,
    /// What it is.
    pub media: MediaKind,
}

/// What the desk is asked to do.
#[derive(Debug)]
pub struct OutputCommand {
    /// What is to be written.
    pub subject: OutputSubject,
    /// The JSON artifact of the job.
    pub fields: Bytes,
    /// Name of the document.
    pub document: String,
    /// The document itself, where pictures are needed.
    pub scan: Option<Scan>,
    /// Where the answer goes.
    pub reply: oneshot::Sender<Result<Rendered, OutputFailure>>,
    /// The request's span.
    pub span: Span,
}

/// Why the desk gave no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputFailure {
    /// More pages than a PDF may have.
    TooManyPages,
    /// A page of the document could not be opened, or something broke; the desk has logged what.
    Code(ErrorCode),
}

/// The routes' end of the channel.
#[derive(Clone, Debug)]
pub struct OutputSender(mpsc::Sender<OutputCommand>);

impl OutputSender {
    /// A channel on which at most `places` commands wait.
    #[must_use]
    pub fn channel(places: usize) -> (Self, mpsc::Receiver<OutputCommand>) {
        let (commands, received) = mpsc::channel(places);
        (Self(commands), received)
    }

    /// The file, or what stops it.
    ///
    /// # Errors
    /// `not_ready` when the desk is not there, `too_many_requests` when all places are taken, `input_limit`
    /// for a PDF of too many pages, else the code of what went wrong.
    pub async fn render(
        &self,
        subject: OutputSubject,
        fields: Bytes,
        document: String,
        scan: Option<Scan>,
    ) -> Result<Rendered, Problem> {
        let command = |reply, span| OutputCommand {
            subject,
            fields,
            document,
            scan,
            reply,
            span,
        };
        match ask(&self.0, PATIENCE, command).await? {
            Ok(rendered) => Ok(rendered),
            Err(OutputFailure::TooManyPages) => Err(Problem::new(ErrorCode::InputLimit).detail(format!(
                "検索できる PDF にできるのは {MAX_PDF_PAGES} ページまでです。"
            ))),
            Err(OutputFailure::Code(code)) => Err(Problem::new(code)),
        }
    }
}
