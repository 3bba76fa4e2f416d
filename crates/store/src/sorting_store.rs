//! The seam to 仕分け by people: pages of a finished forms job that are to be read anew under a decision.
//!
//! A trait beside [`crate::JobStore`], implemented by the same store and held by its contract suite. Promises: the
//! decision, its audit event, the units that run again and the job's state are one transaction; what people have
//! decided about a sheet is never lost to it.

use async_trait::async_trait;
use shoki_core::access::Actor;
use shoki_core::id::JobId;
use shoki_core::sorting::{PageSorting, SortingRow};
use shoki_core::unit::BlobRef;

use crate::error::StoreError;
use crate::model::Job;

/// A decision about a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSorting {
    /// The page, from 1.
    pub page: u32,
    /// What was decided.
    pub sorting: PageSorting,
}

/// What became of decisions.
#[derive(Clone, Debug, PartialEq)]
pub struct Resorted {
    /// The job as it is now.
    pub job: Job,
    /// Pages that are read again; a decision that stood already changes nothing.
    pub pages: u32,
    /// Blobs that nothing in the 課 refers to any more; the caller deletes those.
    pub orphans: Vec<BlobRef>,
}

/// Decisions about pages.
#[async_trait]
pub trait SortingStore: Send + Sync + std::fmt::Debug {
    /// Takes decisions about pages of a job that has succeeded and has these pages read again; the job's results are
    /// made anew. All of them or none: `Decided` where a sheet has decisions or an answered audit, `Locked` where
    /// somebody has it, `NotFound` for a page that there is not. Nothing happens where the decisions stand already.
    async fn sort_pages(
        &self,
        actor: &Actor,
        job: JobId,
        decisions: &[NewSorting],
    ) -> Result<Resorted, StoreError>;
    /// The decisions about the pages of a job, by page, oldest first.
    async fn sortings(&self, actor: &Actor, job: JobId) -> Result<Vec<SortingRow>, StoreError>;
    /// Whether the sheets of the job were recorded since pages were last read anew.
    async fn sheets_are_recorded(&self, actor: &Actor, job: JobId) -> Result<bool, StoreError>;
}
