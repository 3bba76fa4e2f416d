//! Characters of one shape and several scripts (一 ー, 口 ロ, り リ): the neighbours tell which.
//!
//! Pure and cautious: a character changes only into its twin, and only where its neighbours leave one
//! reading; where they leave two, it stays as the recogniser wrote it.

use shoki_core::form::FieldType;

/// Kanji and the katakana of the same shape.
const KANJI_KATAKANA: [(char, char); 12] = [
    ('一', 'ー'),
    ('口', 'ロ'),
    ('力', 'カ'),
    ('工', 'エ'),
    ('夕', 'タ'),
    ('八', 'ハ'),
    ('卜', 'ト'),
    ('二', 'ニ'),
    ('三', 'ミ'),
    ('千', 'チ'),
    ('才', 'オ'),
    ('又', 'ヌ'),
];
/// Hiragana and the katakana of the same shape.
const HIRAGANA_KATAKANA: [(char, char); 4] = [('り', 'リ'), ('へ', 'ヘ'), ('べ', 'ベ'), ('ぺ', 'ペ')];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Kanji,
    Katakana,
    Hiragana,
    Other,
}

fn script(character: char) -> Script {
    match character {
        'ァ'..='ヺ' | 'ー' => Script::Katakana,
        'ぁ'..='ゖ' => Script::Hiragana,
        '々' | '〆' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' => Script::Kanji,
        _ => Script::Other,
    }
}

/// `text` with every such character in the script of its neighbours.
pub(crate) fn settled(kind: FieldType, text: &str) -> String {
    if !matches!(kind, FieldType::Name | FieldType::Address | FieldType::FreeText) {
        return text.to_owned();
    }
    let mut characters: Vec<char> = text.chars().collect();
    for at in 0..characters.len() {
        let before = at.checked_sub(1).map(|at| characters[at]);
        let after = characters.get(at + 1).copied();
        characters[at] = one(kind, before, characters[at], after);
    }
    characters.into_iter().collect()
}

fn one(kind: FieldType, before: Option<char>, character: char, after: Option<char>) -> char {
    let of = |neighbour: Option<char>| neighbour.map_or(Script::Other, script);
    let (left, right) = (of(before), of(after));
    let beside = |script: Script| left == script || right == script;
    match character {
        // 干 stands in no place or person's name that 千 could be taken for.
        '干' if matches!(kind, FieldType::Name | FieldType::Address) => return '千',
        '日' if before == Some('丁') => return '目',
        'T' if after == Some('目') => return '丁',
        'ッ' if right != Script::Katakana && left == Script::Katakana => return 'ツ',
        _ => {}
    }
    if let Some(&(kanji, katakana)) = KANJI_KATAKANA.iter().find(|(a, b)| [*a, *b].contains(&character)) {
        let between = left == Script::Katakana && right == Script::Katakana;
        let is_number = matches!(kanji, '一' | '二' | '三' | '八' | '千');
        let long_vowel = kanji == '一' && left == Script::Katakana;
        let begins_word = right == Script::Katakana && (!is_number || kanji == '八') && before != Some('第');
        return if between || long_vowel || (begins_word && left != Script::Katakana) {
            katakana
        } else if !beside(Script::Katakana) && beside(Script::Kanji) {
            kanji
        } else {
            character
        };
    }
    if let Some(&(hiragana, katakana)) = HIRAGANA_KATAKANA
        .iter()
        .find(|(a, b)| [*a, *b].contains(&character))
    {
        return match (beside(Script::Hiragana), beside(Script::Katakana)) {
            (true, false) => hiragana,
            (false, true) => katakana,
            _ => character,
        };
    }
    character
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_tell_the_script() {
        for (read, meant) in [
            ("コ一ポ旭301", "コーポ旭301"),
            ("8八イム川辺", "8ハイム川辺"),
            ("みどリ介護", "みどり介護"),
            ("りサイクル", "リサイクル"),
            ("エ業", "工業"),
            ("川ロ市", "川口市"),
            ("グリーンハイッ407", "グリーンハイツ407"),
            ("干葉市6丁日1", "千葉市6丁目1"),
            ("3T目", "3丁目"),
        ] {
            assert_eq!(settled(FieldType::Address, read), meant);
        }
    }

    #[test]
    fn what_may_be_either_stays() {
        for text in [
            "第二ハイツ",
            "コーポ二号",
            "八王子市",
            "一番町",
            "カ",
            "ト",
            "りんご",
            "ロビー",
        ] {
            assert_eq!(settled(FieldType::Address, text), text);
        }
        assert_eq!(settled(FieldType::Kana, "一"), "一");
    }
}
