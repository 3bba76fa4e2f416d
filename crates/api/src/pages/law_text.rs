//! The full text of a law or notice on a day, with a passage lit.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use serde::Deserialize;
use shoki_core::id::SourceId;

use super::frame::{Frame, Here};
use super::page;
use super::words::day;
use crate::extract::signed::ReadContents;
use crate::extract::{Ids, Search, Visitor};
use crate::japan;
use crate::problem::Problem;
use crate::state::Shared;
use crate::wire::source::{SourceBody, TextBody};

/// A passage of the text.
struct PassageRow {
    ordinal: u32,
    /// Headings that begin with this passage (章, 節).
    begins: Vec<String>,
    label: String,
    caption: Option<String>,
    lines: Vec<String>,
    is_lit: bool,
    page: Option<u32>,
}

#[derive(Template)]
#[template(path = "law_text.html")]
struct TextPage {
    frame: Frame,
    source: SourceBody,
    in_force: String,
    as_of: String,
    as_of_shown: String,
    passages: Vec<PassageRow>,
    /// Of the lit passage, and of its neighbours.
    lit: Option<u32>,
    before: Option<u32>,
    after: Option<u32>,
}

/// Which day, and which passage.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Place {
    as_of: Option<Date>,
    at: Option<u32>,
}

/// The text.
pub(super) async fn show(
    State(shared): State<Shared>,
    visitor: Visitor<ReadContents>,
    Ids(id): Ids<SourceId>,
    Search(place): Search<Place>,
) -> Result<Response, Problem> {
    let actor = &visitor.actor;
    let as_of = place
        .as_of
        .unwrap_or_else(|| japan::day_of(shared.api.store.now()));
    let full = shared.api.corpus.full_text(actor.department, id, as_of).await?;
    let body = TextBody::of(full, actor);
    let passages = passages(&body, place.at);
    let lit = place
        .at
        .filter(|at| passages.iter().any(|passage| passage.ordinal == *at));
    let last = passages.last().map(|passage| passage.ordinal);
    page(&TextPage {
        frame: Frame::of(&visitor, Here::Law, body.source.title.clone()),
        in_force: in_force(body.revision.valid_from, body.revision.valid_to),
        as_of: as_of.to_string(),
        as_of_shown: day(as_of),
        before: lit.and_then(|at| at.checked_sub(1)),
        after: lit
            .map(|at| at + 1)
            .filter(|at| last.is_some_and(|last| *at <= last)),
        lit,
        passages,
        source: body.source,
    })
}

fn in_force(from: Option<Date>, to: Option<Date>) -> String {
    match (from, to) {
        (None, None) => "施行日の記載なし".to_owned(),
        (Some(from), None) => format!("{}から施行", day(from)),
        (None, Some(to)) => format!("{}の前日まで", day(to)),
        (Some(from), Some(to)) => format!("{}から施行、{}の前日まで", day(from), day(to)),
    }
}

fn passages(body: &TextBody, lit: Option<u32>) -> Vec<PassageRow> {
    let mut above: &[String] = &[];
    let mut rows = Vec::with_capacity(body.passages.len());
    for passage in &body.passages {
        let same = above
            .iter()
            .zip(&passage.headings)
            .take_while(|(a, b)| a == b)
            .count();
        let text = body.text.get(passage.start..passage.end).unwrap_or_default();
        rows.push(PassageRow {
            ordinal: passage.ordinal,
            begins: passage.headings[same..].to_vec(),
            label: passage.label.clone(),
            caption: passage.caption.clone(),
            lines: text.lines().map(str::to_owned).collect(),
            is_lit: lit == Some(passage.ordinal),
            page: passage.page,
        });
        above = &passage.headings;
    }
    rows
}
