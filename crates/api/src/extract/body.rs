//! A JSON body of at most [`MAX_JSON_BYTES`], or what a route says; a mistake is answered with its line and column.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use shoki_core::code::ErrorCode;
use shoki_core::limits::MAX_JSON_BYTES;

use crate::layers::pace::TooSlow;
use crate::problem::Problem;
use crate::state::Shared;

/// A request body of at most `MAX` bytes read as JSON.
#[derive(Debug)]
pub struct JsonBody<T, const MAX: usize = MAX_JSON_BYTES>(pub T);

impl<T: DeserializeOwned, const MAX: usize> FromRequest<Shared> for JsonBody<T, MAX> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Shared) -> Result<Self, Problem> {
        let declared = request.headers().get(CONTENT_TYPE).map(|value| value.as_bytes());
        if !declared.is_some_and(is_json) {
            return Err(Problem::new(ErrorCode::BadRequest)
                .detail("Content-Type に application/json を指定してください。"));
        }
        let bytes = collect(request.into_body(), MAX).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            Problem::new(ErrorCode::BadRequest).detail(format!(
                "JSON の {} 行 {} 文字目: {}",
                error.line(),
                error.column(),
                explain(&error)
            ))
        })
    }
}

fn is_json(content_type: &[u8]) -> bool {
    let kind = content_type
        .split(|&byte| byte == b';')
        .next()
        .unwrap_or_default();
    kind.trim_ascii().eq_ignore_ascii_case(b"application/json")
}

async fn collect(body: Body, max: usize) -> Result<bytes::Bytes, Problem> {
    match Limited::new(body, max).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Problem::new(ErrorCode::PayloadTooLarge)
                .detail(format!("JSON は {} KiB までです。", max / 1024)))
        }
        Err(error) if TooSlow::caused(&*error) => Err(Problem::new(ErrorCode::RequestTimeout)),
        Err(_) => Err(Problem::new(ErrorCode::BadRequest).detail("本文の受信が途中で切れました。")),
    }
}

/// What is wrong, in words for the sender; serde's own sentence is only mined for a field's name.
fn explain(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let name = message.split('`').nth(1).unwrap_or_default();
    match error.classify() {
        Category::Data if message.starts_with("missing field") => {
            format!("項目「{name}」がありません。")
        }
        Category::Data if message.starts_with("unknown field") => {
            format!("項目「{name}」は使えません。")
        }
        Category::Data => "値の種類または形式が正しくありません。".to_owned(),
        Category::Eof => "途中で終わっています。".to_owned(),
        Category::Syntax | Category::Io => "JSON の書き方に誤りがあります。".to_owned(),
    }
}
