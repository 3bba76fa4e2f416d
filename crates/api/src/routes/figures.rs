//! The plan's figures (成果): counts without contents, each with what it is counted from.

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use serde::Deserialize;
use shoki_core::access::Role;
use shoki_core::code::ErrorCode;
use utoipa::IntoParams;

use crate::extract::signed::ReadFigures;
use crate::extract::{Search, Signed};
use crate::japan;
use crate::problem::{Problem, ProblemBody};
use crate::state::Shared;
use crate::wire::question::FiguresBody;

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
    let Days { from, to, start, end } = Days::of(query.from, query.to, shared.api.store.now())?;
    let figures = shared
        .api
        .corpus
        .question_figures(&signed.actor, start, end)
        .await?;
    let office = signed.actor.role == Role::SystemAdmin;
    Ok(Json(FiguresBody::of(from, to, office, figures)))
}

/// Some days in Japan.
#[derive(Clone, Copy, Debug)]
pub(super) struct Days {
    /// The first.
    pub(super) from: Date,
    /// The last.
    pub(super) to: Date,
    /// The instant at which the first begins.
    pub(super) start: Timestamp,
    /// The instant at which the last has ended.
    pub(super) end: Timestamp,
}

impl Days {
    /// From the first of this 年度 to today, unless told.
    pub(super) fn of(from: Option<Date>, to: Option<Date>, now: Timestamp) -> Result<Self, Problem> {
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
    fn a_fiscal_year_begins_in_april() {
        assert_eq!(fiscal_year_of(date(2026, 3, 31)), date(2025, 4, 1));
        assert_eq!(fiscal_year_of(date(2026, 4, 1)), date(2026, 4, 1));
    }
}
