//! Sources, their revisions and their text on the wire.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use shoki_core::access::Actor;
use shoki_core::corpus::{
    ImportFault, ImportFaultKind, Passage, PassageKey, PassageKind, Segment, SegmentKind, SourceRank,
    Visibility,
};
use shoki_core::id::{DocumentId, RevisionId, SourceId};
use shoki_store::corpus_model::{FullText, Revision, RevisionState, Source};
use utoipa::ToSchema;

/// A passage anywhere in the corpus.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PassageKeyBody {
    /// The revision.
    #[schema(value_type = uuid::Uuid)]
    pub revision: RevisionId,
    /// Position in it, from 0.
    pub ordinal: u32,
}

impl From<PassageKey> for PassageKeyBody {
    fn from(key: PassageKey) -> Self {
        Self {
            revision: key.revision,
            ordinal: key.ordinal,
        }
    }
}

impl From<PassageKeyBody> for PassageKey {
    fn from(body: PassageKeyBody) -> Self {
        Self {
            revision: body.revision,
            ordinal: body.ordinal,
        }
    }
}

/// A law, a notice, a casebook.
#[derive(Debug, Serialize, ToSchema)]
pub struct SourceBody {
    /// Id.
    #[schema(value_type = uuid::Uuid)]
    pub id: SourceId,
    /// The same for every revision; what `sources` of a question takes.
    #[schema(example = "325AC0000000144")]
    pub key: String,
    /// 法令名 or the document's name.
    #[schema(example = "生活保護法")]
    pub title: String,
    /// 法令番号・通知番号.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Short names.
    pub aliases: Vec<String>,
    /// What it is.
    #[schema(value_type = String, example = "act")]
    pub rank: SourceRank,
    /// The same for the screen.
    #[schema(example = "法律")]
    pub rank_label: &'static str,
    /// Who may find it.
    #[schema(value_type = String, example = "office")]
    pub visibility: Visibility,
    /// Whether the own 課 took it in (and may delete it).
    pub own: bool,
}

impl SourceBody {
    /// The source as the actor sees it.
    #[must_use]
    pub fn of(source: Source, actor: &Actor) -> Self {
        Self {
            id: source.id,
            key: source.head.key,
            title: source.head.title,
            number: source.head.number,
            aliases: source.head.aliases,
            rank: source.head.rank,
            rank_label: source.head.rank.label_ja(),
            visibility: source.visibility,
            own: source.department == actor.department,
        }
    }
}

/// One state of a source, in force `valid_from ≤ day < valid_to`.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevisionBody {
    /// Id.
    #[schema(value_type = uuid::Uuid)]
    pub id: RevisionId,
    /// 施行日; absent when the source does not say.
    #[schema(value_type = Option<String>, format = Date)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Date>,
    /// First day on which it is no longer in force.
    #[schema(value_type = Option<String>, format = Date)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Date>,
    /// The amending law's id or number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amendment: Option<String>,
    /// `live` or `withdrawn` (replaced by a later import about the same day).
    #[schema(value_type = String, example = "live")]
    pub state: RevisionState,
    /// How many passages it has.
    pub passages: u32,
    /// The document it came from, when that is the own 課's.
    #[schema(value_type = Option<uuid::Uuid>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_id: Option<DocumentId>,
    /// Places of the own 課's document not taken over whole.
    pub faults: Vec<FaultBody>,
    /// When it was taken in.
    #[schema(value_type = String, format = DateTime)]
    pub imported_at: Timestamp,
}

impl RevisionBody {
    /// The revision as the actor sees it.
    #[must_use]
    pub fn of(revision: Revision, actor: &Actor) -> Self {
        let own = revision.department == actor.department;
        Self {
            id: revision.id,
            valid_from: revision.head.valid_from,
            valid_to: revision.head.valid_to,
            amendment: revision.head.amendment,
            state: revision.state,
            passages: revision.passages,
            document_id: revision.document.filter(|_| own),
            faults: if own {
                revision.faults.into_iter().map(FaultBody::from).collect()
            } else {
                Vec::new()
            },
            imported_at: revision.imported_at,
        }
    }
}

/// A place of a document not taken over whole.
#[derive(Debug, Serialize, ToSchema)]
pub struct FaultBody {
    /// File inside the upload, when it is an archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Page or row from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// What is wrong.
    #[schema(value_type = String, example = "figure")]
    pub kind: ImportFaultKind,
    /// What is wrong and what was done about it, in Japanese.
    pub message: &'static str,
}

impl From<ImportFault> for FaultBody {
    fn from(fault: ImportFault) -> Self {
        Self {
            file: fault.file,
            line: fault.line,
            page: fault.page,
            kind: fault.kind,
            message: fault.kind.message_ja(),
        }
    }
}

/// A source as it stood on a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct TextBody {
    /// The source.
    pub source: SourceBody,
    /// The revision in force.
    pub revision: RevisionBody,
    /// The whole text: the passages' texts, separated by line feeds.
    pub text: String,
    /// Where each passage stands in it.
    pub passages: Vec<PassageBody>,
}

/// A passage and its place in a whole text.
#[derive(Debug, Serialize, ToSchema)]
pub struct PassageBody {
    /// Position in the revision, from 0.
    pub ordinal: u32,
    /// What it is.
    #[schema(value_type = String, example = "article")]
    pub kind: PassageKind,
    /// Its id in the source.
    #[schema(example = "78_2")]
    pub item: String,
    /// As a person writes it.
    #[schema(example = "第七十八条の二")]
    pub label: String,
    /// Headings of the ancestors, from the outside in.
    pub headings: Vec<String>,
    /// 条見出し.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// First byte (UTF-8) in the whole text.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
    /// Page of the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// Parts that can be cited by themselves.
    pub segments: Vec<SegmentBody>,
}

/// A part of a passage (項, 号) and its place in the whole text.
#[derive(Debug, Serialize, ToSchema)]
pub struct SegmentBody {
    /// Level.
    #[schema(value_type = String, example = "paragraph")]
    pub kind: SegmentKind,
    /// Path from the passage down.
    pub path: Vec<String>,
    /// First byte (UTF-8) in the whole text.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
}

impl TextBody {
    /// The text as the actor sees it.
    #[must_use]
    pub fn of(full: FullText, actor: &Actor) -> Self {
        let mut text = String::new();
        let mut passages = Vec::with_capacity(full.passages.len());
        for passage in full.passages {
            if !passages.is_empty() {
                text.push('\n');
            }
            let start = text.len();
            text.push_str(&passage.text);
            passages.push(PassageBody::at(start, passage));
        }
        Self {
            source: SourceBody::of(full.source, actor),
            revision: RevisionBody::of(full.revision, actor),
            text,
            passages,
        }
    }
}

impl PassageBody {
    fn at(start: usize, passage: Passage) -> Self {
        let segment = |segment: Segment| SegmentBody {
            kind: segment.kind,
            path: segment.path,
            start: start + segment.span.start,
            end: start + segment.span.end,
        };
        Self {
            ordinal: passage.ordinal,
            kind: passage.kind,
            item: passage.item,
            label: passage.label,
            headings: passage.headings,
            caption: passage.caption,
            start,
            end: start + passage.text.len(),
            page: passage.page,
            segments: passage.segments.into_iter().map(segment).collect(),
        }
    }
}
