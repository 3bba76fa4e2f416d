//! Lines of a transcript that somebody corrects just now: taken, renewed, given back.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use shoki_core::code::ErrorCode;
use shoki_core::id::JobId;
use shoki_core::transcript::SegmentId;

use crate::extract::signed::WriteContents;
use crate::extract::{Ids, Signed};
use crate::line_holds::held_by;
use crate::meetings;
use crate::problem::{Problem, ProblemBody};
use crate::state::Shared;
use crate::wire::line_hold::LineHoldBody;

/// 発言を直し始めたことを知らせる。30 秒で切れるので、直している間は繰り返し送る。
#[utoipa::path(
    post, path = "/v1/jobs/{id}/transcript/segments/{segment}/hold", operation_id = "hold_segment",
    tag = "minutes", security(("token" = [])),
    params(("id" = Uuid, Path), ("segment" = u64, Path)),
    responses(
        (status = 200, description = "ほかの人は、切れるまでこの発言を直せない", body = LineHoldBody),
        (status = 409, description = "ほかの人が直している", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn hold(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids((id, segment)): Ids<(JobId, u64)>,
) -> Result<Json<LineHoldBody>, Problem> {
    let actor = &signed.actor;
    let (_, meeting) = meetings::load(&shared, actor, id).await?;
    let segment = SegmentId(segment);
    if meeting.edited.segment(segment).is_none() {
        return Err(Problem::new(ErrorCode::NotFound));
    }
    let now = shared.api.store.now();
    match shared.line_holds.take(id, segment, actor.user, now) {
        Ok(hold) => Ok(Json(hold.into())),
        Err(other) => Err(held_by(&shared, actor, other.user).await),
    }
}

/// 発言を直し終えたことを知らせる。自分が直していない発言では何も変わらない。
#[utoipa::path(
    delete, path = "/v1/jobs/{id}/transcript/segments/{segment}/hold", operation_id = "release_segment",
    tag = "minutes", security(("token" = [])),
    params(("id" = Uuid, Path), ("segment" = u64, Path)),
    responses(
        (status = 204, description = "知らせた"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn release(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids((id, segment)): Ids<(JobId, u64)>,
) -> Result<StatusCode, Problem> {
    meetings::finished_job(&shared, &signed.actor, id).await?;
    let now = shared.api.store.now();
    shared
        .line_holds
        .release(id, SegmentId(segment), signed.actor.user, now);
    Ok(StatusCode::NO_CONTENT)
}
