//! カナ↔氏名: the kana that can be the reading of a name.
//!
//! The name is cut into kanji and words whose readings are known (`readings`), kana that read
//! as they stand, and unknown kanji that may read as one to five kana. A voiced first sound (連濁), a doubled
//! consonant before another part, and ノ, ガ or ツ between two parts (井ノ上, 市ガ谷) are allowed.

use crate::form::FieldType;
use crate::grammar::Grammar;
use crate::normal_form::normal_form;

use super::readings::{LONGEST, READINGS};

/// An unknown kanji: at most five kana (志 こころざし).
const UNKNOWN: &str = "[ァ-ヴー]{1,5}";
/// What may stand between two parts.
const BETWEEN: &str = "[ノガツ]?";

/// The kana that can be the reading of `name`, as a regular expression over normal forms. `None` when
/// nothing can be said: an empty name, or one with letters or digits.
#[must_use]
pub fn kana_pattern(name: &str) -> Option<String> {
    let name: Vec<char> = normal_form(FieldType::Name, name).chars().collect();
    if name.is_empty() || !name.iter().all(|&c| is_kanji(c) || is_kana(c)) {
        return None;
    }
    // What may follow from each character on; the last is the end of the name.
    let mut rest = vec![String::new(); name.len() + 1];
    for at in (0..name.len()).rev() {
        let mut ways = Vec::new();
        for length in 1..=LONGEST.min(name.len() - at) {
            let is_last = at + length == name.len();
            let written: String = name[at..at + length].iter().collect();
            let readings: Vec<String> = readings_of(&written, &name, at)
                .iter()
                .map(|reading| sounds(reading, at > 0, is_last))
                .collect();
            let between = if is_last { "" } else { BETWEEN };
            if !readings.is_empty() {
                ways.push(format!(
                    "(?:{}){between}{}",
                    readings.join("|"),
                    rest[at + length]
                ));
            } else if length == 1 && !READINGS.contains_key(written.as_str()) {
                ways.push(format!("{UNKNOWN}{between}{}", rest[at + 1]));
            }
        }
        rest[at] = format!("(?:{})", ways.join("|"));
    }
    Some(rest.swap_remove(0))
}

/// Whether `kana` can be the reading of `name`; both in any width and script. Empty ones can.
///
/// A reading that is not among the known ones of a kanji is not plausible, so a rare reading is looked at
/// by a person.
#[must_use]
pub fn is_plausible(name: &str, kana: &str) -> bool {
    let kana = normal_form(FieldType::Kana, kana);
    if kana.is_empty() {
        return true;
    }
    // A name too long for an automaton says nothing.
    kana_pattern(name)
        .and_then(|pattern| Grammar::of_pattern(&pattern).ok())
        .is_none_or(|grammar| !kana.starts_with(['ン', 'ー']) && grammar.accepts_value(&kana))
}

fn readings_of(written: &str, name: &[char], at: usize) -> Vec<String> {
    if let Some(known) = READINGS.get(written) {
        return known.clone();
    }
    let mut characters = written.chars();
    match (characters.next(), characters.next()) {
        (Some('々'), None) if at > 0 => {
            let before = name[at - 1].to_string();
            READINGS.get(before.as_str()).cloned().unwrap_or_default()
        }
        (Some('ヶ' | 'ケ' | 'ヵ'), None) => ["ガ", "ケ", "カ"].map(str::to_owned).into(),
        (Some(c), None) if is_kana(c) => vec![normal_form(FieldType::Kana, written)],
        _ => Vec::new(),
    }
}

/// A reading as a pattern: its first sound voiced inside of a name, its last one doubled before another part.
fn sounds(reading: &str, is_inside: bool, is_last: bool) -> String {
    let last = reading.chars().count() - 1;
    let sound = |(at, sound): (usize, char)| {
        if at == 0 && is_inside && !voiced(sound).is_empty() {
            format!("[{sound}{}]", voiced(sound))
        } else if at == last && at > 0 && !is_last && "クキチ".contains(sound) {
            format!("[{sound}ツ]")
        } else {
            sound.to_string()
        }
    };
    reading.chars().enumerate().map(sound).collect()
}

/// The voiced forms of a sound (連濁, ハ行 also 半濁音); ヂ and ジ, ヅ and ズ are one sound.
const fn voiced(sound: char) -> &'static str {
    match sound {
        'カ' => "ガ",
        'キ' => "ギ",
        'ク' => "グ",
        'ケ' => "ゲ",
        'コ' => "ゴ",
        'サ' => "ザ",
        'シ' => "ジ",
        'ス' => "ズ",
        'セ' => "ゼ",
        'ソ' => "ゾ",
        'タ' => "ダ",
        'チ' => "ヂジ",
        'ツ' => "ヅズ",
        'テ' => "デ",
        'ト' => "ド",
        'ハ' => "バパ",
        'ヒ' => "ビピ",
        'フ' => "ブプ",
        'ヘ' => "ベペ",
        'ホ' => "ボポ",
        _ => "",
    }
}

const fn is_kanji(c: char) -> bool {
    matches!(c, '々' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2ffff}')
}

const fn is_kana(c: char) -> bool {
    matches!(c, 'ぁ'..='ゖ' | 'ァ'..='ヺ' | 'ー')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_and_their_kana() {
        for (name, kana) in [
            ("山田 太郎", "ヤマダ タロウ"),
            ("佐藤花子", "ｻﾄｳ ﾊﾅｺ"),
            ("佐々木みどり", "ササキミドリ"),
            ("長谷川 京子", "はせがわ きょうこ"),
            ("井上 浩一", "イノウエコウイチ"),
            ("渡辺 大和", "ワタナベヤマト"),
            ("望月 湊", "モチヅキミナト"),
            ("服部 一郎", "ハットリイチロウ"),
            ("五十嵐 ユリ", "イガラシユリ"),
            ("緑ヶ丘 学", "ミドリガオカマナブ"),
            ("鬱 太郎", "ウツタロウ"),
            ("", "ヤマダ"),
            ("山田", ""),
            ("TARO", "タロウ"),
        ] {
            assert!(is_plausible(name, kana), "{name} {kana}");
        }
        for (name, kana) in [
            ("山田 太郎", "ヤマグ タロウ"),
            ("山田 太郎", "ヤマダ タ口ウ"),
            ("佐藤 花子", "サトワハナコ"),
            ("佐藤 花子", "サトウ"),
            ("佐々木みどり", "ササキミビリ"),
            ("田中", "ンタナカ"),
            ("田中", "タナカタナカ"),
            ("鬱", "アイウエオカ"),
        ] {
            assert!(!is_plausible(name, kana), "{name} {kana}");
        }
    }

    #[test]
    fn entries_are_kana_and_short() {
        for (written, readings) in READINGS.iter() {
            assert!(written.chars().count() <= LONGEST, "{written}");
            assert!(
                readings
                    .iter()
                    .flat_map(|r| r.chars())
                    .all(|c| ('ァ'..='ヴ').contains(&c)),
                "{written}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_name_in_kana_reads_as_itself(name in "[ア-ン]{1,8}") {
            prop_assume!(!name.starts_with('ン'));
            prop_assert!(is_plausible(&name, &name));
        }

        #[test]
        fn no_text_panics(name in "[山田太々ヶケあ鬱]{0,6}|\\PC{0,6}", kana in "[ヤマダタロウッー]{0,9}|\\PC{0,9}") {
            let _ = is_plausible(&name, &kana);
        }
    }
}
