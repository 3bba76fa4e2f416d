//! Pages as pictures, and where the fields lie in them, so that a screen can mark the place.
//!
//! Promises: a picture is upright and in the pixels in which places are given; sensitive fields are painted over
//! unless the role and a reason are there; where nobody can say what is to be painted over, the whole picture
//! wants a reason; every sight is in the audit chain.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::form::FormDefinition;
use shoki_core::reading::{PageKind, PageReading, Placement};
use utoipa::IntoParams;

use super::outputs::scan;
use super::pages::{crop_of, page_reading};
use crate::extract::signed::{ReadContents, WriteContents};
use crate::extract::{Ids, JsonBody, Search, Signed};
use crate::page_desk::{PagePicture, Quad};
use crate::problem::{AnyProblem, Problem, WantsReason};
use crate::reviews::form_of_page;
use crate::sight::Reason;
use crate::state::Shared;
use crate::wire::page_place::{FieldPlaceBody, PagePlacesBody};
use crate::wire::review::RevealBody;
use crate::wire::sheet_path::{FieldPath, PagePath};

/// How far a mask reaches beyond its field, millimetres: as far as the reader looks for strokes that overhang it.
const MASK_RIM_MM: f32 = 3.0;
/// Pixels across of a picture: from a thumbnail to a page at 200 dpi.
const WIDTHS: std::ops::RangeInclusive<u32> = 80..=1600;

/// 読み終わったページの、欄の位置(ページの画像の画素)を返す。
#[utoipa::path(
    get, path = "/v1/jobs/{id}/pages/{page}/places", operation_id = "show_page_places", tag = "pages",
    security(("token" = [])),
    params(PagePath),
    responses(
        (status = 200, description = "結果。どの帳票でもないページでは欄がない", body = PagePlacesBody),
        AnyProblem,
    ),
)]
pub async fn places(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(PagePath { id, page }): Ids<PagePath>,
) -> Result<Json<PagePlacesBody>, Problem> {
    let reading = page_reading(&shared, &signed.actor, id, page).await?;
    let fields = match placed(&shared, &reading) {
        None => Vec::new(),
        Some((form, placement)) => form
            .fields
            .iter()
            .map(|field| FieldPlaceBody {
                key: field.key.clone(),
                label: field.label.clone(),
                masked: shared.sensitive.contains(&form.id, &field.key),
                quad: placement.quad(field.area),
            })
            .collect(),
    };
    Ok(Json(PagePlacesBody {
        page,
        form: reading.form,
        fields,
    }))
}

/// How large.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SizeQuery {
    /// 横の画素数(80〜1600)。指定しなければ 200 dpi のまま
    width: Option<u32>,
}

impl SizeQuery {
    fn width(&self) -> Result<Option<u32>, Problem> {
        let unusable = |width: &u32| !WIDTHS.contains(width);
        if self.width.as_ref().is_some_and(unusable) {
            let sentence = "「width」は 80 から 1600 までで指定してください。";
            return Err(Problem::new(ErrorCode::OptionUnusable).detail(sentence));
        }
        Ok(self.width)
    }
}

/// 読み終わったページの画像(JPEG、正立、200 dpi)を返す。個人番号などの欄は塗りつぶしてある。
#[utoipa::path(
    get, path = "/v1/jobs/{id}/pages/{page}/image", operation_id = "show_page_image", tag = "pages",
    security(("token" = [])),
    params(PagePath, SizeQuery),
    responses(
        (status = 200, description = "結果", content_type = "image/jpeg", body = Vec<u8>),
        WantsReason,
        AnyProblem,
    ),
)]
pub async fn image(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(page): Ids<PagePath>,
    Search(size): Search<SizeQuery>,
) -> Result<Response, Problem> {
    let actor = &signed.actor;
    let reading = page_reading(&shared, actor, page.id, page.page).await?;
    let masks = masks(&shared, &reading).ok_or_else(|| {
        let sentence = "どの欄を伏せるかが分からないページです。";
        Problem::new(ErrorCode::Masked).detail(sentence)
    })?;
    let jpeg = picture(&shared, actor, page, &reading, masks, &size).await?;
    shared
        .api
        .store
        .record(actor, "page.image", &page.to_string())
        .await?;
    Ok(shown("image/jpeg", jpeg))
}

