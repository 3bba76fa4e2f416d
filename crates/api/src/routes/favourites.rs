//! Passages that a person keeps at hand.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::id::FavouriteId;
use shoki_core::limits::MAX_NOTE_CHARS;
use shoki_store::corpus_model::Favourite;

use crate::extract::signed::{ReadContents, WriteContents};
use crate::extract::{Ids, JsonBody, Signed};
use crate::japan;
use crate::problem::{Problem, ProblemBody};
use crate::state::Shared;
use crate::wire::shelf::{FavouriteBody, NewFavouriteBody};

/// 条文・通知をお気に入りに加える。すでにあるものはメモだけを替える。
#[utoipa::path(
    post, path = "/v1/favourites", operation_id = "add_favourite", tag = "law_desk",
    security(("token" = [])),
    request_body = NewFavouriteBody,
    responses(
        (status = 201, description = "加えた", body = FavouriteBody),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn add(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    JsonBody(new): JsonBody<NewFavouriteBody>,
) -> Result<(StatusCode, Json<FavouriteBody>), Problem> {
    let made = kept(&shared, &signed.actor, new).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// Keeps a passage at hand.
pub(crate) async fn kept(
    shared: &Shared,
    actor: &Actor,
    new: NewFavouriteBody,
) -> Result<Favourite, Problem> {
    if new.note.chars().count() > MAX_NOTE_CHARS {
        let detail = format!("note は {MAX_NOTE_CHARS} 文字までです。");
        return Err(Problem::new(ErrorCode::OptionUnusable).detail(detail));
    }
    let corpus = &shared.api.corpus;
    Ok(corpus.add_favourite(actor, new.passage.into(), &new.note).await?)
}

/// 自分のお気に入りを新しい順に返す。
#[utoipa::path(
    get, path = "/v1/favourites", operation_id = "list_favourites", tag = "law_desk",
    security(("token" = [])),
    responses(
        (status = 200, description = "結果", body = Vec<FavouriteBody>),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn list(
    State(shared): State<Shared>,
    signed: Signed<ReadContents>,
) -> Result<Json<Vec<FavouriteBody>>, Problem> {
    let today = japan::day_of(shared.api.store.now());
    let favourites = shared.api.corpus.favourites(&signed.actor, today).await?;
    Ok(Json(favourites.into_iter().map(FavouriteBody::from).collect()))
}

/// お気に入りから外す。
#[utoipa::path(
    delete, path = "/v1/favourites/{id}", operation_id = "delete_favourite", tag = "law_desk",
    security(("token" = [])),
    params(("id" = Uuid, Path)),
    responses(
        (status = 204, description = "外した"),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn delete(
    State(shared): State<Shared>,
    signed: Signed<WriteContents>,
    Ids(id): Ids<FavouriteId>,
) -> Result<StatusCode, Problem> {
    shared.api.corpus.remove_favourite(&signed.actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
