//! A single page file that is looked at and not kept: the blank page of a form, a filled page for a trial.

use std::fs::File;
use std::pin::pin;

use axum::extract::Request;
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use shoki_core::code::ErrorCode;
use tokio::io::AsyncWriteExt as _;

use super::Place;
use super::parts::Part;
use super::receive::too_large;
use crate::layers::pace::TooSlow;
use crate::problem::Problem;
use crate::state::Shared;

/// Largest file: a page scanned in colour at 600 dpi, and a PDF of some pages.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Receives the body into a file without a name, which goes when it is closed.
///
/// # Errors
/// `payload_too_large`, `empty_document`, `request_timeout`; `internal` where no file can be written.
pub async fn looked_at(shared: &Shared, request: Request) -> Result<File, Problem> {
    let chunks = request.into_body().into_data_stream().map(|chunk| {
        chunk.map_err(|error| {
            if TooSlow::caused(&error) {
                Problem::new(ErrorCode::RequestTimeout)
            } else {
                Problem::new(ErrorCode::BadRequest).detail("本文の受信が途中で切れました。")
            }
        })
    });
    received(shared, chunks).await
}

/// The same of a part of a form.
///
/// # Errors
/// As [`looked_at`].
pub async fn looked_at_part(shared: &Shared, part: Part) -> Result<File, Problem> {
    let chunks = futures::stream::unfold(Some(part), async |part| {
        let mut part = part?;
        match part.chunk().await {
            Ok(None) => None,
            Ok(Some(chunk)) => Some((Ok(chunk), Some(part))),
            Err(problem) => Some((Err(problem), None)),
        }
    });
    received(shared, chunks).await
}

async fn received(
    shared: &Shared,
    chunks: impl Stream<Item = Result<Bytes, Problem>>,
) -> Result<File, Problem> {
    let place = Place::take(shared)?;
    let mut chunks = pin!(chunks);
    let unwritten = |error: std::io::Error| {
        tracing::error!(%error, "an upload cannot be written");
        Problem::new(ErrorCode::StorageFull)
    };
    let mut file = tokio::fs::File::from_std(tempfile::tempfile().map_err(unwritten)?);
    let mut received = 0_u64;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        received += chunk.len() as u64;
        if received > MAX_BYTES {
            return Err(too_large(MAX_BYTES));
        }
        file.write_all(&chunk).await.map_err(unwritten)?;
    }
    if received == 0 {
        return Err(Problem::new(ErrorCode::EmptyDocument));
    }
    file.flush().await.map_err(unwritten)?;
    let mut file = file.into_std().await;
    std::io::Seek::rewind(&mut file).map_err(unwritten)?;
    drop(place);
    Ok(file)
}
