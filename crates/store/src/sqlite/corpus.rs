//! `CorpusStore` for `SqliteStore`: each method is one transaction around one function of an aggregate
//! below.

mod bank;
mod faq_versions;
mod imports;
pub(super) mod items;
mod known;
mod listing;
mod own;
pub(super) mod questions;
pub(super) mod reading;
pub(super) mod references;
mod shelf;
mod synonyms;
#[cfg(feature = "contract")]
pub(super) mod tables;
mod timeline;
pub(super) mod vectors;

use std::ops::Range;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
use shoki_core::access::Actor;
use shoki_core::corpus::{CitationEdge, Passage, PassageKey, PassageKind, ReaderScope};
use shoki_core::digest::Sha256;
use shoki_core::id::{DepartmentId, DocumentId, FaqId, FavouriteId, QuestionId, RevisionId, SourceId};
use shoki_core::unit::Fence;

use super::SqliteStore;
use super::audit::Who;
use super::import_groups;
use super::job_store::{in_read, in_write};
use super::work;
use crate::corpus_model::{
    BankChange, CorpusFeed, CorpusImport, CorpusPart, DeskChanges, Faq, FaqChange, FaqVersion, Favourite,
    FeedbackKind, FullText, Importer, ItemName, KnownBasis, LiveRevision, LoggedQuestion, NewFaq,
    NewQuestion, OwnQuestion, PassageVector, PlacedPassage, QuestionFigures, Revision, RevisionChange,
    Source, SynonymVersion,
};
use crate::corpus_store::CorpusStore;
use crate::error::StoreError;
use crate::model::Listed;

pub(super) use imports::{take_in, taken_out_with};

impl Importer<'_> {
    /// The 課 on whose behalf.
    const fn department(&self) -> DepartmentId {
        match self {
            Self::Person(actor) => actor.department,
            Self::Administrator(department) => *department,
        }
    }

    const fn who(&self) -> Who {
        match self {
            Self::Person(actor) => Who::actor(actor),
            Self::Administrator(department) => Who::system(*department),
        }
    }
}

#[async_trait]
impl CorpusStore for SqliteStore {
    async fn import_revisions(
        &self,
        importer: Importer<'_>,
        document: Option<DocumentId>,
        imports: Vec<CorpusImport>,
    ) -> Result<Vec<RevisionChange>, StoreError> {
        let department = importer.department();
        in_write!(self, take_in, importer.who(), department, document, imports)
    }

    async fn commit_corpus(&self, fence: Fence, feed: CorpusFeed) -> Result<Vec<RevisionChange>, StoreError> {
        in_write!(self, work::commit_corpus, fence, feed, &self.policy)
    }

    async fn take_in_group(
        &self,
        fence: Fence,
        group: u32,
        parts: Vec<CorpusPart>,
    ) -> Result<(), StoreError> {
        in_write!(self, import_groups::take_in, fence, group, parts)
    }

    async fn groups_taken_in(&self, fence: Fence) -> Result<Vec<u32>, StoreError> {
        in_read!(self, import_groups::taken, fence)
    }

    async fn delete_source(&self, importer: Importer<'_>, source: SourceId) -> Result<(), StoreError> {
        let mut write = self.begin().await?;
        imports::delete_source(&mut write, importer.who(), importer.department(), source).await?;
        self.scrub_due.store(true, Ordering::Relaxed);
        self.commit(write).await
    }

    async fn sources(&self, reader: DepartmentId) -> Result<Vec<Source>, StoreError> {
        in_read!(self, reading::sources, reader)
    }

    async fn sources_page(
        &self,
        reader: DepartmentId,
        after: Option<SourceId>,
        rows: u32,
    ) -> Result<Listed<Source>, StoreError> {
        in_read!(self, listing::page, reader, after, rows)
    }

    async fn revisions(&self, reader: DepartmentId, source: SourceId) -> Result<Vec<Revision>, StoreError> {
        in_read!(self, reading::revisions, reader, source)
    }

