//! The full text of a law or notice on a day, with a passage lit; references in it lead to where they point.

use std::collections::HashMap;
use std::ops::Range;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use serde::Deserialize;
use shoki_core::corpus::{CitationEdge, PassageKey, PassageKind, means_item};
use shoki_core::id::{RevisionId, SourceId};
use shoki_store::corpus_model::{Revision, RevisionState, Source};

use super::frame::{Frame, Here};
use super::words::day;
use super::{go_to, page};
use crate::extract::signed::ReadContents;
use crate::extract::{Ids, Search, Visitor};
use crate::japan;
use crate::problem::Problem;
use crate::state::Shared;
use crate::wire::source::{PassageBody, SourceBody, TextBody};

/// A piece of a line; one with an address is a reference.
#[derive(Debug, PartialEq, Eq)]
struct Piece {
    text: String,
    path: Option<String>,
}

/// A reference in a passage: its bytes, and where it leads.
type Link = (Range<usize>, String);

/// Another version of the text.
struct Version {
    shown: String,
    as_of: String,
    is_here: bool,
}

/// A passage of the text.
struct PassageRow {
    ordinal: u32,
    /// Headings that begin with this passage (章, 節).
    begins: Vec<String>,
    label: String,
    caption: Option<String>,
    lines: Vec<Vec<Piece>>,
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
    /// The newest first, when there are several.
    versions: Vec<Version>,
    /// What was asked for and is not there on that day.
    missing: Option<String>,
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
    /// The item that a reference means.
    item: Option<String>,
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
    let corpus = &shared.api.corpus;
    let full = corpus.full_text(actor.department, id, as_of).await?;
    let body = TextBody::of(full, actor);
    if let Some(ordinal) = place.item.as_deref().and_then(|item| ordinal_of(&body, item)) {
        return Ok(go_to(&format!(
            "/law/sources/{id}?as_of={as_of}&at={ordinal}#p{ordinal}"
        )));
    }
    let keys: Vec<PassageKey> = body
        .passages
        .iter()
        .map(|passage| PassageKey {
            revision: body.revision.id,
            ordinal: passage.ordinal,
        })
        .collect();
    let edges = corpus.citing(actor.department, &keys).await?;
    let sources = if edges.is_empty() {
        Vec::new()
    } else {
        corpus.sources(actor.department).await?
    };
    let links = links(&body, &edges, &sources, as_of);
    let passages = passages(&body, place.at, &links);
    let lit = place
        .at
        .filter(|at| passages.iter().any(|passage| passage.ordinal == *at));
    let last = passages.last().map(|passage| passage.ordinal);
    let revisions = corpus.revisions(actor.department, id).await?;
    page(&TextPage {
        frame: Frame::of(&visitor, Here::Law, body.source.title.clone()),
        in_force: in_force(body.revision.valid_from, body.revision.valid_to),
        as_of: as_of.to_string(),
        as_of_shown: day(as_of),
        versions: versions(&revisions, body.revision.id),
        missing: place.item,
        before: lit.and_then(|at| at.checked_sub(1)),
        after: lit
            .map(|at| at + 1)
            .filter(|at| last.is_some_and(|last| *at <= last)),
        lit,
        passages,
        source: body.source,
    })
}

/// Where an item stands; those of the 附則 have the same numbers and come after.
fn ordinal_of(body: &TextBody, item: &str) -> Option<u32> {
    let is = |passage: &&PassageBody| means_item(&passage.item, item);
    let found = body.passages.iter().filter(is);
    let found = found.min_by_key(|passage| passage.kind == PassageKind::Supplementary);
    found.map(|passage| passage.ordinal)
}

/// Versions that can be read, the newest first; none where there is only one.
fn versions(revisions: &[Revision], here: RevisionId) -> Vec<Version> {
    let live = revisions
        .iter()
        .filter(|revision| revision.state == RevisionState::Live);
    let dated = live.filter_map(|revision| {
        let from = revision.head.valid_from?;
        Some(Version {
            shown: format!("{}施行", day(from)),
            as_of: from.to_string(),
            is_here: revision.id == here,
        })
    });
    let versions: Vec<Version> = dated.collect();
    if versions.len() > 1 { versions } else { Vec::new() }
}

