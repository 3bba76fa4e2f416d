//! Keeps the service's index in step with SQL and with the models that lie in the store.
//!
//! Promises: files that `shoki models pull` or `import` bring are used without a restart; with another
//! embedder an index is made beside the one that serves, which serves and is followed on until the new one
//! is whole; a model that cannot be used changes nothing. Never: a word-only index in the place of one that
//! has vectors, because a file is being replaced.

use std::sync::Arc;
use std::time::Duration;

use shoki_api::IndexState;
use shoki_core::manifest::ModelManifest;
use shoki_engine::Embed;
use shoki_search::index::IndexError;
use shoki_store::CorpusStore;
use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::handover::{Handover, Tools};
use super::indexer::{Indexer, IndexerError};
use super::local::fingerprint;
use super::serving_index::{IndexPlace, ServingIndex};
use super::{embedder, reranker, service};
use crate::command::Refusal;
use crate::config::Config;
use crate::priority::yield_to_people;
use crate::{place, reading_engine};

/// Pause between two looks at the corpus: the database ticks with every page that is read.
const PAUSE: Duration = Duration::from_millis(250);
/// Time between two looks at the models' files and at the server of the index.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// An index with what feeds it.
struct Followed {
    index: ServingIndex,
    indexer: Indexer,
    /// Whether it was made anew and must be published when it is whole.
    fresh: bool,
}

/// Follows.
pub struct Follower {
    config: Config,
    store: Arc<dyn CorpusStore>,
    place: IndexPlace,
    handover: Handover,
    followed: Option<Followed>,
    rebuilding: Option<oneshot::Receiver<Option<Followed>>>,
    /// The models' files as they were when they were looked at last.
    files: Vec<FileState>,
    health: watch::Sender<Option<String>>,
    state: watch::Sender<Option<IndexState>>,
}

/// Path, length and time of a file; `None` when it is not there.
type FileState = (std::path::PathBuf, Option<(u64, std::time::SystemTime)>);

impl Follower {
    /// A follower that has opened nothing yet.
    #[must_use]
    pub fn new(config: &Config, store: Arc<dyn CorpusStore>, place: IndexPlace, handover: Handover) -> Self {
        Self {
            config: config.clone(),
            store,
            place,
            handover,
            followed: None,
            rebuilding: None,
            files: Vec::new(),
            health: watch::channel(None).0,
            state: watch::channel(None).0,
        }
    }

