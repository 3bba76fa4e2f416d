//! The three levels of a text: 素起こし as it was heard, ケバ取り without hesitation, 整文 as it is written.
//!
//! Promises: deterministic; every change names its rule and what was heard, so that it can be taken back and
//! has times; numbers, negations and words of the 単語帳 come out as they went in (INV-FACTS) — a text whose
//! facts would differ stays at the level before. Never: a summary, a word that nobody said.

mod cells;
mod chars;
mod cleaning;
mod context;
mod editing;
mod facts;
mod hesitation;
mod potential;
mod spoken;
mod timing;

use shoki_core::minutes::{LeveledText, TextLevel};
use shoki_core::transcript::Segment;

use cells::Cells;

pub(crate) use chars::{hiragana, is_comma, is_end, is_hiragana, is_kanji, is_katakana, is_mark, is_weighty};
pub(crate) use facts::{facts, is_number};
pub(crate) use timing::{TimedChar, slice, timed};

/// The text of a segment at a level.
#[must_use]
pub fn at(level: TextLevel, segment: &Segment) -> LeveledText {
    protecting(level, segment, &[])
}

/// The text of a segment at a level; `words` (names, terms) stand in it as they were heard, as do the words
/// of the 単語帳 that were put in.
#[must_use]
pub fn protecting(level: TextLevel, segment: &Segment, words: &[&str]) -> LeveledText {
    let verbatim = Cells::new(segment, words);
    if level == TextLevel::Verbatim {
        return verbatim.leveled();
    }
    let heard = facts(&verbatim.text());
    let mut cleaned = verbatim.clone();
    cleaning::clean(&mut cleaned, segment.overlap);
    if facts(&cleaned.text()) != heard {
        return verbatim.leveled();
    }
    if level == TextLevel::Cleaned {
        return cleaned.leveled();
    }
    let mut edited = cleaned.clone();
    editing::edit(&mut edited);
    if facts(&edited.text()) == heard {
        edited.leveled()
    } else {
        cleaned.leveled()
    }
}

#[cfg(test)]
mod tests;
