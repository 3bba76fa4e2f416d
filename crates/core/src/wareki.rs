//! 和暦: eras to the day, dates as forms write them, and their western day. Everything that reads or writes a
//! Japanese date goes through here.
//!
//! Sources: 元号法 (昭和54年法律第43号); 大正: 詔書 of 明治45年7月30日 (from that day on); 昭和: 詔書 of
//! 大正15年12月25日 (from that day on); 平成: 昭和64年政令第1号 (from the next day, 昭和64年1月8日); 令和:
//! 平成31年政令第143号 (from 2019-05-01). The first days of 大正 and 昭和 are also the last of the era
//! before: both ways of writing them are right. 明治 begins with the western calendar, 1873-01-01.

mod reading;

use jiff::civil::{Date, date};

pub use reading::{DateFault, WrittenDate, read};

/// An era.
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
    /// All, in order.
    pub const ALL: [Self; 5] = [Self::Meiji, Self::Taisho, Self::Showa, Self::Heisei, Self::Reiwa];

    /// Name, short name, letter.
    #[must_use]
    pub const fn names(self) -> [&'static str; 3] {
        match self {
            Self::Meiji => ["明治", "明", "M"],
            Self::Taisho => ["大正", "大", "T"],
            Self::Showa => ["昭和", "昭", "S"],
            Self::Heisei => ["平成", "平", "H"],
            Self::Reiwa => ["令和", "令", "R"],
        }
    }

    /// The name, e.g. 令和.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.names()[0]
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

    /// The era of a whole word: 令和, 令 or R. Never of a small letter, which could be a field's key.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|era| era.names().contains(&word))
    }

    /// First and last day; 令和 has no last day.
    #[must_use]
    pub const fn days(self) -> (Date, Option<Date>) {
        match self {
            Self::Meiji => (date(1873, 1, 1), Some(date(1912, 7, 30))),
            Self::Taisho => (date(1912, 7, 30), Some(date(1926, 12, 25))),
            Self::Showa => (date(1926, 12, 25), Some(date(1989, 1, 7))),
            Self::Heisei => (date(1989, 1, 8), Some(date(2019, 4, 30))),
            Self::Reiwa => (date(2019, 5, 1), None),
        }
    }

    /// Whether the era had this day.
    #[must_use]
    pub fn has(self, day: Date) -> bool {
        let (first, last) = self.days();
        day >= first && last.is_none_or(|last| day <= last)
    }

    /// The western year of this era's year 0.
    const fn year_zero(self) -> i16 {
        match self {
            Self::Meiji => 1867,
            Self::Taisho => 1911,
            Self::Showa => 1925,
            Self::Heisei => 1988,
            Self::Reiwa => 2018,
        }
    }

    /// The era's name at the start of a text (long, short or a letter of either case), and the rest.
    fn at_start(text: &str) -> Option<(Self, &str)> {
        let long_or_short = (0..3).find_map(|form| {
            Self::ALL
                .into_iter()
                .find_map(|era| text.strip_prefix(era.names()[form]).map(|rest| (era, rest)))
        });
        long_or_short.or_else(|| {
            let (letter, rest) = text.split_at_checked(1)?;
            Some((Self::named(&letter.to_ascii_uppercase())?, rest))
        })
    }
}

/// Era and year of a western day; on the two days that belong to two eras, the new one. `None` before 1873.
#[must_use]
pub fn of_day(day: Date) -> Option<(Era, i16)> {
    let era = Era::ALL.into_iter().rev().find(|era| day >= era.days().0)?;
    Some((era, day.year() - era.year_zero()))
}

/// `令和元年5月1日` of a western day; `None` before 1873.
#[must_use]
pub fn written(day: Date) -> Option<String> {
    let (era, year) = of_day(day)?;
    let year = if year == 1 {
        "元".to_owned()
    } else {
        year.to_string()
    };
    Some(format!("{}{year}年{}月{}日", era.name(), day.month(), day.day()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_digits_lead_back_to_the_era() {
        for era in Era::ALL {
            for name in era.names() {
                assert_eq!(Era::named(name), Some(era));
                assert_eq!(Era::at_start(&format!("{name}7")), Some((era, "7")));
            }
            assert_eq!(Era::of_digit(era.digit()), Some(era));
        }
        assert_eq!(Era::at_start("r7.4.1"), Some((Era::Reiwa, "7.4.1")));
        for word in ["", "r", "令和7", "元", "Ｒ"] {
            assert_eq!(Era::named(word), None, "{word}");
        }
        assert_eq!((Era::of_digit(0), Era::of_digit(6)), (None, None));
    }
}
