//! Finished pages of a job, also while the rest still runs: the reading, and the picture of one field.
//!
//! Promise: a sensitive field (個人番号) is not shown before the audit chain has recorded who looks.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::id::JobId;
use shoki_core::piece::{PagePiece, PieceError};
use shoki_core::reading::{PageKind, PageReading};
use shoki_core::unit::UnitState;

use crate::extract::signed::ReadContents;
use crate::extract::{Ids, Signed};
use crate::problem::{Problem, ProblemBody};
use crate::state::Shared;
use crate::wire::reading::PageReadingBody;

/// 読み終わったページの結果を返す。
#[utoipa::path(
    get, path = "/v1/jobs/{id}/pages/{page}", operation_id = "show_page", tag = "pages", security(("token" = [])),
    params(("id" = Uuid, Path), ("page" = u32, Path, description = "1 からのページ番号")),
    responses(
        (status = 200, description = "結果", body = PageReadingBody),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn show(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids((job, page)): Ids<(JobId, u32)>,
) -> Result<Json<PageReading>, Problem> {
    let reading = page_reading(&shared, &signed.actor, job, page).await?;
    if let Some(form) = &reading.form {
        let seen = reading
            .fields
            .iter()
            .any(|(key, field)| !field.text.is_empty() && shared.sensitive.contains(form, key));
        if seen {
            let subject = format!("{job}/{page}");
            shared
                .api
                .store
                .record(&signed.actor, "page.read", &subject)
                .await?;
        }
    }
    Ok(Json(reading))
}

/// 読み終わったページの、1つの欄の画像(PNG)を返す。
#[utoipa::path(
    get, path = "/v1/jobs/{id}/pages/{page}/crops/{key}", operation_id = "show_crop", tag = "pages", security(("token" = [])),
    params(
        ("id" = Uuid, Path),
        ("page" = u32, Path, description = "1 からのページ番号"),
        ("key" = String, Path, description = "欄のキー"),
    ),
    responses(
        (status = 200, description = "結果", content_type = "image/png", body = Vec<u8>),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn crop(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids((job, page, key)): Ids<(JobId, u32, String)>,
) -> Result<Response, Problem> {
    let Ended::Piece(blob) = ended_page(&shared, &signed.actor, job, page).await? else {
        return Err(Problem::new(ErrorCode::NotFound));
    };
    let png = PagePiece::decode_crop(&blob, &key)
        .map_err(unreadable)?
        .ok_or(Problem::new(ErrorCode::NotFound))?;
    let form = PagePiece::decode_reading(&blob).map_err(unreadable)?.form;
    if form.is_none_or(|form| shared.sensitive.contains(&form, &key)) {
        let subject = format!("{job}/{page}/{key}");
        shared
            .api
            .store
            .record(&signed.actor, "crop.read", &subject)
            .await?;
    }
    let head = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/png")),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-store"),
        ),
    ];
    Ok((head, png).into_response())
}

/// The reading of a page; one that failed has none.
pub(crate) async fn page_reading(
    shared: &Shared,
    actor: &Actor,
    job: JobId,
    page: u32,
) -> Result<PageReading, Problem> {
    match ended_page(shared, actor, job, page).await? {
        Ended::Piece(blob) => PagePiece::decode_reading(&blob).map_err(unreadable),
        Ended::Failed(code) => Ok(failed(page, code)),
    }
}

/// How a page ended.
enum Ended {
    /// With this blob.
    Piece(bytes::Bytes),
    /// Without a reading.
    Failed(ErrorCode),
}

async fn ended_page(shared: &Shared, actor: &Actor, job: JobId, page: u32) -> Result<Ended, Problem> {
    let units = shared.api.store.ended_units_of(actor, job).await?;
    let ended = page
        .checked_sub(1)
        .and_then(|ordinal| units.into_iter().find(|unit| unit.ordinal == ordinal));
    let piece = match ended.map(|unit| unit.state) {
        Some(UnitState::Done {
            piece: Some(piece), ..
        }) => piece,
        Some(UnitState::Failed { code } | UnitState::Dead { code, .. }) => return Ok(Ended::Failed(code)),
        _ => {
            return Err(Problem::new(ErrorCode::NotFound)
                .detail("このページは、ないか、まだ読み取りが終わっていません。"));
        }
    };
    let bytes = shared.api.blobs.read(actor.department, &piece.sha256).await?;
    Ok(Ended::Piece(bytes))
}

fn failed(page: u32, code: ErrorCode) -> PageReading {
    PageReading {
        page,
        kind: PageKind::Failed { code },
        form: None,
        form_version: None,
        quarter_turns: 0,
        registration_error: None,
        placement: None,
        doubt: None,
        fields: std::collections::BTreeMap::new(),
        lines: Vec::new(),
    }
}

/// A stored piece that cannot be read is our fault; its JSON error may quote contents and is not logged.
fn unreadable(error: PieceError) -> Problem {
    let what = match error {
        PieceError::Malformed => "malformed",
        PieceError::Header(_) => "header",
    };
    tracing::error!(what, "a stored page piece cannot be read");
    Problem::new(ErrorCode::Internal)
}
