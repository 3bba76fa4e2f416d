//! Dates as forms and core systems write them, and the western day they mean.
//!
//! Before 明治6年1月1日 the calendar was another one (明治5年太政官布告第337号), so such a day has no western date
//! here.

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization as _;

use super::Era;
use crate::numeral::parse_number;

/// A date as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenDate {
    /// The era; `None` where none is written.
    pub era: Option<Era>,
    /// Year of the era (元年 is 1), or the western year.
    pub year: i16,
    /// Month, 1–12 when possible.
    pub month: i8,
    /// Day of the month.
    pub day: i8,
}

/// Why a date cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateFault {
    /// Not written as a date.
    Form,
    /// No such day in any calendar: 2月30日, 13月.
    NoSuchDay,
    /// The day exists, but not in this era: 昭和64年1月8日, 平成32年.
    OutsideEra,
    /// Before 明治6年: the old calendar, which no rule converts.
    OldCalendar,
}

impl WrittenDate {
    /// Reads `令和3年4月1日`, `令和元年5月1日`, `平31.4.30`, `R7/4/1`, `昭和六十四年一月七日`, `2026年4月1日`,
    /// and bare digits: `yymmdd`, `yyyymmdd`, or `eyymmdd` with the number of the era.
    ///
    /// # Errors
    /// [`DateFault::Form`].
    pub fn parse(text: &str) -> Result<Self, DateFault> {
        let plain: String = text.nfkc().filter(|c| !c.is_whitespace()).collect();
        let (era, rest) =
            Era::at_start(&plain).map_or((None, plain.as_str()), |(era, rest)| (Some(era), rest));
        if rest.bytes().all(|byte| byte.is_ascii_digit()) && !rest.is_empty() {
            return Self::of_digits(era, rest);
        }
        let rest = rest.replace("元年", "1年").replace("年度", "年");
        let parts: Vec<&str> = rest
            .split(['年', '月', '日', '.', '-', '/', '・', '、'])
            .filter(|part| !part.is_empty())
            .collect();
        let number = |part: &str| parse_number(part).and_then(|n| i16::try_from(n).ok());
        let [year, month, day] = parts.as_slice() else {
            return Err(DateFault::Form);
        };
        let small = |part: &str| number(part).and_then(|n| i8::try_from(n).ok());
        match (number(year), small(month), small(day)) {
            (Some(year), Some(month), Some(day)) => Ok(Self {
                era,
                year,
                month,
                day,
            }),
            _ => Err(DateFault::Form),
        }
    }

    fn of_digits(era: Option<Era>, digits: &str) -> Result<Self, DateFault> {
        let (era, digits) = match (era, digits.len()) {
            (None, 7) => {
                let era = Era::of_digit(digits.as_bytes()[0] - b'0');
                (Some(era.ok_or(DateFault::Form)?), &digits[1..])
            }
            (era, 6) => (era, digits),
            (None, 8) => (None, digits),
            _ => return Err(DateFault::Form),
        };
        let (year, rest) = digits.split_at(digits.len() - 4);
        let (month, day) = rest.split_at(2);
        match (year.parse(), month.parse(), day.parse()) {
            (Ok(year), Ok(month), Ok(day)) => Ok(Self {
                era,
                year,
                month,
                day,
            }),
            _ => Err(DateFault::Form),
        }
    }

    /// The western day.
    ///
    /// # Errors
    /// Why it cannot be; a short year without an era is [`DateFault::Form`].
    pub fn western(self) -> Result<Date, DateFault> {
        let year = match self.era {
            None if self.year < 1000 => return Err(DateFault::Form),
            None => self.year,
            Some(_) if !(1..=99).contains(&self.year) => return Err(DateFault::OutsideEra),
            Some(era) => era.year_zero() + self.year,
        };
        if self.era == Some(Era::Meiji) && self.year <= 5 || year < 1873 {
            return Err(DateFault::OldCalendar);
        }
        let day = Date::new(year, self.month, self.day).map_err(|_| DateFault::NoSuchDay)?;
        let Some(era) = self.era else {
            return Ok(day);
        };
        if era.has(day) {
            Ok(day)
        } else {
            Err(DateFault::OutsideEra)
        }
    }

    /// Whether the date can be; without an era a short year is enough if some era has the day.
    ///
    /// # Errors
    /// Why not.
    pub fn check(self) -> Result<(), DateFault> {
        if self.era.is_some() || self.year >= 100 {
            return match self.western() {
                Ok(day) if day.year() > 2200 => Err(DateFault::OutsideEra),
                other => other.map(drop),
            };
        }
        let of = |era| {
            Self {
                era: Some(era),
                ..self
            }
            .western()
        };
        let tried = Era::ALL.map(of);
        match tried.iter().find(|tried| tried.is_ok()) {
            Some(_) => Ok(()),
            // 大正, 昭和 … all say the same of 2月30日.
            None => Err(tried[4].err().unwrap_or(DateFault::NoSuchDay)),
        }
    }
}

