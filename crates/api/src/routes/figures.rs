//! The plan's figures (成果): counts without contents, each with what it is counted from.

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use serde::Deserialize;
use shoki_core::access::{Actor, Role};
use shoki_core::code::ErrorCode;
use utoipa::IntoParams;

use crate::extract::signed::ReadFigures;
use crate::extract::{Search, Signed};
use crate::japan;
use crate::problem::{Problem, ProblemBody};
use crate::state::Shared;
use crate::wire::question::FiguresBody;
use crate::wire::review_figures::PeriodLength;

/// Most periods of one answer: the days of a year and a month.
const MAX_PERIODS: usize = 400;

/// Which days, in Japan.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FiguresQuery {
    /// First day, `YYYY-MM-DD`; the first of April of this 年度 unless told.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// Last day; today unless told.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
}

/// 質問の件数、根拠に届くまでの時間、根拠なしの割合などを返す。
#[utoipa::path(
    get, path = "/v1/kpi/questions", operation_id = "show_question_figures", tag = "law_desk",
    security(("token" = [])),
    params(FiguresQuery),
    responses(
        (status = 200, description = "結果", body = FiguresBody),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn questions(
    State(shared): State<Shared>,
    signed: Signed<ReadFigures>,
    Search(query): Search<FiguresQuery>,
) -> Result<Json<FiguresBody>, Problem> {
    let days = Days::of(query.from, query.to, shared.api.store.now())?;
    asked(&shared, &signed.actor, &days).await.map(Json)
}

/// What was asked in some days.
pub(crate) async fn asked(shared: &Shared, actor: &Actor, days: &Days) -> Result<FiguresBody, Problem> {
    let corpus = &shared.api.corpus;
    let figures = corpus.question_figures(actor, days.start, days.end).await?;
    let office = actor.role == Role::SystemAdmin;
    Ok(FiguresBody::of(days.from, days.to, office, figures))
}

/// Some days in Japan.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Days {
    /// The first.
    pub(crate) from: Date,
    /// The last.
    pub(crate) to: Date,
    /// The instant at which the first begins.
    pub(crate) start: Timestamp,
    /// The instant at which the last has ended.
    pub(crate) end: Timestamp,
}

impl Days {
    /// From the first of this 年度 to today, unless told.
    pub(crate) fn of(from: Option<Date>, to: Option<Date>, now: Timestamp) -> Result<Self, Problem> {
        let to = to.unwrap_or_else(|| japan::day_of(now));
        let from = from.unwrap_or_else(|| fiscal_year_of(to));
        let start = japan::start_of(from).ok_or_else(beyond)?;
        let after = to.checked_add(1.day()).map_err(|_| beyond())?;
        let end = japan::start_of(after).ok_or_else(beyond)?;
        if end <= start {
            return Err(beyond());
        }
        Ok(Self { from, to, start, end })
    }

    /// The first day of each period.
    pub(crate) fn periods(&self, by: PeriodLength) -> Result<Vec<Date>, Problem> {
        let mut firsts = vec![self.from];
        loop {
            let last = firsts[firsts.len() - 1];
            let next = match by {
                PeriodLength::All => break,
                PeriodLength::Day => last.checked_add(1.day()),
                PeriodLength::Month => last.first_of_month().checked_add(1.month()),
            };
            let next = next.map_err(|_| beyond())?;
            if next > self.to {
                break;
            }
            firsts.push(next);
            if firsts.len() > MAX_PERIODS {
                let sentence = format!("期間が長すぎます。{MAX_PERIODS}区切りまでにしてください。");
                return Err(Problem::new(ErrorCode::OptionUnusable).detail(sentence));
            }
        }
        Ok(firsts)
    }

    /// The instants at which the periods with these first days begin, and at which the last one has ended.
    pub(crate) fn bounds(&self, firsts: &[Date]) -> Result<Vec<Timestamp>, Problem> {
        let starts = firsts.iter().map(|day| japan::start_of(*day).ok_or_else(beyond));
        starts.chain([Ok(self.end)]).collect()
    }
}

/// The refusal of days that are none.
pub(super) fn beyond() -> Problem {
    Problem::new(ErrorCode::OptionUnusable).detail("期間の指定が正しくありません。")
}

/// First day of the 年度 (April to March) in which a day lies.
fn fiscal_year_of(day: Date) -> Date {
    let year = if day.month() < 4 {
        day.year() - 1
    } else {
        day.year()
    };
    Date::new(year, 4, 1).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn periods_begin_with_the_first_day_and_with_months() {
        let days = |from, to| Days::of(Some(from), Some(to), Timestamp::UNIX_EPOCH).unwrap();
        let winter = days(date(2026, 1, 30), date(2026, 3, 1));
        let months = winter.periods(PeriodLength::Month).unwrap();
        assert_eq!(months, [date(2026, 1, 30), date(2026, 2, 1), date(2026, 3, 1)]);
        assert_eq!(winter.bounds(&months).unwrap().len(), 4);
        assert_eq!(winter.periods(PeriodLength::All).unwrap(), [date(2026, 1, 30)]);
        assert_eq!(winter.periods(PeriodLength::Day).unwrap().len(), 31);
        let years = days(date(2020, 1, 1), date(2026, 3, 1));
        assert!(years.periods(PeriodLength::Day).is_err());
    }

    #[test]
    fn a_fiscal_year_begins_in_april() {
        assert_eq!(fiscal_year_of(date(2026, 3, 31)), date(2025, 4, 1));
        assert_eq!(fiscal_year_of(date(2026, 4, 1)), date(2026, 4, 1));
    }
}
