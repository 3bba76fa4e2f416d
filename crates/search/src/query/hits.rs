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

pub(super) fn references(
    key: PassageKey,
    lookup: &dyn PassageLookup,
    scope: &ReaderScope,
) -> Result<Vec<Reference>, LookupError> {
    let mut targets: HashMap<(String, String), Option<PassageKey>> = HashMap::new();
    lookup
        .references(key, scope)?
        .into_iter()
        .map(|edge| {
            let name = (edge.source.clone(), edge.item.clone());
            let target = match targets.get(&name) {
                Some(target) => *target,
                None => {
                    let target = target(&edge.source, &edge.item, lookup, scope)?;
                    targets.insert(name, target);
                    target
                }
            };
            Ok(Reference {
                span: edge.span,
                source: edge.source,
                item: edge.item,
                paragraph: edge.paragraph,
                target,
            })
        })
        .collect()
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
    Ok(lookup
        .named(Some(title), REFERABLE, item, scope)?
        .first()
        .map(|found| found.key))
}
