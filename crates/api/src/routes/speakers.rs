//! Who speaks in a meeting: added, named, merged, found anew without the sound.

use axum::extract::State;
use axum::response::Response;
use shoki_core::code::ErrorCode;
use shoki_core::id::JobId;
use shoki_core::meeting::VOICES_JSON;
use shoki_core::transcript::SpeakerId;
use shoki_core::transcript_edit::Edit;

use super::transcript::answer;
use crate::extract::signed::WriteContents;
use crate::extract::{Ids, JsonBody, Signed};
use crate::meetings::{self, Meeting};
use crate::problem::{Problem, ProblemBody};
use crate::state::Shared;
use crate::wire::transcript::{ChangeBody, MergeBody, ReclusterBody, SpeakerNameBody};

/// 話者を加える。
#[utoipa::path(
    post, path = "/v1/jobs/{id}/speakers", operation_id = "add_speaker", tag = "minutes",
    security(("token" = [])),
    params(("id" = Uuid, Path)),
    request_body = SpeakerNameBody,
    responses(
        (status = 200, description = "加えた", body = ChangeBody, headers(("etag" = String))),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn add(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(id): Ids<JobId>,
    JsonBody(body): JsonBody<SpeakerNameBody>,
) -> Result<Response, Problem> {
    let decide = |_: &Meeting| {
        let name = body.name.clone();
        Ok(Edit::AddSpeaker { name })
    };
    let changed = meetings::change(&shared, &signed.actor, id, decide).await?;
    Ok(answer(&changed))
}

/// 話者に名前を付ける。すべての発言に反映される。
#[utoipa::path(
    patch, path = "/v1/jobs/{id}/speakers/{speaker}", operation_id = "rename_speaker", tag = "minutes",
    security(("token" = [])),
    params(("id" = Uuid, Path), ("speaker" = String, Path, example = "S1")),
    request_body = SpeakerNameBody,
    responses(
        (status = 200, description = "付けた", body = ChangeBody, headers(("etag" = String))),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn rename(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids((id, speaker)): Ids<(JobId, SpeakerId)>,
    JsonBody(body): JsonBody<SpeakerNameBody>,
) -> Result<Response, Problem> {
    let decide = |_: &Meeting| {
        let name = body.name.clone();
        Ok(Edit::RenameSpeaker { speaker, name })
    };
    let changed = meetings::change(&shared, &signed.actor, id, decide).await?;
    Ok(answer(&changed))
}

/// 2人に分かれてしまった話者を1人にまとめる。
#[utoipa::path(
    post, path = "/v1/jobs/{id}/speakers/{speaker}/merge", operation_id = "merge_speakers", tag = "minutes",
    security(("token" = [])),
    params(("id" = Uuid, Path), ("speaker" = String, Path, example = "S2")),
    request_body = MergeBody,
    responses(
        (status = 200, description = "まとめた", body = ChangeBody, headers(("etag" = String))),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn merge(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids((id, speaker)): Ids<(JobId, SpeakerId)>,
    JsonBody(body): JsonBody<MergeBody>,
) -> Result<Response, Problem> {
    let decide = |_: &Meeting| {
        Ok(Edit::MergeSpeakers {
            from: speaker,
            into: body.into,
        })
    };
    let changed = meetings::change(&shared, &signed.actor, id, decide).await?;
    Ok(answer(&changed))
}

/// 人数を指定して話者を判定し直す。録音は要らない。人が決めた発言の話者は変わらない。
#[utoipa::path(
    post, path = "/v1/jobs/{id}/speakers/recluster", operation_id = "recluster_speakers", tag = "minutes",
    security(("token" = [])),
    params(("id" = Uuid, Path)),
    request_body = ReclusterBody,
    responses(
        (status = 200, description = "判定し直した", body = ChangeBody, headers(("etag" = String))),
        (status = 409, description = "判定中に他の人が変更した、または声がない", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn recluster(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(id): Ids<JobId>,
    JsonBody(body): JsonBody<ReclusterBody>,
) -> Result<Response, Problem> {
    let (_, meeting) = meetings::load(&shared, &signed.actor, id).await?;
    let count = body.count();
    if let Some(sentence) = count.check() {
        return Err(Problem::new(ErrorCode::OptionUnusable).detail(sentence));
    }
    let artifact = meetings::artifact_named(&shared, &signed.actor, id, VOICES_JSON).await?;
    let blobs = &shared.api.blobs;
    let voices = blobs.read(signed.actor.department, &artifact.blob.sha256).await?;
    let version = meeting.edited.version();
    let desk = shared.api.minutes_desk()?;
    let of = desk.recluster(meeting, voices, count).await?;
    let decide = |meeting: &Meeting| {
        if meeting.edited.version() != version {
            let sentence = "判定している間に他の人が変更しました。もう一度判定してください。";
            return Err(Problem::new(ErrorCode::Conflict).detail(sentence));
        }
        Ok(Edit::AssignSpeakers { of: of.clone() })
    };
    let changed = meetings::change(&shared, &signed.actor, id, decide).await?;
    Ok(answer(&changed))
}
