//! A language model's draft of the agenda, item by item, as an operation of its own: minutes never wait for it.
//!
//! Promises: a drafted sentence that the words it cites do not bear out is shown as such, also after the
//! transcript was corrected; taken back, the minutes are those of the rules again.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::id::JobId;
use shoki_core::minutes::Minutes;
use utoipa::ToSchema;

use super::minutes::subject_of;
use crate::extract::signed::WriteContents;
use crate::extract::version::tag;
use crate::extract::{Ids, JsonBody, Signed};
use crate::problem::{Problem, ProblemBody};
use crate::state::Shared;
use crate::wire::minutes::MinutesBody;

/// Which item is drafted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftItemBody {
    /// Place of the item in the 様式's agenda section, from 0.
    item: u32,
    /// Id of the 様式; otherwise the one that the job was handed in with, or the office's default.
    #[serde(default)]
    #[schema(example = "youten")]
    style: Option<String>,
}

const NO_SUCH_ITEM: &str = "その番号の議題がありません。会議録の議題の数を確かめて、もう一度指定してください。議題ごとの要点がない様式では、下書きは作れません。";

/// 議題一つの要点を、設定されたサーバーに下書きさせ、会議録を返す。
#[utoipa::path(
    post, path = "/v1/jobs/{id}/minutes/draft", operation_id = "draft_minutes", tag = "minutes",
    security(("token" = [])),
    params(("id" = Uuid, Path)),
    request_body = DraftItemBody,
    responses(
        (status = 200, description = "下書きを含む会議録", body = MinutesBody, headers(("etag" = String))),
        (status = 501, description = "下書きの作成が設定されていない", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 502, description = "サーバーから使える答えが返らない", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 504, description = "時間内に終わらない", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn draft(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(id): Ids<JobId>,
    JsonBody(wanted): JsonBody<DraftItemBody>,
) -> Result<Response, Problem> {
    let style = wanted.style.as_deref();
    let (minutes, version) = drafted(&shared, &signed.actor, id, wanted.item, style).await?;
    let body = Json(MinutesBody::of(minutes, version));
    Ok(([(header::ETAG, tag(version))], body).into_response())
}

/// Has an item drafted and keeps it: the minutes with it, and the version of the transcript that they are of.
///
/// # Errors
/// As the route.
pub(crate) async fn drafted(
    shared: &Shared,
    actor: &Actor,
    id: JobId,
    item: u32,
    style: Option<&str>,
) -> Result<(Minutes, u64), Problem> {
    let (_, subject) = subject_of(shared, actor, id, style).await?;
    let drafts = shared.api.drafts.as_ref();
    let drafts = drafts.ok_or(Problem::new(ErrorCode::DraftingOff))?;
    let item = tokio::select! {
        item = drafts.draft_item(subject, item as usize) => item?,
        () = shared.api.shutdown.cancelled() => return Err(Problem::new(ErrorCode::NotReady)),
    };
    let item = item.ok_or_else(|| Problem::new(ErrorCode::Conflict).detail(NO_SUCH_ITEM))?;
    shared.api.store.keep_minutes_draft(actor, id, &item).await?;
    // As it stands now: somebody may have corrected the text while the model wrote.
    let (_, subject) = subject_of(shared, actor, id, style).await?;
    let version = subject.meeting.edited.version();
    let minutes = shared.api.minutes_desk()?.compose(subject).await?;
    Ok((minutes, version))
}

/// 会議録の下書きをすべて取り消す。
#[utoipa::path(
    delete, path = "/v1/jobs/{id}/minutes/draft", operation_id = "discard_minutes_draft", tag = "minutes",
    security(("token" = [])),
    params(("id" = Uuid, Path)),
    responses(
        (status = 204, description = "取り消した"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn discard(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(id): Ids<JobId>,
) -> Result<StatusCode, Problem> {
    shared.api.store.discard_minutes_drafts(&signed.actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
