//! `ReviewStore` for `SqliteStore`.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use shoki_core::access::Actor;
use shoki_core::id::JobId;
use shoki_core::review::SheetFigures;

use super::job_store::{in_read, in_write};
use super::{SqliteStore, meeting_figures, review_figures, reviews};
use crate::error::StoreError;
use crate::review_store::{MeetingFigures, ReviewFigures, ReviewStore};

#[async_trait]
impl ReviewStore for SqliteStore {
    async fn review_figures(&self, actor: &Actor, bounds: &[Timestamp]) -> Result<ReviewFigures, StoreError> {
        in_read!(self, review_figures::between, actor, bounds)
    }

    async fn meeting_figures(
        &self,
        actor: &Actor,
        bounds: &[Timestamp],
    ) -> Result<MeetingFigures, StoreError> {
        in_read!(self, meeting_figures::between, actor, bounds)
    }

    async fn recount_sheet(
        &self,
        actor: &Actor,
        job: JobId,
        page: u32,
        figures: &SheetFigures,
    ) -> Result<(), StoreError> {
        in_write!(self, review_figures::recount, actor, job, page, figures)
    }

    async fn keep_sheet(
        &self,
        actor: &Actor,
        job: JobId,
        page: u32,
        lease: SignedDuration,
    ) -> Result<(), StoreError> {
        in_write!(self, reviews::keep, actor, job, page, lease)
    }
}
