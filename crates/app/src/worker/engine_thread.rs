//! One named OS thread that owns a decoder handle, a page reader and an embedder, fed by a bounded channel.
//!
//! Promises: model sessions never leave their thread; a command whose asker is gone is skipped and
//! counted; a panic while reading ends this thread only and is one failed unit. Never: SQL, blobs.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use shoki_core::code::ErrorCode;
use shoki_core::digest::Sha256;
use shoki_core::form::FormDefinition;
use shoki_core::media::MediaKind;
use shoki_core::reading::{FIELDS_JSON, PageReading};
use shoki_core::sorting::PageSorting;
use shoki_decode::Decoder;
use shoki_engine::Embed;
use shoki_ocr::PageReader;
use shoki_store::model::UnitFailure;
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::task_tracker::TaskTrackerToken;
use tracing::Span;

use super::corpus::Assembly;
use crate::corpus::job::work::{CorpusProduct, CorpusWork, Tools};
use crate::forms::office_set::{FormSets, OfficeSet};
use crate::forms::result_writer::{ResultWriter, Results, WriteError};
use crate::metric;
use crate::minutes;
use crate::minutes::ears::Ears;
use crate::minutes::work::{MinutesProduct, MinutesWork};
use crate::priority::yield_to_people;

/// Commands waiting for a thread: its worker asks for one thing at a time.
const WAITING: usize = 1;

/// What a thread can be asked.
#[derive(Debug)]
pub enum Work {
    /// How many pages?
    Plan {
        /// The document.
        file: File,
        /// What it is.
        media: MediaKind,
    },
    /// Read one page.
    Page {
        /// The document.
        file: File,
        /// What it is.
        media: MediaKind,
        /// Page, from 0.
        index: u32,
        /// What a person has decided about it.
        sorting: PageSorting,
        /// The 課's own forms, beside the shipped ones.
        office: Option<OfficeSet>,
    },
    /// Write the result files.
    Assemble {
        /// The pages, in order; a closed channel ends the document.
        pages: mpsc::Receiver<PageReading>,
        /// An empty directory for the files.
        directory: TempDir,
        /// The 課's own forms, beside the shipped ones.
        office: Option<OfficeSet>,
    },
    /// Something for an import.
    Import(Box<CorpusWork>),
    /// Something for a recording.
    Minutes(Box<MinutesWork>),
}

/// What comes back.
#[derive(Debug)]
pub enum Product {
    /// Pages of the document.
    Pages(u32),
    /// An encoded page piece.
    Piece(Vec<u8>),
    /// The result files and the directory that goes with this value.
    Assembled(Results, TempDir),
    /// Units of an import, and the blob that its plan leaves for them.
    Plan(u32, Vec<u8>),
    /// What an import takes in.
    Import(Assembly),
    /// What was done for an import.
    Done(CorpusProduct),
    /// What a recording amounts to.
    Minutes(MinutesProduct),
}

/// One command with its way back and its tracing span.
#[derive(Debug)]
pub struct Command {
    /// What to do.
    pub work: Work,
    /// Where the answer goes.
    pub reply: oneshot::Sender<Result<Product, UnitFailure>>,
    /// What it belongs to in the log.
    pub span: Span,
}

/// The way to an engine thread.
#[derive(Clone, Debug)]
pub struct EngineSender {
    commands: mpsc::Sender<Command>,
    embedder: Option<Sha256>,
}

impl EngineSender {
    /// A channel whose commands the caller answers itself (tests script a worker with it).
    #[must_use]
    pub fn channel() -> (Self, mpsc::Receiver<Command>) {
        Self::with_embedder(None)
    }

    /// The same for a thread whose embedder has this fingerprint.
    #[must_use]
    pub fn with_embedder(embedder: Option<Sha256>) -> (Self, mpsc::Receiver<Command>) {
        let (commands, receiver) = mpsc::channel(WAITING);
        (Self { commands, embedder }, receiver)
    }

    /// Fingerprint of the thread's embedder; `None` when it has none.
    #[must_use]
    pub const fn embedder(&self) -> Option<Sha256> {
        self.embedder
    }

