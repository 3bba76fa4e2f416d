//! One request to the named server: what is sent, and how long an answer may be.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use hyper::{Method, Request};

use super::{DraftingError, Server};
use crate::named_host::HostError;

/// Longest answer, bytes: a draft of a thousand tokens is some kilobytes.
pub(super) const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// Sends a body; the answer's status and, when it is 200, its body.
pub(super) async fn exchange(server: &Server, body: Vec<u8>) -> Result<(u16, Bytes), DraftingError> {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(&server.path)
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, "application/json");
    if let Some(key) = &server.authorization {
        request = request.header(AUTHORIZATION, key.clone());
    }
    let request = request
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| DraftingError::Broken(Box::new(error)))?;
    Ok(server.place.exchange(request, MAX_ANSWER_BYTES).await?)
}

impl From<HostError> for DraftingError {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Unreachable(error) => Self::Unreachable(error),
            HostError::Broken(error) => Self::Broken(error),
            HostError::TooLarge(bytes) => Self::TooLarge(bytes),
        }
    }
}
