//! `PracticeStore` for `SqliteStore`: each method is one transaction around one function of `practice`.

use async_trait::async_trait;
use shoki_core::access::Actor;
use shoki_core::id::{DocumentId, UserId};

use super::job_store::{in_read, in_write};
use super::{SqliteStore, practice};
use crate::error::StoreError;
use crate::practice_store::PracticeStore;

#[async_trait]
impl PracticeStore for SqliteStore {
    async fn mark_practice(&self, actor: &Actor, document: DocumentId) -> Result<(), StoreError> {
        in_write!(self, practice::mark, actor, document)
    }

    async fn practice(&self, actor: &Actor) -> Result<Vec<(DocumentId, UserId)>, StoreError> {
        in_read!(self, practice::all, actor)
    }
}
