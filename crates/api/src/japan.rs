//! Days as the desk counts them: Japan has one time zone and no summer time.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

const JST: Offset = Offset::constant(9);

/// The day in Japan at an instant.
#[must_use]
pub fn day_of(at: Timestamp) -> Date {
    JST.to_datetime(at).date()
}

/// The instant at which a day begins in Japan; `None` beyond the calendar's end.
#[must_use]
pub fn start_of(day: Date) -> Option<Timestamp> {
    JST.to_timestamp(day.to_datetime(jiff::civil::Time::midnight()))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_three_in_the_afternoon_of_greenwich() {
        let at: Timestamp = "2026-03-31T15:00:00Z".parse().unwrap();
        assert_eq!(day_of(at), "2026-04-01".parse().unwrap());
        assert_eq!(start_of(day_of(at)), Some(at));
        let before: Timestamp = "2026-03-31T14:59:59Z".parse().unwrap();
        assert_eq!(day_of(before), "2026-03-31".parse().unwrap());
        assert!(start_of(Date::MIN).is_none_or(|at| day_of(at) == Date::MIN));
    }
}
