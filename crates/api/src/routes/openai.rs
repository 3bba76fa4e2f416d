//! `POST /openai/v1/audio/transcriptions`: what programs written for OpenAI's transcription API send, answered
//! by an ordinary minutes job of the 課.
//!
//! Promises: the same sign-in, limits and isolation as everywhere; the job is listed and stays, as any other;
//! errors have OpenAI's shape and our words and codes. A client that goes away leaves its job running.

use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::id::JobId;
use shoki_core::job::JobState;
use shoki_core::meeting::{ExportFormat, MEETING_JSON, MeetingResult, MinutesOptions};
use shoki_core::pipeline::MINUTES;
use tracing::Instrument as _;

use super::minutes;
use crate::extract::Signed;
use crate::extract::signed::WriteContents;
use crate::problem::Problem;
use crate::state::Shared;
use crate::upload::{self, AboutField, Asked, TranscriptionFormat};
use crate::wire::openai::{
    DiarizedBody, OpenAiError, OpenAiErrorBody, TranscriptionBody, TranscriptionForm, VerboseBody, terms_of,
    text_of,
};

/// Least time between two looks at the job.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Header with the job's id.
const X_SHOKI_JOB: HeaderName = HeaderName::from_static("x-shoki-job");

/// The field that an error is about, on its way to [`errors`].
#[derive(Clone, Copy)]
struct Param(&'static str);

/// An error with the field it is about.
#[derive(Debug)]
pub struct Refusal(Problem, Option<&'static str>);

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(problem, None)
    }
}

impl From<AboutField> for Refusal {
    fn from((problem, param): AboutField) -> Self {
        Self(problem, param)
    }
}

impl From<shoki_store::StoreError> for Refusal {
    fn from(error: shoki_store::StoreError) -> Self {
        Self(error.into(), None)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        if let Some(param) = self.1 {
            response.extensions_mut().insert(Param(param));
        }
        response
    }
}

