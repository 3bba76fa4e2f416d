//! Rows of the law desk as values: what goes into the store and what comes back. No SQL here.

mod faq;
mod knowledge;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use shoki_core::access::Actor;
use shoki_core::corpus::{
    CitationEdge, ImportFault, ImportedText, Passage, PassageKey, PassageKind, RevisionHead, SourceHead,
    Visibility,
};
use shoki_core::digest::Sha256;
use shoki_core::id::{DepartmentId, DocumentId, FavouriteId, QuestionId, RevisionId, SourceId, UserId};
use shoki_core::outcome::CorpusOutcome;
use tokio::sync::{mpsc, oneshot};

use crate::model::NewArtifact;

pub use faq::{Faq, FaqChange, FaqVersion, NewFaq};
pub use knowledge::{AddedQuestion, BankChange, DeskChanges, KnownBasis, OwnPlace, OwnQuestion};

/// Who takes a text in or out.
#[derive(Clone, Copy, Debug)]
pub enum Importer<'a> {
    /// A signed-in person, for the own 課.
    Person(&'a Actor),
    /// The local administrator (command line), for a 課.
    Administrator(DepartmentId),
}

/// A text to be taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorpusImport {
    /// The text; its passages are numbered from 0 without gaps.
    pub text: ImportedText,
    /// References found in its passages.
    pub edges: Vec<CitationEdge>,
    /// Who may find it.
    pub visibility: Visibility,
}

/// A part of an import job's texts on its way into the transaction that ends the job.
#[derive(Debug)]
pub enum CorpusPart {
    /// A text.
    Text(Box<CorpusImport>),
    /// Vectors of passages of the texts before.
    Vectors {
        /// Fingerprint of the embedder that made them.
        embedder: Sha256,
        /// The vectors.
        vectors: Vec<PassageVector>,
    },
}

/// What only the end of an import knows: its counts and its result files.
pub type CorpusResult = (CorpusOutcome, Vec<NewArtifact>);

/// The texts of an import job, handed over one by one so that nobody holds a whole library, and the way
/// back: what became of them, so that the report can say so before the transaction ends.
#[derive(Debug)]
pub struct CorpusFeed {
    /// The parts, until the sender is dropped.
    pub parts: mpsc::Receiver<CorpusPart>,
    /// Told once after the last part, text by text.
    pub changes: oneshot::Sender<Vec<RevisionChange>>,
    /// Asked for then; when its sender is gone nothing of the import happens.
    pub result: oneshot::Receiver<CorpusResult>,
}

impl CorpusFeed {
    /// A feed of texts that are all there.
    #[must_use]
    pub fn of(imports: Vec<CorpusImport>, outcome: CorpusOutcome, artifacts: Vec<NewArtifact>) -> Self {
        let (sender, parts) = mpsc::channel(imports.len().max(1));
        for import in imports {
            let sent = sender.try_send(CorpusPart::Text(Box::new(import)));
            sent.expect("the channel has room for every text");
        }
        let (told, result) = oneshot::channel();
        let kept = told.send((outcome, artifacts));
        kept.expect("the receiver is here");
        // Nobody listens to the changes: the transaction returns them too.
        Self {
            parts,
            changes: oneshot::channel().0,
            result,
        }
    }
}

/// What became of an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevisionChange {
    /// The source, made when it was new.
    pub source: SourceId,
    /// The new revision, or the one that says the same already.
    pub revision: RevisionId,
    /// Whether a revision was made.
    pub new: bool,
    /// Passages of the revision.
    pub passages: u32,
    /// Of these, passages that the revision before it in time (or the one it replaces) does not have; 0
    /// when none was made.
    pub changed: u32,
    /// Passages of that older revision that this one does not have.
    pub removed: u32,
}

/// A source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Id.
    pub id: SourceId,
    /// The 課 that took it in first.
    pub department: DepartmentId,
    /// Who may find it.
    pub visibility: Visibility,
    /// Name, number, rank.
    pub head: SourceHead,
}

/// Whether a revision is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevisionState {
    /// In use.
    Live,
    /// A later import says something else about the same day; kept for comparison.
    Withdrawn,
}

/// A revision without its passages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// Id.
    pub id: RevisionId,
    /// Its source.
    pub source: SourceId,
    /// The 課 that took it in.
    pub department: DepartmentId,
    /// The document it came from; `None` when the local administrator imported a file.
    pub document: Option<DocumentId>,
    /// When it is in force: `valid_to` as the revisions around it leave it.
    pub head: RevisionHead,
    /// Whether it is used.
    pub state: RevisionState,
    /// How many passages it has.
    pub passages: u32,
    /// Places of the document not taken over whole.
    pub faults: Vec<ImportFault>,
    /// When it was taken in.
    pub imported_at: Timestamp,
}

