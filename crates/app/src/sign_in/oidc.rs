//! One OpenID provider: authorization code with PKCE, state and nonce (OpenID Connect Core §3.1, RFC 7636, RFC 9700).
//!
//! Promises: nothing that a browser carries is believed unless the provider confirms it to us directly; the
//! configuration is asked for again every five minutes and the keys at every sign-in, so that a change of them needs
//! no restart. Never: a token that is kept.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use shoki_api::{Begun, Returned, Secret};
use shoki_store::account_store::DirectoryPerson;
use tokio::sync::Mutex;
use url::Url;

use super::groups::{GroupTable, plain_name};
use super::id_token::{Claims, Expected, verified};
use super::provider::{Endpoints, Provider};
use super::{SignInError, shown_name, usable_name};
use crate::config::OidcConfig;
use crate::named_host::{NamedHost, ServerFault, fault, is_this_machine, secret_line};

/// How long the provider's configuration is good for.
const FRESH: Duration = Duration::from_secs(5 * 60);
/// Where the provider sends browsers back to, at our address.
const RETURN: &str = "/sign-in/oidc/return";
/// Where it sends them after they signed out.
const LEFT: &str = "/sign-in";

/// What an issuer's address looks like.
const ISSUER: &str = "\"https://sso.example.lg.jp/realms/city\" のように、庁内の認証サーバーの issuer を https で一つ書いてください(http はこの機械の中だけで使えます)。";
/// What our own looks like.
const PUBLIC_URL: &str = "\"https://shoki.example.lg.jp\" のように、職員のブラウザーから見たこのシステムのアドレスを、末尾の / を付けずに書いてください。";

/// An OpenID provider as it is configured.
pub struct OidcDirectory {
    provider: Provider,
    public_url: String,
    scopes: String,
    name_claim: String,
    display_name_claim: String,
    groups_claim: String,
    groups: GroupTable,
    timeout: Duration,
    endpoints: Mutex<Option<(Instant, Arc<Endpoints>)>>,
}

impl std::fmt::Debug for OidcDirectory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OidcDirectory")
            .field("issuer", &self.provider.issuer)
            .finish_non_exhaustive()
    }
}

impl OidcDirectory {
    /// The provider of the configuration.
    ///
    /// # Errors
    /// The first [`ServerFault`].
    pub fn of(config: &OidcConfig) -> Result<Self, ServerFault> {
        let (host, uri) = NamedHost::of("issuer", &config.issuer, &config.ca_file, ISSUER)?;
        let is_secret = uri.scheme_str() == Some("https") || host.is_this_machine();
        let origin = Url::parse(&config.issuer).ok().filter(|_| is_secret);
        let origin = origin.ok_or_else(|| fault("issuer", ISSUER))?;
        if !is_public_url(&config.public_url) {
            return Err(fault("public_url", PUBLIC_URL));
        }
        let secret = secret_line("client_secret_file", &config.client_secret_file)?;
        let secret = secret.ok_or_else(|| {
            let sentence = "クライアントシークレットだけを一行で書いたファイルのパスにしてください。";
            fault("client_secret_file", sentence)
        })?;
        Ok(Self {
            provider: Provider {
                issuer: config.issuer.clone(),
                origin,
                host,
                client_id: config.client_id.clone(),
                secret: Secret::new(secret),
            },
            public_url: config.public_url.clone(),
            scopes: config.scopes.clone(),
            name_claim: config.name_claim.clone(),
            display_name_claim: config.display_name_claim.clone(),
            groups_claim: config.groups_claim.clone(),
            groups: GroupTable::of_names(&config.group),
            timeout: config.timeout(),
            endpoints: Mutex::new(None),
        })
    }

