//! The end of an import: its texts flow, one at a time, into the transaction that ends the job, and its
//! report is written between the last of them and the commit.
//!
//! Promises: all texts or none, of an archive of many groups each group whole, so that no other writer waits
//! long and a new attempt goes on behind them; memory of one piece. Never: a wait for another write while
//! the transaction is open.

use shoki_core::code::ErrorCode;
use shoki_core::corpus::ImportFault;
use shoki_core::outcome::CorpusOutcome;
use shoki_core::unit::BlobRef;
use shoki_store::StoreError;
use shoki_store::blobs::Stored;
use shoki_store::corpus_model::{CorpusFeed, CorpusImport, CorpusPart};
use shoki_store::model::{Claim, NewArtifact};
use tokio::sync::{mpsc, oneshot};

use super::corpus::{Assembly, ended, not_ours};
use super::{Stop, Stores};
use crate::corpus::job::piece::{CorpusPiece, Found, Made};
use crate::corpus::job::plan;
use crate::corpus::job::report::{REPORT_CSV, REPORT_JSON, Report};

/// Texts on their way into the transaction.
const PARTS_IN_FLIGHT: usize = 2;

/// The result files that were written, also when the transaction did not end well.
pub(super) type Written = Vec<Stored>;

/// Ends the job with its texts.
pub(super) async fn commit(
    stores: &Stores,
    claim: &Claim,
    assembly: &Assembly,
) -> (Result<(), Stop>, Written) {
    if let Err(stop) = groups(stores, claim, assembly).await {
        return (Err(stop), Written::new());
    }
    let (sender, parts) = mpsc::channel(PARTS_IN_FLIGHT);
    let (changes, changed) = oneshot::channel();
    let (told, result) = oneshot::channel();
    let feed = CorpusFeed {
        parts,
        changes,
        result,
    };
    let mut written = Written::new();
    let feeding = async {
        let mut feeder = Feeder {
            stores,
            claim,
            sender,
            report: Report::default(),
            passages: 0,
        };
        feeder.all(assembly).await?;
        let Feeder {
            sender, mut report, ..
        } = feeder;
        drop(sender);
        // Without an answer the transaction has ended badly; its own error says why.
        let Ok(changes) = changed.await else {
            return Ok(());
        };
        report.changes(&changes);
        let result = files(stores, claim, &report, &mut written).await?;
        drop(told.send(result));
        Ok::<(), Stop>(())
    };
    let (fed, committed) = tokio::join!(feeding, stores.corpus.commit_corpus(claim.fence, feed));
    // A feed that failed makes the transaction fail; the feed knows why.
    let ended = match (fed, committed) {
        (_, Ok(_)) => Ok(()),
        (Err(stop), Err(StoreError::Inconsistent(_))) => Err(stop),
        (_, Err(error)) => Err(error.into()),
    };
    (ended, written)
}

/// Whether the texts are taken in group by group, before the transaction that ends the job.
fn in_groups(assembly: &Assembly) -> bool {
    matches!(assembly, Assembly::Laws { units } if units.len() > 1)
}

/// Takes in the groups that no attempt before has taken in.
async fn groups(stores: &Stores, claim: &Claim, assembly: &Assembly) -> Result<(), Stop> {
    let Assembly::Laws { units } = assembly else {
        return Ok(());
    };
    if !in_groups(assembly) {
        return Ok(());
    }
    let taken = stores.corpus.groups_taken_in(claim.fence).await?;
    for unit in units.iter().filter(|unit| !taken.contains(&unit.ordinal)) {
        if let Ok(blob) = ended(unit) {
            let (parts, _) = parts_of(stores.piece(claim, &blob).await?);
            stores
                .corpus
                .take_in_group(claim.fence, unit.ordinal, parts)
                .await?;
        }
    }
    Ok(())
}

/// What a piece gives to a transaction, and the files of it that could not be taken.
fn parts_of(piece: CorpusPiece) -> (Vec<CorpusPart>, Vec<ImportFault>) {
    let (texts, faults) = match piece.found {
        Found::Laws { texts, faults } => (texts, faults),
        Found::Vectors | Found::Page { .. } => (Vec::new(), Vec::new()),
    };
    let mut parts: Vec<CorpusPart> = texts
        .into_iter()
        .map(|text| CorpusPart::Text(Box::new(text)))
        .collect();
    if let Made {
        embedder: Some(embedder),
        vectors,
    } = piece.made
    {
        parts.push(CorpusPart::Vectors { embedder, vectors });
    }
    (parts, faults)
}

