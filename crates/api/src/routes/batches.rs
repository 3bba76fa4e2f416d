//! Batches: many documents in one request, one job each; a bad file does not stop the others.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use shoki_core::code::ErrorCode;
use tracing::Instrument as _;

use super::documents::header_value;
use super::jobs::IDEMPOTENCY_REPLAYED;
use crate::extract::signed::WriteContents;
use crate::extract::{IdempotencyKey, Signed};
use crate::problem::{Problem, ProblemBody};
use crate::state::Shared;
use crate::upload;
use crate::wire::batch::{BatchBody, BatchForm};
use crate::wire::job::JobBody;

/// 複数の文書を受け付け、それぞれの読み取りを始める。
#[utoipa::path(
    post, path = "/v1/batches", operation_id = "submit_batch", tag = "batches", security(("token" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "同じ要求の送り直しを見分けるための文字列")),
    request_body(content = BatchForm, content_type = "multipart/form-data"),
    responses(
        (status = 202, description = "受け付けた", body = BatchBody, headers(("location" = String), ("idempotency-replayed" = bool))),
        (status = 422, description = "受け付けられるファイルが1つもない、または同じキーで別の内容",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn submit(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    key: IdempotencyKey,
    request: Request,
) -> Result<Response, Problem> {
    // Its own task, as in `documents::upload`.
    let receiving = async move { upload::batch(&shared, &signed.actor, key, request).await };
    let submitted = tokio::spawn(receiving.in_current_span())
        .await
        .map_err(|_| Problem::new(ErrorCode::Internal))??;
    let batch = submitted.jobs.first().and_then(|job| job.batch);
    let mut headers = HeaderMap::new();
    if let Some(batch) = batch {
        headers.insert(header::LOCATION, header_value(&format!("/v1/jobs?batch={batch}")));
    }
    if submitted.replayed {
        headers.insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    }
    let body = BatchBody {
        batch,
        files: submitted.jobs.len() + submitted.refused.len(),
        accepted: submitted.jobs.len(),
        jobs: submitted.jobs.into_iter().map(JobBody::from).collect(),
        refused: submitted.refused,
    };
    Ok((StatusCode::ACCEPTED, headers, Json(body)).into_response())
}
