//! The seam to 保存期間: periods, holds, what is due, deletions and their certificates.
//!
//! A trait beside [`crate::JobStore`], implemented by the same store and held by its contract suite. Every method is
//! one transaction with its audit event. The order of a deletion lies in [`crate::retention`]. Never: another 課's.

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::Timestamp;
use shoki_core::access::Actor;
use shoki_core::digest::Sha256;
use shoki_core::id::{DeletionId, DepartmentId, JobId};
use shoki_core::retention::Material;
use shoki_core::unit::BlobRef;

use crate::audit::AuditKey;
use crate::deletion::{Certificate, CertificateRow, Due, Hold, RetentionPeriod, Uncertified};
use crate::error::StoreError;
use crate::model::Listed;

/// How long things are kept, and proof that they are not any more.
#[async_trait]
pub trait RetentionStore: Send + Sync + std::fmt::Debug {
    /// The periods of a 課, in the order of [`Material::ALL`].
    async fn retention_periods(&self, department: DepartmentId) -> Result<Vec<RetentionPeriod>, StoreError>;
    /// Sets the periods of materials of the own 課, days, or with `None` takes them away. What stands already keeps its
    /// day of setting.
    async fn set_retention(
        &self,
        actor: &Actor,
        periods: &[(Material, Option<u32>)],
    ) -> Result<(), StoreError>;
    /// Holds a job of the own 課 (保存延長), or holds it for another reason.
    async fn hold_job(&self, actor: &Actor, job: JobId, reason: &str) -> Result<(), StoreError>;
    /// Lets a job go; nothing happens when it is not held.
    async fn release_job(&self, actor: &Actor, job: JobId) -> Result<(), StoreError>;
    /// The jobs of the own 課 that are held, oldest first.
    async fn holds(&self, actor: &Actor) -> Result<Vec<Hold>, StoreError>;
    /// Everything of a 課 whose period is over at `at`, with what keeps it: oldest first in each material.
    async fn due(&self, department: DepartmentId, at: Timestamp) -> Result<Vec<Due>, StoreError>;

    /// The run of a 課 that is under way (also one that died), or a new one.
    async fn begin_run(&self, department: DepartmentId) -> Result<DeletionId, StoreError>;
    /// Deletes in a run those of `wanted` that are due now and that nothing keeps, and gives back the files that
    /// nothing in the 課 refers to any more. `Locked` when the run was closed.
    async fn delete_due(&self, run: DeletionId, wanted: &[Due]) -> Result<Vec<BlobRef>, StoreError>;
    /// Ends a run; one that deleted nothing is forgotten.
    async fn close_run(&self, run: DeletionId) -> Result<(), StoreError>;
    /// Deletions without a certificate: of one 課 or of all, oldest first.
    async fn uncertified(&self, department: Option<DepartmentId>) -> Result<Vec<Uncertified>, StoreError>;
    /// Writes the certificate of a closed deletion whose freed files are gone but for those `in_use` again; the one
    /// that there is when it was written before. `None` while a reader keeps deleted rows in the write-ahead log:
    /// try again later.
    async fn certify(
        &self,
        deletion: DeletionId,
        in_use: &BTreeSet<Sha256>,
        key: &AuditKey,
    ) -> Result<Option<Certificate>, StoreError>;
    /// The certificates of the own 課, newest first, older than `before` when given.
    async fn certificates(
        &self,
        actor: &Actor,
        before: Option<DeletionId>,
        rows: u32,
    ) -> Result<Listed<CertificateRow>, StoreError>;
    /// One of them.
    async fn certificate(&self, actor: &Actor, id: DeletionId) -> Result<Certificate, StoreError>;
}
