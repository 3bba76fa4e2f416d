//! 確認画面: where people look at what is not 確実, sheet by sheet or one field over all sheets. The screens themselves
//! are scripts on the review API; this gives them the job, and without scripts says what is needed.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use shoki_core::id::JobId;

use super::frame::{Frame, Here};
use super::page;
use crate::extract::signed::ReadContents;
use crate::extract::{Ids, Visitor};
use crate::problem::Problem;
use crate::reviews;
use crate::state::Shared;

#[derive(Template)]
#[template(path = "review.html")]
struct ReviewPage {
    frame: Frame,
    id: String,
    name: String,
}

#[derive(Template)]
#[template(path = "grid.html")]
struct GridPage {
    frame: Frame,
    id: String,
    name: String,
}

/// まとめ確認: one field over all sheets.
pub(super) async fn grid(
    State(shared): State<Shared>,
    visitor: Visitor<ReadContents>,
    Ids(id): Ids<JobId>,
) -> Result<Response, Problem> {
    let job = reviews::finished_job(&shared, &visitor.actor, id).await?;
    page(&GridPage {
        frame: Frame::of(&visitor, Here::Jobs, "まとめ確認"),
        id: id.to_string(),
        name: job.document_name,
    })
}

/// The page.
pub(super) async fn show(
    State(shared): State<Shared>,
    visitor: Visitor<ReadContents>,
    Ids(id): Ids<JobId>,
) -> Result<Response, Problem> {
    let job = reviews::finished_job(&shared, &visitor.actor, id).await?;
    page(&ReviewPage {
        frame: Frame::of(&visitor, Here::Jobs, "確認"),
        id: id.to_string(),
        name: job.document_name,
    })
}
