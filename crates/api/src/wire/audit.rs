//! The audit chain on the wire.

use jiff::Timestamp;
use serde::Serialize;
use shoki_core::id::{DepartmentId, UserId};
use shoki_store::model::AuditEvent;
use utoipa::ToSchema;

/// One row of the audit chain.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditBody {
    /// Position in the chain, from 1 without gaps.
    pub sequence: u64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who; absent for the system and the local administrator.
    #[schema(value_type = Option<uuid::Uuid>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// The 課 it concerns.
    #[schema(value_type = Option<uuid::Uuid>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentId>,
    /// What.
    #[schema(example = "document.delete")]
    pub action: String,
    /// On what: an id, never a name or contents.
    pub subject: String,
    /// Hash of the row before, hexadecimal.
    pub previous: String,
    /// Hash of this row, hexadecimal.
    pub hash: String,
}

/// Whether the chain is what was written.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerificationBody {
    /// Whether it is.
    pub whole: bool,
    /// Rows in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Signed checkpoints that it agrees with.
    pub checkpoints: usize,
    /// In words; the first place where it is not.
    pub message: String,
}

impl From<AuditEvent> for AuditBody {
    fn from(event: AuditEvent) -> Self {
        Self {
            sequence: event.sequence,
            at: event.at,
            user: event.user,
            department: event.department,
            action: event.action,
            subject: event.subject,
            previous: event.previous.to_string(),
            hash: event.hash.to_string(),
        }
    }
}
