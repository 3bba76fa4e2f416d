//! Result files: list and download. Always attachments; every download is in the audit chain, because
//! the files hold 個人番号.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use shoki_core::id::{ArtifactId, JobId};
use tokio_util::io::ReaderStream;

use crate::acceptance;
use crate::extract::signed::ReadContents;
use crate::extract::{Ids, Signed};
use crate::file_name;
use crate::problem::{Problem, ProblemBody};
use crate::state::Shared;
use crate::wire::job::ArtifactBody;

/// Bytes of a file read at once.
const READ_BYTES: usize = 64 * 1024;

/// ジョブの結果ファイルの一覧を返す。
#[utoipa::path(
    get, path = "/v1/jobs/{id}/artifacts", operation_id = "list_artifacts", tag = "artifacts", security(("token" = [])),
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "結果", body = Vec<ArtifactBody>),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn list(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(job): Ids<JobId>,
) -> Result<Json<Vec<ArtifactBody>>, Problem> {
    let artifacts = shared.api.store.artifacts(&signed.actor, job).await?;
    Ok(Json(artifacts.into_iter().map(ArtifactBody::from).collect()))
}

/// 結果ファイルを返す。
#[utoipa::path(
    get, path = "/v1/jobs/{id}/artifacts/{artifact}", operation_id = "download_artifact", tag = "artifacts", security(("token" = [])),
    params(("id" = Uuid, Path), ("artifact" = Uuid, Path)),
    responses(
        (status = 200, description = "結果", content_type = "application/octet-stream", body = Vec<u8>,
            headers(("etag" = String), ("content-disposition" = String))),
        (status = 304, description = "手元のものと同じ"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn download(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids((job, id)): Ids<(JobId, ArtifactId)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let store = &shared.api.store;
    let artifact = store.artifact(&signed.actor, job, id).await?;
    let tag = format!("\"{}\"", artifact.blob.sha256);
    let tag = HeaderValue::from_str(&tag).expect("hexadecimal in quotes");
    if is_known(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    acceptance::give_out(&shared, &signed.actor, job).await?;
    store
        .record(&signed.actor, "artifact.read", &id.to_string())
        .await?;
    let file = shared
        .api
        .blobs
        .open_file(signed.actor.department, &artifact.blob.sha256)?;
    let bytes = ReaderStream::with_capacity(tokio::fs::File::from_std(file), READ_BYTES);
    let media_type = HeaderValue::from_str(&artifact.media_type)
        .unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let head = [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_LENGTH, HeaderValue::from(artifact.blob.size)),
        (header::CONTENT_DISPOSITION, file_name::attachment(&artifact.name)),
        (header::ETAG, tag),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-store"),
        ),
    ];
    Ok((head, Body::from_stream(bytes)).into_response())
}

/// Whether the client has these very bytes (RFC 9110 §13.1.2).
fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .any(|known| known.trim().trim_start_matches("W/").as_bytes() == tag.as_bytes())
}