async fn files(
    stores: &Stores,
    claim: &Claim,
    report: &Report,
    written: &mut Written,
) -> Result<(CorpusOutcome, Vec<NewArtifact>), Stop> {
    let unwritable = |error: &dyn std::error::Error| {
        tracing::error!(error = error.to_string(), "a report cannot be written");
        Stop::code(ErrorCode::Internal)
    };
    let json = report.json().map_err(|error| unwritable(&error))?;
    let csv = report.csv().map_err(|error| unwritable(&error))?;
    let mut artifacts = Vec::new();
    for (name, media_type, bytes) in [
        (REPORT_JSON, "application/json", json),
        (REPORT_CSV, "text/csv; charset=utf-8", csv),
    ] {
        let stored = stores.blobs.put(claim.department, &bytes).await?;
        artifacts.push(NewArtifact {
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            blob: stored.blob,
        });
        written.push(stored);
    }
    Ok((report.outcome(), artifacts))
}

struct Feeder<'a> {
    stores: &'a Stores,
    claim: &'a Claim,
    sender: mpsc::Sender<CorpusPart>,
    report: Report,
    passages: usize,
}

impl Feeder<'_> {
    async fn all(&mut self, assembly: &Assembly) -> Result<(), Stop> {
        match assembly {
            Assembly::Planned { plan, texts, units } => {
                for span in texts {
                    let blobs = &self.stores.blobs;
                    let range = blobs.read_range(self.claim.department, &plan.sha256, span.clone());
                    let text = plan::part(&range.await?).map_err(not_ours)?;
                    self.text(text).await;
                }
                for unit in units {
                    match ended(unit) {
                        Ok(blob) => self.vectors_of(&blob).await?,
                        // The text is whole without them; the index makes them when it can.
                        Err(code) => tracing::warn!(%code, ordinal = unit.ordinal, "a batch without vectors"),
                    }
                }
            }
            Assembly::Laws { units } => {
                for unit in units {
                    match ended(unit) {
                        Ok(blob) => {
                            let parts = self.laws_of(&blob).await?;
                            // What was taken in before only has to be in the report.
                            if !in_groups(assembly) {
                                for part in parts {
                                    self.send(part).await;
                                }
                            }
                        }
                        Err(code) => self
                            .report
                            .failed(format!("{}番目のまとまり", unit.ordinal + 1), code),
                    }
                }
                if self.passages == 0 {
                    return Err(Stop::Failure(shoki_store::model::UnitFailure {
                        code: ErrorCode::NothingToImport,
                        detail: self.report.first_place(),
                    }));
                }
            }
            Assembly::Joined { text, made, failed } => {
                self.text(text.as_ref().clone()).await;
                self.vectors(made.clone()).await;
                for (page, code) in failed {
                    self.report.failed(format!("{page}ページ目"), *code);
                }
            }
        }
        Ok(())
    }

    async fn text(&mut self, text: CorpusImport) {
        self.report.text(&text);
        self.passages += text.text.passages.len();
        self.send(CorpusPart::Text(Box::new(text))).await;
    }

    async fn vectors(&mut self, made: Made) {
        self.report.embedded(made.vectors.len());
        if let Made {
            embedder: Some(embedder),
            vectors,
        } = made
        {
            self.send(CorpusPart::Vectors { embedder, vectors }).await;
        }
    }

    async fn vectors_of(&mut self, blob: &BlobRef) -> Result<(), Stop> {
        let piece = self.stores.piece(self.claim, blob).await?;
        self.vectors(piece.made).await;
        Ok(())
    }

    /// The parts of a group, written into the report.
    async fn laws_of(&mut self, blob: &BlobRef) -> Result<Vec<CorpusPart>, Stop> {
        let (parts, faults) = parts_of(self.stores.piece(self.claim, blob).await?);
        for part in &parts {
            match part {
                CorpusPart::Text(text) => {
                    self.report.text(text);
                    self.passages += text.text.passages.len();
                }
                CorpusPart::Vectors { vectors, .. } => self.report.embedded(vectors.len()),
            }
        }
        self.report.files(&faults);
        Ok(parts)
    }

    /// A transaction that has ended takes no more; its own error says why.
    async fn send(&self, part: CorpusPart) {
        drop(self.sender.send(part).await);
    }
}
