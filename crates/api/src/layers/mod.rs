//! What surrounds every route, outermost first: [`observe`] (request id, span, metrics, problems),
//! panics, security headers, [`pace`] (slow bodies).

pub mod observe;
pub mod pace;
pub mod security;

use axum::response::{IntoResponse, Response};
use shoki_core::code::ErrorCode;

use crate::problem::Problem;

/// The answer of a handler that panicked; the panic's words stay in the log of the panic hook.
pub(crate) fn after_panic(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    Problem::new(ErrorCode::Internal).into_response()
}
