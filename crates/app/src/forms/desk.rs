//! The output desk: one thread that makes files of readings for the API.
//!
//! Promises: it holds no state, so an answer depends on its command alone; a command whose asker has gone is
//! skipped and counted; the thread ends before the process does. Never: a value in a log.

use std::sync::Arc;

use shoki_api::output_desk::MAX_PDF_PAGES;
use shoki_api::{OutputCommand, OutputFailure, OutputSender, OutputSubject};
use shoki_core::code::ErrorCode;
use shoki_core::output_finding::Rendered;
use shoki_core::output_profile::OutputFormat;
use shoki_core::reading::DocumentReading;
use shoki_ocr::output;
use tokio::sync::{mpsc, watch};
use tokio_util::task::TaskTracker;

use super::outputs::{self, Pictures};
use crate::command::Refusal;
use crate::metric;
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
    let alive = threads.token();
    std::thread::Builder::new()
        .name("shoki-outputs".to_owned())
        .spawn(move || {
            let _alive = alive;
            answer(commands, &engines);
        })
        .map_err(|error| Refusal::said(format!("プログラムを始められません({error})。")))?;
    Ok(sender)
}

fn answer(mut commands: mpsc::Receiver<OutputCommand>, engines: &Engines) {
    while let Some(command) = commands.blocking_recv() {
        if command.reply.is_closed() {
            metric::skipped();
            continue;
        }
        let _entered = command.span.clone().entered();
        // Released before the work: a new set of engines never waits for a file.
        let engines = engines.borrow().clone();
        let work = || render(&command, engines.as_deref());
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        let done = done.unwrap_or(Err(OutputFailure::Code(ErrorCode::Internal)));
        drop(command.reply.send(done));
    }
}

fn render(command: &OutputCommand, engines: Option<&ReadyEngines>) -> Result<Rendered, OutputFailure> {
    let reading: DocumentReading = serde_json::from_slice(&command.fields).map_err(|error| {
        tracing::error!(line = error.line(), "a result cannot be read");
        OutputFailure::Code(ErrorCode::Internal)
    })?;
    let pictures = match &command.scan {
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
    let made = match &command.subject {
        OutputSubject::Form { form, profile } => {
            if profile.format == OutputFormat::Pdf {
                few(output::sheets(form, &reading).count())?;
            }
            outputs::of_form(form, profile, &reading, &command.document, pictures)
        }
        OutputSubject::Document { forms } => {
            few(reading.pages.len())?;
            let pictures = pictures.ok_or(OutputFailure::Code(ErrorCode::Internal))?;
            outputs::searchable(forms, reading.pages.iter(), pictures)
        }
    };
    made.map_err(OutputFailure::Code)
}
