//! The review of a forms job: the next sheet for me, decisions, undo, figures.
//!
//! Promises: two people never have the same sheet at once; nothing is decided on a state that its author did not
//! see; a masked value is shown only for a reason, which the audit chain has first.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::id::JobId;
use shoki_core::review::{FieldFigures, ReviewAction, ReviewRefusal, Standing, figures};

use crate::acceptance;
use crate::extract::signed::{ReadContents, WriteContents};
use crate::extract::version::{IfMatch, tag};
use crate::extract::{Ids, JsonBody, Signed};
use crate::problem::{AnyProblem, ChangedBefore, Problem, ProblemBody};
use crate::reviews::{self, LOCK, Opened};
use crate::sight::Reason;
use crate::state::Shared;
use crate::wire::review::{
    DecisionBody, FieldRateBody, FieldReviewBody, RevealBody, ReviewBody, ReviewFiguresBody, SheetBody,
    SheetHeadBody, View,
};
use crate::wire::sheet_path::{FieldPath, PagePath};
use crate::wire::transcript::UndoBody;

/// 確認の進み具合を返す。
#[utoipa::path(
    get, path = "/v1/jobs/{id}/review", operation_id = "show_review", tag = "review", security(("token" = [])),
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "結果", body = ReviewBody),
        AnyProblem,
    ),
)]
pub async fn show(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(job): Ids<JobId>,
) -> Result<Json<ReviewBody>, Problem> {
    let sheets = reviews::sheets(&shared, &signed.actor, job).await?;
    let audits = acceptance::of_job(&shared, &signed.actor, job).await?;
    let waiting = audits.values().flat_map(BTreeMap::values);
    let waiting = waiting.filter(|audit| audit.task().is_some()).count();
    let now = shared.api.store.now();
    let count = |holds: &dyn Fn(&Standing) -> bool| {
        let those = sheets.iter().filter(|sheet| holds(&sheet.standing));
        u32::try_from(those.count()).unwrap_or(u32::MAX)
    };
    Ok(Json(ReviewBody {
        sheets_total: count(&|_| true),
        sheets_done: count(&|standing| *standing == Standing::Done),
        fields_open: sheets.iter().map(|sheet| sheet.open_fields).sum(),
        audits_open: u32::try_from(waiting).unwrap_or(u32::MAX),
        sheets: sheets
            .iter()
            .map(|sheet| SheetHeadBody::of(sheet, &signed.actor, now))
            .collect(),
    }))
}

/// 次に確認する用紙を借りて返す。借りている用紙があれば、それを返す。
#[utoipa::path(
    post, path = "/v1/jobs/{id}/review/next", operation_id = "next_sheet", tag = "review",
    security(("token" = [])),
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "次の用紙", body = SheetBody, headers(("etag" = String))),
        (status = 204, description = "今、自分が確認できる用紙はない"),
        AnyProblem,
    ),
)]
pub async fn next(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(job): Ids<JobId>,
) -> Result<Response, Problem> {
    // Recorded, if nobody has looked before.
    reviews::sheets(&shared, &signed.actor, job).await?;
    let Some(sheet) = shared.api.store.next_sheet(&signed.actor, job, LOCK).await? else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let opened = reviews::open(&shared, &signed.actor, job, sheet).await?;
    Ok(answer(&shared, &signed.actor, job, &opened))
}

/// 用紙一枚の確認の状態を返す。
#[utoipa::path(
    get, path = "/v1/jobs/{id}/review/sheets/{page}", operation_id = "show_sheet", tag = "review",
    security(("token" = [])),
    params(PagePath),
    responses(
        (status = 200, description = "結果", body = SheetBody, headers(("etag" = String))),
        AnyProblem,
    ),
)]
pub async fn sheet(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(PagePath { id, page }): Ids<PagePath>,
) -> Result<Response, Problem> {
    let opened = reviews::load(&shared, &signed.actor, id, page).await?;
    Ok(answer(&shared, &signed.actor, id, &opened))
}

