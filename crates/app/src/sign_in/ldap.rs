//! One LDAP server: search for the person, see the groups, then bind as the person (RFC 4513 §5.1.3).
//!
//! Promises: one connection for one sign-in, closed when it ends or is given up; what was typed is escaped
//! (RFC 4515); exactly one entry is somebody; an empty password or an empty DN is never bound with, since servers
//! answer yes to both (RFC 4513 §5.1.2); `ldap://` without TLS stays on this machine unless the operator says
//! otherwise. Never: a referral, a password in a message.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use ldap3::{
    Ldap, LdapConnAsync, LdapConnSettings, LdapError, Scope, SearchEntry, SearchOptions, SearchResult,
    ldap_escape,
};
use rustls::ClientConfig;
use shoki_api::Secret;
use shoki_store::account_store::DirectoryPerson;
use tokio_util::task::AbortOnDropHandle;
use url::Url;

use super::groups::{GroupTable, distinguished_name};
use super::{SignInError, shown_name, usable_name};
use crate::config::LdapConfig;
use crate::named_host::{ServerFault, fault, is_this_machine, secret_line, trusted};

/// Asks for no attribute (RFC 4511 §4.5.1.8).
const NO_ATTRIBUTES: &str = "1.1";
/// Result codes of RFC 4511, appendix A.
const SUCCESS: u32 = 0;
const SIZE_LIMIT_EXCEEDED: u32 = 4;
/// What a bind with a wrong password ends with, or one of somebody who may not sign in: constraintViolation,
/// noSuchObject, inappropriateAuthentication, invalidCredentials, insufficientAccessRights, unwillingToPerform.
const WRONG: [u32; 6] = [19, 32, 48, 49, 50, 53];

/// An LDAP server as it is configured.
pub struct LdapDirectory {
    url: String,
    start_tls: bool,
    tls: Option<Arc<ClientConfig>>,
    service: Option<(String, Secret)>,
    base_dn: String,
    filter: String,
    name_attribute: String,
    display_name_attribute: String,
    group_base_dn: String,
    group_filter: String,
    groups: GroupTable,
    timeout: Duration,
}

