//! What an OpenID provider is asked, over HTTP: its configuration, a code's tokens, its keys, somebody's claims.
//!
//! Promises: only the issuer's own origin is contacted, and only there browsers are sent: a configuration that names
//! another place is refused; what the provider answers is bounded. Never: a code, a token or a secret in a message.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde::Deserialize;
use shoki_api::Secret;
use url::{Position, Url, form_urlencoded};

use super::SignInError;
use super::id_token::Claims;
use crate::named_host::NamedHost;

/// Longest answer, bytes: keys with certificate chains are some ten kilobytes.
const MAX_ANSWER_BYTES: usize = 512 * 1024;
/// How a client shows its secret unless the provider says otherwise (OpenID Connect Discovery §3).
const BASIC: &str = "client_secret_basic";

/// The provider's configuration as it is served (OpenID Connect Discovery §3).
#[derive(Deserialize)]
struct Served {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    end_session_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

/// The provider's configuration, looked at.
#[derive(Clone, Debug)]
pub(super) struct Endpoints {
    /// Where browsers begin.
    pub(super) authorization: Url,
    /// Where browsers sign out.
    pub(super) end_session: Option<Url>,
    token: Url,
    keys: Url,
    claims: Option<Url>,
    is_basic: bool,
}

/// Tokens for a code.
#[derive(Deserialize)]
pub(super) struct Tokens {
    /// Says who somebody is.
    pub(super) id_token: String,
    access_token: Option<String>,
}

/// The issuer, and us at it.
pub(super) struct Provider {
    pub(super) issuer: String,
    pub(super) origin: Url,
    pub(super) host: NamedHost,
    pub(super) client_id: String,
    pub(super) secret: Secret,
}

impl Provider {
    /// Its configuration.
    pub(super) async fn endpoints(&self) -> Result<Endpoints, SignInError> {
        let address = format!(
            "{}/.well-known/openid-configuration",
            self.issuer.trim_end_matches('/')
        );
        let address = Url::parse(&address).map_err(|_| SignInError::Unusable("the issuer's address"))?;
        let served = self.get("its configuration", &address, None).await?;
        self.looked_at(&served)
    }

    fn looked_at(&self, served: &[u8]) -> Result<Endpoints, SignInError> {
        let served: Served =
            serde_json::from_slice(served).map_err(|_| SignInError::Unusable("no provider configuration"))?;
        if served.issuer != self.issuer {
            return Err(SignInError::Unusable("the configuration is of another issuer"));
        }
        let own = |address: &str| {
            let parsed = Url::parse(address).ok();
            parsed
                .filter(|url| url.origin() == self.origin.origin())
                .ok_or(SignInError::Unusable(
                    "the configuration names another host than the issuer's",
                ))
        };
        let methods = served.token_endpoint_auth_methods_supported;
        Ok(Endpoints {
            authorization: own(&served.authorization_endpoint)?,
            end_session: served.end_session_endpoint.as_deref().map(own).transpose()?,
            token: own(&served.token_endpoint)?,
            keys: own(&served.jwks_uri)?,
            claims: served.userinfo_endpoint.as_deref().map(own).transpose()?,
            is_basic: methods.is_none_or(|methods| methods.iter().any(|method| method == BASIC)),
        })
    }

    /// Redeems a code (RFC 6749 §4.1.3, RFC 7636 §4.5).
    pub(super) async fn tokens(
        &self,
        endpoints: &Endpoints,
        code: &Secret,
        verifier: &Secret,
        redirect: &str,
    ) -> Result<Tokens, SignInError> {
        let mut pairs = vec![
            ("grant_type", "authorization_code"),
            ("code", code.reveal()),
            ("redirect_uri", redirect),
            ("code_verifier", verifier.reveal()),
        ];
        let mut request = Request::post(path_of(&endpoints.token))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json");
        if endpoints.is_basic {
            request = request.header(AUTHORIZATION, basic(&self.client_id, &self.secret)?);
        } else {
            pairs.push(("client_id", self.client_id.as_str()));
            pairs.push(("client_secret", self.secret.reveal()));
        }
        let request = request
            .body(Full::new(Bytes::from(form(&pairs))))
            .map_err(|_| SignInError::Unusable("the token endpoint"))?;
        let (status, answer) = self.host.exchange(request, MAX_ANSWER_BYTES).await?;
        match status {
            200 => {
                serde_json::from_slice(&answer).map_err(|_| SignInError::Unusable("no ID token for the code"))
            }
            // RFC 6749 §5.2: mostly a code that was redeemed before, or is too old.
            400 => Err(SignInError::Untrusted("the code")),
            status => Err(SignInError::ProviderRefused {
                what: "a code",
                status,
            }),
        }
    }

