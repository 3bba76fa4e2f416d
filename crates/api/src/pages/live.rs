//! ライブ字幕: the running sessions, one's own microphone, the captions alone for a projector.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use shoki_core::id::LiveId;

use super::frame::{Assets, Frame, Here};
use super::words::{Moment, length};
use super::{go_to, jobs, page};
use crate::extract::signed::{ReadContents, WriteContents};
use crate::extract::{FormBody, Ids, Visitor};
use crate::live::LiveInfo;
use crate::problem::Problem;
use crate::routes::live::{has_ended, opened, session, sessions};
use crate::state::Shared;
use crate::wire::live::NewLiveSession;

/// A session in the list.
struct Row {
    id: String,
    title: String,
    who: String,
    at: Moment,
    recorded: String,
    is_connected: bool,
}

#[derive(Template)]
#[template(path = "live.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    /// Why there are no captions here.
    off: Option<String>,
}

/// What a session without a name is called.
fn title(info: &LiveInfo) -> String {
    info.title.clone().unwrap_or_else(|| "名前のない会議".to_owned())
}

/// The sessions of the 課, and the form to start one.
pub(super) async fn list(
    State(shared): State<Shared>,
    visitor: Visitor<ReadContents>,
) -> Result<Response, Problem> {
    let actor = &visitor.actor;
    let now = shared.api.store.now();
    let names = jobs::names(&shared, actor).await?;
    let (found, off) = match shared.api.live_captions() {
        Ok(_) => (sessions(&shared, actor).await?, None),
        Err(problem) => (Vec::new(), Some(problem.sentence())),
    };
    let mut rows = Vec::new();
    for info in found {
        if has_ended(&shared, actor, &info).await? {
            continue;
        }
        rows.push(Row {
            id: info.id.to_string(),
            title: title(&info),
            who: names.get(&info.opened_by).cloned().unwrap_or_default(),
            at: Moment::near(info.opened_at, now),
            recorded: length(info.now.recorded.0),
            is_connected: info.now.connected,
        });
    }
    page(&ListPage {
        rows,
        off,
        frame: Frame::of(&visitor, Here::Meetings, "ライブ字幕"),
    })
}

/// A new session's name and terms.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Started {
    title: String,
    #[serde(default)]
    attendees: String,
}

/// Starts one.
pub(super) async fn start(
    State(shared): State<Shared>,
    visitor: Visitor<WriteContents>,
    FormBody(started): FormBody<Started>,
) -> Result<Response, Problem> {
    let mut new = NewLiveSession::default();
    let name = started.title.trim();
    new.minutes.title = (!name.is_empty()).then(|| name.to_owned());
    let attendees = started.attendees.lines().map(str::trim);
    new.minutes.attendees = attendees
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect();
    let info = opened(&shared, &visitor.actor, new).await?;
    Ok(go_to(&format!("/live/{}", info.id)))
}

#[derive(Template)]
#[template(path = "live_session.html")]
struct SessionPage {
    frame: Frame,
    id: String,
    title: String,
}

/// One session: the microphone and the captions.
pub(super) async fn show(
    State(shared): State<Shared>,
    visitor: Visitor<ReadContents>,
    Ids(id): Ids<LiveId>,
) -> Result<Response, Problem> {
    let info = session(&shared, &visitor.actor, id).await?;
    let title = title(&info);
    page(&SessionPage {
        frame: Frame::of(&visitor, Here::Meetings, title.clone()),
        id: id.to_string(),
        title,
    })
}

#[derive(Template)]
#[template(path = "live_screen.html")]
struct ScreenPage {
    assets: Assets,
    id: String,
    title: String,
}

/// The captions alone, large, for a projector.
pub(super) async fn screen(
    State(shared): State<Shared>,
    visitor: Visitor<ReadContents>,
    Ids(id): Ids<LiveId>,
) -> Result<Response, Problem> {
    let info = session(&shared, &visitor.actor, id).await?;
    page(&ScreenPage {
        assets: Assets::here(),
        id: id.to_string(),
        title: title(&info),
    })
}
