//! Questions to the law desk: ask, look back, say what the basis was.
//!
//! Promise: what is logged is masked first; what was deleted since the index was made is not shown.

use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::corpus::PassageKey;
use shoki_core::evidence::{Hit, Question, Remark};
use shoki_core::id::{QuestionId, RevisionId};
use shoki_core::limits::{DEFAULT_HITS, MAX_HITS, MAX_QUESTION_CHARS, MAX_QUESTION_SOURCES};
use shoki_store::corpus_model::NewQuestion;
use utoipa::IntoParams;
use uuid::Uuid;

use super::jobs::rows;
use crate::extract::signed::{ReadContents, WriteContents};
use crate::extract::{Ids, JsonBody, Search, Signed};
use crate::problem::{Problem, ProblemBody};
use crate::state::Shared;
use crate::wire::Page;
use crate::wire::hit::HitBody;
use crate::wire::question::{AnswerBody, FeedbackBody, LoggedQuestionBody, NewQuestionBody};
use crate::{cursor, japan, masking};

/// 質問に、根拠となる条文・通知を返す。
#[utoipa::path(
    post, path = "/v1/questions", operation_id = "ask_question", tag = "law_desk", security(("token" = [])),
    request_body = NewQuestionBody,
    responses(
        (status = 200, description = "結果", body = AnswerBody),
        (status = 422, description = "質問が空、または長すぎる", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 503, description = "検索の準備ができていない", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn ask(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    JsonBody(new): JsonBody<NewQuestionBody>,
) -> Result<Json<AnswerBody>, Problem> {
    Ok(Json(answered(&shared, &signed.actor, new, Purpose::Work).await?))
}

/// What a question is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Somebody wants to know.
    Work,
    /// Somebody tries the desk out: it counts nowhere.
    Practice,
}

/// The answer to a question, which is logged.
pub(crate) async fn answered(
    shared: &Shared,
    actor: &Actor,
    new: NewQuestionBody,
    purpose: Purpose,
) -> Result<AnswerBody, Problem> {
    let question = checked(shared, new)?;
    let as_of = question.as_of;
    let text = question.text.clone();
    let started = Instant::now();
    let mut evidence = shared.api.searcher()?.ask(question, actor.department).await?;
    let millis = u32::try_from(started.elapsed().as_millis()).unwrap_or(u32::MAX);
    let hits = present(shared, actor, std::mem::take(&mut evidence.hits)).await?;
    let related = present(shared, actor, std::mem::take(&mut evidence.related)).await?;
    let personal: Vec<_> = evidence
        .remarks
        .iter()
        .filter_map(|remark| match remark {
            Remark::PersonalData { span } => Some(span.clone()),
            _ => None,
        })
        .collect();
    let logged = NewQuestion {
        text: masking::masked(&text, &personal),
        as_of,
        millis,
        shown: hits.iter().map(|hit| hit.passage.into()).collect(),
        no_basis: evidence.no_basis.is_some(),
        is_practice: purpose == Purpose::Practice,
    };
    let id = log(shared, actor, logged).await;
    Ok(AnswerBody::of(id, as_of, millis, evidence, hits, related))
}

/// The question with its defaults, or why it cannot be asked.
fn checked(shared: &Shared, new: NewQuestionBody) -> Result<Question, Problem> {
    let unusable = |detail: String| Problem::new(ErrorCode::QuestionUnusable).detail(detail);
    let characters = new.text.chars().count();
    if new.text.trim().is_empty() {
        return Err(unusable("質問が空です。".to_owned()));
    }
    if characters > MAX_QUESTION_CHARS {
        return Err(unusable(format!("質問が {characters} 文字あります。")));
    }
    let limit = new.limit.unwrap_or(DEFAULT_HITS);
    if !(1..=MAX_HITS).contains(&limit) {
        let detail = format!("limit は 1 から {MAX_HITS} までで指定してください。");
        return Err(Problem::new(ErrorCode::OptionUnusable).detail(detail));
    }
    if new
        .sources
        .as_ref()
        .is_some_and(|sources| sources.len() > MAX_QUESTION_SOURCES)
    {
        let detail = format!("sources は {MAX_QUESTION_SOURCES} 個までです。");
        return Err(Problem::new(ErrorCode::OptionUnusable).detail(detail));
    }
    Ok(Question {
        as_of: new.as_of.unwrap_or_else(|| japan::day_of(shared.api.store.now())),
        text: new.text,
        sources: new.sources,
        default_law: new.default_law,
        supplementary: new.supplementary,
        limit,
    })
}

/// The hits that the actor may see now, with their sources.
async fn present(shared: &Shared, actor: &Actor, hits: Vec<Hit>) -> Result<Vec<HitBody>, Problem> {
    let keys: Vec<_> = hits.iter().map(|hit| hit.passage).collect();
    let placed = shared.api.corpus.placed(actor.department, &keys).await?;
    let source_of = |hit: &Hit| {
        let found = placed.iter().find(|place| place.key == hit.passage);
        found.map(|place| place.source.id)
    };
    Ok(hits
        .into_iter()
        .filter_map(|hit| source_of(&hit).map(|source| HitBody::of(hit, source)))
        .collect())
}

/// Logs the question, masked. A log that cannot be written does not cost the asker the answer.
async fn log(shared: &Shared, actor: &Actor, question: NewQuestion) -> Option<QuestionId> {
    match shared.api.corpus.log_question(actor, question).await {
        Ok(id) => Some(id),
        Err(error) => {
            tracing::warn!(%error, "a question could not be logged");
            None
        }
    }
}

/// Which part of the history.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HistoryQuery {
    /// Rows in the answer, 1–200; 50 unless told.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// 自分の質問の履歴を新しい順に返す。
#[utoipa::path(
    get, path = "/v1/questions", operation_id = "list_questions", tag = "law_desk", security(("token" = [])),
    params(HistoryQuery),
    responses(
        (status = 200, description = "結果", body = Page<LoggedQuestionBody>),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn list(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Search(query): Search<HistoryQuery>,
) -> Result<Json<Page<LoggedQuestionBody>>, Problem> {
    let rows = rows(query.limit)?;
    let listed_as = ("questions", signed.actor.user);
    let before = match &query.cursor {
        None => None,
        Some(text) => Some(QuestionId::from_uuid(Uuid::from_bytes(cursor::decode(
            text, &listed_as,
        )?))),
    };
    let listed = shared.api.corpus.questions(&signed.actor, before, rows).await?;
    let next_cursor = match listed.rows.last() {
        Some(last) if listed.more => Some(cursor::encode(*last.id.as_uuid().as_bytes(), &listed_as)),
        _ => None,
    };
    Ok(Json(Page {
        items: listed.rows.into_iter().map(LoggedQuestionBody::from).collect(),
        next_cursor,
    }))
}

/// 質問の結果について、開いた条文や「これが根拠」を記録する。
#[utoipa::path(
    post, path = "/v1/questions/{id}/feedback", operation_id = "give_feedback", tag = "law_desk",
    security(("token" = [])),
    params(("id" = Uuid, Path)),
    request_body = FeedbackBody,
    responses(
        (status = 204, description = "記録した"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn feedback(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(id): Ids<QuestionId>,
    JsonBody(said): JsonBody<FeedbackBody>,
) -> Result<StatusCode, Problem> {
    shared
        .api
        .corpus
        .give_feedback(&signed.actor, id, said.passage.into(), said.kind)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which passage is not the basis after all.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BasisQuery {
    /// Revision of the passage.
    #[param(value_type = Uuid)]
    revision: RevisionId,
    /// Its position, from 0.
    ordinal: u32,
}

/// 「これが根拠」を取り消す。その後の検索にも使わない。
#[utoipa::path(
    delete, path = "/v1/questions/{id}/feedback", operation_id = "withdraw_feedback", tag = "law_desk",
    security(("token" = [])),
    params(("id" = Uuid, Path), BasisQuery),
    responses(
        (status = 204, description = "取り消した"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn withdraw(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(id): Ids<QuestionId>,
    Search(of): Search<BasisQuery>,
) -> Result<StatusCode, Problem> {
    let passage = PassageKey {
        revision: of.revision,
        ordinal: of.ordinal,
    };
    let corpus = &shared.api.corpus;
    corpus.withdraw_basis(&signed.actor, id, passage).await?;
    Ok(StatusCode::NO_CONTENT)
}
