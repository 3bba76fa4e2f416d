//! The desk: answers a question with the tools that lie ready and what is known.
//!
//! Promise: a question sees one state of the corpus. Never: an import (the indexer has its own thread and its
//! own session), a state of its own: several threads answer at the same desk.

use std::sync::{Arc, PoisonError};

use jiff::civil::Date;
use shoki_api::{BankEdit, BankEntry, BankRefusal};
use shoki_core::corpus::ReaderScope;
use shoki_core::evidence::{Evidence, OwnAnswer, OwnCitation, Question};
use shoki_core::id::DepartmentId;
use shoki_engine::EngineError;
use shoki_search::query::bank::QuestionBank;
use shoki_search::query::bank_check::{self, CheckedItem};
use shoki_search::query::own_faq::same_question;
use shoki_search::query::{QueryError, Searcher, Weights};
use shoki_store::StoreError;
use shoki_store::corpus_model::{BankChange, DeskChanges};

use super::handover::Tools;
use super::knowledge::{Knowledge, Rules};

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

/// Answers questions.
pub struct Desk {
    tools: Arc<Tools>,
    knowledge: Arc<Knowledge>,
    weights: Weights,
}

impl Desk {
    /// A desk.
    #[must_use]
    pub fn new(tools: Arc<Tools>, knowledge: Arc<Knowledge>) -> Self {
        Self {
            tools,
            knowledge,
            weights: Weights::default(),
        }
    }

    /// Answers one question of a reader, with what the reader's 課 knows by itself.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn ask(&self, reader: DepartmentId, question: &Question) -> Result<Evidence, DeskError> {
        let changes = self.knowledge.changes()?;
        let rules = self.knowledge.rules(changes)?;
        let own = self.knowledge.own_bank(reader, changes, &rules.bank)?;
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
        &self,
        reader: DepartmentId,
        question: &Question,
        rules: &Rules,
    ) -> Result<Evidence, DeskError> {
        let changes = self.knowledge.changes()?;
        self.answer(reader, question, changes, rules, None)
    }

    /// The rules in use.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn rules_in_use(&self) -> Result<Rules, DeskError> {
        let changes = self.knowledge.changes()?;
        Ok(self.knowledge.rules(changes)?)
    }

    /// What an edit of the bank comes to, the entry as it then stands, and the bank.
    ///
    /// # Errors
    /// [`DeskError`]; the inner error is what the office is told.
    pub fn planned_edit(
        &self,
        reader: DepartmentId,
        as_of: Date,
        edit: &BankEdit,
    ) -> Result<Result<PlannedEdit, BankRefusal>, DeskError> {
        let changes = self.knowledge.changes()?;
        let lookup = self.knowledge.lookup(changes)?;
        let office = self.knowledge.office_bank(changes)?;
        let planned = office
            .planned(edit, &lookup, &whole_corpus(reader, as_of))
            .map_err(QueryError::from)?;
        Ok(planned.map(|(change, entry)| {
            let bank = office.after(&change);
            (change, entry, bank)
        }))
    }

    /// Hands every item of the office's bank, then of the 課's own, to `each`, with how it stands on a day
    /// and whether it is the 課's own.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn check_bank(
        &self,
        reader: DepartmentId,
        as_of: Date,
        mut each: impl FnMut(&CheckedItem<'_>, bool),
    ) -> Result<(), DeskError> {
        let changes = self.knowledge.changes()?;
        let rules = self.knowledge.rules(changes)?;
        let own = self.knowledge.own_bank(reader, changes, &rules.bank)?;
        let lookup = self.knowledge.lookup(changes)?;
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
        let Knowledge { store, runtime, .. } = self.knowledge.as_ref();
        let entries = runtime.block_on(store.faq_entries(reader, question.as_of, &same))?;
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
        &self,
        reader: DepartmentId,
        question: &Question,
        changes: DeskChanges,
        rules: &Rules,
        own: Option<&QuestionBank>,
    ) -> Result<Evidence, DeskError> {
        let lookup = self.knowledge.lookup(changes)?;
        let vector = if self.weights.dense > 0.0 {
            self.tools.vector(&question.text)?
        } else {
            None
        };
        let scope = ReaderScope {
            department: reader,
            as_of: question.as_of,
            sources: question.sources.clone(),
            supplementary: question.supplementary,
        };
        let searcher = Searcher {
            index: self.tools.index.as_ref(),
            lookup: &lookup,
            names: lookup.names(),
            synonyms: &rules.synonyms,
            bank: &rules.bank,
            own,
            limits: &self.knowledge.limits,
            weights: self.weights,
        };
        let Some(reranker) = self.tools.reranker.as_ref() else {
            return Ok(searcher.ask(question, &scope, vector.as_deref())?);
        };
        let mut reranker = reranker.lock().unwrap_or_else(PoisonError::into_inner);
        let mut judge = |question: &str, passages: &[&str]| reranker.judge(question, passages);
        let (mut evidence, judged) =
            searcher.ask_judged(question, &scope, vector.as_deref(), Some(&mut judge))?;
        if judged {
            // An answer can be traced to everything that ordered it.
            evidence.index = format!("{}:{}", evidence.index, reranker.name());
        }
        Ok(evidence)
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
