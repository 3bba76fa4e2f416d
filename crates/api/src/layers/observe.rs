//! One request id, one span, one set of metrics per request, and the rendering of problems.
//!
//! Logged: request id, method, matched route, status, duration. Never: the path itself (it holds ids of
//! people's documents), the query, headers, names, contents.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use shoki_core::id::RequestId;
use tracing::Instrument as _;

use crate::problem::{Problem, X_REQUEST_ID};

/// Requests answered, by method, route and status.
pub const REQUESTS: &str = "shoki_http_requests_total";
/// Time to the answer's head in seconds, by method and route.
pub const SECONDS: &str = "shoki_http_request_seconds";
/// Requests whose answer's head is not sent yet.
pub const IN_FLIGHT: &str = "shoki_http_requests_in_flight";

struct InFlight;

impl InFlight {
    fn enter() -> Self {
        metrics::gauge!(IN_FLIGHT).increment(1.0);
        Self
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        metrics::gauge!(IN_FLIGHT).decrement(1.0);
    }
}

/// The layer.
pub async fn observe(mut request: Request, next: Next) -> Response {
    let request_id = RequestId::generate();
    request.extensions_mut().insert(request_id);
    let method = name_of(request.method());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!(
        "request",
        %request_id,
        method,
        route,
        status = tracing::field::Empty,
        duration_ms = tracing::field::Empty,
    );
    let in_flight = InFlight::enter();
    let started = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let elapsed = started.elapsed();
    drop(in_flight);

    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let rendered = problem.render(request_id);
        let (parts, body) = rendered.into_parts();
        *response.body_mut() = body;
        response.headers_mut().remove(axum::http::header::CONTENT_LENGTH);
        response.headers_mut().extend(parts.headers);
    }
    let status = response.status().as_u16();
    span.record("status", status);
    span.record(
        "duration_ms",
        u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
    );
    span.in_scope(|| tracing::info!("answered"));
    metrics::counter!(REQUESTS, "method" => method, "route" => route.clone(), "status" => status.to_string())
        .increment(1);
    metrics::histogram!(SECONDS, "method" => method, "route" => route).record(elapsed.as_secs_f64());

    let id = HeaderValue::from_str(&request_id.to_string()).expect("a UUID is a header value");
    response.headers_mut().insert(X_REQUEST_ID, id);
    response
}

/// The method as a label; a made-up one must not make a new time series.
fn name_of(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
