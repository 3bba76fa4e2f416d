//! ホーム: the three starts, and my open work.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use shoki_core::access::Permission;

use super::frame::{Frame, Here};
use super::jobs::{self, Row};
use super::page;
use crate::extract::Visitor;
use crate::extract::signed::ReadCatalogue;
use crate::problem::Problem;
use crate::routes::jobs::{JobsQuery, listed};
use crate::state::Shared;

/// Jobs looked at: the newest.
const JOBS: u32 = 50;
/// Of these shown: what fits under the three starts.
const SHOWN: usize = 8;

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    frame: Frame,
    role: &'static str,
    can_work: bool,
    rows: Vec<Row>,
    is_live: bool,
}

/// The page.
pub(super) async fn show(
    State(shared): State<Shared>,
    visitor: Visitor<ReadCatalogue>,
) -> Result<Response, Problem> {
    let actor = &visitor.actor;
    let can_work = actor.role.allows(Permission::WriteContents);
    let mut rows = Vec::new();
    if can_work {
        let query = JobsQuery {
            limit: Some(JOBS),
            ..JobsQuery::default()
        };
        let found = listed(&shared, actor, &query).await?;
        let names = jobs::names(&shared, actor).await?;
        let now = shared.api.store.now();
        for job in &found.items {
            let row = jobs::row(&shared, actor, &names, job, now).await?;
            let is_open = row.is_live || row.look == "check" || (row.look == "stop" && row.is_mine);
            if is_open && rows.len() < SHOWN {
                rows.push(row);
            }
        }
    }
    page(&HomePage {
        frame: Frame::of(&visitor, Here::Home, "ホーム"),
        role: actor.role.label_ja(),
        can_work,
        is_live: rows.iter().any(|row| row.is_live),
        rows,
    })
}