impl std::fmt::Debug for LdapDirectory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LdapDirectory")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl LdapDirectory {
    /// The server of the configuration.
    ///
    /// # Errors
    /// The first [`ServerFault`].
    pub fn of(config: &LdapConfig) -> Result<Self, ServerFault> {
        let wrong = || {
            fault(
                "url",
                "\"ldaps://ldap.example.lg.jp\" のように、庁内のサーバーを ldaps または ldap で一つ書いてください。",
            )
        };
        let url = Url::parse(&config.url).map_err(|_| wrong())?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
        let is_bare = url.username().is_empty()
            && url.password().is_none()
            && matches!(url.path(), "" | "/")
            && url.query().is_none()
            && url.fragment().is_none();
        let is_secure = match url.scheme() {
            "ldaps" => true,
            "ldap" => config.start_tls,
            _ => return Err(wrong()),
        };
        if !is_bare {
            return Err(wrong());
        }
        if url.scheme() == "ldaps" && config.start_tls {
            return Err(fault(
                "start_tls",
                "\"ldaps://\" は初めから暗号です。false にするか、url を \"ldap://\" にしてください。",
            ));
        }
        let inside = host.trim_start_matches('[').trim_end_matches(']');
        if !is_secure && !config.allow_plain && !is_this_machine(inside) {
            return Err(fault(
                "url",
                "パスワードが平文で流れます。\"ldaps://\" にするか start_tls を true にしてください。やむを得ないときは allow_plain を true にしてください。",
            ));
        }
        let tls = if is_secure {
            Some(trusted(&config.ca_file)?)
        } else {
            None
        };
        let password = secret_line("bind_password_file", &config.bind_password_file)?;
        let service = password
            .filter(|_| !config.bind_dn.is_empty())
            .map(|password| (config.bind_dn.clone(), Secret::new(password)));
        Ok(Self {
            url: url.to_string(),
            start_tls: config.start_tls,
            tls,
            service,
            base_dn: config.base_dn.clone(),
            filter: config.filter.clone(),
            name_attribute: config.name_attribute.clone(),
            display_name_attribute: config.display_name_attribute.clone(),
            group_base_dn: config.group_base_dn.clone(),
            group_filter: config.group_filter.clone(),
            groups: GroupTable::of_dns(&config.group),
            timeout: config.timeout(),
        })
    }

    /// Who has this name and this password; without a 課 when none of the person's groups is configured.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn check(&self, name: &str, password: &Secret) -> Result<DirectoryPerson, SignInError> {
        if name.is_empty() || password.reveal().is_empty() {
            return Err(SignInError::Wrong);
        }
        tokio::time::timeout(self.timeout, self.attempt(name, password))
            .await
            .map_err(|_| SignInError::TimedOut)?
    }

    async fn attempt(&self, name: &str, password: &Secret) -> Result<DirectoryPerson, SignInError> {
        let mut settings = LdapConnSettings::new()
            .set_conn_timeout(self.timeout)
            .set_starttls(self.start_tls);
        if let Some(tls) = &self.tls {
            settings = settings.set_config(Arc::clone(tls));
        }
        let (connection, mut ldap) = LdapConnAsync::with_settings(settings, &self.url).await?;
        let driven = AbortOnDropHandle::new(tokio::spawn(async move { connection.drive().await }));
        let checked = self.ask(&mut ldap, name, password).await;
        // The server closes the connection sooner when it is told; that it is not told is no harm.
        let told = ldap.unbind().await;
        drop((told, driven));
        checked
    }

    async fn ask(
        &self,
        ldap: &mut Ldap,
        typed: &str,
        password: &Secret,
    ) -> Result<DirectoryPerson, SignInError> {
        if let Some((dn, secret)) = &self.service {
            let bound = ldap.simple_bind(dn, secret.reveal()).await?;
            refused_unless("the service account", bound.rc, &[SUCCESS])?;
        }
        let Some(entry) = self.entry(ldap, typed).await? else {
            // As long as for somebody who is there, with a password that is nobody's.
            let nobody = format!("cn=shoki-nobody,{}", self.base_dn);
            let random = hex::encode(rand::random::<[u8; 16]>());
            let bound = ldap.simple_bind(&nobody, &random).await?;
            tracing::debug!(result = bound.rc, "a name that the directory does not have");
            return Err(SignInError::Wrong);
        };
        let name = value(&entry, &self.name_attribute)
            .and_then(usable_name)
            .ok_or(SignInError::Unusable("an entry without a usable name_attribute"))?;
        let groups = self.groups_of(ldap, &entry.dn, &name).await?;
        let bound = ldap.simple_bind(&entry.dn, password.reveal()).await?;
        if WRONG.contains(&bound.rc) {
            return Err(SignInError::Wrong);
        }
        refused_unless("a sign-in", bound.rc, &[SUCCESS])?;
        Ok(DirectoryPerson {
            display_name: shown_name(value(&entry, &self.display_name_attribute), &name),
            departments: self.groups.departments(&groups),
            name,
        })
    }

    /// The one entry of the name.
    async fn entry(&self, ldap: &mut Ldap, name: &str) -> Result<Option<SearchEntry>, SignInError> {
        let filter = filled(&self.filter, "", name);
        // Owned, so that the search borrows nothing whose lifetime rustc would have to follow between threads.
        let attributes = vec![self.name_attribute.clone(), self.display_name_attribute.clone()];
        let SearchResult(found, result) = ldap
            .with_search_options(SearchOptions::new().sizelimit(2))
            .search(&self.base_dn, Scope::Subtree, &filter, attributes)
            .await?;
        refused_unless(
            "the search for a person",
            result.rc,
            &[SUCCESS, SIZE_LIMIT_EXCEEDED],
        )?;
        let mut entries = found
            .into_iter()
            .filter(|entry| !entry.is_ref() && !entry.is_intermediate())
            .map(SearchEntry::construct);
        let first = entries.next().filter(|entry| !entry.dn.is_empty());
        if entries.next().is_some() || result.rc == SIZE_LIMIT_EXCEEDED {
            tracing::warn!(
                "sign_in.ldap.filter finds several entries for one name: nobody is signed in with it"
            );
            return Ok(None);
        }
        Ok(first)
    }

    async fn groups_of(
        &self,
        ldap: &mut Ldap,
        dn: &str,
        name: &str,
    ) -> Result<HashSet<Vec<String>>, SignInError> {
        let filter = filled(&self.group_filter, dn, name);
        let SearchResult(found, result) = ldap
            .search(
                &self.group_base_dn,
                Scope::Subtree,
                &filter,
                vec![NO_ATTRIBUTES.to_owned()],
            )
            .await?;
        refused_unless("the search for groups", result.rc, &[SUCCESS])?;
        Ok(found
            .into_iter()
            .filter(|entry| !entry.is_ref() && !entry.is_intermediate())
            .map(|entry| distinguished_name(&SearchEntry::construct(entry).dn))
            .collect())
    }
}

