//! One field over all sheets of a job (まとめ確認): what is open of it, and many decisions in one request.
//!
//! Promises: every item is decided by itself, on the very version its author saw, or says why it was not; nothing
//! of the rest is lost then; the same request again decides nothing twice; nobody's sheet is taken away or kept by
//! it.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::form::{FieldDefinition, FieldType};
use shoki_core::id::JobId;
use shoki_core::review::{ReviewAction, Standing};
use utoipa::IntoParams;

use super::review::view;
use crate::acceptance::{Ground, flagged_now};
use crate::extract::signed::{ReadContents, WriteContents};
use crate::extract::{Ids, JsonBody, Search, Signed};
use crate::problem::{AnyProblem, Problem, ProblemBody};
use crate::reviews::{self, Opened, form_of};
use crate::state::Shared;
use crate::wire::review::{FieldReviewBody, SheetHeadBody, View};
use crate::wire::review_grid::{
    DecidedBody, DecidedItemBody, DecidedSheetBody, DecisionItemBody, DecisionsBody, GridBody, GridItemBody,
    ItemProblemBody, OpenFieldBody,
};

/// Fields of one part of the grid, unless told.
const USUAL_ITEMS: usize = 100;
/// Most fields of one part of the grid, and most decisions of one request: each is a transaction of its own, some
/// milliseconds on a disk that is told to keep it.
const MAX_ITEMS: usize = 200;

/// Which fields.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GridQuery {
    /// 帳票の id。指定しなければ、すべての帳票
    form: Option<String>,
    /// 欄のキー。`key` と `type` のどちらか一つを指定する
    key: Option<String>,
    /// 欄の種類
    #[serde(rename = "type")]
    #[param(value_type = Option<String>, example = "name")]
    kind: Option<FieldType>,
    /// このページより後から(前の答えの `next`)
    after: Option<u32>,
    /// 一度に返す欄の数の目安(1〜200、指定しなければ 100)。一枚の用紙の欄は分けない
    limit: Option<usize>,
}

/// まだ決まっていない欄を、帳票と欄ごとに数えて返す。
#[utoipa::path(
    get, path = "/v1/jobs/{id}/review/fields", operation_id = "list_open_fields", tag = "review",
    security(("token" = [])),
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "結果", body = Vec<OpenFieldBody>), AnyProblem),
)]
pub async fn fields(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(job): Ids<JobId>,
) -> Result<Json<Vec<OpenFieldBody>>, Problem> {
    let mut counts: BTreeMap<(String, usize, String), u32> = BTreeMap::new();
    for opened in open_sheets(&shared, &signed.actor, job).await? {
        let form = &opened.sheet.form;
        for key in opened.review.open_for(signed.actor.user) {
            let place = place_in_form(&shared, form, key);
            *counts.entry((form.clone(), place, key.to_owned())).or_default() += 1;
        }
    }
    let body = counts.into_iter().map(|((form, _, key), open)| {
        let definition = definition_of(&shared, &form, &key);
        let definition = definition.as_ref();
        OpenFieldBody {
            form_name: form_of(&shared, &form).map(|form| form.name.clone()),
            label: definition.map_or_else(|| key.clone(), |field| field.label.clone()),
            kind: definition.map(|field| field.kind),
            form,
            key,
            open,
        }
    });
    Ok(Json(body.collect()))
}

