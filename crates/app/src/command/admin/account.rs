//! `shoki admin account …`: with which name and password people sign in to the pages.
//!
//! A password is read from standard input, never from the command line, where other processes could see it.

use std::io::BufRead as _;

use shoki_api::accounts::{MAX_NAME_CHARS, check_password, hash_password};
use shoki_store::StoreError;
use shoki_store::account_store::AccountSource;

use super::{Office, taken};
use crate::cli::AccountCommand;
use crate::command::Refusal;
use crate::output;

/// Runs the command.
pub(super) async fn run(office: &Office, command: AccountCommand) -> Result<(), Refusal> {
    let store = &office.store;
    match command {
        AccountCommand::Add {
            department,
            user,
            name,
        } => {
            let person = office.find_user(&department, &user).await?;
            let name = name.unwrap_or(user);
            check_name(&name)?;
            let hash = read_password()?;
            store
                .create_account(&name, &hash, person.id)
                .await
                .map_err(|error| in_use(error, &name))?;
            output::line(format!("アカウント「{name}」を作りました。"));
        }
        AccountCommand::Join {
            department,
            user,
            name,
        } => {
            let person = office.find_user(&department, &user).await?;
            store
                .add_person(&name, person.id)
                .await
                .map_err(|error| in_use(error, &name))?;
            output::line(format!(
                "アカウント「{name}」で、課「{department}」の画面も使えます。"
            ));
        }
        AccountCommand::Password { name } => {
            let hash = read_password()?;
            store
                .set_password(&name, &hash)
                .await
                .map_err(|error| in_use(error, &name))?;
            output::line(format!("アカウント「{name}」のパスワードを変えました。"));
        }
        AccountCommand::Disable { name, source } => {
            set_enabled(office, &name, &source, false).await?;
            output::line(format!("アカウント「{name}」を使えないようにしました。"));
        }
        AccountCommand::Enable { name, source } => {
            set_enabled(office, &name, &source, true).await?;
            output::line(format!("アカウント「{name}」を使えるようにしました。"));
        }
        AccountCommand::List => {
            let now = store.now();
            let rows: Vec<_> = store
                .accounts()
                .await?
                .into_iter()
                .map(|(account, people)| {
                    let locked = account.locked_until.is_some_and(|until| until > now);
                    let people: Vec<_> = people
                        .iter()
                        .map(|person| {
                            let role = person.role.label_ja();
                            format!("{} {}({role})", person.department_name, person.name)
                        })
                        .collect();
                    let state = match (account.disabled_at, locked) {
                        (Some(_), _) => "使えません",
                        (None, true) => "一時停止中",
                        (None, false) => "",
                    };
                    let source = account.source.as_str().to_owned();
                    vec![account.name, source, people.join("、"), state.to_owned()]
                })
                .collect();
            output::table(&["サインイン名", "出どころ", "課と職員", "状態"], &rows);
        }
    }
    Ok(())
}

async fn set_enabled(office: &Office, name: &str, source: &str, enabled: bool) -> Result<(), Refusal> {
    let source = AccountSource::parse(source).ok_or_else(|| {
        Refusal::said(format!(
            "出どころ「{source}」はありません。local、ldap、oidc のいずれかにしてください。"
        ))
    })?;
    let done = office.store.set_account_enabled(source, name, enabled).await;
    done.map_err(|error| in_use(error, name))
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let length = name.chars().count();
    let is_usable =
        (1..=MAX_NAME_CHARS).contains(&length) && name.trim() == name && !name.chars().any(char::is_control);
    if is_usable {
        return Ok(());
    }
    Err(Refusal::said(format!(
        "サインイン名は1文字以上{MAX_NAME_CHARS}文字以内で、前後に空白を入れずに付けてください。"
    )))
}

/// The hash of the first line of standard input.
fn read_password() -> Result<String, Refusal> {
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| Refusal::said(format!("標準入力からパスワードを読めません({error})。")))?;
    let password = line.trim_end_matches(['\r', '\n']);
    if let Some(sentence) = check_password(password) {
        return Err(Refusal::said(sentence));
    }
    hash_password(password).ok_or_else(|| Refusal::said("パスワードを保存できる形にできませんでした。"))
}

fn in_use(error: StoreError, name: &str) -> Refusal {
    match error {
        StoreError::AlreadyExists("person") => Refusal::said(
            "この職員にはもうアカウントがあります。「shoki admin account list」で確かめてください。",
        ),
        StoreError::NotFound => Refusal::said(format!(
            "アカウント「{name}」はありません。「shoki admin account list」で確かめてください。"
        )),
        other => taken(other, name),
    }
}
