//! What the engine asks of the truth: passages by key and by name, references both ways. The service
//! answers from SQL; the command line and the tests from memory.
//!
//! Promise: an implementation shows only what the [`ReaderScope`] allows. Never: ranking.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use shoki_core::corpus::{
    CitationEdge, Passage, PassageKey, PassageKind, ReaderScope, Relation, RevisionHead, SourceHead,
    SourceRank,
};
use shoki_core::id::{DepartmentId, RevisionId};

/// The source and revision a passage belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevisionOrigin {
    /// The source's key.
    pub source: String,
    /// Its title.
    pub title: String,
    /// What it is.
    pub rank: SourceRank,
    /// 施行日.
    pub valid_from: Option<Date>,
}

/// A passage with where it is from.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundPassage {
    /// Its key.
    pub key: PassageKey,
    /// Where it is from.
    pub origin: RevisionOrigin,
    /// Itself.
    pub passage: Passage,
}

/// The truth could not be read.
#[derive(Debug, thiserror::Error)]
#[error("reading the passages")]
pub struct LookupError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Passages and references as of a day, for one reader.
pub trait PassageLookup: Send + Sync {
    /// Where a revision is from; `None` when it is not there or not the reader's to see.
    ///
    /// # Errors
    /// [`LookupError`].
    fn origin(
        &self,
        revision: RevisionId,
        scope: &ReaderScope,
    ) -> Result<Option<RevisionOrigin>, LookupError>;
    /// Passages by key, those that are there, in the order of `keys`.
    ///
    /// # Errors
    /// [`LookupError`].
    fn passages(&self, keys: &[PassageKey], scope: &ReaderScope) -> Result<Vec<FoundPassage>, LookupError>;
    /// Whether a source of this title is in force.
    ///
    /// # Errors
    /// [`LookupError`].
    fn holds(&self, title: &str, scope: &ReaderScope) -> Result<bool, LookupError>;
    /// The items of this name, in the source of this title, or in any when `title` is `None`; the
    /// strongest rank first. 67 finds a deleted range `67:68`.
    ///
    /// # Errors
    /// [`LookupError`].
    fn named(
        &self,
        title: Option<&str>,
        kinds: &[PassageKind],
        item: &str,
        scope: &ReaderScope,
    ) -> Result<Vec<FoundPassage>, LookupError>;
    /// The first of [`PassageLookup::named`] by its key alone: a question asks for hundreds of them.
    ///
    /// # Errors
    /// [`LookupError`].
    fn place(
        &self,
        title: &str,
        kinds: &[PassageKind],
        item: &str,
        scope: &ReaderScope,
    ) -> Result<Option<PassageKey>, LookupError>;
    /// References that stand in passages, those of one passage in their order.
    ///
    /// # Errors
    /// [`LookupError`].
    fn references(
        &self,
        keys: &[PassageKey],
        scope: &ReaderScope,
    ) -> Result<Vec<(PassageKey, CitationEdge)>, LookupError>;
    /// Passages that refer to an item, at most `most`: by relation, then by key.
    ///
    /// # Errors
    /// [`LookupError`].
    fn referring(
        &self,
        title: &str,
        item: &str,
        scope: &ReaderScope,
        most: usize,
    ) -> Result<Vec<(PassageKey, Relation)>, LookupError>;
}

/// A revision held in memory.
#[derive(Clone, Debug)]
pub struct HeldRevision {
    /// Its id.
    pub id: RevisionId,
    /// The source.
    pub source: SourceHead,
    /// When it is in force.
    pub head: RevisionHead,
    /// Whose it is; `None` when every 課 may see it.
    pub department: Option<DepartmentId>,
    /// Its passages, by ordinal.
    pub passages: Vec<Passage>,
    /// References that stand in them.
    pub edges: Vec<CitationEdge>,
}

impl HeldRevision {
    fn admitted(&self, scope: &ReaderScope) -> bool {
        self.department.is_none_or(|owner| owner == scope.department)
            && self.head.valid_from.is_none_or(|from| from <= scope.as_of)
            && self.head.valid_to.is_none_or(|to| scope.as_of < to)
            && scope
                .sources
                .as_ref()
                .is_none_or(|sources| sources.contains(&self.source.key))
    }

    fn origin(&self) -> RevisionOrigin {
        RevisionOrigin {
            source: self.source.key.clone(),
            title: self.source.title.clone(),
            rank: self.source.rank,
            valid_from: self.head.valid_from,
        }
    }

