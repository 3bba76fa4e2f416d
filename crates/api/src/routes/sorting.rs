//! 仕分け: how the pages of a job were sorted, and people's decisions about them.
//!
//! Promise: the same request twice is one decision.

use axum::Json;
use axum::extract::State;
use shoki_core::code::ErrorCode;
use shoki_core::id::JobId;
use shoki_store::sorting_store::NewSorting;

use crate::extract::signed::{ReadContents, WriteContents};
use crate::extract::{Ids, JsonBody, Signed};
use crate::problem::{AnyProblem, Problem, ProblemBody};
use crate::reviews::form_of;
use crate::sortings;
use crate::state::Shared;
use crate::wire::job::JobBody;
use crate::wire::sorting::{ResortedBody, SortPageBody, SortPagesBody, SortedPageBody};

/// 各ページの仕分け(帳票・わからない・白紙・開けなかった)と、人が決めた仕分けを返す。
#[utoipa::path(
    get, path = "/v1/jobs/{id}/sorting", operation_id = "show_sorting", tag = "sorting", security(("token" = [])),
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "結果。文書のページ順", body = Vec<SortedPageBody>),
        (status = 409, description = "読み取りがまだ、または終わらなかった", body = ProblemBody,
            content_type = "application/problem+json"),
        AnyProblem,
    ),
)]
pub async fn show(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(job): Ids<JobId>,
) -> Result<Json<Vec<SortedPageBody>>, Problem> {
    let pages = sortings::pages(&shared, &signed.actor, job).await?;
    let body = |page: &sortings::SortedPage| {
        let form = page.reading.form.as_deref();
        let form = form.and_then(|form| form_of(&shared, form));
        SortedPageBody::of(page, form.as_deref())
    };
    Ok(Json(pages.iter().map(body).collect()))
}

/// ページの仕分けを決める。決めたページだけを読み直し、結果を作り直す。同じ内容をもう一度送っても変わらない。
#[utoipa::path(
    put, path = "/v1/jobs/{id}/sorting", operation_id = "sort_pages", tag = "sorting", security(("token" = [])),
    params(("id" = Uuid, Path)),
    request_body = SortPagesBody,
    responses(
        (status = 200, description = "決めた。読み直しが終わるまで、ジョブは進行中になる", body = ResortedBody),
        (status = 409, description = "読み取り中、人が決めた欄がある、または定義が変わった", body = ProblemBody,
            content_type = "application/problem+json"),
        AnyProblem,
    ),
)]
pub async fn sort(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(job): Ids<JobId>,
    JsonBody(body): JsonBody<SortPagesBody>,
) -> Result<Json<ResortedBody>, Problem> {
    let decisions: Option<Vec<NewSorting>> = body.pages.iter().map(SortPageBody::decision).collect();
    let sentence = "「as」が form のときは「form」を付け、ほかのときは付けないでください。";
    let decisions = decisions.ok_or_else(|| Problem::new(ErrorCode::OptionUnusable).detail(sentence))?;
    let sorted = sortings::sort(&shared, &signed.actor, job, decisions).await?;
    Ok(Json(ResortedBody {
        pages: sorted.pages,
        job: JobBody::from(sorted.job),
    }))
}
