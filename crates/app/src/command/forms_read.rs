//! `shoki forms read`: scans in, JSON and CSV out, without a server, through the same engine threads and
//! the same result files as the API.
//!
//! Promise: an unreadable input or page is one Japanese sentence on standard error and a non-zero exit
//! status, and everything else is still read and written.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use futures::StreamExt as _;
use shoki_core::code::ErrorCode;
use shoki_core::media::{MediaKind, SNIFF_BYTES};
use shoki_core::outcome::FormOutcome;
use shoki_core::piece::PagePiece;
use shoki_core::reading::{PageKind, PageReading};
use shoki_store::model::UnitFailure;

use super::Refusal;
use crate::cli::FormsRead;
use crate::config::Config;
use crate::forms::result_writer::{CsvFiles, JsonFile, WriteError};
use crate::forms::{failed_page, load};
use crate::output;
use crate::reading_engine::{Preparation, ReadyEngines};
use crate::worker::engine_thread::{EngineSender, Product, Work};

/// Reads the scans.
///
/// # Errors
/// [`Refusal`] when nothing could be started, or at the end when an input or a page was not readable.
pub async fn run(config: &Config, args: FormsRead) -> Result<(), Refusal> {
    let readings = args.readings.unwrap_or(config.workers.readings);
    let mut workers = config.workers.clone();
    workers.threads = args.workers.unwrap_or(workers.threads);
    let pipeline = load::definitions(&args.forms, readings)?;
    let preparation = Preparation::new(config, args.forms.clone(), pipeline, readings)?;
    let threads = preparation.threads();
    let engines = tokio::task::spawn_blocking(move || preparation.engines_or_refusal())
        .await
        .map_err(|_| Refusal::said(ErrorCode::Internal.sentence_ja()))??;
    std::fs::create_dir_all(&args.out).map_err(|error| {
        Refusal::said(format!(
            "結果を書く {} を作れません({error})。",
            args.out.display()
        ))
    })?;
    let pool = Pool::start(Arc::new(engines), workers.thread_count(), config.retry.max_weight).await?;
    let done = read_all(&pool, &args).await;
    drop(pool);
    // A process that exits under a session being dropped crashes.
    threads.close();
    threads.wait().await;
    done
}

async fn read_all(pool: &Pool, args: &FormsRead) -> Result<(), Refusal> {
    let mut csv = CsvFiles::new(&args.out, Arc::clone(&pool.engines.definitions));
    let mut names = BTreeSet::new();
    let mut unreadable = false;
    for scan in &args.scans {
        let name = json_name(scan, &mut names);
        match pool.read(scan, &args.out, &name, &mut csv).await? {
            Ok(outcome) => {
                unreadable |= outcome.pages_failed > 0;
                output::line(summary(scan, &name, &outcome));
            }
            Err(code) => {
                unreadable = true;
                output::complain(format!("{}: {}", scan.display(), code.sentence_ja()));
            }
        }
    }
    for file in csv.finish()? {
        output::line(file.path.display());
    }
    if unreadable {
        return Err(Refusal::said(
            "読み取れない入力がありました。上の行を確かめてください。ほかは読み取りました。",
        ));
    }
    Ok(())
}

/// `<stem>.json`, with a number when two scans have the same stem.
fn json_name(scan: &Path, taken: &mut BTreeSet<String>) -> String {
    let stem = scan
        .file_stem()
        .map_or_else(|| "scan".to_owned(), |stem| stem.to_string_lossy().into_owned());
    let numbered = (2_u32..).map(|number| format!("{stem}-{number}.json"));
    let mut names = std::iter::once(format!("{stem}.json")).chain(numbered);
    let free = names
        .find(|name| !taken.contains(name))
        .expect("the numbers do not end");
    taken.insert(free.clone());
    free
}

fn summary(scan: &Path, json: &str, outcome: &FormOutcome) -> String {
    format!(
        "{} → {json}: {} ページ(帳票 {}、わからない {}、白紙 {}、読めないページ {})、欄: 確実 {}、要確認 {}、読めません {}",
        scan.display(),
        outcome.pages_total,
        outcome.pages_read,
        outcome.pages_unknown,
        outcome.pages_blank,
        outcome.pages_failed,
        outcome.fields_sure,
        outcome.fields_check,
        outcome.fields_unreadable,
    )
}

/// Engine threads that take pages in turn.
struct Pool {
    engines: Arc<ReadyEngines>,
    idle: Mutex<Vec<EngineSender>>,
    threads: usize,
    attempts: u32,
}

impl Pool {
    async fn start(engines: Arc<ReadyEngines>, threads: usize, attempts: u32) -> Result<Self, Refusal> {
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

    /// Reads one scan into its JSON file and the CSVs. The inner error is about this scan alone.
    async fn read(
        &self,
        scan: &Path,
        out: &Path,
        name: &str,
        csv: &mut CsvFiles,
    ) -> Result<Result<FormOutcome, ErrorCode>, Refusal> {
        let media = match media_of(scan) {
            Ok(media) => media,
            Err(code) => return Ok(Err(code)),
        };
        let pages = match self.attempt(|file| Work::Plan { file, media }, scan).await {
            Ok(Product::Pages(pages)) => pages,
            Ok(_) => return Ok(Err(ErrorCode::Internal)),
            Err(failure) => return Ok(Err(failure.code)),
        };
        let mut json = JsonFile::create(out, name)?;
        let mut readings = futures::stream::iter(0..pages)
            .map(|index| self.page(scan, media, index))
            .buffered(self.threads);
        while let Some(reading) = readings.next().await {
            if let PageKind::Failed { code } = reading.kind {
                let sentence = code.sentence_ja();
                output::complain(format!(
                    "{}: {}ページ目: {sentence}",
                    scan.display(),
                    reading.page
                ));
            }
            json.push(&reading)?;
            csv.push(&reading)?;
        }
        Ok(Ok(json.finish()?.0))
    }

    async fn page(&self, scan: &Path, media: MediaKind, index: u32) -> PageReading {
        match self.attempt(|file| Work::Page { file, media, index }, scan).await {
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

impl From<WriteError> for Refusal {
    fn from(error: WriteError) -> Self {
        Self::said(error.to_string())
    }
}

impl From<load::LoadError> for Refusal {
    fn from(error: load::LoadError) -> Self {
        Self::said(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scans_of_the_same_stem_do_not_overwrite_each_other() {
        let mut taken = BTreeSet::new();
        let names: Vec<_> = ["x/a.pdf", "y/a.tif", "b.png"]
            .map(|scan| json_name(Path::new(scan), &mut taken))
            .into();
        assert_eq!(names, ["a.json", "a-2.json", "b.json"]);
    }
}