/// 一つの欄(または一つの種類の欄)の、まだ決まっていないものを、すべての用紙から集めて返す。
#[utoipa::path(
    get, path = "/v1/jobs/{id}/review/grid", operation_id = "show_review_grid", tag = "review",
    security(("token" = [])),
    params(("id" = Uuid, Path), GridQuery),
    responses(
        (status = 200, description = "結果", body = GridBody),
        (status = 422, description = "`key` と `type` のどちらか一つを指定していない", body = ProblemBody,
            content_type = "application/problem+json"),
        AnyProblem,
    ),
)]
pub async fn grid(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(job): Ids<JobId>,
    Search(query): Search<GridQuery>,
) -> Result<Response, Problem> {
    let limit = query.limit.unwrap_or(USUAL_ITEMS);
    if query.key.is_some() == query.kind.is_some() || !(1..=MAX_ITEMS).contains(&limit) {
        let sentence = format!(
            "「key」と「type」のどちらか一つを指定し、「limit」は1から{MAX_ITEMS}までにしてください。"
        );
        return Err(Problem::new(ErrorCode::OptionUnusable).detail(sentence));
    }
    let actor = &signed.actor;
    let (mut items, mut next): (Vec<GridItemBody>, Option<u32>) = (Vec::new(), None);
    for opened in open_sheets(&shared, actor, job).await? {
        let sheet = &opened.sheet;
        let is_of_another = query.form.as_ref().is_some_and(|form| *form != sheet.form);
        if is_of_another || query.after.is_some_and(|after| sheet.page <= after) {
            continue;
        }
        let wanted = |key: &&str| match &query.key {
            Some(wanted) => wanted == key,
            None => definition_of(&shared, &sheet.form, key).map(|field| field.kind) == query.kind,
        };
        let keys: Vec<&str> = opened
            .review
            .open_for(actor.user)
            .into_iter()
            .filter(wanted)
            .collect();
        if keys.is_empty() {
            continue;
        }
        if items.len() + keys.len() > limit && !items.is_empty() {
            next = items.last().map(|item| item.page);
            break;
        }
        items.extend(items_of(&shared, actor, job, &opened, &keys));
    }
    let head = [(header::CACHE_CONTROL, "private, no-store")];
    Ok((head, Json(GridBody { items, next })).into_response())
}

/// 多くの欄を一度に決める。決められなかったものは、その理由を一つずつ返し、ほかのものは決まる。
#[utoipa::path(
    post, path = "/v1/jobs/{id}/review/decisions", operation_id = "decide_fields", tag = "review",
    security(("token" = [])),
    params(("id" = Uuid, Path)),
    request_body = DecisionsBody,
    responses(
        (status = 200, description = "一つずつの結果", body = DecidedBody),
        (status = 422, description = "決定がないか、多すぎる。または決定の形が正しくない", body = ProblemBody,
            content_type = "application/problem+json"),
        AnyProblem,
    ),
)]
pub async fn decide(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(job): Ids<JobId>,
    JsonBody(body): JsonBody<DecisionsBody>,
) -> Result<Json<DecidedBody>, Problem> {
    let actor = &signed.actor;
    let unusable = |sentence: String| Problem::new(ErrorCode::OptionUnusable).detail(sentence);
    if body.items.is_empty() || body.items.len() > MAX_ITEMS {
        let sentence = format!("「items」に、決定を1件から{MAX_ITEMS}件まで入れてください。");
        return Err(unusable(sentence));
    }
    let mut asked = Vec::with_capacity(body.items.len());
    for item in body.items {
        let decision = item.decision.clone().decision().ok_or_else(|| {
            let sentence = "「correct」には「text」を付け、ほかの決定には付けないでください。";
            unusable(format!("{}ページの欄「{}」: {sentence}", item.page, item.key))
        })?;
        let field = item.key.clone();
        asked.push((item, ReviewAction::Decide { field, decision }));
    }
    let mut sheets: BTreeMap<u32, Touched> = sheets_of(&shared, actor, job)
        .await?
        .into_iter()
        .map(|opened| (opened.sheet.page, Touched::of(opened)))
        .collect();
    let mut items = Vec::with_capacity(asked.len());
    for (item, action) in asked {
        let done = decide_one(&shared, actor, job, sheets.get_mut(&item.page), &item, action).await;
        let (result, problem) = match &done {
            Ok(result) => (*result, None),
            Err(problem) => ("refused", Some(problem.into())),
        };
        items.push(DecidedItemBody {
            page: item.page,
            key: item.key,
            result,
            problem,
        });
    }
    sheets.retain(|_, sheet| sheet.is_asked);
    if body.finish {
        for sheet in sheets.values_mut() {
            sheet.finish(&shared, actor, job).await;
        }
    }
    let sheets = sheets.into_values().map(|sheet| sheet.body(actor)).collect();
    Ok(Json(DecidedBody { items, sheets }))
}

/// A sheet that decisions are made on.
struct Touched {
    /// The version that was there before the first of them.
    seen: u64,
    /// As it stands now.
    opened: Opened,
    /// Whether one of the items is of it.
    is_asked: bool,
    /// Why it could not be finished.
    problem: Option<Problem>,
}

impl Touched {
    fn of(opened: Opened) -> Self {
        Self {
            seen: opened.version().number(),
            opened,
            is_asked: false,
            problem: None,
        }
    }

