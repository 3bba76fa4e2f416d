//! The seam behind which the law desk's truth lies: sources, revisions, passages, and what an office adds.
//!
//! A second trait beside [`crate::JobStore`], implemented by the same store: the law desk also works
//! without jobs (`shoki ask --corpus DIR`), and most of its readers are no signed-in person but a 課, so
//! that a stand-in for one seam need not know the other's methods. What both share, the end of an import
//! job, is `commit_corpus`. A `reader` is the 課 that reads: its own sources and those shared in the
//! office exist for it, nothing else does. The contract suite (`corpus_store_contract!`) runs on every
//! implementation.

use std::ops::Range;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
use shoki_core::access::Actor;
use shoki_core::corpus::{CitationEdge, Passage, PassageKey, PassageKind, ReaderScope};
use shoki_core::digest::Sha256;
use shoki_core::id::{DepartmentId, DocumentId, FaqId, FavouriteId, QuestionId, RevisionId, SourceId};
use shoki_core::unit::Fence;

use crate::corpus_model::{
    BankChange, CorpusFeed, CorpusImport, CorpusPart, DeskChanges, Faq, FaqChange, FaqVersion, Favourite,
    FeedbackKind, FullText, Importer, ItemName, KnownBasis, LiveRevision, LoggedQuestion, NewFaq,
    NewQuestion, OwnQuestion, PassageVector, PlacedPassage, QuestionFigures, Revision, RevisionChange,
    Source, SynonymVersion,
};
use crate::error::StoreError;
use crate::model::Listed;

/// Texts, their revisions, and the law desk's own records.
#[async_trait]
pub trait CorpusStore: Send + Sync + std::fmt::Debug {
    // ---- taking in ----

