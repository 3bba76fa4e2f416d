//! The office's directory: the one LDAP server or OpenID provider that the operator names under `[sign_in]`, asked
//! who somebody is.
//!
//! Promises: nothing is contacted unless it is named, no referral and no redirect is followed; an answer is bounded in
//! time; a name that was typed is escaped; an empty password is asked of nobody; which 課 and role somebody has is
//! decided by the configured groups alone. Never: a password, a token or a secret in the log or in a message.

mod groups;
mod id_token;
mod ldap;
mod oidc;
mod provider;
pub mod service;

use crate::config::{DirectorySetting, SignInConfig};
use crate::named_host::{HostError, ServerFault};

pub use ldap::LdapDirectory;
pub use oidc::OidcDirectory;

/// Longest name that is taken from a directory, characters; what `shoki_api::accounts` takes at the sign-in page.
const MAX_NAME_CHARS: usize = shoki_api::accounts::MAX_NAME_CHARS;

/// A setting of `[sign_in]` that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryFault {
    /// The key, with its section.
    pub key: String,
    /// What to do, in Japanese.
    pub sentence_ja: String,
}

/// The directory of the configuration; nothing is connected yet.
#[derive(Debug)]
pub enum OfficeDirectory {
    /// None: the accounts of this service alone.
    Local,
    /// An LDAP server.
    Ldap(Box<LdapDirectory>),
    /// An OpenID provider.
    Oidc(Box<OidcDirectory>),
}

impl OfficeDirectory {
    /// What the configuration names; addresses, secrets and certificates are looked at.
    ///
    /// # Errors
    /// The first [`DirectoryFault`].
    pub fn of(config: &SignInConfig) -> Result<Self, DirectoryFault> {
        let within = |section: &'static str| {
            move |fault: ServerFault| DirectoryFault {
                key: format!("sign_in.{section}.{}", fault.key),
                sentence_ja: fault.sentence_ja,
            }
        };
        Ok(match config.directory {
            DirectorySetting::Local => Self::Local,
            DirectorySetting::Ldap => {
                Self::Ldap(Box::new(LdapDirectory::of(&config.ldap).map_err(within("ldap"))?))
            }
            DirectorySetting::Oidc => {
                Self::Oidc(Box::new(OidcDirectory::of(&config.oidc).map_err(within("oidc"))?))
            }
        })
    }
}

/// Why a directory does not say who somebody is. None of the messages holds what a person typed.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Name or password is wrong, or the name is nobody's.
    #[error("name or password is wrong")]
    Wrong,
    /// What came back from the provider is not to be believed.
    #[error("what came back from the provider is refused: {0}")]
    Untrusted(&'static str),
    /// Not within the configured time.
    #[error("the directory took too long")]
    TimedOut,
    /// No LDAP, or none any more.
    #[error("the exchange with the LDAP server failed")]
    Ldap(#[source] ldap3::LdapError),
    /// The LDAP server refuses (RFC 4511, appendix A, has the codes).
    #[error("the LDAP server refused {what} with result {code}")]
    LdapRefused {
        /// What was asked.
        what: &'static str,
        /// The result code.
        code: u32,
    },
    /// No HTTP with the provider.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The provider refuses.
    #[error("the provider answered {status} to {what}")]
    ProviderRefused {
        /// What was asked.
        what: &'static str,
        /// The HTTP status.
        status: u16,
    },
    /// An answer that cannot be used, mostly a setting.
    #[error("the directory's answer cannot be used: {0}")]
    Unusable(&'static str),
}

impl SignInError {
    /// What it is to the outside.
    #[must_use]
    pub const fn failure(&self) -> shoki_api::DirectoryFailure {
        match self {
            Self::Wrong => shoki_api::DirectoryFailure::Wrong,
            Self::Untrusted(_) => shoki_api::DirectoryFailure::Untrusted,
            _ => shoki_api::DirectoryFailure::NoAnswer,
        }
    }
}

/// A sign-in name as it can be kept; `None` for one that cannot.
fn usable_name(name: &str) -> Option<String> {
    let name = name.trim();
    let is_usable =
        (1..=MAX_NAME_CHARS).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    is_usable.then(|| name.to_owned())
}

/// A name to be shown, cut where it is too long; the sign-in name where there is none.
fn shown_name(shown: Option<&str>, name: &str) -> String {
    let shown: String = shown
        .unwrap_or_default()
        .chars()
        .filter(|letter| !letter.is_control())
        .take(MAX_NAME_CHARS)
        .collect();
    match shown.trim() {
        "" => name.to_owned(),
        some => some.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kept_as_they_can_be() {
        assert_eq!(usable_name(" ito "), Some("ito".to_owned()));
        for wrong in ["", " ", "a\nb", &"x".repeat(MAX_NAME_CHARS + 1)] {
            assert_eq!(usable_name(wrong), None, "{wrong:?}");
        }
        assert_eq!(shown_name(Some(" 伊藤\n 春 "), "ito"), "伊藤 春");
        assert_eq!(shown_name(Some(" "), "ito"), "ito");
        assert_eq!(shown_name(None, "ito"), "ito");
        assert_eq!(
            shown_name(Some(&"春".repeat(99)), "ito").chars().count(),
            MAX_NAME_CHARS
        );
    }
}
