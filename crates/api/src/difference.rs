//! 新旧: what two revisions of a source say differently, article by article.
//!
//! Promises: every passage of both is accounted for as unchanged, changed, added or removed; the parts of
//! a changed passage put together are its old and its new text exactly. Renumbering counts as a change:
//! guessing which article became which is left to the reader.

use std::collections::HashMap;
use std::time::Duration;

use shoki_core::corpus::{Passage, PassageKind};
use similar::{Algorithm, ChangeTag, DiffTag, TextDiff, capture_diff_slices};

/// After this long the differences inside one passage become coarser; a long article takes 5 ms.
const PER_PASSAGE: Duration = Duration::from_millis(200);

/// What happened to a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// In both.
    Same,
    /// Only in the old one.
    Removed,
    /// Only in the new one.
    Added,
}

/// A piece of a passage's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What happened to it.
    pub kind: PartKind,
    /// The piece.
    pub text: String,
}

/// A passage that is not the same in both.
#[derive(Debug)]
pub struct Changed<'a> {
    /// In the old revision.
    pub before: Option<&'a Passage>,
    /// In the new revision.
    pub after: Option<&'a Passage>,
    /// The text in pieces.
    pub parts: Vec<Part>,
}

/// What differs.
#[derive(Debug)]
pub struct Difference<'a> {
    /// Passages that say the same in both.
    pub unchanged: usize,
    /// The others, in the order of the new revision, removed ones where they stood.
    pub changed: Vec<Changed<'a>>,
}

type Key<'a> = (PassageKind, &'a str);

fn key(passage: &Passage) -> Key<'_> {
    (passage.kind, &passage.item)
}

/// Compares two revisions.
#[must_use]
pub fn difference<'a>(before: &'a [Passage], after: &'a [Passage]) -> Difference<'a> {
    let old: HashMap<Key, &Passage> = before.iter().map(|passage| (key(passage), passage)).collect();
    let new: HashMap<Key, &Passage> = after.iter().map(|passage| (key(passage), passage)).collect();
    let mut numbers = HashMap::new();
    let mut numbered = |passage| {
        let next = numbers.len();
        *numbers.entry(key(passage)).or_insert(next)
    };
    let old_keys: Vec<usize> = before.iter().map(&mut numbered).collect();
    let new_keys: Vec<usize> = after.iter().map(&mut numbered).collect();
    let mut found = Difference {
        unchanged: 0,
        changed: Vec::new(),
    };
    for step in capture_diff_slices(Algorithm::Patience, &old_keys, &new_keys) {
        let (tag, from, to) = step.as_tag_tuple();
        if tag != DiffTag::Equal {
            for passage in &before[from] {
                // One that stands elsewhere in the new revision is compared there.
                if !new.contains_key(&key(passage)) {
                    found.changed.push(removed(passage));
                }
            }
        }
        for passage in &after[to] {
            match old.get(&key(passage)) {
                None => found.changed.push(added(passage)),
                Some(same) if same.digest() == passage.digest() => found.unchanged += 1,
                Some(other) => found.changed.push(changed(other, passage)),
            }
        }
    }
    found
}

fn removed(passage: &Passage) -> Changed<'_> {
    Changed {
        before: Some(passage),
        after: None,
        parts: whole(PartKind::Removed, passage),
    }
}

fn added(passage: &Passage) -> Changed<'_> {
    Changed {
        before: None,
        after: Some(passage),
        parts: whole(PartKind::Added, passage),
    }
}

fn whole(kind: PartKind, passage: &Passage) -> Vec<Part> {
    vec![Part {
        kind,
        text: passage.text.clone(),
    }]
}

fn changed<'a>(before: &'a Passage, after: &'a Passage) -> Changed<'a> {
    let diff = TextDiff::configure()
        .timeout(PER_PASSAGE)
        .diff_chars(&before.text, &after.text);
    let mut parts: Vec<Part> = Vec::new();
    for change in diff.iter_all_changes() {
        let kind = match change.tag() {
            ChangeTag::Equal => PartKind::Same,
            ChangeTag::Delete => PartKind::Removed,
            ChangeTag::Insert => PartKind::Added,
        };
        match parts.last_mut() {
            Some(last) if last.kind == kind => last.text.push_str(change.value()),
            _ => parts.push(Part {
                kind,
                text: change.value().to_owned(),
            }),
        }
    }
    Changed {
        before: Some(before),
        after: Some(after),
        parts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passage(item: &str, text: &str) -> Passage {
        Passage {
            ordinal: 0,
            kind: PassageKind::Article,
            item: item.to_owned(),
            label: format!("第{item}条"),
            headings: Vec::new(),
            caption: None,
            text: text.to_owned(),
            segments: Vec::new(),
            page: None,
        }
    }

    fn told(found: &Difference) -> Vec<String> {
        let names = found.changed.iter().map(|changed| {
            let (mark, passage) = match (changed.before, changed.after) {
                (Some(passage), None) => ("-", passage),
                (None, Some(passage)) => ("+", passage),
                (_, after) => ("~", after.unwrap()),
            };
            format!("{mark}{}", passage.item)
        });
        names.collect()
    }

    #[test]
    fn every_passage_is_accounted_for() {
        let before = ["1", "2", "3", "4", "5"].map(|item| passage(item, item));
        let after = [
            passage("1", "1"),
            passage("1_2", "枝番"),
            passage("5", "5"),
            passage("3", "三"),
        ];
        let found = difference(&before, &after);
        assert_eq!(found.unchanged, 2);
        let mut told = told(&found);
        told.sort();
        assert_eq!(told, ["+1_2", "-2", "-4", "~3"]);
        assert_eq!(difference(&before, &before).unchanged, 5);
        assert_eq!(difference(&[], &after).changed.len(), 4);
    }

    #[test]
    fn parts_join_to_both_texts() {
        let before = [passage("1", "都道府県知事は、七日以内に通知する。")];
        let after = [passage("1", "市町村長は、十四日以内に書面で通知する。")];
        let found = difference(&before, &after);
        let join = |without| {
            let parts = found.changed[0].parts.iter();
            let kept = parts.filter(|part| part.kind != without);
            kept.map(|part| part.text.as_str()).collect::<String>()
        };
        assert_eq!(join(PartKind::Added), before[0].text);
        assert_eq!(join(PartKind::Removed), after[0].text);
        assert!(
            found.changed[0]
                .parts
                .iter()
                .any(|part| part.kind == PartKind::Same)
        );
    }
}
