//! The minutes of a meeting and every form of output, always from the corrected text; and the audio report.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::id::JobId;
use shoki_core::meeting::{
    ExportFormat, MinutesOptions, PLAN_PREFIX_BYTES, RecordingPlan, RecordingPlanError,
};
use shoki_core::minutes::TextLevel;
use shoki_core::minutes_style::MinutesStyle;
use shoki_core::pipeline::{MINUTES, PipelineDef};
use shoki_store::model::Job;
use utoipa::IntoParams;

use crate::extract::signed::ReadContents;
use crate::extract::version::tag;
use crate::extract::{Ids, Search, Signed};
use crate::file_name;
use crate::meetings;
use crate::minutes_desk::Subject;
use crate::problem::{Problem, ProblemBody};
use crate::state::Shared;
use crate::wire::minutes::{AudioReportBody, MinutesBody};

/// In which 様式.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MinutesQuery {
    /// Id of the 様式; otherwise the one that the job was handed in with, or the office's default.
    #[param(example = "youten")]
    style: Option<String>,
}

/// In which 様式 and at which level.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// Id of the 様式; otherwise the one that the job was handed in with, or the office's default.
    style: Option<String>,
    /// How far the text is cleaned: `verbatim` (素起こし), `cleaned` (ケバ取り), `edited` (整文); otherwise what is
    /// usual for the form. Minutes have their 様式's own.
    #[param(value_type = Option<String>, example = "cleaned")]
    level: Option<TextLevel>,
}

