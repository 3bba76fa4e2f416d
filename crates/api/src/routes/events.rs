//! A job's events as server-sent events: resumable by `Last-Event-ID`, ending by themselves when the job
//! has ended, at shutdown, and after `event_stream_seconds` (the client then comes back and signs in
//! again, so a revoked token ends too).

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::id::JobId;
use shoki_core::job::JobState;
use shoki_store::StoreError;
use shoki_store::model::JobEventRow;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::extract::signed::ReadContents;
use crate::extract::{Ids, Signed};
use crate::problem::{Problem, ProblemBody};
use crate::state::Shared;
use crate::wire::job::JobEventBody;

/// Events fetched at once.
const ROWS: u32 = 100;
/// Least time between two looks at the store by one stream.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// What a client is told to wait before it comes back.
pub(super) const RETRY: Duration = Duration::from_secs(2);

/// ジョブの変化を順に送り続ける(server-sent events)。
///
/// `id` は連番、`event` は `state` または `progress`、`data` は `JobEventBody`。
#[utoipa::path(
    get, path = "/v1/jobs/{id}/events", operation_id = "follow_job", tag = "jobs", security(("token" = [])),
    params(
        ("id" = Uuid, Path),
        ("Last-Event-ID" = Option<u64>, Header, description = "最後に受け取った id。続きから送ります"),
    ),
    responses(
        (status = 200, description = "結果", body = JobEventBody, content_type = "text/event-stream"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn stream(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(job): Ids<JobId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let after = last_event_id(&headers)?;
    let mut changes = shared.api.store.changes();
    changes.mark_unchanged();
    let first = shared
        .api
        .store
        .job_events(&signed.actor, job, after, ROWS)
        .await?;
    let pipeline = shared.api.store.job(&signed.actor, job).await?.pipeline.name;
    let settings = &shared.api.settings;
    let keep_alive = KeepAlive::new().interval(Duration::from_secs(settings.keep_alive_seconds));
    let until = Instant::now() + Duration::from_secs(settings.event_stream_seconds);
    let follower = Follower {
        actor: signed.actor,
        job,
        pipeline,
        after,
        changes,
        until,
        waiting: first.into(),
        ended: false,
        shared,
    };
    Ok(as_stream(
        Sse::new(follower.events()).keep_alive(keep_alive).into_response(),
    ))
}

/// A stream that nobody on the way keeps or holds back.
pub(super) fn as_stream(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(
        header::CACHE_CONTROL,
        header::HeaderValue::from_static("no-store"),
    );
    // Some proxies hold events back until a buffer is full.
    headers.insert("x-accel-buffering", header::HeaderValue::from_static("no"));
    response
}

pub(super) fn last_event_id(headers: &HeaderMap) -> Result<u64, Problem> {
    let Some(value) = headers.get("last-event-id") else {
        return Ok(0);
    };
    value
        .to_str()
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| {
            Problem::new(ErrorCode::BadRequest)
                .detail("Last-Event-ID には受け取った id をそのまま指定してください。")
        })
}

/// What one stream knows.
struct Follower {
    shared: Shared,
    actor: Actor,
    job: JobId,
    /// Name of its pipeline, for the words.
    pipeline: String,
    /// Sequence of the last event sent.
    after: u64,
    changes: watch::Receiver<u64>,
    until: Instant,
    waiting: VecDeque<JobEventRow>,
    ended: bool,
}

impl Follower {
    fn events(self) -> impl Stream<Item = Result<Event, Infallible>> {
        futures::stream::unfold(self, async |mut follower| {
            let row = follower.next().await?;
            Some((Ok(event(row, &follower.pipeline)), follower))
        })
    }

    /// The next event; `None` ends the stream.
    async fn next(&mut self) -> Option<JobEventRow> {
        while !self.ended && !self.shared.api.shutdown.is_cancelled() {
            if let Some(row) = self.waiting.pop_front() {
                self.after = row.sequence;
                // A job that had succeeded may have been read on since.
                self.ended = row.state.is_terminal()
                    && self.waiting.is_empty()
                    && self.look().await.is_ok_and(|rows| rows.is_empty());
                return Some(row);
            }
            self.changes.mark_unchanged();
            self.waiting = self.look().await.ok()?.into();
            if !self.waiting.is_empty() {
                continue;
            }
            if self.job_has_ended().await? {
                // Its last event may have come between the two looks; if not, it was sent long ago.
                self.waiting = self.look().await.ok()?.into();
                self.ended = self.waiting.is_empty();
                continue;
            }
            tokio::select! {
                changed = self.changes.changed() => changed.ok()?,
                () = tokio::time::sleep_until(self.until) => return None,
                () = self.shared.api.shutdown.cancelled() => return None,
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        None
    }

    /// `None` when the job is gone.
    async fn job_has_ended(&self) -> Option<bool> {
        let job = self.shared.api.store.job(&self.actor, self.job).await.ok()?;
        Some(job.state.is_terminal())
    }

    async fn look(&self) -> Result<Vec<JobEventRow>, StoreError> {
        self.shared
            .api
            .store
            .job_events(&self.actor, self.job, self.after, ROWS)
            .await
    }
}

fn event(row: JobEventRow, pipeline: &str) -> Event {
    let name = match row.state {
        JobState::Running { .. } => "progress",
        _ => "state",
    };
    let id = row.sequence.to_string();
    let body = serde_json::to_string(&JobEventBody::of(row, pipeline)).expect("an event always becomes JSON");
    Event::default().id(id).event(name).retry(RETRY).data(body)
}