/// 録音を書き起こす(OpenAI 互換)。
///
/// `model` と `temperature` は見ず、庁内の聞き取りモデルで書き起こす。録音は通常のジョブとして残る
/// (`x-shoki-job`)。
#[utoipa::path(
    post, path = "/openai/v1/audio/transcriptions", operation_id = "create_transcription", tag = "openai",
    security(("token" = [])),
    request_body(content = TranscriptionForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "結果", headers(("x-shoki-job" = String)), content(
            (TranscriptionBody = "application/json"), (String = "text/plain"),
        )),
        (status = "default", description = "誤り", body = OpenAiError),
    ),
)]
pub async fn transcribe(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    request: Request,
) -> Result<Response, Refusal> {
    let (receiving, actor) = (shared.clone(), signed.actor.clone());
    // Its own task, as in `documents::upload`.
    let started = async move { start(&receiving, &actor, request).await };
    let (job, asked) = tokio::spawn(started.in_current_span())
        .await
        .map_err(|_| Problem::new(ErrorCode::Internal))??;
    wait(&shared, &signed.actor, job).await?;
    let format = match asked.format {
        TranscriptionFormat::Srt => Some(ExportFormat::Srt),
        TranscriptionFormat::Vtt => Some(ExportFormat::Vtt),
        _ => None,
    };
    let mut response = match format {
        Some(format) => captions(&shared, &signed.actor, job, format).await?,
        None => answer(&shared, &signed.actor, job, &asked).await?,
    };
    let id = HeaderValue::from_str(&job.to_string()).expect("a UUID is a header value");
    let headers = response.headers_mut();
    headers.insert(X_SHOKI_JOB, id);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Receives the recording and starts its job.
async fn start(shared: &Shared, actor: &Actor, request: Request) -> Result<(JobId, Asked), Refusal> {
    let received = upload::transcription(shared, actor, request).await?;
    let options = MinutesOptions {
        terms: terms_of(&received.asked.prompt),
        ..MinutesOptions::default()
    };
    let pipeline = match shared
        .api
        .pipeline_with(actor.department, MINUTES, None, Some(options))
    {
        Ok(pipeline) => pipeline,
        Err(problem) => {
            received.forget(shared, actor).await;
            return Err(problem.into());
        }
    };
    let documents = vec![received.document()];
    let submitted = shared
        .api
        .store
        .submit_batch(actor, documents, &pipeline, None)
        .await;
    let job = match submitted {
        Ok(submitted) => submitted.jobs.into_iter().next(),
        Err(error) => {
            received.forget(shared, actor).await;
            return Err(error.into());
        }
    };
    let job = job.ok_or(Problem::new(ErrorCode::Internal))?;
    Ok((job.id, received.asked))
}

/// Waits until the job has ended well.
async fn wait(shared: &Shared, actor: &Actor, job: JobId) -> Result<(), Problem> {
    let mut changes = shared.api.store.changes();
    loop {
        changes.mark_unchanged();
        match shared.api.store.job(actor, job).await?.state {
            JobState::Succeeded { .. } => return Ok(()),
            JobState::Failed { code, detail } => {
                let problem = Problem::new(code);
                return Err(match detail {
                    Some(detail) => problem.detail(detail),
                    None => problem,
                });
            }
            JobState::Cancelled { .. } => {
                return Err(Problem::new(ErrorCode::Conflict).detail("書き起こしは中止されました。"));
            }
            JobState::Queued
            | JobState::Planning
            | JobState::Running { .. }
            | JobState::Assembling { .. } => {}
        }
        let restarted = Problem::new(ErrorCode::NotReady).detail(
            "サービスを再起動しています。書き起こしは続くので、ジョブの一覧で結果を確かめてください。",
        );
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return Err(restarted) },
            () = shared.api.shutdown.cancelled() => return Err(restarted),
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Captions as the desk exports them.
async fn captions(
    shared: &Shared,
    actor: &Actor,
    job: JobId,
    format: ExportFormat,
) -> Result<Response, Problem> {
    let bytes = minutes::exported(shared, actor, job, format).await?;
    let kind = [(
        header::CONTENT_TYPE,
        HeaderValue::from_static(format.media_type()),
    )];
    Ok((kind, bytes).into_response())
}

/// The other forms, out of what was heard.
async fn answer(shared: &Shared, actor: &Actor, job: JobId, asked: &Asked) -> Result<Response, Problem> {
    let missing = || {
        tracing::error!("a heard recording without its result file");
        Problem::new(ErrorCode::Internal)
    };
    let store = &shared.api.store;
    let artifacts = store.artifacts(actor, job).await?;
    let artifact = artifacts.iter().find(|found| found.name == MEETING_JSON);
    let artifact = artifact.ok_or_else(missing)?;
    store
        .record(actor, "artifact.read", &artifact.id.to_string())
        .await?;
    let (department, sha256) = (actor.department, &artifact.blob.sha256);
    let bytes = shared.api.blobs.read(department, sha256).await?;
    let meeting: MeetingResult = serde_json::from_slice(&bytes).map_err(|_| missing())?;
    Ok(match asked.format {
        TranscriptionFormat::VerboseJson => Json(VerboseBody::of(&meeting, asked.words)).into_response(),
        TranscriptionFormat::DiarizedJson => Json(DiarizedBody::from(&meeting)).into_response(),
        TranscriptionFormat::Text => {
            let kind = HeaderValue::from_static("text/plain; charset=utf-8");
            ([(header::CONTENT_TYPE, kind)], text_of(&meeting)).into_response()
        }
        TranscriptionFormat::Json | TranscriptionFormat::Srt | TranscriptionFormat::Vtt => {
            Json(TranscriptionBody::from(&meeting)).into_response()
        }
    })
}

/// The layer that gives errors of this route OpenAI's shape; outside of it they would be problem+json.
pub async fn errors(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let extensions = response.extensions_mut();
    let Some(problem) = extensions.remove::<Problem>() else {
        return response;
    };
    let param = extensions.remove::<Param>().map(|param| param.0);
    let status = problem.status();
    let kind = match status.as_u16() {
        401 => "authentication_error",
        403 => "permission_error",
        429 => "rate_limit_error",
        400..500 => "invalid_request_error",
        _ => "server_error",
    };
    let body = OpenAiError {
        error: OpenAiErrorBody {
            message: problem.sentence(),
            kind,
            param,
            code: problem.code().as_str(),
        },
    };
    let mut answer = (status, Json(body)).into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == axum::http::StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    answer
}
