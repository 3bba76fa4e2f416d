//! Keeps the index in step with SQL: what is live there is searchable here, as of the same days.
//!
//! Promises: whatever was missed (a crash between a commit and the index, a new embedder) is made good
//! by the next round; a round that fails leaves the index as it was. Never: a text that SQL does not
//! call live.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use shoki_core::corpus::{Passage, Visibility};
use shoki_core::digest::Sha256;
use shoki_core::id::{DepartmentId, RevisionId};
use shoki_engine::{Embed, EngineError, TextSide};
use shoki_search::index::{Fingerprint, IndexError, IndexedRevision, PassageIndex};
use shoki_store::corpus_model::{LiveRevision, PassageVector};
use shoki_store::{CorpusStore, StoreError};

/// Name of the file beside the index that says up to which change it was fed.
const APPLIED: &str = "applied.json";
/// Passages of the revisions that one step makes searchable: bounds the memory of a rebuild.
const PASSAGES_PER_STEP: usize = 20_000;
/// Passages embedded by one call.
const PASSAGES_PER_CALL: usize = 256;

/// Why the index could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum IndexerError {
    /// SQL.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The index.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The embedder.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The note beside the index.
    #[error("the note beside the index")]
    Note(#[from] std::io::Error),
}

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Revisions made searchable or given other days.
    pub applied: usize,
    /// Revisions no longer searchable.
    pub removed: usize,
    /// Passages for which a vector had to be made.
    pub embedded: usize,
}

/// Up to where an index was fed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Applied {
    fingerprint: Fingerprint,
    change: u64,
}

/// Feeds one index.
pub struct Indexer {
    store: Arc<dyn CorpusStore>,
    index: Arc<dyn PassageIndex>,
    embedder: Option<Box<dyn Embed>>,
    note: PathBuf,
    /// The change after which a round had nothing left to do.
    followed: Option<u64>,
}

impl Indexer {
    /// An indexer whose note lies in `directory`. The embedder is the one of the index's fingerprint.
    #[must_use]
    pub fn new(
        store: Arc<dyn CorpusStore>,
        index: Arc<dyn PassageIndex>,
        embedder: Option<Box<dyn Embed>>,
        directory: &Path,
    ) -> Self {
        Self {
            store,
            index,
            embedder,
            note: directory.join(APPLIED),
            followed: None,
        }
    }

    /// Makes searchable what is live in SQL, and nothing else.
    ///
    /// # Errors
    /// [`IndexerError`]; steps that were done stay, the rest is done by the next round.
    pub async fn round(&mut self) -> Result<Round, IndexerError> {
        // The database ticks with every page that is read; the corpus changes with an import alone.
        let change = self.store.last_change().await?;
        if self.followed == Some(change) {
            return Ok(Round::default());
        }
        let live = self.store.live_revisions().await?;
        let held: BTreeSet<RevisionId> = self.index.revisions()?.into_iter().collect();
        let applied = self.applied();
        let wanted: BTreeSet<RevisionId> = live.iter().map(|live| live.revision.id).collect();
        let gone: Vec<RevisionId> = held.difference(&wanted).copied().collect();
        let mut round = Round {
            removed: gone.len(),
            ..Round::default()
        };
        if !gone.is_empty() {
            self.index.apply(&[], &gone)?;
        }
        let mut step = Vec::new();
        let mut passages = 0;
        let mut last = applied;
        for live in live {
            if live.change <= applied && held.contains(&live.revision.id) {
                continue;
            }
            last = last.max(live.change);
            let revision = self.indexed(&live, &mut round).await?;
            passages += revision.passages.len();
            step.push(revision);
            if passages >= PASSAGES_PER_STEP {
                self.index.apply(&step, &[])?;
                round.applied += step.len();
                step.clear();
                passages = 0;
            }
        }
        if !step.is_empty() {
            self.index.apply(&step, &[])?;
            round.applied += step.len();
        }
        if last > applied {
            self.write_note(last)?;
        }
        self.followed = Some(change);
        Ok(round)
    }

    async fn indexed(
        &mut self,
        live: &LiveRevision,
        round: &mut Round,
    ) -> Result<IndexedRevision, IndexerError> {
        let passages = self.store.revision_passages(live.revision.id).await?;
        let vectors = self.vectors(live.revision.department, &passages, round).await?;
        let head = &live.source.head;
        Ok(IndexedRevision {
            revision: live.revision.id,
            source: head.key.clone(),
            title: head.title.clone(),
            department: match live.source.visibility {
                Visibility::Department => Some(live.source.department),
                Visibility::Office => None,
            },
            valid_from: live.revision.head.valid_from,
            valid_to: live.revision.head.valid_to,
            passages,
            vectors,
        })
    }

    /// A vector for each passage: those made before, the others made and kept.
    async fn vectors(
        &mut self,
        department: DepartmentId,
        passages: &[Passage],
        round: &mut Round,
    ) -> Result<Vec<Vec<f32>>, IndexerError> {
        let Some(embedder) = self.embedder.as_mut() else {
            return Ok(Vec::new());
        };
        let fingerprint = embedder.fingerprint();
        let digests: Vec<Sha256> = passages.iter().map(Passage::digest).collect();
        let mut known: std::collections::HashMap<Sha256, Vec<f32>> = self
            .store
            .vectors(department, &fingerprint, &digests)
            .await?
            .into_iter()
            .map(|kept| (kept.digest, kept.vector))
            .collect();
        let missing: Vec<usize> = (0..passages.len())
            .filter(|&at| !known.contains_key(&digests[at]))
            .collect();
        for batch in missing.chunks(PASSAGES_PER_CALL) {
            let texts: Vec<String> = batch.iter().map(|&at| embedded_text(&passages[at])).collect();
            let borrowed: Vec<&str> = texts.iter().map(String::as_str).collect();
            let made: Vec<PassageVector> = embedder
                .embed(TextSide::Document, &borrowed)?
                .into_iter()
                .zip(batch)
                .map(|(vector, &at)| PassageVector {
                    digest: digests[at],
                    vector,
                })
                .collect();
            self.store.keep_vectors(department, &fingerprint, &made).await?;
            round.embedded += made.len();
            known.extend(made.into_iter().map(|made| (made.digest, made.vector)));
        }
        Ok(digests
            .iter()
            .map(|digest| known.get(digest).cloned().unwrap_or_default())
            .collect())
    }

    /// The change up to which this index was fed; 0 when it was made anew or the note cannot be read.
    fn applied(&self) -> u64 {
        std::fs::read(&self.note)
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Applied>(&bytes).ok())
            .filter(|applied| applied.fingerprint == *self.index.fingerprint())
            .map_or(0, |applied| applied.change)
    }

    fn write_note(&self, change: u64) -> std::io::Result<()> {
        let applied = Applied {
            fingerprint: self.index.fingerprint().clone(),
            change,
        };
        let bytes = serde_json::to_vec(&applied).map_err(std::io::Error::other)?;
        let directory = self.note.parent().unwrap_or_else(|| Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        std::io::Write::write_all(&mut file, &bytes)?;
        file.as_file().sync_all()?;
        file.persist(&self.note).map_err(|error| error.error)?;
        Ok(())
    }
}

/// What an embedder sees of a passage: where it stands, then what it says.
#[must_use]
pub fn embedded_text(passage: &Passage) -> String {
    let mut text = passage.headings.join(" ");
    for part in [passage.caption.as_deref().unwrap_or_default(), &passage.text] {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(part);
    }
    text
}
