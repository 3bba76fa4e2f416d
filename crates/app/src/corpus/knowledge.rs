//! What the desk knows besides the index: the corpus's sources, the office's rules, the bank, each 課's own.
//!
//! Promises: read from SQL again only after a change, and once for all threads that answer; a question sees
//! one state of it. Never: a question, the index.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shoki_api::{BankFilter, BankPage};
use shoki_core::id::DepartmentId;
use shoki_search::query::ScopeTable;
use shoki_search::query::bank::QuestionBank;
use shoki_search::query::synonym::SynonymTable;
use shoki_store::corpus_model::DeskChanges;
use shoki_store::{CorpusStore, StoreError};
use tokio::runtime::Handle;

use super::items::ItemNames;
use super::lookup::{LiveCorpusCache, StoreLookup};
use super::office_bank::OfficeBank;
use super::own_bank::OwnBanks;

/// What an office may change of how questions are answered.
#[derive(Clone)]
pub struct Rules {
    /// 口語 → 法令用語.
    pub synonyms: Arc<SynonymTable>,
    /// Questions whose answer is known.
    pub bank: Arc<QuestionBank>,
}

/// The knowledge; a thread that waits for a lock waits for what it would have read itself.
pub struct Knowledge {
    /// The truth.
    pub store: Arc<dyn CorpusStore>,
    /// Drives the store.
    pub runtime: Handle,
    /// What lies outside the law desk.
    pub limits: ScopeTable,
    bank: Mutex<OfficeBank>,
    own: Mutex<OwnBanks>,
    corpus: Mutex<LiveCorpusCache>,
    items: Arc<ItemNames>,
    /// The synonym table that was used last, by its version.
    table: Mutex<Option<(u64, Arc<SynonymTable>)>>,
}

fn lock<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Knowledge {
    /// Knowledge that is read when it is first asked for.
    #[must_use]
    pub fn new(store: Arc<dyn CorpusStore>, runtime: Handle) -> Self {
        Self {
            store,
            runtime,
            limits: ScopeTable::shipped(),
            bank: Mutex::new(OfficeBank::shipped()),
            own: Mutex::default(),
            corpus: Mutex::default(),
            items: Arc::default(),
            table: Mutex::default(),
        }
    }

    /// One look at what must be read anew, before anything is read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn changes(&self) -> Result<DeskChanges, StoreError> {
        self.runtime.block_on(self.store.desk_changes())
    }

    /// The corpus as a question sees it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn lookup(&self, changes: DeskChanges) -> Result<StoreLookup, StoreError> {
        let corpus = lock(&self.corpus).corpus(changes.corpus, self.store.as_ref(), &self.runtime)?;
        Ok(StoreLookup::new(
            Arc::clone(&self.store),
            self.runtime.clone(),
            corpus,
            Arc::clone(&self.items),
        ))
    }

    /// What a 課 knows by itself.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn own_bank(
        &self,
        reader: DepartmentId,
        changes: DeskChanges,
        office: &QuestionBank,
    ) -> Result<Arc<QuestionBank>, StoreError> {
        lock(&self.own).of(reader, changes, office, self.store.as_ref(), &self.runtime)
    }

    /// The rules in use.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn rules(&self, changes: DeskChanges) -> Result<Rules, StoreError> {
        Ok(Rules {
            synonyms: self.synonyms(changes.synonyms)?,
            bank: self.office_bank(changes)?.now(),
        })
    }

    /// The entries of the office's bank that a filter names, and whether there are more; `None` when the one
    /// to go on after is gone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn bank_entries(&self, filter: &BankFilter) -> Result<BankPage, StoreError> {
        let changes = self.changes()?;
        Ok(self.office_bank(changes)?.entries(filter))
    }

    /// The office's bank, held; nobody else looks into it meanwhile.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn office_bank(&self, changes: DeskChanges) -> Result<MutexGuard<'_, OfficeBank>, StoreError> {
        let mut bank = lock(&self.bank);
        bank.refresh(changes.knowledge, self.store.as_ref(), &self.runtime)?;
        Ok(bank)
    }

    /// The office's own table, or the shipped one (version 0); read again only when another version is in use.
    fn synonyms(&self, version: u64) -> Result<Arc<SynonymTable>, StoreError> {
        let mut held = lock(&self.table);
        if let Some((_, table)) = held.as_ref().filter(|(of, _)| *of == version) {
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
        *held = Some((version, Arc::clone(&table)));
        Ok(table)
    }
}