/// The references of each passage that lead somewhere: to a place of this text, or to a text that can be read.
fn links(
    body: &TextBody,
    edges: &[(PassageKey, CitationEdge)],
    sources: &[Source],
    as_of: Date,
) -> HashMap<u32, Vec<Link>> {
    let mut links: HashMap<u32, Vec<Link>> = HashMap::new();
    for (key, edge) in edges {
        let meant = sources
            .iter()
            .find(|source| source.head.title == edge.source || source.head.aliases.contains(&edge.source));
        let Some(meant) = meant else { continue };
        let path = if meant.id == body.source.id {
            let Some(ordinal) = ordinal_of(body, &edge.item) else {
                continue;
            };
            format!("#p{ordinal}")
        } else {
            let item: String = edge.item.bytes().map(|byte| format!("%{byte:02X}")).collect();
            format!("/law/sources/{}?as_of={as_of}&item={item}", meant.id)
        };
        links
            .entry(key.ordinal)
            .or_default()
            .push((edge.span.clone(), path));
    }
    links
}

/// A text in lines, each in pieces: what stands in a link, and what does not.
fn lines(text: &str, links: &[Link]) -> Vec<Vec<Piece>> {
    let mut lines = Vec::new();
    let mut begins = 0;
    for line in text.split_inclusive('\n') {
        let ends = begins + line.trim_end_matches(['\n', '\r']).len();
        let mut pieces = Vec::new();
        let mut at = begins;
        let mut push = |from: usize, to: usize, path: Option<&str>| {
            if let Some(text) = text.get(from..to).filter(|text| !text.is_empty()) {
                pieces.push(Piece {
                    text: text.to_owned(),
                    path: path.map(str::to_owned),
                });
            }
        };
        for (span, path) in links {
            // One that begins in another, or goes on in the next line, stays what it is: text.
            if span.start < at || span.end > ends {
                continue;
            }
            push(at, span.start, None);
            push(span.start, span.end, Some(path));
            at = span.end;
        }
        push(at, ends, None);
        lines.push(pieces);
        begins += line.len();
    }
    lines
}

pub(super) fn in_force(from: Option<Date>, to: Option<Date>) -> String {
    match (from, to) {
        (None, None) => "施行日の記載なし".to_owned(),
        (Some(from), None) => format!("{}から施行", day(from)),
        (None, Some(to)) => format!("{}の前日まで", day(to)),
        (Some(from), Some(to)) => format!("{}から施行、{}の前日まで", day(from), day(to)),
    }
}

fn passages(body: &TextBody, lit: Option<u32>, links: &HashMap<u32, Vec<Link>>) -> Vec<PassageRow> {
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
            lines: lines(text, links.get(&passage.ordinal).map_or(&[], Vec::as_slice)),
            is_lit: lit == Some(passage.ordinal),
            page: passage.page,
        });
        above = &passage.headings;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_a_link_and_everything_else_is_text() {
        let text = "第二条の規定により\n前項の場合";
        let at = |part: &str| {
            let start = text.find(part).unwrap();
            start..start + part.len()
        };
        let links = vec![
            (at("第二条"), "#p1".to_owned()),
            (at("二条の"), "#never".to_owned()),
            (at("前項"), "#p0".to_owned()),
        ];
        let shown: Vec<String> = lines(text, &links)
            .iter()
            .map(|line| {
                let piece = |piece: &Piece| match &piece.path {
                    Some(path) => format!("[{}]({path})", piece.text),
                    None => piece.text.clone(),
                };
                line.iter().map(piece).collect()
            })
            .collect();
        assert_eq!(shown, ["[第二条](#p1)の規定により", "[前項](#p0)の場合"]);
        assert_eq!(lines("", &[]), Vec::<Vec<Piece>>::new());
    }
}