    /// Whether the thread is gone.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.commands.is_closed()
    }

    /// Has `work` done.
    ///
    /// # Errors
    /// What the thread reports; `EngineFailed` when the thread is gone.
    pub async fn run(&self, work: Work) -> Result<Product, UnitFailure> {
        let gone = || UnitFailure {
            code: ErrorCode::EngineFailed,
            detail: None,
        };
        let (reply, answer) = oneshot::channel();
        let command = Command {
            work,
            reply,
            span: Span::current(),
        };
        self.commands.send(command).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

/// What a thread works with.
pub struct Engine {
    /// The hostile-bytes border.
    pub decoder: Decoder,
    /// Reads pages; owns the model sessions.
    pub reader: PageReader,
    /// The forms of every 課 that is read for.
    pub forms: Arc<FormSets>,
    /// Makes vectors of passages; `None` where no embedder is installed.
    pub embedder: Option<Box<dyn Embed>>,
    /// Hears recordings; `None` where a speech model cannot be used.
    pub ears: Option<Ears>,
}

/// Starts a thread; `build` runs on it, so that sessions are made where they are used. The thread holds
/// `alive` until its sessions are gone.
///
/// # Errors
/// What `build` reports, or that no thread could be started.
pub async fn spawn<B>(name: String, alive: TaskTrackerToken, build: B) -> anyhow::Result<EngineSender>
where
    B: FnOnce() -> anyhow::Result<Engine> + Send + 'static,
{
    let (mut sender, commands) = EngineSender::channel();
    let (ready, built) = oneshot::channel();
    std::thread::Builder::new().name(name).spawn(move || {
        // Goes last, when the sessions are gone.
        let _alive = alive;
        // Before the sessions and the decode children, which inherit it.
        yield_to_people();
        match build() {
            Ok(engine) => {
                let embedder = engine.embedder.as_deref().map(Embed::fingerprint);
                if ready.send(Ok(embedder)).is_ok() {
                    serve(engine, commands);
                }
            }
            Err(error) => drop(ready.send(Err(error))),
        }
    })?;
    sender.embedder = built
        .await
        .map_err(|_| anyhow::anyhow!("the engine thread ended while it was built"))??;
    Ok(sender)
}

fn serve(mut engine: Engine, mut commands: mpsc::Receiver<Command>) {
    while let Some(Command { work, reply, span }) = commands.blocking_recv() {
        if reply.is_closed() {
            metric::skipped();
            continue;
        }
        let _entered = span.entered();
        let result = engine.perform(work);
        // Nobody waits any more when the lease was lost meanwhile: the result is dropped.
        drop(reply.send(result));
    }
}

impl Engine {
    /// Does one thing.
    ///
    /// # Errors
    /// The code and the place of the trouble, without contents.
    pub fn perform(&mut self, work: Work) -> Result<Product, UnitFailure> {
        match work {
            Work::Plan { file, media } => self
                .decoder
                .probe(&file, media)
                .map(|info| Product::Pages(info.pages))
                .map_err(|error| failure(error.code(), &error)),
            Work::Page {
                file,
                media,
                index,
                sorting,
                office,
            } => {
                let forms = self.forms.of(office.as_ref()).map_err(no_forms)?;
                self.reader.use_forms(&forms.set);
                self.page(&file, media, index, &sorting).map(Product::Piece)
            }
            Work::Assemble {
                pages,
                directory,
                office,
            } => {
                let forms = self.forms.of(office.as_ref()).map_err(no_forms)?;
                match assemble(pages, directory.path(), &forms.definitions) {
                    Ok(results) => Ok(Product::Assembled(results, directory)),
                    Err(error) => Err(failure(error.code(), &error)),
                }
            }
            Work::Import(work) => {
                let mut tools = Tools {
                    decoder: &self.decoder,
                    reader: Some(&mut self.reader),
                    embedder: self
                        .embedder
                        .as_deref_mut()
                        .map(|embedder| embedder as &mut dyn Embed),
                };
                tools.perform(*work).map(Product::Done)
            }
            Work::Minutes(work) => {
                minutes::work::perform(*work, &self.decoder, self.ears.as_mut()).map(Product::Minutes)
            }
        }
    }

    /// Decodes and reads one page into an encoded piece.
    fn page(
        &mut self,
        file: &File,
        media: MediaKind,
        index: u32,
        sorting: &PageSorting,
    ) -> Result<Vec<u8>, UnitFailure> {
        let number = index + 1;
        let at_page = |code| UnitFailure {
            code,
            detail: Some(format!("page {number}")),
        };
        let started = Instant::now();
        let image = self.decoder.page(file, media, index).map_err(|error| {
            tracing::info!(
                error = &error as &dyn std::error::Error,
                page = number,
                "page not decoded"
            );
            at_page(error.code())
        })?;
        metric::stage_seconds("decode", started.elapsed());
        let started = Instant::now();
        let piece = self.reader.read_as(number, &image, sorting).map_err(|error| {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                page = number,
                "page not read"
            );
            at_page(error.code())
        })?;
        metric::stage_seconds("read", started.elapsed());
        piece.encode().map_err(|error| {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                page = number,
                "piece not encoded"
            );
            at_page(ErrorCode::Internal)
        })
    }
}

fn assemble(
    mut pages: mpsc::Receiver<PageReading>,
    directory: &Path,
    forms: &Arc<[FormDefinition]>,
) -> Result<Results, WriteError> {
    let mut writer = ResultWriter::create(directory, FIELDS_JSON, Arc::clone(forms))?;
    while let Some(page) = pages.blocking_recv() {
        writer.push(&page)?;
    }
    writer.finish()
}

const fn no_forms(code: ErrorCode) -> UnitFailure {
    UnitFailure { code, detail: None }
}

fn failure(code: ErrorCode, error: &(dyn std::error::Error + 'static)) -> UnitFailure {
    tracing::info!(error, %code, "not done");
    UnitFailure { code, detail: None }
}
