//! tus 1.0.0 (creation, expiration, termination): <https://tus.io/protocols/resumable-upload>. A whole upload is a
//! document, whose id stands in `Shoki-Document`; a job is started on it like on any other.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use shoki_core::code::ErrorCode;
use shoki_core::pipeline::{FORMS, MINUTES};
use uuid::Uuid;

use crate::extract::signed::WriteContents;
use crate::extract::{Ids, Signed};
use crate::file_name;
use crate::problem::{AnyProblem, Problem};
use crate::resumable::{New, Resumable, Upload};
use crate::state::Shared;

/// The version of the protocol.
const VERSION: &str = "1.0.0";
const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
const TUS_EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
const TUS_MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const SHOKI_DOCUMENT: HeaderName = HeaderName::from_static("shoki-document");
/// Media type of a piece.
const PIECE: &str = "application/offset+octet-stream";

/// On every answer of these routes; another version of the protocol is refused (§ Tus-Resumable).
pub async fn protocol(request: Request, next: Next) -> Response {
    let asked = request.headers().get(TUS_RESUMABLE);
    let is_other =
        request.method() != axum::http::Method::OPTIONS && asked.is_none_or(|version| version != VERSION);
    let mut response = if is_other {
        (
            StatusCode::PRECONDITION_FAILED,
            [(TUS_VERSION, HeaderValue::from_static(VERSION))],
        )
            .into_response()
    } else {
        next.run(request).await
    };
    response
        .headers_mut()
        .insert(TUS_RESUMABLE, HeaderValue::from_static(VERSION));
    response
}

/// 途中から続けられるアップロード(tus 1.0.0)で使える機能を返す。
#[utoipa::path(
    options, path = "/v1/uploads", operation_id = "describe_uploads", tag = "documents",
    responses((status = 204, description = "tus の版と拡張は応答の見出しにある")),
)]
pub async fn describe(State(shared): State<Shared>) -> Response {
    let most = HeaderValue::from(shared.api.settings.max_file_bytes());
    let head = [
        (TUS_VERSION, HeaderValue::from_static(VERSION)),
        (
            TUS_EXTENSION,
            HeaderValue::from_static("creation,expiration,termination"),
        ),
        (TUS_MAX_SIZE, most),
    ];
    (StatusCode::NO_CONTENT, head).into_response()
}

/// 途中から続けられるアップロードを始める(tus 1.0.0 creation)。
#[utoipa::path(
    post, path = "/v1/uploads", operation_id = "begin_upload", tag = "documents", security(("token" = [])),
    params(
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
        ("Upload-Length" = u64, Header, description = "ファイルの長さ(バイト)"),
        ("Upload-Metadata" = Option<String>, Header, description = "filename と base64 にしたファイル名。pipeline と base64 にした forms または minutes を加えると、帳票として読める種類、または録音・録画だけを受け付ける"),
    ),
    responses((status = 201, description = "始めた。続きは Location へ送る"), AnyProblem),
)]
pub async fn begin(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let length = number(&headers, &UPLOAD_LENGTH)?;
    if length == 0 {
        return Err(Problem::new(ErrorCode::EmptyDocument));
    }
    if length > shared.api.settings.max_file_bytes() {
        return Err(Problem::new(ErrorCode::PayloadTooLarge));
    }
    shared.api.blobs.check_reserve(length)?;
    let pipeline = told(&headers, "pipeline");
    let new = New {
        length,
        name: file_name::sanitise(&told(&headers, "filename")),
        is_pages: pipeline == FORMS,
        is_recording: pipeline == MINUTES,
    };
    let now = shared.api.store.now();
    let (id, upload) = uploads(&shared)?.begin(&signed.actor, new, now).await?;
    let place =
        HeaderValue::from_str(&format!("/v1/uploads/{id}")).map_err(|_| Problem::new(ErrorCode::Internal))?;
    let mut head = standing(&upload, 0)?;
    head.insert(header::LOCATION, place);
    Ok((StatusCode::CREATED, head).into_response())
}

