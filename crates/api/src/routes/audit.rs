//! The audit chain, oldest first. An auditor sees all of it, a 課管理者 the rows of the own 課.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::jobs::rows;
use crate::cursor;
use crate::extract::signed::ReadAudit;
use crate::extract::{Search, Signed};
use crate::problem::{Problem, ProblemBody};
use crate::state::Shared;
use crate::wire::Page;
use crate::wire::audit::AuditBody;

/// Which part of the chain.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Rows in the answer, 1–200; 50 unless told.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// 監査記録を古い順に返す。
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
    let listed_as = ("audit", signed.actor.department, signed.actor.role);
    let after = match &query.cursor {
        None => 0,
        Some(text) => u128::from_be_bytes(cursor::decode(text, &listed_as)?),
    };
    let after = u64::try_from(after).unwrap_or(u64::MAX);
    let listed = shared.api.store.audit_events(&signed.actor, after, rows).await?;
    let next_cursor = match listed.rows.last() {
        Some(last) if listed.more => Some(cursor::encode(
            u128::from(last.sequence).to_be_bytes(),
            &listed_as,
        )),
        _ => None,
    };
    Ok(Json(Page {
        items: listed.rows.into_iter().map(AuditBody::from).collect(),
        next_cursor,
    }))
}
