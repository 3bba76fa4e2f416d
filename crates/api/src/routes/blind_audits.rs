//! Blind audits: the next field to write down without sight of its reading, and the answer.
//!
//! Promises: no answer holds the reading before the audit has ended, or, in a dispute, before somebody else
//! decides; two people never have the same audit at once; the values of a masked field are given for a dispute
//! only after the audit chain has it.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use shoki_core::acceptance::{AuditRefusal, AuditTask, Verdict};
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::id::JobId;
use shoki_store::StoreError;
use shoki_store::acceptance_model::{Audit, AuditAnswer, AuditPlace};

use super::pages::page_reading;
use crate::acceptance;
use crate::extract::signed::WriteContents;
use crate::extract::{Ids, JsonBody, Signed};
use crate::problem::{Problem, ProblemBody};
use crate::reviews;
use crate::state::Shared;
use crate::wire::acceptance::{BlindAnswerBody, BlindAuditBody, BlindVerdictBody};

/// 次に抜き取り確認をする欄を借りて返す。借りている欄があれば、それを返す。読み取った値は返さない。
#[utoipa::path(
    post, path = "/v1/blind-audits/next", operation_id = "next_blind_audit", tag = "acceptance",
    security(("token" = [])),
    responses(
        (status = 200, description = "次の欄", body = BlindAuditBody),
        (status = 204, description = "今、自分が確認できる欄はない"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn next(State(shared): State<Shared>, signed: Signed<WriteContents>) -> Result<Response, Problem> {
    let actor = &signed.actor;
    let lent = shared.api.acceptance.next_audit(actor).await?;
    let task = lent.as_ref().and_then(|audit| audit.state.task());
    let Some((audit, task)) = lent.zip(task) else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let values = match task {
        AuditTask::Write => Vec::new(),
        AuditTask::Decide => disputed_values(&shared, actor, &audit).await?,
    };
    let form = reviews::form_of(&shared, &audit.form);
    let body = BlindAuditBody::of(&audit, task, values, form.as_deref());
    Ok(([(header::CACHE_CONTROL, "private, no-store")], Json(body)).into_response())
}

async fn disputed_values(shared: &Shared, actor: &Actor, audit: &Audit) -> Result<Vec<String>, Problem> {
    let key = &audit.drawn.field;
    if shared.sensitive.contains(&audit.form, key) {
        let subject = format!("{}/{}/{key} blind-audit", audit.job, audit.page);
        shared.api.store.record(actor, "field.reveal", &subject).await?;
    }
    let reading = reading_of(shared, actor, audit).await?;
    Ok(audit.state.values(audit.drawn.kind, &reading))
}

/// What was read in the audited field.
async fn reading_of(shared: &Shared, actor: &Actor, audit: &Audit) -> Result<String, Problem> {
    let page = page_reading(shared, actor, audit.job, audit.page).await?;
    let field = page.fields.get(&audit.drawn.field);
    let field = field.ok_or(Problem::new(ErrorCode::Internal))?;
    Ok(field.text.clone())
}

/// 借りている欄に書かれている値を送る。読み取りと違うときは、別の人が決める。
#[utoipa::path(
    put, path = "/v1/blind-audits/{id}/{page}/{key}", operation_id = "answer_blind_audit", tag = "acceptance",
    security(("token" = [])),
    params(
        ("id" = Uuid, Path),
        ("page" = u32, Path, description = "1 からのページ番号"),
        ("key" = String, Path, description = "欄のキー"),
    ),
    request_body = BlindAnswerBody,
    responses(
        (status = 200, description = "結果", body = BlindVerdictBody),
        (status = 409, description = "終わった確認、自分の値、またはほかの人が確認中", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 412, description = "他の人が先に答えた", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn answer(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids((job, page, key)): Ids<(JobId, u32, String)>,
    JsonBody(body): JsonBody<BlindAnswerBody>,
) -> Result<Json<BlindVerdictBody>, Problem> {
    let actor = &signed.actor;
    let at = AuditPlace {
        job,
        page,
        field: &key,
    };
    let audit = shared.api.acceptance.audit(actor, at).await?;
    let reading = reading_of(&shared, actor, &audit).await?;
    let after = audit
        .state
        .answered(actor.user, audit.drawn.kind, &reading, &body.text)
        .map_err(refused)?;
    let answer = AuditAnswer {
        at,
        before: &audit.state,
        after: &after,
        terms: acceptance::terms_of(&shared, &audit.form),
    };
    let standing = match shared.api.acceptance.answer_audit(actor, &answer).await {
        // It was there a moment ago: the person has been given the readings since, or it was withdrawn.
        Err(StoreError::NotFound) => {
            let sentence = "この用紙の読み取り結果をすでに見ているか、抜き取り確認が取りやめになりました。次に進んでください。";
            return Err(Problem::new(ErrorCode::Conflict).detail(sentence));
        }
        answered => answered?,
    };
    if after.verdict() == Some(Verdict::Wrong) {
        recount(&shared, actor, job, page).await?;
    }
    let form = reviews::form_of(&shared, &audit.form);
    Ok(Json(BlindVerdictBody::of(&after, &standing, form.as_deref())))
}

/// Counts a sheet anew whose value an audit has put right.
async fn recount(shared: &Shared, actor: &Actor, job: JobId, page: u32) -> Result<(), Problem> {
    let opened = reviews::load(shared, actor, job, page).await?;
    if let Some(figures) = reviews::counts(&opened.review) {
        let store = &shared.api.store;
        store.recount_sheet(actor, job, page, &figures).await?;
    }
    Ok(())
}

fn refused(refusal: AuditRefusal) -> Problem {
    Problem::new(ErrorCode::Conflict).detail(refusal.sentence_ja())
}
