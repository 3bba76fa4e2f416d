//! Where a text sounds like a word of the 単語帳 and is written otherwise.
//!
//! Promise: what the recogniser was sure of and what shares no character with the word stays; so does a stretch
//! that would tear a longer word. Never: a decision by meaning.

use std::collections::HashMap;
use std::ops::Range;

use shoki_core::meeting::Term;

use super::kanji;
use super::sound::{Sound, voiced};
use super::tree::Tree;
use crate::levels::{is_hiragana, is_kanji, is_katakana};

/// A text that no sure recogniser wrote: below it a homophone without a common character is replaced too.
const SURE: f32 = 0.6;
/// Kana of a word that may stand in the middle of a run of hiragana or kanji.
const LONG: usize = 4;
/// Kana of a word that one kana may be wrong of, in a run of katakana of its own.
const NEARLY: usize = 4;
/// Characters of what was heard at most.
const LONGEST: usize = 24;

/// Kana that one kanji is read as at most.
const LONGEST_READING: usize = 5;

/// What follows a name.
const TITLES: &[&str] = &[
    "さん", "様", "氏", "くん", "君", "先生", "課長", "係長", "部長", "局長", "室長", "次長", "委員", "議員",
    "市長", "町長", "会長", "師長", "院長", "所長", "主任", "主事", "主査", "医師",
];

/// A word that can be found by its sound.
struct Word<'a> {
    written: &'a str,
    chars: Vec<char>,
    sound: Sound,
}

/// The words of a 単語帳.
pub(super) struct Words<'a> {
    words: Vec<Word<'a>>,
    tree: Tree,
    /// By the character they are written with first.
    by_written: HashMap<char, Vec<usize>>,
}

/// A stretch to be replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Characters.
    pub(super) span: Range<usize>,
    /// What is written instead.
    pub(super) written: String,
}

/// A text with how sure the recogniser was of each character.
pub(super) struct Heard {
    pub(super) chars: Vec<char>,
    pub(super) probabilities: Vec<f32>,
}

impl<'a> Words<'a> {
    pub(super) fn new(terms: &'a [Term]) -> Self {
        let words: Vec<Word<'a>> = terms
            .iter()
            .filter_map(|term| {
                let sound = Sound::of(term.reading.as_deref()?).filter(|sound| sound.len() > 0)?;
                let written = term.written.trim();
                Some(Word {
                    written,
                    chars: written.chars().collect(),
                    sound,
                })
            })
            .collect();
        let mut by_written: HashMap<char, Vec<usize>> = HashMap::new();
        for (at, word) in words.iter().enumerate() {
            if let Some(c) = word.chars.first() {
                by_written.entry(*c).or_default().push(at);
            }
        }
        Self {
            tree: Tree::new(words.iter().map(|word| &word.sound)),
            words,
            by_written,
        }
    }

    /// What is to be replaced, from left to right, the longest first where two begin together.
    pub(super) fn find(&self, heard: &Heard) -> Vec<Found> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < heard.chars.len() {
            if let Some(own) = self.written_at(heard, at) {
                // A word of the list that is written right is left alone, and so is what it holds.
                at += own;
            } else if let Some(one) = self.find_at(heard, at) {
                at = one.span.end;
                found.push(one);
            } else {
                at += 1;
            }
        }
        found
    }

    /// Characters of the longest word of the list that stands here as it is written.
    fn written_at(&self, heard: &Heard, at: usize) -> Option<usize> {
        let rest = &heard.chars[at..];
        let near = self.by_written.get(&rest[0]).into_iter().flatten();
        let own = near
            .map(|&word| &self.words[word].chars)
            .filter(|chars| rest.starts_with(chars))
            .map(Vec::len);
        own.max().filter(|&size| size > 0)
    }

    fn find_at(&self, heard: &Heard, at: usize) -> Option<Found> {
        let mut ends = self.tree.walk(&heard.chars, at);
        for &word in self.by_written.get(&heard.chars[at]).into_iter().flatten() {
            let mut reading = Reading {
                chars: &heard.chars,
                start: at,
                word: &self.words[word],
                ends: Vec::new(),
            };
            reading.go_on(at, 0);
            ends.extend(reading.ends.into_iter().map(|end| (word, end)));
        }
        let fitting = ends
            .into_iter()
            .filter(|&(word, end)| fits(heard, at..end, &self.words[word]));
        // The longest; of two as long, the one that the list names first.
        let best = fitting.max_by_key(|&(word, end)| (end, std::cmp::Reverse(word)));
        let found = best.map(|(word, end)| Found {
            span: at..end,
            written: self.words[word].written.to_owned(),
        });
        found.or_else(|| self.nearly(heard, at))
    }

    /// A run of katakana of which one kana is wrong.
    fn nearly(&self, heard: &Heard, at: usize) -> Option<Found> {
        let chars = &heard.chars;
        if !is_katakana(chars[at]) || at > 0 && is_katakana(chars[at - 1]) {
            return None;
        }
        let run: String = chars[at..].iter().take_while(|c| is_katakana(**c)).collect();
        let end = at + run.chars().count();
        let sound = Sound::of(&run)?;
        let sounds: String = sound.chars().iter().collect();
        let near = self.words.iter().filter(|word| {
            let katakana = word.chars.iter().all(|c| is_katakana(*c) || *c == '・');
            let size = word.sound.len().min(sound.len());
            let other: String = word.sound.chars().iter().collect();
            // The first kana is heard best: with another one it is another word.
            let begins = word.sound.chars().first() == sound.chars().first();
            katakana && begins && size >= NEARLY && strsim::levenshtein(&sounds, &other) == 1
        });
        let near: Vec<_> = near.collect();
        // Between two words that are as near, nobody can tell.
        let [word] = near.as_slice() else { return None };
        let unsure = heard.probabilities[at..end].iter().any(|p| *p < SURE) || word.sound.len() > NEARLY;
        unsure.then(|| Found {
            span: at..end,
            written: word.written.to_owned(),
        })
    }
}

