//! ジョブ一覧: what was handed in, where it stands, what is to be done about it.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::Deserialize;
use shoki_core::access::Actor;
use shoki_core::id::UserId;
use shoki_core::pipeline::{CORPUS, FORMS, MINUTES};
use shoki_core::review::Standing;

use super::frame::{Frame, Here};
use super::page;
use super::words::{Moment, count, length};
use crate::extract::signed::ReadContents;
use crate::extract::{Search, Visitor};
use crate::problem::Problem;
use crate::routes::jobs::{JobsQuery, listed};
use crate::state::Shared;
use crate::wire::job::JobBody;
use crate::wire::outcome::OutcomeBody;

/// Rows of a page.
const ROWS: u32 = 50;

/// A job as a row.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) state: &'static str,
    /// `wait` `run` `check` `done` `stop`: how the state looks, beside its word.
    pub(super) look: &'static str,
    pub(super) is_live: bool,
    pub(super) done: u32,
    pub(super) total: u32,
    pub(super) amount: String,
    pub(super) to_check: u32,
    pub(super) who: String,
    pub(super) is_mine: bool,
    pub(super) at: Moment,
    /// Why it failed or waits, in words.
    pub(super) reason: Option<String>,
    pub(super) path: String,
    pub(super) check_path: Option<String>,
    pub(super) can_start_again: bool,
}

/// Names of the people of the own 課.
pub(super) async fn names(shared: &Shared, actor: &Actor) -> Result<HashMap<UserId, String>, Problem> {
    let users = shared.api.store.users(actor.department).await?;
    Ok(users.into_iter().map(|user| (user.id, user.name)).collect())
}

/// The job as the desk sees it.
pub(super) async fn row(
    shared: &Shared,
    actor: &Actor,
    names: &HashMap<UserId, String>,
    job: &JobBody,
    now: Timestamp,
) -> Result<Row, Problem> {
    let to_check = to_check(shared, actor, job).await?;
    let standing = &job.standing;
    let look = match standing.state {
        "queued" => "wait",
        "planning" | "running" | "assembling" => "run",
        "succeeded" if to_check > 0 => "check",
        "succeeded" => "done",
        _ => "stop",
    };
    let progress = standing.progress.as_ref();
    let is_meeting = job.pipeline == MINUTES;
    let title = job.minutes.as_ref().and_then(|options| options.title.clone());
    let path = if is_meeting && standing.state == "succeeded" {
        format!("/meetings/{}", job.id)
    } else {
        format!("/jobs/{}", job.id)
    };
    let failure = standing.failure.as_ref().or(job.waiting_for.as_ref());
    let check_path = (job.pipeline == FORMS && look == "check").then(|| format!("/jobs/{}/check", job.id));
    Ok(Row {
        id: job.id.to_string(),
        name: title.unwrap_or_else(|| job.document_name.clone()),
        kind: kind_of(&job.pipeline),
        state: if look == "check" {
            "要確認"
        } else {
            standing.state_label
        },
        look,
        is_live: matches!(look, "wait" | "run"),
        done: progress.map_or(0, |progress| progress.done + progress.failed),
        total: progress.map_or(0, |progress| progress.total),
        amount: amount(job),
        to_check,
        who: names.get(&job.created_by).cloned().unwrap_or_default(),
        is_mine: job.created_by == actor.user,
        at: Moment::near(job.created_at, now),
        reason: failure.map(|why| {
            let place = why.detail.as_deref().map(|detail| format!("({detail})"));
            format!("{}{} {}", why.title, place.unwrap_or_default(), why.action)
        }),
        path,
        check_path,
        can_start_again: matches!(standing.state, "failed" | "cancelled"),
    })
}

pub(super) fn kind_of(pipeline: &str) -> &'static str {
    match pipeline {
        FORMS => "帳票",
        MINUTES => "会議録",
        CORPUS => "法令・通知",
        _ => "その他",
    }
}

