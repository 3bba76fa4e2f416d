//! Personal data in a question: what looks like a 個人番号, a telephone number or a person's name.
//!
//! Promise: when in doubt it is found — a warning costs a glance, a name in the log is there to stay.
//! Never: a check digit as a reason to let a number pass (a mistyped one is somebody's all the same).

use std::ops::Range;

use crate::text::{Normalised, is_kanji, is_katakana};

/// What follows a person's name.
const HONORIFICS: [&str; 5] = ["さん", "様", "氏", "ちゃん", "くん"];
/// Words that take one without being anybody's name.
const NOBODY: [&str; 20] = [
    "皆",
    "客",
    "奥",
    "神",
    "医者",
    "大家",
    "職員",
    "利用者",
    "受給者",
    "相手",
    "子",
    "娘",
    "息子",
    "母",
    "父",
    "兄",
    "姉",
    "祖母",
    "祖父",
    "患者",
];
/// Digits of a 個人番号.
const INDIVIDUAL_NUMBER: usize = 12;
/// Digits of a telephone number.
const TELEPHONE: std::ops::RangeInclusive<usize> = 10..=11;
/// Characters of the longest name that is looked for.
const LONGEST_NAME: usize = 8;

/// Bytes of `question` that look like personal data, in order, not overlapping.
#[must_use]
pub fn spans(question: &str) -> Vec<Range<usize>> {
    let normalised = Normalised::new(question);
    let mut found = numbers(normalised.text());
    found.extend(names(normalised.text()));
    found.sort_by_key(|span| span.start);
    let mut last = 0;
    found.retain(|span| {
        let apart = span.start >= last;
        last = last.max(span.end);
        apart
    });
    found
        .into_iter()
        .map(|span| normalised.original_span(span))
        .collect()
}

/// Runs of digits, hyphens and blanks between them allowed, of a length that identifies a person.
fn numbers(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut run: Option<(Range<usize>, usize, bool)> = None;
    let mut end_run = |run: &mut Option<(Range<usize>, usize, bool)>| {
        if let Some((span, digits, zero)) = run.take()
            && (digits == INDIVIDUAL_NUMBER || zero && TELEPHONE.contains(&digits))
        {
            found.push(span);
        }
    };
    for (at, character) in text.char_indices() {
        let end = at + character.len_utf8();
        match (&mut run, character) {
            (Some((span, digits, _)), '0'..='9') => {
                span.end = end;
                *digits += 1;
            }
            (None, '0'..='9') => run = Some((at..end, 1, character == '0')),
            (Some(_), '-' | ' ' | '−' | '‐' | '–' | 'ー') => {}
            _ => end_run(&mut run),
        }
    }
    end_run(&mut run);
    found
}

/// Two to eight kanji or katakana before an honorific.
fn names(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for honorific in HONORIFICS {
        for (at, _) in text.match_indices(honorific) {
            let start = text[..at]
                .char_indices()
                .rev()
                .take(LONGEST_NAME)
                .take_while(|&(_, character)| is_kanji(character) || is_katakana(character))
                .last()
                .map_or(at, |(start, _)| start);
            let name = &text[start..at];
            if name.chars().count() >= 2 && !NOBODY.iter().any(|word| name.ends_with(word)) {
                found.push(start..at);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(question: &str) -> Vec<&str> {
        spans(question).into_iter().map(|span| &question[span]).collect()
    }

    #[test]
    fn numbers_and_names_are_found_where_they_stand() {
        assert_eq!(found("山田太郎さんの保護費"), ["山田太郎"]);
        assert_eq!(found("番号は１２３４-5678-9012です"), ["１２３４-5678-9012"]);
        assert_eq!(found("佐藤様 042-585-1111 に電話"), ["佐藤", "042-585-1111"]);
        assert_eq!(found("０９０１２３４５６７８"), ["０９０１２３４５６７８"]);
    }

    #[test]
    fn ordinary_questions_have_none() {
        for question in [
            "法第63条第1項の返還",
            "お客様が奥様と来た",
            "2025年4月1日から3000円",
            "皆さんに知らせる",
            "仕様と氏名",
            "",
        ] {
            assert!(found(question).is_empty(), "{question}: {:?}", found(question));
        }
    }
}
