//! The client that the law desk and the minutes share: a typed request in, the answer's text out.
//!
//! Promises: the configured time bounds the whole request, tries with a weaker wish for JSON included;
//! the wish that a server understands is kept for the next request. Dropping the future cancels.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::chat::{self, ChatRequest, Format};
use super::connection::exchange;
use super::{DraftingError, Server};

/// A client of the named server; cheap to clone.
#[derive(Clone, Debug)]
pub struct ChatClient {
    server: Arc<Server>,
    model: Arc<str>,
    max_tokens: u32,
    timeout: Duration,
    /// Place in [`Format::ALL`] of what the server is known to understand.
    format: Arc<AtomicUsize>,
}

impl ChatClient {
    /// A client; nothing is connected yet.
    #[must_use]
    pub fn new(server: Server, model: &str, max_tokens: u32, timeout: Duration) -> Self {
        Self {
            server: Arc::new(server),
            model: Arc::from(model),
            max_tokens,
            timeout,
            format: Arc::new(AtomicUsize::new(0)),
        }
    }

    /// The model's name.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The longest time of a request.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The answer's text.
    ///
    /// # Errors
    /// [`DraftingError`].
    pub async fn complete(&self, request: &ChatRequest) -> Result<String, DraftingError> {
        tokio::time::timeout(self.timeout, self.attempt(request))
            .await
            .map_err(|_| DraftingError::TimedOut)?
    }

    async fn attempt(&self, request: &ChatRequest) -> Result<String, DraftingError> {
        let mut format = Format::ALL[self.format.load(Ordering::Relaxed).min(Format::ALL.len() - 1)];
        loop {
            let body = request.body(&self.model, self.max_tokens, format);
            let (status, answer) = exchange(&self.server, body).await?;
            let weaker = format.weaker().filter(|_| request.schema.is_some());
            match (status, weaker) {
                (200, _) => {
                    let text = chat::content(&answer)?;
                    if let Some(place) = Format::ALL.iter().position(|known| *known == format) {
                        self.format.store(place, Ordering::Relaxed);
                    }
                    return Ok(text);
                }
                // What servers say to a response_format they do not know.
                (400 | 415 | 422 | 501, Some(weaker)) => {
                    tracing::debug!(status, "the drafting server does not take this response_format");
                    format = weaker;
                }
                (300..=399, _) => return Err(DraftingError::Redirected(status)),
                _ => return Err(DraftingError::Refused(status)),
            }
        }
    }
}
