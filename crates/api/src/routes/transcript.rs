//! The transcript of a meeting: look at it with every correction, correct one segment.

use std::collections::{BTreeSet, HashMap};

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use shoki_core::code::ErrorCode;
use shoki_core::id::JobId;
use shoki_core::minutes::TextLevel;
use shoki_core::transcript::SegmentId;
use shoki_core::transcript_edit::Edit;
use utoipa::IntoParams;

use crate::extract::signed::{ReadContents, WriteContents};
use crate::extract::version::{tag, version_of};
use crate::extract::{Ids, JsonBody, Search, Signed};
use crate::line_holds::must_be_free;
use crate::meetings::{self, Changed, Meeting};
use crate::problem::{Problem, ProblemBody};
use crate::state::Shared;
use crate::wire::transcript::{
    ChangeBody, JoinBody, SegmentBody, SegmentPatch, SpeakerBody, SplitBody, TimeOnTaskBody, TranscriptBody,
};

/// What of a transcript is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TranscriptQuery {
    /// Also give each text at this level: `cleaned` (ケバ取り) or `edited` (整文).
    #[param(value_type = Option<String>, example = "cleaned")]
    level: Option<TextLevel>,
    /// Only what was changed after this version.
    since: Option<u64>,
}

/// 文字起こしを、すべての修正を反映して返す。
#[utoipa::path(
    get, path = "/v1/jobs/{id}/transcript", operation_id = "show_transcript", tag = "minutes",
    security(("token" = [])),
    params(("id" = Uuid, Path), TranscriptQuery),
    responses(
        (status = 200, description = "結果", body = TranscriptBody, headers(("etag" = String))),
        (status = 304, description = "手元のものと同じ"),
        (status = 409, description = "文字起こしがまだ、または終わらなかった", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn show(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(id): Ids<JobId>,
    Search(query): Search<TranscriptQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (job, meeting) = meetings::load(&shared, &signed.actor, id).await?;
    let edited = &meeting.edited;
    let tag = tag(edited.version());
    if headers.get(header::IF_NONE_MATCH) == Some(&tag) && query.since.is_none() && query.level.is_none() {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let wanted = |version: u64| query.since.is_none_or(|since| version > since);
    let segments = edited.segments().filter(|segment| wanted(segment.version));
    let mut segments: Vec<SegmentBody> = segments.map(SegmentBody::from).collect();
    if let Some(level) = query.level {
        let asked = segments.iter().map(|segment| SegmentId(segment.id)).collect();
        let kept = job.pipeline.minutes.iter().flat_map(|options| &options.terms);
        let kept = kept.map(|term| term.written.clone()).collect();
        let desk = shared.api.minutes_desk()?;
        let leveled = desk.level(meeting.clone(), asked, level, kept).await?;
        let leveled: HashMap<u64, _> = leveled.iter().map(|(id, text)| (id.0, text)).collect();
        for segment in &mut segments {
            segment.leveled = leveled.get(&segment.id).map(|text| (*text).into());
        }
    }
    let since = query.since.unwrap_or(u64::MAX);
    let removed: BTreeSet<SegmentId> = edited
        .rows()
        .filter(|row| row.sequence > since)
        .flat_map(|row| row.touched.iter().copied())
        .filter(|segment| edited.segment(*segment).is_none())
        .collect();
    let mut speakers: Vec<_> = edited.speakers().into_iter().map(SpeakerBody::from).collect();
    if let Some(voices) = &shared.api.voices {
        let (store, department) = (&*shared.api.store, signed.actor.department);
        voices.propose(store, department, &meeting, &mut speakers).await?;
    }
    let holds = shared.line_holds.of(id, shared.api.store.now());
    let times = shared.api.store.time_on_task(&signed.actor, id).await?;
    let body = TranscriptBody {
        job_id: id,
        version: edited.version(),
        finished: edited.is_finished(),
        duration_ms: meeting.heard.duration.0,
        speakers,
        segments,
        removed: removed.into_iter().map(|segment| segment.0).collect(),
        holds: holds.into_iter().map(Into::into).collect(),
        time_on_task: times
            .into_iter()
            .map(|time| TimeOnTaskBody {
                user: time.user,
                seconds: time.spent.as_secs(),
                last_at: time.last_at,
            })
            .collect(),
    };
    let head = [
        (header::ETAG, tag),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-cache"),
        ),
    ];
    Ok((head, Json(body)).into_response())
}

/// The answer to a correction.
pub(crate) fn answer(changed: &Changed) -> Response {
    let edited = &changed.meeting.edited;
    let touched = &changed.row.touched;
    let present = touched.iter().filter_map(|segment| edited.segment(*segment));
    let gone = touched
        .iter()
        .filter(|segment| edited.segment(**segment).is_none());
    let body = ChangeBody {
        version: edited.version(),
        finished: edited.is_finished(),
        segments: present.map(SegmentBody::from).collect(),
        removed: gone.map(|segment| segment.0).collect(),
        speakers: edited.speakers().into_iter().map(SpeakerBody::from).collect(),
        replaced: changed.replaced,
    };
    ([(header::ETAG, tag(edited.version()))], Json(body)).into_response()
}

/// Refuses a change to another state of the segment than the present one, and shows that.
fn must_be(meeting: &Meeting, segment: u64, version: u64) -> Result<SegmentId, Problem> {
    let segment = SegmentId(segment);
    let present = meeting.edited.segment(segment);
    let present = present.ok_or(Problem::new(ErrorCode::NotFound))?;
    if present.version == version {
        return Ok(segment);
    }
    Err(Problem::new(ErrorCode::VersionChanged).segment(SegmentBody::from(present)))
}

/// 1つの発言の文字・話者を直す、または確認済みにする。
#[utoipa::path(
    patch, path = "/v1/jobs/{id}/transcript/segments/{segment}", operation_id = "edit_segment", tag = "minutes",
    security(("token" = [])),
    params(("id" = Uuid, Path), ("segment" = u64, Path),
        ("If-Match" = String, Header, description = "直すもとにした発言の version を \"\" で囲んだもの")),
    request_body = SegmentPatch,
    responses(
        (status = 200, description = "直した", body = ChangeBody, headers(("etag" = String))),
        (status = 412, description = "他の人が先に変更した。今の発言が segment に入る", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 428, description = "If-Match がない", body = ProblemBody, content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn edit(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids((id, segment)): Ids<(JobId, u64)>,
    headers: HeaderMap,
    JsonBody(patch): JsonBody<SegmentPatch>,
) -> Result<Response, Problem> {
    meetings::finished_job(&shared, &signed.actor, id).await?;
    must_be_free(&shared, &signed.actor, id, segment).await?;
    let version = version_of(&headers)?;
    let decide = |meeting: &Meeting| {
        let segment = must_be(meeting, segment, version)?;
        match (&patch.text, patch.speaker, patch.confirmed) {
            (Some(text), None, None) => Ok(Edit::SetText {
                segment,
                text: text.clone(),
            }),
            (None, Some(speaker), None) => Ok(Edit::SetSpeaker { segment, speaker }),
            (None, None, Some(true)) => Ok(Edit::Confirm { segment }),
            _ => Err(Problem::new(ErrorCode::BadRequest)
                .detail("「text」「speaker」「confirmed」(true のみ)のうち1つだけを指定してください。")),
        }
    };
    let changed = meetings::change(&shared, &signed.actor, id, decide).await?;
    Ok(answer(&changed))
}

/// 1つの発言を2つに分ける。
#[utoipa::path(
    post, path = "/v1/jobs/{id}/transcript/segments/{segment}/split", operation_id = "split_segment",
    tag = "minutes", security(("token" = [])),
    params(("id" = Uuid, Path), ("segment" = u64, Path),
        ("If-Match" = String, Header, description = "分けるもとにした発言の version を \"\" で囲んだもの")),
    request_body = SplitBody,
    responses(
        (status = 200, description = "分けた", body = ChangeBody, headers(("etag" = String))),
        (status = 412, description = "他の人が先に変更した。今の発言が segment に入る", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn split(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids((id, segment)): Ids<(JobId, u64)>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<SplitBody>,
) -> Result<Response, Problem> {
    meetings::finished_job(&shared, &signed.actor, id).await?;
    must_be_free(&shared, &signed.actor, id, segment).await?;
    let version = version_of(&headers)?;
    let decide = |meeting: &Meeting| {
        let segment = must_be(meeting, segment, version)?;
        Ok(Edit::Split { segment, at: body.at })
    };
    let changed = meetings::change(&shared, &signed.actor, id, decide).await?;
    Ok(answer(&changed))
}

/// 続いている2つの発言を1つにする。
#[utoipa::path(
    post, path = "/v1/jobs/{id}/transcript/segments/{segment}/join", operation_id = "join_segments",
    tag = "minutes", security(("token" = [])),
    params(("id" = Uuid, Path), ("segment" = u64, Path),
        ("If-Match" = String, Header, description = "前の発言の version を \"\" で囲んだもの")),
    request_body = JoinBody,
    responses(
        (status = 200, description = "1つにした", body = ChangeBody, headers(("etag" = String))),
        (status = 412, description = "他の人が先に変更した。今の発言が segment に入る", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn join(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids((id, segment)): Ids<(JobId, u64)>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<JoinBody>,
) -> Result<Response, Problem> {
    meetings::finished_job(&shared, &signed.actor, id).await?;
    must_be_free(&shared, &signed.actor, id, segment).await?;
    must_be_free(&shared, &signed.actor, id, body.with).await?;
    let version = version_of(&headers)?;
    let decide = |meeting: &Meeting| {
        let first = must_be(meeting, segment, version)?;
        let second = SegmentId(body.with);
        Ok(Edit::Join { first, second })
    };
    let changed = meetings::change(&shared, &signed.actor, id, decide).await?;
    Ok(answer(&changed))
}

/// 単語帳による置き換えを1つ取り消し、聞き取ったままに戻す。
#[utoipa::path(
    post, path = "/v1/jobs/{id}/transcript/segments/{segment}/replacements/{index}/revert",
    operation_id = "revert_replacement", tag = "minutes", security(("token" = [])),
    params(("id" = Uuid, Path), ("segment" = u64, Path), ("index" = u32, Path),
        ("If-Match" = String, Header, description = "発言の version を \"\" で囲んだもの")),
    responses(
        (status = 200, description = "戻した", body = ChangeBody, headers(("etag" = String))),
        (status = 412, description = "他の人が先に変更した。今の発言が segment に入る", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn revert(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids((id, segment, index)): Ids<(JobId, u64, u32)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    meetings::finished_job(&shared, &signed.actor, id).await?;
    must_be_free(&shared, &signed.actor, id, segment).await?;
    let version = version_of(&headers)?;
    let decide = |meeting: &Meeting| {
        let segment = must_be(meeting, segment, version)?;
        Ok(Edit::RevertReplacement { segment, index })
    };
    let changed = meetings::change(&shared, &signed.actor, id, decide).await?;
    Ok(answer(&changed))
}