    /// Takes texts in, all or none. A text that says the same as the live revision of its first day makes
    /// none; another text of the same first day withdraws that one; an earlier day slots in between, and
    /// every revision ends where the next begins.
    async fn import_revisions(
        &self,
        importer: Importer<'_>,
        document: Option<DocumentId>,
        imports: Vec<CorpusImport>,
    ) -> Result<Vec<RevisionChange>, StoreError>;
    /// Ends the assemble unit of an import job: its texts are taken in one after another, the job has
    /// succeeded, its artifacts are visible, in one transaction. Counts of the outcome that only the
    /// transaction knows (sources, revisions, passages, changed) are filled in here. The feed must not wait
    /// for another write: the transaction waits for it.
    async fn commit_corpus(&self, fence: Fence, feed: CorpusFeed) -> Result<Vec<RevisionChange>, StoreError>;
    /// Takes in a group of the texts of a large import job, in one transaction, under the assemble unit's
    /// fence; a group that was taken in before is left as it is. `commit_corpus` then feeds the rest and
    /// counts them all. What was taken in stays when the job fails or is cancelled; it goes with its document.
    async fn take_in_group(&self, fence: Fence, group: u32, parts: Vec<CorpusPart>)
    -> Result<(), StoreError>;
    /// The groups that the job has taken in, in order.
    async fn groups_taken_in(&self, fence: Fence) -> Result<Vec<u32>, StoreError>;
    /// Removes a source that the 課 took in, with every revision of it.
    async fn delete_source(&self, importer: Importer<'_>, source: SourceId) -> Result<(), StoreError>;

    // ---- reading ----

    /// Sources the 課 may see, by title.
    async fn sources(&self, reader: DepartmentId) -> Result<Vec<Source>, StoreError>;
    /// The same, page by page, after a source of the list when given; `NotFound` when that one is gone.
    async fn sources_page(
        &self,
        reader: DepartmentId,
        after: Option<SourceId>,
        rows: u32,
    ) -> Result<Listed<Source>, StoreError>;
    /// Revisions of a source, the latest first day first, withdrawn ones after the live one of their day.
    async fn revisions(&self, reader: DepartmentId, source: SourceId) -> Result<Vec<Revision>, StoreError>;
    /// Passages of a revision whose ordinals lie in `range`, in order.
    async fn passages(
        &self,
        reader: DepartmentId,
        revision: RevisionId,
        range: Range<u32>,
    ) -> Result<Vec<Passage>, StoreError>;
    /// A passage with what it belongs to.
    async fn passage(&self, reader: DepartmentId, key: PassageKey) -> Result<PlacedPassage, StoreError>;
    /// The passages of these keys that the 課 may see, in their order; others are left out.
    async fn placed(
        &self,
        reader: DepartmentId,
        keys: &[PassageKey],
    ) -> Result<Vec<PlacedPassage>, StoreError>;
    /// The passages of this name, of these kinds, in force on the scope's day, whatever their source, by key.
    async fn items_named(
        &self,
        scope: &ReaderScope,
        kinds: &[PassageKind],
        item: &str,
    ) -> Result<Vec<PassageKey>, StoreError>;
    /// A source as it stood on a day; `NotFound` when it was not in force.
    async fn full_text(
        &self,
        reader: DepartmentId,
        source: SourceId,
        day: Date,
    ) -> Result<FullText, StoreError>;
    /// References in the passages of these keys that the 課 may see, in the order of `keys`, then by place.
    async fn citing(
        &self,
        reader: DepartmentId,
        keys: &[PassageKey],
    ) -> Result<Vec<(PassageKey, CitationEdge)>, StoreError>;
    /// References to a passage from passages in force on the scope's day, one of each passage and relation:
    /// at most `rows`, by relation, then by passage.
    async fn cited_by(
        &self,
        scope: &ReaderScope,
        key: PassageKey,
        rows: u32,
    ) -> Result<Vec<(PassageKey, CitationEdge)>, StoreError>;

    // ---- projections (the service itself: no reader) ----

    /// The number of the last change to sources and revisions: as long as it stays the same,
    /// [`CorpusStore::live_revisions`] does.
    async fn last_change(&self) -> Result<u64, StoreError>;
    /// Every revision in use, of every 課, by change.
    async fn live_revisions(&self) -> Result<Vec<LiveRevision>, StoreError>;
    /// All passages of a revision, for an index.
    async fn revision_passages(&self, revision: RevisionId) -> Result<Vec<Passage>, StoreError>;
    /// What the items of a revision are called, by ordinal: enough to find an item without its text.
    async fn revision_items(&self, revision: RevisionId) -> Result<Vec<ItemName>, StoreError>;
    /// All references of a revision, for an index.
    async fn revision_edges(&self, revision: RevisionId) -> Result<Vec<CitationEdge>, StoreError>;
    /// Vectors that the embedder of this fingerprint has made for the 課; others are left out.
    async fn vectors(
        &self,
        department: DepartmentId,
        embedder: &Sha256,
        digests: &[Sha256],
    ) -> Result<Vec<PassageVector>, StoreError>;
    /// Keeps vectors. Those of passages that the 課 does not have (any more) are dropped.
    async fn keep_vectors(
        &self,
        department: DepartmentId,
        embedder: &Sha256,
        vectors: &[PassageVector],
    ) -> Result<(), StoreError>;

    // ---- synonyms ----

    /// The version in use; `None` as long as the office has none of its own.
    async fn synonyms(&self) -> Result<Option<SynonymVersion>, StoreError>;
    /// All versions, the latest first.
    async fn synonym_versions(&self) -> Result<Vec<SynonymVersion>, StoreError>;
    /// Puts the version after `after` (0 = the first) in use; `VersionChanged` when another one is.
    /// `despite` is the reason given for a table that makes known answers worse; it is audited.
    async fn put_synonyms(
        &self,
        importer: Importer<'_>,
        after: u64,
        rules: &str,
        despite: Option<&str>,
    ) -> Result<SynonymVersion, StoreError>;

    // ---- questions ----

    /// Writes a question into the log.
    async fn log_question(&self, actor: &Actor, question: NewQuestion) -> Result<QuestionId, StoreError>;
    /// The actor's own questions, newest first, older than `before` when given.
    async fn questions(
        &self,
        actor: &Actor,
        before: Option<QuestionId>,
        rows: u32,
    ) -> Result<Listed<LoggedQuestion>, StoreError>;
    /// One of the actor's own questions.
    async fn question(&self, actor: &Actor, id: QuestionId) -> Result<LoggedQuestion, StoreError>;
    /// What the asker says about a passage; saying it twice changes nothing.
    async fn give_feedback(
        &self,
        actor: &Actor,
        question: QuestionId,
        passage: PassageKey,
        kind: FeedbackKind,
    ) -> Result<(), StoreError>;
    /// Questions of the 課 whose basis is known, from texts that it may still see: its own FAQ first, then
    /// what its askers marked, each newest first. Questions of the same words are one; `rows` bounds the
    /// places read of each kind.
    async fn known_bases(&self, department: DepartmentId, rows: u32) -> Result<Vec<KnownBasis>, StoreError>;
    /// Takes back これが根拠; saying so twice changes nothing.
    async fn withdraw_basis(
        &self,
        actor: &Actor,
        question: QuestionId,
        passage: PassageKey,
    ) -> Result<(), StoreError>;
    /// The (masked) texts of the latest questions of the own 課, without who asked, to try rules on.
    async fn asked_in_department(&self, actor: &Actor, rows: u32) -> Result<Vec<String>, StoreError>;
    /// Counts of questions asked in `from..to`: of the own 課, or of the whole office for those who run
    /// the system.
    async fn question_figures(
        &self,
        actor: &Actor,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<QuestionFigures, StoreError>;

    // ---- what the office keeps ----

    /// Keeps a question and answer for the own 課.
    async fn add_faq(&self, actor: &Actor, faq: NewFaq) -> Result<Faq, StoreError>;
    /// Questions and answers of the own 課, newest first; places as they are on `day`.
    async fn faq(
        &self,
        actor: &Actor,
        day: Date,
        before: Option<FaqId>,
        rows: u32,
    ) -> Result<Listed<Faq>, StoreError>;
    /// Entries of a 課 by id, in their order; others and those that are gone or withdrawn are left out. Places as they
    /// are on `day`.
    async fn faq_entries(
        &self,
        department: DepartmentId,
        day: Date,
        ids: &[FaqId],
    ) -> Result<Vec<Faq>, StoreError>;
    /// An entry of the own 課; places as they are on `day`.
    async fn faq_entry(&self, actor: &Actor, day: Date, id: FaqId) -> Result<Faq, StoreError>;
    /// Says an entry anew, withdraws it or takes it up again, where `version` is the present one
    /// (`VersionChanged` else); the entry as it is then. Nothing different is no new version.
    async fn change_faq(
        &self,
        actor: &Actor,
        id: FaqId,
        version: u64,
        change: FaqChange,
        day: Date,
    ) -> Result<Faq, StoreError>;
    /// What an entry said, newest first.
    async fn faq_history(&self, actor: &Actor, id: FaqId) -> Result<Vec<FaqVersion>, StoreError>;
    /// All that a search must look at anew, in one look.
    async fn desk_changes(&self) -> Result<DeskChanges, StoreError>;
    /// What a 課 answered by itself: its FAQ, then what its askers marked, each newest first; `rows` bounds
    /// the places read of each kind. Nothing of another 課 is read.
    async fn own_questions(
        &self,
        department: DepartmentId,
        rows: u32,
    ) -> Result<Vec<OwnQuestion>, StoreError>;
    /// What the office changed of the bank of known questions: added and suppressed entries, by id.
    async fn bank_changes(&self) -> Result<Vec<BankChange>, StoreError>;
    /// Makes such a change, or takes one back (`NotFound` when it is not there). `despite` is the reason for
    /// one that makes known answers worse; it is audited.
    async fn change_bank(
        &self,
        importer: Importer<'_>,
        change: &BankChange,
        despite: Option<&str>,
    ) -> Result<(), StoreError>;
    /// Removes one.
    async fn remove_faq(&self, actor: &Actor, id: FaqId) -> Result<(), StoreError>;
    /// Keeps a passage at hand; keeping it again replaces the note.
    async fn add_favourite(
        &self,
        actor: &Actor,
        passage: PassageKey,
        note: &str,
    ) -> Result<Favourite, StoreError>;
    /// The actor's own favourites, newest first; places as they are on `day`.
    async fn favourites(&self, actor: &Actor, day: Date) -> Result<Vec<Favourite>, StoreError>;
    /// Removes one of them.
    async fn remove_favourite(&self, actor: &Actor, id: FavouriteId) -> Result<(), StoreError>;
}
