//! Two revisions of a source side by side (新旧対照): which items came, went and changed, and where
//! inside of them.
//!
//! Promises: every passage of both revisions is in exactly one entry; the pieces of a change cover both
//! texts in order; the same revisions give the same answer. Never: a guess that an item was renumbered.

use std::collections::HashMap;
use std::ops::Range;

use serde::Serialize;
use shoki_core::corpus::{Passage, PassageKind};
use similar::{Algorithm, ChangeTag, DiffTag, TextDiff, capture_diff_slices};

use crate::text::{is_kanji, is_katakana};

/// Words on each side up to which a change is sought word by word; above it the lines are shown whole.
const MAX_WORDS: usize = 4_000;

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Only in the new revision.
    Added,
    /// Only in the old one.
    Removed,
    /// In both, with other words, another caption or other headings.
    Changed,
    /// The same in both.
    Unchanged,
}

/// A stretch of a changed item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Piece {
    /// `Added`, `Removed` or `Unchanged`.
    pub change: Change,
    /// Bytes of the old text; empty when added.
    pub old: Range<usize>,
    /// Bytes of the new text; empty when removed.
    pub new: Range<usize>,
}

/// One item of either revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ItemDifference {
    /// What kind of unit it is.
    pub kind: PassageKind,
    /// The item: `78_2`.
    pub item: String,
    /// As a person writes it, from the new revision if it is there.
    pub label: String,
    /// What became of it.
    pub change: Change,
    /// Its ordinal in the old revision.
    pub old: Option<u32>,
    /// Its ordinal in the new revision.
    pub new: Option<u32>,
    /// Where it changed; empty unless `Changed`.
    pub pieces: Vec<Piece>,
}

/// Compares two revisions item by item, in the order of the new one; what went stands after what it
/// followed.
#[must_use]
pub fn compare(old: &[Passage], new: &[Passage]) -> Vec<ItemDifference> {
    let mut left: HashMap<(PassageKind, &str), usize> = HashMap::new();
    for (at, passage) in old.iter().enumerate() {
        left.insert((passage.kind, passage.item.as_str()), at);
    }
    let kept: Vec<Option<usize>> = new
        .iter()
        .map(|passage| left.remove(&(passage.kind, passage.item.as_str())))
        .collect();
    let mut gone: Vec<bool> = vec![true; old.len()];
    for &at in kept.iter().flatten() {
        gone[at] = false;
    }
    let mut found = Vec::with_capacity(old.len().max(new.len()));
    let removed_from = |found: &mut Vec<ItemDifference>, gone: &mut Vec<bool>, mut at: usize| {
        while at < old.len() && gone[at] {
            gone[at] = false;
            found.push(one_sided(&old[at], Change::Removed));
            at += 1;
        }
    };
    removed_from(&mut found, &mut gone, 0);
    for (passage, before) in new.iter().zip(kept) {
        match before {
            None => found.push(one_sided(passage, Change::Added)),
            Some(at) => {
                found.push(both(&old[at], passage));
                removed_from(&mut found, &mut gone, at + 1);
            }
        }
    }
    found
}

fn one_sided(passage: &Passage, change: Change) -> ItemDifference {
    let added = change == Change::Added;
    ItemDifference {
        kind: passage.kind,
        item: passage.item.clone(),
        label: passage.label.clone(),
        change,
        old: (!added).then_some(passage.ordinal),
        new: added.then_some(passage.ordinal),
        pieces: Vec::new(),
    }
}

fn both(old: &Passage, new: &Passage) -> ItemDifference {
    let same = old.digest() == new.digest();
    ItemDifference {
        kind: new.kind,
        item: new.item.clone(),
        label: new.label.clone(),
        change: if same { Change::Unchanged } else { Change::Changed },
        old: Some(old.ordinal),
        new: Some(new.ordinal),
        pieces: if same {
            Vec::new()
        } else {
            pieces(&old.text, &new.text)
        },
    }
}

/// Where two texts differ: first by lines (項, 号, rows), then by words inside of the lines that differ.
#[must_use]
pub fn pieces(old: &str, new: &str) -> Vec<Piece> {
    let mut found = Pieces::default();
    // `split_inclusive` keeps the line ends, so that the lines joined are the text.
    let old_lines: Vec<&str> = old.split_inclusive('\n').collect();
    let new_lines: Vec<&str> = new.split_inclusive('\n').collect();
    for op in capture_diff_slices(Algorithm::Myers, &old_lines, &new_lines) {
        let before = old_lines[op.old_range()].concat();
        let after = new_lines[op.new_range()].concat();
        match op.tag() {
            DiffTag::Equal => found.push(Change::Unchanged, before.len(), after.len()),
            DiffTag::Delete => found.push(Change::Removed, before.len(), 0),
            DiffTag::Insert => found.push(Change::Added, 0, after.len()),
            DiffTag::Replace => by_words(&before, &after, &mut found),
        }
    }
    found.pieces
}