    /// Its keys, as a JWK set.
    pub(super) async fn keys(&self, endpoints: &Endpoints) -> Result<Bytes, SignInError> {
        self.get("its keys", &endpoints.keys, None).await
    }

    /// What it says of somebody beside the ID token (OpenID Connect Core §5.3); nothing where it does not.
    pub(super) async fn claims(
        &self,
        endpoints: &Endpoints,
        tokens: &Tokens,
        subject: &str,
    ) -> Result<Claims, SignInError> {
        let (Some(place), Some(token)) = (&endpoints.claims, &tokens.access_token) else {
            return Ok(Claims::new());
        };
        let mut bearer = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|_| SignInError::Unusable("the access token"))?;
        bearer.set_sensitive(true);
        let answer = self.get("somebody's claims", place, Some(bearer)).await?;
        let claims: Claims =
            serde_json::from_slice(&answer).map_err(|_| SignInError::Unusable("no claims of somebody"))?;
        if claims.get("sub").and_then(serde_json::Value::as_str) != Some(subject) {
            return Err(SignInError::Untrusted("claims of somebody else"));
        }
        Ok(claims)
    }

    async fn get(
        &self,
        what: &'static str,
        place: &Url,
        bearer: Option<HeaderValue>,
    ) -> Result<Bytes, SignInError> {
        let mut request = Request::get(path_of(place)).header(ACCEPT, "application/json");
        if let Some(bearer) = bearer {
            request = request.header(AUTHORIZATION, bearer);
        }
        let request = request
            .body(Full::new(Bytes::new()))
            .map_err(|_| SignInError::Unusable("an address of the provider"))?;
        match self.host.exchange(request, MAX_ANSWER_BYTES).await? {
            (200, answer) => Ok(answer),
            (status, _) => Err(SignInError::ProviderRefused { what, status }),
        }
    }
}

/// A form's body.
fn form(pairs: &[(&str, &str)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs);
    form.finish()
}

/// What a request asks for: an address without its origin and fragment.
fn path_of(url: &Url) -> &str {
    &url[Position::BeforePath..Position::AfterQuery]
}

/// HTTP Basic of a client, whose parts are form-encoded first (RFC 6749 §2.3.1).
fn basic(client: &str, secret: &Secret) -> Result<HeaderValue, SignInError> {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encoded(client), encoded(secret.reveal()));
    let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair)))
        .map_err(|_| SignInError::Unusable("the client's secret"))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::Place;

    fn provider() -> Provider {
        let issuer = "http://127.0.0.1:9/realms/city";
        let (host, _) = NamedHost::of("issuer", issuer, &Place::Off, "").expect("an address");
        Provider {
            issuer: issuer.to_owned(),
            origin: Url::parse(issuer).expect("an address"),
            host,
            client_id: "shoki".to_owned(),
            secret: Secret::new("a b:c".to_owned()),
        }
    }

    #[test]
    fn only_the_issuers_own_places_are_taken() {
        let provider = provider();
        let right = json!({
            "issuer": provider.issuer,
            "authorization_endpoint": "http://127.0.0.1:9/auth",
            "token_endpoint": "http://127.0.0.1:9/token?x=1",
            "jwks_uri": "http://127.0.0.1:9/keys",
        });
        let looked_at = provider.looked_at(right.to_string().as_bytes()).expect("right");
        assert_eq!(path_of(&looked_at.token), "/token?x=1");
        assert!(looked_at.is_basic && looked_at.end_session.is_none());
        for (key, elsewhere) in [
            ("issuer", "http://127.0.0.1:9/realms/other"),
            ("authorization_endpoint", "http://evil.example/auth"),
            ("token_endpoint", "http://127.0.0.1:10/token"),
            ("jwks_uri", "https://127.0.0.1:9/keys"),
            ("userinfo_endpoint", "http://localhost:9/me"),
            ("end_session_endpoint", "nonsense"),
        ] {
            let mut wrong = right.clone();
            wrong[key] = json!(elsewhere);
            let refused = provider.looked_at(wrong.to_string().as_bytes());
            assert!(
                matches!(refused, Err(SignInError::Unusable(_))),
                "{key}: {refused:?}"
            );
        }
        assert!(provider.looked_at(b"<html>").is_err());
    }

    #[test]
    fn a_secret_is_encoded_and_hidden() {
        let header = basic("shoki", &provider().secret).expect("a header");
        let expected = STANDARD.encode("shoki:a+b%3Ac");
        assert_eq!(header.to_str().expect("ASCII"), format!("Basic {expected}"));
        assert!(header.is_sensitive());
    }
}
