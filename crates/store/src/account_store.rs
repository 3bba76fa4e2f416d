//! Accounts: a sign-in name with a password or a name in the office's directory, the people it acts as (one in each
//! 課), and its sessions.
//!
//! A name is unique per [`AccountSource`]: a directory's name never opens the local account of the same name.
//! Every method is one transaction with its audit event. Never: a password or a session's secret (the caller
//! hashes both), a decision about how long anything lasts (the caller says so).

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use shoki_core::access::{Actor, Role};
use shoki_core::digest::Sha256;
use shoki_core::id::{AccountId, DepartmentId, UserId};

use crate::error::StoreError;

/// Where an account's name is known and its password is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountSource {
    /// Here.
    Local,
    /// The office's LDAP server.
    Ldap,
    /// The office's OpenID provider.
    Oidc,
}

impl AccountSource {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Local, Self::Ldap, Self::Oidc];

    /// The name in SQL, configuration and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Ldap => "ldap",
            Self::Oidc => "oidc",
        }
    }

    /// The word for the screen.
    #[must_use]
    pub const fn label_ja(self) -> &'static str {
        match self {
            Self::Local => "このシステム",
            Self::Ldap => "庁内の認証(LDAP)",
            Self::Oidc => "庁内の認証(OpenID Connect)",
        }
    }

    /// The reverse of [`AccountSource::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == text)
    }
}

/// Somebody's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Id.
    pub id: AccountId,
    /// Where it is from.
    pub source: AccountSource,
    /// Sign-in name, unique in its source.
    pub name: String,
    /// PHC string of the password; only of local accounts.
    pub password_hash: Option<String>,
    /// No sign-in before this instant.
    pub locked_until: Option<Timestamp>,
    /// Since when it is out of use, whatever the directory says.
    pub disabled_at: Option<Timestamp>,
}

/// What the office's directory says of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryPerson {
    /// The name with which the person signs in.
    pub name: String,
    /// The name that is shown.
    pub display_name: String,
    /// The 課, by name, each once, and what the person may do there; none when the person belongs to no group that
    /// works with this service.
    pub departments: Vec<(String, Role)>,
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
    /// Where its account is from.
    pub source: AccountSource,
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
    /// Makes a local account that acts as the person. `AlreadyExists` when the name is taken or the person has one.
    async fn create_account(
        &self,
        name: &str,
        password_hash: &str,
        user: UserId,
    ) -> Result<Account, StoreError>;
    /// Lets a local account also act as a person (of another 課). `AlreadyExists` when the person has one.
    async fn add_person(&self, name: &str, user: UserId) -> Result<(), StoreError>;
    /// Another password of a local account: ends the lock and every session.
    async fn set_password(&self, name: &str, password_hash: &str) -> Result<(), StoreError>;
    /// The local account of a name.
    async fn account(&self, name: &str) -> Result<Option<Account>, StoreError>;
    /// The account of a name in a source.
    async fn account_from(&self, source: AccountSource, name: &str) -> Result<Option<Account>, StoreError>;
    /// Brings the account of a directory's person up to date, made when it is not there: it acts from now on in
    /// the 課 that the directory says, with these roles, and in no other; sessions that act elsewhere end. Without
    /// a 課 the account acts as nobody any more, is not made, and the answer is `None`.
    /// `NotFound` when a 課 is not there; `AlreadyExists` when a person has another account.
    async fn admit(
        &self,
        source: AccountSource,
        person: &DirectoryPerson,
    ) -> Result<Option<Account>, StoreError>;
    /// Puts an account out of use, which ends every session, or into use again. `NotFound`.
    async fn set_account_enabled(
        &self,
        source: AccountSource,
        name: &str,
        enabled: bool,
    ) -> Result<(), StoreError>;
    /// All accounts with the people they act as, by name.
    async fn accounts(&self) -> Result<Vec<(Account, Vec<Membership>)>, StoreError>;
    /// Counts a wrong password, and locks the account where the policy says so.
    async fn refuse_sign_in(&self, account: AccountId, policy: LockPolicy) -> Result<(), StoreError>;
    /// Starts a session as the account's first person, and forgets the failures. `NotFound` when it acts as nobody
    /// or is out of use.
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
