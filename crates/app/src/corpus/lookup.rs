//! What the search engine asks of the truth, answered from SQL.
//!
//! Promises: only what the [`ReaderScope`] allows; the list of revisions is one state of the corpus for
//! the length of a question, and is read again only after a change of the corpus.
//! Never: called on a thread that drives the runtime (it blocks).

use std::collections::HashMap;
use std::sync::Arc;

use shoki_core::corpus::{CitationEdge, PassageKey, PassageKind, ReaderScope, Relation, Visibility};
use shoki_core::id::RevisionId;
use shoki_search::query::citation::Names;
use shoki_search::query::lookup::{FoundPassage, LookupError, PassageLookup, RevisionOrigin};
use shoki_store::corpus_model::{LiveRevision, PlacedPassage};
use shoki_store::{CorpusStore, StoreError};
use tokio::runtime::Handle;

use super::items::ItemNames;
use super::names;

/// Items of one name taken without a source: every law has an article 1.
const MOST_ANYWHERE: usize = 100;

/// The sources and revisions of one state of the corpus, and what they are called.
#[derive(Debug)]
pub struct LiveCorpus {
    /// The last change it shows.
    change: u64,
    live: HashMap<RevisionId, LiveRevision>,
    /// Revisions by the title of their source.
    titled: HashMap<String, Vec<RevisionId>>,
    /// Names of the sources.
    pub names: Names,
}

/// Keeps the latest [`LiveCorpus`]: an office with every law of the country has 10,000 revisions, too many
/// to read for each question.
#[derive(Debug, Default)]
pub struct LiveCorpusCache {
    latest: Option<Arc<LiveCorpus>>,
}

impl LiveCorpusCache {
    /// The corpus as it is now. `change` is its last change, asked for first: one in between makes this
    /// corpus look older than it is, never newer.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn corpus(
        &mut self,
        change: u64,
        store: &dyn CorpusStore,
        runtime: &Handle,
    ) -> Result<Arc<LiveCorpus>, StoreError> {
        if let Some(latest) = self.latest.as_ref().filter(|latest| latest.change == change) {
            return Ok(Arc::clone(latest));
        }
        let live = runtime.block_on(store.live_revisions())?;
        let mut titled: HashMap<String, Vec<RevisionId>> = HashMap::new();
        for live in &live {
            let title = live.source.head.title.clone();
            titled.entry(title).or_default().push(live.revision.id);
        }
        let corpus = Arc::new(LiveCorpus {
            change,
            titled,
            names: names::of(&live),
            live: live.into_iter().map(|live| (live.revision.id, live)).collect(),
        });
        self.latest = Some(Arc::clone(&corpus));
        Ok(corpus)
    }
}

/// The corpus as one question sees it.
#[derive(Debug)]
pub struct StoreLookup {
    store: Arc<dyn CorpusStore>,
    runtime: Handle,
    corpus: Arc<LiveCorpus>,
    items: Arc<ItemNames>,
}

fn failed(error: StoreError) -> LookupError {
    LookupError(Box::new(error))
}

impl StoreLookup {
    /// The lookup of one state of the corpus.
    #[must_use]
    pub fn new(
        store: Arc<dyn CorpusStore>,
        runtime: Handle,
        corpus: Arc<LiveCorpus>,
        items: Arc<ItemNames>,
    ) -> Self {
        Self {
            store,
            runtime,
            corpus,
            items,
        }
    }

    /// Names of the sources.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.corpus.names
    }

    /// Whether every 課 may see the source of a revision.
    #[must_use]
    pub fn is_shared(&self, revision: RevisionId) -> bool {
        let live = self.corpus.live.get(&revision);
        live.is_some_and(|live| live.source.visibility == Visibility::Office)
    }

    /// Those keys whose revisions are the reader's to see on the day.
    fn allowed(&self, keys: &[PassageKey], scope: &ReaderScope) -> Vec<PassageKey> {
        let may = |key: &&PassageKey| {
            let live = self.corpus.live.get(&key.revision);
            live.is_some_and(|live| admits(scope, live))
        };
        keys.iter().filter(may).copied().collect()
    }

    /// The items of this name in the sources of this title, the strongest rank first.
    fn keys_named(
        &self,
        title: &str,
        kinds: &[PassageKind],
        item: &str,
        scope: &ReaderScope,
    ) -> Result<Vec<PassageKey>, LookupError> {
        let mut keys = Vec::new();
        for live in self.titled(title, scope) {
            let revision = live.revision.id;
            let items = self.items.of(revision, self.store.as_ref(), &self.runtime)?;
            if let Some(ordinal) = items.find(kinds, item) {
                keys.push((live.source.head.rank, PassageKey { revision, ordinal }));
            }
        }
        keys.sort_unstable();
        Ok(keys.into_iter().map(|(_, key)| key).collect())
    }

    /// The items of this name in any source, the strongest rank first; SQL looks for them, because the names
    /// of every law do not fit in memory.
    fn keys_anywhere(
        &self,
        kinds: &[PassageKind],
        item: &str,
        scope: &ReaderScope,
    ) -> Result<Vec<PassageKey>, LookupError> {
        let found = self
            .runtime
            .block_on(self.store.items_named(scope, kinds, item))
            .map_err(failed)?;
        let mut keys: Vec<_> = self
            .allowed(&found, scope)
            .into_iter()
            .map(|key| (self.corpus.live[&key.revision].source.head.rank, key))
            .collect();
        keys.sort_unstable();
        keys.truncate(MOST_ANYWHERE);
        Ok(keys.into_iter().map(|(_, key)| key).collect())
    }

    /// The revisions of the sources of this title that the reader may see on the day.
    fn titled<'a>(&'a self, title: &str, scope: &'a ReaderScope) -> impl Iterator<Item = &'a LiveRevision> {
        let revisions = self.corpus.titled.get(title).into_iter().flatten();
        revisions
            .filter_map(|revision| self.corpus.live.get(revision))
            .filter(|live| admits(scope, live))
    }
}

