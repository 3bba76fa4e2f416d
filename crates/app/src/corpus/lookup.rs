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
    /// The corpus as it is now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn corpus(
        &mut self,
        store: &dyn CorpusStore,
        runtime: &Handle,
    ) -> Result<Arc<LiveCorpus>, StoreError> {
        // Asked first: a change in between makes this corpus look older than it is, never newer.
        let change = runtime.block_on(store.last_change())?;
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
        for &revision in self.corpus.titled.get(title).into_iter().flatten() {
            let Some(live) = self.corpus.live.get(&revision).filter(|live| admits(scope, live)) else {
                continue;
            };
            let items = self.items.of(revision, self.store.as_ref(), &self.runtime)?;
            if let Some(ordinal) = items.find(kinds, item) {
                keys.push((live.source.head.rank, PassageKey { revision, ordinal }));
            }
        }
        keys.sort_unstable();
        Ok(keys.into_iter().map(|(_, key)| key).collect())
    }

    fn admitted(&self, scope: &ReaderScope) -> impl Iterator<Item = &LiveRevision> {
        self.corpus.live.values().filter(|live| admits(scope, live))
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

    fn titles(&self, scope: &ReaderScope) -> Result<Vec<String>, LookupError> {
        let mut titles: Vec<String> = self
            .admitted(scope)
            .map(|live| live.source.head.title.clone())
            .collect();
        titles.sort_unstable();
        titles.dedup();
        Ok(titles)
    }

    fn named(
        &self,
        title: Option<&str>,
        kinds: &[PassageKind],
        item: &str,
        scope: &ReaderScope,
    ) -> Result<Vec<FoundPassage>, LookupError> {
        let mut keys: Vec<&str> = self
            .admitted(scope)
            .filter(|live| title.is_none_or(|title| live.source.head.title == title))
            .map(|live| live.source.head.key.as_str())
            .collect();
        keys.sort_unstable();
        keys.dedup();
        let mut all = Vec::new();
        for key in keys {
            let one = ReaderScope {
                sources: Some(vec![key.to_owned()]),
                supplementary: kinds.contains(&PassageKind::Supplementary),
                ..scope.clone()
            };
            let placed = self
                .runtime
                .block_on(self.store.item_as_of(&one, key, item))
                .map_err(failed)?;
            all.extend(
                placed
                    .filter(|placed| kinds.contains(&placed.passage.kind))
                    .map(found),
            );
        }
        all.sort_by_key(|found| (found.origin.rank, found.key));
        Ok(all)
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
    ) -> Result<Vec<(PassageKey, Relation)>, LookupError> {
        let mut all = Vec::new();
        let kinds = [PassageKind::Article, PassageKind::OutlineItem];
        for cited in self.keys_named(title, &kinds, item, scope)? {
            let edges = self
                .runtime
                .block_on(self.store.cited_by(scope, cited))
                .map_err(failed)?;
            all.extend(edges.into_iter().map(|(key, edge)| (key, edge.relation)));
        }
        all.sort_by_key(|&(key, _)| key);
        all.dedup();
        Ok(all)
    }
}
