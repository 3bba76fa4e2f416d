//! A text in work: what stands there now, character by character, and what was heard there.
//!
//! Promises: what was heard is never lost; a character of a protected word is never changed; a change that
//! would alter a fact is refused. Never: a rule.

use std::ops::Range;

use shoki_core::minutes::{LeveledPiece, LeveledText, TextChange, TextRule};
use shoki_core::transcript::Segment;

use super::facts::facts;

/// A stretch that stands as one.
#[derive(Clone, Debug)]
struct Cell {
    /// What stands there now.
    text: String,
    /// Characters of the segment's text.
    heard: Range<usize>,
    /// What changed it.
    rule: Option<TextRule>,
    /// Whether it must stay.
    protected: bool,
}

/// A text in work.
#[derive(Clone, Debug)]
pub(super) struct Cells {
    heard: Vec<char>,
    /// Token of each heard character, and the number of tokens behind the last.
    tokens: Vec<usize>,
    cells: Vec<Cell>,
    /// What stands now, with the cell of each character.
    now: Vec<char>,
    owner: Vec<usize>,
}

impl Cells {
    pub(super) fn new(segment: &Segment, words: &[&str]) -> Self {
        let mut heard = Vec::new();
        let mut tokens = Vec::new();
        for (at, token) in segment.tokens.iter().enumerate() {
            for c in token.text.chars() {
                heard.push(c);
                tokens.push(at);
            }
        }
        let mut protected = vec![false; heard.len()];
        for replacement in &segment.replacements {
            let first = replacement.first as usize;
            let own = first..first + replacement.tokens as usize;
            for (at, token) in tokens.iter().enumerate() {
                protected[at] |= own.contains(token);
            }
        }
        let text: String = heard.iter().collect();
        for word in words
            .iter()
            .filter(|word| !word.is_empty() && text.contains(**word))
        {
            let word: Vec<char> = word.chars().collect();
            for at in 0..heard.len() {
                if heard[at..].starts_with(&word) {
                    protected[at..at + word.len()].fill(true);
                }
            }
        }
        let cells = (heard.iter().zip(protected).enumerate())
            .map(|(at, (c, protected))| Cell {
                text: c.to_string(),
                heard: at..at + 1,
                rule: None,
                protected,
            })
            .collect();
        let mut own = Self {
            heard,
            tokens,
            cells,
            now: Vec::new(),
            owner: Vec::new(),
        };
        own.refresh();
        own
    }

    fn refresh(&mut self) {
        self.now.clear();
        self.owner.clear();
        for (at, cell) in self.cells.iter().enumerate() {
            for c in cell.text.chars() {
                self.now.push(c);
                self.owner.push(at);
            }
        }
    }

    /// What stands now.
    pub(super) fn now(&self) -> &[char] {
        &self.now
    }

    /// What stands now.
    pub(super) fn text(&self) -> String {
        self.now.iter().collect()
    }

    /// Takes characters out; `false` where that is refused.
    pub(super) fn remove(&mut self, range: Range<usize>, rule: TextRule) -> bool {
        self.replace(range, "", rule).is_some()
    }

    /// Puts `text` in the place of characters. Returns the place behind what was changed (what both have at
    /// their beginnings and ends is left alone); `None` where it is refused or nothing changes.
    pub(super) fn replace(&mut self, range: Range<usize>, text: &str, rule: TextRule) -> Option<usize> {
        let put: Vec<char> = text.chars().collect();
        let old = &self.now[range.clone()];
        let same_start = old.iter().zip(&put).take_while(|(a, b)| a == b).count();
        let room = old.len().min(put.len()) - same_start;
        let same_end = (old.iter().rev().zip(put.iter().rev()).take(room))
            .take_while(|(a, b)| a == b)
            .count();
        let before: String = old.iter().collect();
        if before == text || facts(&before) != facts(text) {
            return None;
        }
        let (start, end) = (range.start + same_start, range.end - same_end);
        let middle: String = put[same_start..put.len() - same_end].iter().collect();
        let length = middle.chars().count();
        if start == end {
            self.insert(start, &middle, rule)?;
        } else {
            let (first, last) = (self.owner[start], self.owner[end - 1]);
            if self.cells[first..=last].iter().any(|cell| cell.protected) {
                return None;
            }
            let kept = |from: usize, to: usize, owner: usize| -> String {
                (from..to)
                    .filter(|&at| self.owner[at] == owner)
                    .map(|at| self.now[at])
                    .collect()
            };
            let whole = kept(0, start, first) + &middle + &kept(end, self.now.len(), last);
            let merged = Cell {
                text: whole,
                heard: self.cells[first].heard.start..self.cells[last].heard.end,
                rule: Some(rule),
                protected: false,
            };
            self.cells.splice(first..=last, [merged]);
        }
        self.refresh();
        Some(start + length)
    }

    /// Adds what was not heard, before the character at `place`.
    fn insert(&mut self, place: usize, text: &str, rule: TextRule) -> Option<()> {
        let at = self.owner.get(place).copied();
        // Inside a word that stays, and inside what a rule wrote, nothing is put in between.
        let inside = place > 0 && at.is_some_and(|at| self.owner[place - 1] == at);
        let between =
            place > 0 && at.is_some_and(|at| self.cells[at].protected && self.cells[at - 1].protected);
        if inside || between {
            return None;
        }
        let index = at.unwrap_or(self.cells.len());
        let point = self
            .cells
            .get(index)
            .map_or(self.heard.len(), |cell| cell.heard.start);
        self.cells.insert(
            index,
            Cell {
                text: text.to_owned(),
                heard: point..point,
                rule: Some(rule),
                protected: false,
            },
        );
        Some(())
    }

    /// The pieces: neighbours that nothing changed are one; so are neighbours that one rule took out.
    pub(super) fn leveled(&self) -> LeveledText {
        let mut joined: Vec<Cell> = Vec::new();
        for cell in &self.cells {
            match joined.last_mut() {
                Some(last)
                    if last.rule == cell.rule
                        && (cell.rule.is_none() || last.text.is_empty() && cell.text.is_empty()) =>
                {
                    last.text.push_str(&cell.text);
                    last.heard.end = cell.heard.end;
                }
                _ => joined.push(cell.clone()),
            }
        }
        let pieces = joined.into_iter().map(|cell| self.piece(cell)).collect();
        LeveledText { pieces }
    }

    fn piece(&self, cell: Cell) -> LeveledPiece {
        let token = |at: usize| self.tokens.get(at).copied();
        let source = if cell.heard.is_empty() {
            // Added: it belongs behind the token before it.
            let behind = cell
                .heard
                .start
                .checked_sub(1)
                .and_then(token)
                .map_or(0, |at| at + 1);
            behind..behind
        } else {
            let first = token(cell.heard.start).unwrap_or(0);
            first..token(cell.heard.end - 1).map_or(first, |at| at + 1)
        };
        let heard: String = self.heard[cell.heard].iter().collect();
        LeveledPiece {
            text: cell.text,
            source,
            change: cell.rule.map(|rule| TextChange { rule, heard }),
        }
    }
}
