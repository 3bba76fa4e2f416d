//! Passages → what is shown of them: matched spans, where they stand, references that can be opened.
//!
//! Promise: nothing outside the scope is opened or linked. Never: ranking.

use std::collections::HashMap;

use shoki_core::corpus::{PassageKey, PassageKind, ReaderScope};
use shoki_core::evidence::{Hit, Reason, Reference};

use super::lookup::{FoundPassage, LookupError, PassageLookup};
use super::wording::Matcher;

pub(super) fn hit(found: &FoundPassage, reason: Reason, score: f32, matcher: &Matcher) -> Hit {
    Hit {
        passage: found.key,
        reason,
        title: found.origin.title.clone(),
        source: found.origin.source.clone(),
        rank: found.origin.rank,
        valid_from: found.origin.valid_from,
        item: found.passage.item.clone(),
        label: found.passage.label.clone(),
        segment: Vec::new(),
        caption: found.passage.caption.clone(),
        headings: found.passage.headings.clone(),
        text: found.passage.text.clone(),
        matched: matcher.matched(&found.passage.text),
        page: found.passage.page,
        references: Vec::new(),
        score,
    }
}

/// References of passages that can be opened, those of one passage in their order.
pub(super) fn references(
    keys: &[PassageKey],
    lookup: &dyn PassageLookup,
    scope: &ReaderScope,
) -> Result<HashMap<PassageKey, Vec<Reference>>, LookupError> {
    let mut references: HashMap<PassageKey, Vec<Reference>> = HashMap::new();
    for (key, edge) in lookup.references(keys, scope)? {
        let target = target(&edge.source, &edge.item, lookup, scope)?;
        references.entry(key).or_default().push(Reference {
            span: edge.span,
            source: edge.source,
            item: edge.item,
            paragraph: edge.paragraph,
            target,
        });
    }
    Ok(references)
}

/// Kinds that a reference can point at.
pub(super) const REFERABLE: &[PassageKind] = &[
    PassageKind::Article,
    PassageKind::Appendix,
    PassageKind::OutlineItem,
    PassageKind::QuestionAnswer,
];

pub(super) fn target(
    title: &str,
    item: &str,
    lookup: &dyn PassageLookup,
    scope: &ReaderScope,
) -> Result<Option<PassageKey>, LookupError> {
    lookup.place(title, REFERABLE, item, scope)
}
