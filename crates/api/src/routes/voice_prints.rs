//! Voices kept with the person's consent, by which names are proposed in later meetings.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use shoki_core::code::ErrorCode;
use shoki_core::id::VoicePrintId;
use shoki_core::meeting::MAX_TERM_CHARS;
use shoki_core::voice::SpeakerIndex;
use shoki_core::voice_print::VoicePrint;

use crate::extract::signed::{ReadContents, WriteContents};
use crate::extract::{Ids, JsonBody, Signed};
use crate::meetings;
use crate::problem::{Problem, ProblemBody};
use crate::retention;
use crate::state::Shared;
use crate::wire::voice::{NewVoice, VoiceBody};

/// 本人の同意を得て、会議での声を登録する。次の会議から名前の候補が出る。
#[utoipa::path(
    post, path = "/v1/voice-prints", operation_id = "keep_voice", tag = "minutes", security(("token" = [])),
    request_body = NewVoice,
    responses(
        (status = 201, description = "登録した", body = VoiceBody),
        (status = 409, description = "同じ名前の声がある", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 422, description = "同意がない、または声が短すぎる", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn keep(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    JsonBody(new): JsonBody<NewVoice>,
) -> Result<(StatusCode, Json<VoiceBody>), Problem> {
    let refused = |sentence: &str| Problem::new(ErrorCode::OptionUnusable).detail(sentence);
    let (_, meeting) = meetings::load(&shared, &signed.actor, new.job).await?;
    if !new.consent {
        return Err(refused(
            "声を登録するには本人の同意が必要です。同意を得てから consent を true にしてください。",
        ));
    }
    let name = new.name.trim();
    let fits = (1..=MAX_TERM_CHARS).contains(&name.chars().count());
    if !fits || name.chars().any(char::is_control) {
        return Err(refused("名前は改行を含めず1文字以上60文字までで書いてください。"));
    }
    let index = u16::try_from(new.speaker.0.saturating_sub(1)).unwrap_or(u16::MAX);
    let print = VoicePrint::of(&meeting.heard.diarization, SpeakerIndex(index));
    let sentence = "この話者の声が足りません。10秒以上話している会議で、判定された話者を選んでください。";
    let print = print.ok_or_else(|| refused(sentence))?;
    let voices = shared.api.kept_voices()?;
    let kept = voices
        .keep(&*shared.api.store, &signed.actor, name.to_owned(), print)
        .await?;
    Ok((StatusCode::CREATED, Json(kept.into())))
}

/// 自分の課で登録した声の名前を返す。声そのものは返さない。
#[utoipa::path(
    get, path = "/v1/voice-prints", operation_id = "list_voices", tag = "minutes", security(("token" = [])),
    responses(
        (status = 200, description = "結果", body = Vec<VoiceBody>),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn list(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
) -> Result<Json<Vec<VoiceBody>>, Problem> {
    let voices = shared.api.kept_voices()?;
    let kept = voices.kept(&*shared.api.store, signed.actor.department).await?;
    Ok(Json(kept.into_iter().map(VoiceBody::from).collect()))
}

/// 登録した声を削除する。名前も声も残らない。
#[utoipa::path(
    delete, path = "/v1/voice-prints/{id}", operation_id = "delete_voice", tag = "minutes",
    security(("token" = [])),
    params(("id" = Uuid, Path)),
    responses(
        (status = 204, description = "削除した"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn delete(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(id): Ids<VoicePrintId>,
) -> Result<StatusCode, Problem> {
    shared.api.store.delete_voice_print(&signed.actor, id).await?;
    retention::certify(&shared, &signed.actor).await;
    Ok(StatusCode::NO_CONTENT)
}
