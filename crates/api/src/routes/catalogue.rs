//! What this office's service can do: pipelines, models, and the API itself.

use std::sync::LazyLock;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use utoipa::openapi::OpenApi;

use crate::extract::Signed;
use crate::extract::signed::{CheckModels, ReadCatalogue};
use crate::problem::{AnyProblem, Problem, ProblemBody};
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

/// モデルのファイルを今すぐ確かめる。結果は一覧の checked_at が新しくなると見られる。
#[utoipa::path(
    post, path = "/v1/models/check", operation_id = "check_models", tag = "catalogue", security(("token" = [])),
    responses((status = 202, description = "確かめ始めた"), AnyProblem),
)]
pub async fn check_models(
    State(shared): State<Shared>,
    signed: Signed<CheckModels>,
) -> Result<StatusCode, Problem> {
    check(&shared, &signed.actor).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Asks for the models to be checked now.
pub(crate) async fn check(shared: &Shared, actor: &Actor) -> Result<(), Problem> {
    let asked = shared.api.model_check.as_ref();
    let asked = asked.ok_or(Problem::new(ErrorCode::NotReady))?;
    shared.api.store.record(actor, "models.check", "models").await?;
    asked.notify_one();
    Ok(())
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
