//! The query string as a struct; a misspelt parameter is refused instead of being ignored.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use shoki_core::code::ErrorCode;

use crate::problem::Problem;
use crate::state::Shared;

/// The query's parameters.
#[derive(Debug)]
pub struct Search<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Shared> for Search<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Problem> {
        let Query(query) = Query::<T>::from_request_parts(parts, shared).await.map_err(|_| {
            Problem::new(ErrorCode::BadRequest)
                .detail("アドレスの「?」以降に、使えない項目または正しくない値があります。")
        })?;
        Ok(Self(query))
    }
}
