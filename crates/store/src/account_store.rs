//! Accounts: a sign-in name with a password, the people it acts as (one in each 課), and its sessions.
//!
//! Every method is one transaction with its audit event. Never: a password or a session's secret (the caller
//! hashes both), a decision about how long anything lasts (the caller says so).

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use shoki_core::access::{Actor, Role};
use shoki_core::digest::Sha256;
use shoki_core::id::{AccountId, DepartmentId, UserId};

use crate::error::StoreError;

/// Somebody's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Id.
    pub id: AccountId,
    /// Sign-in name, unique in the office.
    pub name: String,
    /// PHC string of the password.
    pub password_hash: String,
    /// No sign-in before this instant.
    pub locked_until: Option<Timestamp>,
}

/// A person that an account may act as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The person.
    pub user: UserId,
    /// The person's name in the 課.
    pub name: String,
    /// The 課.
    pub department: DepartmentId,
    /// Its name.
    pub department_name: String,
    /// What the person may do there.
    pub role: Role,
}

/// A signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// As whom it acts now.
    pub actor: Actor,
    /// Everybody it may act as, by the 課's name.
    pub people: Vec<Membership>,
}

impl Session {
    /// As whom it acts now, with names.
    #[must_use]
    pub fn person(&self) -> Option<&Membership> {
        self.people.iter().find(|person| person.user == self.actor.user)
    }
}

/// When guessing is stopped.
#[derive(Clone, Copy, Debug)]
pub struct LockPolicy {
    /// Failures in a row after which the account is locked.
    pub failures: u32,
    /// For how long.
    pub pause: SignedDuration,
}

/// How long a session lasts.
#[derive(Clone, Copy, Debug)]
pub struct SessionLife {
    /// Without a request.
    pub idle: SignedDuration,
    /// At all.
    pub longest: SignedDuration,
}

/// Whether a request shows that somebody is at the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It does.
    AtDesk,
    /// A page brings itself up to date.
    Background,
}

/// Accounts and sessions.
#[async_trait]
pub trait AccountStore: Send + Sync + std::fmt::Debug {
    /// Makes an account that acts as the person. `AlreadyExists` when the name is taken or the person has one.
    async fn create_account(
        &self,
        name: &str,
        password_hash: &str,
        user: UserId,
    ) -> Result<Account, StoreError>;
    /// Lets an account also act as a person (of another 課). `AlreadyExists` when the person has one.
    async fn add_person(&self, name: &str, user: UserId) -> Result<(), StoreError>;
    /// Another password: ends the lock and every session.
    async fn set_password(&self, name: &str, password_hash: &str) -> Result<(), StoreError>;
    /// The account of a name.
    async fn account(&self, name: &str) -> Result<Option<Account>, StoreError>;
    /// All accounts with the people they act as, by name.
    async fn accounts(&self) -> Result<Vec<(Account, Vec<Membership>)>, StoreError>;
    /// Counts a wrong password, and locks the account where the policy says so.
    async fn refuse_sign_in(&self, account: AccountId, policy: LockPolicy) -> Result<(), StoreError>;
    /// Starts a session as the account's first person, and forgets the failures.
    async fn open_session(&self, account: AccountId, secret_hash: &Sha256) -> Result<Session, StoreError>;
    /// The session of a secret, which is thereby seen if somebody is there; `None` when it is unknown or over.
    async fn session(
        &self,
        secret_hash: &Sha256,
        life: SessionLife,
        presence: Presence,
    ) -> Result<Option<Session>, StoreError>;
    /// Goes on as another person of the account. `NotFound` when it is none of its people.
    async fn act_as(&self, secret_hash: &Sha256, user: UserId) -> Result<(), StoreError>;
    /// Ends a session; nothing happens where there is none.
    async fn end_session(&self, secret_hash: &Sha256) -> Result<(), StoreError>;
}
