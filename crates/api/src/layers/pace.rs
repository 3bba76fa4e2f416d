//! Request bodies that come too slowly, or not at all, end with [`TooSlow`].
//!
//! Only the time spent waiting for the sender counts, so a slow disk of ours never ends an upload, and
//! there is no total limit: 2 GiB over a slow line is fine as long as it keeps coming.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::settings::ApiSettings;
use crate::state::Shared;

/// How slow is too slow.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Longest waiting time that may pass …
    pub window: Duration,
    /// … with fewer bytes than this.
    pub min_bytes: u64,
}

impl From<&ApiSettings> for Pace {
    fn from(settings: &ApiSettings) -> Self {
        Self {
            window: Duration::from_secs(settings.body_idle_seconds),
            min_bytes: settings.body_idle_seconds * settings.body_min_bytes_per_second,
        }
    }
}

/// The sender was too slow.
#[derive(Debug, thiserror::Error)]
#[error("the request body came too slowly")]
pub struct TooSlow;

impl TooSlow {
    /// Whether it is at the root of `error`.
    #[must_use]
    pub fn caused(error: &(dyn std::error::Error + 'static)) -> bool {
        let mut next = Some(error);
        while let Some(error) = next {
            if error.is::<Self>() {
                return true;
            }
            next = error.source();
        }
        false
    }
}

/// The layer.
pub async fn pace(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let pace = Pace::from(&shared.api.settings);
    next.run(request.map(|body| Body::new(PacedBody::new(body, pace))))
        .await
}

/// A body that keeps the pace or fails.
#[derive(Debug)]
pub struct PacedBody {
    body: Body,
    pace: Pace,
    /// Waiting time and bytes of the present window.
    waited: Duration,
    received: u64,
    /// Since when the sender is awaited, and when that is too long.
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl PacedBody {
    /// Watches over `body`.
    #[must_use]
    pub const fn new(body: Body, pace: Pace) -> Self {
        Self {
            body,
            pace,
            waited: Duration::ZERO,
            received: 0,
            waiting: None,
        }
    }

    fn count(&mut self, frame: &Frame<Bytes>) {
        self.received += frame.data_ref().map_or(0, |data| data.len() as u64);
        if self.received >= self.pace.min_bytes {
            self.received = 0;
            self.waited = Duration::ZERO;
        }
    }
}

impl HttpBody for PacedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        match Pin::new(&mut this.body).poll_frame(cx) {
            Poll::Ready(next) => {
                if let Some((since, _)) = this.waiting.take() {
                    this.waited += since.elapsed();
                }
                if let Some(Ok(frame)) = &next {
                    this.count(frame);
                }
                Poll::Ready(next)
            }
            Poll::Pending => {
                let left = this.pace.window.saturating_sub(this.waited);
                let (_, too_long) = this.waiting.get_or_insert_with(|| {
                    let now = Instant::now();
                    (now, Box::pin(sleep_until(now + left)))
                });
                ready!(too_long.as_mut().poll(cx));
                Poll::Ready(Some(Err(axum::Error::new(TooSlow))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
