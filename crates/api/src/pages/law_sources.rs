//! What can be searched, and how more is taken in.

use askama::Template;
use axum::extract::{Request, State};
use axum::response::Response;
use shoki_core::pipeline::CORPUS;

use super::frame::{Frame, Here};
use super::handed_in::{self, HandedIn};
use super::{go_to, page};
use crate::extract::signed::{ReadContents, WriteContents};
use crate::extract::{IdempotencyKey, Visitor};
use crate::problem::Problem;
use crate::state::Shared;
use crate::wire::batch::RefusedItem;
use crate::wire::source::SourceBody;

/// Sources shown.
const ROWS: u32 = 200;

#[derive(Template)]
#[template(path = "law_sources.html")]
struct SourcesPage {
    frame: Frame,
    sources: Vec<SourceBody>,
    has_more: bool,
    refused: Vec<RefusedItem>,
    accepted: usize,
}

async fn of<R>(
    shared: &Shared,
    visitor: &Visitor<R>,
    refused: Vec<RefusedItem>,
    accepted: usize,
) -> Result<SourcesPage, Problem> {
    let actor = &visitor.actor;
    let listed = shared
        .api
        .corpus
        .sources_page(actor.department, None, ROWS)
        .await?;
    let of = |source| SourceBody::of(source, actor);
    Ok(SourcesPage {
        frame: Frame::of(visitor, Here::Law, "検索できる法令・通知"),
        sources: listed.rows.into_iter().map(of).collect(),
        has_more: listed.more,
        refused,
        accepted,
    })
}

/// Everything that can be searched, by name, and the form.
pub(super) async fn show(
    State(shared): State<Shared>,
    visitor: Visitor<ReadContents>,
) -> Result<Response, Problem> {
    page(&of(&shared, &visitor, Vec::new(), 0).await?)
}

/// Takes texts in; they can be asked about when their jobs have ended.
pub(super) async fn submit(
    State(shared): State<Shared>,
    visitor: Visitor<WriteContents>,
    key: IdempotencyKey,
    request: Request,
) -> Result<Response, Problem> {
    let HandedIn { jobs, refused } = handed_in::take(&shared, &visitor.actor, key, request).await?;
    match jobs.as_slice() {
        [only] if refused.is_empty() => Ok(go_to(&format!("/jobs/{}", only.id))),
        _ if refused.is_empty() => Ok(go_to(&format!("/jobs?kind={CORPUS}"))),
        _ => page(&of(&shared, &visitor, refused, jobs.len()).await?),
    }
}
