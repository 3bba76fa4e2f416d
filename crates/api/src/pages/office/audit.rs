//! 監査記録: searched, and verified from its beginning.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use serde::Deserialize;
use shoki_core::access::{Actor, Role};
use shoki_core::code::ErrorCode;
use shoki_core::id::UserId;
use shoki_store::audit::search::{AuditSearch, Direction};

use super::{Tab, tabs, words};
use crate::extract::signed::ReadAudit;
use crate::extract::{Search, Visitor};
use crate::japan;
use crate::pages::frame::{Frame, Here};
use crate::pages::page;
use crate::pages::words::Moment;
use crate::problem::Problem;
use crate::routes::audit;
use crate::state::Shared;
use crate::wire::audit::VerificationBody;

/// Rows shown at a time.
const ROWS: u32 = 50;

/// What is looked for, as the form sends it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::pages) struct Query {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    cursor: String,
}

impl Query {
    fn search(&self) -> Result<AuditSearch, Problem> {
        let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let start = |day: Date| japan::start_of(day);
        let from = day(&self.from)?.map(|day| start(day).ok_or_else(beyond));
        let until = day(&self.to)?.map(|day| day.tomorrow().ok().and_then(start).ok_or_else(beyond));
        Ok(AuditSearch {
            action: text(&self.kind),
            user: None,
            subject: text(&self.subject),
            from: from.transpose()?,
            until: until.transpose()?,
            direction: Direction::NewestFirst,
        })
    }
}

fn day(text: &str) -> Result<Option<Date>, Problem> {
    let text = text.trim();
    let parsed = (!text.is_empty()).then(|| text.parse()).transpose();
    parsed.map_err(|_| beyond())
}

fn beyond() -> Problem {
    Problem::new(ErrorCode::OptionUnusable).detail("期間の指定が正しくありません。")
}

/// A kind of actions to choose.
struct Kind {
    value: &'static str,
    name: &'static str,
    is_chosen: bool,
}

/// A row of the log.
struct Row {
    sequence: u64,
    at: Moment,
    who: String,
    action: String,
    subject: String,
}

#[derive(Template)]
#[template(path = "office_audit.html")]
struct AuditPage {
    frame: Frame,
    tabs: Vec<Tab>,
    kinds: Vec<Kind>,
    subject: String,
    from: String,
    to: String,
    rows: Vec<Row>,
    next: Option<String>,
    verified: Option<VerificationBody>,
}

/// The page.
pub(in crate::pages) async fn show(
    State(shared): State<Shared>,
    visitor: Visitor<ReadAudit>,
    Search(query): Search<Query>,
) -> Result<Response, Problem> {
    page(&of(&shared, &visitor, query, None).await?)
}

/// Verifies the chain and shows the page with the answer.
pub(in crate::pages) async fn verify(
    State(shared): State<Shared>,
    visitor: Visitor<ReadAudit>,
) -> Result<Response, Problem> {
    let verified = audit::verified(&shared).await?;
    page(&of(&shared, &visitor, Query::default(), Some(verified)).await?)
}

async fn of(
    shared: &Shared,
    visitor: &Visitor<ReadAudit>,
    query: Query,
    verified: Option<VerificationBody>,
) -> Result<AuditPage, Problem> {
    let search = query.search()?;
    let cursor = Some(query.cursor.as_str()).filter(|cursor| !cursor.is_empty());
    let (events, next) = audit::found(shared, &visitor.actor, &search, cursor, ROWS).await?;
    let names = names(shared, &visitor.actor).await?;
    let rows = events.into_iter().map(|event| Row {
        sequence: event.sequence,
        at: Moment::of(event.at),
        who: match event.user {
            None => "システム".to_owned(),
            Some(user) => names
                .get(&user)
                .cloned()
                .unwrap_or_else(|| "ほかの課の職員".to_owned()),
        },
        action: words::action(&event.action).to_owned(),
        subject: event.subject,
    });
    Ok(AuditPage {
        frame: Frame::of(visitor, Here::Office, "監査記録"),
        tabs: tabs(visitor.actor.role, "/office/audit"),
        rows: rows.collect(),
        next: next.map(|cursor| {
            format!(
                "/office/audit?kind={}&subject={}&from={}&to={}&cursor={cursor}",
                query.kind,
                query.subject.trim(),
                query.from,
                query.to
            )
        }),
        kinds: words::KINDS
            .iter()
            .map(|&(value, name)| Kind {
                value,
                name,
                is_chosen: value == query.kind,
            })
            .collect(),
        subject: query.subject,
        from: query.from,
        to: query.to,
        verified,
    })
}

/// Names of people whose rows the actor may see.
async fn names(shared: &Shared, actor: &Actor) -> Result<BTreeMap<UserId, String>, Problem> {
    let store = &shared.api.store;
    let mut names = BTreeMap::new();
    for department in store.departments().await? {
        if actor.role == Role::Auditor || department.id == actor.department {
            for user in store.users(department.id).await? {
                names.insert(user.id, user.name);
            }
        }
    }
    Ok(names)
}
