//! Live captions: open, send sound, follow, correct a line, end.
//!
//! Promise: whoever follows sees the same text as anybody else of the 課; nobody else sees that there is a
//! session. The sound's WebSocket is in [`super::live_sound`].

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::id::LiveId;
use shoki_core::limits::MAX_TABLE_BYTES;
use shoki_core::live::{LiveEvent, LiveNow, MAX_CORRECTION_CHARS, NumberedEvent};
use shoki_core::pipeline::MINUTES;
use shoki_core::transcript::SegmentId;
use tokio::sync::watch;
use tokio::time::Instant;

use super::documents::header_value;
use super::events::{RETRY, as_stream, last_event_id};
use crate::extract::signed::{ReadContents, WriteContents};
use crate::extract::{Ids, JsonBody, Signed};
use crate::live::{LiveCommand, LiveInfo};
use crate::problem::{Problem, ProblemBody};
use crate::state::Shared;
use crate::wire::job::JobBody;
use crate::wire::live::{LiveEventBody, LiveNowBody, LiveSessionBody, NewCorrection, NewLiveSession};

/// Least time between two events of one stream that only say how far things are; text goes out at once.
const TICK: Duration = Duration::from_millis(100);

/// ライブ字幕を始める。続けて `/v1/live/{id}/audio` に音声を送る。
#[utoipa::path(
    post, path = "/v1/live", operation_id = "open_live", tag = "live", security(("token" = [])),
    request_body = NewLiveSession,
    responses(
        (status = 201, description = "始めた", body = LiveSessionBody, headers(("location" = String))),
        (status = 503, description = "空きがない", body = ProblemBody, content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn open(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    JsonBody(new): JsonBody<NewLiveSession, MAX_TABLE_BYTES>,
) -> Result<Response, Problem> {
    let opened = opened(&shared, &signed.actor, new).await?;
    let mut headers = HeaderMap::new();
    headers.insert(header::LOCATION, header_value(&format!("/v1/live/{}", opened.id)));
    Ok((StatusCode::CREATED, headers, Json(LiveSessionBody::from(opened))).into_response())
}

/// Opens a session.
pub(crate) async fn opened(shared: &Shared, actor: &Actor, new: NewLiveSession) -> Result<LiveInfo, Problem> {
    let live = shared.api.live_captions()?;
    if !new.minutes.continued_by.is_empty() {
        let sentence = "「continued_by」はライブ字幕では使えません。録音が終わってから登録してください。";
        return Err(Problem::new(ErrorCode::OptionUnusable).detail(sentence));
    }
    let pipeline = shared
        .api
        .pipeline_with(actor.department, MINUTES, None, Some(new.minutes.into()))?;
    let options = pipeline.minutes.unwrap_or_default();
    let codec = new.codec.into();
    live.ask(actor, |reply| LiveCommand::Open {
        options,
        codec,
        reply,
    })
    .await
}

/// The sessions of the own 課, newest first.
pub(crate) async fn sessions(shared: &Shared, actor: &Actor) -> Result<Vec<LiveInfo>, Problem> {
    let live = shared.api.live_captions()?;
    live.ask(actor, |reply| LiveCommand::List { reply }).await
}

/// Whether the recording has ended; such a session is still there for a while, for whoever follows it.
pub(crate) async fn has_ended(shared: &Shared, actor: &Actor, info: &LiveInfo) -> Result<bool, Problem> {
    let (session, after) = (info.id, info.now.last_event.saturating_sub(1));
    let live = shared.api.live_captions()?;
    let feed = live
        .ask(actor, |reply| LiveCommand::Follow {
            session,
            after,
            reply,
        })
        .await?;
    let last = feed.events.last();
    Ok(last.is_some_and(|last| matches!(last.event, LiveEvent::Ended { .. })))
}

/// A session of the own 課.
pub(crate) async fn session(shared: &Shared, actor: &Actor, session: LiveId) -> Result<LiveInfo, Problem> {
    let live = shared.api.live_captions()?;
    live.ask(actor, |reply| LiveCommand::Show { session, reply })
        .await
}

/// 自分の課のライブ字幕を新しい順に返す。
#[utoipa::path(
    get, path = "/v1/live", operation_id = "list_live", tag = "live", security(("token" = [])),
    responses(
        (status = 200, description = "結果", body = Vec<LiveSessionBody>),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn list(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
) -> Result<Json<Vec<LiveSessionBody>>, Problem> {
    let sessions = sessions(&shared, &signed.actor).await?;
    Ok(Json(sessions.into_iter().map(Into::into).collect()))
}

/// ライブ字幕の状態を返す。
#[utoipa::path(
    get, path = "/v1/live/{id}", operation_id = "show_live", tag = "live", security(("token" = [])),
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "結果", body = LiveSessionBody),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn show(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(id): Ids<LiveId>,
) -> Result<Json<LiveSessionBody>, Problem> {
    let info = session(&shared, &signed.actor, id).await?;
    Ok(Json(info.into()))
}

/// 字幕の1行を直す。会議録は録音から作り直すので、直した内容は字幕だけに反映される。
#[utoipa::path(
    post, path = "/v1/live/{id}/segments/{segment}", operation_id = "correct_live", tag = "live",
    security(("token" = [])),
    params(("id" = Uuid, Path), ("segment" = u64, Path)),
    request_body = NewCorrection,
    responses(
        (status = 200, description = "結果", body = LiveEventBody),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn correct(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids((session, segment)): Ids<(LiveId, u64)>,
    JsonBody(new): JsonBody<NewCorrection>,
) -> Result<Json<LiveEventBody>, Problem> {
    let live = shared.api.live_captions()?;
    let text = new.text.trim().to_owned();
    if text.chars().count() > MAX_CORRECTION_CHARS || text.chars().any(char::is_control) {
        let sentence = format!("字幕は1行で、{MAX_CORRECTION_CHARS} 文字までにしてください。");
        return Err(Problem::new(ErrorCode::OptionUnusable).detail(sentence));
    }
    let segment = SegmentId(segment);
    let corrected = live
        .ask(&signed.actor, |reply| LiveCommand::Correct {
            session,
            segment,
            text,
            reply,
        })
        .await?;
    Ok(Json(corrected.into()))
}

/// 録音を終える。録音は通常のジョブになり、話者も全体を聞き直して分け直す。
#[utoipa::path(
    post, path = "/v1/live/{id}/end", operation_id = "end_live", tag = "live", security(("token" = [])),
    params(("id" = Uuid, Path)),
    responses(
        (status = 202, description = "会議録の作成を始めた", body = JobBody, headers(("location" = String))),
        (status = 204, description = "音声がなかったので、何も作らずに終えた"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn end(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(session): Ids<LiveId>,
) -> Result<Response, Problem> {
    let live = shared.api.live_captions()?;
    let job = live
        .ask(&signed.actor, |reply| LiveCommand::End { session, reply })
        .await?;
    let Some(job) = job else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::LOCATION, header_value(&format!("/v1/jobs/{}", job.id)));
    Ok((StatusCode::ACCEPTED, headers, Json(JobBody::from(job))).into_response())
}

/// 字幕を順に送り続ける(server-sent events)。
///
/// `final`・`correction`・`ended` は `id` が連番の `LiveEventBody`。`now` は今の状態(発言中の字幕と遅れ)の
/// `LiveNowBody` で、`id` はなく、次の `now` で置き換わる。
#[utoipa::path(
    get, path = "/v1/live/{id}/events", operation_id = "follow_live", tag = "live", security(("token" = [])),
    params(
        ("id" = Uuid, Path),
        ("Last-Event-ID" = Option<u64>, Header, description = "最後に受け取った id。続きから送ります"),
    ),
    responses(
        (status = 200, description = "結果", body = LiveEventBody, content_type = "text/event-stream"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn follow(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(session): Ids<LiveId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let after = last_event_id(&headers)?;
    let live = shared.api.live_captions()?;
    let feed = live
        .ask(&signed.actor, |reply| LiveCommand::Follow {
            session,
            after,
            reply,
        })
        .await?;
    let settings = &shared.api.settings;
    let keep_alive = KeepAlive::new().interval(Duration::from_secs(settings.keep_alive_seconds));
    let until = Instant::now() + Duration::from_secs(settings.event_stream_seconds);
    let follower = Follower {
        actor: signed.actor,
        session,
        after,
        now: feed.now,
        said: None,
        said_at: Instant::now(),
        until,
        waiting: feed.events.into(),
        ended: false,
        shared,
    };
    Ok(as_stream(
        Sse::new(follower.events()).keep_alive(keep_alive).into_response(),
    ))
}

/// What one stream knows.
struct Follower {
    shared: Shared,
    actor: Actor,
    session: LiveId,
    /// Number of the last event sent.
    after: u64,
    now: watch::Receiver<LiveNow>,
    /// The state sent last, and when: as it is at the beginning of the stream, it is always sent.
    said: Option<LiveNow>,
    said_at: Instant,
    until: Instant,
    waiting: VecDeque<NumberedEvent>,
    ended: bool,
}

impl Follower {
    fn events(self) -> impl Stream<Item = Result<Event, Infallible>> {
        futures::stream::unfold(self, async |mut follower| {
            let event = follower.next().await?;
            Some((Ok(event), follower))
        })
    }

    /// The next event; `None` ends the stream.
    async fn next(&mut self) -> Option<Event> {
        while !self.ended && !self.shared.api.shutdown.is_cancelled() {
            if let Some(numbered) = self.waiting.pop_front() {
                self.after = numbered.number;
                self.ended = matches!(numbered.event, LiveEvent::Ended { .. });
                return Some(kept(numbered));
            }
            let due = self.due();
            if due.is_none_or(|due| due > Instant::now()) {
                tokio::select! {
                    changed = self.now.changed() => changed.ok()?,
                    () = tokio::time::sleep_until(due.unwrap_or(self.until)) => {}
                    () = tokio::time::sleep_until(self.until) => return None,
                    () = self.shared.api.shutdown.cancelled() => return None,
                }
                continue;
            }
            let now = self.now.borrow().clone();
            if now.last_event > self.after {
                // What happened comes first; how it stands now follows it.
                self.waiting = self.look().await?.into();
                if !self.waiting.is_empty() {
                    continue;
                }
            }
            (self.said, self.said_at) = (Some(now.clone()), Instant::now());
            return Some(passing(now));
        }
        None
    }

    /// When there is something to send; `None` when all was sent.
    fn due(&self) -> Option<Instant> {
        let now = self.now.borrow();
        let Some(said) = &self.said else {
            return Some(self.said_at);
        };
        let is_text = now.last_event > self.after || now.partial != said.partial;
        (*now != *said).then(|| {
            if is_text {
                self.said_at
            } else {
                self.said_at + TICK
            }
        })
    }

    async fn look(&self) -> Option<Vec<NumberedEvent>> {
        let (session, after) = (self.session, self.after);
        let live = self.shared.api.live_captions().ok()?;
        let feed = live
            .ask(&self.actor, |reply| LiveCommand::Follow {
                session,
                after,
                reply,
            })
            .await;
        Some(feed.ok()?.events)
    }
}

fn kept(numbered: NumberedEvent) -> Event {
    let id = numbered.number.to_string();
    let body = LiveEventBody::from(numbered);
    let name = body.name();
    let data = serde_json::to_string(&body).expect("an event always becomes JSON");
    Event::default().id(id).event(name).retry(RETRY).data(data)
}

fn passing(now: LiveNow) -> Event {
    let data = serde_json::to_string(&LiveNowBody::from(now)).expect("a state always becomes JSON");
    Event::default().event("now").data(data)
}
