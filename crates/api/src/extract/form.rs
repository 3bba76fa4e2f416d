//! A posted form (`application/x-www-form-urlencoded`); forms with files are read by `upload`.

use axum::Form;
use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;
use shoki_core::code::ErrorCode;

use crate::problem::Problem;
use crate::state::Shared;

/// The fields of a form, of at most axum's 2 MB.
#[derive(Debug)]
pub struct FormBody<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Shared> for FormBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, shared: &Shared) -> Result<Self, Problem> {
        let form = Form::<T>::from_request(request, shared).await;
        let Form(fields) = form.map_err(|_| {
            let sentence = "入力の形式が正しくありません。画面を開き直してからやり直してください。";
            Problem::new(ErrorCode::BadRequest).detail(sentence)
        })?;
        Ok(Self(fields))
    }
}
