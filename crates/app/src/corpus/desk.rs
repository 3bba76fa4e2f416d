//! The desk: one named thread that owns the question's embedder and answers questions in turn.
//!
//! Promises: a question sees one state of the corpus; one that nobody waits for any more is skipped and
//! counted. Never: an import (the indexer has its own thread and its own session).

use std::sync::Arc;

use jiff::civil::Date;
use shoki_api::{BankEdit, BankEntry, BankFilter, BankRefusal};
use shoki_core::corpus::ReaderScope;
use shoki_core::evidence::{Evidence, OwnAnswer, OwnCitation, Question};
use shoki_core::id::DepartmentId;
use shoki_engine::{Embed, EngineError, TextSide};
use shoki_search::index::PassageIndex;
use shoki_search::query::bank::QuestionBank;
use shoki_search::query::bank_check::{self, CheckedItem};
use shoki_search::query::own_faq::same_question;
use shoki_search::query::synonym::SynonymTable;
use shoki_search::query::{QueryError, ScopeTable, Searcher, Weights};
use shoki_store::corpus_model::{BankChange, DeskChanges};
use shoki_store::{CorpusStore, StoreError};
use tokio::runtime::Handle;

use super::handover::Tools;
use super::items::ItemNames;
use super::lookup::{LiveCorpusCache, StoreLookup};
use super::office_bank::OfficeBank;
use super::own_bank::OwnBanks;
use super::reranker::Reranker;

/// What an edit of the bank comes to: the change, the entry as it then stands, and the bank.
pub type PlannedEdit = (BankChange, BankEntry, Arc<QuestionBank>);

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// SQL.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The question, the index, or the truth.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The embedder.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// What an office may change of how questions are answered.
#[derive(Clone)]
pub struct Rules {
    /// 口語 → 法令用語.
    pub synonyms: Arc<SynonymTable>,
    /// Questions whose answer is known.
    pub bank: Arc<QuestionBank>,
}

/// Answers questions; lives on its own thread.
pub struct Desk {
    store: Arc<dyn CorpusStore>,
    index: Arc<dyn PassageIndex>,
    embedder: Option<Box<dyn Embed>>,
    reranker: Option<Reranker>,
    runtime: Handle,
    bank: OfficeBank,
    own: OwnBanks,
    limits: ScopeTable,
    weights: Weights,
    cache: LiveCorpusCache,
    items: Arc<ItemNames>,
    /// The synonym table that was used last, by its version.
    table: Option<(u64, Arc<SynonymTable>)>,
}

impl Desk {
    /// A desk. The embedder is the one of the index's fingerprint.
    #[must_use]
    pub fn new(
        store: Arc<dyn CorpusStore>,
        index: Arc<dyn PassageIndex>,
        embedder: Option<Box<dyn Embed>>,
        runtime: Handle,
    ) -> Self {
        Self {
            store,
            index,
            embedder,
            reranker: None,
            runtime,
            bank: OfficeBank::shipped(),
            own: OwnBanks::default(),
            limits: ScopeTable::shipped(),
            weights: Weights::default(),
            cache: LiveCorpusCache::default(),
            items: Arc::default(),
            table: None,
        }
    }

    /// With a reranker that looks at the best passages again.
    #[must_use]
    pub fn with_reranker(mut self, reranker: Option<Reranker>) -> Self {
        self.reranker = reranker;
        self
    }

    /// Works with another index, and the embedder and reranker that go with it.
    pub fn work_with(&mut self, tools: Tools) {
        self.index = tools.index;
        self.embedder = tools.embedder;
        self.reranker = tools.reranker;
    }

