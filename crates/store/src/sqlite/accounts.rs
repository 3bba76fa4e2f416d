//! SQL of accounts and sessions.
//!
//! A session that was seen less than a minute ago is not written again: a page with ten pictures is one write.

use jiff::{SignedDuration, Timestamp};
use shoki_core::access::{Actor, Role};
use shoki_core::digest::Sha256;
use shoki_core::id::{AccountId, TokenId, UserId};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::audit::{self, Who};
use super::connection::{Write, is_unique_violation};
use super::value::{Columns as _, Id as _, corrupt, digest};
use crate::account_store::{Account, AccountSource, LockPolicy, Membership, Session, SessionLife};
use crate::error::StoreError;

/// How often a session's last sight is written.
pub(super) const SEEN_EVERY: SignedDuration = SignedDuration::from_secs(60);
/// Sessions of an account that nobody can use any more are removed when it signs in again.
const FORGET_AFTER: SignedDuration = SignedDuration::from_hours(24 * 7);

const CREATE: &str =
    "INSERT INTO accounts (id, source, name, password_hash, created_at) VALUES (?, ?, ?, ?, ?)";
const ADD_PERSON: &str = "INSERT INTO account_people (account_id, user_id) VALUES (?, ?)";
const DEPARTMENT_OF_USER: &str = "SELECT department_id FROM users WHERE id = ?";
const BY_NAME: &str = "SELECT id, source, name, password_hash, locked_until, disabled_at FROM accounts
     WHERE source = ? AND name = ?";
const ALL: &str = "SELECT id, source, name, password_hash, locked_until, disabled_at FROM accounts
     ORDER BY name, source";
const IN_USE: &str = "SELECT source FROM accounts WHERE id = ? AND disabled_at IS NULL";
const SET_PASSWORD: &str =
    "UPDATE accounts SET password_hash = ?, failures = 0, locked_until = NULL WHERE id = ?";
const END_ALL: &str = "DELETE FROM sessions WHERE account_id = ?";
const COUNT_FAILURE: &str = "UPDATE accounts SET failures = failures + 1 WHERE id = ? RETURNING failures";
const LOCK: &str = "UPDATE accounts SET failures = 0, locked_until = ? WHERE id = ?";
const FORGET_FAILURES: &str = "UPDATE accounts SET failures = 0, locked_until = NULL WHERE id = ?";
const OPEN: &str = "INSERT INTO sessions (id, secret_hash, account_id, user_id, created_at, seen_at)
     VALUES (?, ?, ?, ?, ?, ?)";
const REMOVE_OLD: &str = "DELETE FROM sessions WHERE account_id = ? AND seen_at < ?";
pub(super) const PEOPLE: &str =
    "SELECT users.id AS user_id, users.name, users.role, users.department_id, departments.name AS department_name
     FROM account_people JOIN users ON users.id = account_people.user_id
     JOIN departments ON departments.id = users.department_id
     WHERE account_people.account_id = ? ORDER BY departments.name, users.name";
pub(super) const SESSION: &str =
    "SELECT sessions.id, sessions.account_id, sessions.user_id, sessions.created_at, sessions.seen_at,
         users.department_id, users.role, accounts.source
     FROM sessions JOIN users ON users.id = sessions.user_id
     JOIN accounts ON accounts.id = sessions.account_id WHERE sessions.secret_hash = ?";
const SEEN: &str = "UPDATE sessions SET seen_at = ? WHERE secret_hash = ?";
const ACT_AS: &str = "UPDATE sessions SET user_id = ? WHERE secret_hash = ?
       AND EXISTS (SELECT 1 FROM account_people
                   WHERE account_people.account_id = sessions.account_id AND account_people.user_id = ?)";
const END: &str = "DELETE FROM sessions WHERE secret_hash = ?";

pub(super) async fn create(
    write: &mut Write,
    name: &str,
    password_hash: &str,
    user: UserId,
) -> Result<Account, StoreError> {
    let account = insert(write, AccountSource::Local, name, Some(password_hash)).await?;
    link(write, account.id, user, "account.create").await?;
    Ok(account)
}

/// Makes the row; the caller links it to a person.
pub(super) async fn insert(
    write: &mut Write,
    source: AccountSource,
    name: &str,
    password_hash: Option<&str>,
) -> Result<Account, StoreError> {
    let account = Account {
        id: AccountId::generate(),
        source,
        name: name.to_owned(),
        password_hash: password_hash.map(str::to_owned),
        locked_until: None,
        disabled_at: None,
    };
    let now = write.now_micros();
    sqlx::query(CREATE)
        .bind(account.id.blob())
        .bind(source.as_str())
        .bind(name)
        .bind(password_hash)
        .bind(now)
        .execute(write.connection())
        .await
        .map_err(|error| taken(error, "account"))?;
    Ok(account)
}

