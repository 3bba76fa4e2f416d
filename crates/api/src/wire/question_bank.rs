//! The bank of known questions on the wire.

use serde::{Deserialize, Serialize};
use shoki_core::id::BankEntryId;
use utoipa::ToSchema;

use crate::question_bank::{BankEdit, BankEntry, BankEntryKind};

/// A question whose answer is known: it votes for the item that decides it, or for there being none.
#[derive(Debug, Serialize, ToSchema)]
pub struct BankEntryBody {
    /// Its id, made of its contents.
    #[schema(value_type = uuid::Uuid)]
    pub id: BankEntryId,
    /// The question.
    pub question: String,
    /// `item` (an item decides it), `missing` (a source of another kind would), `outside` (nothing of this
    /// desk).
    #[schema(example = "item")]
    pub kind: &'static str,
    /// Title of the source that decides, name of the one that is missing, or the field.
    #[schema(example = "生活保護法")]
    pub source: String,
    /// Item of the source.
    #[schema(example = "63")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// Whether it comes with the product; else the office added it.
    pub shipped: bool,
    /// Whether it counts.
    pub has_vote: bool,
}

impl From<BankEntry> for BankEntryBody {
    fn from(entry: BankEntry) -> Self {
        Self {
            id: entry.id,
            question: entry.question,
            kind: match entry.kind {
                BankEntryKind::Item => "item",
                BankEntryKind::Missing => "missing",
                BankEntryKind::Outside => "outside",
            },
            source: entry.source,
            item: entry.item,
            shipped: entry.shipped,
            has_vote: entry.has_vote,
        }
    }
}

/// An edit of the bank.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BankEditBody {
    /// What is to be done.
    pub edit: BankEditKindBody,
    /// Why, when known answers get worse by it, one line; it is kept in the audit log.
    pub despite: Option<String>,
}

/// What is to be done to the bank.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum BankEditKindBody {
    /// Add a question to an item of a source that every 課 may see.
    Add {
        /// The question, without names and numbers of persons.
        question: String,
        /// Title of the source.
        #[schema(example = "生活保護法")]
        source: String,
        /// The item.
        #[schema(example = "63")]
        item: String,
    },
    /// Remove an added entry, or take one that comes with the product its vote.
    Remove {
        /// The entry.
        #[schema(value_type = uuid::Uuid)]
        id: BankEntryId,
    },
    /// Give an entry that comes with the product its vote back.
    Restore {
        /// The entry.
        #[schema(value_type = uuid::Uuid)]
        id: BankEntryId,
    },
}

impl From<BankEditKindBody> for BankEdit {
    fn from(edit: BankEditKindBody) -> Self {
        match edit {
            BankEditKindBody::Add {
                question,
                source,
                item,
            } => Self::Add {
                question,
                source,
                item,
            },
            BankEditKindBody::Remove { id } => Self::Remove(id),
            BankEditKindBody::Restore { id } => Self::Restore(id),
        }
    }
}
