//! References to places of legal texts as people and laws write them: 法第63条第1項, 第七十八条の二,
//! 令第三条, 同法第五条, 前項, 附則第2条, 別表第一, 局第7の2の(1)のア, 問6-36.
//!
//! Promises: spans are bytes of the text given, over whole characters; a place comes out in the form of
//! `Passage::item`; what is relative (前条) comes out only when the base says what it means. Never: whether
//! the place exists, ranking.

mod names;
mod parse;
mod place;
mod source;

use std::ops::Range;

use shoki_core::corpus::Segment;

pub use names::{Names, family_root};
use parse::Parser;

use crate::text::Normalised;

/// Which text a reference points into.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SourceRef {
    /// A source whose name is known, by its title.
    Named(String),
    /// Something that is named like a law but is not known, as written.
    Unknown(String),
    /// 法 alone: the law that the workspace, or the order it stands in, is about.
    DefaultLaw,
    /// 令, 施行令 alone.
    DefaultOrder,
    /// 規則, 施行規則 alone.
    DefaultRule,
    /// 同法 with nothing before it to stand for.
    Same,
    /// No source named: the text the reference stands in.
    This,
}

/// The place in the source.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// 条 of the 本則: `78_2`.
    Article(String),
    /// 条 of the 附則; `None` for the 附則 as a whole.
    Supplementary(Option<String>),
    /// 別表第一.
    Appendix(String),
    /// `7-2-(1)-ア` of a notice.
    Outline(String),
    /// `問6-36-3`.
    Question(String),
}

impl Place {
    /// The item as passages name it; `None` for a 附則 as a whole.
    #[must_use]
    pub fn item(&self) -> Option<&str> {
        match self {
            Self::Article(item) | Self::Appendix(item) | Self::Outline(item) | Self::Question(item) => {
                Some(item)
            }
            Self::Supplementary(item) => item.as_deref(),
        }
    }

    /// As a person writes it: 第七十八条の二.
    #[must_use]
    pub fn label(&self) -> String {
        place::label(self)
    }
}

/// A reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Citation {
    /// Where to.
    pub source: SourceRef,
    /// Which part.
    pub place: Place,
    /// Last article of a range (第二十四条から第二十六条まで).
    pub through: Option<String>,
    /// 項, as digits.
    pub paragraph: Option<String>,
    /// 号: `3`, `3_2`.
    pub item_no: Option<String>,
    /// 号の細分: イ.
    pub subitem: Option<String>,
    /// Bytes of the text that was parsed.
    pub span: Range<usize>,
}

/// Where a text stands, so that 前条 and 前項 mean something.
#[derive(Clone, Copy, Debug)]
pub struct Base<'a> {
    /// Item of the passage the text is: `78_2`.
    pub item: &'a str,
    /// Items of the source's articles in order.
    pub articles: &'a [String],
    /// The passage's segments; they say in which 項 a reference stands.
    pub segments: &'a [Segment],
}

/// The references in a question or any text without a place of its own, in order, not overlapping.
#[must_use]
pub fn parse(text: &str, names: &Names) -> Vec<Citation> {
    run(text, names, None)
}

/// The references in a passage's text, relative ones resolved.
#[must_use]
pub fn parse_at(text: &str, names: &Names, base: &Base<'_>) -> Vec<Citation> {
    run(text, names, Some(base))
}

fn run(text: &str, names: &Names, base: Option<&Base<'_>>) -> Vec<Citation> {
    let normalised = Normalised::new(text);
    let mut found = Parser::new(normalised.text(), &normalised, names, base).run();
    for citation in &mut found {
        citation.span = normalised.original_span(citation.span.clone());
    }
    found
}
