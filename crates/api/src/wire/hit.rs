//! A passage that bears on a question, on the wire.

use std::ops::Range;

use jiff::civil::Date;
use serde::Serialize;
use shoki_core::corpus::{Relation, SourceRank};
use shoki_core::evidence::{Hit, Reason, Reference};
use shoki_core::id::SourceId;
use utoipa::ToSchema;

use super::source::PassageKeyBody;

/// One passage that bears on the question. Byte ranges are of `text` in UTF-8.
#[derive(Debug, Serialize, ToSchema)]
pub struct HitBody {
    /// The passage.
    pub passage: PassageKeyBody,
    /// `cited` (the question names it), `found`, or `related`.
    #[schema(example = "found")]
    pub reason: &'static str,
    /// The same for the screen.
    #[schema(example = "条文を直接表示")]
    pub reason_label: &'static str,
    /// Id of the source, to open its full text.
    #[schema(value_type = uuid::Uuid)]
    pub source_id: SourceId,
    /// Its key.
    pub source: String,
    /// Its title.
    #[schema(example = "生活保護法")]
    pub title: String,
    /// What it is.
    #[schema(value_type = String, example = "act")]
    pub rank: SourceRank,
    /// The same for the screen.
    #[schema(example = "法律")]
    pub rank_label: &'static str,
    /// 施行日 of the revision shown.
    #[schema(value_type = Option<String>, format = Date)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Date>,
    /// Its id in the source.
    #[schema(example = "78_2")]
    pub item: String,
    /// As a person writes it.
    #[schema(example = "第七十八条の二")]
    pub label: String,
    /// The best fitting part (項 first), from the passage down.
    pub segment: Vec<String>,
    /// 条見出し.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// Headings of the ancestors, from the outside in.
    pub headings: Vec<String>,
    /// The whole text.
    pub text: String,
    /// Where the question's words stand in `text`.
    pub matched: Vec<SpanBody>,
    /// Page of the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// References in `text` that can be opened.
    pub references: Vec<ReferenceBody>,
}

/// Bytes of a text.
#[derive(Debug, Serialize, ToSchema)]
pub struct SpanBody {
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
}

impl From<Range<usize>> for SpanBody {
    fn from(span: Range<usize>) -> Self {
        Self {
            start: span.start,
            end: span.end,
        }
    }
}

/// A reference in a hit's text.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReferenceBody {
    /// Where it stands.
    #[serde(flatten)]
    pub span: SpanBody,
    /// Title of the source meant.
    pub source: String,
    /// The item.
    pub item: String,
    /// 項, when named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paragraph: Option<String>,
    /// Where it is, when it can be opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<PassageKeyBody>,
}

impl From<Reference> for ReferenceBody {
    fn from(reference: Reference) -> Self {
        Self {
            span: reference.span.into(),
            source: reference.source,
            item: reference.item,
            paragraph: reference.paragraph,
            target: reference.target.map(PassageKeyBody::from),
        }
    }
}

impl HitBody {
    /// The hit, with the id of its source.
    #[must_use]
    pub fn of(hit: Hit, source_id: SourceId) -> Self {
        let (reason, reason_label) = match hit.reason {
            Reason::Cited => ("cited", "条文を直接表示"),
            Reason::Found => ("found", "該当"),
            Reason::Related(Relation::AppliesMutatisMutandis) => ("related", "関連(準用)"),
            Reason::Related(Relation::Delegates) => ("related", "関連(委任)"),
            Reason::Related(Relation::Mentions) => ("related", "関連"),
        };
        Self {
            passage: hit.passage.into(),
            reason,
            reason_label,
            source_id,
            source: hit.source,
            title: hit.title,
            rank: hit.rank,
            rank_label: hit.rank.label_ja(),
            valid_from: hit.valid_from,
            item: hit.item,
            label: hit.label,
            segment: hit.segment,
            caption: hit.caption,
            headings: hit.headings,
            text: hit.text,
            matched: hit.matched.into_iter().map(SpanBody::from).collect(),
            page: hit.page,
            references: hit.references.into_iter().map(ReferenceBody::from).collect(),
        }
    }
}
