//! The seam to what somebody practises with.
//!
//! A trait beside [`crate::JobStore`], implemented by the same store. Promise: what comes of a practice document is in
//! no figure. Never: another 課's.

use async_trait::async_trait;
use shoki_core::access::Actor;
use shoki_core::id::{DocumentId, UserId};

use crate::error::StoreError;

/// Documents to practise with.
#[async_trait]
pub trait PracticeStore: Send + Sync + std::fmt::Debug {
    /// Marks a document of the own 課, before a job begins on it.
    async fn mark_practice(&self, actor: &Actor, document: DocumentId) -> Result<(), StoreError>;
    /// The 課's practice documents and whose they are, oldest first.
    async fn practice(&self, actor: &Actor) -> Result<Vec<(DocumentId, UserId)>, StoreError>;
}
