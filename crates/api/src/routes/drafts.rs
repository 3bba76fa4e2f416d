//! A draft answer to a question that was asked, as an operation of its own: evidence never waits for it.
//!
//! Promises: only the asker's own question; the passages that were its evidence, as the asker may read
//! them now and as they are in use now; a question without a basis is never handed on.

use axum::Json;
use axum::extract::State;
use shoki_core::code::ErrorCode;
use shoki_core::corpus::PassageKey;
use shoki_core::id::QuestionId;
use shoki_store::corpus_model::PlacedPassage;

use crate::extract::signed::ReadContents;
use crate::extract::{Ids, Signed};
use crate::problem::{Problem, ProblemBody};
use crate::state::Shared;
use crate::wire::draft::DraftBody;

/// Passages of the evidence that are looked at for a draft.
const EVIDENCE: usize = 8;

const NO_BASIS: &str = "根拠が見つからない質問のため、下書きは作りません。";
const GONE: &str = "この質問の根拠は今は見られないため、下書きは作りません。もう一度質問してください。";

/// 質問の根拠だけを使った回答の下書きを返す。
#[utoipa::path(
    post, path = "/v1/questions/{id}/draft", operation_id = "draft_answer", tag = "law_desk",
    security(("token" = [])),
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "下書き、または下書きがない理由", body = DraftBody),
        (status = 501, description = "下書きの作成が設定されていない", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 502, description = "サーバーから使える答えが返らない", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 504, description = "時間内に終わらない", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn draft(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(id): Ids<QuestionId>,
) -> Result<Json<DraftBody>, Problem> {
    let question = shared.api.corpus.question(&signed.actor, id).await?;
    let drafts = shared
        .api
        .drafts
        .as_ref()
        .ok_or(Problem::new(ErrorCode::DraftingOff))?;
    if question.no_basis || question.shown.is_empty() {
        return Ok(Json(DraftBody::none(NO_BASIS)));
    }
    let keys: Vec<PassageKey> = question.shown.iter().take(EVIDENCE).copied().collect();
    let passages = in_use(&shared, signed.actor.department, &keys).await?;
    if passages.is_empty() {
        return Ok(Json(DraftBody::none(GONE)));
    }
    let draft = tokio::select! {
        draft = drafts.draft(question.text, passages) => draft?,
        () = shared.api.shutdown.cancelled() => return Err(Problem::new(ErrorCode::NotReady)),
    };
    Ok(Json(draft.into()))
}

/// The passages that the 課 may read now, of revisions that are in use now.
async fn in_use(
    shared: &Shared,
    reader: shoki_core::id::DepartmentId,
    keys: &[PassageKey],
) -> Result<Vec<PlacedPassage>, Problem> {
    let live = shared.api.corpus.live_revisions().await?;
    let mut placed = shared.api.corpus.placed(reader, keys).await?;
    placed.retain(|one| live.iter().any(|live| live.revision.id == one.key.revision));
    Ok(placed)
}
