//! 抜き取り確認: one field at a time, written down without sight of what was read. The screen is a script on the API of
//! blind audits; this says what it is for.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::frame::{Frame, Here};
use super::page;
use crate::extract::Visitor;
use crate::extract::signed::WriteContents;
use crate::problem::Problem;
use crate::state::Shared;

#[derive(Template)]
#[template(path = "audits.html")]
struct AuditsPage {
    frame: Frame,
}

/// The page.
pub(super) async fn show(
    State(_): State<Shared>,
    visitor: Visitor<WriteContents>,
) -> Result<Response, Problem> {
    page(&AuditsPage {
        frame: Frame::of(&visitor, Here::Read, "抜き取り確認"),
    })
}
