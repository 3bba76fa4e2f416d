//! The audit chain. An auditor sees all of it, a 課管理者 the rows of the own 課.

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use serde::Deserialize;
use shoki_core::access::Actor;
use shoki_core::id::UserId;
use shoki_store::audit::search::{AuditSearch, Direction};
use shoki_store::audit::{self, Checkpoints, VerifyError};
use shoki_store::model::AuditEvent;
use utoipa::IntoParams;

use super::figures::beyond;
use super::jobs::rows;
use crate::cursor;
use crate::extract::signed::ReadAudit;
use crate::extract::{Search, Signed};
use crate::japan;
use crate::problem::{AnyProblem, Problem, ProblemBody};
use crate::state::Shared;
use crate::wire::Page;
use crate::wire::audit::{AuditBody, VerificationBody};

/// Which part of the chain.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Rows in the answer, 1–200; 50 unless told.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// 操作の初めの文字。例: `document.`
    action: Option<String>,
    /// 操作した人
    #[param(value_type = Option<uuid::Uuid>)]
    user: Option<UserId>,
    /// 対象の番号
    subject: Option<String>,
    /// 初日 `YYYY-MM-DD`
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// 最後の日
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
    /// `oldest`(古い順)または `newest`(新しい順)。指定しなければ古い順
    #[serde(default)]
    #[param(value_type = Option<String>, example = "newest")]
    order: Order,
}

/// Which way the list goes.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// As the chain grew.
    #[default]
    Oldest,
    /// The last row first.
    Newest,
}

impl AuditQuery {
    fn search(&self) -> Result<AuditSearch, Problem> {
        let start = |day: Date| japan::start_of(day).ok_or_else(beyond);
        let after = |day: Date| day.tomorrow().map_err(|_| beyond()).and_then(start);
        Ok(AuditSearch {
            action: self.action.clone(),
            user: self.user,
            subject: self.subject.clone(),
            from: self.from.map(start).transpose()?,
            until: self.to.map(after).transpose()?,
            direction: match self.order {
                Order::Oldest => Direction::OldestFirst,
                Order::Newest => Direction::NewestFirst,
            },
        })
    }
}

/// 監査記録を返す。操作・人・対象・日で絞り込める。
#[utoipa::path(
    get, path = "/v1/audit", operation_id = "list_audit", tag = "audit", security(("token" = [])),
    params(AuditQuery),
    responses(
        (status = 200, description = "結果", body = Page<AuditBody>),
        (status = "default", description = "誤り", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn list(
    State(shared): State<Shared>,
    signed: Signed<ReadAudit>,
    Search(query): Search<AuditQuery>,
) -> Result<Json<Page<AuditBody>>, Problem> {
    let rows = rows(query.limit)?;
    let search = query.search()?;
    let (items, next_cursor) = found(&shared, &signed.actor, &search, query.cursor.as_deref(), rows).await?;
    Ok(Json(Page {
        items: items.into_iter().map(AuditBody::from).collect(),
        next_cursor,
    }))
}

/// 監査記録の鎖を初めから検証し、食い違いがあれば最初の箇所を返す。
#[utoipa::path(
    post, path = "/v1/audit/verification", operation_id = "verify_audit", tag = "audit", security(("token" = [])),
    responses((status = 200, description = "結果", body = VerificationBody), AnyProblem),
)]
pub async fn verify(
    State(shared): State<Shared>,
    _: Signed<ReadAudit>,
) -> Result<Json<VerificationBody>, Problem> {
    verified(&shared).await.map(Json)
}

/// Whether the whole chain is what was written, and agrees with the signed checkpoints where there are some.
pub(crate) async fn verified(shared: &Shared) -> Result<VerificationBody, Problem> {
    let directory = shared.api.settings.checkpoint_dir.as_deref();
    let checkpoints = directory.map(Checkpoints::open).transpose()?;
    match audit::verify(shared.api.store.as_ref(), checkpoints.as_ref()).await {
        Ok(verified) => Ok(VerificationBody {
            whole: true,
            rows: Some(verified.rows),
            checkpoints: verified.checkpoints,
            message: if checkpoints.is_some() {
                "食い違いはありません。".to_owned()
            } else {
                "食い違いはありません。ただし検証点がないため、末尾の削除は検出できません。".to_owned()
            },
        }),
        Err(VerifyError::Diverged(divergence)) => {
            tracing::error!(%divergence, "the audit chain is not what was written");
            Ok(VerificationBody {
                whole: false,
                rows: None,
                checkpoints: 0,
                message: divergence.sentence_ja(),
            })
        }
        Err(VerifyError::Store(error)) => Err(error.into()),
    }
}

/// Rows that the actor may see, and where the list goes on.
pub(crate) async fn found(
    shared: &Shared,
    actor: &Actor,
    search: &AuditSearch,
    cursor: Option<&str>,
    rows: u32,
) -> Result<(Vec<AuditEvent>, Option<String>), Problem> {
    let listed_as = ("audit", actor.department, actor.role, search);
    let after = match cursor {
        None => None,
        Some(text) => {
            let position = u128::from_be_bytes(cursor::decode(text, &listed_as)?);
            Some(u64::try_from(position).unwrap_or(u64::MAX))
        }
    };
    let listed = shared.api.store.audit_events(actor, search, after, rows).await?;
    let next_cursor = match listed.rows.last() {
        Some(last) if listed.more => Some(cursor::encode(
            u128::from(last.sequence).to_be_bytes(),
            &listed_as,
        )),
        _ => None,
    };
    Ok((listed.rows, next_cursor))
}
