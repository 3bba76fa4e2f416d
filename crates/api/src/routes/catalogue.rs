//! What this office's service can do: pipelines, models, and the API itself.

use std::sync::LazyLock;

use axum::Json;
use axum::extract::State;
use utoipa::openapi::OpenApi;

use crate::extract::Signed;
use crate::extract::signed::ReadCatalogue;
use crate::problem::ProblemBody;
use crate::state::Shared;
use crate::wire::catalogue::{ModelBody, PipelineBody};

/// 業務(パイプライン)の一覧を返す。
#[utoipa::path(
    get, path = "/v1/pipelines", operation_id = "list_pipelines", tag = "catalogue", security(("token" = [])),
    responses(
        (status = 200, description = "結果", body = Vec<PipelineBody>),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn pipelines(State(shared): State<Shared>, _: Signed<ReadCatalogue>) -> Json<Vec<PipelineBody>> {
    Json(shared.api.pipelines.iter().map(PipelineBody::from).collect())
}

/// モデルの一覧と状態を返す。
#[utoipa::path(
    get, path = "/v1/models", operation_id = "list_models", tag = "catalogue", security(("token" = [])),
    responses(
        (status = 200, description = "結果", body = Vec<ModelBody>),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn models(State(shared): State<Shared>, _: Signed<ReadCatalogue>) -> Json<Vec<ModelBody>> {
    let models = shared.api.models.borrow();
    Json(models.iter().map(ModelBody::from).collect())
}

static DOCUMENT: LazyLock<OpenApi> = LazyLock::new(crate::openapi);

/// この API の定義(OpenAPI)を返す。
#[utoipa::path(
    get, path = "/v1/openapi.json", operation_id = "show_openapi", tag = "catalogue",
    responses((status = 200, description = "結果", body = Object)),
)]
pub async fn document() -> Json<&'static OpenApi> {
    Json(&DOCUMENT)
}
