//! `FormStore` for `SqliteStore`: each method is one transaction around one function of `office_forms`.

use async_trait::async_trait;
use shoki_core::access::Actor;
use shoki_core::digest::Sha256;
use shoki_core::form::FormDefinition;
use shoki_core::id::DepartmentId;

use super::job_store::{in_read, in_write};
use super::{SqliteStore, form_shares, office_forms};
use crate::error::StoreError;
use crate::form_store::{FormStore, FormUse, OfficeForm};

#[async_trait]
impl FormStore for SqliteStore {
    async fn create_form(
        &self,
        actor: &Actor,
        definition: &FormDefinition,
        blank_png: &[u8],
    ) -> Result<OfficeForm, StoreError> {
        in_write!(self, office_forms::create, actor, definition, blank_png)
    }

    async fn office_forms(&self, actor: &Actor) -> Result<Vec<OfficeForm>, StoreError> {
        in_read!(self, office_forms::all, actor)
    }

    async fn office_form(&self, actor: &Actor, id: &str) -> Result<OfficeForm, StoreError> {
        in_read!(self, office_forms::one, actor, id)
    }

    async fn form_blank(&self, id: &str, sha256: &Sha256) -> Result<Vec<u8>, StoreError> {
        in_read!(self, office_forms::blank, id, sha256)
    }

    async fn save_form(
        &self,
        actor: &Actor,
        id: &str,
        expected: u64,
        definition: &FormDefinition,
    ) -> Result<OfficeForm, StoreError> {
        in_write!(self, office_forms::save, actor, id, expected, definition)
    }

    async fn publish_form(
        &self,
        actor: &Actor,
        id: &str,
        expected: u64,
        note: &str,
    ) -> Result<FormUse, StoreError> {
        in_write!(self, office_forms::publish, actor, id, expected, note)
    }

    async fn use_form(
        &self,
        actor: &Actor,
        id: &str,
        version: Option<u32>,
        note: &str,
    ) -> Result<FormUse, StoreError> {
        in_write!(self, office_forms::take_into_use, actor, id, version, note)
    }

    async fn form_shares(&self, actor: &Actor, id: &str) -> Result<Vec<DepartmentId>, StoreError> {
        in_read!(self, form_shares::shared_with, actor, id)
    }

    async fn share_form(
        &self,
        actor: &Actor,
        id: &str,
        departments: &[DepartmentId],
    ) -> Result<Vec<FormUse>, StoreError> {
        in_write!(self, form_shares::share, actor, id, departments)
    }

    async fn form_history(&self, actor: &Actor, id: &str) -> Result<Vec<FormUse>, StoreError> {
        in_read!(self, office_forms::history, actor, id)
    }

    async fn all_form_uses(&self) -> Result<Vec<FormUse>, StoreError> {
        in_read!(self, office_forms::all_uses)
    }

    async fn delete_form(&self, actor: &Actor, id: &str) -> Result<(), StoreError> {
        in_write!(self, office_forms::delete, actor, id)
    }
}