/// 一つの欄の値を決める(承認・訂正・保留・判読不能)。
#[utoipa::path(
    put, path = "/v1/jobs/{id}/review/sheets/{page}/fields/{key}", operation_id = "decide_field", tag = "review",
    security(("token" = [])),
    params(FieldPath, IfMatch),
    request_body = DecisionBody,
    responses(
        (status = 200, description = "決めた", body = SheetBody, headers(("etag" = String))),
        (status = 409, description = "ほかの人が確認中、または今は決められない", body = ProblemBody,
            content_type = "application/problem+json"),
        ChangedBefore,
        AnyProblem,
    ),
)]
pub async fn decide(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(place): Ids<FieldPath>,
    at: IfMatch,
    JsonBody(body): JsonBody<DecisionBody>,
) -> Result<Response, Problem> {
    let sentence = "「correct」には「text」を付け、ほかの決定には付けないでください。";
    let decision = body
        .decision()
        .ok_or_else(|| Problem::new(ErrorCode::OptionUnusable).detail(sentence))?;
    let page = place.page();
    let field = place.key;
    change(
        &shared,
        &signed.actor,
        page,
        at,
        ReviewAction::Decide { field, decision },
    )
    .await
}

/// 自分が決めた内容を一つ取り消す。
#[utoipa::path(
    post, path = "/v1/jobs/{id}/review/sheets/{page}/undo", operation_id = "undo_decision", tag = "review",
    security(("token" = [])),
    params(PagePath, IfMatch),
    request_body = UndoBody,
    responses(
        (status = 200, description = "取り消した", body = SheetBody, headers(("etag" = String))),
        ChangedBefore,
        AnyProblem,
    ),
)]
pub async fn undo(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(page): Ids<PagePath>,
    at: IfMatch,
    JsonBody(body): JsonBody<UndoBody>,
) -> Result<Response, Problem> {
    let actor = &signed.actor;
    let opened = reviews::change(&shared, actor, page.id, (page.page, at.version), |review| {
        let own = || review.last_own(actor.user);
        let sequence = body.sequence.or_else(own);
        let sequence = sequence.ok_or_else(|| reviews::refused(ReviewRefusal::NothingToUndo))?;
        Ok(ReviewAction::Undo { sequence })
    });
    Ok(answer(&shared, actor, page.id, &opened.await?))
}

/// 用紙の確認を完了にし、借りている用紙を返す。
#[utoipa::path(
    post, path = "/v1/jobs/{id}/review/sheets/{page}/finish", operation_id = "finish_sheet", tag = "review",
    security(("token" = [])),
    params(PagePath, IfMatch),
    responses(
        (status = 200, description = "完了にした", body = SheetBody, headers(("etag" = String))),
        (status = 409, description = "決まっていない欄がある", body = ProblemBody,
            content_type = "application/problem+json"),
        AnyProblem,
    ),
)]
pub async fn finish(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(page): Ids<PagePath>,
    at: IfMatch,
) -> Result<Response, Problem> {
    change(&shared, &signed.actor, page, at, ReviewAction::Finish).await
}

/// 完了にした用紙を開き直す。決めた内容は残る。
#[utoipa::path(
    post, path = "/v1/jobs/{id}/review/sheets/{page}/reopen", operation_id = "reopen_sheet", tag = "review",
    security(("token" = [])),
    params(PagePath, IfMatch),
    responses(
        (status = 200, description = "開き直した", body = SheetBody, headers(("etag" = String))),
        (status = 409, description = "完了していない", body = ProblemBody, content_type = "application/problem+json"),
        AnyProblem,
    ),
)]
pub async fn reopen(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(page): Ids<PagePath>,
    at: IfMatch,
) -> Result<Response, Problem> {
    change(&shared, &signed.actor, page, at, ReviewAction::Reopen).await
}