pub(super) async fn add_person(write: &mut Write, name: &str, user: UserId) -> Result<(), StoreError> {
    let account = by_name(write.connection(), AccountSource::Local, name).await?;
    let account = account.ok_or(StoreError::NotFound)?;
    link(write, account.id, user, "account.person").await
}

/// Lets the account act as the person.
pub(super) async fn link(
    write: &mut Write,
    account: AccountId,
    user: UserId,
    action: &'static str,
) -> Result<(), StoreError> {
    let owner = sqlx::query(DEPARTMENT_OF_USER)
        .bind(user.blob())
        .fetch_optional(write.connection())
        .await?
        .ok_or(StoreError::NotFound)?;
    let department = owner.id("department_id")?;
    sqlx::query(ADD_PERSON)
        .bind(account.blob())
        .bind(user.blob())
        .execute(write.connection())
        .await
        .map_err(|error| taken(error, "person"))?;
    audit::append(write, Who::system(department), action, &user).await
}

pub(super) async fn set_password(
    write: &mut Write,
    name: &str,
    password_hash: &str,
) -> Result<(), StoreError> {
    let account = by_name(write.connection(), AccountSource::Local, name).await?;
    let account = account.ok_or(StoreError::NotFound)?;
    sqlx::query(SET_PASSWORD)
        .bind(password_hash)
        .bind(account.id.blob())
        .execute(write.connection())
        .await?;
    end_all(write, account.id).await?;
    let department = owner(write.connection(), account.id).await?.department;
    let who = Who {
        user: None,
        department,
    };
    audit::append(write, who, "account.password", &account.id).await
}

/// Ends every session of the account.
pub(super) async fn end_all(write: &mut Write, account: AccountId) -> Result<(), StoreError> {
    sqlx::query(END_ALL)
        .bind(account.blob())
        .execute(write.connection())
        .await?;
    Ok(())
}

pub(super) async fn by_name(
    read: &mut SqliteConnection,
    source: AccountSource,
    name: &str,
) -> Result<Option<Account>, StoreError> {
    let found = sqlx::query(BY_NAME)
        .bind(source.as_str())
        .bind(name)
        .fetch_optional(read)
        .await?;
    found.as_ref().map(account).transpose()
}

pub(super) async fn all(read: &mut SqliteConnection) -> Result<Vec<(Account, Vec<Membership>)>, StoreError> {
    let rows = sqlx::query(ALL).fetch_all(&mut *read).await?;
    let mut accounts = Vec::with_capacity(rows.len());
    for row in &rows {
        let account = account(row)?;
        let people = people(&mut *read, account.id).await?;
        accounts.push((account, people));
    }
    Ok(accounts)
}

pub(super) async fn refuse_sign_in(
    write: &mut Write,
    account: AccountId,
    policy: LockPolicy,
) -> Result<(), StoreError> {
    let counted = sqlx::query(COUNT_FAILURE)
        .bind(account.blob())
        .fetch_optional(write.connection())
        .await?
        .ok_or(StoreError::NotFound)?;
    let who = owner(write.connection(), account).await?;
    audit::append(write, who, "session.refused", &account).await?;
    if counted.u32("failures")? < policy.failures {
        return Ok(());
    }
    let until = write.now + policy.pause;
    sqlx::query(LOCK)
        .bind(until.as_microsecond())
        .bind(account.blob())
        .execute(write.connection())
        .await?;
    audit::append(write, who, "account.lock", &account).await
}

pub(super) async fn open_session(
    write: &mut Write,
    account: AccountId,
    secret_hash: &Sha256,
) -> Result<Session, StoreError> {
    let in_use = sqlx::query(IN_USE)
        .bind(account.blob())
        .fetch_optional(write.connection())
        .await?
        .ok_or(StoreError::NotFound)?;
    let source = source(&in_use)?;
    let people = people(write.connection(), account).await?;
    let first = people.first().ok_or(StoreError::NotFound)?;
    let actor = Actor {
        user: first.user,
        department: first.department,
        role: first.role,
        token: TokenId::generate(),
    };
    let (now, old) = (write.now_micros(), write.now - FORGET_AFTER);
    sqlx::query(REMOVE_OLD)
        .bind(account.blob())
        .bind(old.as_microsecond())
        .execute(write.connection())
        .await?;
    sqlx::query(FORGET_FAILURES)
        .bind(account.blob())
        .execute(write.connection())
        .await?;
    sqlx::query(OPEN)
        .bind(actor.token.blob())
        .bind(digest(secret_hash))
        .bind(account.blob())
        .bind(actor.user.blob())
        .bind(now)
        .bind(now)
        .execute(write.connection())
        .await
        .map_err(|error| taken(error, "session"))?;
    audit::append(write, Who::actor(&actor), "session.open", &actor.token).await?;
    Ok(Session {
        actor,
        source,
        people,
    })
}

