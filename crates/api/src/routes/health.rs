//! Health for supervisors and load balancers; no sign-in, no contents.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use shoki_core::manifest::ModelHealth;

use crate::search::SearchSender;
use crate::state::Shared;
use crate::wire::health::{CheckBody, LiveBody, ReadyBody};

/// プロセスが応答できるかを返す。
#[utoipa::path(
    get, path = "/livez", operation_id = "live", tag = "health",
    responses((status = 200, description = "結果", body = LiveBody)),
)]
pub async fn live() -> Json<LiveBody> {
    Json(LiveBody { status: "ok" })
}

/// 業務を始められるかを、項目ごとに返す。
#[utoipa::path(
    get, path = "/readyz", operation_id = "ready", tag = "health",
    responses(
        (status = 200, description = "結果", body = ReadyBody),
        (status = 503, description = "準備ができていない", body = ReadyBody),
    ),
)]
pub async fn ready(State(shared): State<Shared>) -> (StatusCode, Json<ReadyBody>) {
    let checks = checks(&shared).await;
    let ready = checks.iter().all(|check| check.ok);
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(ReadyBody { ready, checks }))
}

/// Each item in words.
pub(crate) async fn checks(shared: &Shared) -> Vec<CheckBody> {
    vec![
        models(shared),
        index(shared),
        database(shared).await,
        disk(shared),
        accepting(shared),
    ]
}

fn check(name: &'static str, trouble: Option<String>, good: &str) -> CheckBody {
    CheckBody {
        name,
        ok: trouble.is_none(),
        message: trouble.unwrap_or_else(|| good.to_owned()),
    }
}

fn models(shared: &Shared) -> CheckBody {
    let models = shared.api.models.borrow();
    let first_bad = models.iter().find_map(|model| match &model.health {
        ModelHealth::Ready | ModelHealth::NotInstalled => None,
        ModelHealth::Unusable { code, .. } => Some(format!("{}: {}", model.name, code.sentence_ja())),
    });
    let trouble = if models.is_empty() {
        Some("モデルを確認しています。しばらく待ってください。".to_owned())
    } else {
        first_bad
    };
    check("models", trouble, "すべてのモデルを確認しました。")
}

fn index(shared: &Shared) -> CheckBody {
    let search = shared.api.search.as_ref();
    let trouble = search.and_then(SearchSender::trouble);
    check("index", trouble, "検索の索引を使えます。")
}

async fn database(shared: &Shared) -> CheckBody {
    let trouble = match shared.api.store.check_writable().await {
        Ok(()) => None,
        Err(error) => {
            tracing::error!(%error, "the database takes no writes");
            Some(
                "データベースに書き込めません。保存領域と権限をシステム管理者が確認してください。".to_owned(),
            )
        }
    };
    check("database", trouble, "データベースに書き込めます。")
}

fn disk(shared: &Shared) -> CheckBody {
    let trouble = match shared.api.blobs.check_reserve(0) {
        Ok(()) => None,
        Err(error) => {
            tracing::error!(%error, "the disk reserve is used up");
            Some(
                "保存領域が残りわずかです。不要な文書を削除するか、システム管理者が容量を増やしてください。"
                    .to_owned(),
            )
        }
    };
    check("disk", trouble, "保存領域に余裕があります。")
}

fn accepting(shared: &Shared) -> CheckBody {
    let trouble = shared
        .api
        .shutdown
        .is_cancelled()
        .then(|| "停止の処理をしています。しばらく待ってからやり直してください。".to_owned());
    check("accepting", trouble, "受け付けています。")
}