    async fn passages(
        &self,
        reader: DepartmentId,
        revision: RevisionId,
        range: Range<u32>,
    ) -> Result<Vec<Passage>, StoreError> {
        in_read!(self, reading::passages, reader, revision, range)
    }

    async fn passage(&self, reader: DepartmentId, key: PassageKey) -> Result<PlacedPassage, StoreError> {
        in_read!(self, reading::passage, reader, key)
    }

    async fn placed(
        &self,
        reader: DepartmentId,
        keys: &[PassageKey],
    ) -> Result<Vec<PlacedPassage>, StoreError> {
        in_read!(self, items::placed, reader, keys)
    }

    async fn items_named(
        &self,
        scope: &ReaderScope,
        kinds: &[PassageKind],
        item: &str,
    ) -> Result<Vec<PassageKey>, StoreError> {
        in_read!(self, items::items_named, scope, kinds, item)
    }

    async fn full_text(
        &self,
        reader: DepartmentId,
        source: SourceId,
        day: Date,
    ) -> Result<FullText, StoreError> {
        in_read!(self, reading::full_text, reader, source, day)
    }

    async fn citing(
        &self,
        reader: DepartmentId,
        keys: &[PassageKey],
    ) -> Result<Vec<(PassageKey, CitationEdge)>, StoreError> {
        in_read!(self, references::citing, reader, keys)
    }

    async fn cited_by(
        &self,
        scope: &ReaderScope,
        key: PassageKey,
        rows: u32,
    ) -> Result<Vec<(PassageKey, CitationEdge)>, StoreError> {
        in_read!(self, references::cited_by, scope, key, rows)
    }

    async fn last_change(&self) -> Result<u64, StoreError> {
        in_read!(self, reading::last_change)
    }

    async fn live_revisions(&self) -> Result<Vec<LiveRevision>, StoreError> {
        in_read!(self, reading::live_revisions)
    }

    async fn revision_passages(&self, revision: RevisionId) -> Result<Vec<Passage>, StoreError> {
        in_read!(self, reading::revision_passages, revision)
    }

    async fn revision_items(&self, revision: RevisionId) -> Result<Vec<ItemName>, StoreError> {
        in_read!(self, items::revision_items, revision)
    }

    async fn revision_edges(&self, revision: RevisionId) -> Result<Vec<CitationEdge>, StoreError> {
        in_read!(self, references::revision_edges, revision)
    }

    async fn vectors(
        &self,
        department: DepartmentId,
        embedder: &Sha256,
        digests: &[Sha256],
    ) -> Result<Vec<PassageVector>, StoreError> {
        in_read!(self, vectors::kept, department, embedder, digests)
    }

    async fn keep_vectors(
        &self,
        department: DepartmentId,
        embedder: &Sha256,
        vectors: &[PassageVector],
    ) -> Result<(), StoreError> {
        in_write!(self, vectors::keep, department, embedder, vectors)
    }

    async fn synonyms(&self) -> Result<Option<SynonymVersion>, StoreError> {
        in_read!(self, synonyms::in_use)
    }

    async fn synonym_versions(&self) -> Result<Vec<SynonymVersion>, StoreError> {
        in_read!(self, synonyms::versions)
    }

    async fn put_synonyms(
        &self,
        importer: Importer<'_>,
        after: u64,
        rules: &str,
        despite: Option<&str>,
    ) -> Result<SynonymVersion, StoreError> {
        let department = importer.department();
        in_write!(
            self,
            synonyms::put,
            importer.who(),
            department,
            after,
            rules,
            despite
        )
    }

    async fn log_question(&self, actor: &Actor, question: NewQuestion) -> Result<QuestionId, StoreError> {
        in_write!(self, questions::log, actor, question)
    }

    async fn questions(
        &self,
        actor: &Actor,
        before: Option<QuestionId>,
        rows: u32,
    ) -> Result<Listed<LoggedQuestion>, StoreError> {
        in_read!(self, questions::of, actor, before, rows)
    }

    async fn question(&self, actor: &Actor, id: QuestionId) -> Result<LoggedQuestion, StoreError> {
        in_read!(self, questions::get, actor, id)
    }

