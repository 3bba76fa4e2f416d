//! The output desk: one thread that makes files of readings for the API.
//!
//! Promises: it holds no state, so an answer depends on its command alone; a command whose asker has gone is
//! skipped and counted; the thread ends before the process does. Never: a value in a log.

use std::sync::Arc;

use shoki_api::output_desk::MAX_PDF_PAGES;
use shoki_api::{OutputCommand, OutputFailure, OutputSender, OutputSubject, Scan};
use shoki_core::code::ErrorCode;
use shoki_core::output_finding::Rendered;
use shoki_core::output_profile::OutputFormat;
use shoki_core::reading::DocumentReading;
use shoki_ocr::output;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use super::outputs::{self, Pictures};
use crate::command::Refusal;
use crate::desk_thread::{self, Broken};
use crate::reading_engine::ReadyEngines;

/// Commands that may wait: a text takes a second at most, a PDF half a second a page.
const WAITING: usize = 8;

/// The engines as they are now, for their decoder.
type Engines = watch::Receiver<Option<Arc<ReadyEngines>>>;

/// Starts the thread; it holds a token of `threads` until the last sender is gone.
///
/// # Errors
/// [`Refusal`] when the thread cannot be started.
pub fn start(threads: &TaskTracker, engines: Engines) -> Result<OutputSender, Refusal> {
    let (sender, commands) = OutputSender::channel(WAITING);
    desk_thread::start(
        "shoki-outputs",
        threads,
        commands,
        move |command: OutputCommand| {
            // Released before the work: a new set of engines never waits for a file.
            let engines = engines.borrow().clone();
            let OutputCommand {
                subject,
                fields,
                document,
                scan,
                reply,
                span,
            } = command;
            desk_thread::reply(reply, &span, || {
                render(&subject, &fields, &document, scan.as_ref(), engines.as_deref())
            });
        },
    )?;
    Ok(sender)
}

impl From<Broken> for OutputFailure {
    fn from(Broken: Broken) -> Self {
        Self::Code(ErrorCode::Internal)
    }
}

fn render(
    subject: &OutputSubject,
    fields: &[u8],
    document: &str,
    scan: Option<&Scan>,
    engines: Option<&ReadyEngines>,
) -> Result<Rendered, OutputFailure> {
    let reading: DocumentReading = serde_json::from_slice(fields).map_err(|error| {
        tracing::error!(line = error.line(), "a result cannot be read");
        OutputFailure::Code(ErrorCode::Internal)
    })?;
    let pictures = match scan {
        None => None,
        Some(scan) => Some(Pictures {
            decoder: engines.ok_or(OutputFailure::Code(ErrorCode::NotReady))?.decoder(),
            file: &scan.file,
            media: scan.media,
        }),
    };
    let few = |pages: usize| {
        (pages <= MAX_PDF_PAGES)
            .then_some(())
            .ok_or(OutputFailure::TooManyPages)
    };
    let made = match subject {
        OutputSubject::Form { form, profile } => {
            if profile.format == OutputFormat::Pdf {
                few(output::sheets(form, &reading).count())?;
            }
            outputs::of_form(form, profile, &reading, document, pictures)
        }
        OutputSubject::Document { forms } => {
            few(reading.pages.len())?;
            let pictures = pictures.ok_or(OutputFailure::Code(ErrorCode::Internal))?;
            outputs::searchable(forms, reading.pages.iter(), pictures)
        }
    };
    made.map_err(OutputFailure::Code)
}
