//! The parts of a multipart body (RFC 7578), one frame at a time.
//!
//! Why the stream goes through [`OneFrame`]: multer 3.1 polls its source until it is pending before it
//! hands anything out, so only the runtime's cooperative budget (128 frames) would bound what a sender
//! faster than our disk puts into memory; and it buffers preambles and part headers without a limit.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use futures::Stream;
use multer::{Field, Multipart};
use shoki_core::code::ErrorCode;

use crate::layers::pace::TooSlow;
use crate::problem::Problem;

/// Bytes that may pass without a part's data coming out: preamble, one part's headers, one frame.
const MAX_OVERHEAD_BYTES: u64 = 2 * 1024 * 1024;
/// Longest boundary (RFC 2046 §5.1.1).
const MAX_BOUNDARY_CHARS: usize = 70;

/// A multipart body.
#[derive(Debug)]
pub struct Parts {
    multipart: Multipart<'static>,
    overhead: Arc<AtomicU64>,
}

/// One part of it. Only one lives at a time.
#[derive(Debug)]
pub struct Part {
    field: Field<'static>,
    overhead: Arc<AtomicU64>,
}

impl Parts {
    /// Starts to read a request.
    ///
    /// # Errors
    /// `bad_request` when it is not `multipart/form-data` with a boundary.
    pub fn open(request: Request) -> Result<Self, Problem> {
        let boundary = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| multer::parse_boundary(value).ok())
            .filter(|boundary| (1..=MAX_BOUNDARY_CHARS).contains(&boundary.len()))
            .ok_or_else(|| {
                Problem::new(ErrorCode::BadRequest).detail("multipart/form-data の形式で送信してください。")
            })?;
        let overhead = Arc::new(AtomicU64::new(0));
        let frames = OneFrame::new(request.into_body(), Arc::clone(&overhead));
        Ok(Self {
            multipart: Multipart::new(frames, boundary),
            overhead,
        })
    }

    /// The next part.
    ///
    /// # Errors
    /// `bad_request` when the body is cut short or malformed, `request_timeout` when it comes too slowly.
    pub async fn next(&mut self) -> Result<Option<Part>, Problem> {
        self.overhead.store(0, Ordering::Relaxed);
        let field = self
            .multipart
            .next_field()
            .await
            .map_err(|error| explain(&error))?;
        Ok(field.map(|field| Part {
            field,
            overhead: Arc::clone(&self.overhead),
        }))
    }
}

impl Part {
    /// The form field's name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.field.name()
    }

    /// The file name as sent: not to be believed.
    #[must_use]
    pub fn file_name(&self) -> Option<&str> {
        self.field.file_name()
    }

    /// The next bytes.
    ///
    /// # Errors
    /// As [`Parts::next`].
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Problem> {
        let chunk = self.field.chunk().await.map_err(|error| explain(&error))?;
        self.overhead.store(0, Ordering::Relaxed);
        Ok(chunk)
    }

    /// The whole part as text of at most `max` bytes.
    ///
    /// # Errors
    /// As [`Parts::next`]; `bad_request` when it is longer or no UTF-8.
    pub async fn text(&mut self, max: usize) -> Result<String, Problem> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > max {
                return Err(Problem::new(ErrorCode::BadRequest).detail("項目の値が長すぎます。"));
            }
        }
        String::from_utf8(bytes)
            .map_err(|_| Problem::new(ErrorCode::BadRequest).detail("項目の値が UTF-8 ではありません。"))
    }

    /// Reads to the part's end, taking its length from `left`.
    ///
    /// # Errors
    /// As [`Parts::next`]; `payload_too_large` when `left` is used up.
    pub async fn skip(&mut self, left: &mut u64) -> Result<(), Problem> {
        while let Some(chunk) = self.chunk().await? {
            *left = left
                .checked_sub(chunk.len() as u64)
                .ok_or(Problem::new(ErrorCode::PayloadTooLarge))?;
        }
        Ok(())
    }
}

fn explain(error: &multer::Error) -> Problem {
    match error {
        multer::Error::StreamReadFailed(cause) if TooSlow::caused(&**cause) => {
            Problem::new(ErrorCode::RequestTimeout)
        }
        multer::Error::StreamReadFailed(cause) if cause.is::<Overhead>() => {
            Problem::new(ErrorCode::BadRequest).detail("ファイルの前に余分なデータが多すぎます。")
        }
        multer::Error::StreamReadFailed(_)
        | multer::Error::IncompleteStream
        | multer::Error::IncompleteHeaders
        | multer::Error::IncompleteFieldData { .. } => {
            Problem::new(ErrorCode::BadRequest).detail("ファイルの受信が途中で切れました。")
        }
        _ => Problem::new(ErrorCode::BadRequest).detail("multipart の形式に誤りがあります。"),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("too many bytes before the data of a part")]
struct Overhead;

/// A body of which every frame is followed by one `Pending`, so that whoever polls in a loop comes out
/// of it with one frame; and which fails when too much passes without data for the reader.
struct OneFrame {
    body: BodyDataStream,
    overhead: Arc<AtomicU64>,
    rest: bool,
}

impl OneFrame {
    fn new(body: Body, overhead: Arc<AtomicU64>) -> Self {
        Self {
            body: body.into_data_stream(),
            overhead,
            rest: false,
        }
    }
}

impl Stream for OneFrame {
    type Item = Result<Bytes, Box<dyn std::error::Error + Send + Sync>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.rest) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let next = std::task::ready!(Pin::new(&mut self.body).poll_next(cx));
        self.rest = next.is_some();
        Poll::Ready(next.map(|frame| {
            let bytes = frame?;
            let length = bytes.len() as u64;
            if self.overhead.fetch_add(length, Ordering::Relaxed) + length > MAX_OVERHEAD_BYTES {
                return Err(Overhead.into());
            }
            Ok(bytes)
        }))
    }
}
