//! A question to the law desk and its answer on evidence: what was found, where, and why, or that there
//! is no basis.
//!
//! Promises: every statement carries its place; every byte range lies in the text it names. Never: a
//! score as a reason for the person at the desk.

use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::corpus::{PassageKey, Relation, SourceRank};
use crate::id::FaqId;

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// As typed.
    pub text: String,
    /// The day the answer is for.
    pub as_of: Date,
    /// Only these sources (keys); `None` = all the reader may see.
    pub sources: Option<Vec<String>>,
    /// The law meant by 法, 令, 規則 alone and preferred when several fit (its title), from the
    /// workspace.
    pub default_law: Option<String>,
    /// Whether 附則 are wanted too.
    pub supplementary: bool,
    /// Hits wanted.
    pub limit: u32,
}

/// Why a passage is among the hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The question names it: 条文を直接表示.
    Cited,
    /// Its words and meaning fit the question.
    Found,
    /// A hit refers to it, or it refers to a hit: 関連.
    Related(Relation),
}

/// One passage that bears on the question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// The passage.
    pub passage: PassageKey,
    /// Why it is here.
    pub reason: Reason,
    /// The source's title.
    pub title: String,
    /// Its key.
    pub source: String,
    /// What the source is.
    pub rank: SourceRank,
    /// 施行日 of the revision shown.
    pub valid_from: Option<Date>,
    /// The item: `78_2`.
    pub item: String,
    /// As a person writes it: 第七十八条の二.
    pub label: String,
    /// The best fitting part (項 first), from the passage down.
    pub segment: Vec<String>,
    /// 条見出し.
    pub caption: Option<String>,
    /// Headings of the ancestors.
    pub headings: Vec<String>,
    /// The whole text.
    pub text: String,
    /// Where the question's words stand in `text`, in order, not overlapping.
    pub matched: Vec<Range<usize>>,
    /// Page of the document.
    pub page: Option<u32>,
    /// References in `text` that can be opened.
    pub references: Vec<Reference>,
    /// Order among the hits; comparable inside one answer only.
    pub score: f32,
}

/// A reference in a hit's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// Bytes of the hit's text.
    pub span: Range<usize>,
    /// Title of the source meant.
    pub source: String,
    /// The item.
    pub item: String,
    /// 項, when named.
    pub paragraph: Option<String>,
    /// Where it is, when the corpus holds it on that day.
    pub target: Option<PassageKey>,
}

/// Something to say about the question itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Remark {
    /// The question names an article that the law does not have on that day.
    NoSuchItem {
        /// The law.
        title: String,
        /// As asked: 第百条.
        label: String,
    },
    /// The question names a source that is not in the corpus.
    NoSuchSource {
        /// As asked.
        title: String,
    },
    /// The question holds what looks like a person's name or number.
    PersonalData {
        /// Bytes of the question.
        span: Range<usize>,
    },
    /// A synonym rule widened the question.
    Widened {
        /// The words of the question.
        from: String,
        /// The words of the law.
        to: Vec<String>,
    },
}

/// Why there is no basis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum NoBasis {
    /// The subject of the question occurs nowhere in what the reader may see.
    SubjectUnknown {
        /// The words that are not covered.
        terms: Vec<String>,
    },
    /// The question asks for what another kind of source holds (an amount, a form, a local rule).
    SourceMissing {
        /// What is missing, e.g. 保護の基準（告示）.
        missing: String,
    },
    /// The question is outside the law desk.
    OutOfScope {
        /// The words that say so.
        terms: Vec<String>,
    },
}

/// 自課のFAQ: what the reader's own 課 wrote down about the same question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnAnswer {
    /// The entry.
    pub faq: FaqId,
    /// Its question.
    pub question: String,
    /// Its answer.
    pub answer: String,
    /// Name of the person who wrote it.
    pub author: String,
    /// When.
    pub written_at: Timestamp,
    /// What it rests on, as far as the reader may see it, as of the question's day.
    pub citing: Vec<OwnCitation>,
}

/// A place that an own answer rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnCitation {
    /// Title of the source.
    pub title: String,
    /// The item.
    pub item: String,
    /// As a person writes it; `None` when it is not in force on that day.
    pub label: Option<String>,
    /// The passage, if it is in force on that day.
    pub passage: Option<PassageKey>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// 自課のFAQ: entries that answer the very question, best first. Beside the hits, never instead.
    #[serde(default)]
    pub own: Vec<OwnAnswer>,
    /// Best first; with `no_basis` these are the nearest headings, not a basis.
    pub hits: Vec<Hit>,
    /// Passages one reference away.
    pub related: Vec<Hit>,
    /// Set when nothing that was found decides the question.
    pub no_basis: Option<NoBasis>,
    /// What to say about the question.
    pub remarks: Vec<Remark>,
    /// The index that answered (its fingerprint), so that an answer can be traced.
    pub index: String,
}
