//! Forms that a 課 defines itself: made from a blank page, worked on, tried out.
//!
//! Promises: a definition may have faults until it is published, and every fault is said; two people's changes never
//! overwrite each other (`If-Match`); what is tried is read by the reader of the jobs and kept nowhere.

use std::fs::File;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use shoki_core::acceptance::AcceptTerms;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::form::{Blank, FormDefinition};
use shoki_core::form_draft::FormFault;
use shoki_core::limits::{MAX_NAME_CHARS, MAX_TABLE_BYTES};
use shoki_core::master::Masters;
use shoki_core::pipeline::PipelineDef;
use shoki_core::review::CheckPolicy;
use shoki_store::form_store::OfficeForm;
use utoipa::IntoParams;
use uuid::Uuid;

use super::page_pictures::shown;
use crate::extract::query::Search;
use crate::extract::signed::{ReadContents, WriteContents};
use crate::extract::version::{IfMatch, tag};
use crate::extract::{Ids, JsonBody, Signed};
use crate::form_desk::BlankPage;
use crate::problem::{AnyProblem, ChangedBefore, Problem};
use crate::state::Shared;
use crate::upload;
use crate::wire::office_form::{OfficeFormBody, OfficeFormRow, SaveFormBody, SuggestionBody, TrialBody};

/// Fields of one form: three times the fullest that was seen.
const MAX_FIELDS: usize = 300;

/// 課の帳票(自分で定義したもの)の一覧を返す。
#[utoipa::path(
    get, path = "/v1/office-forms", operation_id = "list_office_forms", tag = "forms", security(("token" = [])),
    responses((status = 200, description = "結果", body = Vec<OfficeFormRow>), AnyProblem),
)]
pub async fn list(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
) -> Result<Json<Vec<OfficeFormRow>>, Problem> {
    let forms = shared.api.store.office_forms(&signed.actor).await?;
    Ok(Json(forms.iter().map(OfficeFormRow::from).collect()))
}

/// What a new form is called, and which page of the file it is.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NewFormQuery {
    /// 帳票の名前
    pub name: String,
    /// ファイルの中のページ(1 から)
    #[serde(default = "first_page")]
    pub page: u32,
}

const fn first_page() -> u32 {
    1
}

/// 記入前の用紙(PDF・TIFF・JPEG・PNG の本文そのまま)から、新しい帳票の下書きを作る。
#[utoipa::path(
    post, path = "/v1/office-forms", operation_id = "create_office_form", tag = "forms", security(("token" = [])),
    params(NewFormQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, description = "作った下書き", body = OfficeFormBody), AnyProblem),
)]
pub async fn create(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Search(query): Search<NewFormQuery>,
    request: Request,
) -> Result<Response, Problem> {
    let name = name_of(&query.name)?;
    let file = upload::looked_at(&shared, request).await?;
    let form = made(&shared, &signed.actor, name, file, query.page).await?;
    Ok((StatusCode::CREATED, answer(&shared, form)).into_response())
}

/// The name of a new form.
///
/// # Errors
/// `option_unusable` when there is none.
pub(crate) fn name_of(text: &str) -> Result<&str, Problem> {
    let name = text.trim();
    if name.is_empty() || !is_line(name) {
        let sentence = format!("帳票の名前を1文字以上{MAX_NAME_CHARS}文字以内で入力してください。");
        return Err(Problem::new(ErrorCode::OptionUnusable).detail(sentence));
    }
    Ok(name)
}

/// Makes a form of a page of a file.
pub(crate) async fn made(
    shared: &Shared,
    actor: &Actor,
    name: &str,
    file: File,
    page: u32,
) -> Result<OfficeForm, Problem> {
    let page = shared.api.form_desk()?.open(file, page_index(page)?).await?;
    // Sixteen random letters: unique in the office, and no other 課 can guess it.
    let id = format!("f{}", &Uuid::new_v4().simple().to_string()[..16]);
    let definition = FormDefinition {
        id,
        name: name.to_owned(),
        version: 1,
        check: CheckPolicy::default(),
        accept: AcceptTerms::default(),
        blank: Blank {
            file: "blank.png".to_owned(),
            page: 1,
            width_mm: page.width_mm,
            height_mm: page.height_mm,
        },
        fields: Vec::new(),
        outputs: Vec::new(),
        rules: Vec::new(),
    };
    Ok(shared
        .api
        .store
        .create_form(actor, &definition, &page.png)
        .await?)
}

