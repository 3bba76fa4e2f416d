//! Which passage an item is, remembered per revision: a question asks for hundreds of items, and a look into
//! SQL costs two changes of thread each.
//!
//! Promises: a revision's passages never change, so what was read once stays true; memory is bounded by
//! [`MAX_NAMES`]. Never: a decision on who may see a revision (the caller's).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use shoki_core::corpus::{PassageKind, means_item};
use shoki_core::id::RevisionId;
use shoki_search::query::lookup::LookupError;
use shoki_store::CorpusStore;
use shoki_store::corpus_model::ItemName;
use tokio::runtime::Handle;

/// Names remembered at most, about 100 MB: every law of the country. Beyond it all are forgotten and read
/// again as they are asked for.
const MAX_NAMES: usize = 1_000_000;

/// The items of one revision by name.
#[derive(Debug, Default)]
pub struct RevisionItems {
    /// The first passage of a name, 本則 before 附則.
    by_name: HashMap<Box<str>, Vec<(PassageKind, u32)>>,
    /// Deleted ranges (`67:68`).
    ranges: Vec<(Box<str>, PassageKind, u32)>,
    names: usize,
}

impl RevisionItems {
    /// The items by name.
    #[must_use]
    pub fn new(items: Vec<ItemName>) -> Self {
        let mut read = Self {
            names: items.len(),
            ..Self::default()
        };
        for ItemName { ordinal, kind, item } in items {
            let item = item.into_boxed_str();
            if item.contains(':') {
                read.ranges.push((item.clone(), kind, ordinal));
            }
            read.by_name.entry(item).or_default().push((kind, ordinal));
        }
        read
    }

    /// The first passage of one of `kinds` that `name` means: of that name, else a deleted range around it.
    #[must_use]
    pub fn find(&self, kinds: &[PassageKind], name: &str) -> Option<u32> {
        let named = self.by_name.get(name).into_iter().flatten();
        let mut named = named.filter(|(kind, _)| kinds.contains(kind));
        let mut around = self
            .ranges
            .iter()
            .filter(|(range, kind, _)| kinds.contains(kind) && means_item(range, name));
        named
            .next()
            .map(|(_, ordinal)| *ordinal)
            .or_else(|| around.next().map(|(_, _, ordinal)| *ordinal))
    }
}

#[derive(Debug, Default)]
struct Remembered {
    revisions: HashMap<RevisionId, Arc<RevisionItems>>,
    names: usize,
}

/// The items of the revisions asked for so far.
#[derive(Debug, Default)]
pub struct ItemNames {
    remembered: Mutex<Remembered>,
}

impl ItemNames {
    /// The items of a revision.
    ///
    /// # Errors
    /// [`LookupError`] when SQL cannot be read.
    pub fn of(
        &self,
        revision: RevisionId,
        store: &dyn CorpusStore,
        runtime: &Handle,
    ) -> Result<Arc<RevisionItems>, LookupError> {
        if let Some(held) = self.lock().revisions.get(&revision) {
            return Ok(Arc::clone(held));
        }
        let items = runtime
            .block_on(store.revision_items(revision))
            .map_err(|error| LookupError(Box::new(error)))?;
        let items = Arc::new(RevisionItems::new(items));
        let mut remembered = self.lock();
        if remembered.names + items.names > MAX_NAMES {
            *remembered = Remembered::default();
        }
        remembered.names += items.names;
        remembered.revisions.insert(revision, Arc::clone(&items));
        Ok(items)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Remembered> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_finds_its_kind_and_a_deleted_range_answers_for_what_it_held() {
        let item = |ordinal, kind, item: &str| ItemName {
            ordinal,
            kind,
            item: item.to_owned(),
        };
        let items = RevisionItems::new(vec![
            item(0, PassageKind::Article, "1"),
            item(1, PassageKind::Article, "67:68"),
            item(2, PassageKind::Supplementary, "1"),
            item(3, PassageKind::Supplementary, "附則2"),
        ]);
        let article = [PassageKind::Article];
        assert_eq!(items.find(&article, "1"), Some(0));
        assert_eq!(items.find(&[PassageKind::Supplementary], "1"), Some(2));
        assert_eq!(items.find(&article, "67_2"), Some(1));
        assert_eq!(items.find(&article, "69"), None);
        assert_eq!(items.find(&article, "附則2"), None);
    }
}
