//! Readings of kanji in people's names, as any speaker knows them; written by us for this project.
//!
//! `readings.txt` has one entry a line: a kanji, or a word whose reading is not that of its parts, then its readings in
//! katakana. Promise: nothing here decides that a name is wrong, only that a person looks at its kana.
//! A voiced first sound (藤 トウ → ドウ) is the reader's business and not listed.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::form::FieldType;
use crate::normal_form::normal_form;

/// Readings by kanji or word, in the normal form of kana.
pub(super) static READINGS: LazyLock<HashMap<&str, Vec<String>>> = LazyLock::new(|| {
    let entry = |line: &'static str| {
        let mut words = line.split(' ');
        let written = words.next()?;
        let kana: Vec<String> = words.map(|word| normal_form(FieldType::Kana, word)).collect();
        (!kana.is_empty()).then_some((written, kana))
    };
    include_str!("readings.txt").lines().filter_map(entry).collect()
});

/// Most characters of an entry.
pub(super) const LONGEST: usize = 3;
