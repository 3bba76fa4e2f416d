//! By when: how it was said, and the day where it follows from the day of the meeting.
//!
//! Promises: a day without its year is the next one after the meeting; 来週 begins on Monday; 年度末 is March 31.
//! Never: a day for 来月, 年末, 来週中 or anything else that names no day.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};
use shoki_core::minutes::Due;

use super::numbers;

/// What days are counted from.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Calendar {
    /// The day of the meeting.
    pub(super) held_on: Option<Date>,
    /// The next meeting, where its day was said.
    pub(super) next_meeting: Option<Date>,
}

/// An expression of time in a text.
struct Found {
    /// Characters.
    start: usize,
    end: usize,
    day: Option<Date>,
    /// Whether it is said to be a limit: まで, 以内.
    limit: bool,
}

/// The time in a sentence by which something is to be done: the last limit, which
/// stands next to what is done, else the first time.
pub(super) fn find(plain: &str, calendar: Calendar) -> Option<Due> {
    let text: Vec<char> = plain.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        if let Some(one) = expression(&text, at, calendar) {
            at = one.end.max(at + 1);
            found.push(one);
        } else {
            at += 1;
        }
    }
    let chosen = found
        .iter()
        .rev()
        .find(|one| one.limit)
        .or_else(|| found.first())?;
    Some(Due {
        said: text[chosen.start..chosen.end].iter().collect(),
        day: chosen.day,
    })
}

fn starts(text: &[char], at: usize, word: &str) -> bool {
    let mut rest = text[at.min(text.len())..].iter();
    word.chars().all(|c| rest.next() == Some(&c))
}

fn expression(text: &[char], at: usize, calendar: Calendar) -> Option<Found> {
    let (mut end, day) = dated(text, at, calendar)
        .or_else(|| weekly(text, at, calendar))
        .or_else(|| monthly(text, at, calendar))
        .or_else(|| worded(text, at, calendar))
        .or_else(|| within(text, at, calendar))?;
    let mut limit = text[at..end].ends_with(&['以', '内']) || text[at..end].ends_with(&['ま', 'で']);
    for word in [
        "の会議",
        "の委員会",
        "中",
        "頃",
        "ごろ",
        "の午前",
        "の午後",
        "の夕方",
        "の朝",
        "いっぱい",
    ] {
        if starts(text, end, word) {
            end += word.chars().count();
        }
    }
    if starts(text, end, "まで") {
        end += 2;
        limit = true;
    }
    Some(Found {
        start: at,
        end,
        day,
        limit,
    })
}

/// A whole number that fits a calendar, and the place behind it.
fn number(text: &[char], at: usize) -> Option<(i16, usize)> {
    let number = numbers::at(text, at)?;
    let value = i16::try_from(number.value).ok()?;
    number.fraction.is_empty().then_some((value, number.end))
}

/// 12月10日, 令和8年12月10日, 12月末, 10日まで.
fn dated(text: &[char], at: usize, calendar: Calendar) -> Option<(usize, Option<Date>)> {
    if at > 0 && numbers::digit(text[at - 1]).is_some() {
        return None;
    }
    let mut place = at;
    let mut year = None;
    if starts(text, place, "令和") {
        let (value, end) = number(text, place + 2)?;
        year = Some(value.checked_add(2018)?);
        place = end + usize::from(text.get(end) == Some(&'年'));
    } else if let Some((value, end)) = number(text, place)
        && text.get(end) == Some(&'年')
        && value > 1900
    {
        year = Some(value);
        place = end + 1;
    }
    let (month, end) = number(text, place)?;
    if text.get(end) == Some(&'日') && year.is_none() && starts(text, end + 1, "まで") {
        return Some((end + 1, next_day_of_month(calendar.held_on, month)));
    }
    if text.get(end) != Some(&'月') || !(1..=12).contains(&month) {
        return None;
    }
    let month = i8::try_from(month).ok()?;
    let behind = end + 1;
    if text.get(behind) == Some(&'末') {
        let first = on(year, month, 1, calendar.held_on.map(|day| day.first_of_month()));
        return Some((behind + 1, first.map(Date::last_of_month)));
    }
    let Some((day, end)) = number(text, behind).filter(|(_, end)| text.get(*end) == Some(&'日')) else {
        return Some((behind, None));
    };
    let mut end = end + 1;
    for word in ["の", ""] {
        let from = end + word.chars().count();
        if starts(text, end, word)
            && text.get(from).copied().and_then(weekday).is_some()
            && starts(text, from + 1, "曜日")
        {
            end = from + 3;
        }
    }
    let day = i8::try_from(day)
        .ok()
        .and_then(|day| on(year, month, day, calendar.held_on));
    Some((end, day))
}

