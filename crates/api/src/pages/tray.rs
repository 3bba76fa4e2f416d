//! 仕分け: every page of a job as a small picture, わからない first, and what a person says it is.
//!
//! Promises: a list that works without scripts; what is hidden on a page's picture is hidden here too. Never: a
//! decision that the API does not take.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::Deserialize;
use shoki_core::code::ErrorCode;
use shoki_core::id::{JobId, UserId};
use shoki_core::pipeline::FORMS;
use shoki_core::reading::PageKind;
use shoki_core::sorting::{PageSorting, SortedAs};
use shoki_store::sorting_store::NewSorting;

use super::frame::{Frame, Here};
use super::jobs::{self, Row};
use super::words::Moment;
use super::{go_to, page};
use crate::acceptance::forms_of;
use crate::extract::signed::{ReadContents, WriteContents};
use crate::extract::{FormBody, Ids, Search, Visitor};
use crate::problem::Problem;
use crate::reviews::form_of;
use crate::routes::page_pictures::is_hidden;
use crate::sortings::{self, SortedPage};
use crate::state::Shared;
use crate::wire::job::JobBody;
use crate::wire::sorting::SortedPageBody;

/// Pages on one screen.
const CARDS: usize = 48;

/// From which page of the tray on.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    #[serde(default)]
    from: usize,
}

/// A page in the tray.
struct Card {
    page: u32,
    /// Whether its picture wants a reason.
    is_hidden: bool,
    /// Why it is here.
    explanation: Option<String>,
    /// Ids of the forms that it is like.
    likely: String,
    /// Who said what it is, and when.
    decision: Option<String>,
    is_decided: bool,
}

/// Pages that were taken for the same.
struct Group {
    name: String,
    total: usize,
    cards: Vec<Card>,
}

#[derive(Template)]
#[template(path = "tray.html")]
struct TrayPage {
    frame: Frame,
    row: Row,
    groups: Vec<Group>,
    unknown: usize,
    choices: Vec<(String, String)>,
    before: Option<usize>,
    next: Option<usize>,
    is_finished: bool,
}

/// The page.
pub(super) async fn show(
    State(shared): State<Shared>,
    visitor: Visitor<ReadContents>,
    Ids(id): Ids<JobId>,
    Search(query): Search<Query>,
) -> Result<Response, Problem> {
    let actor = &visitor.actor;
    let job = shared.api.store.job(actor, id).await?;
    let defined: Vec<(String, String)> = forms_of(&shared, &job)
        .iter()
        .map(|form| (form.id.clone(), form.name.clone()))
        .collect();
    let job = JobBody::with_models(job, &shared.api.models.borrow());
    if job.pipeline != FORMS {
        let sentence = "このジョブは帳票の読み取りではありません。";
        return Err(Problem::new(ErrorCode::Conflict).detail(sentence));
    }
    let names = jobs::names(&shared, actor).await?;
    let now = shared.api.store.now();
    let row = jobs::row(&shared, actor, &names, &job, now).await?;
    let is_finished = job.standing.outcome.is_some();
    let pages = if is_finished {
        sortings::pages(&shared, actor, id).await?
    } else {
        Vec::new()
    };
    let groups = grouped(&shared, &defined, pages, &names, now);
    let total: usize = groups.iter().map(|group| group.total).sum();
    let from = query.from.min(total);
    let to = from.saturating_add(CARDS);
    page(&TrayPage {
        frame: Frame::of(&visitor, Here::Jobs, "仕分け"),
        unknown: groups
            .iter()
            .find(|group| group.name == UNKNOWN)
            .map_or(0, |group| group.total),
        groups: cut(groups, from, to),
        choices: defined,
        before: (from > 0).then(|| from.saturating_sub(CARDS)),
        next: (to < total).then_some(to),
        is_finished,
        row,
    })
}

const UNKNOWN: &str = "わからない";

/// The pages as the tray has them: what needs a person first, what is dropped last.
fn grouped(
    shared: &Shared,
    defined: &[(String, String)],
    pages: Vec<SortedPage>,
    names: &HashMap<UserId, String>,
    now: Timestamp,
) -> Vec<Group> {
    let defined = defined.iter().map(|(_, name)| name.clone());
    let mut order: Vec<String> = [UNKNOWN, "開けなかった"].map(str::to_owned).into();
    order.extend(defined);
    let blank = "白紙(出力しません)".to_owned();
    let mut groups: Vec<Group> = Vec::new();
    for one in pages {
        let reading = &one.reading;
        let form = reading.form.as_deref();
        let name = match reading.kind {
            PageKind::UnknownForm => order[0].clone(),
            PageKind::Failed { .. } => order[1].clone(),
            PageKind::Blank => blank.clone(),
            PageKind::Form => form
                .and_then(|form| form_of(shared, form))
                .map_or_else(|| form.unwrap_or_default().to_owned(), |form| form.name.clone()),
        };
        let card = card(shared, &one, names, now);
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) => group.cards.push(card),
            None => groups.push(Group {
                name,
                total: 0,
                cards: vec![card],
            }),
        }
    }
    for group in &mut groups {
        group.total = group.cards.len();
    }
    let place = |name: &String| {
        let known = order.iter().position(|one| one == name);
        known.unwrap_or(order.len() + usize::from(*name == blank))
    };
    groups.sort_by_key(|group| place(&group.name));
    groups
}

