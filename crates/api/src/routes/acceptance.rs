//! Auto-accept of the fields of forms: where each stands, how it came there, and the switch.
//!
//! Counts without contents; of the own 課.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::form::FormDefinition;
use shoki_core::review::CheckPolicy;
use utoipa::IntoParams;

use crate::acceptance;
use crate::extract::signed::{ReadFigures, SwitchAcceptance};
use crate::extract::{JsonBody, Search, Signed};
use crate::problem::{Problem, ProblemBody};
use crate::state::Shared;
use crate::wire::acceptance::{
    AcceptanceChangeBody, AcceptanceHistoryBody, CalibrationBody, FieldAcceptanceBody, FormAcceptanceBody,
    SwitchBody, standing_of,
};

/// 欄ごとの自動承認の状態(実績・見逃しの割合の上限・抜き取り確認の件数)を返す。
#[utoipa::path(
    get, path = "/v1/acceptance", operation_id = "show_acceptance", tag = "acceptance", security(("token" = [])),
    responses(
        (status = 200, description = "結果", body = Vec<FormAcceptanceBody>),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn show(
    State(shared): State<Shared>,
    signed: Signed<ReadFigures>,
) -> Result<Json<Vec<FormAcceptanceBody>>, Problem> {
    Ok(Json(all(&shared, &signed.actor).await?))
}

/// Where the fields of all defined forms stand.
///
/// # Errors
/// What the store says.
pub(crate) async fn all(shared: &Shared, actor: &Actor) -> Result<Vec<FormAcceptanceBody>, Problem> {
    let terms = acceptance::terms(shared, actor.department);
    let known = shared.api.acceptance.acceptance(actor, &terms).await?;
    let forms = acceptance::forms(shared, actor.department);
    Ok(forms
        .iter()
        .map(|form| FormAcceptanceBody::of(form, &known))
        .collect())
}

/// Which field.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HistoryQuery {
    /// 帳票の id
    form: String,
    /// 欄のキー
    field: String,
}

/// 一つの欄の自動承認の状態と、これまでの移り変わりを返す。
#[utoipa::path(
    get, path = "/v1/acceptance/history", operation_id = "show_acceptance_history", tag = "acceptance",
    security(("token" = [])),
    params(HistoryQuery),
    responses(
        (status = 200, description = "結果", body = AcceptanceHistoryBody),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn history(
    State(shared): State<Shared>,
    signed: Signed<ReadFigures>,
    Search(query): Search<HistoryQuery>,
) -> Result<Json<AcceptanceHistoryBody>, Problem> {
    Ok(Json(
        of_field(&shared, &signed.actor, &query.form, &query.field).await?,
    ))
}

/// Where a field stands and how it came there.
///
/// # Errors
/// As [`history`].
pub(crate) async fn of_field(
    shared: &Shared,
    actor: &Actor,
    form: &str,
    field: &str,
) -> Result<AcceptanceHistoryBody, Problem> {
    let definition = defined(shared, actor, form, field)?;
    let standing = standing(shared, actor, &definition, field).await?;
    let store = &shared.api.acceptance;
    let events = store.acceptance_history(actor, form, field).await?;
    let change = |event| AcceptanceChangeBody::of(event, &definition.accept);
    Ok(AcceptanceHistoryBody {
        standing,
        changes: events.iter().map(change).collect(),
    })
}

/// 欄の自動承認を止める、または再開する(再開すると実績を初めから確かめ直す)。
#[utoipa::path(
    post, path = "/v1/acceptance/switch", operation_id = "switch_acceptance", tag = "acceptance",
    security(("token" = [])),
    request_body = SwitchBody,
    responses(
        (status = 200, description = "結果", body = FieldAcceptanceBody),
        (status = 409, description = "この帳票は全部の欄を人が確かめる設定", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn switch(
    State(shared): State<Shared>,
    signed: Signed<SwitchAcceptance>,
    JsonBody(body): JsonBody<SwitchBody>,
) -> Result<Json<FieldAcceptanceBody>, Problem> {
    Ok(Json(switched(&shared, &signed.actor, &body).await?))
}

/// Switches a field; where it stands then.
///
/// # Errors
/// As [`switch`].
pub(crate) async fn switched(
    shared: &Shared,
    actor: &Actor,
    body: &SwitchBody,
) -> Result<FieldAcceptanceBody, Problem> {
    let form = defined(shared, actor, &body.form, &body.field)?;
    if matches!(form.check, CheckPolicy::All | CheckPolicy::Double) {
        let sentence = "この帳票は全部の欄を人が確かめる設定なので、自動で通す欄はありません。";
        return Err(Problem::new(ErrorCode::Conflict).detail(sentence));
    }
    let standing = shared
        .api
        .acceptance
        .switch_acceptance(actor, &body.form, &body.field, body.on, form.accept)
        .await?;
    Ok(FieldAcceptanceBody::of(&form, &standing))
}

/// 読み誤りの見込みを計算するもとの版と、課の訂正から学んだ版の一覧を返す。
#[utoipa::path(
    get, path = "/v1/calibration", operation_id = "show_calibration", tag = "acceptance", security(("token" = [])),
    responses(
        (status = 200, description = "結果", body = CalibrationBody),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn calibration(
    State(shared): State<Shared>,
    signed: Signed<ReadFigures>,
) -> Result<Json<CalibrationBody>, Problem> {
    let department = signed.actor.department;
    let versions = shared.api.acceptance.calibrations(department).await?;
    Ok(Json(CalibrationBody::of(&versions)))
}

/// The form of the 課 that has the field.
fn defined(shared: &Shared, actor: &Actor, form: &str, field: &str) -> Result<Arc<FormDefinition>, Problem> {
    let mut forms = acceptance::forms(shared, actor.department).into_iter();
    let found = forms.find(|known| known.id == form && known.field(field).is_some());
    let sentence = "この帳票、またはこの欄の定義がありません。";
    found.ok_or_else(|| Problem::new(ErrorCode::NotFound).detail(sentence))
}

async fn standing(
    shared: &Shared,
    actor: &Actor,
    form: &FormDefinition,
    field: &str,
) -> Result<FieldAcceptanceBody, Problem> {
    let terms = acceptance::terms(shared, actor.department);
    let known = shared.api.acceptance.acceptance(actor, &terms).await?;
    Ok(FieldAcceptanceBody::of(form, &standing_of(form, field, &known)))
}
