//! `AccountStore` for `SqliteStore`: each method is one transaction around one function of `accounts`.

use async_trait::async_trait;
use shoki_core::digest::Sha256;
use shoki_core::id::{AccountId, UserId};

use super::job_store::{in_read, in_write};
use super::{SqliteStore, accounts, directory_accounts};
use crate::account_store::{
    Account, AccountSource, AccountStore, DirectoryPerson, LockPolicy, Membership, Presence, Session,
    SessionLife,
};
use crate::error::StoreError;

#[async_trait]
impl AccountStore for SqliteStore {
    async fn create_account(
        &self,
        name: &str,
        password_hash: &str,
        user: UserId,
    ) -> Result<Account, StoreError> {
        in_write!(self, accounts::create, name, password_hash, user)
    }

    async fn add_person(&self, name: &str, user: UserId) -> Result<(), StoreError> {
        in_write!(self, accounts::add_person, name, user)
    }

    async fn set_password(&self, name: &str, password_hash: &str) -> Result<(), StoreError> {
        in_write!(self, accounts::set_password, name, password_hash)
    }

    async fn account(&self, name: &str) -> Result<Option<Account>, StoreError> {
        in_read!(self, accounts::by_name, AccountSource::Local, name)
    }

    async fn account_from(&self, source: AccountSource, name: &str) -> Result<Option<Account>, StoreError> {
        in_read!(self, accounts::by_name, source, name)
    }

    async fn admit(
        &self,
        source: AccountSource,
        person: &DirectoryPerson,
    ) -> Result<Option<Account>, StoreError> {
        in_write!(self, directory_accounts::admit, source, person)
    }

    async fn set_account_enabled(
        &self,
        source: AccountSource,
        name: &str,
        enabled: bool,
    ) -> Result<(), StoreError> {
        in_write!(self, directory_accounts::set_enabled, source, name, enabled)
    }

    async fn accounts(&self) -> Result<Vec<(Account, Vec<Membership>)>, StoreError> {
        in_read!(self, accounts::all)
    }

    async fn refuse_sign_in(&self, account: AccountId, policy: LockPolicy) -> Result<(), StoreError> {
        in_write!(self, accounts::refuse_sign_in, account, policy)
    }

    async fn open_session(&self, account: AccountId, secret_hash: &Sha256) -> Result<Session, StoreError> {
        in_write!(self, accounts::open_session, account, secret_hash)
    }

    async fn session(
        &self,
        secret_hash: &Sha256,
        life: SessionLife,
        presence: Presence,
    ) -> Result<Option<Session>, StoreError> {
        let now = self.whole_micros();
        let found: Result<Option<(Session, bool)>, StoreError> =
            in_read!(self, accounts::session, secret_hash, life, now);
        let Some((session, is_due)) = found? else {
            return Ok(None);
        };
        if is_due && presence == Presence::AtDesk {
            let written: Result<(), StoreError> = in_write!(self, accounts::seen, secret_hash);
            written?;
        }
        Ok(Some(session))
    }

    async fn act_as(&self, secret_hash: &Sha256, user: UserId) -> Result<(), StoreError> {
        in_write!(self, accounts::act_as, secret_hash, user)
    }

    async fn end_session(&self, secret_hash: &Sha256) -> Result<(), StoreError> {
        in_write!(self, accounts::end_session, secret_hash)
    }
}
