//! Meetings that were finished and the time spent on them (成果): counts without contents.
//!
//! Promise: what was counted stays when recordings are deleted. Never: one person's time before another's eyes, the
//! 課管理者's excepted.

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use serde::Deserialize;
use shoki_core::access::{Actor, Role};
use utoipa::IntoParams;

use super::figures::Days;
use super::review_figures::names_for;
use crate::extract::signed::ReadFigures;
use crate::extract::{Search, Signed};
use crate::problem::{AnyProblem, Problem};
use crate::state::Shared;
use crate::wire::meeting_figures::{MeetingFiguresBody, MeetingPeriodBody, MeetingPersonBody};
use crate::wire::review_figures::PeriodLength;

/// Which days, and how they are put together.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MeetingPeriodQuery {
    /// 初日 `YYYY-MM-DD`。指定しなければ今年度の4月1日
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// 最後の日。指定しなければ今日
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
    /// `month`(月ごと)・`day`(日ごと)・`all`(全体)。指定しなければ月ごと
    #[serde(default)]
    #[param(value_type = Option<String>, example = "month")]
    by: PeriodLength,
}

/// 確認が終わった会議の数、録音の長さ、作業時間を期間ごとに返す。
#[utoipa::path(
    get, path = "/v1/kpi/minutes", operation_id = "show_meeting_kpi", tag = "minutes", security(("token" = [])),
    params(MeetingPeriodQuery),
    responses((status = 200, description = "結果", body = MeetingFiguresBody), AnyProblem),
)]
pub async fn show(
    State(shared): State<Shared>,
    signed: Signed<ReadFigures>,
    Search(query): Search<MeetingPeriodQuery>,
) -> Result<Json<MeetingFiguresBody>, Problem> {
    let days = Days::of(query.from, query.to, shared.api.store.now())?;
    counted(&shared, &signed.actor, &days, query.by).await.map(Json)
}

/// What meetings left in some days.
pub(crate) async fn counted(
    shared: &Shared,
    actor: &Actor,
    days: &Days,
    by: PeriodLength,
) -> Result<MeetingFiguresBody, Problem> {
    let firsts = days.periods(by)?;
    let bounds = days.bounds(&firsts)?;
    let counted = shared.api.store.meeting_figures(actor, &bounds).await?;
    let names = names_for(shared, actor, counted.time.is_empty()).await?;
    let period = |(nth, first): (usize, &Date)| {
        let done = counted.done.get(&nth).copied().unwrap_or_default();
        let spent = counted.time.iter().filter(|((period, _), _)| *period == nth);
        MeetingPeriodBody {
            period: *first,
            meetings: done.meetings,
            recorded_seconds: done.recorded.as_secs(),
            seconds: spent.map(|(_, spent)| spent.as_secs()).sum(),
        }
    };
    let periods: Vec<MeetingPeriodBody> = firsts.iter().enumerate().map(period).collect();
    let person = |((nth, user), spent): (&(usize, _), &std::time::Duration)| {
        Some(MeetingPersonBody {
            period: firsts[*nth],
            user_id: *user,
            name: names.get(user)?.clone(),
            seconds: spent.as_secs(),
        })
    };
    Ok(MeetingFiguresBody {
        from: days.from,
        to: days.to,
        by,
        office: actor.role == Role::SystemAdmin,
        meetings: periods.iter().map(|period| period.meetings).sum(),
        recorded_seconds: periods.iter().map(|period| period.recorded_seconds).sum(),
        seconds: periods.iter().map(|period| period.seconds).sum(),
        people: counted.time.iter().filter_map(person).collect(),
        periods,
    })
}
