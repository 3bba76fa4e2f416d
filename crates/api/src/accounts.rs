//! Signing in: with a name and a password, or by what an OpenID provider says.
//!
//! A local account of the name is asked first and alone: it lets somebody in when the directory does not answer, and
//! its password is never sent anywhere. Every other name is the directory's.
//! Promises: passwords are kept as argon2id only, a directory's not at all; a wrong name says as little as a wrong
//! password; only so many passwords are tried at once, since each takes 19 MiB. Never: a password in a log line.

use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use shoki_core::code::ErrorCode;
use shoki_store::StoreError;
use shoki_store::account_store::{Account, AccountSource, DirectoryPerson};

use crate::directory::{Directory, DirectoryFailure, DirectorySender};
use crate::extract::session::SessionSecret;
use crate::problem::Problem;
use crate::state::Shared;

/// Shortest password, characters.
pub const MIN_PASSWORD_CHARS: usize = 10;
/// Longest password, bytes: a sentence.
pub const MAX_PASSWORD_BYTES: usize = 256;
/// Longest sign-in name, characters.
pub const MAX_NAME_CHARS: usize = 60;
/// Passwords tried at the same time.
pub const TRIES_AT_ONCE: usize = 4;

/// Why nobody was signed in.
#[derive(Debug)]
pub enum Refusal {
    /// Name or password is wrong, or the account is locked: which of them is not told.
    Wrong,
    /// It is known who it is, and the person may not come in; why and whom to ask, in Japanese.
    NotAdmitted(String),
    /// The directory does not say who it is; what to do, in Japanese.
    NoAnswer(&'static str),
    /// Something else.
    Trouble(Problem),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Trouble(problem)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Trouble(error.into())
    }
}

/// Of a password that nobody has.
static NOBODYS: LazyLock<Option<String>> =
    LazyLock::new(|| hash_password(&hex::encode(rand::random::<[u8; 32]>())));

/// The PHC string of a password; `None` when the machine gives no randomness or memory.
#[must_use]
pub fn hash_password(password: &str) -> Option<String> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.ok().map(|hash| hash.to_string())
}

/// What is wrong with a new password, as a sentence; `None` when it can be used.
#[must_use]
pub fn check_password(password: &str) -> Option<String> {
    if password.chars().count() < MIN_PASSWORD_CHARS {
        return Some(format!(
            "パスワードは {MIN_PASSWORD_CHARS} 文字以上にしてください。"
        ));
    }
    if password.len() > MAX_PASSWORD_BYTES || password.chars().any(char::is_control) {
        return Some(format!(
            "パスワードは {MAX_PASSWORD_BYTES} バイト以内で、改行などを入れずに付けてください。"
        ));
    }
    None
}

/// The directory does not answer: what to do.
const NO_ANSWER: &str = "認証サーバーが応答しません。しばらく待ってからやり直してください。続くときはシステム管理者に連絡してください。";
/// Too many sign in at once.
const BUSY: &str = "サインインが混み合っています。少し待ってからやり直してください。";
/// The way back from the provider cannot be used.
const UNTRUSTED: &str = "サインインを確かめられませんでした。時間がたちすぎたか、同じ画面を二度使っています。もう一度サインインしてください。";

/// Starts a session with a name and a password.
///
/// # Errors
/// [`Refusal`].
pub async fn sign_in(shared: &Shared, name: &str, password: String) -> Result<SessionSecret, Refusal> {
    let is_usable = !name.is_empty()
        && name.chars().count() <= MAX_NAME_CHARS
        && !name.chars().any(char::is_control)
        && !password.is_empty()
        && password.len() <= MAX_PASSWORD_BYTES;
    if !is_usable {
        return Err(Refusal::Wrong);
    }
    let local = shared.api.store.account(name).await?;
    match (&shared.api.directory, local) {
        (Directory::Ldap(sender), None) => by_directory(shared, sender, name, password).await,
        (_, local) => by_password(shared, local, password).await,
    }
}

async fn by_password(
    shared: &Shared,
    account: Option<Account>,
    password: String,
) -> Result<SessionSecret, Refusal> {
    let is_right = verify(shared, account.as_ref(), password).await?;
    match account {
        Some(account) if is_locked(shared, &account) => Err(Refusal::Wrong),
        Some(account) if is_right => open(shared, &account).await,
        Some(account) => {
            let policy = shared.api.settings.lock_policy();
            shared.api.store.refuse_sign_in(account.id, policy).await?;
            Err(Refusal::Wrong)
        }
        None => Err(Refusal::Wrong),
    }
}

