//! The index on a Qdrant server, for when one machine is not enough: both legs of words as sparse
//! vectors, the dense leg with int8 quantisation and rescoring, one point per unit.
//!
//! Promises: a change set becomes visible by the one write of the state point; a search that was
//! overtaken by a change runs again; a rebuilt collection takes over by its alias in one step.
//! Differs from the embedded index: the server counts IDF over the collection — from server 1.19 on over
//! what the 課 may see, as is asked for; before, other 課's texts weigh on the order (never on what may
//! be found) — and the dense leg is approximate. One process changes the index at a time.
//! Never: the truth, a server that the operator did not name.

mod collection;
mod points;

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use qdrant_client::Qdrant;
use qdrant_client::qdrant::CreateAliasBuilder;
use shoki_core::corpus::ReaderScope;
use shoki_core::digest::Sha256;
use shoki_core::id::RevisionId;
use tokio::runtime::Runtime;
use uuid::Uuid;

use self::collection::{Collection, OwnedLeg, State, engine_error};
use self::points::PointKind;
use super::admission::{check_revisions, check_vector};
use super::{Fingerprint, IndexError, IndexedRevision, Leg, PassageIndex, Scored, terms};

/// Where the server is.
#[derive(Clone)]
pub struct QdrantAddress {
    /// Its gRPC address, `http://host:6334` or `https://…`.
    pub url: String,
    /// Its key, when it wants one.
    pub api_key: Option<String>,
    /// Name of the alias; collections are named after it.
    pub name: String,
}

impl std::fmt::Debug for QdrantAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QdrantAddress")
            .field("url", &self.url)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl QdrantAddress {
    /// Asks the server for its aliases: whether it is there and takes the key.
    ///
    /// # Errors
    /// [`IndexError::Engine`] when it does not answer.
    pub fn answers(&self) -> Result<(), IndexError> {
        let runtime = QdrantIndex::runtime()?;
        let address = self.clone();
        let answered = QdrantIndex::run(&runtime, async move {
            let aliases = client(&address)?.list_aliases().await;
            aliases.map(drop).map_err(engine_error)
        });
        runtime.shutdown_background();
        answered
    }
}

/// Passages on a Qdrant server.
pub struct QdrantIndex {
    collection: Arc<Collection>,
    alias: String,
    changing: Mutex<()>,
    /// Taken at the end, so that it may end inside another runtime.
    runtime: Option<Runtime>,
}

impl std::fmt::Debug for QdrantIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QdrantIndex")
            .field("collection", &self.collection.name)
            .finish_non_exhaustive()
    }
}

impl Drop for QdrantIndex {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn client(address: &QdrantAddress) -> Result<Qdrant, IndexError> {
    let mut config = Qdrant::from_url(&address.url).skip_compatibility_check();
    if let Some(key) = &address.api_key {
        config = config.api_key(key.clone());
    }
    config.build().map_err(engine_error)
}

/// `name-fingerprint-`: what the collections of a fingerprint begin with.
fn collection_prefix(name: &str, fingerprint: &Fingerprint) -> Result<String, IndexError> {
    let body = serde_json::to_vec(fingerprint).map_err(std::io::Error::other)?;
    let digest = Sha256::of(&body).to_string();
    Ok(format!("{name}-{}-", digest.get(..16).unwrap_or(&digest)))
}

impl QdrantIndex {
    fn run<T, F>(runtime: &Runtime, work: F) -> Result<T, IndexError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, IndexError>> + Send + 'static,
    {
        // The caller may itself be inside a runtime, so its thread only waits for a message.
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        runtime.spawn(async move {
            // Nobody waits any more when the receiver is gone.
            let _unheard = sender.send(work.await);
        });
        receiver
            .recv()
            .unwrap_or_else(|_| Err(IndexError::Engine("the request did not come to an end".into())))
    }

    fn runtime() -> Result<Runtime, IndexError> {
        Ok(tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("qdrant")
            .enable_all()
            .build()?)
    }

    fn wait<T, F>(&self, work: F) -> Result<T, IndexError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, IndexError>> + Send + 'static,
    {
        let runtime = self.runtime.as_ref().expect("taken only at the end");
        Self::run(runtime, work)
    }

    fn start(address: &QdrantAddress, fingerprint: Fingerprint, rebuild: bool) -> Result<Self, IndexError> {
        let runtime = Self::runtime()?;
        let (owned, alias) = (address.clone(), address.name.clone());
        let collection = Self::run(&runtime, async move {
            let client = client(&owned)?;
            let prefix = collection_prefix(&owned.name, &fingerprint)?;
            let aliases = client.list_aliases().await.map_err(engine_error)?;
            let current = aliases
                .aliases
                .into_iter()
                .find(|held| held.alias_name == owned.name);
            match current {
                Some(current) if !rebuild => {
                    if !current.collection_name.starts_with(&prefix) {
                        return Err(IndexError::OtherFingerprint);
                    }
                    Ok(Collection {
                        client,
                        name: current.collection_name,
                        fingerprint,
                    })
                }
                _ => {
                    let name = format!("{prefix}{}", Uuid::now_v7().simple());
                    let collection = Collection::create(client, name, fingerprint).await?;
                    if !rebuild {
                        let request = CreateAliasBuilder::new(&collection.name, &owned.name);
                        collection
                            .client
                            .create_alias(request)
                            .await
                            .map_err(engine_error)?;
                    }
                    Ok(collection)
                }
            }
        });
        let collection = match collection {
            Ok(collection) => collection,
            Err(error) => {
                // The caller may be inside a runtime, where none may be dropped.
                runtime.shutdown_background();
                return Err(error);
            }
        };
        Ok(Self {
            collection: Arc::new(collection),
            alias,
            changing: Mutex::default(),
            runtime: Some(runtime),
        })
    }

