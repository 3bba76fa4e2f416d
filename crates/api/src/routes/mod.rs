//! The router: one file per group of routes. A route exists once it is in [`described`], and then it is
//! in the OpenAPI document and in the access test too.

pub mod artifacts;
pub mod audit;
pub mod batches;
pub mod catalogue;
pub mod documents;
pub mod events;
pub mod health;
pub mod jobs;
pub mod pages;

use axum::Json;
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::get;
use shoki_core::code::ErrorCode;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::layers::{after_panic, observe::observe, pace::pace, security::security};
use crate::problem::Problem;
use crate::state::{ApiState, Shared};

/// Every route with its description.
pub(crate) fn described() -> OpenApiRouter<Shared> {
    OpenApiRouter::default()
        .routes(routes!(documents::upload))
        .routes(routes!(documents::show, documents::delete))
        .routes(routes!(jobs::submit, jobs::list))
        .routes(routes!(jobs::show))
        .routes(routes!(jobs::cancel))
        .routes(routes!(events::stream))
        .routes(routes!(artifacts::list))
        .routes(routes!(artifacts::download))
        .routes(routes!(pages::show))
        .routes(routes!(pages::crop))
        .routes(routes!(batches::submit))
        .routes(routes!(catalogue::pipelines))
        .routes(routes!(catalogue::models))
        .routes(routes!(audit::list))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
}

/// The service.
///
/// # Panics
/// Never: the OpenAPI document is made of strings.
pub fn router(state: ApiState) -> Router {
    let shared = Shared::new(state);
    let document = serde_json::to_value(crate::openapi()).expect("the document always becomes JSON");
    let (routes, _) = described().split_for_parts();
    routes
        .route("/v1/openapi.json", get(async || Json(document).into_response()))
        .fallback(async || Problem::new(ErrorCode::NotFound))
        .method_not_allowed_fallback(async || Problem::new(ErrorCode::MethodNotAllowed))
        .layer(from_fn_with_state(shared.clone(), pace))
        .layer(CatchPanicLayer::custom(after_panic))
        .layer(from_fn(security))
        .layer(from_fn(observe))
        .with_state(shared)
}
