//! The seam behind which auto-accept lives: where fields stand, blind audits, what they found.
//!
//! As `JobStore`: every method is one transaction with its audit event, sees the rows of the actor's 課 only,
//! and is held by a contract suite (`acceptance_store_contract!`).

use std::collections::BTreeMap;

use async_trait::async_trait;
use shoki_core::acceptance::{AcceptTerms, Acceptance};
use shoki_core::access::Actor;
use shoki_core::calibration::{Calibration, Comparison};
use shoki_core::id::{DepartmentId, JobId};

use crate::acceptance_model::{
    AcceptanceEvent, Audit, AuditAnswer, AuditPlace, CalibrationVersion, FieldAcceptance, NewPlan,
};
use crate::error::StoreError;

/// Auto-accept of the fields of forms.
#[async_trait]
pub trait AcceptanceStore: Send + Sync + std::fmt::Debug {
    /// The fields of the own 課 that have a state, an audit or a result, by form and field.
    /// `terms` by form; those of a form that is not among them are the usual ones.
    async fn acceptance(
        &self,
        actor: &Actor,
        terms: &BTreeMap<String, AcceptTerms>,
    ) -> Result<Vec<FieldAcceptance>, StoreError>;
    /// The state of the fields of the own 課 that have ever moved, by form and field; all others are proving.
    async fn moved_fields(&self, actor: &Actor)
    -> Result<BTreeMap<(String, String), Acceptance>, StoreError>;
    /// How a field came to stand where it stands, oldest first.
    async fn acceptance_history(
        &self,
        actor: &Actor,
        form: &str,
        field: &str,
    ) -> Result<Vec<AcceptanceEvent>, StoreError>;
    /// Switches a field on (it is to be proven anew) or off by a person's word. Nothing happens when it is so
    /// already.
    async fn switch_acceptance(
        &self,
        actor: &Actor,
        form: &str,
        field: &str,
        on: bool,
        terms: AcceptTerms,
    ) -> Result<FieldAcceptance, StoreError>;
    /// Gives the actor an audit for [`crate::acceptance_model::AUDIT_LOCK`]: the one the actor has, else the
    /// one that has waited longest, that is free, that is not about the actor's own value and of whose job the
    /// actor has not been given the readings; `None` when there is none.
    async fn next_audit(&self, actor: &Actor) -> Result<Option<Audit>, StoreError>;
    /// One audit. `NotFound` where there is none.
    async fn audit(&self, actor: &Actor, at: AuditPlace<'_>) -> Result<Audit, StoreError>;
    /// The audits of a job, or of one page of it, by page and field.
    async fn audits_of(&self, actor: &Actor, job: JobId, page: Option<u32>)
    -> Result<Vec<Audit>, StoreError>;
    /// Takes an answer; when the audit has ended with it, it counts, and the field may move: what waits for
    /// nobody yet is withdrawn when it stops. `VersionChanged` when somebody was faster, `Locked` when
    /// somebody else has it, `NotFound` when the actor has been given the readings of the job meanwhile.
    async fn answer_audit(
        &self,
        actor: &Actor,
        answer: &AuditAnswer<'_>,
    ) -> Result<FieldAcceptance, StoreError>;
    /// Records that the actor is given the readings of a whole job; nothing is recorded while no audit of the
    /// job is open.
    async fn record_sight(&self, actor: &Actor, job: JobId) -> Result<(), StoreError>;
    /// The calibrations that a 課 has learnt, oldest first; the last that is not withdrawn counts.
    async fn calibrations(&self, department: DepartmentId) -> Result<Vec<CalibrationVersion>, StoreError>;
    /// Puts a calibration in the place of the one that counts (local administrator: no actor): what is on is
    /// to be proven anew, because other readings pass. `VersionChanged` when `after` is not the last version.
    async fn keep_calibration(
        &self,
        department: DepartmentId,
        after: u32,
        calibration: &Calibration,
        comparison: &Comparison,
    ) -> Result<CalibrationVersion, StoreError>;
    /// Takes back the calibration that counts; the one before it counts again, and what is on is to be proven
    /// anew. `NotFound` where only the shipped one is left.
    async fn withdraw_calibration(&self, department: DepartmentId) -> Result<CalibrationVersion, StoreError>;
    /// Gives an open sheet another plan. `VersionChanged` when rows were added meanwhile.
    async fn replan_sheet(&self, actor: &Actor, job: JobId, plan: &NewPlan) -> Result<(), StoreError>;
}
