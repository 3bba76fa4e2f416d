//! The seam to the searcher for the bank of known questions: looking into it, and an edit on its way through
//! the gate. Commands travel on the channel of [`crate::search`].
//!
//! Never: an edit that is made here (the store makes it, once it has passed).

use shoki_core::code::ErrorCode;
use shoki_core::id::{BankEntryId, DepartmentId};
use shoki_store::corpus_model::{BankChange, KnownBasis};
use tokio::sync::oneshot;
use tracing::Span;

use crate::problem::Problem;
use crate::search::{GateVerdict, SearchCommand, SearchFailure, SearchSender, gated, within};

/// Which entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankFilter {
    /// Title of the source that decides, or that is missing, or the field.
    pub source: String,
    /// Item of the source.
    pub item: Option<String>,
    /// The entry to go on after.
    pub after: Option<BankEntryId>,
    /// Entries at most.
    pub rows: usize,
}

/// What a known question is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BankEntryKind {
    /// An item of a source decides it.
    Item,
    /// A source of another kind would.
    Missing,
    /// It is nothing of this desk.
    Outside,
}

/// An entry of the bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankEntry {
    /// What it is called.
    pub id: BankEntryId,
    /// The question, normalised.
    pub question: String,
    /// What it is answered with.
    pub kind: BankEntryKind,
    /// Title of the source that decides, or that is missing, or the field.
    pub source: String,
    /// Item of the source.
    pub item: Option<String>,
    /// Whether it comes with the product; else the office added it.
    pub shipped: bool,
    /// Whether it has a vote.
    pub has_vote: bool,
}

/// An edit of the bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BankEdit {
    /// A question more, or a shipped one back.
    Add {
        /// The question.
        question: String,
        /// Title of the source that decides it.
        source: String,
        /// The item.
        item: String,
    },
    /// Removes an added entry; takes a shipped one its vote.
    Remove(BankEntryId),
    /// Gives a shipped entry its vote back.
    Restore(BankEntryId),
}

/// Why an edit cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BankRefusal {
    /// No such entry, or not in a state for it.
    NoSuchEntry,
    /// The same question with the same answer is there.
    AlreadyThere,
    /// No such source or item is in force today.
    NoSuchItem,
    /// Not every 課 may see the source.
    NotShared,
    /// The question holds personal data.
    Personal,
    /// The office has changed as much as it may.
    Full,
}

/// An edit that could be made.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedEdit {
    /// What it comes to.
    pub change: BankChange,
    /// The entry as it then stands.
    pub entry: BankEntry,
    /// How known answers fare.
    pub verdict: GateVerdict,
}

/// What the searcher says to an edit.
pub type BankAnswer = Result<PlannedEdit, BankRefusal>;

/// Entries and whether there are more; `None` when the one to go on after is gone.
pub type BankPage = Option<(Vec<BankEntry>, bool)>;

impl From<BankRefusal> for Problem {
    fn from(refusal: BankRefusal) -> Self {
        let unusable = |detail| Self::new(ErrorCode::OptionUnusable).detail(detail);
        match refusal {
            BankRefusal::NoSuchEntry => Self::new(ErrorCode::NotFound),
            BankRefusal::AlreadyThere => unusable("同じ質問がこの条にすでに登録されています。"),
            BankRefusal::NoSuchItem => unusable(
                "今日の時点で、この文書にこの条・項目がありません。文書の題名と番号を確かめてください。",
            ),
            BankRefusal::NotShared => unusable(
                "すべての課に公開している文書だけに登録できます。課だけの文書は、課のFAQに登録してください。",
            ),
            BankRefusal::Personal => unusable(
                "質問に氏名や番号が含まれています。すべての課で使われるため、除いてから登録してください。",
            ),
            BankRefusal::Full => unusable("登録できる件数を超えています。使わない質問を削除してください。"),
        }
    }
}

impl SearchSender {
    /// Looks into the bank.
    ///
    /// # Errors
    /// As [`SearchSender::ask`]; `invalid_cursor` when the entry to go on after is gone.
    pub async fn bank(&self, filter: BankFilter) -> Result<(Vec<BankEntry>, bool), Problem> {
        let (reply, answer) = oneshot::channel();
        self.send(SearchCommand::ListBank {
            filter,
            reply,
            span: Span::current(),
        })?;
        match within(answer).await? {
            Ok(page) => page.ok_or(Problem::new(ErrorCode::InvalidCursor)),
            Err(SearchFailure::NotReady | SearchFailure::Busy) => Err(self.not_ready()),
            Err(SearchFailure::Broken) => Err(Problem::new(ErrorCode::Internal)),
        }
    }

    /// Sends an edit through the gate; it is not made yet.
    ///
    /// # Errors
    /// As [`SearchSender::gate_synonyms`]; `not_found` or `option_unusable` when it cannot be made.
    pub async fn plan_edit(
        &self,
        edit: BankEdit,
        known: Vec<KnownBasis>,
        reader: DepartmentId,
    ) -> Result<PlannedEdit, Problem> {
        let (reply, answer) = oneshot::channel();
        self.send(SearchCommand::EditBank {
            edit,
            known,
            reader,
            reply,
            span: Span::current(),
        })?;
        Ok(gated(answer).await.unwrap_or_else(|| Err(self.not_ready()))??)
    }
}