/// 借りている用紙を、途中のまま返す。
#[utoipa::path(
    post, path = "/v1/jobs/{id}/review/sheets/{page}/release", operation_id = "release_sheet", tag = "review",
    security(("token" = [])),
    params(PagePath),
    responses(
        (status = 204, description = "返した"),
        AnyProblem,
    ),
)]
pub async fn release(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(PagePath { id, page }): Ids<PagePath>,
) -> Result<StatusCode, Problem> {
    shared.api.store.release_sheet(&signed.actor, id, page).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// 用紙を見ている間に送る。借りている用紙の期限が延び、作業時間に数えられる(1分より長い間は数えない)。
#[utoipa::path(
    post, path = "/v1/jobs/{id}/review/sheets/{page}/activity", operation_id = "keep_sheet", tag = "review",
    security(("token" = [])),
    params(PagePath),
    responses(
        (status = 204, description = "記録した"),
        (status = 409, description = "ほかの人が確認中", body = ProblemBody, content_type = "application/problem+json"),
        AnyProblem,
    ),
)]
pub async fn keep(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(PagePath { id, page }): Ids<PagePath>,
) -> Result<StatusCode, Problem> {
    // Recorded, if nobody has looked before.
    reviews::sheets(&shared, &signed.actor, id).await?;
    shared.api.store.keep_sheet(&signed.actor, id, page, LOCK).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// 伏せてある値(個人番号など)を、理由を付けて見る。見たことは監査記録に残る。
#[utoipa::path(
    post, path = "/v1/jobs/{id}/review/sheets/{page}/fields/{key}/reveal", operation_id = "reveal_field",
    tag = "review", security(("token" = [])),
    params(FieldPath),
    request_body = RevealBody,
    responses(
        (status = 200, description = "結果", body = FieldReviewBody),
        AnyProblem,
    ),
)]
pub async fn reveal(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(place): Ids<FieldPath>,
    JsonBody(body): JsonBody<RevealBody>,
) -> Result<Response, Problem> {
    let reason = Reason::of(&body)?;
    let opened = reviews::load(&shared, &signed.actor, place.id, place.page).await?;
    if opened.review.is_under_audit(&place.key) {
        return Err(reviews::refused(ReviewRefusal::UnderAudit));
    }
    let view = View {
        masked: &|_| false,
        ..view(&shared, &signed.actor, place.id, &opened)
    };
    let field =
        FieldReviewBody::of(&opened.review, &place.key, &view).ok_or(Problem::new(ErrorCode::NotFound))?;
    reason
        .record(&shared, &signed.actor, "field.reveal", &place.to_string())
        .await?;
    let head = [(header::CACHE_CONTROL, "private, no-store")];
    Ok((head, Json(field)).into_response())
}

/// 識字率(文字・欄)と作業時間を、確認が終わった用紙から数えて返す。
#[utoipa::path(
    get, path = "/v1/jobs/{id}/review/figures", operation_id = "show_review_figures", tag = "review",
    security(("token" = [])),
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "結果", body = ReviewFiguresBody),
        AnyProblem,
    ),
)]
pub async fn show_figures(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(job): Ids<JobId>,
) -> Result<Json<ReviewFiguresBody>, Problem> {
    let actor = &signed.actor;
    let mut by_field: BTreeMap<(String, String), FieldFigures> = BTreeMap::new();
    let mut all = FieldFigures::default();
    let mut sheets = 0;
    let (_, reviews) = reviews::all(&shared, actor, job).await?;
    for (form, review) in reviews.into_values() {
        if review.standing() != Standing::Done {
            continue;
        }
        sheets += 1;
        for (key, counted) in figures(&review) {
            all.add(&counted);
            by_field.entry((form.clone(), key)).or_default().add(&counted);
        }
    }
    let spent = shared.api.store.time_on_task(actor, job).await?;
    Ok(Json(ReviewFiguresBody {
        sheets,
        all: all.into(),
        fields: by_field
            .into_iter()
            .map(|((form, key), counted)| FieldRateBody {
                form,
                key,
                rate: counted.into(),
            })
            .collect(),
        seconds: spent.iter().map(|one| one.spent.as_secs()).sum(),
    }))
}

async fn change(
    shared: &Shared,
    actor: &Actor,
    page: PagePath,
    at: IfMatch,
    action: ReviewAction,
) -> Result<Response, Problem> {
    let seen = (page.page, at.version);
    let opened = reviews::change(shared, actor, page.id, seen, |_| Ok(action)).await?;
    Ok(answer(shared, actor, page.id, &opened))
}

/// How this person sees a sheet, nothing masked that [`answer`] masks.
pub(super) fn view<'a>(shared: &Shared, actor: &'a Actor, job: JobId, opened: &'a Opened) -> View<'a> {
    View {
        job,
        actor,
        form: opened.form.as_deref(),
        masked: &|_| true,
        now: shared.api.store.now(),
    }
}

fn answer(shared: &Shared, actor: &Actor, job: JobId, opened: &Opened) -> Response {
    let masked = |key: &str| shared.sensitive.contains(&opened.sheet.form, key);
    let view = View {
        masked: &masked,
        ..view(shared, actor, job, opened)
    };
    let body = Json(SheetBody::of(opened, &view));
    let head = [
        (header::ETAG, tag(opened.version().number())),
        (
            header::CACHE_CONTROL,
            axum::http::HeaderValue::from_static("private, no-store"),
        ),
    ];
    (head, body).into_response()
}