    /// What is wrong with the index, as a sentence; `None` when it can be asked.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<Option<String>> {
        self.health.subscribe()
    }

    /// The index that serves; `None` while none does.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<Option<IndexState>> {
        self.state.subscribe()
    }

    /// Shows the index that serves now.
    fn show(&self) {
        let state = self.followed.as_ref().map(|followed| {
            let index = followed.index.shared();
            let fingerprint = index.fingerprint();
            IndexState {
                embedder: fingerprint.embedder,
                dimensions: fingerprint.dimensions,
                layout: fingerprint.layout,
                is_whole: !followed.fresh,
                is_rebuilding: self.rebuilding.is_some(),
            }
        });
        self.state.send_replace(state);
    }

    /// Opens the index for the first time. A server that does not answer is asked again later.
    ///
    /// # Errors
    /// [`Refusal`] when an index of this machine does not open.
    pub fn begin(&mut self) -> Result<(), Refusal> {
        self.files = self.model_files()?;
        match (self.open(), &self.place) {
            (Ok(()), _) => Ok(()),
            (Err(error), IndexPlace::Server(_)) => {
                self.say(Some(&error));
                Ok(())
            }
            (Err(error), IndexPlace::Directory(_)) => {
                self.say(Some(&error));
                Err(Refusal::said(self.place.trouble_ja()))
            }
        }
    }

    /// Opens the index and hands it over.
    fn open(&mut self) -> Result<(), IndexError> {
        let loaded =
            embedder::load(&self.config).map_err(|_| IndexError::Engine("no catalogue".to_owned()))?;
        let (index, fresh) = self.place.open(&fingerprint(loaded.as_deref()))?;
        self.hand_over(&index, loaded);
        self.followed = Some(self.fed(index, fresh));
        Ok(())
    }

    fn fed(&self, index: ServingIndex, fresh: bool) -> Followed {
        let embedder = embedder::load(&self.config).ok().flatten();
        Followed {
            indexer: Indexer::new(
                Arc::clone(&self.store),
                index.shared(),
                embedder,
                &place::index_dir(&self.config),
            ),
            index,
            fresh,
        }
    }

    fn hand_over(&self, index: &ServingIndex, embedder: Option<Box<dyn Embed>>) {
        let reranker = reranker::load(&self.config).ok().flatten();
        self.handover.lay(Tools::new(index.shared(), embedder, reranker));
    }

    /// Says what is wrong, once.
    fn say(&self, error: Option<&dyn std::error::Error>) {
        let trouble = error.map(|_| self.place.trouble_ja());
        let changed = self.health.send_if_modified(|held| {
            let changed = *held != trouble;
            held.clone_from(&trouble);
            changed
        });
        match error {
            Some(error) if changed => {
                tracing::error!(error = error.to_string(), "the index cannot be asked");
            }
            None if changed => tracing::info!("the index can be asked again"),
            _ => {}
        }
    }

    /// Follows until the service stops.
    pub async fn follow(mut self, mut changes: watch::Receiver<u64>, shutdown: CancellationToken) {
        while !shutdown.is_cancelled() {
            changes.mark_unchanged();
            self.look().await;
            self.look_at_models();
            self.show();
            let rebuilt = async {
                match self.rebuilding.as_mut() {
                    Some(rebuilding) => rebuilding.await.ok().flatten(),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                changed = changes.changed() => if changed.is_err() { return },
                followed = rebuilt => self.switch_to(followed),
                () = tokio::time::sleep(LOOK_AGAIN) => {}
                () = shutdown.cancelled() => {}
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = shutdown.cancelled() => {}
            }
        }
    }

    /// One round; the index is opened when it is not.
    async fn look(&mut self) {
        if self.followed.is_none()
            && let Err(error) = self.open()
        {
            self.say(Some(&error));
            return;
        }
        let Some(followed) = self.followed.as_mut() else {
            return;
        };
        let done = match followed.index.probe() {
            Ok(()) => round(followed).await,
            Err(error) => Err(error.into()),
        };
        match done {
            Ok(()) => self.say(None),
            Err(IndexerError::Index(error)) => {
                // A server that lost its collection gets another one.
                if matches!(error, IndexError::Damaged(_)) && matches!(self.place, IndexPlace::Server(_)) {
                    self.followed = None;
                }
                self.say(Some(&error));
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the index is behind the corpus"
                );
            }
        }
    }

    /// Uses the models' files when they have changed.
    fn look_at_models(&mut self) {
        let (Ok(files), None, Some(followed)) = (self.model_files(), &self.rebuilding, &self.followed) else {
            return;
        };
        if files == self.files {
            return;
        }
        self.files = files;
        let Ok(loaded) = embedder::load(&self.config) else {
            return;
        };
        let current = followed.index.shared();
        let wanted = fingerprint(loaded.as_deref());
        if wanted == *current.fingerprint() {
            tracing::info!("the models of the law desk were loaded again");
            self.hand_over(&followed.index, loaded);
            return;
        }
        if loaded.is_none() {
            tracing::warn!("the embedder cannot be used any more; the one that was loaded is kept");
            return;
        }
        tracing::info!("another embedder: an index is made beside the one that serves");
        let (place, runtime) = (self.place.clone(), tokio::runtime::Handle::current());
        let (done, rebuilding) = oneshot::channel();
        let rebuilder = Rebuilder {
            place,
            indexer: {
                let (config, store) = (self.config.clone(), Arc::clone(&self.store));
                move |index: &ServingIndex| {
                    Indexer::new(store, index.shared(), loaded, &place::index_dir(&config))
                }
            },
        };
        let spawned = service::spawn("shoki-reindex", move || {
            yield_to_people();
            drop(done.send(runtime.block_on(rebuilder.run(wanted))));
        });
        if spawned.is_ok() {
            self.rebuilding = Some(rebuilding);
        }
    }

    /// Lets a rebuilt index serve.
    fn switch_to(&mut self, followed: Option<Followed>) {
        self.rebuilding = None;
        let Some(followed) = followed else {
            return;
        };
        let loaded = embedder::load(&self.config).ok().flatten();
        if fingerprint(loaded.as_deref()) != *followed.index.shared().fingerprint() {
            // The files changed again meanwhile: the next look at them starts anew.
            self.files.clear();
            return;
        }
        self.hand_over(&followed.index, loaded);
        self.followed = Some(followed);
        tracing::info!("the index of the other embedder serves");
    }

    /// The files of the embedder and the reranker as they lie there now.
    fn model_files(&self) -> Result<Vec<FileState>, Refusal> {
        let (catalogue, store) = reading_engine::models(&self.config)?;
        let of = |model: &ModelManifest| -> Vec<FileState> {
            let state = |path: std::path::PathBuf| {
                let found = std::fs::metadata(&path)
                    .ok()
                    .and_then(|data| Some((data.len(), data.modified().ok()?)));
                (path, found)
            };
            model
                .files
                .iter()
                .map(|file| state(store.path(model, file)))
                .collect()
        };
        let models = [
            embedder::manifest(&catalogue, &self.config).ok(),
            reranker::manifest(&catalogue).ok(),
            catalogue.get(reading_engine::ONNX_RUNTIME).ok(),
        ];
        Ok(models.into_iter().flatten().flat_map(of).collect())
    }
}

/// Brings an index up to date; one that was made anew serves once it is.
async fn round(followed: &mut Followed) -> Result<(), IndexerError> {
    let round = followed.indexer.round().await?;
    if round.applied + round.removed > 0 {
        tracing::info!(
            applied = round.applied,
            removed = round.removed,
            embedded = round.embedded,
            "the index follows the corpus"
        );
    }
    if followed.fresh {
        followed.index.publish()?;
        followed.fresh = false;
    }
    Ok(())
}

/// Makes an index beside the one that serves.
struct Rebuilder<I> {
    place: IndexPlace,
    indexer: I,
}

impl<I: FnOnce(&ServingIndex) -> Indexer> Rebuilder<I> {
    /// The index, whole and published; `None` when it could not be made (said in the log).
    async fn run(self, wanted: shoki_search::index::Fingerprint) -> Option<Followed> {
        let made = async {
            let index = self.place.rebuild(&wanted)?;
            let mut followed = Followed {
                indexer: (self.indexer)(&index),
                index,
                fresh: true,
            };
            round(&mut followed).await?;
            Ok::<_, IndexerError>(followed)
        };
        made.await
            .inspect_err(|error| {
                tracing::error!(
                    error = error as &dyn std::error::Error,
                    "no index could be made for the other embedder"
                );
            })
            .ok()
    }
}