/// Asks the LDAP server, unless the name is locked: guessing here must not lock people out there.
async fn by_directory(
    shared: &Shared,
    sender: &DirectorySender,
    name: &str,
    password: String,
) -> Result<SessionSecret, Refusal> {
    let store = &shared.api.store;
    let known = store.account_from(AccountSource::Ldap, name).await?;
    let is_known_locked = known.as_ref().is_some_and(|account| is_locked(shared, account));
    if is_known_locked || shared.guesses.is_locked(name, store.now()) {
        return Err(Refusal::Wrong);
    }
    match sender.check(name, password).await {
        Ok(person) => {
            let secret = admit(shared, AccountSource::Ldap, &person).await?;
            shared.guesses.forget(name);
            Ok(secret)
        }
        Err(DirectoryFailure::Wrong) => {
            let policy = shared.api.settings.lock_policy();
            shared.guesses.count(name, policy, store.now());
            if let Some(account) = known {
                store.refuse_sign_in(account.id, policy).await?;
            }
            Err(Refusal::Wrong)
        }
        Err(failure) => Err(not_said(failure)),
    }
}

/// What to say when the directory does not say who somebody is.
pub(crate) fn not_said(failure: DirectoryFailure) -> Refusal {
    match failure {
        DirectoryFailure::Wrong => Refusal::Wrong,
        DirectoryFailure::Untrusted => Refusal::NotAdmitted(UNTRUSTED.to_owned()),
        DirectoryFailure::NoAnswer => Refusal::NoAnswer(NO_ANSWER),
        DirectoryFailure::Busy => Refusal::NoAnswer(BUSY),
    }
}

/// Starts a session of somebody whom the directory knows, where and as what the directory says.
///
/// # Errors
/// [`Refusal`]: no group, a 課 that is not there, or an account that is out of use or locked.
pub(crate) async fn admit(
    shared: &Shared,
    source: AccountSource,
    person: &DirectoryPerson,
) -> Result<SessionSecret, Refusal> {
    let store = &shared.api.store;
    let here = store.departments().await?;
    let missing = person
        .departments
        .iter()
        .find(|(name, _)| !here.iter().any(|department| department.name == *name));
    if let Some((name, _)) = missing {
        return Err(Refusal::NotAdmitted(format!(
            "認証の設定にある課「{name}」がこのシステムにありません。システム管理者に、課を加えるか設定を直すよう伝えてください。"
        )));
    }
    let account = store.admit(source, person).await.map_err(|error| match error {
        StoreError::AlreadyExists(_) => Refusal::NotAdmitted(
            "この職員には別のアカウントがあります。システム管理者に連絡してください。".to_owned(),
        ),
        other => other.into(),
    })?;
    let Some(account) = account else {
        return Err(Refusal::NotAdmitted(
            "このシステムを使う課のグループに入っていません。使う必要があるときは、課の管理者を通じて情報政策課に登録を依頼してください。"
                .to_owned(),
        ));
    };
    if is_locked(shared, &account) {
        return Err(Refusal::Wrong);
    }
    open(shared, &account).await
}

async fn open(shared: &Shared, account: &Account) -> Result<SessionSecret, Refusal> {
    if account.disabled_at.is_some() {
        return Err(Refusal::NotAdmitted(
            "このアカウントは使えないようにしてあります。システム管理者に連絡してください。".to_owned(),
        ));
    }
    let secret = SessionSecret::generate();
    shared.api.store.open_session(account.id, &secret.hash()).await?;
    Ok(secret)
}

fn is_locked(shared: &Shared, account: &Account) -> bool {
    let now = shared.api.store.now();
    account.locked_until.is_some_and(|until| until > now)
}

/// Whether the password is the account's; takes as long without an account.
async fn verify(shared: &Shared, account: Option<&Account>, password: String) -> Result<bool, Problem> {
    let permit = shared.sign_ins.clone().acquire_owned().await;
    let hash = account.and_then(|account| account.password_hash.clone());
    let tried = tokio::task::spawn_blocking(move || {
        let known = hash.is_some();
        let hash = hash.or_else(|| NOBODYS.clone())?;
        let fits = Argon2::default().verify_password(password.as_bytes(), hash.as_str());
        drop(permit);
        Some(known && fits.is_ok())
    });
    let tried = tried.await.map_err(|_| Problem::new(ErrorCode::Internal))?;
    tried.ok_or(Problem::new(ErrorCode::Internal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_fits_its_password_alone() {
        let hash = hash_password("正しい馬の電池の留め金").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let fits = |password: &str| Argon2::default().verify_password(password.as_bytes(), hash.as_str());
        assert!(fits("正しい馬の電池の留め金").is_ok());
        assert!(fits("正しい馬の電池の留め具").is_err());
        assert_ne!(hash_password("正しい馬の電池の留め金").unwrap(), hash, "salted");
    }

    #[test]
    fn passwords_have_a_length() {
        assert!(check_password("short").is_some());
        assert!(check_password("市民税課の春の桜の木").is_none());
        assert!(check_password("0123456789\n").is_some());
        assert!(check_password(&"x".repeat(257)).is_some());
    }
}
