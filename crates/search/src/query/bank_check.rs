//! Which items of a bank still say what they said when their questions were written down.
//!
//! Promise: an item that is not alike has no vote in a search, and is named here. Never: a repair.

use std::collections::BTreeMap;

use shoki_core::corpus::{PassageKey, ReaderScope};

use super::bank::{BankedQuestion, Known, QuestionBank};
use super::known::target;
use super::lookup::{LookupError, PassageLookup};
use super::sketch::Sketch;

/// How an item of a bank stands today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It says what it said.
    Same(Sketch),
    /// It is there; what it said when the question was written is not known.
    Unseen(Sketch),
    /// Something else has its number.
    Other(Sketch),
    /// Its source is held and does not have it.
    Gone,
    /// Its source is not held.
    NotHeld,
}

/// An item with the questions that it answers.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedItem<'a> {
    /// Title of the source.
    pub law: &'a str,
    /// The item.
    pub article: &'a str,
    /// What it said when its questions were written.
    pub seen: Option<Sketch>,
    /// How it stands.
    pub standing: Standing,
    /// The questions.
    pub questions: Vec<&'a BankedQuestion>,
}

/// Every item of a bank, by source and item; questions that saw it say different things stand apart.
///
/// # Errors
/// [`LookupError`].
pub fn check<'a>(
    bank: &'a QuestionBank,
    lookup: &dyn PassageLookup,
    scope: &ReaderScope,
) -> Result<Vec<CheckedItem<'a>>, LookupError> {
    let mut items: BTreeMap<(&str, &str, Option<Sketch>), Vec<&BankedQuestion>> = BTreeMap::new();
    for question in bank.questions() {
        if let Known::Item { law, article } = &question.known {
            let item = items.entry((law, article, question.seen)).or_default();
            item.push(question);
        }
    }
    let mut checked = Vec::with_capacity(items.len());
    for ((law, article, seen), questions) in items {
        let standing = match target(law, article, lookup, scope)? {
            Some(key) => standing(key, seen, lookup, scope)?,
            None if lookup.holds(law, scope)? => Standing::Gone,
            None => Standing::NotHeld,
        };
        checked.push(CheckedItem {
            law,
            article,
            seen,
            standing,
            questions,
        });
    }
    Ok(checked)
}

fn standing(
    key: PassageKey,
    seen: Option<Sketch>,
    lookup: &dyn PassageLookup,
    scope: &ReaderScope,
) -> Result<Standing, LookupError> {
    let found = lookup.passages(&[key], scope)?;
    let Some(says) = found.first().map(|found| Sketch::of(&found.passage.text)) else {
        return Ok(Standing::Gone);
    };
    Ok(match seen {
        None => Standing::Unseen(says),
        Some(seen) if seen.is_like(says) => Standing::Same(says),
        Some(_) => Standing::Other(says),
    })
}
