//! Sharing a form of the 課 with others.

use axum::Json;
use axum::extract::State;
use shoki_core::access::Actor;

use crate::extract::signed::ShareForms;
use crate::extract::{Ids, JsonBody, Signed};
use crate::form_shares;
use crate::problem::{AnyProblem, Problem};
use crate::state::Shared;
use crate::wire::form_share::{FormShareBody, ShareFormBody};

/// 自課の帳票を、どの課と共有しているかを返す。
#[utoipa::path(
    get, path = "/v1/office-forms/{id}/shares", operation_id = "show_form_shares", tag = "forms",
    security(("token" = [])),
    params(("id" = String, Path)),
    responses((status = 200, description = "共有できるすべての課", body = Vec<FormShareBody>), AnyProblem),
)]
pub async fn show(
    State(shared): State<Shared>,
    signed: Signed<ShareForms>,
    Ids(id): Ids<String>,
) -> Result<Json<Vec<FormShareBody>>, Problem> {
    answer(&shared, &signed.actor, &id).await
}

/// 自課の帳票を、書いた課とだけ共有する。共有先は読み取りと出力に使えるが、変更はできない。
#[utoipa::path(
    put, path = "/v1/office-forms/{id}/shares", operation_id = "share_form", tag = "forms",
    security(("token" = [])),
    params(("id" = String, Path)),
    request_body = ShareFormBody,
    responses((status = 200, description = "共有できるすべての課", body = Vec<FormShareBody>), AnyProblem),
)]
pub async fn share(
    State(shared): State<Shared>,
    signed: Signed<ShareForms>,
    Ids(id): Ids<String>,
    JsonBody(body): JsonBody<ShareFormBody>,
) -> Result<Json<Vec<FormShareBody>>, Problem> {
    form_shares::share(&shared, &signed.actor, &id, body.departments).await?;
    answer(&shared, &signed.actor, &id).await
}

async fn answer(shared: &Shared, actor: &Actor, id: &str) -> Result<Json<Vec<FormShareBody>>, Problem> {
    let shown = form_shares::shown(shared, actor, id).await?;
    Ok(Json(shown.into_iter().map(FormShareBody::from).collect()))
}
