//! How a kanji can be read: on and kun readings of the 2,965 kanji of JIS X 0208 level 1.
//!
//! From the Unihan database of Unicode 15.0 (kJapaneseOn, kJapaneseKun; the licence stands at the head of
//! `kanji_readings.txt`). Promise: readings come as hiragana. Never: which of them is meant — a compound
//! with a reading of its own (大人) is not known here.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::levels::hiragana;

/// One kanji a line: itself, kun readings in hiragana with their 送り仮名, on readings in katakana.
const TABLE: &str = include_str!("kanji_readings.txt");

/// 送り仮名 that a kun reading can end with.
const ENDINGS: &str = "いうくぐすつぬぶむる";

/// Ends of verbs, and of the nouns they make.
const NOUN_ENDINGS: [(char, char); 9] = [
    ('う', 'い'),
    ('く', 'き'),
    ('ぐ', 'ぎ'),
    ('す', 'し'),
    ('つ', 'ち'),
    ('ぬ', 'に'),
    ('ぶ', 'び'),
    ('む', 'み'),
    ('る', 'り'),
];

static READINGS: LazyLock<HashMap<char, Vec<String>>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(read).collect()
});

fn read(line: &str) -> Option<(char, Vec<String>)> {
    let mut words = line.split(' ');
    let kanji = words.next()?.chars().next()?;
    let mut readings = Vec::new();
    for word in words {
        let kana: String = word.chars().map(hiragana).collect();
        // 浅い gives あさ; 加える gives くわえ and くわ; 盛る gives もり.
        let kun = word.chars().next().is_some_and(|c| hiragana(c) == c);
        let stem = kana
            .strip_suffix(|c| ENDINGS.contains(c))
            .filter(|stem| kun && !stem.is_empty());
        let root = stem.and_then(|stem| {
            let shorter: String = stem.chars().take(stem.chars().count() - 1).collect();
            (kana.ends_with('る') && !shorter.is_empty()).then_some(shorter)
        });
        let noun = stem.and_then(|stem| {
            let last = kana.chars().next_back()?;
            let (_, noun) = NOUN_ENDINGS.into_iter().find(|(verb, _)| *verb == last)?;
            Some(format!("{stem}{noun}"))
        });
        let stem = stem.map(str::to_owned);
        readings.extend([Some(kana), stem, root, noun].into_iter().flatten());
    }
    Some((kanji, readings))
}

/// All readings of a kanji, stems without 送り仮名 included; empty where none is known.
#[must_use]
pub fn readings(kanji: char) -> &'static [String] {
    READINGS.get(&kanji).map_or(&[], Vec::as_slice)
}

/// Whether a word that is written with this kanji first may begin with these hiragana.
#[must_use]
pub fn may_begin_with(kanji: char, kana: &str) -> bool {
    readings(kanji).iter().any(|reading| reading.starts_with(kana))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_and_their_stems_are_known() {
        assert!(may_begin_with('予', "よ") && may_begin_with('市', "し") && !may_begin_with('市', "よ"));
        for (kanji, reading) in [
            ('浅', "あさ"),
            ('川', "かわ"),
            ('川', "せん"),
            ('加', "くわ"),
            ('盛', "もり"),
        ] {
            assert!(readings(kanji).iter().any(|one| one == reading), "{kanji}");
        }
        assert_eq!(readings('A'), &[] as &[String]);
        assert_eq!(READINGS.len(), 2_965);
    }
}
