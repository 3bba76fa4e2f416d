//! The normal form of a field's value: how a reader writes it out and how truth is compared.
//!
//! Promise: pure and idempotent; it changes how a value is written, never what it says. The rules:
//!
//! | type | normal form |
//! |---|---|
//! | every type | NFKC, no white space |
//! | 数字 口座 個人番号 法人番号 郵便番号 | ASCII digits as written; hyphens and 〒 dropped |
//! | 金額 | ASCII digits; `,` `.` `¥` `円` dropped; △ ▲ − before the number → `-` |
//! | 和暦日付 | as written: `070401` in a row of boxes, `令和7年4月1日` or `R7.4.1` elsewhere |
//! | 電話 | as written, every dash → `-` |
//! | カナ | katakana; small kana folded to large (a hand does not tell them apart, banks want it so) |
//! | 住所 | as written, a dash after a digit → `-` |

use unicode_normalization::UnicodeNormalization as _;

use crate::form::FieldType;

/// The value `text` of a field of type `kind` in its normal form.
#[must_use]
pub fn normal_form(kind: FieldType, text: &str) -> String {
    let mut value = one_pass(kind, text);
    // Dropping a character can let a stray combining mark join its new neighbour; then go again.
    // Every pass that changes something shortens the text, so this ends.
    loop {
        let again = one_pass(kind, &value);
        if again == value {
            return value;
        }
        value = again;
    }
}

fn one_pass(kind: FieldType, text: &str) -> String {
    let plain = text.nfkc().filter(|c| !c.is_whitespace());
    match kind {
        FieldType::Number
        | FieldType::Account
        | FieldType::IndividualNumber
        | FieldType::CorporateNumber
        | FieldType::PostalCode => plain.filter(|&c| !is_dash(c) && c != '〒').collect(),
        FieldType::Amount => plain
            .filter(|c| !matches!(c, ',' | '.' | '¥' | '円' | '、'))
            .map(|c| {
                if is_dash(c) || matches!(c, '△' | '▲') {
                    '-'
                } else {
                    c
                }
            })
            .collect(),
        FieldType::Phone | FieldType::WarekiDate => plain.map(|c| if is_dash(c) { '-' } else { c }).collect(),
        FieldType::Kana => plain
            .map(|c| large_katakana(if is_dash(c) { 'ー' } else { c }))
            .collect(),
        FieldType::Address => dashes_after_digits(plain),
        FieldType::Name | FieldType::FreeText | FieldType::Check | FieldType::Circle => plain.collect(),
    }
}

const fn is_dash(c: char) -> bool {
    matches!(c, '-' | 'ー' | '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '─')
}

fn dashes_after_digits(text: impl Iterator<Item = char>) -> String {
    let mut out = String::new();
    for c in text {
        let folded = if is_dash(c) && out.ends_with(|last: char| last.is_ascii_digit()) {
            '-'
        } else {
            c
        };
        out.push(folded);
    }
    out
}

fn large_katakana(c: char) -> char {
    let katakana = match c {
        'ぁ'..='ゖ' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
        other => other,
    };
    match katakana {
        'ァ' => 'ア',
        'ィ' => 'イ',
        'ゥ' => 'ウ',
        'ェ' => 'エ',
        'ォ' => 'オ',
        'ッ' => 'ツ',
        'ャ' => 'ヤ',
        'ュ' => 'ユ',
        'ョ' => 'ヨ',
        'ヮ' => 'ワ',
        'ヵ' => 'カ',
        'ヶ' => 'ケ',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_type_has_its_rules() {
        use FieldType as T;
        for (kind, text, expected) in [
            (T::Amount, "¥１，２３４円", "1234"),
            (T::Amount, "△500", "-500"),
            (T::PostalCode, "〒191−0016", "1910016"),
            (T::Phone, "０４２ー５８５－１１１１", "042-585-1111"),
            (T::Kana, "ｷｮｳ こ", "キヨウコ"),
            (T::Kana, "コ-ヒ−", "コーヒー"),
            (T::Address, "メープル荘3ー12−405", "メープル荘3-12-405"),
            (T::Name, "山田　太郎", "山田太郎"),
            (T::WarekiDate, "令和 ７年 ４月 １日", "令和7年4月1日"),
        ] {
            assert_eq!(normal_form(kind, text), expected, "{kind:?}");
        }
    }

    proptest! {
        #[test]
        fn applying_it_twice_changes_nothing(text in "\\PC{0,20}") {
            for kind in [FieldType::Amount, FieldType::Kana, FieldType::Address, FieldType::Number, FieldType::Name] {
                let once = normal_form(kind, &text);
                prop_assert_eq!(&normal_form(kind, &once), &once);
            }
        }
    }
}
