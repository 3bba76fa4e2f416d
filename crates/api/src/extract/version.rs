//! `If-Match` (RFC 9110 §13.1.1): one strong tag with a version, as `GET` gave it.

use axum::http::{HeaderMap, HeaderValue, header};
use shoki_core::code::ErrorCode;

use crate::problem::Problem;

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
