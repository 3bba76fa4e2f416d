//! The seam to the office's directory: where people are known besides the accounts of this service, and commands on
//! a bounded channel, each with its reply sender and its span.
//!
//! `app` owns the other end (the one LDAP server or OpenID provider that the operator named); this crate knows
//! neither protocol. Promises: a directory that is behind or dead is a clear answer; an asker who goes away drops
//! the reply's receiver, and the work ends. Never: a password or a token in a log line or a `Debug`.

use shoki_store::account_store::{AccountSource, DirectoryPerson};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tracing::Span;

/// Where people are known besides the accounts of this service, which can always sign in.
#[derive(Clone, Debug, Default)]
pub enum Directory {
    /// Nowhere.
    #[default]
    Local,
    /// An LDAP server takes the name and the password of the sign-in page.
    Ldap(DirectorySender),
    /// An OpenID provider asks for them itself.
    Oidc(DirectorySender),
}

impl Directory {
    /// The source of its people's accounts.
    #[must_use]
    pub const fn source(&self) -> AccountSource {
        match self {
            Self::Local => AccountSource::Local,
            Self::Ldap(_) => AccountSource::Ldap,
            Self::Oidc(_) => AccountSource::Oidc,
        }
    }

    /// The way to the OpenID provider.
    #[must_use]
    pub const fn provider(&self) -> Option<&DirectorySender> {
        match self {
            Self::Oidc(sender) => Some(sender),
            Self::Local | Self::Ldap(_) => None,
        }
    }
}

/// Something that no log line may show.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// A sign-in that was begun at an OpenID provider.
#[derive(Clone, Debug)]
pub struct Begun {
    /// Where the browser goes.
    pub location: String,
    /// Comes back with the browser.
    pub state: String,
    /// Comes back inside the ID token.
    pub nonce: Secret,
    /// Shows the provider that whoever redeems the code has begun the sign-in (PKCE, RFC 7636).
    pub verifier: Secret,
}

/// What the browser brought back from the provider, and what is known of its beginning.
#[derive(Clone, Debug)]
pub struct Returned {
    /// The code to redeem.
    pub code: Secret,
    /// The issuer that the provider says it is (RFC 9207), if it says so.
    pub issuer: Option<String>,
    /// As in [`Begun`].
    pub nonce: Secret,
    /// As in [`Begun`].
    pub verifier: Secret,
}

/// Where an answer of the directory goes.
pub type DirectoryReply<T> = oneshot::Sender<Result<T, DirectoryFailure>>;

/// What the directory is asked.
#[derive(Debug)]
pub enum DirectoryWork {
    /// Whether the password is the person's, and who that is (LDAP).
    Password {
        /// The sign-in name.
        name: String,
        /// Never empty: an LDAP server takes an empty one for no sign-in at all, and says yes (RFC 4513 §5.1.2).
        password: Secret,
        /// Where the answer goes.
        reply: DirectoryReply<DirectoryPerson>,
    },
    /// Begins a sign-in at the provider (OpenID Connect).
    Begin {
        /// Where the answer goes.
        reply: DirectoryReply<Begun>,
    },
    /// Redeems what the browser brought back (OpenID Connect).
    Finish {
        /// What it brought.
        returned: Box<Returned>,
        /// Where the answer goes.
        reply: DirectoryReply<DirectoryPerson>,
    },
    /// Where a browser signs out of the provider, if it has such a place (OpenID Connect RP-Initiated Logout).
    Leave {
        /// Where the answer goes.
        reply: DirectoryReply<Option<String>>,
    },
}

/// What is asked, and by whom.
#[derive(Debug)]
pub struct DirectoryCommand {
    /// What.
    pub work: DirectoryWork,
    /// The request's span.
    pub span: Span,
}

/// Why the directory does not say who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectoryFailure {
    /// Name or password is wrong, or the name is nobody's: which of them is not told.
    Wrong,
    /// What came back from the provider is not what was begun here, was used before, or cannot be trusted.
    Untrusted,
    /// It cannot be reached, takes too long, or answers what cannot be used; the log says what.
    NoAnswer,
    /// Too many ask at once.
    Busy,
}

/// The routes' end of the channel.
#[derive(Clone, Debug)]
pub struct DirectorySender(mpsc::Sender<DirectoryCommand>);

impl DirectorySender {
    /// A channel on which at most `places` commands wait.
    #[must_use]
    pub fn channel(places: usize) -> (Self, mpsc::Receiver<DirectoryCommand>) {
        let (commands, received) = mpsc::channel(places);
        (Self(commands), received)
    }

    /// Who has this name and this password. Dropping the future ends the work on it.
    ///
    /// # Errors
    /// [`DirectoryFailure`]; an empty password is wrong and asks nobody.
    pub async fn check(&self, name: &str, password: String) -> Result<DirectoryPerson, DirectoryFailure> {
        if name.is_empty() || password.is_empty() {
            return Err(DirectoryFailure::Wrong);
        }
        let name = name.to_owned();
        let password = Secret::new(password);
        self.ask(|reply| DirectoryWork::Password {
            name,
            password,
            reply,
        })
        .await
    }

    /// Begins a sign-in at the provider.
    ///
    /// # Errors
    /// [`DirectoryFailure`].
    pub async fn begin(&self) -> Result<Begun, DirectoryFailure> {
        self.ask(|reply| DirectoryWork::Begin { reply }).await
    }

    /// Who came back from the provider.
    ///
    /// # Errors
    /// [`DirectoryFailure`].
    pub async fn finish(&self, returned: Returned) -> Result<DirectoryPerson, DirectoryFailure> {
        let returned = Box::new(returned);
        self.ask(|reply| DirectoryWork::Finish { returned, reply }).await
    }

    /// Where a browser signs out of the provider.
    ///
    /// # Errors
    /// [`DirectoryFailure`].
    pub async fn leave(&self) -> Result<Option<String>, DirectoryFailure> {
        self.ask(|reply| DirectoryWork::Leave { reply }).await
    }

    async fn ask<T>(
        &self,
        work: impl FnOnce(DirectoryReply<T>) -> DirectoryWork,
    ) -> Result<T, DirectoryFailure> {
        let (reply, answer) = oneshot::channel();
        let sent = self.0.try_send(DirectoryCommand {
            work: work(reply),
            span: Span::current(),
        });
        sent.map_err(|error| match error {
            TrySendError::Full(_) => DirectoryFailure::Busy,
            TrySendError::Closed(_) => DirectoryFailure::NoAnswer,
        })?;
        answer.await.unwrap_or(Err(DirectoryFailure::NoAnswer))
    }
}