/// 会議録を、直した文字起こしから作って返す。
#[utoipa::path(
    get, path = "/v1/jobs/{id}/minutes", operation_id = "show_minutes", tag = "minutes",
    security(("token" = [])),
    params(("id" = Uuid, Path), MinutesQuery),
    responses(
        (status = 200, description = "結果", body = MinutesBody, headers(("etag" = String))),
        (status = 409, description = "文字起こしがまだ、または終わらなかった", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn show(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(id): Ids<JobId>,
    Search(query): Search<MinutesQuery>,
) -> Result<Response, Problem> {
    let (_, subject) = subject_of(&shared, &signed.actor, id, query.style.as_deref()).await?;
    let version = subject.meeting.edited.version();
    let minutes = shared.api.minutes_desk()?.compose(subject).await?;
    let body = Json(MinutesBody::of(minutes, version));
    Ok(([(header::ETAG, tag(version))], body).into_response())
}

/// 直した文字起こし・会議録を、Word・テキスト・Markdown・字幕・JSON のファイルで返す。
#[utoipa::path(
    get, path = "/v1/jobs/{id}/export/{format}", operation_id = "export_minutes", tag = "minutes",
    security(("token" = [])),
    params(("id" = Uuid, Path), ("format" = String, Path, description = "docx・txt・md・srt・vtt・json"), ExportQuery),
    responses(
        (status = 200, description = "結果", content_type = "application/octet-stream", body = Vec<u8>,
            headers(("etag" = String), ("content-disposition" = String))),
        (status = 409, description = "文字起こしがまだ、または終わらなかった", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn export(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids((id, format)): Ids<(JobId, String)>,
    Search(query): Search<ExportQuery>,
) -> Result<Response, Problem> {
    let (job, subject) = subject_of(&shared, &signed.actor, id, query.style.as_deref()).await?;
    let format = ExportFormat::parse(&format).ok_or(Problem::new(ErrorCode::NotFound))?;
    let version = subject.meeting.edited.version();
    let name = format!("{}.{}", stem_of(&job.document_name), format.extension());
    let desk = shared.api.minutes_desk()?;
    let bytes = desk.export(subject, format, query.level).await?;
    // What leaves the house leaves a trace.
    let subject = format!("{id}/{}", format.extension());
    shared
        .api
        .store
        .record(&signed.actor, "transcript.export", &subject)
        .await?;
    let head = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static(format.media_type()),
        ),
        (
            header::CONTENT_DISPOSITION,
            file_name::attachment(&file_name::sanitise(&name)),
        ),
        (header::ETAG, tag(version)),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-store"),
        ),
    ];
    Ok((head, bytes).into_response())
}

/// A file as it is usually handed out, with the trace that it leaves.
pub(super) async fn exported(
    shared: &Shared,
    actor: &Actor,
    id: JobId,
    format: ExportFormat,
) -> Result<Vec<u8>, Problem> {
    let (_, subject) = subject_of(shared, actor, id, None).await?;
    let bytes = shared.api.minutes_desk()?.export(subject, format, None).await?;
    let subject = format!("{id}/{}", format.extension());
    shared
        .api
        .store
        .record(actor, "transcript.export", &subject)
        .await?;
    Ok(bytes)
}

/// 録音を調べた結果(音量・雑音・話し声の割合など)を返す。文字起こしが終わる前でも見られる。
#[utoipa::path(
    get, path = "/v1/jobs/{id}/audio-report", operation_id = "show_audio_report", tag = "minutes",
    security(("token" = [])),
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "結果", body = AudioReportBody),
        (status = 409, description = "まだ調べ終わっていない", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn audio_report(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(id): Ids<JobId>,
) -> Result<Json<AudioReportBody>, Problem> {
    let job = shared.api.store.job(&signed.actor, id).await?;
    let refused = |sentence: &str| Problem::new(ErrorCode::Conflict).detail(sentence);
    if job.pipeline.minutes.is_none() {
        return Err(refused("このジョブは会議録の作成ではありません。"));
    }
    let plan = shared.api.store.plan_of(&signed.actor, id).await?;
    let plan =
        plan.ok_or_else(|| refused("録音をまだ調べ終わっていません。しばらく待ってから開いてください。"))?;
    let (blobs, department) = (&shared.api.blobs, signed.actor.department);
    let prefix = blobs
        .read_range(department, &plan.sha256, 0..PLAN_PREFIX_BYTES)
        .await?;
    let length = RecordingPlan::head_length(&prefix).map_err(unreadable)?;
    let end = PLAN_PREFIX_BYTES.saturating_add(length).min(plan.size);
    let head = blobs
        .read_range(department, &plan.sha256, PLAN_PREFIX_BYTES..end)
        .await?;
    let plan = RecordingPlan::parse_head(&head).map_err(unreadable)?;
    Ok(Json(plan.into()))
}

fn unreadable(error: RecordingPlanError) -> Problem {
    tracing::error!(%error, "a recording's plan cannot be read");
    Problem::new(ErrorCode::Internal)
}

/// The meeting as it stands now, in the 様式 asked for.
pub(crate) async fn subject_of(
    shared: &Shared,
    actor: &Actor,
    id: JobId,
    style: Option<&str>,
) -> Result<(Job, Subject), Problem> {
    let (job, meeting) = meetings::load(shared, actor, id).await?;
    let options = titled(&job);
    let style = style_of(shared, style, &options)?;
    let drafts = shared.api.store.minutes_drafts(actor, id).await?;
    let subject = Subject {
        meeting,
        options,
        style,
        drafts,
    };
    Ok((job, subject))
}

/// What was said about the meeting, with a title.
fn titled(job: &Job) -> MinutesOptions {
    let mut options = job.pipeline.minutes.as_deref().cloned().unwrap_or_default();
    let stem = || stem_of(&job.document_name).to_owned();
    options.title.get_or_insert_with(stem);
    options
}

fn stem_of(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    }
}

/// The 様式 that was asked for, or the job's own, or the office's default.
fn style_of(shared: &Shared, asked: Option<&str>, options: &MinutesOptions) -> Result<MinutesStyle, Problem> {
    let Some(PipelineDef::Minutes(pipeline)) = shared.api.pipeline(MINUTES) else {
        return Err(Problem::new(ErrorCode::UnknownPipeline));
    };
    let named = |id: &str| pipeline.styles.iter().find(|style| style.id == id);
    if let Some(asked) = asked {
        let sentence = "「style」の様式がありません。業務の一覧にある様式の id を指定してください。";
        return named(asked)
            .cloned()
            .ok_or_else(|| Problem::new(ErrorCode::OptionUnusable).detail(sentence));
    }
    // A 様式 that was taken out of use since: the default.
    let own = options.style.as_deref().and_then(named);
    let style = own.or_else(|| pipeline.styles.first());
    style.cloned().ok_or(Problem::new(ErrorCode::UnknownPipeline))
}
