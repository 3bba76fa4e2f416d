//! Engine threads that take the pages of a scan in turn, without a server.
//!
//! Promises: pages come in the order of the document; a page that cannot be read is a page with its code.
//! The same threads and the same retries as the service's.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use futures::{Stream, StreamExt as _};
use shoki_core::code::ErrorCode;
use shoki_core::media::{MediaKind, SNIFF_BYTES};
use shoki_core::piece::PagePiece;
use shoki_core::reading::PageReading;
use shoki_core::sorting::PageSorting;
use shoki_store::model::UnitFailure;

use super::failed_page;
use crate::command::Refusal;
use crate::reading_engine::ReadyEngines;
use crate::worker::engine_thread::{EngineSender, Product, Work};

/// The threads.
#[derive(Debug)]
pub struct Pool {
    /// What they were made from.
    pub engines: Arc<ReadyEngines>,
    idle: Mutex<Vec<EngineSender>>,
    threads: usize,
    attempts: u32,
}

/// A scan that was looked at.
#[derive(Clone, Copy, Debug)]
pub struct PlannedScan<'a> {
    /// Where it lies.
    pub path: &'a Path,
    /// What it is.
    pub media: MediaKind,
    /// Its pages.
    pub pages: u32,
}

impl Pool {
    /// Starts the threads; `attempts` is how often a page is tried whose failure may pass.
    ///
    /// # Errors
    /// [`Refusal`] when a session cannot be made.
    pub async fn start(engines: Arc<ReadyEngines>, threads: usize, attempts: u32) -> Result<Self, Refusal> {
        let mut idle = Vec::new();
        for number in 0..threads {
            idle.push(thread(&engines, number).await?);
        }
        Ok(Self {
            engines,
            idle: Mutex::new(idle),
            threads,
            attempts,
        })
    }

    /// Counts the pages of a scan.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub async fn plan<'a>(&self, path: &'a Path) -> Result<PlannedScan<'a>, ErrorCode> {
        let media = media_of(path)?;
        match self.attempt(|file| Work::Plan { file, media }, path).await {
            Ok(Product::Pages(pages)) => Ok(PlannedScan { path, media, pages }),
            Ok(_) => Err(ErrorCode::Internal),
            Err(failure) => Err(failure.code),
        }
    }

    /// Reads the pages after the first `skipped`, in order.
    pub fn readings<'a>(
        &'a self,
        scan: PlannedScan<'a>,
        skipped: u32,
    ) -> impl Stream<Item = PageReading> + 'a {
        futures::stream::iter(skipped..scan.pages)
            .map(move |index| self.page(scan.path, scan.media, index))
            .buffered(self.threads)
    }

    async fn page(&self, scan: &Path, media: MediaKind, index: u32) -> PageReading {
        let work = |file| Work::Page {
            file,
            media,
            index,
            sorting: PageSorting::default(),
            office: None,
        };
        match self.attempt(work, scan).await {
            Ok(Product::Piece(bytes)) => PagePiece::decode_reading(&bytes)
                .unwrap_or_else(|_| failed_page(index + 1, ErrorCode::Internal)),
            Ok(_) => failed_page(index + 1, ErrorCode::Internal),
            Err(failure) => failed_page(index + 1, failure.code),
        }
    }

    /// Has work done, again as often as the service would when the code says that this can help.
    async fn attempt(&self, work: impl Fn(File) -> Work, scan: &Path) -> Result<Product, UnitFailure> {
        let mut attempt = 1;
        loop {
            // Every call opens the file anew: a descriptor's position is shared with its copies.
            let file = File::open(scan).map_err(|_| UnitFailure {
                code: ErrorCode::CorruptDocument,
                detail: None,
            })?;
            let engine = self.take().await?;
            let done = engine.run(work(file)).await;
            self.idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(engine);
            match done {
                Err(failure) if failure.code.entry().retryable && attempt < self.attempts => attempt += 1,
                other => return other,
            }
        }
    }

    /// An idle thread; a new one in the place of one that has ended.
    async fn take(&self) -> Result<EngineSender, UnitFailure> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle {
            Some(engine) if !engine.is_closed() => Ok(engine),
            _ => thread(&self.engines, self.threads)
                .await
                .map_err(|_| UnitFailure {
                    code: ErrorCode::EngineFailed,
                    detail: None,
                }),
        }
    }
}

async fn thread(engines: &Arc<ReadyEngines>, number: usize) -> Result<EngineSender, Refusal> {
    engines
        .spawn_thread(format!("shoki-read-{number}"))
        .await
        .map_err(|error| {
            tracing::error!(error = format!("{error:#}"), "the reading engine does not start");
            Refusal::said(ErrorCode::EngineFailed.sentence_ja())
        })
}

fn media_of(scan: &Path) -> Result<MediaKind, ErrorCode> {
    let mut head = Vec::new();
    File::open(scan)
        .and_then(|file| file.take(SNIFF_BYTES as u64).read_to_end(&mut head))
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => ErrorCode::NotFound,
            _ => ErrorCode::CorruptDocument,
        })?;
    if head.is_empty() {
        return Err(ErrorCode::EmptyDocument);
    }
    MediaKind::sniff(&head)
        .filter(|media| media.has_page_images())
        .ok_or(ErrorCode::UnsupportedMediaType)
}
