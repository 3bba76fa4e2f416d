//! Numbers as Japanese legal texts write them: 百二十三, 二〇, 63, 1万2千.
//!
//! Promises: [`to_kansuji`] and [`parse_number`] are inverse for 0 to 9,999,999,999,999,999. Input is
//! normalised text (full-width digits are ASCII by then). Never: money, dates, units.

pub use shoki_core::numeral::{number_at, parse_number};

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
