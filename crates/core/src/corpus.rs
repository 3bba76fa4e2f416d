//! The words of the law desk: sources and their ranks, revisions in force for a time, passages with
//! their place, references between them.
//!
//! Promises: a passage's text is the source's own, whole; every place inside it is a byte range of that
//! text. Never: parsing, ranking, SQL.

mod fault;

use std::ops::Range;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::digest::Sha256;
use crate::id::{DepartmentId, RevisionId};

pub use fault::{ImportFault, ImportFaultKind};

/// What a text is and therefore what it yields to, strongest first (PRODUCT.md: 法律 > 政令 > … > 問答).
/// Ranks are shown beside a hit, never merged into its score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceRank {
    /// 憲法・法律.
    Act,
    /// 政令・勅令.
    CabinetOrder,
    /// 省令・府令・規則 of the state.
    MinisterialOrder,
    /// 条例.
    LocalOrdinance,
    /// 規則 of the city.
    LocalRule,
    /// 告示.
    PublicNotice,
    /// 局長通知, 事務次官通知.
    BureauNotice,
    /// 課長通知.
    DivisionNotice,
    /// 要綱, 要領, 通知 without a stated rank.
    Notice,
    /// 問答集, 事例集.
    QuestionAnswer,
    /// 計画.
    Plan,
    /// The office's own FAQ.
    OfficeFaq,
}

impl SourceRank {
    /// All ranks, strongest first.
    pub const ALL: [Self; 12] = [
        Self::Act,
        Self::CabinetOrder,
        Self::MinisterialOrder,
        Self::LocalOrdinance,
        Self::LocalRule,
        Self::PublicNotice,
        Self::BureauNotice,
        Self::DivisionNotice,
        Self::Notice,
        Self::QuestionAnswer,
        Self::Plan,
        Self::OfficeFaq,
    ];

    /// The word on the screen.
    #[must_use]
    pub const fn label_ja(self) -> &'static str {
        match self {
            Self::Act => "法律",
            Self::CabinetOrder => "政令",
            Self::MinisterialOrder => "省令",
            Self::LocalOrdinance => "条例",
            Self::LocalRule => "規則",
            Self::PublicNotice => "告示",
            Self::BureauNotice => "局長通知",
            Self::DivisionNotice => "課長通知",
            Self::Notice => "通知",
            Self::QuestionAnswer => "問答",
            Self::Plan => "計画",
            Self::OfficeFaq => "庁内FAQ",
        }
    }
}

/// Who may find a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// The 課 that imported it.
    Department,
    /// Every 課 of the office (statutes, ordinances), by the importer's own decision.
    Office,
}

/// A text with a name: a law, a notice, a casebook. Its revisions come and go; its key stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceHead {
    /// The same for every revision: e-Gov's LawID (`325AC0000000144`) where there is one, else the
    /// normalised title.
    pub key: String,
    /// 法令名 or the document's name.
    pub title: String,
    /// 法令番号・通知番号, as written.
    pub number: Option<String>,
    /// Short names the source itself gives (`Abbrev`).
    pub aliases: Vec<String>,
    /// What it is.
    pub rank: SourceRank,
}

/// One state of a source, in force `valid_from ≤ day < valid_to`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevisionHead {
    /// 施行日; `None` when the source does not say (then it is in force from the beginning).
    pub valid_from: Option<Date>,
    /// First day on which it is no longer in force.
    pub valid_to: Option<Date>,
    /// The amending law's id or number, when given.
    pub amendment: Option<String>,
}

/// What kind of unit a passage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PassageKind {
    /// 前文.
    Preamble,
    /// 条 of the 本則 (a law without 条 is one such unit per 項).
    Article,
    /// A unit of the 附則; searched only when asked for.
    Supplementary,
    /// 別表, 様式, 別記.
    Appendix,
    /// A leaf of a notice's outline.
    OutlineItem,
    /// One question with its answer.
    QuestionAnswer,
    /// A section of a plan or of any other running text.
    Section,
}

/// A part of a passage that can be cited by itself (項, 号), as a byte range of its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// What it is called.
    pub kind: SegmentKind,
    /// Path from the passage down: `["2"]` 第二項, `["1", "3"]` 第一項第三号, `["1", "3_2", "イ"]`.
    pub path: Vec<String>,
    /// Bytes of the passage's text.
    pub span: Range<usize>,
}

/// Level of a [`Segment`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SegmentKind {
    /// 項.
    Paragraph,
    /// 号.
    Item,
    /// 号の細分 (イ, (1), (i)).
    Subitem,
    /// A row of a table.
    TableRow,
}

