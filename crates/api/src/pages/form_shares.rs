//! 帳票の共有: which other 課 use a form of the own one.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use shoki_core::code::ErrorCode;
use shoki_core::id::DepartmentId;

use super::frame::{Frame, Here};
use super::{go_to, page};
use crate::extract::signed::ShareForms;
use crate::extract::{FormBody, Ids, Search, Visitor};
use crate::form_shares;
use crate::problem::Problem;
use crate::state::Shared;

/// Another 課.
struct DepartmentRow {
    id: String,
    name: String,
    is_shared: bool,
}

#[derive(Template)]
#[template(path = "form_shares.html")]
struct SharesPage {
    frame: Frame,
    id: String,
    name: String,
    in_use: Option<u32>,
    departments: Vec<DepartmentRow>,
    done: bool,
}

/// The page.
pub(super) async fn show(
    State(shared): State<Shared>,
    visitor: Visitor<ShareForms>,
    Ids(id): Ids<String>,
    Search(asked): Search<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let form = shared.api.store.office_form(&visitor.actor, &id).await?;
    let shown = form_shares::shown(&shared, &visitor.actor, &id).await?;
    let departments = shown.into_iter().map(|(department, is_shared)| DepartmentRow {
        id: department.id.to_string(),
        name: department.name,
        is_shared,
    });
    page(&SharesPage {
        frame: Frame::of(&visitor, Here::Forms, "帳票の共有"),
        id,
        name: form.definition.name,
        in_use: form.in_use,
        departments: departments.collect(),
        done: asked.iter().any(|(name, _)| name == "done"),
    })
}

/// Shares the form with the 課 that are ticked, or with all.
pub(super) async fn share(
    State(shared): State<Shared>,
    visitor: Visitor<ShareForms>,
    Ids(id): Ids<String>,
    FormBody(ticked): FormBody<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let wants_all = ticked.iter().any(|(name, _)| name == "all");
    let mut departments: Vec<DepartmentId> = Vec::new();
    if wants_all {
        let shown = form_shares::shown(&shared, &visitor.actor, &id).await?;
        departments.extend(shown.into_iter().map(|(department, _)| department.id));
    } else {
        for (_, value) in ticked.iter().filter(|(name, _)| name == "department") {
            let parsed: DepartmentId = value.parse().map_err(|_| Problem::new(ErrorCode::NotFound))?;
            departments.push(parsed);
        }
    }
    form_shares::share(&shared, &visitor.actor, &id, departments).await?;
    Ok(go_to(&format!("/forms/{id}/shares?done=1")))
}
