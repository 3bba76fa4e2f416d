//! SQL of accounts whose people the office's directory knows.
//!
//! Promises: after [`admit`] the account acts exactly where the directory says; whoever was in a 課 before is the
//! same person when the group comes back; nobody of a directory becomes a person that somebody made here, nor a
//! person of another account, however alike their names are. Never: a password.

use shoki_core::access::Role;
use shoki_core::id::{AccountId, DepartmentId, UserId};
use sqlx::sqlite::SqliteConnection;

use super::audit::{self, Who};
use super::connection::Write;
use super::value::{Columns as _, Id as _};
use super::{accounts, people};
use crate::account_store::{Account, AccountSource, DirectoryPerson, Membership};
use crate::error::StoreError;

/// How many people of one name a 課 may have: more is a mistake of the directory.
const NAMESAKES: u32 = 100;

const DEPARTMENT: &str = "SELECT id FROM departments WHERE name = ?";
const KNOWN_PERSON: &str = "SELECT users.id AS user_id, users.name, users.role
     FROM directory_people JOIN users ON users.id = directory_people.user_id
     WHERE directory_people.account_id = ? AND directory_people.department_id = ?";
const NAME_IS_TAKEN: &str = "SELECT 1 FROM users WHERE department_id = ? AND name = ?";
const REMEMBER: &str = "INSERT INTO directory_people (account_id, department_id, user_id) VALUES (?, ?, ?)";
const SET_ROLE: &str = "UPDATE users SET role = ? WHERE id = ?";
const UNLINK: &str = "DELETE FROM account_people WHERE account_id = ? AND user_id = ?";
const END_SESSIONS_AS: &str = "DELETE FROM sessions WHERE account_id = ? AND user_id = ?";
const DISABLE: &str = "UPDATE accounts SET disabled_at = ? WHERE id = ?";

pub(super) async fn admit(
    write: &mut Write,
    source: AccountSource,
    person: &DirectoryPerson,
) -> Result<Option<Account>, StoreError> {
    let known = accounts::by_name(write.connection(), source, &person.name).await?;
    let (account, is_new) = match known {
        Some(account) => (account, false),
        None if person.departments.is_empty() => return Ok(None),
        None => (accounts::insert(write, source, &person.name, None).await?, true),
    };
    let before = accounts::people(write.connection(), account.id).await?;
    let mut now_acts_as = Vec::with_capacity(person.departments.len());
    for (name, role) in &person.departments {
        let department = department(write.connection(), name).await?;
        let user = person_in(write, account.id, department, person, *role).await?;
        if !before.iter().any(|membership| membership.user == user) {
            let action = if is_new {
                "account.create"
            } else {
                "account.person"
            };
            accounts::link(write, account.id, user, action).await?;
        }
        now_acts_as.push(user);
    }
    for membership in &before {
        if !now_acts_as.contains(&membership.user) {
            take_away(write, account.id, membership).await?;
        }
    }
    Ok((!person.departments.is_empty()).then_some(account))
}

async fn department(read: &mut SqliteConnection, name: &str) -> Result<DepartmentId, StoreError> {
    let found = sqlx::query(DEPARTMENT).bind(name).fetch_optional(read).await?;
    found.ok_or(StoreError::NotFound)?.id("id")
}

/// Who the account is in the 課, with the role that the directory says.
async fn person_in(
    write: &mut Write,
    account: AccountId,
    department: DepartmentId,
    person: &DirectoryPerson,
    role: Role,
) -> Result<UserId, StoreError> {
    let known = sqlx::query(KNOWN_PERSON)
        .bind(account.blob())
        .bind(department.blob())
        .fetch_optional(write.connection())
        .await?;
    if let Some(row) = known {
        let user: UserId = row.id("user_id")?;
        if row.text("role")? != role.as_str() {
            sqlx::query(SET_ROLE)
                .bind(role.as_str())
                .bind(user.blob())
                .execute(write.connection())
                .await?;
            audit::append(write, Who::system(department), "user.role", &user).await?;
        }
        return Ok(user);
    }
    let name = free_name(write.connection(), department, person).await?;
    let made = people::create_user(write, department, &name, role).await?;
    sqlx::query(REMEMBER)
        .bind(account.blob())
        .bind(department.blob())
        .bind(made.id.blob())
        .execute(write.connection())
        .await?;
    Ok(made.id)
}

/// The name shown; with the sign-in name, and a number if need be, where the 課 has somebody of that name.
async fn free_name(
    read: &mut SqliteConnection,
    department: DepartmentId,
    person: &DirectoryPerson,
) -> Result<String, StoreError> {
    for attempt in 0..NAMESAKES {
        let name = match attempt {
            0 => person.display_name.clone(),
            1 => format!("{}({})", person.display_name, person.name),
            more => format!("{}({} {more})", person.display_name, person.name),
        };
        let taken = sqlx::query(NAME_IS_TAKEN)
            .bind(department.blob())
            .bind(&name)
            .fetch_optional(&mut *read)
            .await?;
        if taken.is_none() {
            return Ok(name);
        }
    }
    Err(StoreError::AlreadyExists("user"))
}

async fn take_away(write: &mut Write, account: AccountId, membership: &Membership) -> Result<(), StoreError> {
    for statement in [END_SESSIONS_AS, UNLINK] {
        sqlx::query(statement)
            .bind(account.blob())
            .bind(membership.user.blob())
            .execute(write.connection())
            .await?;
    }
    let who = Who::system(membership.department);
    audit::append(write, who, "account.person_removed", &membership.user).await
}

pub(super) async fn set_enabled(
    write: &mut Write,
    source: AccountSource,
    name: &str,
    enabled: bool,
) -> Result<(), StoreError> {
    let account = accounts::by_name(write.connection(), source, name).await?;
    let account = account.ok_or(StoreError::NotFound)?;
    if account.disabled_at.is_none() == enabled {
        return Ok(());
    }
    let since = (!enabled).then(|| write.now_micros());
    sqlx::query(DISABLE)
        .bind(since)
        .bind(account.id.blob())
        .execute(write.connection())
        .await?;
    if !enabled {
        accounts::end_all(write, account.id).await?;
    }
    let department = accounts::owner(write.connection(), account.id).await?.department;
    let action = if enabled {
        "account.enable"
    } else {
        "account.disable"
    };
    audit::append(
        write,
        Who {
            user: None,
            department,
        },
        action,
        &account.id,
    )
    .await
}