/// A revision as an index has to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveRevision {
    /// The revision.
    pub revision: Revision,
    /// Its source.
    pub source: Source,
    /// Grows over the whole corpus with every new, re-timed or withdrawn revision: what is larger than the
    /// largest an index has applied is news to it.
    pub change: u64,
}

/// What an item of a revision is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemName {
    /// Its place in the revision.
    pub ordinal: u32,
    /// What kind of passage it is.
    pub kind: PassageKind,
    /// As in [`Passage::item`].
    pub item: String,
}

/// A passage with what it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedPassage {
    /// Its key.
    pub key: PassageKey,
    /// Its source.
    pub source: Source,
    /// When its revision is in force.
    pub revision: RevisionHead,
    /// The passage.
    pub passage: Passage,
}

/// A source as it stood on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FullText {
    /// The source.
    pub source: Source,
    /// The revision in force.
    pub revision: Revision,
    /// All its passages, in order.
    pub passages: Vec<Passage>,
}

/// A version of the synonym table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SynonymVersion {
    /// Number, from 1.
    pub version: u64,
    /// The table (TOML), as written.
    pub rules: String,
    /// Who; `None` for the local administrator.
    pub user: Option<UserId>,
    /// When.
    pub at: Timestamp,
}

/// A question that was answered, for the log.
#[derive(Clone, Debug)]
pub struct NewQuestion {
    /// The text, personal data masked.
    pub text: String,
    /// The day asked for.
    pub as_of: Date,
    /// How long the answer took, milliseconds.
    pub millis: u32,
    /// The passages shown, best first.
    pub shown: Vec<PassageKey>,
    /// Whether no basis was found.
    pub no_basis: bool,
    /// Whether it belongs to a practice run: in no figure. One whose first passage is of a text that its asker
    /// practises with is so in any case.
    pub is_practice: bool,
}

/// A question of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedQuestion {
    /// Id.
    pub id: QuestionId,
    /// The text, masked.
    pub text: String,
    /// The day asked for.
    pub as_of: Date,
    /// When.
    pub asked_at: Timestamp,
    /// How long the answer took, milliseconds.
    pub millis: u32,
    /// Whether no basis was found.
    pub no_basis: bool,
    /// The passages shown, best first.
    pub shown: Vec<PassageKey>,
    /// When the first of them was opened.
    pub opened_at: Option<Timestamp>,
    /// Best place at which the asker found the basis, from 1; 0 when it was not among those shown.
    pub basis_place: Option<u32>,
}

/// What an asker says about a passage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedbackKind {
    /// Opened it.
    Opened,
    /// これが根拠.
    Basis,
}

/// A passage by its place in a source, whichever revision is in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemPlace {
    /// The source.
    pub source: SourceId,
    /// Its title.
    pub title: String,
    /// Kind of the passage.
    pub kind: PassageKind,
    /// The item: `78_2`.
    pub item: String,
    /// Where it is on the day asked for, if it is still there.
    pub passage: Option<PassageKey>,
    /// As a person writes it, if it is still there.
    pub label: Option<String>,
    /// 条見出し.
    pub caption: Option<String>,
}

/// A passage that a person keeps at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Favourite {
    /// Id.
    pub id: FavouriteId,
    /// Which.
    pub place: ItemPlace,
    /// The person's own words about it.
    pub note: String,
    /// Since when.
    pub created_at: Timestamp,
}

/// Counts of the question log (PRODUCT.md, 成果).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuestionFigures {
    /// Questions asked.
    pub questions: u64,
    /// Of these, without a basis.
    pub no_basis: u64,
    /// Of these, with evidence opened.
    pub opened: u64,
    /// Median time from asking to opening the first evidence, milliseconds.
    pub median_to_evidence_millis: Option<u64>,
    /// Questions whose asker marked the basis.
    pub marked: u64,
    /// Of these, with the basis among the first three.
    pub marked_in_top_3: u64,
    /// Median time the answer took, milliseconds.
    pub median_answer_millis: Option<u64>,
}

/// A vector that an embedder made, with the digest of its passage.
#[derive(Clone, Debug, PartialEq)]
pub struct PassageVector {
    /// The passage's digest.
    pub digest: Sha256,
    /// The vector.
    pub vector: Vec<f32>,
}
