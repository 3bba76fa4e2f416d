//! Rows of auto-accept as values. No SQL here.

use jiff::{SignedDuration, Timestamp};
use shoki_core::acceptance::{AcceptTerms, Acceptance, AcceptanceChange, AuditState, Evidence};
use shoki_core::calibration::{Calibration, Comparison};
use shoki_core::form::FieldType;
use shoki_core::id::{JobId, UserId};
use shoki_core::review::{SheetPlan, SheetVersion};

use crate::model::SheetLock;

/// An audit to be recorded with its sheet.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAudit {
    /// The field's key.
    pub field: String,
    /// What stands in it.
    pub kind: FieldType,
    /// Whether nothing was read there.
    pub is_empty: bool,
    /// Share of the accepted fields that is drawn, 0–1, not 0.
    pub share: f64,
}

/// An audit.
#[derive(Clone, Debug, PartialEq)]
pub struct Audit {
    /// The job.
    pub job: JobId,
    /// The page, from 1.
    pub page: u32,
    /// Id of the form.
    pub form: String,
    /// What was drawn.
    pub drawn: NewAudit,
    /// When.
    pub drawn_at: Timestamp,
    /// Where it stands.
    pub state: AuditState,
    /// Who has it; also one that has run out.
    pub lock: Option<SheetLock>,
}

/// Which audit.
#[derive(Clone, Copy, Debug)]
pub struct AuditPlace<'a> {
    /// The job.
    pub job: JobId,
    /// The page, from 1.
    pub page: u32,
    /// The field's key.
    pub field: &'a str,
}

/// An answer to an audit.
#[derive(Clone, Debug)]
pub struct AuditAnswer<'a> {
    /// Which.
    pub at: AuditPlace<'a>,
    /// How it stood when the answer was made.
    pub before: &'a AuditState,
    /// How it stands with it.
    pub after: &'a AuditState,
    /// The form's terms.
    pub terms: AcceptTerms,
}

/// Flags for a sheet whose fields' auto-accept stopped.
#[derive(Clone, Debug)]
pub struct NewPlan {
    /// The page, from 1.
    pub page: u32,
    /// The sheet when the plan was made.
    pub expected: SheetVersion,
    /// The plan.
    pub plan: SheetPlan,
    /// Fields that are open then.
    pub open_fields: u32,
}

/// Where a field stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldAcceptance {
    /// Id of the form.
    pub form: String,
    /// The field's key.
    pub field: String,
    /// Where it stands.
    pub state: Acceptance,
    /// Since when; `None`: it has never moved.
    pub changed_at: Option<Timestamp>,
    /// What counts now.
    pub evidence: Evidence,
    /// All audits of the field that ended, also those that do not count any more.
    pub audited_ever: u32,
}

/// A line of a field's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptanceEvent {
    /// From 1, without gaps.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// Whose answer or word moved it; `None`: the local administrator.
    pub by: Option<UserId>,
    /// What happened.
    pub change: AcceptanceChange,
}

/// A calibration learnt from a 課's own corrections.
#[derive(Clone, Debug, PartialEq)]
pub struct CalibrationVersion {
    /// From 1; 0 is the shipped one, which has no row.
    pub version: u32,
    /// When it took the place of the one before.
    pub at: Timestamp,
    /// It.
    pub calibration: Calibration,
    /// How it did on held-back corrections beside the one before.
    pub comparison: Comparison,
    /// When it was taken back.
    pub withdrawn_at: Option<Timestamp>,
}

/// How long an audit stays with somebody who is silent.
pub const AUDIT_LOCK: SignedDuration = SignedDuration::from_mins(10);