impl From<LdapError> for SignInError {
    fn from(error: LdapError) -> Self {
        match error {
            LdapError::Timeout { .. } => Self::TimedOut,
            other => Self::Ldap(other),
        }
    }
}

fn refused_unless(what: &'static str, code: u32, right: &[u32]) -> Result<(), SignInError> {
    if right.contains(&code) {
        Ok(())
    } else {
        Err(SignInError::LdapRefused { what, code })
    }
}

/// A filter with the values in their places, escaped, so that they can only be values. A place inside a value that
/// was just put in is not one.
fn filled(filter: &str, dn: &str, name: &str) -> String {
    let parts = filter.split("{dn}");
    let parts: Vec<String> = parts
        .map(|part| part.replace("{name}", &ldap_escape(name)))
        .collect();
    parts.join(&*ldap_escape(dn))
}

/// The first value of an attribute, whose name a server may spell in other letters.
fn value<'a>(entry: &'a SearchEntry, attribute: &str) -> Option<&'a str> {
    let mut attributes = entry.attrs.iter();
    let (_, values) = attributes.find(|(name, _)| name.eq_ignore_ascii_case(attribute))?;
    values.first().map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{GroupRule, Place};

    fn config(url: &str) -> LdapConfig {
        LdapConfig {
            url: url.to_owned(),
            start_tls: false,
            allow_plain: false,
            ca_file: Place::Off,
            bind_dn: String::new(),
            bind_password_file: Place::Off,
            base_dn: "ou=people,dc=example".to_owned(),
            filter: "(uid={name})".to_owned(),
            name_attribute: "uid".to_owned(),
            display_name_attribute: "displayName".to_owned(),
            group_base_dn: "ou=groups,dc=example".to_owned(),
            group_filter: "(member={dn})".to_owned(),
            timeout_seconds: 5,
            group: vec![GroupRule {
                group: "cn=tax,ou=groups,dc=example".to_owned(),
                department: "市民税課".to_owned(),
                role: shoki_core::access::Role::Clerk,
            }],
        }
    }

    #[test]
    fn what_is_typed_can_only_be_a_value() {
        assert_eq!(filled("(uid={name})", "", "ito"), "(uid=ito)");
        assert_eq!(
            filled("(uid={name})", "", "*)(uid=*"),
            "(uid=\\2a\\29\\28uid=\\2a)"
        );
        assert_eq!(filled("(uid={name})", "", "a\\b\0"), "(uid=a\\5cb\\00)");
        assert_eq!(
            filled("(|(member={dn})(memberUid={name}))", "cn={name}(x)", "{dn}"),
            "(|(member=cn={name}\\28x\\29)(memberUid={dn}))"
        );
    }

    #[test]
    fn a_password_in_plain_stays_on_this_machine() {
        for right in [
            "ldap://localhost:1389",
            "ldap://127.0.0.1",
            "ldap://127.0.0.1:1389/",
        ] {
            assert!(LdapDirectory::of(&config(right)).is_ok(), "{right}");
        }
        for wrong in [
            "off",
            "",
            "ldap://",
            "ldap:x",
            "ldap://ldap.example.lg.jp",
            "http://127.0.0.1",
            "ldapi://%2frun%2fslapd",
            "ldap://cn=x:secret@127.0.0.1",
            "ldap://127.0.0.1/dc=example",
            "ldap://127.0.0.1?x",
        ] {
            let fault = LdapDirectory::of(&config(wrong)).expect_err(wrong);
            assert_eq!(fault.key, "url", "{wrong}");
        }
        let mut plain = config("ldap://ldap.example.lg.jp");
        plain.allow_plain = true;
        assert!(LdapDirectory::of(&plain).is_ok());
        let mut twice = config("ldaps://ldap.example.lg.jp");
        twice.start_tls = true;
        assert_eq!(LdapDirectory::of(&twice).expect_err("both").key, "start_tls");
    }

    #[tokio::test]
    async fn an_empty_password_is_asked_of_nobody() {
        // Nothing listens on port 9 of this machine: whatever asked would be an error of another kind.
        let directory = LdapDirectory::of(&config("ldap://127.0.0.1:9")).expect("right");
        for (name, password) in [("ito", ""), ("", "x")] {
            let refused = directory.check(name, &Secret::new(password.to_owned())).await;
            assert!(matches!(refused, Err(SignInError::Wrong)), "{refused:?}");
        }
        let asked = directory.check("ito", &Secret::new("x".to_owned())).await;
        assert!(matches!(asked, Err(SignInError::Ldap(_))), "{asked:?}");
    }
}
