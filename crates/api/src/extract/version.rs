//! `If-Match` (RFC 9110 §13.1.1): one strong tag with a version, as `GET` gave it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use shoki_core::code::ErrorCode;
use utoipa::IntoParams;

use crate::problem::Problem;
use crate::state::Shared;

/// The version that a change is made to; without it a route does not begin.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IfMatch {
    /// もとにした用紙の ETag
    #[param(rename = "If-Match", value_type = String)]
    pub version: u64,
}

impl FromRequestParts<Shared> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Problem> {
        let version = version_of(&parts.headers)?;
        Ok(Self { version })
    }
}

/// The version that a change is made to.
///
/// # Errors
/// `version_missing` without the header, `version_changed` for what is no tag of ours.
pub fn version_of(headers: &HeaderMap) -> Result<u64, Problem> {
    let value = headers
        .get(header::IF_MATCH)
        .ok_or(Problem::new(ErrorCode::VersionMissing))?;
    let tag = value.to_str().ok().and_then(|text| {
        let digits = text.trim().strip_prefix('"')?.strip_suffix('"')?;
        digits.parse().ok()
    });
    tag.ok_or(Problem::new(ErrorCode::VersionChanged))
}

/// The tag of a version.
///
/// # Panics
/// Never: digits in quotes are a header's value.
#[must_use]
pub fn tag(version: u64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\"")).expect("digits in quotes")
}
