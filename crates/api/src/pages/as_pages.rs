//! Around every page: its headers, and problems as pages.
//!
//! Whoever is not signed in is sent to the sign-in and comes back from there.

use askama::Template;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use shoki_core::code::ErrorCode;
use shoki_core::id::RequestId;

use super::frame::{Assets, Bare};
use super::{go_to, page};
use crate::problem::Problem;

/// Scripts, styles, pictures and sound from here alone; no inline script, no frame, no form to elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
     media-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The layer.
pub(super) async fn as_pages(request: Request, next: Next) -> Response {
    let request_id = request.extensions().get::<RequestId>().copied();
    let is_look = *request.method() == Method::GET;
    let here = request.uri().path_and_query().map(ToString::to_string);
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = match here {
            Some(here) if problem.code() == ErrorCode::Unauthenticated => to_sign_in(&here, is_look),
            _ => error_page(&problem, request_id),
        };
    }
    with_headers(response)
}

fn with_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    // Without the origin in a posted form it could not be told from another site's.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// To the sign-in; back to where a look led. What was posted cannot be done twice: back to the beginning.
fn to_sign_in(here: &str, is_look: bool) -> Response {
    if !is_look || here == "/" {
        return go_to("/sign-in");
    }
    go_to(&format!("/sign-in?next={}", in_query(here)))
}

/// A text as the value of a query's parameter.
pub(super) fn in_query(text: &str) -> String {
    text.bytes().map(escaped).collect()
}

fn escaped(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    frame: Bare,
    title: &'static str,
    detail: Option<String>,
    action: &'static str,
    request_id: Option<String>,
}

/// A problem as a page.
pub(super) fn error_page(problem: &Problem, request_id: Option<RequestId>) -> Response {
    let entry = problem.code().entry();
    let template = ErrorPage {
        frame: Bare::new(entry.title_ja, Assets::here()),
        title: entry.title_ja,
        detail: problem.place().map(str::to_owned),
        action: entry.action_ja,
        request_id: request_id.map(|id| id.to_string()),
    };
    let mut response = page(&template).unwrap_or_else(IntoResponse::into_response);
    *response.status_mut() = problem.status();
    with_headers(response)
}
