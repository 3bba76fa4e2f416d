//! The 課's own questions and answers.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::id::FaqId;
use shoki_core::limits::{MAX_ANSWER_CHARS, MAX_FAQ_CITATIONS, MAX_QUESTION_CHARS};
use shoki_store::corpus_model::{Faq, FaqChange, NewFaq};
use utoipa::IntoParams;
use uuid::Uuid;

use super::jobs::rows;
use crate::extract::signed::{ReadContents, WriteContents};
use crate::extract::version::{tag, version_of};
use crate::extract::{Ids, JsonBody, Search, Signed};
use crate::problem::{Problem, ProblemBody};
use crate::state::Shared;
use crate::wire::Page;
use crate::wire::shelf::{FaqBody, FaqPatch, FaqVersionBody, NewFaqBody};
use crate::{cursor, japan};

/// 質問と答えを自分の課のFAQに加える。
#[utoipa::path(
    post, path = "/v1/faq", operation_id = "add_faq", tag = "law_desk", security(("token" = [])),
    request_body = NewFaqBody,
    responses(
        (status = 201, description = "加えた", body = FaqBody),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn add(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    JsonBody(new): JsonBody<NewFaqBody>,
) -> Result<(StatusCode, Json<FaqBody>), Problem> {
    let made = added(&shared, &signed.actor, new).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// Keeps a question and answer of the own 課.
pub(crate) async fn added(shared: &Shared, actor: &Actor, new: NewFaqBody) -> Result<Faq, Problem> {
    let corpus = &shared.api.corpus;
    let question = match (new.question, new.question_id) {
        (Some(question), _) => question,
        (None, Some(id)) => corpus.question(actor, id).await?.text,
        (None, None) => String::new(),
    };
    length("question", &question, MAX_QUESTION_CHARS)?;
    length("answer", &new.answer, MAX_ANSWER_CHARS)?;
    if new.citing.len() > MAX_FAQ_CITATIONS {
        let detail = format!("citing は {MAX_FAQ_CITATIONS} 個までです。");
        return Err(Problem::new(ErrorCode::OptionUnusable).detail(detail));
    }
    let faq = NewFaq {
        question,
        answer: new.answer,
        asked_as: new.question_id,
        citing: new.citing.into_iter().map(Into::into).collect(),
    };
    Ok(corpus.add_faq(actor, faq).await?)
}

/// Refuses a text that is empty or longer than `most` characters.
pub(super) fn length(name: &str, text: &str, most: usize) -> Result<(), Problem> {
    if !text.trim().is_empty() && text.chars().count() <= most {
        return Ok(());
    }
    let detail = format!("{name} は 1 文字以上 {most} 文字以内で入力してください。");
    Err(Problem::new(ErrorCode::OptionUnusable).detail(detail))
}

/// Which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FaqQuery {
    /// Rows in the answer, 1–200; 50 unless told.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// 自分の課のFAQを新しい順に返す。
#[utoipa::path(
    get, path = "/v1/faq", operation_id = "list_faq", tag = "law_desk", security(("token" = [])),
    params(FaqQuery),
    responses(
        (status = 200, description = "結果", body = Page<FaqBody>),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn list(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Search(query): Search<FaqQuery>,
) -> Result<Json<Page<FaqBody>>, Problem> {
    let rows = rows(query.limit)?;
    let listed_as = ("faq", signed.actor.department);
    let before = match &query.cursor {
        None => None,
        Some(text) => Some(FaqId::from_uuid(Uuid::from_bytes(cursor::decode(
            text, &listed_as,
        )?))),
    };
    let today = japan::day_of(shared.api.store.now());
    let listed = shared.api.corpus.faq(&signed.actor, today, before, rows).await?;
    let next_cursor = match listed.rows.last() {
        Some(last) if listed.more => Some(cursor::encode(*last.id.as_uuid().as_bytes(), &listed_as)),
        _ => None,
    };
    Ok(Json(Page {
        items: listed.rows.into_iter().map(FaqBody::from).collect(),
        next_cursor,
    }))
}

/// FAQを1件返す。
#[utoipa::path(
    get, path = "/v1/faq/{id}", operation_id = "show_faq", tag = "law_desk", security(("token" = [])),
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "結果", body = FaqBody, headers(("etag" = String))),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn show(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(id): Ids<FaqId>,
) -> Result<Response, Problem> {
    let today = japan::day_of(shared.api.store.now());
    let entry = shared.api.corpus.faq_entry(&signed.actor, today, id).await?;
    Ok(answer(entry))
}

fn answer(entry: Faq) -> Response {
    ([(header::ETAG, tag(entry.version))], Json(FaqBody::from(entry))).into_response()
}

/// FAQの質問・答えを直す、取り下げる、またはまた使う。根拠は変わらない。
#[utoipa::path(
    patch, path = "/v1/faq/{id}", operation_id = "change_faq", tag = "law_desk", security(("token" = [])),
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "もとにしたFAQの ETag")),
    request_body = FaqPatch,
    responses(
        (status = 200, description = "直した", body = FaqBody, headers(("etag" = String))),
        (status = 412, description = "他の人が先に変更した", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 428, description = "If-Match がない", body = ProblemBody, content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn change(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(id): Ids<FaqId>,
    headers: HeaderMap,
    JsonBody(patch): JsonBody<FaqPatch>,
) -> Result<Response, Problem> {
    let version = version_of(&headers)?;
    Ok(answer(changed(&shared, &signed.actor, id, version, patch).await?))
}

/// Changes an entry of the own 課 on the version that was seen.
pub(crate) async fn changed(
    shared: &Shared,
    actor: &Actor,
    id: FaqId,
    version: u64,
    patch: FaqPatch,
) -> Result<Faq, Problem> {
    if let Some(question) = &patch.question {
        length("question", question, MAX_QUESTION_CHARS)?;
    }
    if let Some(answer) = &patch.answer {
        length("answer", answer, MAX_ANSWER_CHARS)?;
    }
    let change = FaqChange {
        question: patch.question,
        answer: patch.answer,
        withdrawn: patch.withdrawn,
    };
    let today = japan::day_of(shared.api.store.now());
    let corpus = &shared.api.corpus;
    Ok(corpus.change_faq(actor, id, version, change, today).await?)
}

/// FAQのこれまでの内容を新しい順に返す。
#[utoipa::path(
    get, path = "/v1/faq/{id}/history", operation_id = "show_faq_history", tag = "law_desk",
    security(("token" = [])),
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "結果", body = Vec<FaqVersionBody>),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn history(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(id): Ids<FaqId>,
) -> Result<Json<Vec<FaqVersionBody>>, Problem> {
    let versions = shared.api.corpus.faq_history(&signed.actor, id).await?;
    Ok(Json(versions.into_iter().map(Into::into).collect()))
}

/// FAQを削除する。
#[utoipa::path(
    delete, path = "/v1/faq/{id}", operation_id = "delete_faq", tag = "law_desk", security(("token" = [])),
    params(("id" = Uuid, Path)),
    responses(
        (status = 204, description = "削除した"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn delete(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(id): Ids<FaqId>,
) -> Result<StatusCode, Problem> {
    shared.api.corpus.remove_faq(&signed.actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