    /// Begins a sign-in.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn begin(&self) -> Result<Begun, SignInError> {
        self.in_time(async {
            let endpoints = self.endpoints().await?;
            let (state, nonce, verifier) = (random(), random(), random());
            let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
            let mut location = endpoints.authorization.clone();
            location
                .query_pairs_mut()
                .append_pair("response_type", "code")
                .append_pair("client_id", &self.provider.client_id)
                .append_pair("redirect_uri", &self.redirect())
                .append_pair("scope", &self.scopes)
                .append_pair("state", &state)
                .append_pair("nonce", &nonce)
                .append_pair("code_challenge", &challenge)
                .append_pair("code_challenge_method", "S256");
            Ok(Begun {
                location: location.to_string(),
                state,
                nonce: Secret::new(nonce),
                verifier: Secret::new(verifier),
            })
        })
        .await
    }

    /// Who came back; without a 課 when none of the person's groups is configured.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn finish(&self, returned: &Returned) -> Result<DirectoryPerson, SignInError> {
        if returned
            .issuer
            .as_ref()
            .is_some_and(|issuer| *issuer != self.provider.issuer)
        {
            return Err(SignInError::Untrusted("another issuer's answer"));
        }
        self.in_time(async {
            let endpoints = self.endpoints().await?;
            let provider = &self.provider;
            let tokens = provider
                .tokens(&endpoints, &returned.code, &returned.verifier, &self.redirect())
                .await?;
            let keys = provider.keys(&endpoints).await?;
            let expected = Expected {
                issuer: &provider.issuer,
                client_id: &provider.client_id,
                nonce: returned.nonce.reveal(),
            };
            let mut claims = verified(&tokens.id_token, &keys, expected)?;
            let wanted = [&self.name_claim, &self.display_name_claim, &self.groups_claim];
            if wanted.into_iter().any(|claim| !claims.contains_key(claim)) {
                let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default();
                let more = provider.claims(&endpoints, &tokens, subject).await?;
                for (claim, value) in more {
                    claims.entry(claim).or_insert(value);
                }
            }
            self.person(&claims)
        })
        .await
    }

    /// Where a browser signs out of the provider.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn leave(&self) -> Result<Option<String>, SignInError> {
        self.in_time(async {
            let endpoints = self.endpoints().await?;
            Ok(endpoints.end_session.clone().map(|mut location| {
                location
                    .query_pairs_mut()
                    .append_pair("client_id", &self.provider.client_id)
                    .append_pair("post_logout_redirect_uri", &format!("{}{LEFT}", self.public_url));
                location.to_string()
            }))
        })
        .await
    }

    fn redirect(&self) -> String {
        format!("{}{RETURN}", self.public_url)
    }

    async fn in_time<T>(&self, work: impl Future<Output = Result<T, SignInError>>) -> Result<T, SignInError> {
        tokio::time::timeout(self.timeout, work)
            .await
            .map_err(|_| SignInError::TimedOut)?
    }

    /// The provider's configuration, asked for when it is not known or too old.
    async fn endpoints(&self) -> Result<Arc<Endpoints>, SignInError> {
        let mut known = self.endpoints.lock().await;
        if let Some((since, endpoints)) = known.as_ref()
            && since.elapsed() < FRESH
        {
            return Ok(Arc::clone(endpoints));
        }
        let endpoints = Arc::new(self.provider.endpoints().await?);
        *known = Some((Instant::now(), Arc::clone(&endpoints)));
        Ok(endpoints)
    }

    /// Who the claims are about.
    fn person(&self, claims: &Claims) -> Result<DirectoryPerson, SignInError> {
        let text = |claim: &str| claims.get(claim).and_then(Value::as_str);
        let name = text(&self.name_claim)
            .and_then(usable_name)
            .ok_or(SignInError::Unusable("an ID token without a usable name_claim"))?;
        let groups: HashSet<_> = match claims.get(&self.groups_claim) {
            Some(Value::Array(groups)) => groups.iter().filter_map(Value::as_str).map(plain_name).collect(),
            Some(Value::String(group)) => HashSet::from([plain_name(group)]),
            _ => HashSet::new(),
        };
        Ok(DirectoryPerson {
            display_name: shown_name(text(&self.display_name_claim), &name),
            departments: self.groups.departments(&groups),
            name,
        })
    }
}

