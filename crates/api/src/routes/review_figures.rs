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
use serde::Deserialize;
use shoki_core::access::{Actor, Role};
use shoki_core::code::ErrorCode;
use shoki_core::id::UserId;
use shoki_core::review::FieldFigures;
use shoki_store::review_store::{FormFigures, ReviewFigures};
use utoipa::IntoParams;

use super::figures::Days;
use crate::extract::signed::ReadFigures;
use crate::extract::{Search, Signed};
use crate::file_name;
use crate::problem::{AnyProblem, Problem};
use crate::reviews::form_of;
use crate::state::Shared;
use crate::wire::review_figures::{
    FieldPeriodBody, FormPeriodBody, PeriodFiguresBody, PeriodLength, PersonPeriodBody,
};

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
    let days = Days::of(query.from, query.to, shared.api.store.now())?;
    let body = counted(&shared, &signed.actor, &days, query.by).await?;
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

/// What reviews left in some days.
pub(crate) async fn counted(
    shared: &Shared,
    actor: &Actor,
    days: &Days,
    by: PeriodLength,
) -> Result<PeriodFiguresBody, Problem> {
    let firsts = days.periods(by)?;
    let bounds = days.bounds(&firsts)?;
    let counted = shared.api.store.review_figures(actor, &bounds).await?;
    let names = names_for(shared, actor, counted.time.is_empty()).await?;
    Ok(body(shared, actor, days, by, &firsts, counted, &names))
}

/// The people whose time this person may see, by id; nobody where there is no time.
pub(super) async fn names_for(
    shared: &Shared,
    actor: &Actor,
    is_idle: bool,
) -> Result<BTreeMap<UserId, String>, Problem> {
    if actor.role == Role::SystemAdmin || is_idle {
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
