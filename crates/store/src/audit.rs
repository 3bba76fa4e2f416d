//! The audit chain: how a row's hash is made, and how a chain is checked.
//!
//! `hash = SHA-256(previous ‖ canonical bytes)`; canonical bytes are length-prefixed, so no two rows
//! share them. The chain shows edited, deleted and reordered rows; only the signed checkpoints in a
//! second place (`checkpoint`) show a truncated tail or a chain that was rewritten as a whole.
//! Never: names or contents in a row, ids only.

mod checkpoint;
mod key;
pub mod search;
mod verify;

pub use checkpoint::{Checkpoint, Checkpoints};
pub use key::AuditKey;
pub use verify::{Divergence, Verified, VerifyError, verify};

use shoki_core::digest::Sha256;
use shoki_core::id::{DepartmentId, UserId};

use crate::model::AuditEvent;

/// What the first row's `previous` is.
pub const GENESIS: Sha256 = Sha256::from_bytes([0; 32]);

/// Starts every row's canonical bytes: the format's name and version.
const FORMAT: &[u8] = b"shoki-audit-1";

/// The hash of `event` after `event.previous`.
#[must_use]
pub fn hash_of(event: &AuditEvent) -> Sha256 {
    let user = event.user.as_ref().map(UserId::as_uuid);
    let department = event.department.as_ref().map(DepartmentId::as_uuid);
    let sequence = event.sequence.to_be_bytes();
    let at = event.at.as_microsecond().to_be_bytes();
    let fields: [&[u8]; 7] = [
        FORMAT,
        &sequence,
        &at,
        user.map_or(&[], |id| id.as_bytes()),
        department.map_or(&[], |id| id.as_bytes()),
        event.action.as_bytes(),
        event.subject.as_bytes(),
    ];
    let mut bytes = Vec::with_capacity(256);
    bytes.extend_from_slice(event.previous.as_bytes());
    for field in fields {
        let length = u32::try_from(field.len()).unwrap_or(u32::MAX);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(field);
    }
    Sha256::of(&bytes)
}
