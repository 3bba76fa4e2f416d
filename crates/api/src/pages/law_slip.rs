//! 根拠票: a question and the passages that decide it on one sheet of paper, with room for the caseworker's words and
//! the 決裁. What is printed is what the log holds: personal data is masked.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use shoki_core::corpus::PassageKey;
use shoki_core::id::QuestionId;
use shoki_store::corpus_model::PlacedPassage;

use super::frame::{Frame, Here};
use super::law_text::in_force;
use super::page;
use super::words::day;
use crate::extract::signed::ReadContents;
use crate::extract::{Ids, Search, Visitor};
use crate::japan;
use crate::problem::Problem;
use crate::state::Shared;

/// Characters of all passages that one A4 sheet takes beside the rest.
const SHEET_CHARS: usize = 1_100;

/// A passage that was shown, to choose.
struct Choice {
    place: usize,
    shown: String,
    is_picked: bool,
}

/// A passage on the sheet.
struct Basis {
    title: String,
    number: Option<String>,
    rank: &'static str,
    /// From the outside in: 章, 節, 条.
    path: String,
    caption: Option<String>,
    page: Option<u32>,
    in_force: String,
    lines: Vec<String>,
    is_cut: bool,
}

#[derive(Template)]
#[template(path = "law_slip.html")]
struct SlipPage {
    frame: Frame,
    id: String,
    question: String,
    as_of: String,
    printed: String,
    choices: Vec<Choice>,
    bases: Vec<Basis>,
}

/// The sheet. Unless told: the passage that the asker marked, else the first one.
pub(super) async fn show(
    State(shared): State<Shared>,
    visitor: Visitor<ReadContents>,
    Ids(id): Ids<QuestionId>,
    Search(asked): Search<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let actor = &visitor.actor;
    let corpus = &shared.api.corpus;
    let question = corpus.question(actor, id).await?;
    let mut picked: Vec<usize> = asked
        .iter()
        .filter(|(name, _)| name == "pick")
        .filter_map(|(_, place)| place.parse().ok())
        .collect();
    if picked.is_empty() {
        let marked = question.basis_place.filter(|place| *place > 0);
        picked.push(marked.map_or(1, |place| place as usize));
    }
    let placed = corpus.placed(actor.department, &question.shown).await?;
    let place_of = |key: PassageKey| question.shown.iter().position(|shown| *shown == key);
    let mut choices = Vec::new();
    let mut bases = Vec::new();
    let mut left = SHEET_CHARS;
    for passage in &placed {
        let Some(place) = place_of(passage.key).map(|place| place + 1) else {
            continue;
        };
        let is_picked = picked.contains(&place);
        choices.push(Choice {
            place,
            shown: format!("{} {}", passage.source.head.title, passage.passage.label),
            is_picked,
        });
        if is_picked {
            bases.push(basis(passage, &mut left));
        }
    }
    page(&SlipPage {
        frame: Frame::of(&visitor, Here::Law, "根拠票"),
        id: id.to_string(),
        question: question.text,
        as_of: day(question.as_of),
        printed: day(japan::day_of(shared.api.store.now())),
        choices,
        bases,
    })
}

/// As much of the passage as the sheet still takes; what is left out is said.
fn basis(placed: &PlacedPassage, left: &mut usize) -> Basis {
    let PlacedPassage {
        source,
        revision,
        passage,
        ..
    } = placed;
    let chars = passage.text.chars().count();
    let text: String = passage.text.chars().take(*left).collect();
    *left = left.saturating_sub(chars);
    let mut path = passage.headings.clone();
    path.push(passage.label.clone());
    Basis {
        title: source.head.title.clone(),
        number: source.head.number.clone(),
        rank: source.head.rank.label_ja(),
        path: path.join(" › "),
        caption: passage.caption.clone(),
        page: passage.page,
        in_force: in_force(revision.valid_from, revision.valid_to),
        is_cut: text.len() < passage.text.len(),
        lines: text.lines().map(str::to_owned).collect(),
    }
}