/// The day in the year that was said, else the first one not before `from`. What lies two months back or less
/// was said of the past.
fn on(year: Option<i16>, month: i8, day: i8, from: Option<Date>) -> Option<Date> {
    if let Some(year) = year {
        return Date::new(year, month, day).ok();
    }
    let from = from?;
    let this = Date::new(from.year(), month, day).ok();
    if let Some(this) = this.filter(|this| *this >= from) {
        return Some(this);
    }
    let past = this.is_some_and(|this| this.checked_add(2.months()).is_ok_and(|later| later > from));
    if past {
        None
    } else {
        Date::new(from.year() + 1, month, day).ok()
    }
}

fn next_day_of_month(from: Option<Date>, day: i16) -> Option<Date> {
    let (from, day) = (from?, i8::try_from(day).ok()?);
    let this = Date::new(from.year(), from.month(), day)
        .ok()
        .filter(|this| *this >= from);
    let next = || {
        let month = from.first_of_month().checked_add(1.month()).ok()?;
        Date::new(month.year(), month.month(), day).ok()
    };
    this.or_else(next)
}

const fn weekday(c: char) -> Option<Weekday> {
    Some(match c {
        '月' => Weekday::Monday,
        '火' => Weekday::Tuesday,
        '水' => Weekday::Wednesday,
        '木' => Weekday::Thursday,
        '金' => Weekday::Friday,
        '土' => Weekday::Saturday,
        '日' => Weekday::Sunday,
        _ => return None,
    })
}

/// 来週の金曜日, 今週中, 金曜日.
fn weekly(text: &[char], at: usize, calendar: Calendar) -> Option<(usize, Option<Date>)> {
    let week = [("再来週", 14), ("来週", 7), ("翌週", 7), ("今週", 0)]
        .into_iter()
        .find(|(word, _)| starts(text, at, word));
    let Some((word, days)) = week else {
        let named = weekday(*text.get(at)?)?;
        let alone = at == 0 || !numbers::all(&text[at - 1].to_string()).iter().any(|_| true);
        let day = calendar.held_on.and_then(|held| held.nth_weekday(1, named).ok());
        return (alone && starts(text, at + 1, "曜日")).then_some((at + 3, day));
    };
    let mut end = at + word.chars().count();
    let from = end + usize::from(text.get(end) == Some(&'の'));
    let named = text
        .get(from)
        .copied()
        .and_then(weekday)
        .filter(|_| text.get(from + 1) == Some(&'曜'));
    let monday = calendar.held_on.and_then(|held| {
        held.checked_sub(i64::from(held.weekday().to_monday_zero_offset()).days())
            .ok()
    });
    let day = named.and_then(|named| {
        let offset = i64::from(days) + i64::from(named.to_monday_zero_offset());
        monday?.checked_add(offset.days()).ok()
    });
    if named.is_some() {
        end = from + 2 + usize::from(text.get(from + 2) == Some(&'日'));
    } else if text.get(end) == Some(&'末') {
        end += 1;
    }
    Some((end, day))
}

/// 今月末, 来月10日, 来月.
fn monthly(text: &[char], at: usize, calendar: Calendar) -> Option<(usize, Option<Date>)> {
    let (word, months) = [("再来月", 2), ("来月", 1), ("翌月", 1), ("今月", 0), ("当月", 0)]
        .into_iter()
        .find(|(word, _)| starts(text, at, word))?;
    let end = at + word.chars().count();
    let first = calendar
        .held_on
        .and_then(|held| held.first_of_month().checked_add(i64::from(months).months()).ok());
    if text.get(end) == Some(&'末') {
        return Some((end + 1, first.map(Date::last_of_month)));
    }
    let from = end + usize::from(text.get(end) == Some(&'の'));
    if let Some((day, behind)) = number(text, from).filter(|(_, behind)| text.get(*behind) == Some(&'日')) {
        let day =
            first.and_then(|first| Date::new(first.year(), first.month(), i8::try_from(day).ok()?).ok());
        return Some((behind + 1, day));
    }
    let part = ["上旬", "中旬", "下旬"]
        .iter()
        .find(|part| starts(text, end, part));
    Some((end + part.map_or(0, |part| part.chars().count()), None))
}

