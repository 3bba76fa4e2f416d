//! `shoki admin …`: 課, people, tokens and accounts, made by whoever may write the data directory.
//!
//! Works beside a running service (the database takes turns). Promise: a token's secret is printed once
//! and stored only as a hash.

mod account;
mod retention;

use std::sync::Arc;

use jiff::SignedDuration;
use shoki_core::access::Role;
use shoki_core::digest::Sha256;
use shoki_core::id::TokenId;
use shoki_store::model::{Department, NewToken, User};
use shoki_store::{JobStore, StoreError};

use super::Refusal;
use crate::cli::{AdminCommand, DepartmentCommand, TokenCommand, UserCommand};
use crate::config::Config;
use crate::output;

/// Random bytes of a secret: guessing one is out of reach, so a plain hash of it is enough.
const SECRET_BYTES: usize = 32;
/// Starts every secret, so that one found in a file can be recognised as ours.
const SECRET_PREFIX: &str = "shoki_";

/// Runs an administration command.
///
/// # Errors
/// [`Refusal`]: what to say on standard error.
pub async fn run(config: &Config, command: AdminCommand) -> Result<(), Refusal> {
    let store = super::open_store(config).await?;
    let office = Office {
        store: Arc::clone(&store) as Arc<dyn JobStore>,
    };
    let done = match command {
        AdminCommand::Department(command) => office.department(command).await,
        AdminCommand::User(command) => office.user(command).await,
        AdminCommand::Token(command) => office.token(command).await,
        AdminCommand::Account(command) => account::run(&office, command).await,
        AdminCommand::Retention { dry_run: true } => retention::preview(&office).await,
        AdminCommand::Retention { dry_run: false } => retention::run(config, &office).await,
    };
    store.close().await;
    done
}

struct Office {
    store: Arc<dyn JobStore>,
}

impl Office {
    async fn department(&self, command: DepartmentCommand) -> Result<(), Refusal> {
        match command {
            DepartmentCommand::Add { name } => {
                let made = self
                    .store
                    .create_department(&name)
                    .await
                    .map_err(|error| taken(error, &name))?;
                output::line(format!("課「{name}」を作りました({})。", made.id));
            }
            DepartmentCommand::List => {
                let rows: Vec<_> = self
                    .store
                    .departments()
                    .await?
                    .into_iter()
                    .map(|department| vec![department.id.to_string(), department.name])
                    .collect();
                output::table(&["番号", "課"], &rows);
            }
        }
        Ok(())
    }

    async fn user(&self, command: UserCommand) -> Result<(), Refusal> {
        match command {
            UserCommand::Add {
                department,
                role,
                name,
            } => {
                let department = self.find_department(&department).await?;
                let role = Role::parse(&role).ok_or_else(|| {
                    Refusal::said(format!("役割「{role}」はありません。--help で確かめてください。"))
                })?;
                let made = self
                    .store
                    .create_user(department.id, &name, role)
                    .await
                    .map_err(|error| taken(error, &name))?;
                output::line(format!(
                    "{}「{name}」を作りました({})。",
                    role.label_ja(),
                    made.id
                ));
            }
            UserCommand::List { department } => {
                let department = self.find_department(&department).await?;
                let rows: Vec<_> = self
                    .store
                    .users(department.id)
                    .await?
                    .into_iter()
                    .map(|user| {
                        let role = format!("{}({})", user.role.label_ja(), user.role.as_str());
                        vec![user.id.to_string(), user.name, role]
                    })
                    .collect();
                output::table(&["番号", "名前", "役割"], &rows);
            }
        }
        Ok(())
    }

    async fn token(&self, command: TokenCommand) -> Result<(), Refusal> {
        match command {
            TokenCommand::Create {
                department,
                user,
                label,
                expires_days,
            } => {
                let user = self.find_user(&department, &user).await?;
                let secret = format!(
                    "{SECRET_PREFIX}{}",
                    hex::encode(rand::random::<[u8; SECRET_BYTES]>())
                );
                let expires_at = expires_days
                    .map(|days| self.store.now() + SignedDuration::from_hours(i64::from(days) * 24));
                let token = NewToken {
                    user: user.id,
                    secret_hash: Sha256::of(secret.as_bytes()),
                    label,
                    expires_at,
                };
                let made = self.store.create_token(token).await?;
                output::complain(format!(
                    "トークン {} を作りました。次の行の値は二度と表示されません。安全な場所に控えてください。",
                    made.id
                ));
                output::line(secret);
            }
            TokenCommand::List { department, user } => {
                let user = self.find_user(&department, &user).await?;
                let or_none = |at: Option<jiff::Timestamp>, none: &str| {
                    at.map_or_else(|| none.to_owned(), |at| at.to_string())
                };
                let rows: Vec<_> = self
                    .store
                    .tokens(user.id)
                    .await?
                    .into_iter()
                    .map(|token| {
                        let expires = or_none(token.expires_at, "なし");
                        vec![
                            token.id.to_string(),
                            token.label,
                            expires,
                            or_none(token.revoked_at, ""),
                        ]
                    })
                    .collect();
                output::table(&["番号", "用途", "期限", "無効にした日時"], &rows);
            }
            TokenCommand::Revoke { id } => {
                let id: TokenId = id.parse().map_err(|_| {
                    Refusal::said("トークンの番号が正しくありません。「shoki admin token list」の左の列を指定してください。")
                })?;
                self.store.revoke_token(id).await?;
                output::line(format!("トークン {id} を無効にしました。"));
            }
        }
        Ok(())
    }

    async fn find_department(&self, name: &str) -> Result<Department, Refusal> {
        let departments = self.store.departments().await?;
        departments.into_iter().find(|department| department.name == name).ok_or_else(|| {
            Refusal::said(format!(
                "課「{name}」はありません。「shoki admin department list」で確かめるか、「department add」で作ってください。"
            ))
        })
    }

    async fn find_user(&self, department: &str, name: &str) -> Result<User, Refusal> {
        let department = self.find_department(department).await?;
        let users = self.store.users(department.id).await?;
        users.into_iter().find(|user| user.name == name).ok_or_else(|| {
            Refusal::said(format!(
                "課「{}」に「{name}」という職員はいません。「shoki admin user list」で確かめるか、「user add」で作ってください。",
                department.name
            ))
        })
    }
}

fn taken(error: StoreError, name: &str) -> Refusal {
    match error {
        StoreError::AlreadyExists(_) => Refusal::said(format!(
            "「{name}」という名前はもう使われています。別の名前にしてください。"
        )),
        other => other.into(),
    }
}