/// Pages, minutes or texts.
fn amount(job: &JobBody) -> String {
    let pages = |pages: u32| format!("{} ページ", count(pages.into()));
    match (&job.standing.outcome, &job.standing.progress) {
        (Some(OutcomeBody::Form(form)), _) => pages(form.pages_total),
        (Some(OutcomeBody::Minutes(meeting)), _) => length(meeting.duration_ms),
        (Some(OutcomeBody::Corpus(corpus)), _) => format!("{} 件", count(corpus.sources.into())),
        (None, Some(progress)) if job.pipeline == FORMS => pages(progress.total),
        _ => String::new(),
    }
}

/// What a person still has to look at: of what was opened already, else as it was read.
async fn to_check(shared: &Shared, actor: &Actor, job: &JobBody) -> Result<u32, Problem> {
    match &job.standing.outcome {
        Some(OutcomeBody::Form(form)) => {
            let sheets = shared.api.store.review_sheets(actor, job.id).await?;
            if sheets.is_empty() {
                return Ok(form.fields_check + form.fields_unreadable);
            }
            let open = sheets.iter().filter(|sheet| sheet.standing != Standing::Done);
            // A sheet whose fields are all decided is still to be finished.
            Ok(open.map(|sheet| sheet.open_fields.max(1)).sum())
        }
        Some(OutcomeBody::Minutes(meeting)) => Ok(meeting.segments_to_check),
        _ => Ok(0),
    }
}

/// Which jobs.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    batch: Option<uuid::Uuid>,
    #[serde(default)]
    cursor: Option<String>,
}

impl Query {
    fn jobs(&self) -> JobsQuery {
        let state = match self.state.as_str() {
            "open" => Some("queued,planning,running,assembling"),
            "done" => Some("succeeded"),
            "stopped" => Some("failed,cancelled"),
            _ => None,
        };
        let is_kind = [FORMS, MINUTES, CORPUS].contains(&self.kind.as_str());
        JobsQuery {
            state: state.map(str::to_owned),
            pipeline: is_kind.then(|| self.kind.clone()),
            batch: self.batch,
            cursor: self.cursor.clone(),
            limit: Some(ROWS),
            ..JobsQuery::default()
        }
    }
}

/// A choice of a filter.
#[derive(Debug)]
struct Choice {
    value: &'static str,
    name: &'static str,
    is_chosen: bool,
}

fn choices(all: &[(&'static str, &'static str)], chosen: &str) -> Vec<Choice> {
    let choice = |&(value, name): &(&'static str, &'static str)| Choice {
        value,
        name,
        is_chosen: value == chosen,
    };
    all.iter().map(choice).collect()
}

#[derive(Template)]
#[template(path = "jobs.html")]
struct JobsPage {
    frame: Frame,
    rows: Vec<Row>,
    is_live: bool,
    kinds: Vec<Choice>,
    states: Vec<Choice>,
    next: Option<String>,
}

/// The list.
pub(super) async fn show(
    State(shared): State<Shared>,
    visitor: Visitor<ReadContents>,
    Search(query): Search<Query>,
) -> Result<Response, Problem> {
    let actor = &visitor.actor;
    let jobs = listed(&shared, actor, &query.jobs()).await?;
    let names = names(&shared, actor).await?;
    let now = shared.api.store.now();
    let mut rows = Vec::with_capacity(jobs.items.len());
    for job in &jobs.items {
        rows.push(row(&shared, actor, &names, job, now).await?);
    }
    page(&JobsPage {
        frame: Frame::of(&visitor, Here::Jobs, "ジョブ一覧"),
        is_live: rows.iter().any(|row| row.is_live),
        rows,
        kinds: choices(
            &[
                ("", "すべて"),
                (FORMS, "帳票"),
                (MINUTES, "会議録"),
                (CORPUS, "法令・通知"),
            ],
            &query.kind,
        ),
        states: choices(
            &[
                ("", "すべて"),
                ("open", "進行中"),
                ("done", "完了"),
                ("stopped", "失敗・中止"),
            ],
            &query.state,
        ),
        next: jobs
            .next_cursor
            .map(|cursor| format!("/jobs?kind={}&state={}&cursor={cursor}", query.kind, query.state)),
    })
}