fn page_index(page: u32) -> Result<u32, Problem> {
    page.checked_sub(1)
        .ok_or_else(|| Problem::new(ErrorCode::OptionUnusable).detail("ページは 1 から数えます。"))
}

/// 一つの帳票の下書きを返す。ETag はその版。
#[utoipa::path(
    get, path = "/v1/office-forms/{id}", operation_id = "show_office_form", tag = "forms", security(("token" = [])),
    params(("id" = String, Path)),
    responses((status = 200, description = "結果", body = OfficeFormBody), AnyProblem),
)]
pub async fn show(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(id): Ids<String>,
) -> Result<Response, Problem> {
    let form = shared.api.store.office_form(&signed.actor, &id).await?;
    Ok(answer(&shared, form))
}

/// 下書きを保存する。誤りがあっても保存でき、誤りは結果に示す。
#[utoipa::path(
    put, path = "/v1/office-forms/{id}", operation_id = "save_office_form", tag = "forms", security(("token" = [])),
    params(("id" = String, Path), IfMatch),
    request_body = SaveFormBody,
    responses((status = 200, description = "保存した下書き", body = OfficeFormBody), ChangedBefore, AnyProblem),
)]
pub async fn save(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(id): Ids<String>,
    at: IfMatch,
    JsonBody(body): JsonBody<SaveFormBody, MAX_TABLE_BYTES>,
) -> Result<Response, Problem> {
    let store = &shared.api.store;
    let before = store.office_form(&signed.actor, &id).await?;
    let definition = FormDefinition {
        id: id.clone(),
        version: before.definition.version,
        blank: before.definition.blank,
        ..body.definition
    };
    if let Some(sentence) = unusable(&definition) {
        return Err(Problem::new(ErrorCode::OptionUnusable).detail(sentence));
    }
    let saved = store
        .save_form(&signed.actor, &id, at.version, &definition)
        .await?;
    Ok(answer(&shared, saved))
}

/// まだ一度も公開していない下書きを消す。
#[utoipa::path(
    delete, path = "/v1/office-forms/{id}", operation_id = "delete_office_form", tag = "forms",
    security(("token" = [])),
    params(("id" = String, Path)),
    responses((status = 204, description = "消した"), AnyProblem),
)]
pub async fn delete(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(id): Ids<String>,
) -> Result<StatusCode, Problem> {
    match shared.api.store.delete_form(&signed.actor, &id).await {
        Err(shoki_store::StoreError::AlreadyExists(_)) => {
            let sentence =
                "公開したことのある帳票は消せません。使うのをやめるには「使用をやめる」を選んでください。";
            Err(Problem::new(ErrorCode::Conflict).detail(sentence))
        }
        deleted => {
            deleted?;
            Ok(StatusCode::NO_CONTENT)
        }
    }
}

/// 記入前の用紙の画像(PNG、200 dpi)を返す。
#[utoipa::path(
    get, path = "/v1/office-forms/{id}/blank", operation_id = "show_blank_page", tag = "forms",
    security(("token" = [])),
    params(("id" = String, Path)),
    responses((status = 200, description = "結果", content_type = "image/png", body = Vec<u8>), AnyProblem),
)]
pub async fn blank(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(id): Ids<String>,
) -> Result<Response, Problem> {
    let form = shared.api.store.office_form(&signed.actor, &id).await?;
    Ok(shown("image/png", blank_of(&shared, &form).await?.png))
}

/// 用紙の罫線から、欄になりそうな枠の案を返す。
#[utoipa::path(
    get, path = "/v1/office-forms/{id}/suggestions", operation_id = "suggest_fields", tag = "forms",
    security(("token" = [])),
    params(("id" = String, Path)),
    responses((status = 200, description = "結果(上から順)", body = Vec<SuggestionBody>), AnyProblem),
)]
pub async fn suggestions(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(id): Ids<String>,
) -> Result<Json<Vec<SuggestionBody>>, Problem> {
    let form = shared.api.store.office_form(&signed.actor, &id).await?;
    let page = blank_of(&shared, &form).await?;
    let found = shared.api.form_desk()?.suggest(page).await?;
    let body = found.into_iter().map(|suggestion| SuggestionBody { suggestion });
    Ok(Json(body.collect()))
}

/// Which page of the file is tried.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TrialQuery {
    /// ファイルの中のページ(1 から)
    #[serde(default = "first_page")]
    pub page: u32,
}

