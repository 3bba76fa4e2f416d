//! 新旧対照: two versions of a text side by side, article by article, with what was changed marked.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use shoki_core::code::ErrorCode;
use shoki_core::id::{RevisionId, SourceId};
use shoki_store::corpus_model::{Revision, RevisionState};

use super::frame::{Frame, Here};
use super::page;
use super::words::day;
use crate::extract::signed::ReadContents;
use crate::extract::{Ids, Search, Visitor};
use crate::problem::Problem;
use crate::routes::sources::compared;
use crate::state::Shared;
use crate::wire::difference::{ChangedBody, PartBody};

/// Bytes of rows in a page, of the 200 kB that it may have.
const PART_BYTES: usize = 120_000;

/// A version to choose.
struct Choice {
    id: String,
    shown: String,
    is_from: bool,
    is_to: bool,
}

/// A piece of a cell.
struct Piece {
    text: String,
    is_marked: bool,
}

/// An article that is not the same.
struct Row {
    label: String,
    caption: Option<String>,
    change: &'static str,
    before: Option<Vec<Piece>>,
    after: Option<Vec<Piece>>,
}

#[derive(Template)]
#[template(path = "law_difference.html")]
struct DifferencePage {
    frame: Frame,
    id: String,
    title: String,
    choices: Vec<Choice>,
    from: String,
    to: String,
    from_id: String,
    to_id: String,
    unchanged: usize,
    total: usize,
    rows: Vec<Row>,
    next: Option<usize>,
}

/// Which two versions, and from which row on.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Between {
    from: Option<RevisionId>,
    to: Option<RevisionId>,
    row: usize,
}

/// The page: unless told, the newest version beside the one before it.
pub(super) async fn show(
    State(shared): State<Shared>,
    visitor: Visitor<ReadContents>,
    Ids(id): Ids<SourceId>,
    Search(between): Search<Between>,
) -> Result<Response, Problem> {
    let actor = &visitor.actor;
    let revisions = shared.api.corpus.revisions(actor.department, id).await?;
    let live: Vec<&Revision> = revisions
        .iter()
        .filter(|revision| revision.state == RevisionState::Live)
        .collect();
    let (Some(newest), Some(before)) = (live.first(), live.get(1).or(live.first())) else {
        return Err(Problem::new(ErrorCode::NotFound));
    };
    let (from, to) = (between.from.unwrap_or(before.id), between.to.unwrap_or(newest.id));
    let title = title_of(&shared, actor.department, id).await?;
    let found = compared(&shared, actor, id, from, to).await?;
    let total = found.changed.len();
    let (rows, next) = part(found.changed, between.row);
    let name = |id: RevisionId| {
        let found = live.iter().find(|revision| revision.id == id);
        found.map_or_else(String::new, |revision| shown(revision))
    };
    page(&DifferencePage {
        frame: Frame::of(&visitor, Here::Law, format!("新旧対照 {title}")),
        id: id.to_string(),
        title,
        from: name(from),
        to: name(to),
        from_id: from.to_string(),
        to_id: to.to_string(),
        choices: live
            .iter()
            .map(|revision| Choice {
                id: revision.id.to_string(),
                shown: shown(revision),
                is_from: revision.id == from,
                is_to: revision.id == to,
            })
            .collect(),
        unchanged: found.unchanged,
        total,
        rows,
        next,
    })
}

async fn title_of(
    shared: &Shared,
    reader: shoki_core::id::DepartmentId,
    id: SourceId,
) -> Result<String, Problem> {
    let sources = shared.api.corpus.sources(reader).await?;
    let found = sources.into_iter().find(|source| source.id == id);
    found
        .map(|source| source.head.title)
        .ok_or(Problem::new(ErrorCode::NotFound))
}

fn shown(revision: &Revision) -> String {
    let from = revision.head.valid_from;
    from.map_or_else(
        || "施行日の記載なし".to_owned(),
        |from| format!("{}施行", day(from)),
    )
}

/// Rows from one on, and where they go on when there are more.
fn part(changed: Vec<ChangedBody>, from: usize) -> (Vec<Row>, Option<usize>) {
    let mut rows = Vec::new();
    let mut bytes = 0;
    for one in changed.into_iter().skip(from) {
        bytes += 400 + one.parts.iter().map(|part| part.text.len() * 2).sum::<usize>();
        if bytes > PART_BYTES && !rows.is_empty() {
            let next = from + rows.len();
            return (rows, Some(next));
        }
        rows.push(Row {
            before: one.before.map(|_| cell(&one.parts, "removed")),
            after: one.after.map(|_| cell(&one.parts, "added")),
            label: one.label,
            caption: one.caption,
            change: one.change_label,
        });
    }
    (rows, None)
}

/// One side: what both say, and what only this one says, marked.
fn cell(parts: &[PartBody], own: &str) -> Vec<Piece> {
    let parts = parts
        .iter()
        .filter(|part| part.kind == "same" || part.kind == own);
    parts
        .map(|part| Piece {
            text: part.text.clone(),
            is_marked: part.kind == own,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part_of(kind: &'static str, text: &str) -> PartBody {
        PartBody {
            kind,
            text: text.to_owned(),
        }
    }

    #[test]
    fn each_side_says_its_own_words_marked() {
        let parts = [
            part_of("same", "月額"),
            part_of("removed", "四百円"),
            part_of("added", "二百円"),
            part_of("same", "とする。"),
        ];
        let told = |own| -> String {
            let mark = |piece: Piece| {
                if piece.is_marked {
                    format!("[{}]", piece.text)
                } else {
                    piece.text
                }
            };
            cell(&parts, own).into_iter().map(mark).collect()
        };
        assert_eq!(told("removed"), "月額[四百円]とする。");
        assert_eq!(told("added"), "月額[二百円]とする。");
    }
}
