//! SQL of 課, people and tokens.

use jiff::Timestamp;
use shoki_core::access::{Actor, Role};
use shoki_core::digest::Sha256;
use shoki_core::id::{DepartmentId, TokenId, UserId};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::audit::{self, Who};
use super::connection::{Write, is_unique_violation};
use super::value::{Columns as _, Id as _, corrupt, digest};
use crate::error::StoreError;
use crate::model::{Department, NewToken, Token, User};

const CREATE_DEPARTMENT: &str = "INSERT INTO departments (id, name, created_at) VALUES (?, ?, ?)";
const DEPARTMENTS: &str = "SELECT id, name FROM departments ORDER BY name";
const DEPARTMENT_EXISTS: &str = "SELECT 1 FROM departments WHERE id = ?";
const CREATE_USER: &str =
    "INSERT INTO users (id, department_id, name, role, created_at) VALUES (?, ?, ?, ?, ?)";
const USERS: &str = "SELECT id, department_id, name, role FROM users WHERE department_id = ? ORDER BY name";
const DEPARTMENT_OF_USER: &str = "SELECT department_id FROM users WHERE id = ?";
const CREATE_TOKEN: &str = "INSERT INTO tokens (id, user_id, secret_hash, label, created_at, expires_at)
     VALUES (?, ?, ?, ?, ?, ?)";
const TOKENS: &str =
    "SELECT id, user_id, label, expires_at, revoked_at FROM tokens WHERE user_id = ? ORDER BY id";
const DEPARTMENT_OF_TOKEN: &str =
    "SELECT users.department_id FROM tokens JOIN users ON users.id = tokens.user_id WHERE tokens.id = ?";
const REVOKE_TOKEN: &str = "UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL";
pub(super) const AUTHENTICATE: &str =
    "SELECT tokens.id AS token_id, users.id AS user_id, users.department_id, users.role
     FROM tokens JOIN users ON users.id = tokens.user_id
     WHERE tokens.secret_hash = ? AND tokens.revoked_at IS NULL
       AND (tokens.expires_at IS NULL OR tokens.expires_at > ?)";

pub(super) async fn create_department(write: &mut Write, name: &str) -> Result<Department, StoreError> {
    let department = Department {
        id: DepartmentId::generate(),
        name: name.to_owned(),
    };
    let now = write.now_micros();
    sqlx::query(CREATE_DEPARTMENT)
        .bind(department.id.blob())
        .bind(name)
        .bind(now)
        .execute(write.connection())
        .await
        .map_err(|error| taken(error, "department"))?;
    audit::append(
        write,
        Who::system(department.id),
        "department.create",
        &department.id,
    )
    .await?;
    Ok(department)
}

pub(super) async fn departments(read: &mut SqliteConnection) -> Result<Vec<Department>, StoreError> {
    let rows = sqlx::query(DEPARTMENTS).fetch_all(read).await?;
    rows.iter()
        .map(|row| {
            Ok(Department {
                id: row.id("id")?,
                name: row.text("name")?,
            })
        })
        .collect()
}

pub(super) async fn create_user(
    write: &mut Write,
    department: DepartmentId,
    name: &str,
    role: Role,
) -> Result<User, StoreError> {
    sqlx::query(DEPARTMENT_EXISTS)
        .bind(department.blob())
        .fetch_optional(write.connection())
        .await?
        .ok_or(StoreError::NotFound)?;
    let user = User {
        id: UserId::generate(),
        department,
        name: name.to_owned(),
        role,
    };
    let now = write.now_micros();
    sqlx::query(CREATE_USER)
        .bind(user.id.blob())
        .bind(department.blob())
        .bind(name)
        .bind(role.as_str())
        .bind(now)
        .execute(write.connection())
        .await
        .map_err(|error| taken(error, "user"))?;
    audit::append(write, Who::system(department), "user.create", &user.id).await?;
    Ok(user)
}

pub(super) async fn users(
    read: &mut SqliteConnection,
    department: DepartmentId,
) -> Result<Vec<User>, StoreError> {
    let rows = sqlx::query(USERS).bind(department.blob()).fetch_all(read).await?;
    rows.iter()
        .map(|row| {
            Ok(User {
                id: row.id("id")?,
                department: row.id("department_id")?,
                name: row.text("name")?,
                role: role(row)?,
            })
        })
        .collect()
}

pub(super) async fn create_token(write: &mut Write, new: NewToken) -> Result<Token, StoreError> {
    let owner = sqlx::query(DEPARTMENT_OF_USER)
        .bind(new.user.blob())
        .fetch_optional(write.connection())
        .await?
        .ok_or(StoreError::NotFound)?;
    let department = owner.id("department_id")?;
    let token = Token {
        id: TokenId::generate(),
        user: new.user,
        label: new.label,
        expires_at: new.expires_at.map(whole_micros),
        revoked_at: None,
    };
    let now = write.now_micros();
    sqlx::query(CREATE_TOKEN)
        .bind(token.id.blob())
        .bind(token.user.blob())
        .bind(digest(&new.secret_hash))
        .bind(&token.label)
        .bind(now)
        .bind(token.expires_at.map(Timestamp::as_microsecond))
        .execute(write.connection())
        .await
        .map_err(|error| taken(error, "token"))?;
    audit::append(write, Who::system(department), "token.create", &token.id).await?;
    Ok(token)
}

pub(super) async fn tokens(read: &mut SqliteConnection, user: UserId) -> Result<Vec<Token>, StoreError> {
    let rows = sqlx::query(TOKENS).bind(user.blob()).fetch_all(read).await?;
    rows.iter()
        .map(|row| {
            Ok(Token {
                id: row.id("id")?,
                user: row.id("user_id")?,
                label: row.text("label")?,
                expires_at: row.time_opt("expires_at")?,
                revoked_at: row.time_opt("revoked_at")?,
            })
        })
        .collect()
}

/// Revoking a second time changes nothing and is no error.
pub(super) async fn revoke_token(write: &mut Write, token: TokenId) -> Result<(), StoreError> {
    let owner = sqlx::query(DEPARTMENT_OF_TOKEN)
        .bind(token.blob())
        .fetch_optional(write.connection())
        .await?
        .ok_or(StoreError::NotFound)?;
    let now = write.now_micros();
    let revoked = sqlx::query(REVOKE_TOKEN)
        .bind(now)
        .bind(token.blob())
        .execute(write.connection())
        .await?;
    if revoked.rows_affected() == 1 {
        audit::append(
            write,
            Who::system(owner.id("department_id")?),
            "token.revoke",
            &token,
        )
        .await?;
    }
    Ok(())
}

pub(super) async fn authenticate(
    read: &mut SqliteConnection,
    secret_hash: &Sha256,
    now: Timestamp,
) -> Result<Option<Actor>, StoreError> {
    let found = sqlx::query(AUTHENTICATE)
        .bind(digest(secret_hash))
        .bind(now.as_microsecond())
        .fetch_optional(read)
        .await?;
    found
        .map(|row| {
            Ok(Actor {
                user: row.id("user_id")?,
                department: row.id("department_id")?,
                role: role(&row)?,
                token: row.id("token_id")?,
            })
        })
        .transpose()
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

/// Instants are kept as whole microseconds; what the caller gets back is what is stored.
fn whole_micros(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).expect("a timestamp's own microseconds are in range")
}
