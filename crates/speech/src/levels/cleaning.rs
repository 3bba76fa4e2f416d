//! ケバ取り: takes out what a speaker did not mean to say. Every rule removes; none writes.
//!
//! Promise: where a word can be meant (あの建物, まあまあ, で、できます) it stays: leaving a filler in costs a
//! glance, taking a word out costs the sense. Never: a number, a denial, an answer (はい, いいえ).

use std::ops::Range;

use shoki_core::minutes::TextRule;

use super::cells::Cells;
use super::chars::{hiragana, is_comma, is_end, is_hiragana, is_kanji, is_katakana, is_mark, is_weighty};
use super::hesitation::{
    ALONE, BEFORE, BEFORE_DESUNE, BEFORE_NE, LISTENING, LONGEST_DOUBLED, MURMURS, NOT_AFTER_MAA,
    NOT_BEFORE_DESUNE, OPENING_DESUNE, SURE, SURE_APART, WHOLE_WORDS, WORDS_OF_ONE,
};
use crate::terms::kanji;

/// Cleans a text; `overlap` tells that another speaks at the same time.
pub(super) fn clean(text: &mut Cells, overlap: bool) {
    if overlap {
        let bare: String = text.now().iter().filter(|c| !is_mark(**c)).collect();
        if MURMURS.contains(&bare.as_str()) {
            text.remove(0..text.now().len(), TextRule::Backchannel);
            return;
        }
    }
    let mut changed = false;
    let mut at = 0;
    while at < text.now().len() {
        let found = look(text.now(), at);
        let taken = found.and_then(|(range, rule)| {
            let range = with_comma_before_end(text.now(), range);
            text.remove(range.clone(), rule).then_some(range.start)
        });
        if let Some(start) = taken {
            changed = true;
            at = start;
        } else {
            at += 1;
        }
    }
    if changed {
        tidy(text);
    }
}

/// What is to be taken out at this place.
fn look(now: &[char], at: usize) -> Option<(Range<usize>, TextRule)> {
    let begins = begins(now, at);
    filler(now, at, begins)
        .map(|range| (range, TextRule::Filler))
        .or_else(|| interjection(now, at).map(|range| (range, TextRule::Interjection)))
        .or_else(|| listening(now, at, begins).map(|range| (range, TextRule::Backchannel)))
        .or_else(|| false_start(now, at, begins).map(|range| (range, TextRule::FalseStart)))
        .or_else(|| doubled(now, at, begins).map(|range| (range, TextRule::Doubled)))
        .or_else(|| doubled_particle(now, at).map(|range| (range, TextRule::DoubledParticle)))
}

/// Whether a clause begins here: at the start, behind a mark.
fn begins(now: &[char], at: usize) -> bool {
    at == 0 || is_mark(now[at - 1])
}

fn starts(now: &[char], at: usize, word: &str) -> bool {
    let mut rest = now[at.min(now.len())..].iter();
    word.chars().all(|c| rest.next() == Some(&c))
}

fn ends(now: &[char], at: usize, word: &str) -> bool {
    let mut rest = now[..at].iter().rev();
    word.chars().rev().all(|c| rest.next() == Some(&c))
}

fn length(word: &str) -> usize {
    word.chars().count()
}

