//! Typed ids from the path. One that is no id at all is answered like one that does not exist.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use shoki_core::code::ErrorCode;

use crate::problem::Problem;
use crate::state::Shared;

/// The path's parameters.
#[derive(Debug)]
pub struct Ids<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Shared> for Ids<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Problem> {
        let Path(ids) = Path::<T>::from_request_parts(parts, shared)
            .await
            .map_err(|_| Problem::new(ErrorCode::NotFound))?;
        Ok(Self(ids))
    }
}