/// Stretches that begin with a word's own first kanji, and can be read as the word: a kanji that stands at the
/// same place of the word is read as it is there, whatever that is (渋谷).
struct Reading<'a> {
    chars: &'a [char],
    start: usize,
    word: &'a Word<'a>,
    ends: Vec<usize>,
}

impl Reading<'_> {
    /// Goes on at a character, with so many kana of the word behind.
    fn go_on(&mut self, at: usize, kana: usize) {
        let sound = self.word.sound.chars();
        if kana == sound.len() {
            if !self.ends.contains(&at) {
                self.ends.push(at);
            }
            return;
        }
        let Some(&c) = self.chars.get(at).filter(|_| at - self.start < LONGEST) else {
            return;
        };
        if is_kanji(c) && self.word.chars.get(at - self.start) == Some(&c) {
            for more in 1..=LONGEST_READING.min(sound.len() - kana) {
                self.go_on(at + 1, kana + more);
            }
            return;
        }
        let own = c.encode_utf8(&mut [0; 4]).to_owned();
        let readings = if is_kanji(c) {
            kanji::readings(c)
        } else {
            std::slice::from_ref(&own)
        };
        for reading in readings {
            let mut kinds = vec![reading.clone()];
            let mut rest = reading.chars();
            let first = rest.next().into_iter().flat_map(voiced);
            kinds.extend(first.map(|first| std::iter::once(first).chain(rest.clone()).collect()));
            for kind in kinds {
                let mut longer = Sound::from(&sound[..kana]);
                let is_kana = kind.chars().all(|c| longer.push(c));
                if is_kana && longer.len() > kana && sound.starts_with(longer.chars()) {
                    self.go_on(at + 1, longer.len());
                }
            }
        }
    }
}

/// Whether a stretch that sounds like a word may be taken for it.
fn fits(heard: &Heard, span: Range<usize>, word: &Word<'_>) -> bool {
    let chars = &heard.chars;
    let own = &chars[span.clone()];
    if own == word.chars {
        return false;
    }
    let before = span.start.checked_sub(1).map(|at| chars[at]);
    let after = chars.get(span.end).copied();
    let titled = TITLES.iter().any(|title| {
        let mut rest = chars[span.end..].iter();
        title.chars().all(|c| rest.next() == Some(&c))
    });
    let long = word.sound.len() >= LONG;
    // A run of katakana is one word.
    if own.iter().all(|c| is_katakana(*c)) {
        let torn = before.is_some_and(is_katakana) || after.is_some_and(is_katakana);
        return !torn && (word.sound.len() > 2 || titled);
    }
    if own.iter().all(|c| is_hiragana(*c) || *c == 'ー') {
        let begins = before.is_none_or(|c| !is_hiragana(c));
        let ends = after.is_none_or(|c| !is_hiragana(c))
            || titled
            || after.is_some_and(|c| "はがをにのでと".contains(c));
        return long && (begins || ends) || word.sound.len() == 3 && begins && ends || begins && titled;
    }
    // Kanji: whole runs, or long words in them.
    let torn = before.is_some_and(is_kanji) || after.is_some_and(is_kanji) && !titled;
    let short = own.len() < 2 || word.sound.len() < 3;
    if torn && !long || short && !titled {
        return false;
    }
    let shares =
        own.iter().any(|c| is_kanji(*c) && word.chars.contains(c)) || own.iter().any(|c| !is_kanji(*c));
    let unsure = heard.probabilities[span].iter().any(|p| *p < SURE);
    shares || unsure || titled
}