/// Words that name a day, or only a time.
fn worded(text: &[char], at: usize, calendar: Calendar) -> Option<(usize, Option<Date>)> {
    let held = calendar.held_on;
    let later = |days: i64| held.and_then(|held| held.checked_add(days.days()).ok());
    let march = held.and_then(|held| {
        let year = if held.month() <= 3 {
            held.year()
        } else {
            held.year() + 1
        };
        Date::new(year, 3, 31).ok()
    });
    let month_end = held.map(Date::last_of_month);
    let words: [(&str, Option<Date>); 21] = [
        ("次回の会議まで", calendar.next_meeting),
        ("次回の委員会まで", calendar.next_meeting),
        ("次回まで", calendar.next_meeting),
        ("今年度末", march),
        ("年度末", march),
        ("年度内", march),
        ("今年度中", march),
        ("明後日", later(2)),
        ("あさって", later(2)),
        ("明日", later(1)),
        ("あした", later(1)),
        ("翌日", later(1)),
        ("本日中", held),
        ("今日中", held),
        ("月末", month_end),
        ("来年度", None),
        ("来年", None),
        ("年内", held.map(|held| date(held.year(), 12, 31))),
        ("年末", None),
        ("早急", None),
        ("近日中", None),
    ];
    let (word, day) = words.into_iter().find(|(word, _)| starts(text, at, word))?;
    Some((at + word.chars().count(), day))
}

/// 3日以内, 2週間以内, 1か月以内, 10日後.
fn within(text: &[char], at: usize, calendar: Calendar) -> Option<(usize, Option<Date>)> {
    let (count, place) = number(text, at)?;
    let (unit, days) = [("日", 1), ("週間", 7)]
        .into_iter()
        .find(|(unit, _)| starts(text, place, unit))
        .or_else(|| {
            let months = ["か月", "ヶ月", "カ月", "ケ月", "ヵ月", "箇月"];
            months
                .into_iter()
                .find(|unit| starts(text, place, unit))
                .map(|unit| (unit, 0))
        })?;
    let behind = place + unit.chars().count();
    let end = ["以内", "後"]
        .iter()
        .find(|word| starts(text, behind, word))
        .map(|word| behind + word.chars().count())?;
    let span = if days == 0 {
        i64::from(count).months()
    } else {
        (i64::from(count) * days).days()
    };
    Some((end, calendar.held_on.and_then(|held| held.checked_add(span).ok())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_follow_from_what_was_said_and_the_day_of_the_meeting() {
        // A Tuesday.
        let calendar = Calendar {
            held_on: Some(date(2026, 11, 24)),
            next_meeting: Some(date(2026, 12, 22)),
        };
        for (plain, said, day) in [
            (
                "12月10日までに通知します",
                "12月10日まで",
                Some(date(2026, 12, 10)),
            ),
            ("十二月十日に送ります", "十二月十日", Some(date(2026, 12, 10))),
            ("2月3日までに出します", "2月3日まで", Some(date(2027, 2, 3))),
            (
                "令和9年4月1日から始めます",
                "令和9年4月1日",
                Some(date(2027, 4, 1)),
            ),
            (
                "12月4日金曜日までに送ります",
                "12月4日金曜日まで",
                Some(date(2026, 12, 4)),
            ),
            (
                "来週の金曜日までに出します",
                "来週の金曜日まで",
                Some(date(2026, 12, 4)),
            ),
            ("今週の木曜に送ります", "今週の木曜", Some(date(2026, 11, 26))),
            (
                "再来週の月曜日に始めます",
                "再来週の月曜日",
                Some(date(2026, 12, 7)),
            ),
            ("金曜日までに送ります", "金曜日まで", Some(date(2026, 11, 27))),
            ("火曜日までに送ります", "火曜日まで", Some(date(2026, 12, 1))),
            ("月末までに送ります", "月末まで", Some(date(2026, 11, 30))),
            ("来月末までに送ります", "来月末まで", Some(date(2026, 12, 31))),
            ("来月10日に送ります", "来月10日", Some(date(2026, 12, 10))),
            ("12月末までに送ります", "12月末まで", Some(date(2026, 12, 31))),
            ("年度末までに修正します", "年度末まで", Some(date(2027, 3, 31))),
            ("明日送ります", "明日", Some(date(2026, 11, 25))),
            ("2週間以内に回答します", "2週間以内", Some(date(2026, 12, 8))),
            ("三日以内に回答します", "三日以内", Some(date(2026, 11, 27))),
            ("次回までに調べます", "次回まで", Some(date(2026, 12, 22))),
            ("30日までに送ります", "30日まで", Some(date(2026, 11, 30))),
            ("10日までに送ります", "10日まで", Some(date(2026, 12, 10))),
            ("来月に募集します", "来月", None),
            ("来週中に送ります", "来週中", None),
            ("年末までに送ります", "年末まで", None),
            ("11月10日に送りました", "11月10日", None),
            ("13月40日に送ります", "", None),
        ] {
            let found = find(plain, calendar);
            assert_eq!(
                found.as_ref().map_or("", |due| due.said.as_str()),
                said,
                "{plain}"
            );
            assert_eq!(found.and_then(|due| due.day), day, "{plain}");
        }
        let unknown = find("来週の金曜日までに出します", Calendar::default());
        assert_eq!(
            unknown,
            Some(Due {
                said: "来週の金曜日まで".to_owned(),
                day: None
            })
        );
        assert_eq!(find("すぐに出します", calendar), None);
    }
}
