//! Citations of a question → the passages they name, or what to say when there is none.
//!
//! Promise: an article that does not exist is said, never replaced by a near one. Never: ranking.

use shoki_core::corpus::{PassageKind, ReaderScope};
use shoki_core::evidence::Remark;

use super::citation::{Citation, Place, SourceRef, family_root};
use super::lookup::{FoundPassage, LookupError, PassageLookup};

/// Articles shown of a range at most.
const MAX_RANGE: u32 = 20;

/// A passage that the question names.
#[derive(Clone, Debug)]
pub(super) struct Cited {
    pub found: FoundPassage,
    /// 項 and 号, as far as the passage has them.
    pub segment: Vec<String>,
}

/// What the citations of a question lead to.
#[derive(Clone, Debug, Default)]
pub(super) struct Pinned {
    /// In the order of the question.
    pub passages: Vec<Cited>,
    /// What is not there.
    pub remarks: Vec<Remark>,
}

pub(super) fn resolve(
    citations: &[Citation],
    default: Option<&str>,
    lookup: &dyn PassageLookup,
    scope: &ReaderScope,
) -> Result<Pinned, LookupError> {
    let mut pinned = Pinned::default();
    for citation in citations {
        let title = title(&citation.source, default);
        if let Some(title) = &title
            && !lookup.holds(title, scope)?
        {
            let remark = Remark::NoSuchSource { title: title.clone() };
            if !pinned.remarks.contains(&remark) {
                pinned.remarks.push(remark);
            }
            continue;
        }
        for place in places(citation) {
            let found = find(title.as_deref(), &place, lookup, scope)?;
            if found.is_empty() {
                pinned.remarks.push(Remark::NoSuchItem {
                    title: title.clone().unwrap_or_default(),
                    label: place.label(),
                });
            }
            for passage in found {
                if pinned.passages.iter().any(|held| held.found.key == passage.key) {
                    continue;
                }
                let segment = segment(&passage, citation);
                pinned.passages.push(Cited {
                    found: passage,
                    segment,
                });
            }
        }
    }
    Ok(pinned)
}

/// The title that is meant; `None` when any source may be (問6-36 alone).
fn title(source: &SourceRef, default: Option<&str>) -> Option<String> {
    let root = default.map(family_root);
    match source {
        SourceRef::Named(title) | SourceRef::Unknown(title) => Some(title.clone()),
        SourceRef::DefaultLaw | SourceRef::Same => root.map(str::to_owned),
        SourceRef::This => default.map(str::to_owned),
        SourceRef::DefaultOrder => root.map(|root| format!("{root}施行令")),
        SourceRef::DefaultRule => root.map(|root| format!("{root}施行規則")),
    }
}

/// The place and, of a range, the articles after it.
fn places(citation: &Citation) -> Vec<Place> {
    let mut places = vec![citation.place.clone()];
    if let (Place::Article(first), Some(last)) = (&citation.place, &citation.through) {
        let number = |item: &str| item.split('_').next().and_then(|n| n.parse::<u32>().ok());
        if let (Some(first), Some(end)) = (number(first), number(last)) {
            places.extend(
                (first + 1..=end)
                    .take(MAX_RANGE as usize)
                    .map(|n| Place::Article(n.to_string())),
            );
            let last = Place::Article(last.clone());
            if !places.contains(&last) {
                places.push(last);
            }
        }
    }
    places
}

fn find(
    title: Option<&str>,
    place: &Place,
    lookup: &dyn PassageLookup,
    scope: &ReaderScope,
) -> Result<Vec<FoundPassage>, LookupError> {
    let Some(item) = place.item() else {
        return Ok(Vec::new());
    };
    let kinds: &[PassageKind] = match place {
        Place::Article(_) => &[PassageKind::Article],
        Place::Supplementary(_) => &[PassageKind::Supplementary],
        Place::Appendix(_) => &[PassageKind::Appendix],
        Place::Outline(_) => &[PassageKind::OutlineItem],
        Place::Question(_) => &[PassageKind::QuestionAnswer],
    };
    let of_any_source = matches!(place, Place::Outline(_) | Place::Question(_));
    let mut found = lookup.named(title, kinds, item, scope)?;
    if found.is_empty() && of_any_source && title.is_some() {
        found = lookup.named(None, kinds, item, scope)?;
    }
    if matches!(place, Place::Article(_)) && title.is_some() {
        found.truncate(1);
    }
    Ok(found)
}

/// 項 and 号 of the citation, as far as the passage has a segment for them.
fn segment(found: &FoundPassage, citation: &Citation) -> Vec<String> {
    let Some(paragraph) = citation
        .paragraph
        .clone()
        .or_else(|| citation.item_no.as_ref().map(|_| "1".to_owned()))
    else {
        return Vec::new();
    };
    let mut path = vec![paragraph];
    path.extend(citation.item_no.clone());
    if citation.item_no.is_some() {
        path.extend(citation.subitem.clone());
    }
    while !path.is_empty() && !found.passage.segments.iter().any(|held| held.path == path) {
        path.pop();
    }
    path
}
