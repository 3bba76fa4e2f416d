//! The characters of Japanese numbers and their values, and whole numbers put together of them: 百二十三, 二〇,
//! 63, 1万2千. Spoken numbers have further rules; those are the listener's.

/// A digit of any width, or a positional 漢数字 with its 大字.
#[must_use]
pub const fn digit(c: char) -> Option<u64> {
    Some(match c {
        '0'..='9' => c as u64 - '0' as u64,
        '０'..='９' => c as u64 - '０' as u64,
        '〇' | '零' => 0,
        '一' | '壱' => 1,
        '二' | '弐' => 2,
        '三' | '参' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

/// 十 百 千 inside a group of four digits.
#[must_use]
pub const fn small_unit(c: char) -> Option<u64> {
    Some(match c {
        '十' | '拾' => 10,
        '百' => 100,
        '千' => 1_000,
        _ => return None,
    })
}

/// 万 億 兆 between groups.
#[must_use]
pub const fn large_unit(c: char) -> Option<u64> {
    Some(match c {
        '万' => 10_000,
        '億' => 100_000_000,
        '兆' => 1_000_000_000_000,
        _ => return None,
    })
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_in_every_way_of_writing() {
        for (written, value) in [('7', 7), ('７', 7), ('七', 7), ('〇', 0), ('参', 3)] {
            assert_eq!(digit(written), Some(value), "{written}");
        }
        assert_eq!(
            (small_unit('拾'), large_unit('兆')),
            (Some(10), Some(1_000_000_000_000))
        );
        assert_eq!(
            (digit('十'), small_unit('万'), large_unit('千')),
            (None, None, None)
        );
    }
}
