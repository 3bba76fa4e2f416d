//! A law desk without a server: one directory with database and index, used by one command at a time.
//!
//! Promise: the same store, importer, index and engine as the service's. Never: two processes in one
//! directory.

use std::path::PathBuf;
use std::sync::Arc;

use shoki_core::id::DepartmentId;
use shoki_engine::Embed;
use shoki_search::index::{Fingerprint, PassageIndex};
use shoki_store::{CorpusStore, JobStore as _, SqliteStore};
use tokio::runtime::Handle;

use super::desk::Desk;
use super::handover::Tools;
use super::indexer::{Indexer, IndexerError, Round};
use super::knowledge::Knowledge;
use super::serving_index::{IndexPlace, ServingIndex};
use super::{embedder, reranker};
use crate::command::{self, Refusal};
use crate::config::{Config, IndexSetting, Place};
use crate::place::{self, DataDirLock};

/// The 課 that a directory of its own gets.
const OWN_DEPARTMENT: &str = "手元";

/// An opened law desk.
#[derive(Debug)]
pub struct LocalCorpus {
    /// The truth.
    pub store: Arc<SqliteStore>,
    /// The 課 that asks and imports.
    pub department: DepartmentId,
    config: Config,
    index_dir: PathBuf,
    _lock: DataDirLock,
}

impl LocalCorpus {
    /// Opens the desk in `directory` (made when missing), or the service's own data directory.
    ///
    /// # Errors
    /// [`Refusal`] when another process uses it, it cannot be opened, or the 課 is not clear.
    pub async fn open(
        config: &Config,
        directory: Option<PathBuf>,
        department: Option<&str>,
    ) -> Result<Self, Refusal> {
        let mut config = config.clone();
        if let Some(directory) = directory {
            // The models stay where the installation has them.
            config.models.store_dir = Place::At(place::model_store_dir(&config));
            config.storage.data_dir = directory;
            // It is whole in itself.
            config.search.index = IndexSetting::Embedded;
        }
        let lock = place::lock_data_dir(&config)?;
        let store = command::open_store(&config).await?;
        let departments = store.departments().await?;
        let department = match (department, departments.as_slice()) {
            (Some(name), all) => all
                .iter()
                .find(|one| one.name == name)
                .map(|one| one.id)
                .ok_or_else(|| {
                    Refusal::said(format!(
                        "{name} という課はありません。shoki admin department list で確かめてください。"
                    ))
                })?,
            (None, []) => store.create_department(OWN_DEPARTMENT).await?.id,
            (None, [only]) => only.id,
            (None, _) => {
                return Err(Refusal::said(
                    "課が複数あります。--department で課の名前を指定してください。",
                ));
            }
        };
        Ok(Self {
            store,
            department,
            index_dir: place::index_dir(&config),
            config,
            _lock: lock,
        })
    }

    /// Brings the index up to date with the database; from nothing when `anew`, or when the one that lies
    /// there was made with another embedder or is damaged.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn refresh(&self, anew: bool) -> Result<(Arc<dyn PassageIndex>, Round), Refusal> {
        let embedder = embedder::load(&self.config)?;
        let fingerprint = fingerprint(embedder.as_deref());
        let index = self.open_index(&fingerprint, anew)?;
        let shared = index.shared();
        let store: Arc<dyn CorpusStore> = self.store.clone();
        let mut indexer = Indexer::new(store, Arc::clone(&shared), embedder, &self.index_dir);
        let round = indexer.round().await?;
        index.publish().map_err(IndexerError::from)?;
        Ok((shared, round))
    }

    fn open_index(&self, fingerprint: &Fingerprint, anew: bool) -> Result<ServingIndex, Refusal> {
        let place = IndexPlace::of(&self.config)?;
        let opened = if anew {
            place.rebuild(fingerprint)
        } else {
            place.open(fingerprint).map(|(index, _)| index)
        };
        opened.map_err(|error| {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the index does not open"
            );
            Refusal::said(place.trouble_ja())
        })
    }

    /// A desk on a refreshed index. It blocks: use it on a thread that does not drive `runtime`.
    ///
    /// # Errors
    /// [`Refusal`] when the embedder cannot be loaded.
    pub fn desk(&self, index: Arc<dyn PassageIndex>, runtime: Handle) -> Result<Desk, Refusal> {
        let embedder = embedder::load(&self.config)?;
        let store: Arc<dyn CorpusStore> = self.store.clone();
        let tools = Tools::new(index, embedder, reranker::load(&self.config)?);
        Ok(Desk::new(
            Arc::new(tools),
            Arc::new(Knowledge::new(store, runtime)),
        ))
    }
}

/// What an index made with this embedder carries.
#[must_use]
pub fn fingerprint(embedder: Option<&dyn Embed>) -> Fingerprint {
    Fingerprint {
        embedder: embedder.map(Embed::fingerprint),
        dimensions: embedder.map_or(0, Embed::dimensions),
        layout: shoki_search::index::terms::LAYOUT,
    }
}

impl From<IndexerError> for Refusal {
    fn from(error: IndexerError) -> Self {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "the index is not up to date"
        );
        Self::said("索引を作れません。空き容量を確かめ、shoki corpus reindex を実行してください。")
    }
}