    /// Answers one question of a reader, with what the reader's 課 knows by itself.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn ask(&mut self, reader: DepartmentId, question: &Question) -> Result<Evidence, DeskError> {
        let changes = self.changes()?;
        let rules = self.rules(changes)?;
        let own = self.own_bank(reader, changes, &rules.bank)?;
        let mut evidence = self.answer(reader, question, changes, &rules, Some(&own))?;
        evidence.own = self.own_answers(reader, question, &own)?;
        Ok(evidence)
    }

    /// Answers one question with rules that need not be those in use, and without what the 課 knows: who is
    /// asked with the very questions that are known would only be told so.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn ask_with(
        &mut self,
        reader: DepartmentId,
        question: &Question,
        rules: &Rules,
    ) -> Result<Evidence, DeskError> {
        let changes = self.changes()?;
        self.answer(reader, question, changes, rules, None)
    }

    /// The rules in use.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn rules_in_use(&mut self) -> Result<Rules, DeskError> {
        let changes = self.changes()?;
        self.rules(changes)
    }

    /// The entries of the office's bank that a filter names, and whether there are more; `None` when the one
    /// to go on after is gone.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn bank_entries(&mut self, filter: &BankFilter) -> Result<Option<(Vec<BankEntry>, bool)>, DeskError> {
        let changes = self.changes()?;
        self.rules(changes)?;
        Ok(self.bank.entries(filter))
    }

    /// What an edit of the bank comes to, the entry as it then stands, and the bank.
    ///
    /// # Errors
    /// [`DeskError`]; the inner error is what the office is told.
    pub fn planned_edit(
        &mut self,
        reader: DepartmentId,
        as_of: Date,
        edit: &BankEdit,
    ) -> Result<Result<PlannedEdit, BankRefusal>, DeskError> {
        let changes = self.changes()?;
        self.rules(changes)?;
        let lookup = self.lookup(changes)?;
        let planned = self
            .bank
            .planned(edit, &lookup, &whole_corpus(reader, as_of))
            .map_err(QueryError::from)?;
        Ok(planned.map(|(change, entry)| {
            let bank = self.bank.after(&change);
            (change, entry, bank)
        }))
    }

    /// Hands every item of the office's bank, then of the 課's own, to `each`, with how it stands on a day
    /// and whether it is the 課's own.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn check_bank(
        &mut self,
        reader: DepartmentId,
        as_of: Date,
        mut each: impl FnMut(&CheckedItem<'_>, bool),
    ) -> Result<(), DeskError> {
        let changes = self.changes()?;
        let rules = self.rules(changes)?;
        let own = self.own_bank(reader, changes, &rules.bank)?;
        let lookup = self.lookup(changes)?;
        let scope = whole_corpus(reader, as_of);
        for (bank, is_own) in [(&rules.bank, false), (&own, true)] {
            for item in bank_check::check(bank, &lookup, &scope).map_err(QueryError::from)? {
                each(&item, is_own);
            }
        }
        Ok(())
    }

    /// The entries of the 課's FAQ that answer this very question, read anew: what was deleted is not there.
    fn own_answers(
        &self,
        reader: DepartmentId,
        question: &Question,
        own: &QuestionBank,
    ) -> Result<Vec<OwnAnswer>, DeskError> {
        let same = same_question(own, &question.text);
        if same.is_empty() {
            return Ok(Vec::new());
        }
        let entries = self
            .runtime
            .block_on(self.store.faq_entries(reader, question.as_of, &same))?;
        let answers = entries.into_iter().map(|entry| OwnAnswer {
            faq: entry.id,
            question: entry.question,
            answer: entry.answer,
            author: entry.author,
            written_at: entry.created_at,
            citing: entry
                .citing
                .into_iter()
                .map(|place| OwnCitation {
                    title: place.title,
                    item: place.item,
                    label: place.label,
                    passage: place.passage,
                })
                .collect(),
        });
        Ok(answers.collect())
    }

    fn answer(
        &mut self,
        reader: DepartmentId,
        question: &Question,
        changes: DeskChanges,
        rules: &Rules,
        own: Option<&QuestionBank>,
    ) -> Result<Evidence, DeskError> {
        let lookup = self.lookup(changes)?;
        let vector = match self.embedder.as_mut() {
            Some(embedder) if self.weights.dense > 0.0 && !question.text.trim().is_empty() => embedder
                .embed(TextSide::Query, &[&question.text])?
                .into_iter()
                .next(),
            _ => None,
        };
        let scope = ReaderScope {
            department: reader,
            as_of: question.as_of,
            sources: question.sources.clone(),
            supplementary: question.supplementary,
        };
        let searcher = Searcher {
            index: self.index.as_ref(),
            lookup: &lookup,
            names: lookup.names(),
            synonyms: &rules.synonyms,
            bank: &rules.bank,
            own,
            limits: &self.limits,
            weights: self.weights,
        };
        let Some(reranker) = self.reranker.as_mut() else {
            return Ok(searcher.ask(question, &scope, vector.as_deref())?);
        };
        let mut judge = |question: &str, passages: &[&str]| reranker.judge(question, passages);
        let (mut evidence, judged) =
            searcher.ask_judged(question, &scope, vector.as_deref(), Some(&mut judge))?;
        if judged {
            // An answer can be traced to everything that ordered it.
            evidence.index = format!("{}:{}", evidence.index, reranker.name());
        }
        Ok(evidence)
    }

    /// One look at what must be read anew, before anything is read.
    fn changes(&self) -> Result<DeskChanges, StoreError> {
        self.runtime.block_on(self.store.desk_changes())
    }

    fn lookup(&mut self, changes: DeskChanges) -> Result<StoreLookup, StoreError> {
        let corpus = self
            .cache
            .corpus(changes.corpus, self.store.as_ref(), &self.runtime)?;
        Ok(StoreLookup::new(
            Arc::clone(&self.store),
            self.runtime.clone(),
            corpus,
            Arc::clone(&self.items),
        ))
    }

    fn own_bank(
        &mut self,
        reader: DepartmentId,
        changes: DeskChanges,
        office: &QuestionBank,
    ) -> Result<Arc<QuestionBank>, StoreError> {
        self.own
            .of(reader, changes, office, self.store.as_ref(), &self.runtime)
    }

    fn rules(&mut self, changes: DeskChanges) -> Result<Rules, DeskError> {
        Ok(Rules {
            synonyms: self.synonyms(changes.synonyms)?,
            bank: self
                .bank
                .refresh(changes.knowledge, self.store.as_ref(), &self.runtime)?,
        })
    }

    /// The office's own table, or the shipped one (version 0); read again only when another version is in use.
    fn synonyms(&mut self, version: u64) -> Result<Arc<SynonymTable>, DeskError> {
        if let Some((_, table)) = self.table.as_ref().filter(|(of, _)| *of == version) {
            return Ok(Arc::clone(table));
        }
        let own = self.runtime.block_on(self.store.synonyms())?;
        let version = own.as_ref().map_or(0, |own| own.version);
        let table = own
            .and_then(|own| match SynonymTable::parse(&own.rules) {
                Ok(table) => Some(table),
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        version = own.version,
                        "the synonym table cannot be read; the shipped one is used"
                    );
                    None
                }
            })
            .unwrap_or_else(SynonymTable::shipped);
        let table = Arc::new(table);
        self.table = Some((version, Arc::clone(&table)));
        Ok(table)
    }
}

/// All that a 課 may see on a day, 附則 apart.
const fn whole_corpus(department: DepartmentId, as_of: Date) -> ReaderScope {
    ReaderScope {
        department,
        as_of,
        sources: None,
        supplementary: false,
    }
}
