//! Jobs: submit, list, look at, stop.

use std::collections::HashSet;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::id::{DocumentId, JobId};
use shoki_core::job::JobState;
use shoki_core::limits::{DEFAULT_PAGE_ROWS, MAX_PAGE_ROWS, MAX_TABLE_BYTES, MAX_WAIT};
use shoki_core::pipeline::PipelineRef;
use shoki_store::model::{Idempotency, Job, JobFilter};
use tokio::time::Instant;
use utoipa::IntoParams;
use uuid::Uuid;

use super::documents::header_value;
use crate::cursor;
use crate::extract::signed::{ReadContents, WriteContents};
use crate::extract::{IdempotencyKey, Ids, JsonBody, Search, Signed};
use crate::problem::{Problem, ProblemBody};
use crate::state::Shared;
use crate::wire::Page;
use crate::wire::job::{JobBody, NewJob};

/// Set on the answer to a request that was made before with the same key.
pub const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Least time between two looks at a job that is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// 文書の読み取りを始める。
#[utoipa::path(
    post, path = "/v1/jobs", operation_id = "submit_job", tag = "jobs", security(("token" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "同じ要求の送り直しを見分けるための文字列")),
    request_body = NewJob,
    responses(
        (status = 202, description = "受け付けた", body = JobBody, headers(("location" = String), ("idempotency-replayed" = bool))),
        (status = 422, description = "同じキーで別の内容、または業務の定義がない", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn submit(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    key: IdempotencyKey,
    JsonBody(new): JsonBody<NewJob, MAX_TABLE_BYTES>,
) -> Result<Response, Problem> {
    let idempotency = key.over("POST /v1/jobs", &new);
    let (job, replayed) = start(&shared, &signed.actor, new, idempotency.as_ref()).await?;
    let mut headers = HeaderMap::new();
    headers.insert(header::LOCATION, header_value(&format!("/v1/jobs/{}", job.id)));
    if replayed {
        headers.insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    }
    let body = JobBody::with_models(job, &shared.api.models.borrow());
    Ok((StatusCode::ACCEPTED, headers, Json(body)).into_response())
}

/// Starts a job on a document; also whether the same request was made before.
pub(crate) async fn start(
    shared: &Shared,
    actor: &Actor,
    new: NewJob,
    idempotency: Option<&Idempotency>,
) -> Result<(Job, bool), Problem> {
    let pipeline = shared.api.pipeline_with(
        actor.department,
        &new.pipeline,
        new.corpus.map(Into::into),
        new.minutes.map(Into::into),
    )?;
    check_parts(&pipeline, new.document_id)?;
    let store = &shared.api.store;
    let submitted = store
        .submit_job(actor, new.document_id, &pipeline, idempotency)
        .await?;
    let job = submitted.jobs.into_iter().next();
    Ok((job.ok_or(Problem::new(ErrorCode::Internal))?, submitted.replayed))
}

/// The recordings of one meeting: each once.
fn check_parts(pipeline: &PipelineRef, first: DocumentId) -> Result<(), Problem> {
    let further = pipeline.minutes.iter().flat_map(|options| &options.continued_by);
    let mut seen = HashSet::from([first]);
    for document in further {
        if !seen.insert(*document) {
            let sentence =
                "「continued_by」に同じ録音が2回あります。1つの会議の録音を順に1回ずつ指定してください。";
            return Err(Problem::new(ErrorCode::OptionUnusable).detail(sentence));
        }
    }
    Ok(())
}

/// Which jobs to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct JobsQuery {
    /// States, separated by commas.
    #[param(example = "queued,running")]
    pub(crate) state: Option<String>,
    /// Name of the pipeline.
    pub(crate) pipeline: Option<String>,
    /// Id of the document.
    #[param(value_type = Option<Uuid>)]
    pub(crate) document: Option<DocumentId>,
    /// Id of the batch.
    pub(crate) batch: Option<Uuid>,
    /// Rows in the answer, 1–200; 50 unless told.
    pub(crate) limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
}

impl JobsQuery {
    fn filter(&self) -> Result<JobFilter, Problem> {
        let states: Vec<String> = match &self.state {
            None => Vec::new(),
            Some(list) => list.split(',').map(str::to_owned).collect(),
        };
        if let Some(unknown) = states
            .iter()
            .find(|state| !JobState::NAMES.contains(&state.as_str()))
        {
            return Err(Problem::new(ErrorCode::BadRequest)
                .detail(format!("state に使えない値です: {}", unknown.escape_default())));
        }
        Ok(JobFilter {
            states,
            document: self.document,
            batch: self.batch,
            pipeline: self.pipeline.clone(),
        })
    }
}

/// The number of rows asked for.
pub(crate) fn rows(limit: Option<u32>) -> Result<u32, Problem> {
    let rows = limit.unwrap_or(DEFAULT_PAGE_ROWS);
    if (1..=MAX_PAGE_ROWS).contains(&rows) {
        return Ok(rows);
    }
    Err(Problem::new(ErrorCode::BadRequest).detail(format!(
        "limit は 1 から {MAX_PAGE_ROWS} までで指定してください。"
    )))
}

/// 自分の課のジョブを新しい順に返す。
#[utoipa::path(
    get, path = "/v1/jobs", operation_id = "list_jobs", tag = "jobs", security(("token" = [])),
    params(JobsQuery),
    responses(
        (status = 200, description = "結果", body = Page<JobBody>),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn list(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Search(query): Search<JobsQuery>,
) -> Result<Json<Page<JobBody>>, Problem> {
    Ok(Json(listed(&shared, &signed.actor, &query).await?))
}

/// Jobs of the own 課, newest first.
pub(crate) async fn listed(
    shared: &Shared,
    actor: &Actor,
    query: &JobsQuery,
) -> Result<Page<JobBody>, Problem> {
    let filter = query.filter()?;
    let rows = rows(query.limit)?;
    let narrowed = (&query.state, &query.pipeline, query.document, query.batch);
    let listed_as = ("jobs", actor.department, narrowed);
    let before = match &query.cursor {
        None => None,
        Some(text) => Some(JobId::from_uuid(Uuid::from_bytes(cursor::decode(
            text, &listed_as,
        )?))),
    };
    let listed = shared.api.store.jobs(actor, &filter, before, rows).await?;
    let next_cursor = match listed.rows.last() {
        Some(last) if listed.more => Some(cursor::encode(*last.id.as_uuid().as_bytes(), &listed_as)),
        _ => None,
    };
    let models = shared.api.models.borrow();
    Ok(Page {
        items: listed
            .rows
            .into_iter()
            .map(|job| JobBody::with_models(job, &models))
            .collect(),
        next_cursor,
    })
}

/// How long to wait.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WaitQuery {
    /// Answer only when the job's state or progress changes, or after this many seconds (at most 30).
    /// A job that has ended is answered at once.
    wait: Option<u64>,
}

/// ジョブの状態を返す。`wait` を付けると、変化があるまで待つ。
#[utoipa::path(
    get, path = "/v1/jobs/{id}", operation_id = "show_job", tag = "jobs", security(("token" = [])),
    params(("id" = Uuid, Path), WaitQuery),
    responses(
        (status = 200, description = "結果", body = JobBody),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn show(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(id): Ids<JobId>,
    Search(query): Search<WaitQuery>,
) -> Result<Json<JobBody>, Problem> {
    let job = match query.wait {
        None => shared.api.store.job(&signed.actor, id).await?,
        Some(seconds) => {
            let wait = Duration::from_secs(seconds).min(MAX_WAIT);
            changed_job(&shared, &signed.actor, id, wait).await?
        }
    };
    Ok(Json(JobBody::with_models(job, &shared.api.models.borrow())))
}

async fn changed_job(shared: &Shared, actor: &Actor, id: JobId, wait: Duration) -> Result<Job, Problem> {
    let until = Instant::now() + wait;
    let mut changes = shared.api.store.changes();
    changes.mark_unchanged();
    let first = shared.api.store.job(actor, id).await?;
    let mut job = first.clone();
    while job.state == first.state && !job.state.is_terminal() {
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { break },
            () = tokio::time::sleep_until(until) => break,
            () = shared.api.shutdown.cancelled() => break,
        }
        tokio::time::sleep(LOOK_EVERY.min(until.saturating_duration_since(Instant::now()))).await;
        changes.mark_unchanged();
        job = shared.api.store.job(actor, id).await?;
    }
    Ok(job)
}

/// ジョブを中止する。
#[utoipa::path(
    post, path = "/v1/jobs/{id}/cancel", operation_id = "cancel_job", tag = "jobs", security(("token" = [])),
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "結果", body = JobBody),
        (status = 409, description = "すでに終わっている", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn cancel(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(id): Ids<JobId>,
) -> Result<Json<JobBody>, Problem> {
    let job = shared.api.store.cancel_job(&signed.actor, id).await?;
    Ok(Json(job.into()))
}
