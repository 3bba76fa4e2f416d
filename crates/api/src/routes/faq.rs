//! The 課's own questions and answers.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::id::FaqId;
use shoki_core::limits::{MAX_ANSWER_CHARS, MAX_FAQ_CITATIONS, MAX_QUESTION_CHARS};
use shoki_store::corpus_model::{Faq, NewFaq};
use utoipa::IntoParams;
use uuid::Uuid;

use super::jobs::rows;
use crate::extract::signed::{ReadContents, WriteContents};
use crate::extract::{Ids, JsonBody, Search, Signed};
use crate::problem::{Problem, ProblemBody};
use crate::state::Shared;
use crate::wire::Page;
use crate::wire::shelf::{FaqBody, NewFaqBody};
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
