//! The characters of Japanese numbers and their values; how numbers are put together of them is the readers'.

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
