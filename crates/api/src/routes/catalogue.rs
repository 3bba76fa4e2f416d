//! What this office's service can do: pipelines and models.

use axum::Json;
use axum::extract::State;

use crate::extract::Signed;
use crate::extract::signed::ReadCatalogue;
use crate::problem::ProblemBody;
use crate::state::Shared;
use crate::wire::catalogue::{ModelBody, PipelineBody};

/// 業務(パイプライン)の一覧を返す。
#[utoipa::path(
    get, path = "/v1/pipelines", tag = "catalogue", security(("token" = [])),
    responses(
        (status = 200, body = Vec<PipelineBody>),
        (status = "default", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn pipelines(State(shared): State<Shared>, _: Signed<ReadCatalogue>) -> Json<Vec<PipelineBody>> {
    Json(shared.api.pipelines.iter().map(PipelineBody::from).collect())
}

/// モデルの一覧と状態を返す。
#[utoipa::path(
    get, path = "/v1/models", tag = "catalogue", security(("token" = [])),
    responses(
        (status = 200, body = Vec<ModelBody>),
        (status = "default", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn models(State(shared): State<Shared>, _: Signed<ReadCatalogue>) -> Json<Vec<ModelBody>> {
    let models = shared.api.models.borrow();
    Json(models.iter().map(ModelBody::from).collect())
}
