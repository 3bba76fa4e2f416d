//! 帳票を読み取る: hand in scans; the newest stacks below.

use askama::Template;
use axum::extract::{Request, State};
use axum::response::Response;
use shoki_core::pipeline::FORMS;

use super::frame::{Frame, Here};
use super::handed_in::{self, HandedIn};
use super::jobs::{self, Row};
use super::{go_to, page};
use crate::acceptance;
use crate::extract::signed::{ReadContents, WriteContents};
use crate::extract::{IdempotencyKey, Visitor};
use crate::problem::Problem;
use crate::routes::jobs::{JobsQuery, listed};
use crate::state::Shared;
use crate::wire::batch::RefusedItem;

/// Stacks shown.
const STACKS: u32 = 10;

#[derive(Template)]
#[template(path = "read.html")]
struct ReadPage {
    frame: Frame,
    forms: Vec<String>,
    rows: Vec<Row>,
    is_live: bool,
    refused: Vec<RefusedItem>,
    accepted: usize,
}

/// The form.
pub(super) async fn show(
    State(shared): State<Shared>,
    visitor: Visitor<ReadContents>,
) -> Result<Response, Problem> {
    page(&of(&shared, &visitor, Vec::new(), 0).await?)
}

async fn of<R>(
    shared: &Shared,
    visitor: &Visitor<R>,
    refused: Vec<RefusedItem>,
    accepted: usize,
) -> Result<ReadPage, Problem> {
    let actor = &visitor.actor;
    let query = JobsQuery {
        pipeline: Some(FORMS.to_owned()),
        limit: Some(STACKS),
        ..JobsQuery::default()
    };
    let found = listed(shared, actor, &query).await?;
    let names = jobs::names(shared, actor).await?;
    let now = shared.api.store.now();
    let mut rows = Vec::new();
    for job in &found.items {
        rows.push(jobs::row(shared, actor, &names, job, now).await?);
    }
    let forms = acceptance::forms(shared, actor.department);
    let forms = forms.iter().map(|form| form.name.clone()).collect();
    Ok(ReadPage {
        frame: Frame::of(visitor, Here::Read, "帳票を読み取る"),
        forms,
        is_live: rows.iter().any(|row| row.is_live),
        rows,
        refused,
        accepted,
    })
}

/// Takes the files in, and says which of them could not be taken.
pub(super) async fn submit(
    State(shared): State<Shared>,
    visitor: Visitor<WriteContents>,
    key: IdempotencyKey,
    request: Request,
) -> Result<Response, Problem> {
    let HandedIn { jobs, refused } = handed_in::take(&shared, &visitor.actor, key, request).await?;
    match jobs.as_slice() {
        [only] if refused.is_empty() => Ok(go_to(&format!("/jobs/{}", only.id))),
        _ if refused.is_empty() => Ok(go_to("/read")),
        _ => page(&of(&shared, &visitor, refused, jobs.len()).await?),
    }
}
