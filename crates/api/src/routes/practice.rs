//! 練習: fictional sheets, a meeting and ordinances to try the desk out with.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use shoki_core::code::ErrorCode;

use crate::extract::signed::{ReadContents, WriteContents};
use crate::extract::{Ids, Signed};
use crate::practice::{self, Step};
use crate::problem::{AnyProblem, Problem};
use crate::state::Shared;
use crate::wire::practice::{PracticeBody, PracticeStepBody};

/// 自分の練習の進み具合を返す。
#[utoipa::path(
    get, path = "/v1/practice", operation_id = "show_practice", tag = "practice", security(("token" = [])),
    responses((status = 200, description = "結果", body = PracticeBody), AnyProblem),
)]
pub async fn show(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
) -> Result<Json<PracticeBody>, Problem> {
    Ok(Json(PracticeBody {
        jobs: practice::jobs(&shared, &signed.actor).await?,
        has_law: practice::has_law(&shared, &signed.actor).await?,
    }))
}

/// 練習の手順を始める。始めてあれば、そのまま続ける。
#[utoipa::path(
    post, path = "/v1/practice/{step}", operation_id = "begin_practice", tag = "practice", security(("token" = [])),
    params(("step" = String, Path, description = "sheets(用紙)、meeting(会議)、law(条例)")),
    responses((status = 202, description = "始めたジョブ", body = PracticeStepBody), AnyProblem),
)]
pub async fn begin(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(step): Ids<String>,
) -> Result<(StatusCode, Json<PracticeStepBody>), Problem> {
    let step = Step::parse(&step).ok_or(Problem::new(ErrorCode::NotFound))?;
    let jobs = practice::begin(&shared, &signed.actor, step).await?;
    Ok((StatusCode::ACCEPTED, Json(PracticeStepBody { jobs })))
}

/// 自分の練習を終え、練習に使った文書と結果をすべて消す。
#[utoipa::path(
    delete, path = "/v1/practice", operation_id = "end_practice", tag = "practice", security(("token" = [])),
    responses((status = 204, description = "消した"), AnyProblem),
)]
pub async fn end(State(shared): State<Shared>, signed: Signed<WriteContents>) -> Result<StatusCode, Problem> {
    practice::end(&shared, &signed.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}
