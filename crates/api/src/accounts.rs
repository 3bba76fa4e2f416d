//! Signing in with a name and a password.
//!
//! Promises: passwords are kept as argon2id only; a wrong name costs as long and says as little as a wrong
//! password; only so many passwords are tried at once, since each takes 19 MiB. Never: a password in a log line.

use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use shoki_core::code::ErrorCode;
use shoki_store::StoreError;
use shoki_store::account_store::Account;

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

/// Where a name and a password are looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Directory {
    /// The accounts of this service (`shoki admin account`).
    Local,
}

/// Why nobody was signed in.
#[derive(Debug)]
pub enum Refusal {
    /// Name or password is wrong, or the account is locked: which of them is not told.
    Wrong,
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

/// Starts a session.
///
/// # Errors
/// [`Refusal`].
pub async fn sign_in(
    shared: &Shared,
    directory: Directory,
    name: &str,
    password: String,
) -> Result<SessionSecret, Refusal> {
    let usable = name.chars().count() <= MAX_NAME_CHARS && password.len() <= MAX_PASSWORD_BYTES;
    if !usable {
        return Err(Refusal::Wrong);
    }
    let store = &shared.api.store;
    let account = match directory {
        Directory::Local => store.account(name).await?,
    };
    let is_locked = |account: &Account| account.locked_until.is_some_and(|until| until > store.now());
    let is_right = verify(shared, account.as_ref(), password).await?;
    match account {
        Some(account) if is_locked(&account) => Err(Refusal::Wrong),
        Some(account) if is_right => {
            let secret = SessionSecret::generate();
            store.open_session(account.id, &secret.hash()).await?;
            Ok(secret)
        }
        Some(account) => {
            let policy = shared.api.settings.lock_policy();
            store.refuse_sign_in(account.id, policy).await?;
            Err(Refusal::Wrong)
        }
        None => Err(Refusal::Wrong),
    }
}

/// Whether the password is the account's; takes as long without an account.
async fn verify(shared: &Shared, account: Option<&Account>, password: String) -> Result<bool, Problem> {
    let permit = shared.sign_ins.clone().acquire_owned().await;
    let hash = account.map(|account| account.password_hash.clone());
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
