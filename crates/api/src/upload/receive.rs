//! One file of a multipart body → one durable blob.

use bytes::{Bytes, BytesMut};
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::media::{MediaKind, SNIFF_BYTES};
use shoki_store::StoreError;
use shoki_store::blobs::Stored;
use shoki_store::model::NewDocument;

use super::parts::Part;
use crate::file_name;
use crate::problem::Problem;
use crate::state::Shared;

/// Bytes received in documents.
pub const RECEIVED_BYTES: &str = "shoki_upload_bytes_total";

/// A file that was received whole. The blob is held until this is dropped, so drop it after the row that
/// refers to it is committed.
#[derive(Debug)]
pub(super) struct Received {
    /// What to record.
    pub document: NewDocument,
    /// Its blob.
    pub stored: Stored,
}

/// The part's file name, made harmless.
pub(super) fn name_of(part: &Part) -> String {
    file_name::sanitise(part.file_name().unwrap_or_default())
}

/// Streams `part` into a blob of the actor's 課.
pub(super) async fn receive(shared: &Shared, actor: &Actor, part: &mut Part) -> Result<Received, Problem> {
    let name = name_of(part);
    let head = first_bytes(part).await?;
    if head.is_empty() {
        return Err(Problem::new(ErrorCode::EmptyDocument));
    }
    let media = MediaKind::sniff(&head[..head.len().min(SNIFF_BYTES)])
        .ok_or(Problem::new(ErrorCode::UnsupportedMediaType))?;
    let settings = &shared.api.settings;
    let limit = if media.is_recording() {
        settings.max_recording_bytes
    } else {
        settings.max_document_bytes
    };
    let mut writer = shared.api.blobs.writer(actor.department, limit).await?;
    let received = metrics::counter!(RECEIVED_BYTES);
    let mut next = Some(head);
    while let Some(bytes) = next {
        writer.write(&bytes).await.map_err(|error| match error {
            StoreError::TooLarge { limit } => too_large(limit),
            other => other.into(),
        })?;
        received.increment(bytes.len() as u64);
        next = part.chunk().await?;
    }
    let stored = writer.finish().await?;
    Ok(Received {
        document: NewDocument {
            id: None,
            name,
            media: Some(media),
            blob: stored.blob,
        },
        stored,
    })
}

/// At least [`SNIFF_BYTES`] where the file has as many.
async fn first_bytes(part: &mut Part) -> Result<Bytes, Problem> {
    let mut head = BytesMut::new();
    while head.len() < SNIFF_BYTES {
        let Some(chunk) = part.chunk().await? else { break };
        head.extend_from_slice(&chunk);
    }
    Ok(head.freeze())
}

/// The refusal of a file of more than `limit` bytes.
pub(super) fn too_large(limit: u64) -> Problem {
    let limit = limit / 1_000_000;
    Problem::new(ErrorCode::PayloadTooLarge).detail(format!("1つのファイルは {limit} MB までです。"))
}