    async fn give_feedback(
        &self,
        actor: &Actor,
        question: QuestionId,
        passage: PassageKey,
        kind: FeedbackKind,
    ) -> Result<(), StoreError> {
        in_write!(self, questions::give_feedback, actor, question, passage, kind)
    }

    async fn known_bases(&self, department: DepartmentId, rows: u32) -> Result<Vec<KnownBasis>, StoreError> {
        in_read!(self, known::bases, department, rows)
    }

    async fn withdraw_basis(
        &self,
        actor: &Actor,
        question: QuestionId,
        passage: PassageKey,
    ) -> Result<(), StoreError> {
        in_write!(self, questions::withdraw_basis, actor, question, passage)
    }

    async fn asked_in_department(&self, actor: &Actor, rows: u32) -> Result<Vec<String>, StoreError> {
        in_read!(self, questions::asked_in_department, actor, rows)
    }

    async fn question_figures(
        &self,
        actor: &Actor,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<QuestionFigures, StoreError> {
        in_read!(self, questions::figures, actor, from, to)
    }

    async fn add_faq(&self, actor: &Actor, faq: NewFaq) -> Result<Faq, StoreError> {
        in_write!(self, shelf::add_faq, actor, faq)
    }

    async fn faq(
        &self,
        actor: &Actor,
        day: Date,
        before: Option<FaqId>,
        rows: u32,
    ) -> Result<Listed<Faq>, StoreError> {
        in_read!(self, shelf::faq, actor, day, before, rows)
    }

    async fn faq_entries(
        &self,
        department: DepartmentId,
        day: Date,
        ids: &[FaqId],
    ) -> Result<Vec<Faq>, StoreError> {
        in_read!(self, shelf::faq_entries, department, day, ids)
    }

    async fn faq_entry(&self, actor: &Actor, day: Date, id: FaqId) -> Result<Faq, StoreError> {
        in_read!(self, shelf::one, actor.department, day, id)
    }

    async fn change_faq(
        &self,
        actor: &Actor,
        id: FaqId,
        version: u64,
        change: FaqChange,
        day: Date,
    ) -> Result<Faq, StoreError> {
        in_write!(self, faq_versions::change, actor, id, version, change, day)
    }

    async fn faq_history(&self, actor: &Actor, id: FaqId) -> Result<Vec<FaqVersion>, StoreError> {
        in_read!(self, faq_versions::history, actor, id)
    }

    async fn desk_changes(&self) -> Result<DeskChanges, StoreError> {
        in_read!(self, own::changes)
    }

    async fn own_questions(
        &self,
        department: DepartmentId,
        rows: u32,
    ) -> Result<Vec<OwnQuestion>, StoreError> {
        in_read!(self, own::questions, department, rows)
    }

    async fn bank_changes(&self) -> Result<Vec<BankChange>, StoreError> {
        in_read!(self, bank::changes)
    }

    async fn change_bank(
        &self,
        importer: Importer<'_>,
        change: &BankChange,
        despite: Option<&str>,
    ) -> Result<(), StoreError> {
        let department = importer.department();
        in_write!(self, bank::change, importer.who(), department, change, despite)
    }

    async fn remove_faq(&self, actor: &Actor, id: FaqId) -> Result<(), StoreError> {
        let mut write = self.begin().await?;
        shelf::remove_faq(&mut write, actor, id).await?;
        self.scrub_due.store(true, Ordering::Relaxed);
        self.commit(write).await
    }

    async fn add_favourite(
        &self,
        actor: &Actor,
        passage: PassageKey,
        note: &str,
    ) -> Result<Favourite, StoreError> {
        in_write!(self, shelf::add_favourite, actor, passage, note)
    }

    async fn favourites(&self, actor: &Actor, day: Date) -> Result<Vec<Favourite>, StoreError> {
        in_read!(self, shelf::favourites, actor, day)
    }

    async fn remove_favourite(&self, actor: &Actor, id: FavouriteId) -> Result<(), StoreError> {
        in_write!(self, shelf::remove_favourite, actor, id)
    }
}
