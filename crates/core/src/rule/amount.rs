//! Amounts of money as they are written on forms.
//!
//! Sources: 「公用文作成の考え方」(令和4年文化審議会建議): numbers of four digits and more are parted by commas
//! in groups of three; 国税庁「所得税の確定申告書の手引き」: a loss has △ before it.

use unicode_normalization::UnicodeNormalization as _;

use crate::numeral::parse_number;

/// The largest amount a form can mean, yen: more than the yearly budget of the state is a misreading.
pub const MOST: i64 = 999_999_999_999_999;

/// Why a text is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountFault {
    /// Not a number.
    Number,
    /// Commas that do not part groups of three.
    Grouping,
    /// More than [`MOST`].
    TooLarge,
}

/// The yen of an amount: `1,234円`, `¥1,234-`, `△500`, `−500`, `金壱万弐千円`, `12万3千円`.
///
/// # Errors
/// [`AmountFault`].
pub fn parse(text: &str) -> Result<i64, AmountFault> {
    let plain: String = text.nfkc().filter(|c| !c.is_whitespace()).collect();
    let plain = plain.strip_prefix('金').unwrap_or(&plain);
    let (negative, plain) = signed(plain);
    let plain = plain.strip_prefix('¥').unwrap_or(plain);
    let (negative, plain) = match signed(plain) {
        (true, rest) => (true, rest),
        (false, rest) => (negative, rest),
    };
    // A dash, 円 or 也 at the end only closes the amount.
    let plain = plain.trim_end_matches(['也', '円', '-', 'ー', '−', '―']);
    let value = number(plain)?;
    if value > MOST.unsigned_abs() {
        return Err(AmountFault::TooLarge);
    }
    let value = value as i64;
    Ok(if negative { -value } else { value })
}

fn signed(text: &str) -> (bool, &str) {
    text.strip_prefix(['-', '−', '△', '▲', '‐', '–'])
        .map_or((false, text), |rest| (true, rest))
}

fn number(text: &str) -> Result<u64, AmountFault> {
    if text.contains(',') {
        let mut groups = text.split(',');
        let first = groups.next().unwrap_or_default();
        let is_group = |part: &str| part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit());
        let leads = (1..=3).contains(&first.len()) && first.bytes().all(|byte| byte.is_ascii_digit());
        if !leads || first.starts_with('0') || !groups.all(is_group) {
            return Err(AmountFault::Grouping);
        }
    }
    let plain: String = text.chars().filter(|&c| c != ',').collect();
    let is_ascii = !plain.is_empty() && plain.bytes().all(|byte| byte.is_ascii_digit());
    if is_ascii && plain.len() > 1 && plain.starts_with('0') {
        return Err(AmountFault::Number);
    }
    if is_ascii && plain.len() > 18 {
        return Err(AmountFault::TooLarge);
    }
    parse_number(&plain).ok_or(AmountFault::Number)
}

/// As a clerk writes it: `1,234,567`, negative ones with △.
#[must_use]
pub fn grouped(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0 { format!("△{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ways_of_writing() {
        for (text, value) in [
            ("0", 0),
            ("1,234,567", 1_234_567),
            ("１２３円", 123),
            ("¥1,200-", 1_200),
            ("△500", -500),
            ("▲1,000円", -1_000),
            ("−500", -500),
            ("¥△500", -500),
            ("金壱万弐千円也", 12_000),
            ("12万3千円", 123_000),
        ] {
            assert_eq!(parse(text), Ok(value), "{text}");
        }
        for (text, fault) in [
            ("", AmountFault::Number),
            ("円", AmountFault::Number),
            ("012", AmountFault::Number),
            ("1a", AmountFault::Number),
            ("1,23", AmountFault::Grouping),
            ("1234,567", AmountFault::Grouping),
            (",123", AmountFault::Grouping),
            ("12,", AmountFault::Grouping),
            ("1000000000000000", AmountFault::TooLarge),
            ("99999999999999999999999", AmountFault::TooLarge),
        ] {
            assert_eq!(parse(text), Err(fault), "{text}");
        }
    }

    proptest! {
        #[test]
        fn written_in_groups_it_is_the_same(value in -MOST..=MOST) {
            prop_assert_eq!(parse(&grouped(value)), Ok(value));
            prop_assert_eq!(parse(&format!("{value}円")), Ok(value));
        }

        #[test]
        fn a_lost_digit_of_a_group_is_found(value in 1_000_i64..=MOST, at in 0usize..20) {
            let mut text = grouped(value);
            let first_group = text.find(',').expect("four digits have a comma");
            let at = first_group + 1 + at % (text.len() - first_group - 1);
            prop_assume!(text.as_bytes()[at] != b',');
            text.remove(at);
            prop_assert_eq!(parse(&text), Err(AmountFault::Grouping));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,24}") {
            let _ = parse(&text);
        }
    }
}