fn card(shared: &Shared, one: &SortedPage, names: &HashMap<UserId, String>, now: Timestamp) -> Card {
    let body = SortedPageBody::of(one, None);
    let decision = one.decision.as_ref().filter(|row| !row.sorting.is_the_readers());
    let who = |by: &UserId| names.get(by).map_or("ほかの人", String::as_str);
    Card {
        page: body.page,
        is_hidden: is_hidden(shared, &one.reading),
        explanation: body.explanation,
        likely: body.likely.join(" "),
        decision: decision.map(|row| {
            let at = Moment::near(row.at, now).shown;
            format!("{}({at} {})", said(&row.sorting), who(&row.by))
        }),
        is_decided: one.is_decided,
    }
}

/// What a person said, in words.
fn said(sorting: &PageSorting) -> &'static str {
    match sorting.kind {
        SortedAs::Form { .. } => "人が帳票を決めたページ",
        SortedAs::Unknown => "人がどの帳票でもないとしたページ",
        SortedAs::Blank => "人が除いたページ",
        SortedAs::Machine => "人が向きを直したページ",
    }
}

/// Only the cards from one to another; groups without any go.
fn cut(groups: Vec<Group>, from: usize, to: usize) -> Vec<Group> {
    let mut passed = 0;
    let mut shown = Vec::new();
    for mut group in groups {
        let first = from.saturating_sub(passed).min(group.cards.len());
        let last = to.saturating_sub(passed).min(group.cards.len());
        passed += group.cards.len();
        group.cards = group.cards.drain(first..last).collect();
        if !group.cards.is_empty() {
            shown.push(group);
        }
    }
    shown
}

/// Takes what was said about the pages that are marked.
pub(super) async fn sort(
    State(shared): State<Shared>,
    visitor: Visitor<WriteContents>,
    Ids(id): Ids<JobId>,
    FormBody(fields): FormBody<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let value = |name: &str| {
        fields
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let marked = fields.iter().filter(|(key, _)| key == "page");
    let marked: Vec<u32> = marked.filter_map(|(_, page)| page.parse().ok()).collect();
    if marked.is_empty() {
        let sentence = "ページが選ばれていません。前の画面に戻り、ページに印を付けてからやり直してください。";
        return Err(Problem::new(ErrorCode::OptionUnusable).detail(sentence));
    }
    let pages = sortings::pages(&shared, &visitor.actor, id).await?;
    let decisions: Option<Vec<NewSorting>> = pages
        .iter()
        .filter(|one| marked.contains(&one.reading.page))
        .map(|one| {
            Some(NewSorting {
                page: one.reading.page,
                sorting: decision(one, value("act")?, value("form"))?,
            })
        })
        .collect();
    let sentence = "どの帳票にするかが選ばれていません。前の画面に戻り、帳票を選んでからやり直してください。";
    let decisions = decisions.ok_or_else(|| Problem::new(ErrorCode::OptionUnusable).detail(sentence))?;
    sortings::sort(&shared, &visitor.actor, id, decisions).await?;
    Ok(go_to(&format!("/jobs/{id}/tray")))
}

/// The decision about a page by the button that was pressed; `None` when it says nothing.
fn decision(page: &SortedPage, act: &str, form: Option<&str>) -> Option<PageSorting> {
    let before = page
        .decision
        .as_ref()
        .map(|row| row.sorting.clone())
        .unwrap_or_default();
    let form = form.filter(|form| !form.is_empty());
    let kind = match act {
        "form" => SortedAs::Form {
            form: form?.to_owned(),
        },
        "unknown" => SortedAs::Unknown,
        "blank" => SortedAs::Blank,
        // As it was sorted, only the other way up.
        "turn" => {
            return Some(PageSorting {
                quarter_turns: Some((page.reading.quarter_turns + 1) % 4),
                ..before
            });
        }
        "machine" => return Some(PageSorting::default()),
        _ => return None,
    };
    Some(PageSorting {
        kind,
        quarter_turns: before.quarter_turns,
    })
}
