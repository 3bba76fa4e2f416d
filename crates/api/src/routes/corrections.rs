//! Corrections of a whole transcript: count a word and replace it everywhere, undo, the history, finished and not, and
//! signs of life while somebody works.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use shoki_core::code::ErrorCode;
use shoki_core::id::JobId;
use shoki_core::transcript_edit::Edit;
use utoipa::IntoParams;

use super::transcript::answer;
use crate::extract::signed::{ReadContents, WriteContents};
use crate::extract::version::{tag, version_of};
use crate::extract::{Ids, JsonBody, Search, Signed};
use crate::meetings::{self, Meeting};
use crate::problem::{Problem, ProblemBody};
use crate::state::Shared;
use crate::wire::transcript::{ChangeBody, HistoryItem, OccurrencesBody, ReplaceBody, UndoBody};

/// 言葉をすべての発言で置き換える。
#[utoipa::path(
    post, path = "/v1/jobs/{id}/transcript/replace", operation_id = "replace_everywhere", tag = "minutes",
    security(("token" = [])),
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "もとにした文字起こしの ETag")),
    request_body = ReplaceBody,
    responses(
        (status = 200, description = "置き換えた。数は replaced", body = ChangeBody, headers(("etag" = String))),
        (status = 412, description = "他の人が先に変更した", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 422, description = "見つからない、または使えない言葉", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn replace(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(id): Ids<JobId>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<ReplaceBody>,
) -> Result<Response, Problem> {
    meetings::finished_job(&shared, &signed.actor, id).await?;
    let version = version_of(&headers)?;
    let decide = |meeting: &Meeting| {
        if meeting.edited.version() != version {
            return Err(Problem::new(ErrorCode::VersionChanged));
        }
        Ok(Edit::ReplaceAll {
            from: body.from.clone(),
            to: body.to.clone(),
        })
    };
    let changed = meetings::change(&shared, &signed.actor, id, decide).await?;
    Ok(answer(&changed))
}

/// What would be replaced.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OccurrencesQuery {
    /// What is searched for.
    #[param(example = "朝川")]
    from: String,
    /// What would take its place.
    #[param(example = "浅川")]
    to: String,
}

/// 置き換えられる箇所を、置き換える前に数える。
#[utoipa::path(
    get, path = "/v1/jobs/{id}/transcript/occurrences", operation_id = "count_occurrences", tag = "minutes",
    security(("token" = [])),
    params(("id" = Uuid, Path), OccurrencesQuery),
    responses(
        (status = 200, description = "結果", body = OccurrencesBody, headers(("etag" = String))),
        (status = 422, description = "見つからない、または使えない言葉", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn occurrences(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(id): Ids<JobId>,
    Search(query): Search<OccurrencesQuery>,
) -> Result<Response, Problem> {
    let (_, meeting) = meetings::load(&shared, &signed.actor, id).await?;
    let edit = Edit::ReplaceAll {
        from: query.from,
        to: query.to,
    };
    let draft = meeting.edited.draft(edit).map_err(meetings::refused)?;
    let version = meeting.edited.version();
    let body = OccurrencesBody {
        version,
        occurrences: draft.replaced,
        segments: draft.touched.iter().map(|segment| segment.0).collect(),
    };
    Ok(([(header::ETAG, tag(version))], Json(body)).into_response())
}

/// 変更を取り消す。取り消しを取り消すと元の変更に戻る。
#[utoipa::path(
    post, path = "/v1/jobs/{id}/transcript/undo", operation_id = "undo_edit", tag = "minutes",
    security(("token" = [])),
    params(("id" = Uuid, Path)),
    request_body = UndoBody,
    responses(
        (status = 200, description = "取り消した", body = ChangeBody, headers(("etag" = String))),
        (status = 409, description = "取り消し済み、または後の変更がある", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn undo(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(id): Ids<JobId>,
    JsonBody(body): JsonBody<UndoBody>,
) -> Result<Response, Problem> {
    let decide = |meeting: &Meeting| {
        let own = || meeting.edited.last_own(signed.actor.user);
        let nothing =
            || Problem::new(ErrorCode::NotFound).detail("自分が行った変更で、取り消せるものがありません。");
        let sequence = body.sequence.or_else(own).ok_or_else(nothing)?;
        Ok(Edit::Undo { sequence })
    };
    let changed = meetings::change(&shared, &signed.actor, id, decide).await?;
    Ok(answer(&changed))
}

/// Which part of the history.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EditHistoryQuery {
    /// Only what came after this number.
    since: Option<u64>,
}

/// 変更の履歴を古い順に返す。
#[utoipa::path(
    get, path = "/v1/jobs/{id}/transcript/history", operation_id = "show_edit_history", tag = "minutes",
    security(("token" = [])),
    params(("id" = Uuid, Path), EditHistoryQuery),
    responses(
        (status = 200, description = "結果", body = Vec<HistoryItem>),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn history(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(id): Ids<JobId>,
    Search(query): Search<EditHistoryQuery>,
) -> Result<Json<Vec<HistoryItem>>, Problem> {
    let (_, meeting) = meetings::load(&shared, &signed.actor, id).await?;
    let edited = &meeting.edited;
    let items = edited
        .rows()
        .filter(|row| query.since.is_none_or(|since| row.sequence > since))
        .map(|row| HistoryItem::of(row, edited.is_undone(row.sequence)));
    Ok(Json(items.collect()))
}

/// 文字起こしの修正を完了にする。
#[utoipa::path(
    post, path = "/v1/jobs/{id}/transcript/finish", operation_id = "finish_transcript", tag = "minutes",
    security(("token" = [])),
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "完了にした", body = ChangeBody, headers(("etag" = String))),
        (status = 409, description = "すでに完了", body = ProblemBody, content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn finish(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(id): Ids<JobId>,
) -> Result<Response, Problem> {
    let changed = meetings::change(&shared, &signed.actor, id, |_| Ok(Edit::Finish)).await?;
    Ok(answer(&changed))
}

/// 完了にした文字起こしを、また直せるようにする。
#[utoipa::path(
    post, path = "/v1/jobs/{id}/transcript/reopen", operation_id = "reopen_transcript", tag = "minutes",
    security(("token" = [])),
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "再開した", body = ChangeBody, headers(("etag" = String))),
        (status = 409, description = "完了になっていない", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn reopen(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(id): Ids<JobId>,
) -> Result<Response, Problem> {
    let changed = meetings::change(&shared, &signed.actor, id, |_| Ok(Edit::Reopen)).await?;
    Ok(answer(&changed))
}

/// 作業中であることを知らせる。60 秒以内の間隔が作業時間として数えられる。
#[utoipa::path(
    post, path = "/v1/jobs/{id}/transcript/activity", operation_id = "record_activity", tag = "minutes",
    security(("token" = [])),
    params(("id" = Uuid, Path)),
    responses(
        (status = 204, description = "記録した"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn activity(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(id): Ids<JobId>,
) -> Result<StatusCode, Problem> {
    meetings::finished_job(&shared, &signed.actor, id).await?;
    shared.api.store.record_activity(&signed.actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
