//! `AcceptanceStore` for `SqliteStore`: each method is one transaction around one function of the aggregate.

use std::collections::BTreeMap;

use async_trait::async_trait;
use shoki_core::acceptance::{AcceptTerms, Acceptance};
use shoki_core::access::Actor;
use shoki_core::calibration::{Calibration, Comparison};
use shoki_core::id::{DepartmentId, JobId};

use super::job_store::{in_read, in_write};
use super::{SqliteStore, acceptance, reviews};
use crate::acceptance_model::{
    AcceptanceEvent, Audit, AuditAnswer, AuditPlace, CalibrationVersion, FieldAcceptance, NewPlan,
};
use crate::acceptance_store::AcceptanceStore;
use crate::error::StoreError;

#[async_trait]
impl AcceptanceStore for SqliteStore {
    async fn acceptance(
        &self,
        actor: &Actor,
        terms: &BTreeMap<String, AcceptTerms>,
    ) -> Result<Vec<FieldAcceptance>, StoreError> {
        in_read!(self, acceptance::all, actor, terms)
    }

    async fn moved_fields(
        &self,
        actor: &Actor,
    ) -> Result<BTreeMap<(String, String), Acceptance>, StoreError> {
        in_read!(self, acceptance::moved, actor)
    }

    async fn acceptance_history(
        &self,
        actor: &Actor,
        form: &str,
        field: &str,
    ) -> Result<Vec<AcceptanceEvent>, StoreError> {
        in_read!(self, acceptance::history, actor, form, field)
    }

    async fn switch_acceptance(
        &self,
        actor: &Actor,
        form: &str,
        field: &str,
        on: bool,
        terms: AcceptTerms,
    ) -> Result<FieldAcceptance, StoreError> {
        in_write!(self, acceptance::switch, actor, (form, field), on, &terms)
    }

    async fn next_audit(&self, actor: &Actor) -> Result<Option<Audit>, StoreError> {
        in_write!(self, acceptance::next, actor)
    }

    async fn audit(&self, actor: &Actor, at: AuditPlace<'_>) -> Result<Audit, StoreError> {
        in_read!(self, acceptance::one, actor, at)
    }

    async fn audits_of(
        &self,
        actor: &Actor,
        job: JobId,
        page: Option<u32>,
    ) -> Result<Vec<Audit>, StoreError> {
        in_read!(self, acceptance::of_job, actor, job, page)
    }

    async fn answer_audit(
        &self,
        actor: &Actor,
        answer: &AuditAnswer<'_>,
    ) -> Result<FieldAcceptance, StoreError> {
        in_write!(self, acceptance::answer, actor, answer)
    }

    async fn record_sight(&self, actor: &Actor, job: JobId) -> Result<(), StoreError> {
        in_write!(self, acceptance::record_sight, actor, job)
    }

    async fn calibrations(&self, department: DepartmentId) -> Result<Vec<CalibrationVersion>, StoreError> {
        in_read!(self, acceptance::calibrations, department)
    }

    async fn keep_calibration(
        &self,
        department: DepartmentId,
        after: u32,
        calibration: &Calibration,
        comparison: &Comparison,
    ) -> Result<CalibrationVersion, StoreError> {
        in_write!(
            self,
            acceptance::keep_calibration,
            department,
            after,
            (calibration, comparison)
        )
    }

    async fn withdraw_calibration(&self, department: DepartmentId) -> Result<CalibrationVersion, StoreError> {
        in_write!(self, acceptance::withdraw_calibration, department)
    }

    async fn replan_sheet(&self, actor: &Actor, job: JobId, plan: &NewPlan) -> Result<(), StoreError> {
        in_write!(self, reviews::replan, actor, job, plan)
    }
}