/// The session, and whether it is time to write that it was seen.
pub(super) async fn session(
    read: &mut SqliteConnection,
    secret_hash: &Sha256,
    life: SessionLife,
    now: Timestamp,
) -> Result<Option<(Session, bool)>, StoreError> {
    let found = sqlx::query(SESSION)
        .bind(digest(secret_hash))
        .fetch_optional(&mut *read)
        .await?;
    let Some(row) = found else {
        return Ok(None);
    };
    let (created_at, seen_at) = (row.time("created_at")?, row.time("seen_at")?);
    if now >= seen_at + life.idle || now >= created_at + life.longest {
        return Ok(None);
    }
    let actor = Actor {
        user: row.id("user_id")?,
        department: row.id("department_id")?,
        role: role(&row)?,
        token: row.id("id")?,
    };
    let session = Session {
        actor,
        source: source(&row)?,
        people: people(read, row.id("account_id")?).await?,
    };
    Ok(Some((session, now >= seen_at + SEEN_EVERY)))
}

pub(super) async fn seen(write: &mut Write, secret_hash: &Sha256) -> Result<(), StoreError> {
    let now = write.now_micros();
    sqlx::query(SEEN)
        .bind(now)
        .bind(digest(secret_hash))
        .execute(write.connection())
        .await?;
    Ok(())
}

pub(super) async fn act_as(write: &mut Write, secret_hash: &Sha256, user: UserId) -> Result<(), StoreError> {
    let changed = sqlx::query(ACT_AS)
        .bind(user.blob())
        .bind(digest(secret_hash))
        .bind(user.blob())
        .execute(write.connection())
        .await?;
    if changed.rows_affected() == 0 {
        return Err(StoreError::NotFound);
    }
    let who = who_has(write.connection(), secret_hash).await?;
    match who {
        Some((who, id)) => audit::append(write, who, "session.act_as", &id).await,
        None => Err(StoreError::NotFound),
    }
}

pub(super) async fn end_session(write: &mut Write, secret_hash: &Sha256) -> Result<(), StoreError> {
    let Some((who, id)) = who_has(write.connection(), secret_hash).await? else {
        return Ok(());
    };
    sqlx::query(END)
        .bind(digest(secret_hash))
        .execute(write.connection())
        .await?;
    audit::append(write, who, "session.close", &id).await
}

async fn who_has(
    read: &mut SqliteConnection,
    secret_hash: &Sha256,
) -> Result<Option<(Who, TokenId)>, StoreError> {
    let found = sqlx::query(SESSION)
        .bind(digest(secret_hash))
        .fetch_optional(read)
        .await?;
    found
        .map(|row| {
            let who = Who {
                user: Some(row.id("user_id")?),
                department: Some(row.id("department_id")?),
            };
            Ok((who, row.id("id")?))
        })
        .transpose()
}

pub(super) async fn people(
    read: &mut SqliteConnection,
    account: AccountId,
) -> Result<Vec<Membership>, StoreError> {
    let rows = sqlx::query(PEOPLE).bind(account.blob()).fetch_all(read).await?;
    rows.iter()
        .map(|row| {
            Ok(Membership {
                user: row.id("user_id")?,
                name: row.text("name")?,
                department: row.id("department_id")?,
                department_name: row.text("department_name")?,
                role: role(row)?,
            })
        })
        .collect()
}

/// The account's first person, for the audit chain; nobody where the directory has taken every 課 away.
pub(super) async fn owner(read: &mut SqliteConnection, account: AccountId) -> Result<Who, StoreError> {
    let people = people(read, account).await?;
    let first = people.into_iter().next();
    Ok(first.map_or_else(Who::default, |person| Who {
        user: Some(person.user),
        department: Some(person.department),
    }))
}

fn account(row: &SqliteRow) -> Result<Account, StoreError> {
    Ok(Account {
        id: row.id("id")?,
        source: source(row)?,
        name: row.text("name")?,
        password_hash: row.text_opt("password_hash")?,
        locked_until: row.time_opt("locked_until")?,
        disabled_at: row.time_opt("disabled_at")?,
    })
}

fn source(row: &SqliteRow) -> Result<AccountSource, StoreError> {
    AccountSource::parse(&row.text("source")?).ok_or_else(|| corrupt("accounts.source", "unknown source"))
}

fn role(row: &SqliteRow) -> Result<Role, StoreError> {
    Role::parse(&row.text("role")?).ok_or_else(|| corrupt("users.role", "unknown role"))
}

fn taken(error: sqlx::Error, what: &'static str) -> StoreError {
    if is_unique_violation(&error) {
        StoreError::AlreadyExists(what)
    } else {
        error.into()
    }
}