    fn found(&self, at: usize) -> Option<FoundPassage> {
        let passage = self.passages.get(at)?;
        Some(FoundPassage {
            key: PassageKey {
                revision: self.id,
                ordinal: passage.ordinal,
            },
            origin: self.origin(),
            passage: passage.clone(),
        })
    }
}

/// Citing passages by title and item.
type ReferringMap = HashMap<(String, String), Vec<(PassageKey, Relation)>>;

/// A corpus in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryPassages {
    revisions: BTreeMap<RevisionId, HeldRevision>,
    referring: ReferringMap,
}

impl MemoryPassages {
    /// Holds revisions.
    #[must_use]
    pub fn new(revisions: Vec<HeldRevision>) -> Self {
        let mut referring = ReferringMap::new();
        for held in &revisions {
            for edge in &held.edges {
                let key = PassageKey {
                    revision: held.id,
                    ordinal: edge.from,
                };
                let list = referring
                    .entry((edge.source.clone(), edge.item.clone()))
                    .or_default();
                if !list.contains(&(key, edge.relation)) {
                    list.push((key, edge.relation));
                }
            }
        }
        for list in referring.values_mut() {
            list.sort_by_key(|&(key, relation)| (relation, key));
        }
        Self {
            revisions: revisions.into_iter().map(|held| (held.id, held)).collect(),
            referring,
        }
    }

    fn admitted(&self, revision: RevisionId, scope: &ReaderScope) -> Option<&HeldRevision> {
        self.revisions.get(&revision).filter(|held| held.admitted(scope))
    }
}

impl PassageLookup for MemoryPassages {
    fn origin(
        &self,
        revision: RevisionId,
        scope: &ReaderScope,
    ) -> Result<Option<RevisionOrigin>, LookupError> {
        Ok(self.admitted(revision, scope).map(HeldRevision::origin))
    }

    fn passages(&self, keys: &[PassageKey], scope: &ReaderScope) -> Result<Vec<FoundPassage>, LookupError> {
        Ok(keys
            .iter()
            .filter_map(|key| {
                self.admitted(key.revision, scope)?
                    .found(usize::try_from(key.ordinal).ok()?)
            })
            .collect())
    }

    fn holds(&self, title: &str, scope: &ReaderScope) -> Result<bool, LookupError> {
        let mut revisions = self.revisions.values();
        Ok(revisions.any(|held| held.source.title == title && held.admitted(scope)))
    }

    fn named(
        &self,
        title: Option<&str>,
        kinds: &[PassageKind],
        item: &str,
        scope: &ReaderScope,
    ) -> Result<Vec<FoundPassage>, LookupError> {
        let mut found: Vec<FoundPassage> = self
            .revisions
            .values()
            .filter(|held| held.admitted(scope) && title.is_none_or(|title| held.source.title == title))
            .flat_map(|held| {
                held.passages
                    .iter()
                    .enumerate()
                    .filter(|(_, passage)| kinds.contains(&passage.kind) && passage.is_item(item))
                    .filter_map(|(at, _)| held.found(at))
            })
            .collect();
        found.sort_by_key(|found| (found.origin.rank, found.key));
        Ok(found)
    }

    fn place(
        &self,
        title: &str,
        kinds: &[PassageKind],
        item: &str,
        scope: &ReaderScope,
    ) -> Result<Option<PassageKey>, LookupError> {
        let found = self.named(Some(title), kinds, item, scope)?;
        Ok(found.first().map(|found| found.key))
    }

    fn references(
        &self,
        keys: &[PassageKey],
        scope: &ReaderScope,
    ) -> Result<Vec<(PassageKey, CitationEdge)>, LookupError> {
        let mut all = Vec::new();
        for &key in keys {
            let held = self.admitted(key.revision, scope);
            let edges = held.into_iter().flat_map(|held| &held.edges);
            all.extend(
                edges
                    .filter(|edge| edge.from == key.ordinal)
                    .map(|edge| (key, edge.clone())),
            );
        }
        Ok(all)
    }

    fn referring(
        &self,
        title: &str,
        item: &str,
        scope: &ReaderScope,
        most: usize,
    ) -> Result<Vec<(PassageKey, Relation)>, LookupError> {
        Ok(self
            .referring
            .get(&(title.to_owned(), item.to_owned()))
            .map_or_else(Vec::new, |list| {
                list.iter()
                    .filter(|(key, _)| self.admitted(key.revision, scope).is_some())
                    .take(most)
                    .copied()
                    .collect()
            }))
    }
}
