//! Numbers as they are said and written: 12, １２, 十二, 1億8千万, 三分の二.
//!
//! Promise: two ways of writing one number have one value. Never: a unit.

use shoki_core::numeral;

/// A number in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Number {
    /// Its value, without the part behind the point.
    pub(super) value: u128,
    /// Digits behind the point; empty for a whole number.
    pub(super) fraction: String,
    /// The character behind it; `None` at the end.
    pub(super) unit: Option<char>,
    /// Characters of the number.
    pub(super) start: usize,
    /// The one behind them.
    pub(super) end: usize,
}

/// A digit's value.
pub(super) fn digit(c: char) -> Option<u128> {
    numeral::digit(c).map(u128::from)
}

/// 十 百 千; 拾 is a verb where people speak (ごみを拾う).
fn small(c: char) -> Option<u128> {
    numeral::small_unit(c).filter(|_| c != '拾').map(u128::from)
}

fn large(c: char) -> Option<u128> {
    numeral::large_unit(c).map(u128::from)
}

/// The number that begins at this character.
pub(super) fn at(text: &[char], start: usize) -> Option<Number> {
    let (mut total, mut section, mut current) = (0_u128, 0_u128, None::<u128>);
    let mut fraction = String::new();
    let mut end = start;
    while let Some(&c) = text.get(end) {
        let next = text.get(end + 1).copied().and_then(digit);
        if let Some(digit) = digit(c) {
            current = Some(current.unwrap_or(0).saturating_mul(10).saturating_add(digit));
        } else if let (Some(unit), true) = (small(c), end > start || next.is_some() || is_alone(text, end)) {
            section = section.saturating_add(current.take().unwrap_or(1).saturating_mul(unit));
        } else if let (Some(unit), true) = (large(c), end > start) {
            let part = section.saturating_add(current.take().unwrap_or(0));
            total = total.saturating_add(part.saturating_mul(unit));
            section = 0;
        } else if matches!(c, ',' | '，')
            && current.is_some()
            && next.is_some()
            && text[end + 1].is_ascii_digit()
        {
            // 1,000
        } else if matches!(c, '.' | '．') && current.is_some() && next.is_some() {
            let digits = text[end + 1..].iter().map_while(|&c| digit(c));
            fraction = digits.map(|digit| digit.to_string()).collect();
            end += 1 + fraction.len();
            break;
        } else {
            break;
        }
        end += 1;
    }
    let value = total.saturating_add(section).saturating_add(current.unwrap_or(0));
    (end > start).then(|| Number {
        value,
        fraction: fraction.trim_end_matches('0').to_owned(),
        unit: text.get(end).copied(),
        start,
        end,
    })
}

/// Whether a 十, 百 or 千 at the beginning counts something: 十件, not 十分.
fn is_alone(text: &[char], at: usize) -> bool {
    text.get(at + 1)
        .is_some_and(|c| "件人名万億日月年円回社町村軒個本枚冊台戸世".contains(*c))
}

/// All numbers of a text, in order.
pub(super) fn all(text: &str) -> Vec<Number> {
    let text: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut place = 0;
    while place < text.len() {
        if let Some(number) = at(&text, place) {
            place = number.end;
            found.push(number);
        } else {
            place += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_has_one_value() {
        for (text, value, unit) in [
            ("340件", 340, Some('件')),
            ("三百四十件", 340, Some('件')),
            ("１２月", 12, Some('月')),
            ("1億8千万円", 180_000_000, Some('円')),
            ("一億八千万円", 180_000_000, Some('円')),
            ("1,000分の5", 1_000, Some('分')),
            ("二〇二六年", 2026, Some('年')),
            ("十", 0, None),
        ] {
            let found = all(text);
            assert_eq!(
                found.first().map_or((0, None), |one| (one.value, one.unit)),
                (value, unit),
                "{text}"
            );
        }
        assert_eq!(all("0.50倍")[0].fraction, "5");
        assert!(all("十分な説明").is_empty());
        assert_eq!(
            all(&"9".repeat(60)).len(),
            1,
            "too large to count, and one number"
        );
    }
}
