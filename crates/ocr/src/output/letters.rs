//! 全角 and 半角: letters, digits, signs and kana in the width that the next system wants.
//!
//! Promise: pure; what one width does not have stays as it is. Hiragana has no half width.

use unicode_normalization::UnicodeNormalization as _;

use shoki_core::output_profile::LetterWidth;

/// 半角 kana in the order of JIS X 0201, U+FF61 to U+FF9F.
const KANA: &str = "。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン゛゜";
/// First character of 半角 kana.
const FIRST_KANA: u32 = 0xFF61;
/// From ASCII to its full width.
const TO_FULL: u32 = 0xFEE0;

/// The text in this width.
pub(super) fn in_width(text: &str, width: LetterWidth) -> String {
    match width {
        LetterWidth::Full => full(text),
        LetterWidth::Half => text.chars().flat_map(half).collect(),
    }
}

fn full(text: &str) -> String {
    let mut out = String::new();
    let mut kana = String::new();
    for c in text.chars() {
        // Kana and its voice marks become one character together.
        if is_half_kana(c) {
            kana.push(c);
            continue;
        }
        out.extend(kana.drain(..).nfkc());
        out.push(match c {
            ' ' => '\u{3000}',
            '!'..='~' => char::from_u32(u32::from(c) + TO_FULL).unwrap_or(c),
            other => other,
        });
    }
    out.extend(kana.chars().nfkc());
    out
}

fn half(c: char) -> Vec<char> {
    match c {
        '\u{3000}' => vec![' '],
        '！'..='～' => vec![char::from_u32(u32::from(c) - TO_FULL).unwrap_or(c)],
        '。' | '「' | '」' | '、' | '゛' | '゜' | '゠'..='ヿ' => {
            let parts: Option<Vec<char>> = std::iter::once(c).nfd().map(half_kana).collect();
            parts.unwrap_or_else(|| vec![c])
        }
        other => vec![other],
    }
}

/// 半角 of one part of a kana: its base, or a voice mark that follows it.
fn half_kana(part: char) -> Option<char> {
    let part = match part {
        '\u{3099}' => '゛',
        '\u{309a}' => '゜',
        other => other,
    };
    let at = KANA.chars().position(|kana| kana == part)?;
    char::from_u32(FIRST_KANA + u32::try_from(at).ok()?)
}

const fn is_half_kana(c: char) -> bool {
    matches!(c, '\u{ff61}'..='\u{ff9f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn kana_letters_and_signs_change_width_together() {
        for (wide, narrow) in [
            ("ガッコウー、ヴ", "ｶﾞｯｺｳｰ､ｳﾞ"),
            ("パーク３－１", "ﾊﾟｰｸ3-1"),
            ("ＡＢＣ　（株）", "ABC (株)"),
        ] {
            assert_eq!(in_width(wide, LetterWidth::Half), narrow);
            assert_eq!(in_width(narrow, LetterWidth::Full), wide);
        }
        assert_eq!(in_width("ひらがな漢字ヰ", LetterWidth::Half), "ひらがな漢字ヰ");
    }

    proptest! {
        #[test]
        fn there_and_back(text in "[ァ-ヮヲ-ヴー。「」、・ 0-9A-Za-z!-~]{0,20}") {
            let wide = in_width(&text, LetterWidth::Full);
            let narrow = in_width(&wide, LetterWidth::Half);
            prop_assert_eq!(in_width(&narrow, LetterWidth::Full), wide);
        }
    }
}
