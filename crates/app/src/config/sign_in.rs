//! Who knows people besides the accounts of this service: an LDAP server or an OpenID provider, and which of their
//! groups is which 課 and role.
//!
//! Passwords and secrets are files, never values of the configuration. The servers' addresses and files are checked
//! by `crate::sign_in`, which uses them.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use shoki_core::access::Role;

use super::Place;

/// Longest time for an answer of the directory, seconds: somebody waits at the sign-in page.
const MAX_TIMEOUT_SECONDS: u32 = 60;

/// Which directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DirectorySetting {
    /// None: the accounts of this service alone.
    Local,
    /// An LDAP server.
    Ldap,
    /// An OpenID provider.
    Oidc,
}

/// Sign-in settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignInConfig {
    /// Which directory.
    pub directory: DirectorySetting,
    /// The LDAP server.
    pub ldap: LdapConfig,
    /// The OpenID provider.
    pub oidc: OidcConfig,
}

/// A group of the directory, and what its members may do here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupRule {
    /// The group: its distinguished name (`dn`) in LDAP, its name (`name`) in an ID token.
    #[serde(alias = "dn", alias = "name")]
    pub group: String,
    /// Name of the 課.
    pub department: String,
    /// What its members may do there.
    pub role: Role,
}

/// The LDAP server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LdapConfig {
    /// `ldaps://host` or `ldap://host`, or `off`.
    pub url: String,
    /// Whether `ldap://` is turned into TLS before anything is said.
    pub start_tls: bool,
    /// Whether `ldap://` without TLS is allowed beyond this machine.
    pub allow_plain: bool,
    /// Certificates of the internal CA (PEM); then nothing else is trusted.
    pub ca_file: Place,
    /// With whom people are searched for; empty for nobody (anonymous).
    pub bind_dn: String,
    /// File with the password of `bind_dn`.
    pub bind_password_file: Place,
    /// Below which entry people are searched for.
    pub base_dn: String,
    /// How an entry is found; `{name}` is what was typed.
    pub filter: String,
    /// Attribute with the sign-in name.
    pub name_attribute: String,
    /// Attribute with the name that is shown.
    pub display_name_attribute: String,
    /// Below which entry groups are searched for.
    pub group_base_dn: String,
    /// How a person's groups are found; `{dn}` is the person's entry, `{name}` the sign-in name.
    pub group_filter: String,
    /// Longest time for an answer, seconds.
    pub timeout_seconds: u32,
    /// Which group is which 課.
    pub group: Vec<GroupRule>,
}

/// The OpenID provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcConfig {
    /// The provider's issuer, an address, or `off`.
    pub issuer: String,
    /// Name of this service at the provider.
    pub client_id: String,
    /// File with the client's secret.
    pub client_secret_file: Place,
    /// Certificates of the internal CA (PEM); then nothing else is trusted.
    pub ca_file: Place,
    /// The address of this service as browsers see it.
    pub public_url: String,
    /// What is asked for, separated by spaces; `openid` must be among it.
    pub scopes: String,
    /// Claim with the sign-in name.
    pub name_claim: String,
    /// Claim with the name that is shown.
    pub display_name_claim: String,
    /// Claim with the groups.
    pub groups_claim: String,
    /// Longest time for an answer, seconds.
    pub timeout_seconds: u32,
    /// Which group is which 課.
    pub group: Vec<GroupRule>,
}

impl LdapConfig {
    /// Longest time for an answer.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds.into())
    }
}

impl OidcConfig {
    /// Longest time for an answer.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds.into())
    }
}

impl SignInConfig {
    /// What is wrong with the settings of the directory that is used: the keys and what to do.
    #[must_use]
    pub fn faults(&self) -> Vec<(&'static str, String)> {
        match self.directory {
            DirectorySetting::Local => Vec::new(),
            DirectorySetting::Ldap => self.ldap.faults(),
            DirectorySetting::Oidc => self.oidc.faults(),
        }
    }
}

