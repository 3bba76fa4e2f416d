//! 和暦 and 西暦: eras to the day, and dates as forms and core systems write them.
//!
//! Sources: 改元の詔書・政令 — 明治 from 1868-01-25 (counted back by the rescript of 1868-10-23), 大正
//! 1912-07-30, 昭和 1926-12-25, 平成 1989-01-08 (昭和64年政令第1号), 令和 2019-05-01 (平成31年政令第143号).
//! Dates before 1873 are taken as Gregorian. Promise: a date is read only where the calendar has it and
//! its era had that day.

use jiff::civil::Date;

use crate::numeral;

/// An era since 1868.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Era {
    /// 明治.
    Meiji,
    /// 大正.
    Taisho,
    /// 昭和.
    Showa,
    /// 平成.
    Heisei,
    /// 令和.
    Reiwa,
}

impl Era {
    /// Every era, the oldest first.
    pub const ALL: [Self; 5] = [Self::Meiji, Self::Taisho, Self::Showa, Self::Heisei, Self::Reiwa];

    /// Name, its first character, its initial in Latin letters, and the first day.
    const fn row(self) -> (&'static str, char, char, (i16, i8, i8)) {
        match self {
            Self::Meiji => ("明治", '明', 'M', (1868, 1, 25)),
            Self::Taisho => ("大正", '大', 'T', (1912, 7, 30)),
            Self::Showa => ("昭和", '昭', 'S', (1926, 12, 25)),
            Self::Heisei => ("平成", '平', 'H', (1989, 1, 8)),
            Self::Reiwa => ("令和", '令', 'R', (2019, 5, 1)),
        }
    }

    /// The name, e.g. 令和.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// The digit that core systems write for it: 1 明治 to 5 令和.
    #[must_use]
    pub const fn digit(self) -> u8 {
        self as u8 + 1
    }

    /// The reverse of [`Era::digit`].
    #[must_use]
    pub fn of_digit(digit: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|era| era.digit() == digit)
    }

    /// The era of a whole word: 令和, 令 or R.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::split(word).and_then(|(era, rest)| rest.is_empty().then_some(era))
    }

    /// The era that `text` begins with, and the rest.
    fn split(text: &str) -> Option<(Self, &str)> {
        Self::ALL.into_iter().find_map(|era| {
            let (name, short, initial, _) = era.row();
            let rest = text
                .strip_prefix(name)
                .or_else(|| text.strip_prefix(short))
                .or_else(|| text.strip_prefix(initial))
                .or_else(|| text.strip_prefix(initial.to_ascii_lowercase()))?;
            Some((era, rest))
        })
    }

    /// Its first day.
    #[must_use]
    pub fn first_day(self) -> Date {
        let (year, month, day) = self.row().3;
        Date::constant(year, month, day)
    }

    /// The day after its last one; `None` of the present era.
    fn end(self) -> Option<Date> {
        Self::ALL.get(self as usize + 1).map(|next| next.first_day())
    }

    /// The day, if the calendar has it and this era had it.
    #[must_use]
    pub fn date(self, year: u32, month: u32, day: u32) -> Option<Date> {
        let before = i16::try_from(year.checked_sub(1)?).ok()?;
        let year = self.first_day().year().checked_add(before)?;
        let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
        let begun = date >= self.first_day();
        (begun && self.end().is_none_or(|end| date < end)).then_some(date)
    }
}

/// Era and year of the era of a day since 1868-01-25.
#[must_use]
pub fn era_year(date: Date) -> Option<(Era, i16)> {
    let era = Era::ALL.into_iter().rev().find(|era| date >= era.first_day())?;
    Some((era, date.year() - era.first_day().year() + 1))
}

