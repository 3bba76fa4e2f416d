//! The sound of a meeting, to be listened to from any place in it: parts of the listening copy (RFC 9110 §14).

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_range_header::parse_range_header;
use shoki_core::code::ErrorCode;
use shoki_core::id::JobId;
use shoki_core::meeting::LISTENING_COPY;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, SeekFrom};
use tokio_util::io::ReaderStream;

use crate::extract::signed::ReadContents;
use crate::extract::{Ids, Visitor};
use crate::meetings::artifact_named;
use crate::problem::Problem;
use crate::state::Shared;

/// Bytes read at once.
const READ_BYTES: usize = 64 * 1024;

/// The part that is asked for. That somebody listens is recorded once, at the beginning.
pub(super) async fn play(
    State(shared): State<Shared>,
    visitor: Visitor<ReadContents>,
    Ids(id): Ids<JobId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let actor = &visitor.actor;
    let artifact = artifact_named(&shared, actor, id, LISTENING_COPY).await?;
    let size = artifact.blob.size;
    let wanted = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let Some((first, last)) = range(wanted, size) else {
        let head = [(header::CONTENT_RANGE, format!("bytes */{size}"))];
        return Ok((StatusCode::RANGE_NOT_SATISFIABLE, head).into_response());
    };
    if first == 0 {
        let subject = id.to_string();
        shared
            .api
            .store
            .record(actor, "recording.listen", &subject)
            .await?;
    }
    let file = shared
        .api
        .blobs
        .open_file(actor.department, &artifact.blob.sha256)?;
    let mut file = tokio::fs::File::from_std(file);
    file.seek(SeekFrom::Start(first))
        .await
        .map_err(|_| Problem::new(ErrorCode::Internal))?;
    let length = last + 1 - first;
    let bytes = ReaderStream::with_capacity(file.take(length), READ_BYTES);
    let media_type = HeaderValue::from_str(&artifact.media_type)
        .unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let head = [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_LENGTH, HeaderValue::from(length)),
        (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-store"),
        ),
    ];
    let mut response = (head, Body::from_stream(bytes)).into_response();
    if wanted.is_some() {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let place = HeaderValue::from_str(&format!("bytes {first}-{last}/{size}"));
        let place = place.map_err(|_| Problem::new(ErrorCode::Internal))?;
        response.headers_mut().insert(header::CONTENT_RANGE, place);
    }
    Ok(response)
}

/// First and last byte; all of them where nothing is asked for. `None` when there is no such part.
fn range(wanted: Option<&str>, size: u64) -> Option<(u64, u64)> {
    let Some(wanted) = wanted else {
        return Some((0, size.checked_sub(1)?));
    };
    let ranges = parse_range_header(wanted).ok()?.validate(size).ok()?;
    ranges.first().map(|range| (*range.start(), *range.end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        assert_eq!(range(None, 10), Some((0, 9)));
        assert_eq!(range(Some("bytes=0-"), 10), Some((0, 9)));
        assert_eq!(range(Some("bytes=4-5"), 10), Some((4, 5)));
        assert_eq!(range(Some("bytes=-3"), 10), Some((7, 9)));
        assert_eq!(range(Some("bytes=4-99"), 10), Some((4, 9)));
        assert_eq!(range(Some("bytes=10-"), 10), None);
        assert_eq!(range(Some("lines=1-2"), 10), None);
        assert_eq!(range(None, 0), None);
    }
}
