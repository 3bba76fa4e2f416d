//! `POST /v1/documents` and `DELETE /v1/documents/{id}` behind their routes.

use axum::extract::Request;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::id::DocumentId;
use shoki_store::model::Document;

use super::many::forget;
use super::parts::Parts;
use super::receive::{Received, receive};
use super::{FILE, Place, check_announced};
use crate::problem::Problem;
use crate::retention;
use crate::state::Shared;

/// Receives one document and records it.
///
/// # Errors
/// Whatever the file or the store refuses; nothing is left behind then.
pub async fn single(shared: &Shared, actor: &Actor, request: Request) -> Result<Document, Problem> {
    check_announced(shared, request.headers(), shared.api.settings.max_file_bytes())?;
    let place = Place::take(shared)?;
    let mut parts = Parts::open(request)?;
    let received = only_file(shared, actor, &mut parts).await?;
    drop(place);
    let blob = received.stored.blob;
    let recorded = shared.api.store.create_document(actor, received.document).await;
    drop(received.stored);
    if recorded.is_err() {
        forget(shared, actor, &[blob]).await;
    }
    Ok(recorded?)
}

async fn only_file(shared: &Shared, actor: &Actor, parts: &mut Parts) -> Result<Received, Problem> {
    let missing = || {
        Problem::new(ErrorCode::BadRequest)
            .detail(format!("「{FILE}」という名前でファイルを付けてください。"))
    };
    let mut part = parts.next().await?.ok_or_else(missing)?;
    if part.name() != Some(FILE) {
        return Err(missing());
    }
    let received = receive(shared, actor, &mut part).await?;
    drop(part);
    let after = parts.next().await;
    if matches!(after, Ok(None)) {
        return Ok(received);
    }
    let blob = received.stored.blob;
    drop(received);
    forget(shared, actor, &[blob]).await;
    after?;
    Err(Problem::new(ErrorCode::BadRequest)
        .detail("ファイルは1つだけ付けてください。複数のときは /v1/batches を使ってください。"))
}

/// Deletes a document with everything made from it: first the rows, then the bytes that nothing refers
/// to any more, then the certificate. If the rest is cut off, the service finishes it later.
///
/// # Errors
/// `not_found`; `conflict` for what is held (保存延長); or the store's.
pub async fn erase(shared: &Shared, actor: &Actor, id: DocumentId) -> Result<(), Problem> {
    let store = &shared.api.store;
    let deleted = store.delete_document(actor, id).await;
    let blobs = deleted.map_err(retention::refused)?;
    shared
        .api
        .blobs
        .remove_unreferenced(&**store, actor.department, &blobs)
        .await?;
    retention::certify(shared, actor).await;
    Ok(())
}
