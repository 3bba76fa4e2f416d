//! 保存期間: periods, what the next run takes, 保存延長, 削除証明書. Of the own 課, for its 課管理者.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use shoki_core::id::{DeletionId, JobId};
use utoipa::IntoParams;
use uuid::Uuid;

use super::documents::header_value;
use super::jobs::rows;
use crate::cursor;
use crate::extract::signed::ManageRetention;
use crate::extract::{Ids, JsonBody, Search, Signed};
use crate::problem::{AnyProblem, Problem};
use crate::retention;
use crate::state::Shared;
use crate::wire::Page;
use crate::wire::retention::{
    CertificateRowBody, HoldReasonBody, PreviewBody, RetentionBody, SetRetentionBody,
};

/// 自課の保存期間と保存延長の一覧を返す。
#[utoipa::path(
    get, path = "/v1/retention", operation_id = "show_retention", tag = "retention", security(("token" = [])),
    responses((status = 200, description = "結果", body = RetentionBody), AnyProblem),
)]
pub async fn show(
    State(shared): State<Shared>,
    signed: Signed<ManageRetention>,
) -> Result<Json<RetentionBody>, Problem> {
    let shown = retention::show(&shared, &signed.actor).await?;
    Ok(Json(shown.into()))
}

/// 自課の保存期間を決める。書かなかった種類は消さない。決めてから 24 時間は何も消さない。
#[utoipa::path(
    put, path = "/v1/retention", operation_id = "set_retention", tag = "retention", security(("token" = [])),
    request_body = SetRetentionBody,
    responses((status = 200, description = "決まった保存期間", body = RetentionBody), AnyProblem),
)]
pub async fn set(
    State(shared): State<Shared>,
    signed: Signed<ManageRetention>,
    JsonBody(body): JsonBody<SetRetentionBody>,
) -> Result<Json<RetentionBody>, Problem> {
    retention::set(&shared, &signed.actor, &body.periods()).await?;
    let shown = retention::show(&shared, &signed.actor).await?;
    Ok(Json(shown.into()))
}

/// How far ahead.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PreviewQuery {
    /// 次の実行から何日先までを見るか(0〜366、指定しなければ次の実行だけ)
    #[serde(default)]
    days: u32,
}

/// 次の実行で消えるものと、期間を過ぎても消えないものとその理由を返す。
#[utoipa::path(
    get, path = "/v1/retention/preview", operation_id = "preview_retention", tag = "retention",
    security(("token" = [])),
    params(PreviewQuery),
    responses((status = 200, description = "結果", body = PreviewBody), AnyProblem),
)]
pub async fn preview(
    State(shared): State<Shared>,
    signed: Signed<ManageRetention>,
    Search(query): Search<PreviewQuery>,
) -> Result<Json<PreviewBody>, Problem> {
    let found = retention::preview(&shared, &signed.actor, query.days).await?;
    Ok(Json(found.into()))
}

/// ジョブの文書を、保存期間を過ぎても消さないようにする(保存延長)。
#[utoipa::path(
    put, path = "/v1/jobs/{id}/hold", operation_id = "hold_job", tag = "retention", security(("token" = [])),
    params(("id" = Uuid, Path)),
    request_body = HoldReasonBody,
    responses((status = 204, description = "延ばした"), AnyProblem),
)]
pub async fn hold(
    State(shared): State<Shared>,
    signed: Signed<ManageRetention>,
    Ids(id): Ids<JobId>,
    JsonBody(body): JsonBody<HoldReasonBody>,
) -> Result<StatusCode, Problem> {
    retention::hold(&shared, &signed.actor, id, &body.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// 保存延長をやめる。
#[utoipa::path(
    delete, path = "/v1/jobs/{id}/hold", operation_id = "release_job", tag = "retention", security(("token" = [])),
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "やめた"), AnyProblem),
)]
pub async fn release(
    State(shared): State<Shared>,
    signed: Signed<ManageRetention>,
    Ids(id): Ids<JobId>,
) -> Result<StatusCode, Problem> {
    shared.api.store.release_job(&signed.actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CertificatesQuery {
    /// Rows in the answer, 1–200; 50 unless told.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// 自課の削除証明書を新しい順に返す。
#[utoipa::path(
    get, path = "/v1/deletion-certificates", operation_id = "list_certificates", tag = "retention",
    security(("token" = [])),
    params(CertificatesQuery),
    responses((status = 200, description = "結果", body = Page<CertificateRowBody>), AnyProblem),
)]
pub async fn certificates(
    State(shared): State<Shared>,
    signed: Signed<ManageRetention>,
    Search(query): Search<CertificatesQuery>,
) -> Result<Json<Page<CertificateRowBody>>, Problem> {
    let rows = rows(query.limit)?;
    let listed_as = ("deletion-certificates", signed.actor.department);
    let before = match &query.cursor {
        None => None,
        Some(text) => {
            let position = cursor::decode(text, &listed_as)?;
            Some(DeletionId::from_uuid(Uuid::from_bytes(position)))
        }
    };
    let listed = shared.api.store.certificates(&signed.actor, before, rows).await?;
    let next_cursor = match listed.rows.last() {
        Some(last) if listed.more => Some(cursor::encode(*last.id.as_uuid().as_bytes(), &listed_as)),
        _ => None,
    };
    Ok(Json(Page {
        items: listed.rows.into_iter().map(CertificateRowBody::from).collect(),
        next_cursor,
    }))
}

/// 削除証明書(署名付き JSON)を返す。`shoki audit verify-certificate` で確かめられる。
#[utoipa::path(
    get, path = "/v1/deletion-certificates/{id}", operation_id = "show_certificate", tag = "retention",
    security(("token" = [])),
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "結果", body = Object), AnyProblem),
)]
pub async fn certificate(
    State(shared): State<Shared>,
    signed: Signed<ManageRetention>,
    Ids(id): Ids<DeletionId>,
) -> Result<Response, Problem> {
    let certificate = shared.api.store.certificate(&signed.actor, id).await?;
    let name = format!("attachment; filename=\"deletion-certificate-{id}.json\"");
    let head = [
        (header::CONTENT_DISPOSITION, header_value(&name)),
        (header::CACHE_CONTROL, header_value("private, no-store")),
    ];
    Ok((head, Json(certificate)).into_response())
}
