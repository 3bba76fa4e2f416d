//! `RetentionStore` for `SqliteStore`: each method is one transaction around one function of `retention`,
//! `retention_due` or `deletions`.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use jiff::Timestamp;
use shoki_core::access::Actor;
use shoki_core::digest::Sha256;
use shoki_core::id::{DeletionId, DepartmentId, JobId};
use shoki_core::retention::Material;
use shoki_core::unit::BlobRef;

use super::job_store::{in_read, in_write};
use super::{SqliteStore, deletions, retention, retention_due};
use crate::audit::AuditKey;
use crate::deletion::{Certificate, CertificateRow, Due, Hold, RetentionPeriod, Uncertified};
use crate::error::StoreError;
use crate::model::Listed;
use crate::retention_store::RetentionStore;

#[async_trait]
impl RetentionStore for SqliteStore {
    async fn retention_periods(&self, department: DepartmentId) -> Result<Vec<RetentionPeriod>, StoreError> {
        in_read!(self, retention::periods, department)
    }

    async fn set_retention(
        &self,
        actor: &Actor,
        periods: &[(Material, Option<u32>)],
    ) -> Result<(), StoreError> {
        in_write!(self, retention::set_all, actor, periods)
    }

    async fn hold_job(&self, actor: &Actor, job: JobId, reason: &str) -> Result<(), StoreError> {
        in_write!(self, retention::hold, actor, job, reason)
    }

    async fn release_job(&self, actor: &Actor, job: JobId) -> Result<(), StoreError> {
        in_write!(self, retention::release, actor, job)
    }

    async fn holds(&self, actor: &Actor) -> Result<Vec<Hold>, StoreError> {
        in_read!(self, retention::holds, actor)
    }

    async fn due(&self, department: DepartmentId, at: Timestamp) -> Result<Vec<Due>, StoreError> {
        in_read!(self, retention_due::all, department, at)
    }

    async fn begin_run(&self, department: DepartmentId) -> Result<DeletionId, StoreError> {
        in_write!(self, deletions::begin_run, department)
    }

    async fn delete_due(&self, run: DeletionId, wanted: &[Due]) -> Result<Vec<BlobRef>, StoreError> {
        let mut write = self.begin().await?;
        let freed = deletions::delete_due(&mut write, run, wanted).await?;
        self.scrub_due.store(true, Ordering::Relaxed);
        self.commit(write).await?;
        Ok(freed)
    }

    async fn close_run(&self, run: DeletionId) -> Result<(), StoreError> {
        in_write!(self, deletions::close_run, run)
    }

    async fn uncertified(&self, department: Option<DepartmentId>) -> Result<Vec<Uncertified>, StoreError> {
        in_read!(self, deletions::uncertified, department)
    }

    async fn certify(
        &self,
        deletion: DeletionId,
        in_use: &BTreeSet<Sha256>,
        key: &AuditKey,
    ) -> Result<Option<Certificate>, StoreError> {
        if self.scrub_due.load(Ordering::Relaxed) {
            self.scrub().await;
            if self.scrub_due.load(Ordering::Relaxed) {
                return Ok(None);
            }
        }
        let mut write = self.begin().await?;
        let certificate = deletions::certify(&mut write, deletion, in_use, key).await?;
        self.commit(write).await?;
        Ok(Some(certificate))
    }

    async fn certificates(
        &self,
        actor: &Actor,
        before: Option<DeletionId>,
        rows: u32,
    ) -> Result<Listed<CertificateRow>, StoreError> {
        in_read!(self, deletions::certificates, actor, before, rows)
    }

    async fn certificate(&self, actor: &Actor, id: DeletionId) -> Result<Certificate, StoreError> {
        in_read!(self, deletions::certificate, actor, id)
    }
}
