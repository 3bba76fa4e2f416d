//! What an office knows beside its texts, for its search: answers of a 課, changes to the bank of known
//! questions, and how far a picture of them is up to date.

use shoki_core::id::{BankEntryId, FaqId};

/// A question that a 課 answered by itself, for its search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnQuestion {
    /// The question, masked.
    pub text: String,
    /// The FAQ entry that answers it; else an asker marked its basis (これが根拠).
    pub faq: Option<FaqId>,
    /// What it rests on, as far as the 課 may see it.
    pub places: Vec<OwnPlace>,
}

/// What a question of a 課 rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnPlace {
    /// Title of the source.
    pub title: String,
    /// The item.
    pub item: String,
    /// What it said then, if that revision is still kept.
    pub text: Option<String>,
}

/// A question whose basis the 課 knows: what a change of the search is measured by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownBasis {
    /// The question, masked.
    pub question: String,
    /// Title and item of each place it rests on, in order.
    pub places: Vec<(String, String)>,
    /// Whether the office wrote it down as its own (FAQ), so that it must not get lost; else an asker
    /// marked it (これが根拠).
    pub pinned: bool,
}

/// A question that the office added to the bank of known questions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedQuestion {
    /// The question, normalised.
    pub question: String,
    /// Title of the source that decides it.
    pub title: String,
    /// The item.
    pub item: String,
    /// The sketch of what the item said, in hexadecimal.
    pub seen: String,
}

/// A change of the office to the bank of known questions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BankChange {
    /// A question more.
    Add(BankEntryId, AddedQuestion),
    /// An entry that comes with the product has no vote.
    Suppress(BankEntryId),
    /// One of these two is taken back.
    Undo(BankEntryId),
}

impl BankChange {
    /// The entry.
    #[must_use]
    pub const fn entry(&self) -> BankEntryId {
        match self {
            Self::Add(id, _) | Self::Suppress(id) | Self::Undo(id) => *id,
        }
    }
}

/// How far the pictures that a search keeps are up to date; each number grows with what it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeskChanges {
    /// Sources and revisions, see [`crate::CorpusStore::last_change`].
    pub corpus: u64,
    /// FAQ entries, marked bases and the office's changes to the bank: as long as it stays the same, so do
    /// [`crate::CorpusStore::own_questions`] (for texts that stay visible) and
    /// [`crate::CorpusStore::bank_changes`].
    pub knowledge: u64,
    /// The version of the synonym table in use; 0 is the shipped one.
    pub synonyms: u64,
}
