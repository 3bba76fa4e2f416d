//! The seam to the forms that a 課 defines itself.
//!
//! A trait beside [`crate::JobStore`], implemented by the same store and held by its contract suite. Every method is
//! one transaction with its audit event. Never: a judgement about a definition (the caller has made it).

use async_trait::async_trait;
use jiff::Timestamp;
use shoki_core::access::Actor;
use shoki_core::digest::Sha256;
use shoki_core::form::FormDefinition;
use shoki_core::id::{DepartmentId, UserId};

use crate::error::StoreError;

/// A form as it is worked on.
#[derive(Clone, Debug, PartialEq)]
pub struct OfficeForm {
    /// Its id, unique in the office.
    pub id: String,
    /// Counts the changes.
    pub version: u64,
    /// May have faults.
    pub definition: FormDefinition,
    /// Its blank page.
    pub blank: Sha256,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// By whom.
    pub updated_by: UserId,
    /// The published version that new jobs are read with.
    pub in_use: Option<u32>,
    /// The newest published version; 0: none.
    pub published: u32,
}

/// A version was taken into use, or the form out of use.
#[derive(Clone, Debug, PartialEq)]
pub struct FormUse {
    /// Counts the uses of the 課.
    pub sequence: u64,
    /// The 課.
    pub department: DepartmentId,
    /// The form.
    pub form: String,
    /// The version that is in use from here on.
    pub version: Option<FormVersion>,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: UserId,
    /// Why, in the person's words.
    pub note: String,
}

/// A published version.
#[derive(Clone, Debug, PartialEq)]
pub struct FormVersion {
    /// As it was published; its own `version` is the number.
    pub definition: FormDefinition,
    /// Its blank page.
    pub blank: Sha256,
}

/// Forms of a 課.
#[async_trait]
pub trait FormStore: Send + Sync + std::fmt::Debug {
    /// Keeps a new form under the definition's id. `AlreadyExists` when the id is taken.
    async fn create_form(
        &self,
        actor: &Actor,
        definition: &FormDefinition,
        blank_png: &[u8],
    ) -> Result<OfficeForm, StoreError>;
    /// The forms of the own 課, by id.
    async fn office_forms(&self, actor: &Actor) -> Result<Vec<OfficeForm>, StoreError>;
    /// One of them.
    async fn office_form(&self, actor: &Actor, id: &str) -> Result<OfficeForm, StoreError>;
    /// A blank page of a form.
    async fn form_blank(&self, id: &str, sha256: &Sha256) -> Result<Vec<u8>, StoreError>;
    /// Another definition of the copy that is worked on. `VersionChanged` unless it is at `expected`.
    async fn save_form(
        &self,
        actor: &Actor,
        id: &str,
        expected: u64,
        definition: &FormDefinition,
    ) -> Result<OfficeForm, StoreError>;
    /// Makes the copy that is worked on the next version and takes it into use. `VersionChanged` unless it is at
    /// `expected`.
    async fn publish_form(
        &self,
        actor: &Actor,
        id: &str,
        expected: u64,
        note: &str,
    ) -> Result<FormUse, StoreError>;
    /// Takes a published version into use again, or with `None` the form out of use.
    async fn use_form(
        &self,
        actor: &Actor,
        id: &str,
        version: Option<u32>,
        note: &str,
    ) -> Result<FormUse, StoreError>;
    /// The 課 that a form of the own 課 is shared with.
    async fn form_shares(&self, actor: &Actor, id: &str) -> Result<Vec<DepartmentId>, StoreError>;
    /// Shares a form of the own 課 with exactly these other 課, and gives what each of them has in use of it from here
    /// on, where that changed. They follow every later use by [`FormStore::publish_form`] and [`FormStore::use_form`].
    async fn share_form(
        &self,
        actor: &Actor,
        id: &str,
        departments: &[DepartmentId],
    ) -> Result<Vec<FormUse>, StoreError>;
    /// What happened to a form of the own 課, newest first.
    async fn form_history(&self, actor: &Actor, id: &str) -> Result<Vec<FormUse>, StoreError>;
    /// All uses of all 課, oldest first in each.
    async fn all_form_uses(&self) -> Result<Vec<FormUse>, StoreError>;
    /// Removes a form that was never published. `AlreadyExists` when it was.
    async fn delete_form(&self, actor: &Actor, id: &str) -> Result<(), StoreError>;
}
