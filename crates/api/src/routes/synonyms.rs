//! The office's synonym table: every version stays; a change names the version it is made to, and passes
//! the evaluation gate on the questions whose basis the 課 knows, or says why it is made all the same.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use shoki_core::code::ErrorCode;
use shoki_core::limits::MAX_TABLE_BYTES;
use shoki_store::corpus_model::Importer;

use crate::extract::signed::{ReadContents, WriteSynonyms};
use crate::extract::{JsonBody, Signed, version};
use crate::problem::{Problem, ProblemBody};
use crate::search::GateVerdict;
use crate::state::Shared;
use crate::wire::shelf::{NewSynonymsBody, RuleEffectBody, SynonymsBody, TrialSynonymsBody};

/// Questions of the log that a table is tried on.
const TRIED_QUESTIONS: u32 = 1_000;
/// Places of known bases, of each kind, that a table is judged by.
pub(super) const GATE_PLACES: u32 = 500;
/// Longest reason for a table that makes answers worse.
const MAX_REASON_CHARS: usize = 200;

/// 使っている言い換え表を返す。
#[utoipa::path(
    get, path = "/v1/synonyms", operation_id = "show_synonyms", tag = "law_desk", security(("token" = [])),
    responses(
        (status = 200, description = "結果", body = SynonymsBody, headers(("etag" = String))),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn show(State(shared): State<Shared>, _: Signed<ReadContents>) -> Result<Response, Problem> {
    Ok(answer(shared.api.corpus.synonyms().await?.into()))
}

/// 言い換え表を新しい版に替える。
#[utoipa::path(
    put, path = "/v1/synonyms", operation_id = "put_synonyms", tag = "law_desk", security(("token" = [])),
    params(("If-Match" = String, Header, description = "変更のもとにした版の ETag")),
    request_body = NewSynonymsBody,
    responses(
        (status = 200, description = "替えた", body = SynonymsBody, headers(("etag" = String))),
        (status = 409, description = "根拠の分かっている質問の答えが悪くなる", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 412, description = "他の人が先に変更した", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 422, description = "表に誤りがある", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn put(
    State(shared): State<Shared>,
    signed: Signed<WriteSynonyms>,
    headers: HeaderMap,
    JsonBody(new): JsonBody<NewSynonymsBody, MAX_TABLE_BYTES>,
) -> Result<Response, Problem> {
    let after = version::version_of(&headers)?;
    let despite = reason(new.despite.as_deref())?;
    // Only what the searcher can read is kept.
    let searcher = shared.api.searcher()?;
    searcher.check_synonyms(new.rules.clone(), Vec::new()).await?;
    // Somebody else was first: said before the work of the gate.
    let current = shared.api.corpus.synonyms().await?.map_or(0, |last| last.version);
    if current != after {
        return Err(Problem::new(ErrorCode::VersionChanged));
    }
    let known = shared
        .api
        .corpus
        .known_bases(signed.actor.department, GATE_PLACES)
        .await?;
    let verdict = searcher
        .gate_synonyms(new.rules.clone(), known, signed.actor.department)
        .await?;
    let despite = needed(&verdict, despite, ErrorCode::SynonymsWorsen)?;
    let made = shared
        .api
        .corpus
        .put_synonyms(Importer::Person(&signed.actor), after, &new.rules, despite)
        .await?;
    Ok(answer(Some(made).into()))
}

/// The reason, where one is needed: the audit log tells only of changes that made answers worse.
pub(super) fn needed<'a>(
    verdict: &GateVerdict,
    reason: Option<&'a str>,
    refusal: ErrorCode,
) -> Result<Option<&'a str>, Problem> {
    match (verdict.worse_ja(), reason) {
        (None, _) => Ok(None),
        (Some(_), Some(reason)) => Ok(Some(reason)),
        (Some(worse), None) => Err(Problem::new(refusal).detail(worse)),
    }
}

/// The reason for a change that makes answers worse, one line of it.
pub(super) fn reason(given: Option<&str>) -> Result<Option<&str>, Problem> {
    let Some(reason) = given.map(str::trim) else {
        return Ok(None);
    };
    let length = reason.chars().count();
    if !(1..=MAX_REASON_CHARS).contains(&length) || reason.chars().any(char::is_control) {
        let detail = format!("「despite」には理由を 1 行、{MAX_REASON_CHARS} 文字以内で書いてください。");
        return Err(Problem::new(ErrorCode::OptionUnusable).detail(detail));
    }
    Ok(Some(reason))
}

/// 言い換え表を使わずに試し、それぞれの行が自分の課のどの質問に効くかを返す。
#[utoipa::path(
    post, path = "/v1/synonyms/trial", operation_id = "try_synonyms", tag = "law_desk",
    security(("token" = [])),
    request_body = TrialSynonymsBody,
    responses(
        (status = 200, description = "結果", body = Vec<RuleEffectBody>),
        (status = 422, description = "表に誤りがある", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn try_out(
    State(shared): State<Shared>,
    signed: Signed<WriteSynonyms>,
    JsonBody(new): JsonBody<TrialSynonymsBody, MAX_TABLE_BYTES>,
) -> Result<Json<Vec<RuleEffectBody>>, Problem> {
    let questions = shared
        .api
        .corpus
        .asked_in_department(&signed.actor, TRIED_QUESTIONS)
        .await?;
    let effects = shared
        .api
        .searcher()?
        .check_synonyms(new.rules, questions.clone())
        .await?;
    let bodies = effects.into_iter().map(|effect| RuleEffectBody {
        rule: effect.rule,
        questions: effect
            .questions
            .into_iter()
            .filter_map(|position| questions.get(position).cloned())
            .collect(),
    });
    Ok(Json(bodies.collect()))
}

fn answer(body: SynonymsBody) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::ETAG, version::tag(body.version));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    (headers, Json(body)).into_response()
}