fn admits(scope: &ReaderScope, live: &LiveRevision) -> bool {
    let own = live.source.visibility == Visibility::Office || live.source.department == scope.department;
    let head = &live.revision.head;
    own && head.valid_from.is_none_or(|from| from <= scope.as_of)
        && head.valid_to.is_none_or(|to| scope.as_of < to)
        && scope
            .sources
            .as_ref()
            .is_none_or(|sources| sources.contains(&live.source.head.key))
}

fn found(placed: PlacedPassage) -> FoundPassage {
    FoundPassage {
        key: placed.key,
        origin: RevisionOrigin {
            source: placed.source.head.key,
            title: placed.source.head.title,
            rank: placed.source.head.rank,
            valid_from: placed.revision.valid_from,
        },
        passage: placed.passage,
    }
}

impl PassageLookup for StoreLookup {
    fn origin(
        &self,
        revision: RevisionId,
        scope: &ReaderScope,
    ) -> Result<Option<RevisionOrigin>, LookupError> {
        let live = self.corpus.live.get(&revision).filter(|live| admits(scope, live));
        Ok(live.map(|live| RevisionOrigin {
            source: live.source.head.key.clone(),
            title: live.source.head.title.clone(),
            rank: live.source.head.rank,
            valid_from: live.revision.head.valid_from,
        }))
    }

    fn passages(&self, keys: &[PassageKey], scope: &ReaderScope) -> Result<Vec<FoundPassage>, LookupError> {
        let placed = self
            .runtime
            .block_on(self.store.placed(scope.department, &self.allowed(keys, scope)))
            .map_err(failed)?;
        Ok(placed.into_iter().map(found).collect())
    }

    fn holds(&self, title: &str, scope: &ReaderScope) -> Result<bool, LookupError> {
        Ok(self.titled(title, scope).next().is_some())
    }

    fn named(
        &self,
        title: Option<&str>,
        kinds: &[PassageKind],
        item: &str,
        scope: &ReaderScope,
    ) -> Result<Vec<FoundPassage>, LookupError> {
        let keys = match title {
            Some(title) => self.keys_named(title, kinds, item, scope)?,
            None => self.keys_anywhere(kinds, item, scope)?,
        };
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        self.passages(&keys, scope)
    }

    fn place(
        &self,
        title: &str,
        kinds: &[PassageKind],
        item: &str,
        scope: &ReaderScope,
    ) -> Result<Option<PassageKey>, LookupError> {
        Ok(self.keys_named(title, kinds, item, scope)?.first().copied())
    }

    fn references(
        &self,
        keys: &[PassageKey],
        scope: &ReaderScope,
    ) -> Result<Vec<(PassageKey, CitationEdge)>, LookupError> {
        self.runtime
            .block_on(self.store.citing(scope.department, &self.allowed(keys, scope)))
            .map_err(failed)
    }

    fn referring(
        &self,
        title: &str,
        item: &str,
        scope: &ReaderScope,
        most: usize,
    ) -> Result<Vec<(PassageKey, Relation)>, LookupError> {
        let mut all = Vec::new();
        let kinds = [PassageKind::Article, PassageKind::OutlineItem];
        let rows = u32::try_from(most).unwrap_or(u32::MAX);
        for cited in self.keys_named(title, &kinds, item, scope)? {
            let edges = self
                .runtime
                .block_on(self.store.cited_by(scope, cited, rows))
                .map_err(failed)?;
            all.extend(edges.into_iter().map(|(key, edge)| (key, edge.relation)));
        }
        all.sort_by_key(|&(key, relation)| (relation, key));
        all.dedup();
        all.truncate(most);
        Ok(all)
    }
}