/// 読み終わったページの画像を、理由を付けて、塗りつぶさずに見る。見たことは監査記録に残る。
#[utoipa::path(
    post, path = "/v1/jobs/{id}/pages/{page}/image/reveal", operation_id = "reveal_page_image", tag = "pages",
    security(("token" = [])),
    params(PagePath, SizeQuery),
    request_body = RevealBody,
    responses(
        (status = 200, description = "結果", content_type = "image/jpeg", body = Vec<u8>),
        AnyProblem,
    ),
)]
pub async fn reveal_image(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(page): Ids<PagePath>,
    Search(size): Search<SizeQuery>,
    JsonBody(body): JsonBody<RevealBody>,
) -> Result<Response, Problem> {
    let actor = &signed.actor;
    let reason = Reason::of(&body)?;
    let reading = page_reading(&shared, actor, page.id, page.page).await?;
    let jpeg = picture(&shared, actor, page, &reading, Vec::new(), &size).await?;
    reason
        .record(&shared, actor, "page.reveal", &page.to_string())
        .await?;
    Ok(shown("image/jpeg", jpeg))
}

/// 伏せてある欄(個人番号など)の画像を、理由を付けて見る。見たことは監査記録に残る。
#[utoipa::path(
    post, path = "/v1/jobs/{id}/pages/{page}/crops/{key}/reveal", operation_id = "reveal_crop", tag = "pages",
    security(("token" = [])),
    params(FieldPath),
    request_body = RevealBody,
    responses(
        (status = 200, description = "結果", content_type = "image/png", body = Vec<u8>),
        AnyProblem,
    ),
)]
pub async fn reveal_crop(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(place): Ids<FieldPath>,
    JsonBody(body): JsonBody<RevealBody>,
) -> Result<Response, Problem> {
    let reason = Reason::of(&body)?;
    let (png, _) = crop_of(&shared, &signed.actor, &place).await?;
    reason
        .record(&shared, &signed.actor, "crop.reveal", &place.to_string())
        .await?;
    Ok(shown("image/png", png.into()))
}

async fn picture(
    shared: &Shared,
    actor: &Actor,
    page: PagePath,
    reading: &PageReading,
    masks: Vec<Quad>,
    size: &SizeQuery,
) -> Result<Bytes, Problem> {
    let width = size.width()?;
    let job = shared.api.store.job(actor, page.id).await?;
    let picture = PagePicture {
        scan: scan(shared, actor, &job).await?,
        index: page.page.saturating_sub(1),
        quarter_turns: reading.quarter_turns,
        masks,
        width,
    };
    shared.api.page_desk()?.picture(picture).await
}

/// The form whose fields lie on the page and where, if both are known for sure: a form whose definition has
/// changed since may have other fields elsewhere.
fn placed(shared: &Shared, reading: &PageReading) -> Option<(Arc<FormDefinition>, Placement)> {
    let form = form_of_page(shared, reading).filter(|_| reading.kind == PageKind::Form);
    form.zip(reading.placement)
}

/// What is to be painted over; `None` where nobody can say.
fn masks(shared: &Shared, reading: &PageReading) -> Option<Vec<Quad>> {
    let (form, placement) = placed(shared, reading)?;
    let sensitive = |key: &str| shared.sensitive.contains(&form.id, key);
    let hidden = form.fields.iter().filter(|field| sensitive(&field.key));
    Some(
        hidden
            .map(|field| placement.quad(field.area.grown(MASK_RIM_MM)))
            .collect(),
    )
}

/// Whether the whole picture of a page wants a reason, because nobody can say what is to be painted over.
pub(crate) fn is_hidden(shared: &Shared, reading: &PageReading) -> bool {
    placed(shared, reading).is_none()
}

/// A picture as an answer that nothing keeps.
pub(crate) fn shown(media_type: &'static str, bytes: Bytes) -> Response {
    let head = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-store"),
        ),
    ];
    (head, bytes).into_response()
}