fn by_words(old: &str, new: &str, found: &mut Pieces) {
    let (old_words, new_words) = (words(old), words(new));
    if old_words.len().max(new_words.len()) > MAX_WORDS {
        found.push(Change::Removed, old.len(), 0);
        found.push(Change::Added, 0, new.len());
        return;
    }
    let difference = TextDiff::configure().diff_slices(&old_words, &new_words);
    for change in difference.iter_all_changes() {
        let length = change.value().len();
        match change.tag() {
            ChangeTag::Equal => found.push(Change::Unchanged, length, length),
            ChangeTag::Delete => found.push(Change::Removed, length, 0),
            ChangeTag::Insert => found.push(Change::Added, 0, length),
        }
    }
}

#[derive(Default)]
struct Pieces {
    pieces: Vec<Piece>,
    old: usize,
    new: usize,
}

impl Pieces {
    /// Goes on by so many bytes of each text, joining equal neighbours.
    fn push(&mut self, change: Change, old: usize, new: usize) {
        let (old_end, new_end) = (self.old + old, self.new + new);
        match self.pieces.last_mut() {
            Some(last) if last.change == change => {
                last.old.end = old_end;
                last.new.end = new_end;
            }
            _ => self.pieces.push(Piece {
                change,
                old: self.old..old_end,
                new: self.new..new_end,
            }),
        }
        (self.old, self.new) = (old_end, new_end);
    }
}

/// Runs of kanji, of katakana, of digits and Latin letters; every other character by itself.
fn words(text: &str) -> Vec<&str> {
    let class = |c: char| {
        if is_kanji(c) {
            1
        } else if is_katakana(c) {
            2
        } else if c.is_ascii_alphanumeric() || ('０'..='ｚ').contains(&c) {
            3
        } else {
            0
        }
    };
    let mut found = Vec::new();
    let mut start = 0;
    let mut open = 0;
    for (at, c) in text.char_indices() {
        let now = class(c);
        if at > start && (now != open || now == 0) {
            found.push(&text[start..at]);
            start = at;
        }
        open = now;
    }
    if start < text.len() {
        found.push(&text[start..]);
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn passage(ordinal: u32, item: &str, text: &str) -> Passage {
        Passage {
            ordinal,
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

    #[test]
    fn every_item_is_said_once_and_in_order() {
        let old = [
            passage(0, "1", "同じ"),
            passage(1, "2", "区画は三十日で返す。"),
            passage(2, "3", "消える"),
        ];
        let new = [
            passage(0, "1", "同じ"),
            passage(1, "1_2", "増える"),
            passage(2, "2", "区画は六十日以内に返す。"),
        ];
        let found = compare(&old, &new);
        let said: Vec<_> = found.iter().map(|one| (one.item.as_str(), one.change)).collect();
        assert_eq!(
            said,
            [
                ("1", Change::Unchanged),
                ("1_2", Change::Added),
                ("2", Change::Changed),
                ("3", Change::Removed),
            ]
        );
        let changed = &found[2];
        let removed: Vec<_> = changed
            .pieces
            .iter()
            .filter(|piece| piece.change == Change::Removed)
            .map(|piece| &old[1].text[piece.old.clone()])
            .collect();
        let added: Vec<_> = changed
            .pieces
            .iter()
            .filter(|piece| piece.change == Change::Added)
            .map(|piece| &new[2].text[piece.new.clone()])
            .collect();
        assert_eq!(removed, ["三十日で"]);
        assert_eq!(added, ["六十日以内に"]);
    }

    #[test]
    fn a_change_of_the_caption_alone_is_a_change() {
        let old = passage(0, "1", "同じ");
        let mut new = old.clone();
        new.caption = Some("目的".to_owned());
        let found = compare(&[old], &[new]);
        assert_eq!(found[0].change, Change::Changed);
        assert!(
            found[0]
                .pieces
                .iter()
                .all(|piece| piece.change == Change::Unchanged)
        );
    }

    proptest! {
        #[test]
        fn the_pieces_cover_both_texts(old in "[あい市町ア1。\n]{0,40}", new in "[あい市町ア1。\n]{0,40}") {
            let found = pieces(&old, &new);
            let (mut at_old, mut at_new) = (0, 0);
            for piece in &found {
                prop_assert_eq!((piece.old.start, piece.new.start), (at_old, at_new));
                (at_old, at_new) = (piece.old.end, piece.new.end);
                let (before, after) = (&old[piece.old.clone()], &new[piece.new.clone()]);
                match piece.change {
                    Change::Added => prop_assert!(before.is_empty() && !after.is_empty()),
                    Change::Removed => prop_assert!(after.is_empty() && !before.is_empty()),
                    _ => prop_assert_eq!(before, after),
                }
            }
            prop_assert_eq!((at_old, at_new), (old.len(), new.len()));
        }
    }
}