/// Collects what is wrong.
#[derive(Default)]
struct Faults(Vec<(&'static str, String)>);

impl Faults {
    fn require(&mut self, is_right: bool, key: &'static str, sentence: &str) {
        if !is_right {
            self.0.push((key, sentence.to_owned()));
        }
    }

    fn groups(&mut self, key: &'static str, rules: &[GroupRule]) {
        self.require(
            !rules.is_empty(),
            key,
            "グループと課の対応を一つ以上書いてください。ないと誰もサインインできません。",
        );
        let is_whole = |rule: &GroupRule| {
            !rule.group.trim().is_empty()
                && !rule.department.is_empty()
                && rule.department.trim() == rule.department
        };
        self.require(
            rules.iter().all(is_whole),
            key,
            "グループと課の名前を、前後に空白を入れずに書いてください。",
        );
    }

    fn timeout(&mut self, key: &'static str, seconds: u32) {
        self.require(
            (1..=MAX_TIMEOUT_SECONDS).contains(&seconds),
            key,
            "1 以上 60 以下にしてください。",
        );
    }
}

impl LdapConfig {
    fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults = Faults::default();
        faults.require(
            !self.base_dn.trim().is_empty(),
            "sign_in.ldap.base_dn",
            "職員を探す起点の DN を書いてください。例: \"ou=people,dc=example,dc=lg,dc=jp\"",
        );
        faults.require(
            self.filter.contains("{name}") && is_balanced(&self.filter),
            "sign_in.ldap.filter",
            "入力された職員名が入る {name} を含むフィルターを括弧で囲んで書いてください。例: \"(uid={name})\"",
        );
        faults.require(
            !self.group_base_dn.trim().is_empty(),
            "sign_in.ldap.group_base_dn",
            "グループを探す起点の DN を書いてください。例: \"ou=groups,dc=example,dc=lg,dc=jp\"",
        );
        let names_member = self.group_filter.contains("{dn}") || self.group_filter.contains("{name}");
        faults.require(
            names_member && is_balanced(&self.group_filter),
            "sign_in.ldap.group_filter",
            "職員の DN が入る {dn} を含むフィルターを括弧で囲んで書いてください。例: \"(member={dn})\"",
        );
        for (key, attribute) in [
            ("sign_in.ldap.name_attribute", &self.name_attribute),
            (
                "sign_in.ldap.display_name_attribute",
                &self.display_name_attribute,
            ),
        ] {
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b';' | b'.');
            faults.require(
                !attribute.is_empty() && attribute.bytes().all(is_name),
                key,
                "属性の名前を一つ書いてください。例: \"uid\"",
            );
        }
        faults.require(
            self.bind_dn.is_empty() != matches!(self.bind_password_file, Place::At(_)),
            "sign_in.ldap.bind_password_file",
            "bind_dn を使うときは、そのパスワードだけを一行で書いたファイルのパスにしてください。使わないときはどちらも書かないでください。",
        );
        faults.timeout("sign_in.ldap.timeout_seconds", self.timeout_seconds);
        faults.groups("sign_in.ldap.group", &self.group);
        faults.0
    }
}

impl OidcConfig {
    fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults = Faults::default();
        faults.require(
            !self.client_id.trim().is_empty(),
            "sign_in.oidc.client_id",
            "認証サーバーに登録した、このシステムのクライアント ID を書いてください。",
        );
        faults.require(
            matches!(self.client_secret_file, Place::At(_)),
            "sign_in.oidc.client_secret_file",
            "クライアントシークレットだけを一行で書いたファイルのパスにしてください。",
        );
        faults.require(
            self.scopes.split_whitespace().any(|scope| scope == "openid"),
            "sign_in.oidc.scopes",
            "空白で区切り、openid を含めてください。例: \"openid profile groups\"",
        );
        for (key, claim) in [
            ("sign_in.oidc.name_claim", &self.name_claim),
            ("sign_in.oidc.display_name_claim", &self.display_name_claim),
            ("sign_in.oidc.groups_claim", &self.groups_claim),
        ] {
            faults.require(
                !claim.trim().is_empty(),
                key,
                "ID トークンの項目(クレーム)の名前を一つ書いてください。",
            );
        }
        faults.timeout("sign_in.oidc.timeout_seconds", self.timeout_seconds);
        faults.groups("sign_in.oidc.group", &self.group);
        faults.0
    }
}

/// Whether every bracket of a filter is closed, and all of it lies in brackets.
fn is_balanced(filter: &str) -> bool {
    let mut depth = 0_usize;
    for (at, letter) in filter.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' if depth == 0 => return false,
            ')' => depth -= 1,
            _ if depth == 0 => return false,
            _ => {}
        }
        if depth == 0 && at + letter.len_utf8() != filter.len() {
            return false;
        }
    }
    depth == 0 && !filter.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_lies_in_brackets() {
        for right in ["(uid={name})", "(&(objectClass=person)(uid={name}))"] {
            assert!(is_balanced(right), "{right}");
        }
        for wrong in ["", "uid={name}", "(uid={name}", "(a=1)(b=2)", "(a=1))", "(a=1) "] {
            assert!(!is_balanced(wrong), "{wrong}");
        }
    }
}
