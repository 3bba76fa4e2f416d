//! The bank of known questions as the office left it: the shipped one without the entries that were taken
//! the vote, with those that were added.
//!
//! Promises: the shipped bank stays as it is, and so does how rare its terms count; an added entry is about
//! a source that every 課 may see and holds no personal data. Never: a bank of one 課 (`own_bank`).

use std::collections::HashSet;
use std::sync::Arc;

use shoki_api::{BankEdit, BankEntry, BankEntryKind, BankFilter, BankRefusal};
use shoki_core::corpus::ReaderScope;
use shoki_core::id::BankEntryId;
use shoki_search::query::bank::{BankedQuestion, Known, QuestionBank};
use shoki_search::query::lookup::{LookupError, PassageLookup as _};
use shoki_search::query::sketch::Sketch;
use shoki_search::query::{ANSWERING, personal};
use shoki_search::text::normalise;
use shoki_store::corpus_model::{AddedQuestion, BankChange};
use shoki_store::{CorpusStore, StoreError};
use tokio::runtime::Handle;

use super::lookup::StoreLookup;

/// Changes that an office may make: the shipped bank has 6,000 entries.
const MOST_CHANGES: usize = 5_000;

/// The bank, and what it was made from.
pub struct OfficeBank {
    shipped: Arc<QuestionBank>,
    changes: Vec<BankChange>,
    /// The state of the office's knowledge that the changes show.
    knowledge: Option<u64>,
    now: Arc<QuestionBank>,
}

impl OfficeBank {
    /// The shipped bank; the office's changes are read at the first [`OfficeBank::refresh`].
    #[must_use]
    pub fn shipped() -> Self {
        let shipped = Arc::new(QuestionBank::shipped());
        Self {
            now: Arc::clone(&shipped),
            shipped,
            changes: Vec::new(),
            knowledge: None,
        }
    }

    /// Brings the bank up to date; `knowledge` was asked for first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn refresh(
        &mut self,
        knowledge: u64,
        store: &dyn CorpusStore,
        runtime: &Handle,
    ) -> Result<(), StoreError> {
        if self.knowledge != Some(knowledge) {
            let changes = runtime.block_on(store.bank_changes())?;
            if changes != self.changes {
                self.now = changed(&self.shipped, &changes);
                self.changes = changes;
            }
            self.knowledge = Some(knowledge);
        }
        Ok(())
    }

    /// The bank as it was refreshed last.
    #[must_use]
    pub fn now(&self) -> Arc<QuestionBank> {
        Arc::clone(&self.now)
    }

    /// The bank after one more change.
    #[must_use]
    pub fn after(&self, change: &BankChange) -> Arc<QuestionBank> {
        let mut changes = self.changes.clone();
        changes.retain(|held| held.entry() != change.entry());
        if !matches!(change, BankChange::Undo(_)) {
            changes.push(change.clone());
        }
        changed(&self.shipped, &changes)
    }

    /// The entries of a source, in the order of their items; `None` when the one to go on after is gone.
    #[must_use]
    pub fn entries(&self, filter: &BankFilter) -> Option<(Vec<BankEntry>, bool)> {
        let suppressed = suppressed(&self.changes);
        let added: Vec<BankedQuestion> = self.changes.iter().filter_map(added).collect();
        let shipped = self.shipped.questions().iter().map(|question| (question, true));
        let mut entries: Vec<BankEntry> = shipped
            .chain(added.iter().map(|question| (question, false)))
            .map(|(question, shipped)| entry(question, shipped, &suppressed))
            .filter(|entry| entry.source == filter.source)
            .filter(|entry| filter.item.is_none() || entry.item == filter.item)
            .collect();
        entries.sort_by(|a, b| (&a.item, &a.question, a.id).cmp(&(&b.item, &b.question, b.id)));
        let first = match filter.after {
            None => 0,
            Some(after) => entries.iter().position(|entry| entry.id == after)? + 1,
        };
        let mut entries = entries.split_off(first);
        let more = entries.len() > filter.rows;
        entries.truncate(filter.rows);
        Some((entries, more))
    }

    /// What an edit comes to, and the entry as it then stands.
    ///
    /// # Errors
    /// [`LookupError`]; the inner error is what the office is told.
    pub fn planned(
        &self,
        edit: &BankEdit,
        lookup: &StoreLookup,
        scope: &ReaderScope,
    ) -> Result<Result<(BankChange, BankEntry), BankRefusal>, LookupError> {
        let is_suppressed = |id: BankEntryId| suppressed(&self.changes).contains(&id);
        let planned = match edit {
            BankEdit::Add {
                question,
                source,
                item,
            } => {
                let new = match new_entry(question, source, item, lookup, scope)? {
                    Ok(new) => new,
                    Err(refusal) => return Ok(Err(refusal)),
                };
                let id = new.entry();
                if is_suppressed(id) {
                    (BankChange::Undo(id), new, true)
                } else if self.now.questions().iter().any(|held| held.entry() == id) {
                    return Ok(Err(BankRefusal::AlreadyThere));
                } else {
                    let added = AddedQuestion {
                        question: new.text.clone(),
                        title: source.clone(),
                        item: item.clone(),
                        seen: new.seen.map(|seen| seen.to_string()).unwrap_or_default(),
                    };
                    (BankChange::Add(id, added), new, false)
                }
            }
            BankEdit::Remove(id) => match (self.shipped_entry(*id), self.added_entry(*id)) {
                (_, Some(added)) => (BankChange::Undo(*id), added, false),
                (Some(shipped), None) if !is_suppressed(*id) => (BankChange::Suppress(*id), shipped, true),
                _ => return Ok(Err(BankRefusal::NoSuchEntry)),
            },
            BankEdit::Restore(id) => match self.shipped_entry(*id) {
                Some(shipped) if is_suppressed(*id) => (BankChange::Undo(*id), shipped, true),
                _ => return Ok(Err(BankRefusal::NoSuchEntry)),
            },
        };
        let (change, question, shipped) = planned;
        let adds = !matches!(change, BankChange::Undo(_));
        if adds && self.changes.len() >= MOST_CHANGES {
            return Ok(Err(BankRefusal::Full));
        }
        let mut entry = entry(&question, shipped, &HashSet::new());
        entry.has_vote = !matches!(edit, BankEdit::Remove(_));
        Ok(Ok((change, entry)))
    }

    fn shipped_entry(&self, id: BankEntryId) -> Option<BankedQuestion> {
        let mut shipped = self.shipped.questions().iter();
        shipped.find(|question| question.entry() == id).cloned()
    }

    fn added_entry(&self, id: BankEntryId) -> Option<BankedQuestion> {
        self.changes
            .iter()
            .filter(|change| change.entry() == id)
            .find_map(added)
    }
}

