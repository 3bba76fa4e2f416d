//! The review of a forms job: the next sheet for me, decisions, undo, figures.
//!
//! Promises: two people never have the same sheet at once; nothing is decided on a state that its author did not
//! see; a masked value is shown only for a reason, which the audit chain has first.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::id::JobId;
use shoki_core::review::{FieldFigures, ReviewAction, ReviewRefusal, Standing, figures};

use crate::acceptance;
use crate::extract::signed::{ReadContents, WriteContents};
use crate::extract::version::{tag, version_of};
use crate::extract::{Ids, JsonBody, Signed};
use crate::problem::{Problem, ProblemBody};
use crate::reviews::{self, LOCK, Opened};
use crate::state::Shared;
use crate::wire::review::{
    DecisionBody, FieldRateBody, FieldReviewBody, RevealBody, ReviewBody, ReviewFiguresBody, SheetBody,
    SheetHeadBody, View,
};
use crate::wire::transcript::UndoBody;

/// Longest reason, characters.
const MAX_REASON_CHARS: usize = 200;

/// 確認の進み具合を返す。
#[utoipa::path(
    get, path = "/v1/jobs/{id}/review", operation_id = "show_review", tag = "review", security(("token" = [])),
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "結果", body = ReviewBody),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
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
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
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
    params(("id" = Uuid, Path), ("page" = u32, Path, description = "1 からのページ番号")),
    responses(
        (status = 200, description = "結果", body = SheetBody, headers(("etag" = String))),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn sheet(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids((job, page)): Ids<(JobId, u32)>,
) -> Result<Response, Problem> {
    let opened = reviews::load(&shared, &signed.actor, job, page).await?;
    Ok(answer(&shared, &signed.actor, job, &opened))
}

/// 一つの欄の値を決める(承認・訂正・保留・判読不能)。
#[utoipa::path(
    put, path = "/v1/jobs/{id}/review/sheets/{page}/fields/{key}", operation_id = "decide_field", tag = "review",
    security(("token" = [])),
    params(
        ("id" = Uuid, Path),
        ("page" = u32, Path, description = "1 からのページ番号"),
        ("key" = String, Path, description = "欄のキー"),
        ("If-Match" = String, Header, description = "もとにした用紙の ETag"),
    ),
    request_body = DecisionBody,
    responses(
        (status = 200, description = "決めた", body = SheetBody, headers(("etag" = String))),
        (status = 409, description = "ほかの人が確認中、または今は決められない", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 412, description = "他の人が先に変更した", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn decide(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids((job, page, key)): Ids<(JobId, u32, String)>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<DecisionBody>,
) -> Result<Response, Problem> {
    let sentence = "「correct」には「text」を付け、ほかの決定には付けないでください。";
    let decision = body
        .decision()
        .ok_or_else(|| Problem::new(ErrorCode::OptionUnusable).detail(sentence))?;
    let action = ReviewAction::Decide { field: key, decision };
    change(&shared, &signed.actor, job, page, &headers, action).await
}

/// 自分が決めた内容を一つ取り消す。
#[utoipa::path(
    post, path = "/v1/jobs/{id}/review/sheets/{page}/undo", operation_id = "undo_decision", tag = "review",
    security(("token" = [])),
    params(
        ("id" = Uuid, Path),
        ("page" = u32, Path, description = "1 からのページ番号"),
        ("If-Match" = String, Header, description = "もとにした用紙の ETag"),
    ),
    request_body = UndoBody,
    responses(
        (status = 200, description = "取り消した", body = SheetBody, headers(("etag" = String))),
        (status = 412, description = "他の人が先に変更した", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn undo(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids((job, page)): Ids<(JobId, u32)>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<UndoBody>,
) -> Result<Response, Problem> {
    let actor = &signed.actor;
    let opened = reviews::change(&shared, actor, job, (page, version_of(&headers)?), |review| {
        let own = || review.last_own(actor.user);
        let sequence = body.sequence.or_else(own);
        let sequence = sequence.ok_or_else(|| reviews::refused(ReviewRefusal::NothingToUndo))?;
        Ok(ReviewAction::Undo { sequence })
    });
    Ok(answer(&shared, actor, job, &opened.await?))
}

/// 用紙の確認を完了にし、借りている用紙を返す。
#[utoipa::path(
    post, path = "/v1/jobs/{id}/review/sheets/{page}/finish", operation_id = "finish_sheet", tag = "review",
    security(("token" = [])),
    params(
        ("id" = Uuid, Path),
        ("page" = u32, Path, description = "1 からのページ番号"),
        ("If-Match" = String, Header, description = "もとにした用紙の ETag"),
    ),
    responses(
        (status = 200, description = "完了にした", body = SheetBody, headers(("etag" = String))),
        (status = 409, description = "決まっていない欄がある", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn finish(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids((job, page)): Ids<(JobId, u32)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    change(&shared, &signed.actor, job, page, &headers, ReviewAction::Finish).await
}

/// 完了にした用紙を開き直す。決めた内容は残る。
#[utoipa::path(
    post, path = "/v1/jobs/{id}/review/sheets/{page}/reopen", operation_id = "reopen_sheet", tag = "review",
    security(("token" = [])),
    params(
        ("id" = Uuid, Path),
        ("page" = u32, Path, description = "1 からのページ番号"),
        ("If-Match" = String, Header, description = "もとにした用紙の ETag"),
    ),
    responses(
        (status = 200, description = "開き直した", body = SheetBody, headers(("etag" = String))),
        (status = 409, description = "完了していない", body = ProblemBody, content_type = "application/problem+json"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn reopen(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids((job, page)): Ids<(JobId, u32)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    change(&shared, &signed.actor, job, page, &headers, ReviewAction::Reopen).await
}

/// 借りている用紙を、途中のまま返す。
#[utoipa::path(
    post, path = "/v1/jobs/{id}/review/sheets/{page}/release", operation_id = "release_sheet", tag = "review",
    security(("token" = [])),
    params(("id" = Uuid, Path), ("page" = u32, Path, description = "1 からのページ番号")),
    responses(
        (status = 204, description = "返した"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn release(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids((job, page)): Ids<(JobId, u32)>,
) -> Result<StatusCode, Problem> {
    shared.api.store.release_sheet(&signed.actor, job, page).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// 伏せてある値(個人番号など)を、理由を付けて見る。見たことは監査記録に残る。
#[utoipa::path(
    post, path = "/v1/jobs/{id}/review/sheets/{page}/fields/{key}/reveal", operation_id = "reveal_field",
    tag = "review", security(("token" = [])),
    params(
        ("id" = Uuid, Path),
        ("page" = u32, Path, description = "1 からのページ番号"),
        ("key" = String, Path, description = "欄のキー"),
    ),
    request_body = RevealBody,
    responses(
        (status = 200, description = "結果", body = FieldReviewBody),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn reveal(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids((job, page, key)): Ids<(JobId, u32, String)>,
    JsonBody(body): JsonBody<RevealBody>,
) -> Result<Response, Problem> {
    let reason = body.reason.trim();
    let length = reason.chars().count();
    if length == 0 || length > MAX_REASON_CHARS || reason.chars().any(char::is_control) {
        let sentence =
            format!("「reason」に、見る理由を1文字以上{MAX_REASON_CHARS}文字以内で入力してください。");
        return Err(Problem::new(ErrorCode::OptionUnusable).detail(sentence));
    }
    let opened = reviews::load(&shared, &signed.actor, job, page).await?;
    if opened.review.is_under_audit(&key) {
        return Err(reviews::refused(ReviewRefusal::UnderAudit));
    }
    let view = View {
        masked: &|_| false,
        ..view(&shared, &signed.actor, job, &opened)
    };
    let field = FieldReviewBody::of(&opened.review, &key, &view).ok_or(Problem::new(ErrorCode::NotFound))?;
    let subject = format!("{job}/{page}/{key} {reason}");
    shared
        .api
        .store
        .record(&signed.actor, "field.reveal", &subject)
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
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
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
    job: JobId,
    page: u32,
    headers: &HeaderMap,
    action: ReviewAction,
) -> Result<Response, Problem> {
    let at = (page, version_of(headers)?);
    let opened = reviews::change(shared, actor, job, at, |_| Ok(action)).await?;
    Ok(answer(shared, actor, job, &opened))
}

fn view<'a>(shared: &'a Shared, actor: &'a Actor, job: JobId, opened: &Opened) -> View<'a> {
    View {
        job,
        actor,
        form: reviews::form_of(shared, &opened.sheet.form),
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
        (header::ETAG, tag(opened.review.version())),
        (
            header::CACHE_CONTROL,
            axum::http::HeaderValue::from_static("private, no-store"),
        ),
    ];
    (head, body).into_response()
}
