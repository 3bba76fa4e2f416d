//! 課, people and accounts on the wire. Passwords go in and never out.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shoki_core::access::Role;
use shoki_core::id::{DepartmentId, UserId};
use shoki_store::account_store::{Account, AccountSource};
use utoipa::ToSchema;

use crate::people::Staff;

/// A 課 with its people.
#[derive(Debug, Serialize, ToSchema)]
pub struct StaffBody {
    /// Id of the 課.
    #[schema(value_type = uuid::Uuid)]
    pub department_id: DepartmentId,
    /// Its name.
    pub department: String,
    /// Its people.
    pub people: Vec<PersonBody>,
}

/// A person in a 課.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonBody {
    /// Id.
    #[schema(value_type = uuid::Uuid)]
    pub user_id: UserId,
    /// Name.
    pub name: String,
    /// `clerk`, `department_admin`, `system_admin` or `auditor`.
    #[schema(value_type = String, example = "clerk")]
    pub role: Role,
    /// The role in words.
    pub role_label: &'static str,
    /// With which name the person signs in to the pages; absent without an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<String>,
    /// Where the account is from: `local`, `ldap` or `oidc`; absent without an account.
    #[schema(value_type = Option<String>, example = "local")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'static str>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_label: Option<&'static str>,
    /// The account was put out of use here.
    pub disabled: bool,
    /// No sign-in before this instant: too many wrong passwords.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locked_until: Option<Timestamp>,
}

impl StaffBody {
    /// As of `now`.
    #[must_use]
    pub fn of(staff: Staff, now: Timestamp) -> Self {
        let people = staff.people.into_iter().map(|(user, account)| {
            let locked = account.as_ref().and_then(|account| account.locked_until);
            let source = account.as_ref().map(|account| account.source);
            let is_disabled = |account: &Account| account.disabled_at.is_some();
            PersonBody {
                user_id: user.id,
                name: user.name,
                role: user.role,
                role_label: user.role.label_ja(),
                source: source.map(AccountSource::as_str),
                source_label: source.map(AccountSource::label_ja),
                disabled: account.as_ref().is_some_and(is_disabled),
                sign_in: account.map(|account| account.name),
                locked_until: locked.filter(|until| *until > now),
            }
        });
        Self {
            department_id: staff.department.id,
            people: people.collect(),
            department: staff.department.name,
        }
    }
}

/// A new 課.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDepartmentBody {
    /// Its name, unique in the office.
    pub name: String,
}

/// With which name and (new) password somebody signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccountBody {
    /// Unique in the office.
    pub sign_in: String,
    /// Ten characters or more.
    #[schema(write_only)]
    pub password: String,
}

impl std::fmt::Debug for NewAccountBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewAccountBody").finish_non_exhaustive()
    }
}

/// A new person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPersonBody {
    /// The 課; the own one unless told.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub department_id: Option<DepartmentId>,
    /// Name, unique in the 課.
    pub name: String,
    /// `clerk`, `department_admin`, `system_admin` or `auditor`.
    #[schema(value_type = String, example = "clerk")]
    pub role: Role,
    /// The account; without one the person cannot sign in to the pages.
    pub account: Option<NewAccountBody>,
}

/// The account of a person who has none.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountOfBody {
    /// The person.
    #[schema(value_type = uuid::Uuid)]
    pub user_id: UserId,
    /// Unique in the office.
    pub sign_in: String,
    /// Ten characters or more.
    #[schema(write_only)]
    pub password: String,
}

impl std::fmt::Debug for AccountOfBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountOfBody")
            .field("user_id", &self.user_id)
            .finish_non_exhaustive()
    }
}