/// The day that `text` means, with an era that is written beside it: `070401`, `7年4月1日`, `7.4.1`. What contradicts
/// the era beside it means nothing.
#[must_use]
pub fn read(text: &str, beside: Option<Era>) -> Option<Date> {
    let written = WrittenDate::parse(text).ok()?;
    let is_western = written.era.is_none() && written.year >= 1000;
    let era = written.era.or(beside).filter(|_| !is_western);
    let day = WrittenDate { era, ..written }.western().ok()?;
    beside
        .is_none_or(|beside| era.is_none_or(|era| era == beside) && beside.has(day))
        .then_some(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wareki::{of_day, written};
    use jiff::civil::date;
    use proptest::prelude::*;

    fn western(text: &str) -> Result<Date, DateFault> {
        WrittenDate::parse(text).and_then(WrittenDate::western)
    }

    #[test]
    fn the_eras_meet_to_the_day() {
        for (text, day) in [
            ("明治6年1月1日", date(1873, 1, 1)),
            ("明治45年7月30日", date(1912, 7, 30)),
            ("大正元年7月30日", date(1912, 7, 30)),
            ("大正15年12月25日", date(1926, 12, 25)),
            ("昭和元年12月25日", date(1926, 12, 25)),
            ("昭和64年1月7日", date(1989, 1, 7)),
            ("平成元年1月8日", date(1989, 1, 8)),
            ("平成31年4月30日", date(2019, 4, 30)),
            ("令和元年5月1日", date(2019, 5, 1)),
        ] {
            assert_eq!(western(text), Ok(day), "{text}");
        }
        for text in [
            "明治45年7月31日",
            "大正元年7月29日",
            "大正15年12月26日",
            "昭和元年12月24日",
            "昭和64年1月8日",
            "平成元年1月7日",
            "平成31年5月1日",
            "令和元年4月30日",
            "令和0年1月1日",
        ] {
            assert_eq!(western(text), Err(DateFault::OutsideEra), "{text}");
        }
        assert_eq!(western("明治5年12月2日"), Err(DateFault::OldCalendar));
    }

    #[test]
    fn ways_of_writing() {
        for text in [
            "令和7年4月1日",
            "令和 ７年 ４月 １日",
            "令7.4.1",
            "R7/4/1",
            "R7-4-1",
            "R070401",
            "5070401",
            "2025年4月1日",
            "20250401",
            "令和七年四月一日",
        ] {
            assert_eq!(western(text), Ok(date(2025, 4, 1)), "{text}");
        }
        assert_eq!(western("昭和六十四年一月七日"), Ok(date(1989, 1, 7)));
        for text in [
            "",
            "令和",
            "令和7年4月",
            "34",
            "0704011",
            "9070401",
            "令和7年4月1日2",
            "七",
        ] {
            assert_eq!(western(text), Err(DateFault::Form), "{text}");
        }
        for text in [
            "令和3年13月1日",
            "令和3年2月30日",
            "令和7年2月29日",
            "平成30年4月31日",
        ] {
            assert_eq!(western(text), Err(DateFault::NoSuchDay), "{text}");
        }
        assert_eq!(western("令和6年2月29日"), Ok(date(2024, 2, 29)));
    }

    #[test]
    fn an_era_beside_a_date_counts_unless_it_contradicts() {
        for (text, era, expected) in [
            ("令和7年4月1日", None, Some(date(2025, 4, 1))),
            ("s64.1.7", None, Some(date(1989, 1, 7))),
            ("平31.4.30", None, Some(date(2019, 4, 30))),
            ("070401", Some(Era::Reiwa), Some(date(2025, 4, 1))),
            ("7年4月1日", Some(Era::Reiwa), Some(date(2025, 4, 1))),
            ("令和7年4月1日", Some(Era::Reiwa), Some(date(2025, 4, 1))),
            ("20250401", Some(Era::Reiwa), Some(date(2025, 4, 1))),
            ("45-07-29", Some(Era::Meiji), Some(date(1912, 7, 29))),
            ("070401", None, None),
            ("70401", Some(Era::Reiwa), None),
            ("昭和50年4月1日", Some(Era::Heisei), None),
            ("20250401", Some(Era::Heisei), None),
            ("5070401", Some(Era::Heisei), None),
            ("令和7年4月1日から", None, None),
            ("令和元年4月30日", None, None),
            ("18671231", None, None),
            ("6070401", None, None),
        ] {
            assert_eq!(read(text, era), expected, "{text}");
        }
    }

    #[test]
    fn bare_digits_need_one_era_that_has_the_day() {
        let check = |text: &str| WrittenDate::parse(text).and_then(WrittenDate::check);
        for text in ["030401", "640107", "450730", "20260101"] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        assert_eq!(check("640231"), Err(DateFault::NoSuchDay));
        assert_eq!(check("031301"), Err(DateFault::NoSuchDay));
        // 令和 has no end yet: a year that is too far stays possible.
        assert_eq!(check("990101"), Ok(()));
        assert_eq!(check("29990101"), Err(DateFault::OutsideEra));
    }

    proptest! {
        #[test]
        fn there_and_back(days in 0i32..80_000) {
            let day = date(1873, 1, 1).checked_add(jiff::Span::new().days(days)).expect("before 2093");
            let text = written(day).expect("after 1873");
            prop_assert_eq!(western(&text), Ok(day));
            let (era, year) = of_day(day).expect("after 1873");
            prop_assert!(year >= 1 && era.has(day));
            prop_assert_eq!(read(&text, Some(era)), Some(day));
            if year < 100 {
                let digits = format!("{}{year:02}{:02}{:02}", era.digit(), day.month(), day.day());
                prop_assert_eq!(read(&digits, None), Some(day));
            }
        }

        #[test]
        fn only_days_of_the_calendar_pass(era in 0usize..5, year in 0i16..120, month in 0i8..15, day in 0i8..35) {
            let written = WrittenDate { era: Some(Era::ALL[era]), year, month, day };
            if let Ok(found) = written.western() {
                prop_assert_eq!((found.month(), found.day()), (month, day));
                prop_assert!(written.check().is_ok());
            }
        }

        #[test]
        fn no_text_panics(text in "[明治大正昭和平成令元年月日0-9一二十.RSH]{0,14}|\\PC{0,12}") {
            let _ = WrittenDate::parse(&text).and_then(WrittenDate::check);
            let _ = read(&text, Some(Era::Reiwa));
        }
    }
}
