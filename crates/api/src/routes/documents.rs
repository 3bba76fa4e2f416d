//! Documents: hand in, look at, delete.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use shoki_core::code::ErrorCode;
use shoki_core::id::DocumentId;
use tracing::Instrument as _;

use crate::extract::signed::{DeleteContents, ReadContents, WriteContents};
use crate::extract::{Ids, Signed};
use crate::problem::{Problem, ProblemBody};
use crate::state::Shared;
use crate::upload;
use crate::wire::document::{DocumentBody, DocumentForm};

/// 文書を1つ受け付ける。
#[utoipa::path(
    post, path = "/v1/documents", operation_id = "upload_document", tag = "documents", security(("token" = [])),
    request_body(content = DocumentForm, content_type = "multipart/form-data"),
    responses(
        (status = 201, description = "受け付けた", body = DocumentBody, headers(("location" = String))),
        (status = 413, description = "大きすぎる", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "扱えない種類", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "中身がない", body = ProblemBody, content_type = "application/problem+json"),
        (status = 507, description = "保存領域不足", body = ProblemBody, content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn upload(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    request: Request,
) -> Result<Response, Problem> {
    // Its own task: when the client goes away the handler is dropped, but what was begun here must be
    // finished or cleaned up.
    let receiving = async move { upload::single(&shared, &signed.actor, request).await };
    let document = tokio::spawn(receiving.in_current_span())
        .await
        .map_err(|_| Problem::new(ErrorCode::Internal))??;
    let location = format!("/v1/documents/{}", document.id);
    let body = Json(DocumentBody::from(document));
    Ok((
        StatusCode::CREATED,
        [(header::LOCATION, header_value(&location))],
        body,
    )
        .into_response())
}

/// 文書の情報を返す。
#[utoipa::path(
    get, path = "/v1/documents/{id}", operation_id = "show_document", tag = "documents", security(("token" = [])),
    params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, description = "結果", body = DocumentBody),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn show(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(id): Ids<DocumentId>,
) -> Result<Json<DocumentBody>, Problem> {
    let document = shared.api.store.document(&signed.actor, id).await?;
    Ok(Json(document.into()))
}

/// 文書とそのジョブ・結果をすべて消す。
#[utoipa::path(
    delete, path = "/v1/documents/{id}", operation_id = "delete_document", tag = "documents", security(("token" = [])),
    params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 204, description = "消去済み"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn delete(
    State(shared): State<Shared>,
    signed: Signed<DeleteContents>,
    Ids(id): Ids<DocumentId>,
) -> Result<StatusCode, Problem> {
    let deleting = async move { upload::erase(&shared, &signed.actor, id).await };
    tokio::spawn(deleting.in_current_span())
        .await
        .map_err(|_| Problem::new(ErrorCode::Internal))??;
    Ok(StatusCode::NO_CONTENT)
}

/// A path of ours as a header value.
pub(crate) fn header_value(path: &str) -> HeaderValue {
    HeaderValue::from_str(path).expect("paths and ids are visible ASCII")
}