fn filler(now: &[char], at: usize, begins: bool) -> Option<Range<usize>> {
    let end_of = |word: &&&str| starts(now, at, word);
    // えーと言われて quotes an えー.
    let quoted = ["えーと言", "えーと思", "えーっと言"]
        .iter()
        .any(|quote| starts(now, at, quote));
    if let Some(word) = SURE.iter().find(end_of).filter(|_| !quoted) {
        let before = at.checked_sub(1).map(|at| now[at]);
        let apart = begins
            || before.is_some_and(|c| is_weighty(c) && c != 'ー' || "はがをにでとも".contains(c))
            || ends(now, at, "から");
        if apart {
            return Some(at..behind(now, at, at + length(word), begins));
        }
    }
    if !begins {
        return None;
    }
    if let Some(word) = SURE_APART.iter().find(end_of) {
        let end = at + length(word);
        // あーあ, うーる, あのうち.
        if now
            .get(end)
            .is_none_or(|c| !is_hiragana(*c) || !"あうーちる".contains(*c))
        {
            return Some(at..behind(now, at, end, true));
        }
    }
    if let Some(word) = ALONE.iter().find(end_of) {
        let end = at + length(word);
        match now.get(end) {
            // あ、い、う is a list.
            Some(c) if is_comma(*c) && (length(word) > 1 || !lone_kana(now, end + 1)) => {
                return Some(at..behind(now, at, end, true));
            }
            Some('。' | '…') if length(word) > 1 && *word != "こう" && sentence_begins(now, at) => {
                return Some(at..end + 1);
            }
            _ => {}
        }
    }
    let followed = BEFORE.iter().find(|(word, next)| {
        starts(now, at, word) && next.iter().any(|next| starts(now, at + length(word), next))
    });
    if let Some((word, _)) = followed {
        return Some(at..at + length(word));
    }
    let maa = (starts(now, at, "まあ") || starts(now, at, "まぁ"))
        && now
            .get(at + 2)
            .is_some_and(|c| !is_mark(*c) && !NOT_AFTER_MAA.contains(c));
    maa.then_some(at..at + 2)
}

/// One kana between marks.
fn lone_kana(now: &[char], at: usize) -> bool {
    now.get(at).is_some_and(|c| is_hiragana(*c)) && now.get(at + 1).is_none_or(|c| is_mark(*c))
}

fn sentence_begins(now: &[char], at: usize) -> bool {
    at == 0 || is_end(now[at - 1])
}

/// The end of what goes with a filler: the comma behind it when a mark stands before it already, the full
/// stop when it was the whole sentence.
fn behind(now: &[char], start: usize, end: usize, begins: bool) -> usize {
    let mut at = end;
    if !begins {
        return at;
    }
    while now
        .get(at)
        .is_some_and(|c| is_comma(*c) || matches!(c, '…' | ' ' | '\u{3000}'))
    {
        at += 1;
    }
    if at == end && now.get(at) == Some(&'。') && sentence_begins(now, start) {
        at += 1;
    }
    at
}

/// A comma that would come to stand before a full stop goes too.
fn with_comma_before_end(now: &[char], range: Range<usize>) -> Range<usize> {
    let stop = now.get(range.end).is_some_and(|c| is_end(*c));
    if stop && range.start > 0 && is_comma(now[range.start - 1]) {
        return range.start - 1..range.end;
    }
    range
}

fn interjection(now: &[char], at: usize) -> Option<Range<usize>> {
    let pause = |end: usize| now.get(end).is_some_and(|c| is_comma(*c));
    for word in ["ですねー", "ですね"] {
        let end = at + length(word);
        if !starts(now, at, word) || !pause(end) {
            continue;
        }
        if at > 0 && is_comma(now[at - 1]) {
            return Some(at..end + 1);
        }
        let opening = |before: &&str| ends(now, at, before) && begins(now, at - length(before));
        let behind =
            BEFORE_DESUNE.iter().any(|before| ends(now, at, before)) || OPENING_DESUNE.iter().any(opening);
        let other = NOT_BEFORE_DESUNE.iter().any(|before| ends(now, at, before));
        return (behind && !other).then_some(at..end);
    }
    if now[at] == 'ね' {
        let end = at + 1 + usize::from(now.get(at + 1) == Some(&'ー'));
        let behind = BEFORE_NE
            .iter()
            .any(|before| ends(now, at, before) && at > length(before) && !begins(now, at - 1));
        return (pause(end) && behind).then_some(at..end);
    }
    None
}

