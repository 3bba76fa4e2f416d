//! The desk: one named thread that owns the question's embedder and answers questions in turn.
//!
//! Promises: a question sees one state of the corpus; one that nobody waits for any more is skipped and
//! counted. Never: an import (the indexer has its own thread and its own session).

use std::sync::Arc;

use shoki_core::corpus::ReaderScope;
use shoki_core::evidence::{Evidence, Question};
use shoki_core::id::DepartmentId;
use shoki_engine::{Embed, EngineError, TextSide};
use shoki_search::index::PassageIndex;
use shoki_search::query::ScopeTable;
use shoki_search::query::bank::QuestionBank;
use shoki_search::query::synonym::SynonymTable;
use shoki_search::query::{QueryError, Searcher, Weights};
use shoki_store::{CorpusStore, StoreError};
use tokio::runtime::Handle;

use super::items::ItemNames;
use super::lookup::{LiveCorpusCache, StoreLookup};
use super::reranker::Reranker;

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

/// Answers questions; lives on its own thread.
pub struct Desk {
    store: Arc<dyn CorpusStore>,
    index: Arc<dyn PassageIndex>,
    embedder: Option<Box<dyn Embed>>,
    reranker: Option<Reranker>,
    runtime: Handle,
    bank: QuestionBank,
    limits: ScopeTable,
    weights: Weights,
    cache: LiveCorpusCache,
    items: Arc<ItemNames>,
    /// The synonym table that was used last, by its version; `None` is the shipped one.
    table: Option<(Option<u64>, Arc<SynonymTable>)>,
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
            bank: QuestionBank::shipped(),
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

    /// Answers one question of a reader.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn ask(&mut self, reader: DepartmentId, question: &Question) -> Result<Evidence, DeskError> {
        let synonyms = self.synonyms()?;
        self.ask_with(reader, question, &synonyms)
    }

    /// Answers one question with a synonym table that need not be the one in use.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn ask_with(
        &mut self,
        reader: DepartmentId,
        question: &Question,
        synonyms: &SynonymTable,
    ) -> Result<Evidence, DeskError> {
        let corpus = self.cache.corpus(self.store.as_ref(), &self.runtime)?;
        let lookup = StoreLookup::new(
            Arc::clone(&self.store),
            self.runtime.clone(),
            Arc::clone(&corpus),
            Arc::clone(&self.items),
        );
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
            names: &corpus.names,
            synonyms,
            bank: &self.bank,
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

    /// The office's own table, or the shipped one; read again only when another version is in use.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn synonyms(&mut self) -> Result<Arc<SynonymTable>, DeskError> {
        let own = self.runtime.block_on(self.store.synonyms())?;
        let version = own.as_ref().map(|own| own.version);
        if let Some((_, table)) = self.table.as_ref().filter(|(of, _)| *of == version) {
            return Ok(Arc::clone(table));
        }
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