/// どこまで届いたかを返す(tus 1.0.0)。
#[utoipa::path(
    head, path = "/v1/uploads/{id}", operation_id = "show_upload", tag = "documents", security(("token" = [])),
    params(("id" = Uuid, Path), ("Tus-Resumable" = String, Header, description = "1.0.0")),
    responses((status = 200, description = "Upload-Offset まで届いている"), AnyProblem),
)]
pub async fn show(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(id): Ids<Uuid>,
) -> Result<Response, Problem> {
    let (upload, come) = uploads(&shared)?
        .find(&signed.actor, id, shared.api.store.now())
        .await?;
    let mut head = standing(&upload, come)?;
    let name = format!("filename {}", STANDARD.encode(&upload.name));
    let name = HeaderValue::from_str(&name).map_err(|_| Problem::new(ErrorCode::Internal))?;
    // Whoever comes back to it is told which file it was (§ Upload-Metadata).
    head.insert(UPLOAD_METADATA, name);
    head.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok((StatusCode::OK, head).into_response())
}

/// 続きを送る(tus 1.0.0)。最後まで届くと文書になり、その番号を Shoki-Document に示す。
#[utoipa::path(
    patch, path = "/v1/uploads/{id}", operation_id = "continue_upload", tag = "documents", security(("token" = [])),
    params(
        ("id" = Uuid, Path),
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
        ("Upload-Offset" = u64, Header, description = "届いているバイト数"),
    ),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses((status = 204, description = "Upload-Offset まで届いた"), AnyProblem),
)]
pub async fn go_on(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(id): Ids<Uuid>,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers();
    if headers.get(header::CONTENT_TYPE).is_none_or(|kind| kind != PIECE) {
        let sentence = "Content-Type に application/offset+octet-stream を指定してください。";
        return Err(Problem::new(ErrorCode::UnsupportedMediaType).detail(sentence));
    }
    let offset = number(headers, &UPLOAD_OFFSET)?;
    let body = request.into_body().into_data_stream();
    let uploads = uploads(&shared)?;
    let (upload, come) = uploads.append(&shared, &signed.actor, (id, offset), body).await?;
    Ok((StatusCode::NO_CONTENT, standing(&upload, come)?).into_response())
}

/// アップロードをやめ、届いた分を消す(tus 1.0.0 termination)。
#[utoipa::path(
    delete, path = "/v1/uploads/{id}", operation_id = "end_upload", tag = "documents", security(("token" = [])),
    params(("id" = Uuid, Path), ("Tus-Resumable" = String, Header, description = "1.0.0")),
    responses((status = 204, description = "消した"), AnyProblem),
)]
pub async fn end(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(id): Ids<Uuid>,
) -> Result<StatusCode, Problem> {
    uploads(&shared)?
        .give_up(&signed.actor, id, shared.api.store.now())
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn uploads(shared: &Shared) -> Result<&Resumable, Problem> {
    shared
        .api
        .resumable
        .as_ref()
        .ok_or(Problem::new(ErrorCode::NotReady))
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Result<u64, Problem> {
    let value = headers
        .get(name)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok());
    value.ok_or_else(|| {
        Problem::new(ErrorCode::BadRequest).detail(format!("{name} に 0 以上の整数を指定してください。"))
    })
}

/// The value of a key among the pairs `key <base64>`, separated by commas.
fn told(headers: &HeaderMap, name: &str) -> String {
    let pairs = headers.get(UPLOAD_METADATA).and_then(|value| value.to_str().ok());
    let mut pairs = pairs
        .unwrap_or_default()
        .split(',')
        .filter_map(|pair| pair.trim().split_once(' '));
    let coded = pairs.find(|(key, _)| *key == name).map(|(_, value)| value.trim());
    let bytes = coded.and_then(|coded| STANDARD.decode(coded).ok());
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_default()
}

fn standing(upload: &Upload, come: u64) -> Result<HeaderMap, Problem> {
    // An IMF-fixdate (RFC 9110 §5.6.7).
    let until = upload.until.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let value = |text: &str| HeaderValue::from_str(text).map_err(|_| Problem::new(ErrorCode::Internal));
    let mut head = HeaderMap::new();
    head.insert(UPLOAD_OFFSET, HeaderValue::from(come));
    head.insert(UPLOAD_LENGTH, HeaderValue::from(upload.length));
    head.insert(UPLOAD_EXPIRES, value(&until)?);
    if let Some(document) = upload.document {
        head.insert(SHOKI_DOCUMENT, value(&document.to_string())?);
    }
    Ok(head)
}