/// はい、はい、: all but the last.
fn listening(now: &[char], at: usize, begins: bool) -> Option<Range<usize>> {
    if !begins {
        return None;
    }
    let word = LISTENING.iter().find(|word| starts(now, at, word))?;
    let mut next = at + length(word);
    if now.get(next).is_some_and(|c| is_comma(*c)) {
        next += 1;
    }
    if !starts(now, next, word) {
        return None;
    }
    let behind = next + length(word);
    let again = starts(now, behind, word);
    (again || now.get(behind).is_none_or(|c| is_mark(*c))).then_some(at..next)
}

/// よ、予算: a beginning of one to three kana, a comma, and the word.
fn false_start(now: &[char], at: usize, begins: bool) -> Option<Range<usize>> {
    if !begins {
        return None;
    }
    for size in 1..=3 {
        let end = at + size;
        let begun = now.get(at..end)?;
        let kana = |c: &char| is_hiragana(*c) || is_katakana(*c);
        if !begun.iter().all(kana) || !now.get(end).is_some_and(|c| is_comma(*c)) {
            continue;
        }
        let said: String = begun.iter().copied().map(hiragana).collect();
        if size == 1 && WORDS_OF_ONE.contains(&said) || WHOLE_WORDS.contains(&said.as_str()) {
            return None;
        }
        let word = &now[end + 1..];
        let repeated = word.len() > size
            && begun.iter().zip(word).all(|(a, b)| hiragana(*a) == hiragana(*b))
            && !is_mark(word[size]);
        let read = word
            .first()
            .is_some_and(|c| is_kanji(*c) && kanji::may_begin_with(*c, &said));
        return (repeated || read).then_some(at..end + 1);
    }
    None
}

/// 予算は、予算は: the first of two.
fn doubled(now: &[char], at: usize, begins: bool) -> Option<Range<usize>> {
    if !begins {
        return None;
    }
    for size in (2..=LONGEST_DOUBLED).rev() {
        let Some(word) = now.get(at..at + size) else {
            continue;
        };
        if word.iter().any(|c| is_mark(*c)) {
            continue;
        }
        let comma = now.get(at + size).is_some_and(|c| is_comma(*c));
        let again = at + size + usize::from(comma);
        if now.get(again..again + size) != Some(word) {
            continue;
        }
        let next = now.get(again + size).copied();
        let particle = word[size - 1];
        let weighty = word.iter().any(|c| is_weighty(*c));
        let with_particle = if weighty {
            size >= if comma { 2 } else { 3 } && "はがをにでのもと".contains(particle)
        } else {
            size >= 3 && comma && "はがをにの".contains(particle)
        };
        let whole =
            word.iter().all(|c| is_kanji(*c)) && comma || word.iter().all(|c| is_katakana(*c)) && size >= 3;
        let stands_alone = next.is_some_and(|c| is_hiragana(c) || is_end(c));
        if with_particle || whole && stands_alone {
            return Some(at..again);
        }
    }
    None
}

/// 予算をを執行, 予算を、を執行: the first of two, between words of weight.
fn doubled_particle(now: &[char], at: usize) -> Option<Range<usize>> {
    let particle = now[at];
    if !"をがにのはでと".contains(particle) || at == 0 || !is_weighty(now[at - 1]) {
        return None;
    }
    let comma = now.get(at + 1).is_some_and(|c| is_comma(*c));
    let again = at + 1 + usize::from(comma);
    let next = now.get(again + 1)?;
    let follows = is_weighty(*next) || !comma && is_comma(*next);
    (now.get(again) == Some(&particle) && follows).then_some(at..again)
}

/// Marks that lost the words they belonged to.
fn tidy(text: &mut Cells) {
    if text.now().iter().all(|c| is_mark(*c)) {
        text.remove(0..text.now().len(), TextRule::Punctuation);
        return;
    }
    let mut at = 0;
    while at < text.now().len() {
        let c = text.now()[at];
        let needless = is_comma(c) && (at == 0 || is_comma(text.now()[at - 1]) || is_end(text.now()[at - 1]));
        if !(needless && text.remove(at..at + 1, TextRule::Punctuation)) {
            at += 1;
        }
    }
}
