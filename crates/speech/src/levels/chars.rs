//! Classes of Japanese characters, as far as rules on speech need them.

/// Kanji, 々 included.
pub(crate) const fn is_kanji(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '々' | '〆')
}

/// Hiragana.
pub(crate) const fn is_hiragana(c: char) -> bool {
    matches!(c, 'ぁ'..='ゖ' | 'ゝ' | 'ゞ')
}

/// Katakana, with the long vowel mark.
pub(crate) const fn is_katakana(c: char) -> bool {
    matches!(c, 'ァ'..='ヺ' | 'ー')
}

/// What parts words: marks and blanks.
pub(crate) const fn is_mark(c: char) -> bool {
    matches!(
        c,
        '、' | '。'
            | ','
            | '，'
            | '．'
            | '?'
            | '？'
            | '!'
            | '！'
            | '…'
            | ' '
            | '\u{3000}'
            | '\n'
            | '\t'
            | '「'
            | '」'
            | '『'
            | '』'
            | '('
            | ')'
            | '（'
            | '）'
            | '・'
    )
}

/// A comma.
pub(crate) const fn is_comma(c: char) -> bool {
    matches!(c, '、' | ',' | '，')
}

/// What ends a sentence.
pub(crate) const fn is_end(c: char) -> bool {
    matches!(c, '。' | '．' | '?' | '？' | '!' | '！')
}

/// Kanji, katakana, Latin letters and digits: what words of weight are written with.
pub(crate) fn is_weighty(c: char) -> bool {
    is_kanji(c)
        || is_katakana(c)
        || c.is_ascii_alphanumeric()
        || matches!(c, '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ')
}

/// Katakana as hiragana; everything else as it is.
pub(crate) fn hiragana(c: char) -> char {
    match c {
        'ァ'..='ヶ' => char::from_u32(u32::from(c) - 0x60).unwrap_or(c),
        _ => c,
    }
}
