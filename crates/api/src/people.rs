//! 課, people and their accounts, as those who manage them may see and change them.
//!
//! Promise: a システム管理者 manages every 課; a 課管理者 the people of the own one, and no account that also acts in
//! another. Each change is in the audit log with who made it. Never: a password in a log line or an answer.

use shoki_core::access::{Actor, Role};
use shoki_core::code::ErrorCode;
use shoki_core::id::{DepartmentId, UserId};
use shoki_store::StoreError;
use shoki_store::account_store::{Account, AccountSource, Membership};
use shoki_store::model::{Department, User};

use crate::accounts::{MAX_NAME_CHARS, check_password, hash_password};
use crate::problem::Problem;
use crate::state::Shared;

/// A 課 with its people.
#[derive(Clone, Debug)]
pub struct Staff {
    /// The 課.
    pub department: Department,
    /// Its people by name, each with the account if there is one.
    pub people: Vec<(User, Option<Account>)>,
}

/// A person to be added.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// Where.
    pub department: DepartmentId,
    /// The name in the 課.
    pub name: String,
    /// What the person may do.
    pub role: Role,
}

/// What a role may give to others in a 課.
fn may_manage(actor: &Actor, department: DepartmentId, role: Role) -> bool {
    match actor.role {
        Role::SystemAdmin => true,
        Role::DepartmentAdmin => {
            actor.department == department && matches!(role, Role::Clerk | Role::DepartmentAdmin)
        }
        Role::Clerk | Role::Auditor => false,
    }
}

/// The 課 that the actor manages, by name.
///
/// # Errors
/// What the database says.
pub async fn staff(shared: &Shared, actor: &Actor) -> Result<Vec<Staff>, Problem> {
    let store = &shared.api.store;
    let accounts = store.accounts().await?;
    let account_of = |user: &User| {
        let mut all = accounts.iter();
        let found = all.find(|(_, people)| people.iter().any(|person| person.user == user.id));
        found.map(|(account, _)| account.clone())
    };
    let mut all = Vec::new();
    for department in store.departments().await? {
        if actor.role == Role::SystemAdmin || department.id == actor.department {
            let people = store.users(department.id).await?.into_iter();
            all.push(Staff {
                people: people
                    .map(|user| (account_of(&user), user))
                    .map(|(account, user)| (user, account))
                    .collect(),
                department,
            });
        }
    }
    Ok(all)
}

/// Makes a 課.
///
/// # Errors
/// `forbidden` for others than the システム管理者; `conflict` when the name is taken.
pub async fn add_department(shared: &Shared, actor: &Actor, name: &str) -> Result<Department, Problem> {
    if actor.role != Role::SystemAdmin {
        return Err(Problem::new(ErrorCode::Forbidden));
    }
    let name = usable_name(name)?;
    let made = shared.api.store.create_department(name).await;
    let made = made.map_err(|error| taken(error, name))?;
    record(shared, actor, "people.department", &made.id.to_string()).await?;
    Ok(made)
}

/// Makes a person, and the account with which the person signs in.
///
/// # Errors
/// `forbidden` beyond what the actor manages; `option_unusable` for a name or a password that cannot be used;
/// `conflict` when a name is taken — the person is there then, without an account, if it is the account's.
pub async fn add_person(
    shared: &Shared,
    actor: &Actor,
    person: NewPerson,
    account: Option<(&str, String)>,
) -> Result<User, Problem> {
    if !may_manage(actor, person.department, person.role) {
        return Err(Problem::new(ErrorCode::Forbidden));
    }
    let name = usable_name(&person.name)?;
    let account = match account {
        None => None,
        Some((sign_in, password)) => Some((usable_name(sign_in)?, hashed(password).await?)),
    };
    let store = &shared.api.store;
    if let Some((sign_in, _)) = &account
        && store.account(sign_in).await?.is_some()
    {
        return Err(taken(StoreError::AlreadyExists("account"), sign_in));
    }
    let made = store.create_user(person.department, name, person.role).await;
    let made = made.map_err(|error| taken(error, name))?;
    record(shared, actor, "people.person", &made.id.to_string()).await?;
    if let Some((sign_in, hash)) = account {
        give_account(shared, actor, made.id, sign_in, &hash).await?;
    }
    Ok(made)
}

