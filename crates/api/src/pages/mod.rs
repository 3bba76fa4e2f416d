//! The desk in the browser: pages in Japanese, rendered here, on the same functions as the API.
//!
//! Promises: lists, forms and reading work without scripts; a page is one request for HTML and one for CSS before
//! it is seen; nothing is fetched from elsewhere; every error is a page that says what to do. One file a screen.
//! Never: a decision that the API does not make too.

mod as_pages;
mod assets;
mod forms;
mod frame;
mod handed_in;
mod home;
mod job;
mod jobs;
mod law;
mod law_sources;
mod law_text;
mod meeting;
mod meetings;
mod practice;
mod read;
mod review;
mod sign_in;
mod sound;
mod words;

use askama::Template;
use axum::Router;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use shoki_core::code::ErrorCode;

use crate::problem::Problem;
use crate::state::Shared;

/// Every page.
pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/", get(home::show))
        .route("/sign-in", get(sign_in::show).post(sign_in::enter))
        .route("/sign-out", post(sign_in::leave))
        .route("/act-as", post(sign_in::act_as))
        .route("/practice", get(practice::show))
        .route("/practice/end", post(practice::end))
        .route("/practice/{step}", post(practice::begin))
        .route("/read", get(read::show).post(read::submit))
        .route("/forms", get(forms::show).post(forms::create))
        .route("/forms/{id}", get(forms::edit))
        .route("/jobs", get(jobs::show))
        .route("/jobs/{id}", get(job::show))
        .route("/jobs/{id}/again", post(job::again))
        .route("/jobs/{id}/cancel", post(job::cancel))
        .route("/jobs/{id}/check", get(review::show))
        .route("/jobs/{id}/grid", get(review::grid))
        .route("/law", get(law::show))
        .route("/law/questions/{id}/basis", post(law::mark_basis))
        .route("/law/sources", get(law_sources::show).post(law_sources::submit))
        .route("/law/sources/{id}", get(law_text::show))
        .route("/meetings", get(meetings::show).post(meetings::submit))
        .route("/meetings/{id}", get(meeting::show))
        .route("/meetings/{id}/sound", get(sound::play))
        .route("/meetings/{id}/speakers/{speaker}", post(meeting::rename))
        .layer(from_fn(as_pages::as_pages))
        .route("/assets/{version}/{*name}", get(assets::serve))
}

/// What is nowhere: a page for a person, a problem for a program.
pub(crate) async fn nowhere(headers: HeaderMap) -> Response {
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let problem = Problem::new(ErrorCode::NotFound);
    if accepts.is_some_and(|accepts| accepts.contains("text/html")) {
        as_pages::error_page(&problem, None)
    } else {
        problem.into_response()
    }
}

/// A rendered page. Never kept anywhere: it holds what was read.
fn page(template: &impl Template) -> Result<Response, Problem> {
    let html = template.render().map_err(|error| {
        tracing::error!(%error, "a page cannot be rendered");
        Problem::new(ErrorCode::Internal)
    })?;
    let head = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-store"),
        ),
    ];
    Ok((head, html).into_response())
}

/// Goes on to another page after something was done (303, RFC 9110 §15.4.4).
fn go_to(path: &str) -> Response {
    axum::response::Redirect::to(path).into_response()
}
