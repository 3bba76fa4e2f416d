//! The desk in the browser: pages in Japanese, rendered here, on the same functions as the API.
//!
//! Promises: lists, forms and reading work without scripts; a page is one request for HTML and one for CSS before
//! it is seen; nothing is fetched from elsewhere; every error is a page that says what to do. One file a screen.
//! Never: a decision that the API does not make too.

mod acceptance;
mod as_pages;
mod assets;
mod audits;
mod chart;
mod form_shares;
mod forms;
mod frame;
mod handed_in;
mod home;
mod job;
mod jobs;
mod law;
mod law_difference;
mod law_faq;
mod law_shelf;
mod law_slip;
mod law_sources;
mod law_text;
mod live;
mod meeting;
mod meeting_draft;
mod meeting_lines;
mod meetings;
mod office;
mod output_bytes;
mod outputs;
mod practice;
mod read;
mod results;
mod review;
mod sign_in;
mod sign_in_oidc;
mod sound;
mod tray;
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
        .route("/sign-in/oidc", get(sign_in_oidc::begin))
        .route("/sign-in/oidc/return", get(sign_in_oidc::finish))
        .route("/sign-in/oidc/leave", get(sign_in_oidc::leave))
        .route("/sign-out", post(sign_in::leave))
        .route("/act-as", post(sign_in::act_as))
        .route("/practice", get(practice::show))
        .route("/practice/end", post(practice::end))
        .route("/practice/{step}", post(practice::begin))
        .route("/read", get(read::show).post(read::submit))
        .route("/forms", get(forms::show).post(forms::create))
        .route("/forms/{id}", get(forms::edit))
        .route(
            "/forms/{id}/shares",
            get(form_shares::show).post(form_shares::share),
        )
        .route("/jobs", get(jobs::show))
        .route("/jobs/{id}", get(job::show))
        .route("/jobs/{id}/again", post(job::again))
        .route("/jobs/{id}/cancel", post(job::cancel))
        .route("/jobs/{id}/outputs", get(outputs::show))
        .route("/jobs/{id}/outputs/{form}/{profile}/file", get(outputs::file))
        .route("/jobs/{id}/searchable-pdf", get(outputs::searchable_pdf))
        .route("/jobs/{id}/tray", get(tray::show).post(tray::sort))
        .route("/jobs/{id}/check", get(review::show))
        .route("/jobs/{id}/grid", get(review::grid))
        .route("/audits", get(audits::show))
        .route("/acceptance", get(acceptance::show).post(acceptance::switch))
        .route("/law", get(law::show))
        .route("/law/questions/{id}/basis", post(law::mark_basis))
        .route("/law/sources", get(law_sources::show).post(law_sources::submit))
        .route("/law/sources/{id}", get(law_text::show))
        .route("/law/difference/{id}", get(law_difference::show))
        .route("/law/questions/{id}/slip", get(law_slip::show))
        .route("/law/questions/{id}/faq", post(law_shelf::add_faq))
        .route("/law/faq", get(law_shelf::faq_list))
        .route("/law/faq/{id}", get(law_faq::show))
        .route("/law/faq/{id}/change", post(law_faq::change))
        .route("/law/faq/{id}/remove", post(law_shelf::remove_faq))
        .route(
            "/law/favourites",
            get(law_shelf::favourite_list).post(law_shelf::keep),
        )
        .route("/law/favourites/{id}/remove", post(law_shelf::let_go))
        .route("/law/history", get(law_shelf::history))
        .route("/live", get(live::list).post(live::start))
        .route("/live/{id}", get(live::show))
        .route("/live/{id}/screen", get(live::screen))
        .route("/meetings", get(meetings::show).post(meetings::submit))
        .route("/meetings/{id}", get(meeting::show))
        .route("/meetings/{id}/draft", post(meeting_draft::draft))
        .route("/meetings/{id}/undraft", post(meeting_draft::discard))
        .route("/meetings/{id}/sound", get(sound::play))
        .route("/meetings/{id}/speakers/{speaker}", post(meeting::rename))
        .route("/results", get(results::show))
        .route("/results/excel", get(results::excel))
        .route("/office", get(office::show))
        .route(
            "/office/people",
            get(office::show_people).post(office::add_person),
        )
        .route("/office/departments", post(office::add_department))
        .route("/office/accounts", post(office::add_account))
        .route("/office/passwords", post(office::set_password))
        .route(
            "/office/retention",
            get(office::show_retention).post(office::set_retention),
        )
        .route("/office/retention/holds", post(office::hold_job))
        .route("/office/retention/holds/release", post(office::release_job))
        .route("/office/certificates/{id}", get(office::show_certificate))
        .route("/office/models", get(office::show_models))
        .route("/office/models/check", post(office::check_models))
        .route("/office/sources", get(office::show_sources))
        .route("/office/sources/{id}/remove", post(office::remove_source))
        .route("/office/audit", get(office::show_audit))
        .route("/office/audit/verification", post(office::verify_audit))
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