/// The day that `text` means: `令和7年4月1日`, `R7.4.1`, `5070401` (era digit), `20250401`, `2025年4月1日`, and
/// with `era` also `070401`, `7年4月1日`, `7.4.1`. 元年 is the first year.
#[must_use]
pub fn read(text: &str, era: Option<Era>) -> Option<Date> {
    let (written, rest) = match Era::split(text) {
        Some((era, rest)) => (Some(era), rest),
        None => (None, text),
    };
    // An era in the text that contradicts the one beside it: nobody knows which is meant.
    if written.is_some() && era.is_some() && written != era {
        return None;
    }
    let era = written.or(era);
    let rest = rest.replacen('元', "1", 1);
    let all_digits = !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    if all_digits {
        return match (rest.len(), era) {
            (6, Some(era)) => {
                let [year, month, day] = [0, 2, 4].map(|at| rest[at..at + 2].parse().ok());
                era.date(year?, month?, day?)
            }
            (7, None) => read(&rest[1..], Era::of_digit(rest[..1].parse().ok()?)),
            (8, None) => western(
                rest[..4].parse().ok()?,
                rest[4..6].parse().ok()?,
                rest[6..].parse().ok()?,
            ),
            _ => None,
        };
    }
    let [year, month, day] = parts(&rest)?;
    match era {
        Some(era) => era.date(year, month, day),
        None if year >= 1868 => western(year, month, day),
        None => None,
    }
}

fn western(year: u32, month: u32, day: u32) -> Option<Date> {
    let date = Date::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
    );
    date.ok().filter(|date| *date >= Era::Meiji.first_day())
}

/// Year, month and day between their words or signs.
fn parts(text: &str) -> Option<[u32; 3]> {
    let mut parts = [0_u32; 3];
    let mut rest = text;
    for (part, ends) in parts.iter_mut().zip([
        ['年', '.', '/', '-'],
        ['月', '.', '/', '-'],
        ['日', '日', '日', '日'],
    ]) {
        let length = rest
            .find(|c: char| numeral::digit(c).is_none() || !c.is_ascii())
            .unwrap_or(rest.len());
        let (number, after) = rest.split_at(length);
        *part = number.parse().ok()?;
        rest = after.strip_prefix(ends).unwrap_or(after);
    }
    rest.is_empty().then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(year: i16, month: i8, day: i8) -> Option<Date> {
        Some(Date::constant(year, month, day))
    }

    #[test]
    fn dates_in_every_way_of_writing() {
        for (text, era, expected) in [
            ("令和7年4月1日", None, day(2025, 4, 1)),
            ("令和元年5月1日", None, day(2019, 5, 1)),
            ("R7.4.1", None, day(2025, 4, 1)),
            ("s64.1.7", None, day(1989, 1, 7)),
            ("平31.4.30", None, day(2019, 4, 30)),
            ("5070401", None, day(2025, 4, 1)),
            ("20250401", None, day(2025, 4, 1)),
            ("2025年4月1日", None, day(2025, 4, 1)),
            ("070401", Some(Era::Reiwa), day(2025, 4, 1)),
            ("7年4月1日", Some(Era::Reiwa), day(2025, 4, 1)),
            ("45-07-29", Some(Era::Meiji), day(1912, 7, 29)),
        ] {
            assert_eq!(read(text, era), expected, "{text}");
        }
    }

    #[test]
    fn days_that_an_era_or_the_calendar_has_not() {
        for (text, era) in [
            ("070401", None),
            ("平成31年5月1日", None),
            ("昭和64年1月8日", None),
            ("昭和元年12月24日", None),
            ("令和元年4月30日", None),
            ("令和7年2月29日", None),
            ("令和0年4月1日", None),
            ("6070401", None),
            ("20250431", None),
            ("令和7年4月", None),
            ("令和7年4月1日から", None),
            ("昭和50年4月1日", Some(Era::Heisei)),
            ("18671231", None),
            ("", None),
            ("70401", Some(Era::Reiwa)),
        ] {
            assert_eq!(read(text, era), None, "{text}");
        }
        assert!(read("令和6年2月29日", None).is_some());
    }

    proptest! {
        #[test]
        fn every_day_since_1868_comes_back(days in 0..60_000_i64) {
            let date = Era::Meiji.first_day() + jiff::Span::new().days(days);
            let (era, year) = era_year(date).unwrap();
            let written = format!("{}{year}年{}月{}日", era.name(), date.month(), date.day());
            prop_assert_eq!(read(&written, None), Some(date));
            if year < 100 {
                let digits = format!("{}{year:02}{:02}{:02}", era.digit(), date.month(), date.day());
                prop_assert_eq!(read(&digits, None), Some(date));
            }
        }

        #[test]
        fn no_text_panics(text in "[令和平成元年月日RS0-9./-]{0,12}") {
            let _ = read(&text, Some(Era::Reiwa));
        }
    }
}
