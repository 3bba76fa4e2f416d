//! Times, amounts and states in the words of the desk.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use shoki_core::wareki;

const JST: Offset = Offset::constant(9);

/// An instant: for machines, and as the office writes it.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    pub(super) iso: String,
    pub(super) shown: String,
}

impl Moment {
    /// The full day and the minute: 令和8年11月30日 13時05分.
    pub(super) fn of(at: Timestamp) -> Self {
        let local = JST.to_datetime(at);
        let clock = format!("{}時{:02}分", local.hour(), local.minute());
        Self {
            iso: at.to_string(),
            shown: format!("{} {clock}", day(local.date())),
        }
    }

    /// As short as it is clear on the day `now`: 13:05, 11月28日 9:10, 令和7年12月1日.
    pub(super) fn near(at: Timestamp, now: Timestamp) -> Self {
        let (local, today) = (JST.to_datetime(at), JST.to_datetime(now).date());
        let clock = format!("{}:{:02}", local.hour(), local.minute());
        let date = local.date();
        let shown = if date == today {
            format!("今日 {clock}")
        } else if date.year() == today.year() {
            format!("{}月{}日 {clock}", date.month(), date.day())
        } else {
            day(date)
        };
        Self {
            iso: at.to_string(),
            shown,
        }
    }
}

/// A day: 令和8年11月30日; 元年 for the first year.
pub(super) fn day(date: Date) -> String {
    wareki::written(date).unwrap_or_else(|| format!("{}年{}月{}日", date.year(), date.month(), date.day()))
}

/// A place in a recording: 1:02:05, 0:07.
pub(super) fn clock(millis: u64) -> String {
    let seconds = millis / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// A length: 1時間02分, 3分05秒.
pub(super) fn length(millis: u64) -> String {
    let seconds = millis / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}秒"),
        (0, _) => format!("{minutes}分{seconds:02}秒"),
        _ => format!("{hours}時間{minutes:02}分"),
    }
}

/// A count with commas: 12,345.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn instants_are_japans() {
        let moment = Moment::of(at("2026-11-30T04:05:09Z"));
        assert_eq!(moment.shown, "令和8年11月30日 13時05分");
        assert_eq!(moment.iso, "2026-11-30T04:05:09Z");
        let now = at("2026-11-30T14:59:00Z");
        let near = |text: &str| Moment::near(at(text), now).shown;
        assert_eq!(near("2026-11-29T15:00:00Z"), "今日 0:00");
        assert_eq!(near("2026-11-29T14:59:00Z"), "11月29日 23:59");
        assert_eq!(near("2019-06-01T00:00:00Z"), "令和元年6月1日");
    }

    #[test]
    fn amounts() {
        assert_eq!(
            (clock(7_900), clock(3_725_000)),
            ("0:07".to_owned(), "1:02:05".to_owned())
        );
        assert_eq!(
            (length(7_900), length(185_000)),
            ("7秒".to_owned(), "3分05秒".to_owned())
        );
        assert_eq!(
            (count(0), count(999), count(1_000)),
            ("0".into(), "999".into(), "1,000".into())
        );
        assert_eq!(count(1_234_567), "1,234,567");
    }
}
