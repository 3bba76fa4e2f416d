//! Personal data in a question: what looks like a 個人番号, a telephone number or a person's name (before
//! さん or 様, or by its surname).
//!
//! Promise: when in doubt it is found — a warning costs a glance, a name in the log is there to stay.
//! Never: a check digit as a reason to let a number pass (a mistyped one is somebody's all the same).

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::text::{Normalised, is_hiragana, is_kanji, is_katakana};

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
/// Characters of the longest given name that is looked for after a surname.
const LONGEST_GIVEN: usize = 3;
/// What begins and ends no given name: it makes a place or an office of a surname (福島市, 千葉地裁,
/// 大野病院), or is a title.
const NO_GIVEN_NAME: &str = "様氏県市区町村郡府都道駅島線支院所署局部課係園校店社館会庁法令条裁銀川山団大小";
/// Surnames that are prefectures too: by themselves they are taken for these.
const PREFECTURES: [&str; 8] = ["石川", "山口", "宮崎", "千葉", "福島", "宮城", "福井", "長野"];
/// What follows a person in a sentence.
const AFTER_NAME: &str = "のはがにをともへや、。 ・?!";

/// The surnames that come with the product.
static SURNAMES: LazyLock<HashSet<String>> = LazyLock::new(|| {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[expect(dead_code, reason = "read so that a file without a version is refused")]
        version: String,
        surnames: HashSet<String>,
    }
    let shipped = include_str!("../../../../pipelines/corpora/vocabulary/surnames.toml");
    toml::from_str::<File>(shipped)
        .expect("the shipped surnames are read by a test")
        .surnames
});

/// Bytes of `question` that look like personal data, in order, not overlapping.
#[must_use]
pub fn spans(question: &str) -> Vec<Range<usize>> {
    let normalised = Normalised::new(question);
    let mut found = numbers(normalised.text());
    found.extend(names(normalised.text()));
    found.extend(surnames(normalised.text()));
    found.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
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

/// A surname at the start of a run of kanji: alone, or with a given name after it or after a blank.
fn surnames(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut end = 0;
    for (start, character) in text.char_indices() {
        if start < end || !is_kanji(character) {
            continue;
        }
        let run = leading(&text[start..], is_kanji);
        end = start + run.len();
        let Some(surname) = surname_of(run) else {
            continue;
        };
        let given = &run[surname.len()..];
        let after = &text[end..];
        if given.is_empty() {
            if let Some(given) = given_after_blank(after) {
                end += given;
                found.push(start..end);
            } else if !PREFECTURES.contains(&surname) && ends_name(after) {
                found.push(start..end);
            }
        } else if given.chars().count() <= LONGEST_GIVEN
            && !given.starts_with(|c| NO_GIVEN_NAME.contains(c))
            && !given.ends_with(|c| NO_GIVEN_NAME.contains(c))
            && ends_name(after)
        {
            found.push(start..end);
        }
    }
    found
}

/// The longest surname that a run begins with.
fn surname_of(run: &str) -> Option<&str> {
    [3, 2].into_iter().find_map(|length| {
        let surname = run.char_indices().nth(length).map_or(run, |(at, _)| &run[..at]);
        (surname.chars().count() == length && SURNAMES.contains(surname)).then_some(surname)
    })
}

/// Bytes of a blank and the given name after it, when a name is what stands there.
fn given_after_blank(after: &str) -> Option<usize> {
    let rest = after.strip_prefix(' ')?;
    let given = [is_kanji, is_katakana, is_hiragana]
        .into_iter()
        .map(|class| leading(rest, class))
        .find(|run| !run.is_empty())?;
    let length = given.chars().count();
    let is_name = length <= LONGEST_GIVEN && (length > 1 || given.starts_with(is_kanji));
    is_name.then_some(1 + given.len())
}

fn ends_name(after: &str) -> bool {
    after.chars().next().is_none_or(|c| AFTER_NAME.contains(c))
}

fn leading(text: &str, class: impl Fn(char) -> bool) -> &str {
    let end = text.find(|c| !class(c)).unwrap_or(text.len());
    &text[..end]
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
    fn a_name_without_a_title_is_found_by_its_surname() {
        assert_eq!(found("田中太郎の保護費を返還させたい"), ["田中太郎"]);
        assert_eq!(found("世帯主は佐々木 花子、長男は無職"), ["佐々木 花子"]);
        assert_eq!(found("鈴木が収入申告をしない"), ["鈴木"]);
        assert_eq!(found("長谷川の扶養照会"), ["長谷川"]);
        assert_eq!(found("渡邉一郎 の 預金調査"), ["渡邉一郎"]);
    }

    #[test]
    fn ordinary_questions_have_none() {
        for question in [
            "法第63条第1項の返還",
            "お客様が奥様と来た",
            "2025年4月1日から3000円",
            "皆さんに知らせる",
            "仕様と氏名",
            "山口県の基準と千葉市の条例",
            "福島に転居したとき",
            "水田中央部の農地を持つ人",
            "中野区から移管された",
            "上野駅で保護された人",
            "生活保護法と児童福祉法の関係の原則",
            "",
        ] {
            assert!(found(question).is_empty(), "{question}: {:?}", found(question));
        }
    }
}
