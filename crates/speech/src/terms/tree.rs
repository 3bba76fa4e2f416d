//! The sounds of a 単語帳 as a tree, so that a text is read once whatever the number of words.
//!
//! Promise: a walk ends at every word that a stretch of the text can be read as, each with where it ends.

use super::kanji;
use super::sound::{Sound, Step, step, voiced};
use crate::levels::is_kanji;

/// A place in the tree.
#[derive(Default)]
struct Node {
    next: Vec<(char, usize)>,
    words: Vec<usize>,
}

/// The tree.
pub(super) struct Tree {
    nodes: Vec<Node>,
}

/// Where a walk stands: the node and the last kana.
#[derive(Clone, Copy)]
struct Place {
    node: usize,
    last: Option<char>,
}

impl Tree {
    /// Of the sounds of words, by their number.
    pub(super) fn new<'a>(sounds: impl Iterator<Item = &'a Sound>) -> Self {
        let mut tree = Self {
            nodes: vec![Node::default()],
        };
        for (word, sound) in sounds.enumerate() {
            let mut node = 0;
            for &kana in sound.chars() {
                node = tree.child(node, kana).unwrap_or_else(|| tree.grow(node, kana));
            }
            tree.nodes[node].words.push(word);
        }
        tree
    }

    fn child(&self, node: usize, kana: char) -> Option<usize> {
        self.nodes[node]
            .next
            .iter()
            .find(|(own, _)| *own == kana)
            .map(|(_, child)| *child)
    }

    fn grow(&mut self, node: usize, kana: char) -> usize {
        let child = self.nodes.len();
        self.nodes.push(Node::default());
        self.nodes[node].next.push((kana, child));
        child
    }

    /// Words that stretches from `start` on can be read as, with the character behind each stretch.
    pub(super) fn walk(&self, chars: &[char], start: usize) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        let root = Place { node: 0, last: None };
        self.go_on(chars, start, start, root, &mut found);
        found.sort_unstable();
        found.dedup();
        found
    }

    fn go_on(&self, chars: &[char], start: usize, at: usize, place: Place, found: &mut Vec<(usize, usize)>) {
        found.extend(self.nodes[place.node].words.iter().map(|&word| (word, at)));
        let Some(&c) = chars.get(at).filter(|_| !self.nodes[place.node].next.is_empty()) else {
            return;
        };
        let mut read = |kana: &mut dyn Iterator<Item = char>| {
            let mut next = Some(place);
            for c in kana {
                next = next.and_then(|next| self.hear(next, c));
            }
            // A silent character at a beginning is no part of a word.
            if let Some(next) = next.filter(|next| next.node != 0) {
                self.go_on(chars, start, at + 1, next, found);
            }
        };
        if !is_kanji(c) {
            read(&mut std::iter::once(c));
            return;
        }
        for reading in kanji::readings(c) {
            read(&mut reading.chars());
            let mut kana = reading.chars();
            let Some(first) = kana.next() else { continue };
            if at > start {
                for first in voiced(first) {
                    read(&mut std::iter::once(first).chain(kana.clone()));
                }
            }
            // がく before こう is がっ.
            let size = reading.chars().count();
            if size > 1 && reading.ends_with(['つ', 'ち', 'く', 'き']) {
                read(&mut reading.chars().take(size - 1).chain(std::iter::once('っ')));
            }
        }
    }

    /// One character further.
    fn hear(&self, place: Place, c: char) -> Option<Place> {
        match step(place.last, c) {
            Step::Silent => Some(place),
            Step::Other => None,
            Step::Heard(kana) => self.child(place.node, kana).map(|node| Place {
                node,
                last: Some(kana),
            }),
        }
    }
}
