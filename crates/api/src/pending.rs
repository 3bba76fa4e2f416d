//! Sign-ins that were begun at an OpenID provider and not finished, and guesses at names that have no account yet.
//!
//! Promises: what was begun is finished once, by the browser that began it, within ten minutes; both tables have an
//! end however many ask. They live in memory: after a restart people begin again. Never: a password.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use shoki_core::digest::Sha256;
use shoki_store::account_store::LockPolicy;

use crate::directory::Secret;

/// The cookie that binds a sign-in to the browser that began it. The way back from the provider is a look that
/// begins on another site, so `SameSite` is Lax: with Strict the cookie would stay at home.
pub const COOKIE: &str = "__Host-shoki-begun";
/// How long somebody may take at the provider.
const LIFE: SignedDuration = SignedDuration::from_mins(10);
/// Sign-ins kept; the oldest goes.
const MAX_BEGUN: usize = 10_000;
/// Names kept whose passwords were guessed at.
const MAX_GUESSED: usize = 10_000;

/// What is known of a sign-in that was begun.
#[derive(Clone, Debug)]
pub struct BegunHere {
    /// Hash of the cookie of the browser that began it.
    pub browser: Sha256,
    /// Comes back inside the ID token.
    pub nonce: Secret,
    /// The code's verifier.
    pub verifier: Secret,
    /// Where to go afterwards.
    pub next: String,
    /// Since when.
    pub since: Timestamp,
}

/// Sign-ins that were begun, by the hash of their state.
#[derive(Debug, Default)]
pub struct BegunSignIns(Mutex<HashMap<Sha256, BegunHere>>);

impl BegunSignIns {
    /// Keeps one.
    pub fn keep(&self, state: &str, begun: BegunHere) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, one| begun.since < one.since + LIFE);
        if all.len() >= MAX_BEGUN
            && let Some(oldest) = all.iter().min_by_key(|(_, one)| one.since).map(|(key, _)| *key)
        {
            all.remove(&oldest);
        }
        all.insert(Sha256::of(state.as_bytes()), begun);
    }

    /// Takes the one of this state and this browser out: it is there once.
    #[must_use]
    pub fn take(&self, state: &str, browser: &Sha256, now: Timestamp) -> Option<BegunHere> {
        let key = Sha256::of(state.as_bytes());
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_right = all
            .get(&key)
            .is_some_and(|one| one.browser == *browser && now < one.since + LIFE);
        if is_right { all.remove(&key) } else { None }
    }
}

/// `Set-Cookie` of a browser that begins.
///
/// # Panics
/// Never: hexadecimal is a header's value.
#[must_use]
pub fn cookie(secret: &str) -> HeaderValue {
    let seconds = LIFE.as_secs();
    let line = format!("{COOKIE}={secret}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}");
    HeaderValue::from_str(&line).expect("hexadecimal and words")
}

/// `Set-Cookie` when it is finished.
#[must_use]
pub const fn no_cookie() -> HeaderValue {
    HeaderValue::from_static("__Host-shoki-begun=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

/// Wrong passwords of names that have no account here: a directory's people who never signed in, or nobody's.
#[derive(Debug, Default)]
pub struct Guesses(Mutex<HashMap<Sha256, Guessed>>);

#[derive(Clone, Copy, Debug, Default)]
struct Guessed {
    failures: u32,
    locked_until: Option<Timestamp>,
    last: Timestamp,
}

impl Guesses {
    /// Whether the name is locked.
    #[must_use]
    pub fn is_locked(&self, name: &str, now: Timestamp) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = all.get(&key(name)).and_then(|guessed| guessed.locked_until);
        found.is_some_and(|until| until > now)
    }

    /// Counts a wrong password, and locks the name where the policy says so.
    pub fn count(&self, name: &str, policy: LockPolicy, now: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = key(name);
        if all.len() >= MAX_GUESSED
            && !all.contains_key(&key)
            && let Some(oldest) = all.iter().min_by_key(|(_, one)| one.last).map(|(key, _)| *key)
        {
            all.remove(&oldest);
        }
        let guessed = all.entry(key).or_default();
        guessed.last = now;
        guessed.failures += 1;
        if guessed.failures >= policy.failures {
            guessed.failures = 0;
            guessed.locked_until = Some(now + policy.pause);
        }
    }

    /// Forgets a name that signed in.
    pub fn forget(&self, name: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&key(name));
    }
}

/// Directories compare names without case.
fn key(name: &str) -> Sha256 {
    Sha256::of(name.to_lowercase().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(browser: &[u8], since: Timestamp) -> BegunHere {
        BegunHere {
            browser: Sha256::of(browser),
            nonce: Secret::new("n".to_owned()),
            verifier: Secret::new("v".to_owned()),
            next: "/jobs".to_owned(),
            since,
        }
    }

    #[test]
    fn what_was_begun_is_finished_once_by_the_same_browser_in_time() {
        let now = Timestamp::UNIX_EPOCH;
        let all = BegunSignIns::default();
        all.keep("state", begun(b"one", now));
        assert!(all.take("other", &Sha256::of(b"one"), now).is_none());
        assert!(all.take("state", &Sha256::of(b"two"), now).is_none());
        let taken = all.take("state", &Sha256::of(b"one"), now).unwrap();
        assert_eq!(taken.next, "/jobs");
        assert!(all.take("state", &Sha256::of(b"one"), now).is_none(), "once");
        all.keep("state", begun(b"one", now));
        assert!(
            all.take("state", &Sha256::of(b"one"), now + LIFE).is_none(),
            "too late"
        );
        all.keep("another", begun(b"one", now + LIFE));
        assert_eq!(all.0.lock().unwrap().len(), 1, "what is over is not kept");
    }

    #[test]
    fn the_tables_have_an_end() {
        let all = BegunSignIns::default();
        let guesses = Guesses::default();
        let policy = LockPolicy {
            failures: 1,
            pause: SignedDuration::from_mins(1),
        };
        for number in 0..=i64::try_from(MAX_BEGUN).unwrap() {
            let at = Timestamp::from_microsecond(number).unwrap();
            all.keep(&number.to_string(), begun(b"one", at));
            guesses.count(&number.to_string(), policy, at);
        }
        assert_eq!(all.0.lock().unwrap().len(), MAX_BEGUN);
        assert_eq!(guesses.0.lock().unwrap().len(), MAX_GUESSED);
        let now = Timestamp::UNIX_EPOCH;
        assert!(
            all.take("0", &Sha256::of(b"one"), now).is_none(),
            "the oldest is gone"
        );
        assert!(all.take("1", &Sha256::of(b"one"), now).is_some());
    }

    #[test]
    fn a_name_is_locked_after_so_many_guesses_however_it_is_written() {
        let guesses = Guesses::default();
        let policy = LockPolicy {
            failures: 3,
            pause: SignedDuration::from_mins(15),
        };
        let now = Timestamp::UNIX_EPOCH;
        for name in ["ito", "ITO", "Ito"] {
            assert!(!guesses.is_locked("ito", now));
            guesses.count(name, policy, now);
        }
        assert!(guesses.is_locked("ito", now));
        assert!(!guesses.is_locked("ito", now + policy.pause));
        guesses.forget("ito");
        assert!(!guesses.is_locked("ito", now));
    }
}
