//! Files that a form hands in, taken as `POST /v1/batches` takes them: what became of them.

use axum::extract::Request;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_store::model::Job;
use tracing::Instrument as _;

use crate::extract::IdempotencyKey;
use crate::problem::Problem;
use crate::state::Shared;
use crate::upload;
use crate::wire::batch::RefusedItem;

/// One job of each file that was taken, and why the others were not.
#[derive(Debug)]
pub(super) struct HandedIn {
    pub(super) jobs: Vec<Job>,
    pub(super) refused: Vec<RefusedItem>,
}

/// Takes the files of a form.
pub(super) async fn take(
    shared: &Shared,
    actor: &Actor,
    key: IdempotencyKey,
    request: Request,
) -> Result<HandedIn, Problem> {
    let (at, actor) = (shared.clone(), actor.clone());
    // Its own task, as in `routes::documents::upload`.
    let receiving = async move { upload::batch(&at, &actor, key, request).await };
    let submitted = tokio::spawn(receiving.in_current_span())
        .await
        .map_err(|_| Problem::new(ErrorCode::Internal))?;
    match submitted {
        Ok(submitted) => Ok(HandedIn {
            jobs: submitted.jobs,
            refused: submitted.refused,
        }),
        // Every file was refused: the list says why.
        Err(problem) if !problem.refused_items().is_empty() => Ok(HandedIn {
            jobs: Vec::new(),
            refused: problem.refused_items().to_vec(),
        }),
        Err(problem) => Err(problem),
    }
}
