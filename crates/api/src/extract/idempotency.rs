//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header) and the fingerprint of what it stands for.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Serialize;
use shoki_core::code::ErrorCode;
use shoki_core::digest::Sha256;
use shoki_store::model::Idempotency;

use crate::problem::Problem;
use crate::state::Shared;

/// Longest key, characters.
const MAX_KEY_CHARS: usize = 128;

/// The client's key, if it sent one.
#[derive(Debug)]
pub struct IdempotencyKey(Option<String>);

impl IdempotencyKey {
    /// The key with the digest of the operation and of the meaningful part of its body.
    ///
    /// # Panics
    /// Never: `meaning` is made of ids, digests and strings.
    #[must_use]
    pub fn over(self, operation: &'static str, meaning: &impl Serialize) -> Option<Idempotency> {
        let key = self.0?;
        let canonical =
            serde_json::to_vec(&(operation, meaning)).expect("ids, digests and strings always become JSON");
        Some(Idempotency {
            key,
            fingerprint: Sha256::of(&canonical),
        })
    }
}

impl FromRequestParts<Shared> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get("idempotency-key") else {
            return Ok(Self(None));
        };
        let refused = || {
            Problem::new(ErrorCode::BadRequest).detail(format!(
                "Idempotency-Key は英数字と記号 1~{MAX_KEY_CHARS} 文字で指定してください。"
            ))
        };
        let key = value.to_str().map_err(|_| refused())?;
        if key.is_empty() || key.len() > MAX_KEY_CHARS || key.contains(char::is_control) {
            return Err(refused());
        }
        Ok(Self(Some(key.to_owned())))
    }
}
