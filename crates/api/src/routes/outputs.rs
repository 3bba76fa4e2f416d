//! Files for the next systems, made when asked for: a job's readings, as people corrected them, under the forms'
//! output profiles.
//!
//! Promises: a preview shows the very bytes of the download; a file that a finding stops is not given out,
//! and the answer says why; every look is in the audit chain, because the files hold 個人番号.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::digest::Sha256;
use shoki_core::form::FormDefinition;
use shoki_core::id::JobId;
use shoki_core::output_finding::Rendered;
use shoki_core::output_profile::{OutputFormat, OutputProfile};
use shoki_store::model::Job;

use crate::acceptance::{self, forms_of};
use crate::extract::signed::ReadContents;
use crate::extract::{Ids, Signed};
use crate::file_name;
use crate::output_desk::{OutputSubject, Scan};
use crate::problem::{Problem, ProblemBody};
use crate::reviews;
use crate::state::Shared;
use crate::wire::output::{OutputBody, PreviewBody, ShapeBody};

/// Findings that a refusal spells out.
const SAID: usize = 5;

/// ジョブの結果から作れる出力(帳票ごとの出力定義)の一覧を返す。
#[utoipa::path(
    get, path = "/v1/jobs/{id}/outputs", operation_id = "list_outputs", tag = "outputs", security(("token" = [])),
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "結果", body = Vec<OutputBody>),
        (status = 409, description = "読み取りがまだ、または終わらなかった", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn list(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(id): Ids<JobId>,
) -> Result<Json<Vec<OutputBody>>, Problem> {
    let (job, fields) = result(&shared, &signed.actor, id).await?;
    Ok(Json(offered(&forms_of(&shared, &job), &sheets_of(&fields)?)))
}

/// The files that can be made of so many sheets of each form.
pub(crate) fn offered(forms: &[Arc<FormDefinition>], sheets: &BTreeMap<String, u32>) -> Vec<OutputBody> {
    let mut outputs = Vec::new();
    for form in forms {
        let Some(&count) = sheets.get(&form.id) else {
            continue;
        };
        for profile in form.profiles() {
            outputs.push(OutputBody {
                form: form.id.clone(),
                form_name: form.name.clone(),
                shape: ShapeBody::of(form, &profile),
                profile: profile.id,
                name: profile.name,
                sheets: count,
            });
        }
    }
    outputs
}

/// 出力されるファイルのバイト列をそのまま、文字コード・改行・外字などの注意と一緒に返す。
#[utoipa::path(
    get, path = "/v1/jobs/{id}/outputs/{form}/{profile}/preview", operation_id = "preview_output", tag = "outputs",
    security(("token" = [])),
    params(("id" = Uuid, Path), ("form" = String, Path, description = "帳票の id"),
        ("profile" = String, Path, description = "出力の id。standard は標準の CSV")),
    responses(
        (status = 200, description = "結果。ready が false のときは findings に止めた理由がある", body = PreviewBody),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn preview(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids((id, form, profile)): Ids<(JobId, String, String)>,
) -> Result<Json<PreviewBody>, Problem> {
    let made = previewed(&shared, &signed.actor, id, &form, &profile).await?;
    Ok(Json(PreviewBody::of(&made.form, &made.profile, &made.rendered)))
}

/// An output to be looked at; the look is recorded.
///
/// # Errors
/// As [`preview`].
pub(crate) async fn previewed(
    shared: &Shared,
    actor: &Actor,
    id: JobId,
    form: &str,
    profile: &str,
) -> Result<Made, Problem> {
    let made = made(shared, actor, id, form, profile).await?;
    let subject = format!("{id}/{form}/{profile}");
    shared.api.store.record(actor, "output.preview", &subject).await?;
    Ok(made)
}

/// 出力のファイルを返す。
#[utoipa::path(
    get, path = "/v1/jobs/{id}/outputs/{form}/{profile}", operation_id = "download_output", tag = "outputs",
    security(("token" = [])),
    params(("id" = Uuid, Path), ("form" = String, Path, description = "帳票の id"),
        ("profile" = String, Path, description = "出力の id。standard は標準の CSV")),
    responses(
        (status = 200, description = "結果", content_type = "application/octet-stream", body = Vec<u8>,
            headers(("etag" = String), ("content-disposition" = String))),
        (status = 409, description = "外字や変換できない値があり、出力を止めた", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn download(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids((id, form, profile)): Ids<(JobId, String, String)>,
) -> Result<Response, Problem> {
    given_out(&shared, &signed.actor, id, &form, &profile).await
}

/// The file of an output; that it was given out is recorded.
///
/// # Errors
/// As [`download`].
pub(crate) async fn given_out(
    shared: &Shared,
    actor: &Actor,
    id: JobId,
    form: &str,
    profile: &str,
) -> Result<Response, Problem> {
    let made = made(shared, actor, id, form, profile).await?;
    let stops = made.rendered.stops_ja(SAID);
    let Some(bytes) = made.rendered.bytes else {
        return Err(Problem::new(ErrorCode::OutputStopped).detail(stops));
    };
    let subject = format!("{id}/{form}/{profile}");
    shared.api.store.record(actor, "output.read", &subject).await?;
    let name = made.profile.file_name(&made.form.id);
    Ok(attachment(bytes, made.profile.media_type(), &name))
}

/// 文書全体を、読み取った文字で検索できる PDF にして返す。
#[utoipa::path(
    get, path = "/v1/jobs/{id}/searchable-pdf", operation_id = "download_searchable_pdf", tag = "outputs",
    security(("token" = [])),
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "結果", content_type = "application/pdf", body = Vec<u8>,
            headers(("etag" = String), ("content-disposition" = String))),
        (status = 422, description = "ページが多すぎる", body = ProblemBody, content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn searchable_pdf(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(id): Ids<JobId>,
) -> Result<Response, Problem> {
    whole(&shared, &signed.actor, id).await
}

/// The whole document as searchable PDF; that it was given out is recorded.
///
/// # Errors
/// As [`searchable_pdf`].
pub(crate) async fn whole(shared: &Shared, actor: &Actor, id: JobId) -> Result<Response, Problem> {
    let (job, fields) = result(shared, actor, id).await?;
    acceptance::give_out(shared, actor, id).await?;
    let scan = scan(shared, actor, &job).await?;
    let subject = OutputSubject::Document {
        forms: forms_of(shared, &job)
            .iter()
            .map(|form| (**form).clone())
            .collect(),
    };
    let name = format!("{}.searchable.pdf", job.document_name);
    let desk = shared.api.output_desk()?;
    let rendered = desk
        .render(subject, fields, job.document_name, Some(scan))
        .await?;
    let bytes = rendered.bytes.ok_or(Problem::new(ErrorCode::Internal))?;
    let store = &shared.api.store;
    store
        .record(actor, "output.read", &format!("{id}/searchable-pdf"))
        .await?;
    Ok(attachment(bytes, "application/pdf", &file_name::sanitise(&name)))
}

/// An output that was made.
pub(crate) struct Made {
    /// The form.
    pub(crate) form: FormDefinition,
    /// Under which profile.
    pub(crate) profile: OutputProfile,
    /// The file, or what stops it.
    pub(crate) rendered: Rendered,
}

async fn made(shared: &Shared, actor: &Actor, id: JobId, form: &str, profile: &str) -> Result<Made, Problem> {
    let (job, fields) = result(shared, actor, id).await?;
    acceptance::give_out(shared, actor, id).await?;
    let unknown = || Problem::new(ErrorCode::NotFound).detail("この帳票、またはこの出力の定義がありません。");
    let forms = forms_of(shared, &job);
    let found = forms.iter().find(|known| known.id == form);
    let form = FormDefinition::clone(found.ok_or_else(unknown)?);
    let profile = form.profile(profile).ok_or_else(unknown)?;
    let scan = match profile.format {
        OutputFormat::Pdf => Some(scan(shared, actor, &job).await?),
        _ => None,
    };
    let subject = OutputSubject::Form {
        form: Box::new(form.clone()),
        profile: Box::new(profile.clone()),
    };
    let desk = shared.api.output_desk()?;
    let rendered = desk.render(subject, fields, job.document_name, scan).await?;
    Ok(Made {
        form,
        profile,
        rendered,
    })
}

/// The job, and its readings with everything that people settled on, as JSON.
async fn result(shared: &Shared, actor: &Actor, id: JobId) -> Result<(Job, Bytes), Problem> {
    let job = reviews::finished_job(shared, actor, id).await?;
    let corrected = reviews::corrected(shared, actor, id).await?;
    let json = serde_json::to_vec(&corrected).map_err(|_| Problem::new(ErrorCode::Internal))?;
    Ok((job, json.into()))
}

/// The job's document, to be opened.
///
/// # Errors
/// `not_found`; `unsupported_media_type` for a document whose kind nobody knows.
pub(crate) async fn scan(shared: &Shared, actor: &Actor, job: &Job) -> Result<Scan, Problem> {
    let document = shared.api.store.document(actor, job.document).await?;
    let media = document
        .media
        .ok_or(Problem::new(ErrorCode::UnsupportedMediaType))?;
    let file = shared
        .api
        .blobs
        .open_file(actor.department, &document.blob.sha256)?;
    Ok(Scan { file, media })
}

/// Sheets by form, without a look at their fields.
fn sheets_of(fields: &[u8]) -> Result<BTreeMap<String, u32>, Problem> {
    #[derive(Deserialize)]
    struct Sheet {
        form: Option<String>,
    }
    #[derive(Deserialize)]
    struct Sheets {
        pages: Vec<Sheet>,
    }
    let sheets: Sheets = serde_json::from_slice(fields).map_err(|error| {
        tracing::error!(line = error.line(), "a result cannot be read");
        Problem::new(ErrorCode::Internal)
    })?;
    let mut counts = BTreeMap::new();
    for form in sheets.pages.into_iter().filter_map(|sheet| sheet.form) {
        *counts.entry(form).or_insert(0) += 1;
    }
    Ok(counts)
}

fn attachment(bytes: Vec<u8>, media_type: &str, name: &str) -> Response {
    let media_type =
        HeaderValue::from_str(media_type).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let tag = format!("\"{}\"", Sha256::of(&bytes));
    let head = [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_DISPOSITION, file_name::attachment(name)),
        (
            header::ETAG,
            HeaderValue::from_str(&tag).expect("hexadecimal in quotes"),
        ),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-store"),
        ),
    ];
    (head, bytes).into_response()
}