/// 256 random bits, in letters that an address takes; long enough for a verifier (RFC 7636 §4.1).
fn random() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// An origin: browsers keep our cookies over https, or on this machine.
fn is_public_url(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let is_kept = match url.scheme() {
        "https" => true,
        "http" => url.host_str().is_some_and(is_this_machine),
        _ => false,
    };
    is_kept && url.origin().ascii_serialization() == text
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shoki_core::access::Role;

    use super::*;
    use crate::config::GroupRule;
    use crate::config::Place;

    fn config(directory: &tempfile::TempDir) -> OidcConfig {
        let secret = directory.path().join("secret");
        std::fs::write(&secret, "s\n").expect("written");
        OidcConfig {
            issuer: "http://127.0.0.1:9".to_owned(),
            client_id: "shoki".to_owned(),
            client_secret_file: Place::At(secret),
            ca_file: Place::Off,
            public_url: "http://127.0.0.1:8080".to_owned(),
            scopes: "openid".to_owned(),
            name_claim: "preferred_username".to_owned(),
            display_name_claim: "name".to_owned(),
            groups_claim: "groups".to_owned(),
            timeout_seconds: 5,
            group: vec![GroupRule {
                group: "tax".to_owned(),
                department: "市民税課".to_owned(),
                role: Role::Clerk,
            }],
        }
    }

    #[test]
    fn addresses_are_whole_and_not_readable_on_the_network() {
        let directory = tempfile::tempdir().expect("a directory");
        let right = config(&directory);
        assert!(OidcDirectory::of(&right).is_ok());
        for issuer in [
            "off",
            "",
            "http://sso.example.lg.jp",
            "sso",
            "https://u:p@sso/",
            "http://127.0.0.1?x=1",
        ] {
            let mut wrong = right.clone();
            issuer.clone_into(&mut wrong.issuer);
            assert_eq!(
                OidcDirectory::of(&wrong).expect_err(issuer).key,
                "issuer",
                "{issuer}"
            );
        }
        for public_url in [
            "off",
            "",
            "shoki",
            "http://shoki.example.lg.jp",
            "https://shoki.example.lg.jp/",
            "https://shoki.example.lg.jp/x",
            "https://shoki.example.lg.jp?x",
        ] {
            let mut wrong = right.clone();
            public_url.clone_into(&mut wrong.public_url);
            let fault = OidcDirectory::of(&wrong).expect_err(public_url);
            assert_eq!(fault.key, "public_url", "{public_url}");
        }
        let mut wrong = right.clone();
        wrong.client_secret_file = Place::At(directory.path().join("nowhere"));
        let fault = OidcDirectory::of(&wrong).expect_err("no secret");
        assert_eq!(fault.key, "client_secret_file");
    }

    #[test]
    fn claims_become_a_person() {
        let directory = tempfile::tempdir().expect("a directory");
        let provider = OidcDirectory::of(&config(&directory)).expect("right");
        let person = |claims: Value| {
            let Value::Object(claims) = claims else {
                panic!("an object")
            };
            provider.person(&claims)
        };
        let clerk = vec![("市民税課".to_owned(), Role::Clerk)];
        for groups in [json!(["tax", "other", 3]), json!("tax")] {
            let found = person(json!({"preferred_username": "ito", "name": "伊藤 春", "groups": groups}));
            let found = found.expect("a person");
            assert_eq!(
                (
                    found.name.as_str(),
                    found.display_name.as_str(),
                    &found.departments
                ),
                ("ito", "伊藤 春", &clerk)
            );
        }
        for groups in [json!([]), json!(["other"]), json!({"tax": true}), Value::Null] {
            let found = person(json!({"preferred_username": "ito", "groups": groups})).expect("a person");
            assert_eq!((found.display_name.as_str(), found.departments.len()), ("ito", 0));
        }
        for name in [json!(""), json!(7), json!("a\nb"), Value::Null] {
            let nobody = person(json!({"preferred_username": name, "groups": ["tax"]}));
            assert!(matches!(nobody, Err(SignInError::Unusable(_))), "{nobody:?}");
        }
    }
}
