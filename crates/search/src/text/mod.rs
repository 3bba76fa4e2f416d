//! Japanese legal text as strings: normalisation with a way back to the original bytes, 漢数字,
//! the characters words are made of. Never: meaning.

mod normal;
mod numeral;

pub use normal::{Normalised, normalise};
pub use numeral::{number_at, parse_number, to_kansuji};

/// Whether a character can be part of a word. Everything else (punctuation, brackets, space) parts
/// words and is never inside an n-gram.
#[must_use]
pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '々' | '〆' | '〇' | 'ー' | '\u{3099}' | '\u{309a}')
}

/// Whether a character is a kanji (with 々 〆 〇).
#[must_use]
pub fn is_kanji(c: char) -> bool {
    matches!(c, '々' | '〆' | '〇' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3134f}')
}

/// Whether a character is katakana (with the long vowel mark).
#[must_use]
pub fn is_katakana(c: char) -> bool {
    matches!(c, '\u{30a1}'..='\u{30fa}' | 'ー' | '\u{31f0}'..='\u{31ff}')
}

/// Whether a character is hiragana.
#[must_use]
pub fn is_hiragana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{309f}')
}
