//! What each 課 knows by itself, as a bank of questions: its FAQ, and what its askers marked as the basis.
//!
//! Promises: a bank holds what one 課 wrote about texts it may see, nothing else; it is made anew when an
//! entry, a mark or the corpus changed, and at no other time. Never: two 課 in one bank.

use std::collections::HashMap;
use std::sync::Arc;

use shoki_core::id::DepartmentId;
use shoki_search::query::bank::{BankedQuestion, Known, QuestionBank};
use shoki_search::query::sketch::Sketch;
use shoki_search::text::normalise;
use shoki_store::corpus_model::{DeskChanges, OwnQuestion};
use shoki_store::{CorpusStore, StoreError};
use tokio::runtime::Handle;

/// Places of each kind (FAQ, marks) that a bank is made of, the newest.
const PLACES: u32 = 5_000;

/// What a bank was made from: the last change of the corpus, and of FAQ and marks.
type Changes = (u64, u64);

/// The banks of the 課 that asked.
#[derive(Debug, Default)]
pub struct OwnBanks {
    of: HashMap<DepartmentId, (Changes, Arc<QuestionBank>)>,
}

impl OwnBanks {
    /// The bank of a 課 as it is now. `changes` was asked for first: one in between makes the bank look older
    /// than it is, never newer. Terms count as rare as in `shipped`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn of(
        &mut self,
        department: DepartmentId,
        changes: DeskChanges,
        shipped: &QuestionBank,
        store: &dyn CorpusStore,
        runtime: &Handle,
    ) -> Result<Arc<QuestionBank>, StoreError> {
        let changes = (changes.corpus, changes.knowledge);
        if let Some((of, bank)) = self.of.get(&department)
            && *of == changes
        {
            return Ok(Arc::clone(bank));
        }
        let own = runtime.block_on(store.own_questions(department, PLACES))?;
        let bank = Arc::new(shipped.beside(own.into_iter().flat_map(banked).collect()));
        self.of.insert(department, (changes, Arc::clone(&bank)));
        Ok(bank)
    }
}

/// One question for each place it rests on, or one that rests on none.
fn banked(own: OwnQuestion) -> Vec<BankedQuestion> {
    let text = normalise(&own.text);
    let mut banked: Vec<BankedQuestion> = own
        .places
        .into_iter()
        .map(|place| BankedQuestion {
            text: text.clone(),
            known: Known::Item {
                law: place.title,
                article: place.item,
            },
            seen: place.text.as_deref().map(Sketch::of),
            faq: own.faq,
        })
        .collect();
    if banked.is_empty() {
        banked.push(BankedQuestion {
            text,
            known: Known::Office,
            seen: None,
            faq: own.faq,
        });
    }
    banked
}
