//! Numbers as Japanese legal texts write them: 百二十三, 二〇, 63, 1万2千.
//!
//! Promises: [`to_kansuji`] and [`parse_number`] are inverse for 0 to 9,999,999,999,999,999. Input is
//! normalised text (full-width digits are ASCII by then). Never: money, dates, units.

use shoki_core::numeral::{digit, large_unit, small_unit};

/// The number at the start of `text` and how many bytes it takes; `None` when there is none or when it
/// has no value (十十).
#[must_use]
pub fn number_at(text: &str) -> Option<(u64, usize)> {
    let mut length = 0;
    for c in text.chars() {
        let part = digit(c).is_some() || small_unit(c).is_some() || (length > 0 && large_unit(c).is_some());
        if !part {
            break;
        }
        length += c.len_utf8();
    }
    if length == 0 {
        return None;
    }
    Some((value(&text[..length])?, length))
}

/// The value of a text that is a number and nothing else.
#[must_use]
pub fn parse_number(text: &str) -> Option<u64> {
    let (value, length) = number_at(text)?;
    (length == text.len()).then_some(value)
}

fn value(text: &str) -> Option<u64> {
    let mut total: u64 = 0;
    let mut group: u64 = 0;
    let mut last_large = u64::MAX;
    let mut last_small = u64::MAX;
    // Digits not yet multiplied: `None` after a unit, so that 十 alone is ten.
    let mut pending: Option<u64> = None;
    for c in text.chars() {
        if let Some(value) = digit(c) {
            pending = Some(pending.unwrap_or(0).checked_mul(10)?.checked_add(value)?);
        } else if let Some(unit) = small_unit(c) {
            if unit >= last_small {
                return None;
            }
            last_small = unit;
            group = group.checked_add(pending.take().unwrap_or(1).checked_mul(unit)?)?;
        } else {
            let unit = large_unit(c)?;
            if unit >= last_large {
                return None;
            }
            last_large = unit;
            last_small = u64::MAX;
            let whole = group.checked_add(pending.take().unwrap_or(0))?;
            if whole == 0 {
                return None;
            }
            total = total.checked_add(whole.checked_mul(unit)?)?;
            group = 0;
        }
    }
    total.checked_add(group)?.checked_add(pending.unwrap_or(0))
}

/// As a law writes it: 百二十三, 一万二千. Zero is 〇.
#[must_use]
pub fn to_kansuji(number: u64) -> String {
    const DIGITS: [char; 10] = ['〇', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
    if number == 0 {
        return DIGITS[0].to_string();
    }
    let mut out = String::new();
    for (unit, mark) in [
        (1_000_000_000_000, "兆"),
        (100_000_000, "億"),
        (10_000, "万"),
        (1, ""),
    ] {
        let group = number / unit
            % if unit == 1_000_000_000_000 {
                u64::MAX
            } else {
                10_000
            };
        if group == 0 {
            continue;
        }
        for (place, name) in [(1000, "千"), (100, "百"), (10, "十"), (1, "")] {
            let value = group / place % 10;
            if value == 0 {
                continue;
            }
            if value > 1 || place == 1 {
                out.push(DIGITS[usize::try_from(value).expect("one digit")]);
            }
            out.push_str(name);
        }
        out.push_str(mark);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_way_of_writing_is_the_same_number() {
        for (text, number) in [
            ("百二十三", 123),
            ("一二三", 123),
            ("123", 123),
            ("二〇", 20),
            ("十", 10),
            ("千三百", 1300),
            ("1万2千", 12_000),
            ("一億五千万", 150_000_000),
            ("〇", 0),
        ] {
            assert_eq!(parse_number(text), Some(number), "{text}");
        }
        assert_eq!(number_at("六十三条"), Some((63, 9)));
        assert_eq!(number_at("条"), None);
        assert_eq!(parse_number("十十"), None);
        assert_eq!(parse_number("万"), None);
        assert_eq!(parse_number("99999999999999999999999"), None);
    }

    proptest! {
        #[test]
        fn writing_and_reading_are_inverse(number in 0u64..10_000_000_000_000_000) {
            prop_assert_eq!(parse_number(&to_kansuji(number)), Some(number));
            prop_assert_eq!(parse_number(&number.to_string()), Some(number));
        }

        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = number_at(&text);
        }
    }
}