/// A question that the office wants to add.
fn new_entry(
    question: &str,
    source: &str,
    item: &str,
    lookup: &StoreLookup,
    scope: &ReaderScope,
) -> Result<Result<BankedQuestion, BankRefusal>, LookupError> {
    if !personal::spans(question).is_empty() {
        return Ok(Err(BankRefusal::Personal));
    }
    let Some(key) = lookup.place(source, ANSWERING, item, scope)? else {
        return Ok(Err(BankRefusal::NoSuchItem));
    };
    if !lookup.is_shared(key.revision) {
        return Ok(Err(BankRefusal::NotShared));
    }
    let found = lookup.passages(&[key], scope)?;
    Ok(Ok(BankedQuestion {
        text: normalise(question.trim()),
        known: Known::Item {
            law: source.to_owned(),
            article: item.to_owned(),
        },
        seen: found.first().map(|found| Sketch::of(&found.passage.text)),
        faq: None,
    }))
}

fn suppressed(changes: &[BankChange]) -> HashSet<BankEntryId> {
    let suppressed = changes.iter().filter_map(|change| match change {
        BankChange::Suppress(id) => Some(*id),
        BankChange::Add(..) | BankChange::Undo(_) => None,
    });
    suppressed.collect()
}

fn added(change: &BankChange) -> Option<BankedQuestion> {
    let BankChange::Add(_, added) = change else {
        return None;
    };
    Some(BankedQuestion {
        text: added.question.clone(),
        known: Known::Item {
            law: added.title.clone(),
            article: added.item.clone(),
        },
        seen: added.seen.parse().ok(),
        faq: None,
    })
}

fn changed(shipped: &Arc<QuestionBank>, changes: &[BankChange]) -> Arc<QuestionBank> {
    if changes.is_empty() {
        return Arc::clone(shipped);
    }
    let suppressed = suppressed(changes);
    let kept = shipped.questions().iter();
    let kept = kept.filter(|question| suppressed.is_empty() || !suppressed.contains(&question.entry()));
    let all = kept.cloned().chain(changes.iter().filter_map(added));
    Arc::new(shipped.beside(all.collect()))
}

fn entry(question: &BankedQuestion, shipped: bool, suppressed: &HashSet<BankEntryId>) -> BankEntry {
    let (kind, source, item) = match &question.known {
        Known::Item { law, article } => (BankEntryKind::Item, law.clone(), Some(article.clone())),
        Known::Missing { source, .. } => (BankEntryKind::Missing, source.clone(), None),
        Known::Outside { topic, .. } => (BankEntryKind::Outside, topic.clone(), None),
        Known::Office => (BankEntryKind::Outside, String::new(), None),
    };
    let id = question.entry();
    BankEntry {
        id,
        question: question.text.clone(),
        kind,
        source,
        item,
        shipped,
        has_vote: !suppressed.contains(&id),
    }
}