/// The unit that is found, shown and cited: an article, an outline leaf, a question with its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// Position in the revision, from 0.
    pub ordinal: u32,
    /// What it is.
    pub kind: PassageKind,
    /// Its own id in the source: `78_2` (e-Gov form), `7-2-(1)-ア`, `問6-36-3`, `別表第一`; unique among
    /// the passages of its kind in a revision.
    pub item: String,
    /// As a person writes it: 第七十八条の二, 第7の2の(1)のア.
    pub label: String,
    /// Headings of the ancestors from the outside in: 第三章　保護の原則.
    pub headings: Vec<String>,
    /// 条見出し or the question's title, without its brackets.
    pub caption: Option<String>,
    /// The whole text, lines separated by `\n`; ruby and markup removed, nothing else.
    pub text: String,
    /// Parts of `text` that can be cited by themselves, in order.
    pub segments: Vec<Segment>,
    /// Page of the document, from 1, where it has pages.
    pub page: Option<u32>,
}

impl Passage {
    /// Digest over everything a reader or an embedder sees: equal means that nothing has to be embedded
    /// again. The ordinal and the page are left out; they may shift.
    #[must_use]
    pub fn digest(&self) -> Sha256 {
        let seen = (
            self.kind,
            &self.item,
            &self.label,
            &self.headings,
            &self.caption,
            &self.text,
        );
        Sha256::of(&serde_json::to_vec(&seen).expect("strings always serialise"))
    }

    /// Whether `name` means this item, see [`means_item`].
    #[must_use]
    pub fn is_item(&self, name: &str) -> bool {
        means_item(&self.item, name)
    }
}

/// Whether `name` means `item`: it is the item, or stands inside the deleted range that the item is
/// (`67:68` holds 67, 67_2 and 68).
#[must_use]
pub fn means_item(item: &str, name: &str) -> bool {
    if item == name {
        return true;
    }
    let number = |text: &str| {
        text.split('_')
            .map(|part| part.parse().ok())
            .collect::<Option<Vec<u32>>>()
    };
    item.split_once(':').is_some_and(|(first, last)| {
        matches!(
            (number(first), number(last), number(name)),
            (Some(first), Some(last), Some(name)) if first <= name && name <= last
        )
    })
}

/// One source in one state as an importer found it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedText {
    /// What it is.
    pub source: SourceHead,
    /// Since when.
    pub revision: RevisionHead,
    /// Its passages, by ordinal.
    pub passages: Vec<Passage>,
    /// Places not taken over whole; empty when all is well.
    pub faults: Vec<ImportFault>,
}

/// A passage anywhere in the corpus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PassageKey {
    /// The revision.
    pub revision: RevisionId,
    /// Position in it.
    pub ordinal: u32,
}

/// What kind of reference an edge is, what binds most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// 準用する.
    AppliesMutatisMutandis,
    /// 委任: 政令で定める, 令第○条.
    Delegates,
    /// Any other mention.
    Mentions,
}

/// A reference found in a passage's text, to an item of a named source (resolved by the reader as of
/// the day asked for).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CitationEdge {
    /// The citing passage's ordinal in its revision.
    pub from: u32,
    /// Bytes of the citing passage's text.
    pub span: Range<usize>,
    /// Title of the source that is meant.
    pub source: String,
    /// The item: `78_2`.
    pub item: String,
    /// 項, when named.
    pub paragraph: Option<String>,
    /// How.
    pub relation: Relation,
}

/// Which passages a reader may be given. Applied before retrieval, never after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaderScope {
    /// The reader's 課: its own material and what is shared in the office.
    pub department: DepartmentId,
    /// The day the answer is for.
    pub as_of: Date,
    /// Only these sources (keys); `None` = all.
    pub sources: Option<Vec<String>>,
    /// Whether 附則 are wanted too.
    pub supplementary: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deleted_range_is_meant_by_every_number_inside_it() {
        let passage = |item: &str| Passage {
            ordinal: 0,
            kind: PassageKind::Article,
            item: item.to_owned(),
            label: String::new(),
            headings: Vec::new(),
            caption: None,
            text: String::new(),
            segments: Vec::new(),
            page: None,
        };
        for (item, meant, others) in [
            (
                "67:68",
                &["67:68", "67", "67_2", "68"][..],
                &["66", "69", "68_2", "6", ""][..],
            ),
            ("78_2:78_4", &["78_2", "78_3", "78_4"], &["78", "78_5", "79"]),
            ("78_2", &["78_2"], &["78", "78_3", "七十八"]),
        ] {
            for name in meant {
                assert!(passage(item).is_item(name), "{item} {name}");
            }
            for name in others {
                assert!(!passage(item).is_item(name), "{item} {name}");
            }
        }
    }
}
