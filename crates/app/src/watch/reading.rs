//! One file's way: its pages read (or found read), its outputs made, delivered.

use std::fs::File;
use std::pin::pin;

use futures::StreamExt as _;
use shoki_core::code::ErrorCode;
use shoki_core::digest::Sha256;
use shoki_core::outcome::FormOutcome;
use shoki_core::output_finding::Finding;
use shoki_core::reading::{DocumentReading, PageKind};
use shoki_ocr::output;

use super::delivery::{Delivered, Marker};
use super::ledger::{Entry, Stage};
use super::{Halt, Watcher};
use crate::forms::outputs::{self, Pictures};

/// Findings of one file that are spelt out.
const SAID: usize = 20;

/// A made file, not yet in the out-folder.
struct Made {
    listed: Delivered,
    bytes: Vec<u8>,
}

impl Watcher {
    /// Reads and delivers an entry, from wherever it stands.
    pub(super) async fn delivered(&mut self, entry: &mut Entry) -> Result<(), Halt> {
        if entry.stage != Stage::Staged {
            let scan = self.ledger.scan(entry);
            let planned = self.pool.plan(&scan).await.map_err(Halt::Code)?;
            let reading = self.read(entry, planned).await?;
            let (made, notes) = self.made(entry, planned, &reading)?;
            for file in &made {
                self.outbox.put(&file.listed.name, &file.bytes)?;
            }
            let mut outcome = FormOutcome::default();
            for page in &reading.pages {
                output::count(&mut outcome, page);
            }
            let files: Vec<Delivered> = made.into_iter().map(|file| file.listed).collect();
            let marker = Marker {
                source: &entry.name,
                sha256: entry.sha256,
                files: &files,
                outcome,
                notes: &notes,
            };
            self.outbox.stage(entry, &marker)?;
            entry.stage = Stage::Staged;
            self.ledger.write(entry)?;
        }
        self.outbox.deliver(entry)?;
        Ok(())
    }

    /// All pages: those read before a kill, and the rest.
    async fn read(
        &self,
        entry: &mut Entry,
        planned: crate::forms::pool::PlannedScan<'_>,
    ) -> Result<DocumentReading, Halt> {
        let (mut pages, mut file) = self.ledger.pages(entry, self.pipeline)?;
        let read = u32::try_from(pages.len()).unwrap_or(u32::MAX);
        let mut readings = pin!(self.pool.readings(planned, read));
        loop {
            let next = tokio::select! {
                next = readings.next() => next,
                () = self.shutdown.cancelled() => return Err(Halt::Stopping),
            };
            let Some(page) = next else { break };
            // A page whose trouble may pass is no result: the file is tried again from it on.
            if let PageKind::Failed { code } = page.kind
                && code.entry().retryable
            {
                let tries = self.failed.get(&entry.sha256).copied().unwrap_or_default();
                if tries + 1 < super::TRIES {
                    return Err(Halt::Code(code));
                }
            }
            file.push(&page)?;
            pages.push(page);
        }
        Ok(DocumentReading { pages })
    }

    /// The files of every form that occurs, and what a person should know; nothing when one is stopped.
    fn made(
        &self,
        entry: &Entry,
        planned: crate::forms::pool::PlannedScan<'_>,
        reading: &DocumentReading,
    ) -> Result<(Vec<Made>, Vec<String>), Halt> {
        let (mut made, mut notes, mut stops) = (Vec::new(), Vec::new(), Vec::new());
        for form in self.pool.engines.definitions.iter() {
            if output::sheets(form, reading).next().is_none() {
                continue;
            }
            for profile in self.profiles.iter().filter_map(|id| form.profile(id)) {
                let scan = File::open(planned.path)?;
                let pictures = Pictures {
                    decoder: self.pool.engines.decoder(),
                    file: &scan,
                    media: planned.media,
                };
                let rendered = outputs::of_form(form, &profile, reading, &entry.name, Some(pictures))
                    .map_err(Halt::Code)?;
                let said = |finding: &Finding| format!("{}: {}", profile.name, finding.sentence_ja());
                let list = if rendered.bytes.is_some() {
                    &mut notes
                } else {
                    &mut stops
                };
                list.extend(
                    rendered
                        .findings
                        .iter()
                        .filter(|f| f.stops() || rendered.bytes.is_some())
                        .map(said),
                );
                if let Some(bytes) = rendered.bytes {
                    let listed = Delivered {
                        name: format!("{}.{}", entry.stem, profile.file_name(&form.id)),
                        form: form.id.clone(),
                        profile: profile.id.clone(),
                        rows: rendered.rows,
                        bytes: bytes.len(),
                        sha256: Sha256::of(&bytes),
                    };
                    made.push(Made { listed, bytes });
                }
            }
        }
        if !stops.is_empty() {
            let more = stops.len().saturating_sub(SAID);
            stops.truncate(SAID);
            if more > 0 {
                stops.push(format!("ほかに {more} 件あります。"));
            }
            stops.insert(
                0,
                format!("「{}」: {}", entry.name, ErrorCode::OutputStopped.sentence_ja()),
            );
            stops.push(
                "直したあと、同じファイルをもう一度入力フォルダに置くと、読み直さずに出力します。".to_owned(),
            );
            return Err(Halt::Stopped(stops));
        }
        if made.is_empty() {
            return Err(Halt::Stopped(vec![format!(
                "「{}」: 指定された出力を持つ帳票のページがありません。帳票の種類と向き、--output の指定を確かめてください。",
                entry.name
            )]));
        }
        notes.extend(reading.pages.iter().filter_map(|page| match page.kind {
            PageKind::Failed { code } => Some(format!("{}ページ目: {}", page.page, code.sentence_ja())),
            PageKind::UnknownForm => {
                let why = page.doubt.as_ref().map_or("", |doubt| doubt.explanation.as_str());
                Some(format!(
                    "{}ページ目: どの帳票か分からないため、出力に入れていません。{why}",
                    page.page
                ))
            }
            PageKind::Form | PageKind::Blank => None,
        }));
        Ok((made, notes))
    }
}
