//! 下書き of a meeting's minutes as forms: one item by the operator's server, or all taken back.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use shoki_core::id::JobId;

use super::go_to;
use crate::extract::signed::WriteContents;
use crate::extract::{FormBody, Ids, Visitor};
use crate::problem::Problem;
use crate::routes::minutes_draft::drafted;
use crate::state::Shared;

/// Which item.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    item: u32,
}

/// Has an item drafted.
pub(super) async fn draft(
    State(shared): State<Shared>,
    visitor: Visitor<WriteContents>,
    Ids(id): Ids<JobId>,
    FormBody(wanted): FormBody<Wanted>,
) -> Result<Response, Problem> {
    drafted(&shared, &visitor.actor, id, wanted.item, None).await?;
    Ok(go_to(&format!("/meetings/{id}#minutes")))
}

/// Takes every draft back.
pub(super) async fn discard(
    State(shared): State<Shared>,
    visitor: Visitor<WriteContents>,
    Ids(id): Ids<JobId>,
) -> Result<Response, Problem> {
    shared
        .api
        .store
        .discard_minutes_drafts(&visitor.actor, id)
        .await?;
    Ok(go_to(&format!("/meetings/{id}#minutes")))
}
