//! `SortingStore` for `SqliteStore`.

use async_trait::async_trait;
use shoki_core::access::Actor;
use shoki_core::id::JobId;
use shoki_core::sorting::SortingRow;

use super::job_store::{in_read, in_write};
use super::{SqliteStore, sortings};
use crate::error::StoreError;
use crate::sorting_store::{NewSorting, Resorted, SortingStore};

#[async_trait]
impl SortingStore for SqliteStore {
    async fn sort_pages(
        &self,
        actor: &Actor,
        job: JobId,
        decisions: &[NewSorting],
    ) -> Result<Resorted, StoreError> {
        in_write!(self, sortings::sort, actor, job, decisions)
    }

    async fn sortings(&self, actor: &Actor, job: JobId) -> Result<Vec<SortingRow>, StoreError> {
        in_read!(self, sortings::of_job, actor, job)
    }

    async fn sheets_are_recorded(&self, actor: &Actor, job: JobId) -> Result<bool, StoreError> {
        in_read!(self, sortings::are_recorded, actor, job)
    }
}
