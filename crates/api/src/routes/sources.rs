//! Sources of the law desk: list, revisions, full text on a day, 新旧, removal.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::civil::Date;
use serde::Deserialize;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::id::{RevisionId, SourceId};
use shoki_store::StoreError;
use shoki_store::corpus_model::{Importer, Revision};
use utoipa::IntoParams;
use uuid::Uuid;

use super::jobs::rows;
use crate::difference::difference;
use crate::extract::signed::{DeleteContents, ReadContents};
use crate::extract::{Ids, Search, Signed};
use crate::problem::{Problem, ProblemBody};
use crate::state::Shared;
use crate::wire::Page;
use crate::wire::difference::DifferenceBody;
use crate::wire::source::{RevisionBody, SourceBody, TextBody};
use crate::{cursor, japan};

/// Which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SourcesQuery {
    /// Rows in the answer, 1–200; 50 unless told.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// 検索できる法令・通知などの一覧を名前順に返す。
#[utoipa::path(
    get, path = "/v1/sources", operation_id = "list_sources", tag = "law_desk", security(("token" = [])),
    params(SourcesQuery),
    responses(
        (status = 200, description = "結果", body = Page<SourceBody>),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn list(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Search(query): Search<SourcesQuery>,
) -> Result<Json<Page<SourceBody>>, Problem> {
    let rows = rows(query.limit)?;
    let department = signed.actor.department;
    let listed_as = ("sources", department);
    let after = match &query.cursor {
        None => None,
        Some(text) => Some(SourceId::from_uuid(Uuid::from_bytes(cursor::decode(
            text, &listed_as,
        )?))),
    };
    let page = shared.api.corpus.sources_page(department, after, rows).await;
    let listed = match page {
        // The last source of the page before was removed: where to go on is not known any more.
        Err(StoreError::NotFound) => return Err(Problem::new(ErrorCode::InvalidCursor)),
        page => page?,
    };
    let next_cursor = match listed.rows.last() {
        Some(last) if listed.more => Some(cursor::encode(*last.id.as_uuid().as_bytes(), &listed_as)),
        _ => None,
    };
    Ok(Json(Page {
        items: listed
            .rows
            .into_iter()
            .map(|source| SourceBody::of(source, &signed.actor))
            .collect(),
        next_cursor,
    }))
}

/// 法令・通知の版を新しい順に返す。
#[utoipa::path(
    get, path = "/v1/sources/{id}/revisions", operation_id = "list_revisions", tag = "law_desk",
    security(("token" = [])),
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "結果", body = Vec<RevisionBody>),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn revisions(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(id): Ids<SourceId>,
) -> Result<Json<Vec<RevisionBody>>, Problem> {
    let revisions = shared.api.corpus.revisions(signed.actor.department, id).await?;
    let bodies = revisions
        .into_iter()
        .map(|revision| RevisionBody::of(revision, &signed.actor));
    Ok(Json(bodies.collect()))
}

/// Which day.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DayQuery {
    /// The day, `YYYY-MM-DD`; today in Japan unless told.
    #[param(value_type = Option<String>, format = Date)]
    as_of: Option<Date>,
}

/// ある日に効力のあった全文を、条ごとの位置とともに返す。
#[utoipa::path(
    get, path = "/v1/sources/{id}/text", operation_id = "show_text", tag = "law_desk", security(("token" = [])),
    params(("id" = Uuid, Path), DayQuery),
    responses(
        (status = 200, description = "結果", body = TextBody),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn text(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(id): Ids<SourceId>,
    Search(query): Search<DayQuery>,
) -> Result<Json<TextBody>, Problem> {
    let day = query
        .as_of
        .unwrap_or_else(|| japan::day_of(shared.api.store.now()));
    let full = shared
        .api
        .corpus
        .full_text(signed.actor.department, id, day)
        .await?;
    Ok(Json(TextBody::of(full, &signed.actor)))
}

/// Which two revisions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DifferenceQuery {
    /// The older revision.
    #[param(value_type = Uuid)]
    from: RevisionId,
    /// The newer revision.
    #[param(value_type = Uuid)]
    to: RevisionId,
}

/// 二つの版の違い(新旧対照)を条ごとに返す。
#[utoipa::path(
    get, path = "/v1/sources/{id}/difference", operation_id = "show_difference", tag = "law_desk",
    security(("token" = [])),
    params(("id" = Uuid, Path), DifferenceQuery),
    responses(
        (status = 200, description = "結果", body = DifferenceBody),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn show_difference(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
    Ids(id): Ids<SourceId>,
    Search(query): Search<DifferenceQuery>,
) -> Result<Json<DifferenceBody>, Problem> {
    let body = compared(&shared, &signed.actor, id, query.from, query.to).await?;
    Ok(Json(body))
}

/// What two revisions of a source say differently.
pub(crate) async fn compared(
    shared: &Shared,
    actor: &Actor,
    id: SourceId,
    from: RevisionId,
    to: RevisionId,
) -> Result<DifferenceBody, Problem> {
    let corpus = &shared.api.corpus;
    let revisions = corpus.revisions(actor.department, id).await?;
    let older = pick(&revisions, from, actor)?;
    let newer = pick(&revisions, to, actor)?;
    let before = corpus.passages(actor.department, from, 0..u32::MAX).await?;
    let after = corpus.passages(actor.department, to, 0..u32::MAX).await?;
    // A whole law takes some 100 ms of computing: not on a thread that serves others.
    let compared =
        tokio::task::spawn_blocking(move || DifferenceBody::of(older, newer, difference(&before, &after)));
    compared.await.map_err(|_| Problem::new(ErrorCode::Internal))
}

fn pick(revisions: &[Revision], id: RevisionId, actor: &Actor) -> Result<RevisionBody, Problem> {
    let found = revisions.iter().find(|revision| revision.id == id);
    let revision = found.ok_or(Problem::new(ErrorCode::NotFound))?;
    Ok(RevisionBody::of(revision.clone(), actor))
}

/// 自分の課が取り込んだ法令・通知を、すべての版とともに削除する。
#[utoipa::path(
    delete, path = "/v1/sources/{id}", operation_id = "delete_source", tag = "law_desk",
    security(("token" = [])),
    params(("id" = Uuid, Path)),
    responses(
        (status = 204, description = "削除した"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn delete(
    State(shared): State<Shared>,
    signed: Signed<DeleteContents>,
    Ids(id): Ids<SourceId>,
) -> Result<StatusCode, Problem> {
    let importer = Importer::Person(&signed.actor);
    shared.api.corpus.delete_source(importer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