    /// Opens the collection that the alias names; makes one when there is none.
    ///
    /// # Errors
    /// [`IndexError::OtherFingerprint`], or [`IndexError::Engine`] when the server does not answer.
    pub fn open(address: &QdrantAddress, fingerprint: Fingerprint) -> Result<Self, IndexError> {
        Self::start(address, fingerprint, false)
    }

    /// An empty collection beside the one that serves, to be fed and then [`QdrantIndex::publish`]ed.
    ///
    /// # Errors
    /// [`IndexError::Engine`] when the server does not answer.
    pub fn rebuild(address: &QdrantAddress, fingerprint: Fingerprint) -> Result<Self, IndexError> {
        Self::start(address, fingerprint, true)
    }

    /// Points the alias at this collection and deletes the others of its name.
    ///
    /// # Errors
    /// [`IndexError::Engine`] when the server does not answer; the alias is moved or it is not.
    pub fn publish(&self) -> Result<(), IndexError> {
        let (collection, alias) = (Arc::clone(&self.collection), self.alias.clone());
        self.wait(async move {
            let request = CreateAliasBuilder::new(&collection.name, &alias);
            collection
                .client
                .create_alias(request)
                .await
                .map_err(engine_error)?;
            let all = collection.client.list_collections().await.map_err(engine_error)?;
            for other in all.collections {
                if other.name.starts_with(&format!("{alias}-")) && other.name != collection.name {
                    collection
                        .client
                        .delete_collection(other.name)
                        .await
                        .map_err(engine_error)?;
                }
            }
            Ok(())
        })
    }
}

impl QdrantIndex {
    /// Asks the server for what is committed: whether it answers, and has what this index was opened on.
    ///
    /// # Errors
    /// [`IndexError::Engine`] when it does not answer, [`IndexError::Damaged`] when the collection has no
    /// state any more.
    pub fn probe(&self) -> Result<(), IndexError> {
        let collection = Arc::clone(&self.collection);
        self.wait(async move { collection.state().await.map(drop) })
    }
}

impl PassageIndex for QdrantIndex {
    fn fingerprint(&self) -> &Fingerprint {
        &self.collection.fingerprint
    }

    fn apply(&self, add: &[IndexedRevision], remove: &[RevisionId]) -> Result<(), IndexError> {
        check_revisions(add, &self.collection.fingerprint)?;
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let (collection, add, remove) = (Arc::clone(&self.collection), add.to_vec(), remove.to_vec());
        self.wait(async move { collection.apply(add, remove).await })
    }

    fn search(&self, leg: &Leg<'_>, scope: &ReaderScope, limit: usize) -> Result<Vec<Scored>, IndexError> {
        let leg = match leg {
            Leg::Passages(texts) => OwnedLeg::Terms(PointKind::Passage, texts.to_vec()),
            Leg::Paragraphs(texts) => OwnedLeg::Terms(PointKind::Paragraph, texts.to_vec()),
            Leg::Dense(vector) => {
                check_vector(vector, self.collection.fingerprint.dimensions)?;
                OwnedLeg::Dense(vector.to_vec())
            }
        };
        if limit == 0 {
            return Ok(Vec::new());
        }
        let (collection, scope) = (Arc::clone(&self.collection), scope.clone());
        self.wait(async move {
            let search = |state: State| {
                let (collection, leg, scope) = (&collection, &leg, &scope);
                async move { collection.search(&state, leg, scope, limit).await }
            };
            collection.steady(search).await
        })
    }

    fn occurrences(&self, texts: &[String], scope: &ReaderScope) -> Result<Vec<u64>, IndexError> {
        let required: Vec<Vec<String>> = texts.iter().map(|text| terms::required_terms(text)).collect();
        let (collection, scope) = (Arc::clone(&self.collection), scope.clone());
        self.wait(async move {
            let count_all = |state: State| {
                let (collection, required, scope) = (&collection, &required, &scope);
                async move {
                    let mut counts = Vec::with_capacity(required.len());
                    for terms in required {
                        counts.push(collection.count(points::holding(&state, scope, terms)).await?);
                    }
                    Ok(counts)
                }
            };
            collection.steady(count_all).await
        })
    }

    fn revisions(&self) -> Result<Vec<RevisionId>, IndexError> {
        let collection = Arc::clone(&self.collection);
        self.wait(async move {
            let state = collection.state().await?;
            let held = collection.held(&state).await?;
            Ok(held.into_iter().map(|(revision, _)| revision).collect())
        })
    }
}
