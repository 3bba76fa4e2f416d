//! The one file that turns an error into an answer: RFC 9457 problem+json in Japanese.
//!
//! Layers: a handler returns a [`Problem`] (mostly through `?` from `StoreError`); it travels in the
//! response's extensions; the outermost layer renders it once the request id is known.
//! Promise: the external text comes from `core::code` or from a sentence written here for the desk,
//! never from an internal error; two problems of one code and detail differ only in the request id.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shoki_core::code::ErrorCode;
use shoki_core::id::RequestId;
use shoki_store::StoreError;
use utoipa::{IntoResponses, ToSchema};

use crate::wire::batch::RefusedItem;
use crate::wire::transcript::SegmentBody;

/// Media type of every error body.
pub const PROBLEM_JSON: &str = "application/problem+json";
/// Header that carries the request id on every answer.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// An error on its way out.
#[derive(Clone, Debug)]
pub struct Problem {
    code: ErrorCode,
    detail: Option<String>,
    retry_after_seconds: Option<u32>,
    refused: Vec<RefusedItem>,
    segment: Option<Box<SegmentBody>>,
}

/// The body of an error (RFC 9457, with extension members).
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// `urn:shoki:problem:<code>`.
    #[serde(rename = "type")]
    #[schema(example = "urn:shoki:problem:not_found")]
    pub kind: String,
    /// What happened, in Japanese.
    #[schema(example = "見つかりません。")]
    pub title: &'static str,
    /// HTTP status.
    #[schema(example = 404)]
    pub status: u16,
    /// The place of the trouble, in Japanese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What to do next, in Japanese.
    #[schema(example = "番号を確認してください。削除された可能性もあります。")]
    pub action: &'static str,
    /// Stable code to branch on.
    #[schema(example = "not_found")]
    pub code: &'static str,
    /// Number to tell the system's administrator (受付番号); also in `x-request-id`.
    #[schema(value_type = uuid::Uuid)]
    pub request_id: String,
    /// Whether trying the same request again can help.
    pub retryable: bool,
    /// For a batch of which nothing was accepted: each file and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedItem>,
    /// For a correction that came too late: the segment as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<Box<SegmentBody>>,
}

/// Every error that a route does not describe itself.
#[derive(Debug, IntoResponses)]
#[response(
    status = "default",
    description = "誤り",
    content_type = "application/problem+json"
)]
pub struct AnyProblem(pub ProblemBody);

/// The answer to a look at what is masked, without a reason.
#[derive(Debug, IntoResponses)]
#[response(
    status = 403,
    description = "伏せてある内容。理由を付けて見る",
    content_type = "application/problem+json"
)]
pub struct WantsReason(pub ProblemBody);

/// The answer to a change of a version that is not the present one any more.
#[derive(Debug, IntoResponses)]
#[response(
    status = 412,
    description = "他の人が先に変更した",
    content_type = "application/problem+json"
)]
pub struct ChangedBefore(pub ProblemBody);

impl Problem {
    /// A problem with the code's own words.
    #[must_use]
    pub const fn new(code: ErrorCode) -> Self {
        Self {
            code,
            detail: None,
            retry_after_seconds: None,
            refused: Vec::new(),
            segment: None,
        }
    }

    /// Adds where or why, in Japanese, without contents of documents.
    #[must_use]
    pub fn detail(mut self, sentence: impl Into<String>) -> Self {
        self.detail = Some(sentence.into());
        self
    }

    /// Adds `Retry-After`.
    #[must_use]
    pub const fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// Adds the files of a batch that were refused.
    #[must_use]
    pub fn refused(mut self, items: Vec<RefusedItem>) -> Self {
        self.refused = items;
        self
    }

    /// The files of a batch that were refused.
    #[must_use]
    pub fn refused_items(&self) -> &[RefusedItem] {
        &self.refused
    }

    /// Adds the present state of a segment that somebody else has changed.
    #[must_use]
    pub fn segment(mut self, segment: SegmentBody) -> Self {
        self.segment = Some(Box::new(segment));
        self
    }

    /// The code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    /// Where or why, in Japanese.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// Title, detail if there is one, and action as one text.
    #[must_use]
    pub fn sentence(&self) -> String {
        let entry = self.code.entry();
        let detail = self.detail.as_deref().unwrap_or_default();
        format!("{}{detail}{}", entry.title_ja, entry.action_ja)
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code.entry().status).expect("the table holds registered statuses only")
    }

    /// The finished answer.
    pub(crate) fn render(self, request_id: RequestId) -> Response {
        let entry = self.code.entry();
        let status = self.status();
        let body = ProblemBody {
            kind: format!("urn:shoki:problem:{}", entry.name),
            title: entry.title_ja,
            status: entry.status,
            detail: self.detail,
            action: entry.action_ja,
            code: entry.name,
            request_id: request_id.to_string(),
            retryable: entry.retryable,
            refused: self.refused,
            segment: self.segment,
        };
        let bytes = serde_json::to_vec(&body).expect("strings and integers always become JSON");
        let mut response = Response::new(Body::from(bytes));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl IntoResponse for Problem {
    /// A bare status that carries the problem; `layers::observe` renders it.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<ErrorCode> for Problem {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let code = error.code();
        if code == ErrorCode::Internal {
            tracing::error!(error = %error, source = ?std::error::Error::source(&error), "store");
        }
        Self::new(code)
    }
}