    /// Finishes the person's part, if nothing is open in it.
    async fn finish(&mut self, shared: &Shared, actor: &Actor, job: JobId) {
        let review = &self.opened.review;
        if review.allows(actor.user, &ReviewAction::Finish).is_err() {
            return;
        }
        match reviews::add(shared, actor, job, &self.opened, ReviewAction::Finish, None).await {
            Ok(opened) => self.opened = opened,
            Err(problem) => self.problem = Some(problem),
        }
    }

    fn body(&self, actor: &Actor) -> DecidedSheetBody {
        let Opened { sheet, review, .. } = &self.opened;
        let open = review.open_for(actor.user).len();
        DecidedSheetBody {
            page: sheet.page,
            version: self.opened.version().number(),
            task: SheetHeadBody::task(&review.standing()),
            fields_open: u32::try_from(open).unwrap_or(u32::MAX),
            problem: self.problem.as_ref().map(ItemProblemBody::from),
        }
    }
}

/// Decides one item; `decided`, or `unchanged` where the same person had decided the same before.
async fn decide_one(
    shared: &Shared,
    actor: &Actor,
    job: JobId,
    sheet: Option<&mut Touched>,
    item: &DecisionItemBody,
    action: ReviewAction,
) -> Result<&'static str, Problem> {
    let sheet = sheet.ok_or(Problem::new(ErrorCode::NotFound))?;
    sheet.is_asked = true;
    if item.version != sheet.seen {
        let stands = sheet.opened.review.fields().get(&item.key).is_some_and(|field| {
            field.decisions.iter().any(|(by, decision, _)| {
                *by == actor.user
                    && matches!(&action, ReviewAction::Decide { decision: asked, .. } if asked == decision)
            })
        });
        return if stands {
            Ok("unchanged")
        } else {
            Err(Problem::new(ErrorCode::VersionChanged))
        };
    }
    sheet.opened = reviews::add(shared, actor, job, &sheet.opened, action, None).await?;
    Ok("decided")
}

/// All sheets of a job with their rows, by page.
async fn sheets_of(shared: &Shared, actor: &Actor, job: JobId) -> Result<Vec<Opened>, Problem> {
    let (_, mut reviews) = reviews::all(shared, actor, job).await?;
    let sheets = shared.api.store.review_sheets(actor, job).await?;
    let ground = Ground::of(shared, actor).await?;
    let mut opened = Vec::with_capacity(sheets.len());
    for mut sheet in sheets {
        if let Some((_, review)) = reviews.remove(&sheet.page) {
            let review = flagged_now(shared, actor, &ground, job, &mut sheet, review).await?;
            let form = form_of(shared, &sheet.form);
            opened.push(Opened { sheet, review, form });
        }
    }
    Ok(opened)
}

/// The sheets in which this person may decide something, by page.
async fn open_sheets(shared: &Shared, actor: &Actor, job: JobId) -> Result<Vec<Opened>, Problem> {
    let mut sheets = sheets_of(shared, actor, job).await?;
    sheets.retain(|opened| match opened.review.standing() {
        Standing::Done => false,
        Standing::Open { not_by, .. } => !not_by.contains(&actor.user),
    });
    Ok(sheets)
}

fn items_of(shared: &Shared, actor: &Actor, job: JobId, opened: &Opened, keys: &[&str]) -> Vec<GridItemBody> {
    let masked = |key: &str| shared.sensitive.contains(&opened.sheet.form, key);
    let view = View {
        masked: &masked,
        ..view(shared, actor, job, opened)
    };
    let head = SheetHeadBody::of(&opened.sheet, actor, view.now);
    let item = |key: &&str| {
        Some(GridItemBody {
            page: head.page,
            form: head.form.clone(),
            version: opened.version().number(),
            task: head.task,
            locked_by: head.locked_by,
            crop: format!("/v1/jobs/{job}/pages/{}/crops/{key}", head.page),
            field: FieldReviewBody::of(&opened.review, key, &view)?,
        })
    };
    keys.iter().filter_map(item).collect()
}

fn definition_of(shared: &Shared, form: &str, key: &str) -> Option<FieldDefinition> {
    let form = form_of(shared, form)?;
    form.field(key).cloned()
}

/// Where the field stands on the form; behind all others when it is not defined any more.
fn place_in_form(shared: &Shared, form: &str, key: &str) -> usize {
    let form = form_of(shared, form);
    let place = form.and_then(|form| form.fields.iter().position(|field| field.key == key));
    place.unwrap_or(usize::MAX)
}
