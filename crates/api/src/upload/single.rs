//! `POST /v1/documents` and `DELETE /v1/documents/{id}` behind their routes.

use axum::extract::Request;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::id::DocumentId;
use shoki_store::model::Document;

use super::parts::{Part, Parts};
use super::receive::receive;
use super::{FILE, admit};
use crate::problem::Problem;
use crate::state::Shared;

/// Receives one document and records it.
///
/// # Errors
/// Whatever the file or the store refuses; nothing is left behind then.
pub async fn single(shared: &Shared, actor: &Actor, request: Request) -> Result<Document, Problem> {
    let permit = admit(shared)?;
    let mut parts = Parts::open(request)?;
    let mut present = None;
    let received = first_file(shared, actor, &mut parts, &mut present).await;
    // Others may upload while this one's refusal is read out.
    drop(permit);
    let (document, stored) = match received {
        Ok(received) => (received.document, received.stored),
        Err(problem) => {
            parts.linger(present).await;
            return Err(problem);
        }
    };
    let recorded = shared.api.store.create_document(actor, document).await;
    let blob = stored.blob;
    drop(stored);
    if recorded.is_err() {
        super::many::forget(shared, actor, &[blob]).await;
    }
    Ok(recorded?)
}

async fn first_file(
    shared: &Shared,
    actor: &Actor,
    parts: &mut Parts,
    present: &mut Option<Part>,
) -> Result<super::receive::Received, Problem> {
    let missing = || {
        Problem::new(ErrorCode::BadRequest)
            .detail(format!("「{FILE}」という名前でファイルを付けてください。"))
    };
    *present = parts.next().await?;
    let part = present.as_mut().ok_or_else(missing)?;
    if part.name() != Some(FILE) {
        return Err(missing());
    }
    let received = receive(shared, actor, part).await?;
    *present = None;
    *present = parts.next().await?;
    if present.is_some() {
        let blob = received.stored.blob;
        drop(received);
        super::many::forget(shared, actor, &[blob]).await;
        return Err(Problem::new(ErrorCode::BadRequest)
            .detail("ファイルは1つだけ付けてください。複数のときは /v1/batches を使ってください。"));
    }
    Ok(received)
}

/// Deletes a document with everything made from it: first the rows, then the bytes that nothing refers
/// to any more. If the second half is cut off, the sweep at start finishes it.
///
/// # Errors
/// `not_found`, or the store's.
pub async fn erase(shared: &Shared, actor: &Actor, id: DocumentId) -> Result<(), Problem> {
    let store = &shared.api.store;
    let blobs = store.delete_document(actor, id).await?;
    shared
        .api
        .blobs
        .remove_unreferenced(&**store, actor.department, &blobs)
        .await?;
    Ok(())
}