/// Makes the account of a person who has none.
///
/// # Errors
/// As [`add_person`]; `not_found`.
pub async fn add_account(
    shared: &Shared,
    actor: &Actor,
    user: UserId,
    sign_in: &str,
    password: String,
) -> Result<(), Problem> {
    let all = staff(shared, actor).await?;
    let mut people = all.iter().flat_map(|staff| &staff.people);
    let found = people.find(|(person, _)| person.id == user);
    let (person, _) = found.ok_or(Problem::new(ErrorCode::NotFound))?;
    if !may_manage(actor, person.department, person.role) {
        return Err(Problem::new(ErrorCode::Forbidden));
    }
    let sign_in = usable_name(sign_in)?;
    let hash = hashed(password).await?;
    give_account(shared, actor, user, sign_in, &hash).await
}

async fn give_account(
    shared: &Shared,
    actor: &Actor,
    user: UserId,
    sign_in: &str,
    hash: &str,
) -> Result<(), Problem> {
    let made = shared.api.store.create_account(sign_in, hash, user).await;
    made.map_err(|error| taken(error, sign_in))?;
    record(shared, actor, "people.account", &user.to_string()).await
}

/// Another password of a local account: ends its lock and all its sessions.
///
/// # Errors
/// `not_found` beyond what the actor manages, and for an account of the directory, whose password is not ours; `option_unusable` for a password that cannot be used.
pub async fn set_password(
    shared: &Shared,
    actor: &Actor,
    sign_in: &str,
    password: String,
) -> Result<(), Problem> {
    let all = shared.api.store.accounts().await?;
    let is_meant = |account: &Account| account.source == AccountSource::Local && account.name == sign_in;
    let found = all.iter().find(|(account, _)| is_meant(account));
    let (account, people) = found.ok_or(Problem::new(ErrorCode::NotFound))?;
    let manages = |person: &Membership| may_manage(actor, person.department, person.role);
    if people.is_empty() || !people.iter().all(manages) {
        return Err(Problem::new(ErrorCode::NotFound));
    }
    let hash = hashed(password).await?;
    shared.api.store.set_password(sign_in, &hash).await?;
    record(shared, actor, "people.password", &account.id.to_string()).await
}

async fn record(shared: &Shared, actor: &Actor, action: &str, subject: &str) -> Result<(), Problem> {
    Ok(shared.api.store.record(actor, action, subject).await?)
}

/// The hash of a password that can be used.
async fn hashed(password: String) -> Result<String, Problem> {
    if let Some(sentence) = check_password(&password) {
        return Err(Problem::new(ErrorCode::OptionUnusable).detail(sentence));
    }
    // Some 50 ms of work: not on a thread that others wait for.
    let hashed = tokio::task::spawn_blocking(move || hash_password(&password)).await;
    let hashed = hashed.map_err(|_| Problem::new(ErrorCode::Internal))?;
    hashed.ok_or(Problem::new(ErrorCode::Internal))
}

fn usable_name(name: &str) -> Result<&str, Problem> {
    let name = name.trim();
    let length = name.chars().count();
    if (1..=MAX_NAME_CHARS).contains(&length) && !name.chars().any(char::is_control) {
        return Ok(name);
    }
    let sentence = format!("名前は1文字以上{MAX_NAME_CHARS}文字以内で入れてください。");
    Err(Problem::new(ErrorCode::OptionUnusable).detail(sentence))
}

fn taken(error: StoreError, name: &str) -> Problem {
    match error {
        StoreError::AlreadyExists("person") => Problem::new(ErrorCode::Conflict)
            .detail("この職員にはもうアカウントがあります。パスワードだけを変えてください。"),
        StoreError::AlreadyExists(_) => Problem::new(ErrorCode::Conflict).detail(format!(
            "「{name}」という名前はもう使われています。別の名前にしてください。"
        )),
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use shoki_core::id::TokenId;

    use super::*;

    #[test]
    fn who_manages_whom() {
        let own = DepartmentId::generate();
        let actor = |role| Actor {
            user: UserId::generate(),
            department: own,
            role,
            token: TokenId::generate(),
        };
        let other = DepartmentId::generate();
        for role in Role::ALL {
            assert!(may_manage(&actor(Role::SystemAdmin), other, role));
            assert!(!may_manage(&actor(Role::DepartmentAdmin), other, role));
            assert!(!may_manage(&actor(Role::Clerk), own, role));
            assert!(!may_manage(&actor(Role::Auditor), own, role));
        }
        let given = Role::ALL.map(|role| may_manage(&actor(Role::DepartmentAdmin), own, role));
        assert_eq!(given, [true, true, false, false]);
    }
}
