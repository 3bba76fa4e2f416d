//! Uploads: a multipart body streamed into blobs while it is hashed, in constant memory.
//!
//! Promises: limits hold on the stream, not on what a header says; a refused file leaves no blob; a
//! client that goes away leaves none either. The file's kind is decided by its first bytes.

mod blank;
mod many;
mod meeting;
pub mod parts;
mod receive;
mod single;
mod transcription;

pub use blank::{looked_at, looked_at_part};
pub use many::{SubmittedBatch, batch};
pub use meeting::meeting;
pub use single::{erase, single};
pub use transcription::{AboutField, Asked, Transcription, TranscriptionFormat, transcription};

use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use shoki_core::code::ErrorCode;
use tokio::sync::OwnedSemaphorePermit;

use crate::problem::Problem;
use crate::state::Shared;

/// Uploads being received.
pub const UPLOADS: &str = "shoki_uploads_in_flight";
/// Uploads that may be received at the same time.
pub const UPLOAD_PLACES: &str = "shoki_uploads_max";
/// The form field that carries files.
const FILE: &str = "file";
/// What a client is told to wait when all upload places are taken, seconds.
const RETRY_AFTER_SECONDS: u32 = 5;
/// Bytes of a multipart body besides the file's.
const MAX_ENVELOPE_BYTES: u64 = 64 * 1024;

/// A place among the uploads received at the same time; free again when dropped.
#[derive(Debug)]
struct Place(#[expect(dead_code, reason = "held for its drop")] OwnedSemaphorePermit);

impl Place {
    fn take(shared: &Shared) -> Result<Self, Problem> {
        let permit = shared
            .uploads
            .clone()
            .try_acquire_owned()
            .map_err(|_| Problem::new(ErrorCode::TooManyRequests).retry_after(RETRY_AFTER_SECONDS))?;
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        metrics::gauge!(UPLOAD_PLACES).set(shared.api.settings.max_uploads as f64);
        metrics::gauge!(UPLOADS).increment(1.0);
        Ok(Self(permit))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        metrics::gauge!(UPLOADS).decrement(1.0);
    }
}

/// Refuses early what could not be stored anyway, by what the client announces; what it does not
/// announce, or announces wrongly, is refused on the stream.
fn check_announced(shared: &Shared, headers: &HeaderMap, max: u64) -> Result<(), Problem> {
    let announced: u64 = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .unwrap_or(0);
    if announced > max.saturating_add(MAX_ENVELOPE_BYTES) {
        return Err(receive::too_large(max));
    }
    Ok(shared.api.blobs.check_reserve(announced)?)
}
