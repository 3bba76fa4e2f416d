//! 識字率 and time on task over the jobs of a 課, by period, form and field (成果): counts without contents.
//!
//! Promise: what was counted stays when documents are deleted. Never: one person's time before another's eyes, the
//! 課管理者's excepted.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use serde::Deserialize;
use shoki_core::access::{Actor, Role};
use shoki_core::code::ErrorCode;
use shoki_core::id::UserId;
use shoki_core::review::FieldFigures;
use shoki_store::review_store::{FormFigures, ReviewFigures};
use utoipa::IntoParams;

use super::figures::{Days, beyond};
use crate::extract::signed::ReadFigures;
use crate::extract::{Search, Signed};
use crate::file_name;
use crate::japan;
use crate::problem::{AnyProblem, Problem};
use crate::reviews::form_of;
use crate::state::Shared;
use crate::wire::review_figures::{
    FieldPeriodBody, FormPeriodBody, PeriodFiguresBody, PeriodLength, PersonPeriodBody,
};

/// Most periods of one answer: the days of a year and a month.
const MAX_PERIODS: usize = 400;

/// Which days, and how they are put together.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PeriodQuery {
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
    /// `json` または `csv`。指定しなければ `json`
    #[serde(default)]
    #[param(value_type = Option<String>, example = "json")]
    format: FiguresFormat,
}

/// How the figures go out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FiguresFormat {
    /// JSON.
    #[default]
    Json,
    /// A table for Excel.
    Csv,
}

/// 識字率(文字・欄)と作業時間を、期間・帳票・欄ごとに返す。確認が終わった用紙から数える。
#[utoipa::path(
    get, path = "/v1/kpi/review", operation_id = "show_review_kpi", tag = "review", security(("token" = [])),
    params(PeriodQuery),
    responses(
        (status = 200, description = "結果。`format=csv` では Excel で開ける表(UTF-8、BOM 付き)", body = PeriodFiguresBody),
        AnyProblem,
    ),
)]
pub async fn show(
    State(shared): State<Shared>,
    signed: Signed<ReadFigures>,
    Search(query): Search<PeriodQuery>,
) -> Result<Response, Problem> {
    let actor = &signed.actor;
    let days = Days::of(query.from, query.to, shared.api.store.now())?;
    let firsts = first_days(&days, query.by)?;
    let mut bounds: Vec<Timestamp> = firsts
        .iter()
        .map(|day| japan::start_of(*day).ok_or_else(beyond))
        .collect::<Result<_, _>>()?;
    bounds.push(days.end);
    let counted = shared.api.store.review_figures(actor, &bounds).await?;
    let names = names_for(&shared, actor, &counted).await?;
    let body = body(&shared, actor, &days, query.by, &firsts, counted, &names);
    match query.format {
        FiguresFormat::Json => Ok(Json(body).into_response()),
        FiguresFormat::Csv => {
            let table = body.table().map_err(|_| Problem::new(ErrorCode::Internal))?;
            let name = format!("識字率_{}_{}.csv", days.from, days.to);
            let head = [
                (
                    header::CONTENT_TYPE,
                    HeaderValue::from_static("text/csv; charset=utf-8"),
                ),
                (header::CONTENT_DISPOSITION, file_name::attachment(&name)),
            ];
            Ok((head, table).into_response())
        }
    }
}

/// The first day of each period.
fn first_days(days: &Days, by: PeriodLength) -> Result<Vec<Date>, Problem> {
    let mut firsts = vec![days.from];
    loop {
        let last = firsts[firsts.len() - 1];
        let next = match by {
            PeriodLength::All => break,
            PeriodLength::Day => last.checked_add(1.day()),
            PeriodLength::Month => last.first_of_month().checked_add(1.month()),
        };
        let next = next.map_err(|_| beyond())?;
        if next > days.to {
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

/// The people whose time this person may see, by id.
async fn names_for(
    shared: &Shared,
    actor: &Actor,
    counted: &ReviewFigures,
) -> Result<BTreeMap<UserId, String>, Problem> {
    if actor.role == Role::SystemAdmin || counted.time.is_empty() {
        return Ok(BTreeMap::new());
    }
    let people = shared.api.store.users(actor.department).await?;
    let seen = people
        .into_iter()
        .filter(|user| actor.role == Role::DepartmentAdmin || user.id == actor.user);
    Ok(seen.map(|user| (user.id, user.name)).collect())
}

fn body(
    shared: &Shared,
    actor: &Actor,
    days: &Days,
    by: PeriodLength,
    firsts: &[Date],
    counted: ReviewFigures,
    names: &BTreeMap<UserId, String>,
) -> PeriodFiguresBody {
    let mut seconds: BTreeMap<(usize, &str), u64> = BTreeMap::new();
    let mut people = Vec::new();
    for ((period, form, user), spent) in &counted.time {
        *seconds.entry((*period, form)).or_default() += spent.as_secs();
        if let Some(name) = names.get(user) {
            people.push(PersonPeriodBody {
                period: firsts[*period],
                form: form.clone(),
                user_id: *user,
                name: name.clone(),
                seconds: spent.as_secs(),
            });
        }
    }
    let (mut all, mut sheets) = (FieldFigures::default(), 0);
    let (mut forms, mut fields) = (Vec::new(), Vec::new());
    let of_sheets = counted
        .forms
        .keys()
        .map(|(period, form)| (*period, form.as_str()));
    let places: BTreeSet<(usize, &str)> = of_sheets.chain(seconds.keys().copied()).collect();
    let nothing = FormFigures::default();
    for (period, form) in places {
        let figures = counted.forms.get(&(period, form.to_owned())).unwrap_or(&nothing);
        let definition = form_of(shared, form);
        let mut whole = FieldFigures::default();
        for (key, field) in &figures.fields {
            whole.add(field);
            let defined = definition
                .as_ref()
                .and_then(|form| form.fields.iter().find(|field| field.key == *key));
            fields.push(FieldPeriodBody {
                period: firsts[period],
                form: form.to_owned(),
                key: key.clone(),
                label: defined.map(|field| field.label.clone()),
                rate: (*field).into(),
            });
        }
        all.add(&whole);
        sheets += figures.sheets;
        forms.push(FormPeriodBody {
            period: firsts[period],
            form: form.to_owned(),
            form_name: definition.map(|form| form.name.clone()),
            sheets: figures.sheets,
            seconds: seconds.get(&(period, form)).copied().unwrap_or(0),
            rate: whole.into(),
        });
    }
    PeriodFiguresBody {
        from: days.from,
        to: days.to,
        by,
        office: actor.role == Role::SystemAdmin,
        sheets,
        all: all.into(),
        seconds: seconds.values().sum(),
        forms,
        fields,
        people,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn periods_begin_with_the_first_day_and_with_months() {
        let days = Days::of(
            Some(date(2026, 1, 30)),
            Some(date(2026, 3, 1)),
            Timestamp::UNIX_EPOCH,
        )
        .unwrap();
        let months = first_days(&days, PeriodLength::Month).unwrap();
        assert_eq!(months, [date(2026, 1, 30), date(2026, 2, 1), date(2026, 3, 1)]);
        assert_eq!(first_days(&days, PeriodLength::All).unwrap(), [date(2026, 1, 30)]);
        assert_eq!(first_days(&days, PeriodLength::Day).unwrap().len(), 31);
        let years = Days::of(
            Some(date(2020, 1, 1)),
            Some(date(2026, 3, 1)),
            Timestamp::UNIX_EPOCH,
        )
        .unwrap();
        assert!(first_days(&years, PeriodLength::Day).is_err());
    }
}
