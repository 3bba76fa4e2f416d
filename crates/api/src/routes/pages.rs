//! Finished pages of a job, also while the rest still runs: the reading, and the picture of one field.
//!
//! Promise: of a sensitive field (個人番号) neither value nor picture is shown without a reason
//! ([`super::review::reveal`], [`super::page_pictures`]).

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::id::JobId;
use shoki_core::piece::{PagePiece, PieceError};
use shoki_core::reading::{FieldReading, PageKind, PageReading};
use shoki_core::unit::UnitState;

use super::page_pictures::shown;
use crate::acceptance;
use crate::extract::signed::ReadContents;
use crate::extract::{Ids, Signed};
use crate::masking::masked;
use crate::problem::{AnyProblem, Problem, WantsReason};
use crate::state::Shared;
use crate::wire::reading::PageReadingBody;
use crate::wire::sheet_path::{FieldPath, PagePath};

/// 読み終わったページの結果を返す。個人番号などの値は伏せてある。
#[utoipa::path(
    get, path = "/v1/jobs/{id}/pages/{page}", operation_id = "show_page", tag = "pages", security(("token" = [])),
    params(PagePath),
    responses((status = 200, description = "結果", body = PageReadingBody), AnyProblem),
)]
pub async fn show(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(PagePath { id, page }): Ids<PagePath>,
) -> Result<Json<PageReading>, Problem> {
    let mut reading = page_reading(&shared, &signed.actor, id, page).await?;
    acceptance::hide(&shared, &signed.actor, id, &mut reading).await?;
    if let Some(form) = &reading.form {
        let sensitive = |key: &str| shared.sensitive.contains(form, key);
        for (_, field) in reading.fields.iter_mut().filter(|(key, _)| sensitive(key)) {
            hide(field);
        }
    }
    Ok(Json(reading))
}

/// Leaves of a reading how long the value is and how sure.
fn hide(field: &mut FieldReading) {
    field.text = masked(&field.text, std::slice::from_ref(&(0..field.text.len())));
    field.candidates.clear();
    field.explanations.clear();
}

/// 読み終わったページの、1つの欄の画像(PNG)を返す。個人番号などの欄は、理由を付けて見る。
#[utoipa::path(
    get, path = "/v1/jobs/{id}/pages/{page}/crops/{key}", operation_id = "show_crop", tag = "pages", security(("token" = [])),
    params(FieldPath),
    responses(
        (status = 200, description = "結果", content_type = "image/png", body = Vec<u8>),
        WantsReason,
        AnyProblem,
    ),
)]
pub async fn crop(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(place): Ids<FieldPath>,
) -> Result<Response, Problem> {
    match crop_of(&shared, &signed.actor, &place).await? {
        (_, Sight::Masked) => Err(Problem::new(ErrorCode::Masked)),
        (png, Sight::Open) => Ok(shown("image/png", png.into())),
    }
}

/// Whether a field is shown to whoever may read the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// It is.
    Open,
    /// Only for a reason.
    Masked,
}

/// The picture of a field (PNG), and whether it may be shown without a reason. One on a page of no known form may
/// not.
pub(crate) async fn crop_of(
    shared: &Shared,
    actor: &Actor,
    place: &FieldPath,
) -> Result<(Vec<u8>, Sight), Problem> {
    let Ended::Piece(blob) = ended_page(shared, actor, place.id, place.page).await? else {
        return Err(Problem::new(ErrorCode::NotFound));
    };
    let png = PagePiece::decode_crop(&blob, &place.key)
        .map_err(unreadable)?
        .ok_or(Problem::new(ErrorCode::NotFound))?;
    let form = PagePiece::decode_reading(&blob).map_err(unreadable)?.form;
    let masked = form.is_none_or(|form| shared.sensitive.contains(&form, &place.key));
    Ok((png, if masked { Sight::Masked } else { Sight::Open }))
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
