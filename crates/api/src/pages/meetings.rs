//! 会議録を作る: hand in recordings with what is known of the meeting; the meetings below.

use askama::Template;
use axum::extract::{Request, State};
use axum::response::Response;
use shoki_core::code::ErrorCode;
use shoki_core::pipeline::{MINUTES, PipelineDef};
use tracing::Instrument as _;

use super::frame::{Frame, Here};
use super::jobs::{self, Row};
use super::{go_to, page};
use crate::extract::Visitor;
use crate::extract::signed::{ReadContents, WriteContents};
use crate::problem::Problem;
use crate::routes::jobs::{JobsQuery, listed};
use crate::state::Shared;
use crate::upload;

/// Meetings shown.
const MEETINGS: u32 = 20;

/// A 様式.
struct StyleChoice {
    id: String,
    name: String,
}

#[derive(Template)]
#[template(path = "meetings.html")]
struct MeetingsPage {
    frame: Frame,
    styles: Vec<StyleChoice>,
    rows: Vec<Row>,
    is_live: bool,
}

/// The form and the list.
pub(super) async fn show(
    State(shared): State<Shared>,
    visitor: Visitor<ReadContents>,
) -> Result<Response, Problem> {
    let actor = &visitor.actor;
    let query = JobsQuery {
        pipeline: Some(MINUTES.to_owned()),
        limit: Some(MEETINGS),
        ..JobsQuery::default()
    };
    let found = listed(&shared, actor, &query).await?;
    let names = jobs::names(&shared, actor).await?;
    let now = shared.api.store.now();
    let mut rows = Vec::new();
    for job in &found.items {
        rows.push(jobs::row(&shared, actor, &names, job, now).await?);
    }
    let styles = match shared.api.pipeline(MINUTES) {
        Some(PipelineDef::Minutes(pipeline)) => pipeline
            .styles
            .iter()
            .map(|style| StyleChoice {
                id: style.id.clone(),
                name: style.name.clone(),
            })
            .collect(),
        _ => Vec::new(),
    };
    page(&MeetingsPage {
        frame: Frame::of(&visitor, Here::Meetings, "会議録を作る"),
        styles,
        is_live: rows.iter().any(|row| row.is_live),
        rows,
    })
}

/// Takes a meeting in.
pub(super) async fn submit(
    State(shared): State<Shared>,
    visitor: Visitor<WriteContents>,
    request: Request,
) -> Result<Response, Problem> {
    let actor = visitor.actor;
    let receiving = async move { upload::meeting(&shared, &actor, request).await };
    let job = tokio::spawn(receiving.in_current_span())
        .await
        .map_err(|_| Problem::new(ErrorCode::Internal))??;
    Ok(go_to(&format!("/jobs/{}", job.id)))
}
