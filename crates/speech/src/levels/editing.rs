//! 整文: writes what was said as it is written, from the table of [`super::spoken`].
//!
//! Promises: です・ます stays; the longest entry that fits is taken; what an entry wrote is not read again.
//! Never: another order of words, a sentence split or joined.

use std::sync::LazyLock;

use shoki_core::minutes::TextRule;

use super::cells::Cells;
use super::chars::{is_end, is_hiragana, is_kanji, is_katakana, is_mark};
use super::context::{Side, Spoken};
use super::spoken::entries;

/// The entries, the longest first.
static ENTRIES: LazyLock<Vec<(Vec<char>, Spoken)>> = LazyLock::new(|| {
    let mut all: Vec<(Vec<char>, Spoken)> = entries().map(|one| (one.heard.chars().collect(), one)).collect();
    all.sort_by_key(|(heard, _)| std::cmp::Reverse(heard.len()));
    all
});

/// Ends of sentences that a recogniser left without their full stop.
const SENTENCE_ENDS: &[&str] = &[
    "です",
    "ます",
    "ました",
    "ません",
    "でした",
    "ください",
    "ますか",
    "ですか",
    "ませんか",
    "でしょうか",
    "でしょう",
    "ましょう",
    "ませんでした",
    "お願いします",
    "異議なし",
];

/// Edits a cleaned text.
pub(super) fn edit(text: &mut Cells) {
    let mut at = 0;
    while at < text.now().len() {
        let found = ENTRIES.iter().find(|(heard, one)| {
            let now = text.now();
            now[at..].starts_with(heard)
                && fits(one.before, |word| word_ends(now, at, word))
                && fits(one.after, |word| word_starts(now, at + heard.len(), word))
        });
        let behind = found.and_then(|(heard, one)| text.replace(at..at + heard.len(), one.written, one.rule));
        at = behind.map_or(at + 1, |behind| behind.max(at + 1));
    }
    marks(text);
    full_stop(text);
}

fn fits(side: Side, stands: impl Fn(&str) -> bool) -> bool {
    match side {
        Side::Any => true,
        Side::Of(words) => words.iter().any(|word| stands(word)),
        Side::Not(words) => !words.iter().any(|word| stands(word)),
    }
}

/// Whether a character is what a list's character stands for; `None` is the edge of the text.
fn is_of(c: Option<char>, wanted: char) -> bool {
    match wanted {
        '|' => c.is_none_or(is_mark),
        '漢' => c.is_some_and(is_kanji),
        'カ' => c.is_some_and(is_katakana),
        _ => c == Some(wanted),
    }
}

fn word_starts(now: &[char], at: usize, word: &str) -> bool {
    (word.chars().enumerate()).all(|(offset, wanted)| is_of(now.get(at + offset).copied(), wanted))
}

fn word_ends(now: &[char], at: usize, word: &str) -> bool {
    (word.chars().rev().enumerate())
        .all(|(offset, wanted)| is_of(at.checked_sub(offset + 1).map(|at| now[at]), wanted))
}

/// Half-width marks behind Japanese as full-width ones. Digits, and the points and commas in them, stay.
fn marks(text: &mut Cells) {
    for at in 1..text.now().len() {
        let (before, mark) = (text.now()[at - 1], text.now()[at]);
        let written = match mark {
            '?' => "？",
            '!' => "！",
            ',' => "、",
            _ => continue,
        };
        if is_kanji(before) || is_hiragana(before) || is_katakana(before) {
            text.replace(at..at + 1, written, TextRule::Punctuation);
        }
    }
}

/// A full stop where the text plainly ends a sentence.
fn full_stop(text: &mut Cells) {
    let now = text.now();
    let end = now.len();
    let open = now.last().is_some_and(|c| !is_end(*c));
    if open && SENTENCE_ENDS.iter().any(|word| word_ends(now, end, word)) {
        text.replace(end..end, "。", TextRule::Punctuation);
    }
}
