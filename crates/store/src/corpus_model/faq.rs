//! The 課's own questions and answers as values.

use jiff::Timestamp;
use shoki_core::corpus::PassageKey;
use shoki_core::id::{FaqId, QuestionId, UserId};

use super::ItemPlace;

/// A question and answer to be kept by the office.
#[derive(Clone, Debug)]
pub struct NewFaq {
    /// The question.
    pub question: String,
    /// The answer.
    pub answer: String,
    /// The logged question it came from.
    pub asked_as: Option<QuestionId>,
    /// The passages it rests on.
    pub citing: Vec<PassageKey>,
}

/// A question and answer of the office itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faq {
    /// Id.
    pub id: FaqId,
    /// The question.
    pub question: String,
    /// The answer.
    pub answer: String,
    /// The logged question it came from.
    pub asked_as: Option<QuestionId>,
    /// What it rests on.
    pub citing: Vec<ItemPlace>,
    /// Who wrote it.
    pub created_by: UserId,
    /// That person's name.
    pub author: String,
    /// When.
    pub created_at: Timestamp,
    /// How often it was said, from 1.
    pub version: u64,
    /// Whether it takes no part in the search for now.
    pub withdrawn: bool,
    /// Name of who changed it last.
    pub changed_by: String,
    /// When.
    pub changed_at: Timestamp,
}

/// What of an entry becomes different; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaqChange {
    /// The question.
    pub question: Option<String>,
    /// The answer.
    pub answer: Option<String>,
    /// Whether it takes no part in the search.
    pub withdrawn: Option<bool>,
}

/// What an entry said at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaqVersion {
    /// Its number, from 1.
    pub version: u64,
    /// The question.
    pub question: String,
    /// The answer.
    pub answer: String,
    /// Whether it took no part in the search.
    pub withdrawn: bool,
    /// Who said so.
    pub user: UserId,
    /// That person's name.
    pub author: String,
    /// When.
    pub at: Timestamp,
}