/// 記入した用紙(本文そのまま)を、下書きの定義で試しに読む。用紙も結果も保存しない。
#[utoipa::path(
    post, path = "/v1/office-forms/{id}/trial", operation_id = "try_office_form", tag = "forms",
    security(("token" = [])),
    params(("id" = String, Path), TrialQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, description = "結果", body = TrialBody), AnyProblem),
)]
pub async fn trial(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(id): Ids<String>,
    Search(query): Search<TrialQuery>,
    request: Request,
) -> Result<Response, Problem> {
    let store = &shared.api.store;
    let form = store.office_form(&signed.actor, &id).await?;
    publishable(&shared, &form.definition)?;
    let file = upload::looked_at(&shared, request).await?;
    let page = blank_of(&shared, &form).await?;
    let desk = shared.api.form_desk()?;
    let index = page_index(query.page)?;
    let trial = desk.read(form.definition.clone(), page.png, file, index).await?;
    // Who tries a form sees what is written on a page, 個人番号 included.
    store.record(&signed.actor, "form.trial", &id).await?;
    let head = [(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-store"),
    )];
    Ok((head, Json(TrialBody::of(&form.definition, &trial))).into_response())
}

/// The form with its faults and its tag.
pub(super) fn answer(shared: &Shared, form: OfficeForm) -> Response {
    let faults = faults(shared, &form.definition);
    let head = [
        (header::ETAG, tag(form.version)),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-store"),
        ),
    ];
    (head, Json(OfficeFormBody::of(form, faults))).into_response()
}

/// The picture and the size of a form's blank page.
pub(super) async fn blank_of(shared: &Shared, form: &OfficeForm) -> Result<BlankPage, Problem> {
    let png = shared.api.store.form_blank(&form.id, &form.blank).await?;
    Ok(BlankPage {
        png: png.into(),
        width_mm: form.definition.blank.width_mm,
        height_mm: form.definition.blank.height_mm,
    })
}

/// All that keeps a definition from being used.
pub(crate) fn faults(shared: &Shared, definition: &FormDefinition) -> Vec<FormFault> {
    let mut faults = definition.faults();
    let masters = masters(shared);
    for (place, field) in definition.fields.iter().enumerate() {
        let Some(lexicon) = &field.lexicon else { continue };
        let master = masters.and_then(|masters| masters.get(&lexicon.file));
        if master.is_none_or(|master| master.column(&lexicon.column).is_none()) {
            faults.push(FormFault {
                field: Some(place),
                sentence_ja: format!(
                    "マスタ「{}」の列「{}」は、このシステムにありません。",
                    lexicon.file, lexicon.column
                ),
            });
        }
    }
    let known = |file: &&str| masters.is_some_and(|masters| masters.contains_key(*file));
    if let Some(file) = definition.master_files().iter().find(|file| !known(file)) {
        faults.push(FormFault {
            field: None,
            sentence_ja: format!("マスタ「{file}」は、このシステムにありません。"),
        });
    }
    faults
}

/// The office's tables.
pub(crate) fn masters(shared: &Shared) -> Option<&Masters> {
    shared.api.pipelines.iter().find_map(|pipeline| match pipeline {
        PipelineDef::Form(pipeline) => Some(&pipeline.masters),
        PipelineDef::Corpus(_) | PipelineDef::Minutes(_) => None,
    })
}

/// Refuses a definition with faults, and says them.
pub(super) fn publishable(shared: &Shared, definition: &FormDefinition) -> Result<(), Problem> {
    let faults = faults(shared, definition);
    if faults.is_empty() {
        return Ok(());
    }
    let sentences: Vec<String> = faults.into_iter().map(|fault| fault.sentence_ja).collect();
    Err(Problem::new(ErrorCode::FormInvalid).detail(sentences.join("")))
}

fn is_line(text: &str) -> bool {
    text.chars().count() <= MAX_NAME_CHARS && !text.chars().any(char::is_control)
}

/// What cannot even be saved.
fn unusable(definition: &FormDefinition) -> Option<String> {
    if definition.fields.len() > MAX_FIELDS {
        return Some(format!("欄は {MAX_FIELDS} 個までです。"));
    }
    let names = definition.fields.iter().flat_map(|field| {
        let choices = field.choices.iter().map(|choice| &choice.value);
        [&field.key, &field.label]
            .into_iter()
            .chain(&field.column)
            .chain(choices)
    });
    let mut names = names.chain([&definition.name]);
    names
        .any(|name| !is_line(name))
        .then(|| format!("名前・見出し・列名は改行なしの {MAX_NAME_CHARS} 文字までにしてください。"))
}
