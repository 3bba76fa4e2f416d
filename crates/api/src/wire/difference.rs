//! 新旧 on the wire.

use serde::Serialize;
use utoipa::ToSchema;

use super::source::RevisionBody;
use crate::difference::{Changed, Difference, Part, PartKind};

/// What two revisions say differently (新旧).
#[derive(Debug, Serialize, ToSchema)]
pub struct DifferenceBody {
    /// The older one, as asked for.
    pub from: RevisionBody,
    /// The newer one, as asked for.
    pub to: RevisionBody,
    /// Passages that say the same.
    pub unchanged: usize,
    /// The others, in the order of the newer one.
    pub changed: Vec<ChangedBody>,
}

/// A passage that is not the same in both revisions.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangedBody {
    /// `added`, `removed` or `changed`.
    #[schema(example = "changed")]
    pub change: &'static str,
    /// The same for the screen.
    #[schema(example = "改正")]
    pub change_label: &'static str,
    /// Its id in the source.
    pub item: String,
    /// As a person writes it, in the newer one where it is there.
    pub label: String,
    /// 条見出し, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// Position in the older revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<u32>,
    /// Position in the newer revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u32>,
    /// The text in pieces; without `added` it is the old one, without `removed` the new one.
    pub parts: Vec<PartBody>,
}

/// A piece of text.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartBody {
    /// `same`, `removed` or `added`.
    #[schema(example = "same")]
    pub kind: &'static str,
    /// The piece.
    pub text: String,
}

impl DifferenceBody {
    /// What differs between two revisions.
    #[must_use]
    pub fn of(from: RevisionBody, to: RevisionBody, found: Difference<'_>) -> Self {
        Self {
            from,
            to,
            unchanged: found.unchanged,
            changed: found.changed.into_iter().filter_map(ChangedBody::of).collect(),
        }
    }
}

impl ChangedBody {
    fn of(changed: Changed<'_>) -> Option<Self> {
        let (change, change_label) = match (changed.before, changed.after) {
            (None, _) => ("added", "追加"),
            (_, None) => ("removed", "削除"),
            _ => ("changed", "改正"),
        };
        let shown = changed.after.or(changed.before)?;
        Some(Self {
            change,
            change_label,
            item: shown.item.clone(),
            label: shown.label.clone(),
            caption: shown.caption.clone(),
            before: changed.before.map(|passage| passage.ordinal),
            after: changed.after.map(|passage| passage.ordinal),
            parts: changed.parts.into_iter().map(PartBody::from).collect(),
        })
    }
}

impl From<Part> for PartBody {
    fn from(part: Part) -> Self {
        let kind = match part.kind {
            PartKind::Same => "same",
            PartKind::Removed => "removed",
            PartKind::Added => "added",
        };
        Self {
            kind,
            text: part.text,
        }
    }
}
