//! A signed-in browser: its cookie, and what shows that a request was made by one of our own pages.
//!
//! The cookie is `__Host-shoki`: browsers take it only with `Secure`, for this host alone. They count
//! `http://localhost` and `http://127.0.0.1` as secure, so a loopback service needs no certificate; under any
//! other name the service must stand behind HTTPS, or nobody stays signed in.
//! Promise: a request that changes something and comes with the cookie must name our own origin and carry the
//! page's token. Never: the secret in a log line, in SQL, or in a page.

use axum::http::header::{COOKIE as COOKIE_HEADER, HOST, ORIGIN, UPGRADE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use shoki_core::code::ErrorCode;
use shoki_core::digest::Sha256;

use crate::problem::Problem;

/// The cookie.
pub const COOKIE: &str = "__Host-shoki";
/// Header in which scripts of our pages send the page's token.
pub const TOKEN_HEADER: &str = "x-csrf-token";
/// Query parameter in which our forms send it: also a form whose body is a stream of files.
pub const TOKEN_PARAMETER: &str = "csrf";
/// Set by a page that brings itself up to date: nobody need be in front of it, so it does not lengthen a session.
pub const BACKGROUND: &str = "x-shoki-background";
/// Random bytes of a secret.
const SECRET_BYTES: usize = 32;
/// What a secret looks like: hexadecimal.
const SECRET_CHARS: usize = SECRET_BYTES * 2;

/// The secret of a session.
#[derive(Clone)]
pub struct SessionSecret(String);

impl SessionSecret {
    /// A new one.
    #[must_use]
    pub fn generate() -> Self {
        Self(random_secret())
    }

    /// The one that a request carries.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        random_cookie(headers, COOKIE).map(|value| Self(value.to_owned()))
    }

    /// What is stored of it: it is 256 random bits, so a plain hash is enough.
    #[must_use]
    pub fn hash(&self) -> Sha256 {
        Sha256::of(self.0.as_bytes())
    }

    /// The token of this session's pages; tells nothing about the secret.
    #[must_use]
    pub fn page_token(&self) -> String {
        Sha256::of(format!("page token of {}", self.0).as_bytes()).to_string()
    }

    /// `Set-Cookie` that signs in; gone when the browser is closed.
    ///
    /// # Panics
    /// Never: hexadecimal is a header's value.
    #[must_use]
    pub fn cookie(&self) -> HeaderValue {
        let line = format!("{COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Lax", self.0);
        HeaderValue::from_str(&line).expect("hexadecimal and words")
    }

    /// `Set-Cookie` that signs out.
    #[must_use]
    pub const fn no_cookie() -> HeaderValue {
        HeaderValue::from_static("__Host-shoki=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
    }

    /// Whether a request made with this session may change something.
    ///
    /// # Errors
    /// `forbidden` when it was not made by one of our pages.
    pub fn check(&self, parts: &Parts) -> Result<(), Problem> {
        let changes = !matches!(parts.method, Method::GET | Method::HEAD);
        if !changes && !parts.headers.contains_key(UPGRADE) {
            return Ok(());
        }
        check_origin(&parts.headers)?;
        // A WebSocket cannot send headers, and shows its origin always.
        if !changes || self.has_token(parts) {
            return Ok(());
        }
        Err(foreign())
    }

    fn has_token(&self, parts: &Parts) -> bool {
        let in_header = parts.headers.get(TOKEN_HEADER).map(HeaderValue::as_bytes);
        let query = parts.uri.query().unwrap_or_default();
        let in_query = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find_map(|(name, value)| (name == TOKEN_PARAMETER).then_some(value.as_bytes()));
        let expected = Sha256::of(self.page_token().as_bytes());
        in_header
            .or(in_query)
            .is_some_and(|token| Sha256::of(token) == expected)
    }
}

/// A cookie of ours that is a random secret; `None` when there is none, or one that we never gave.
pub(crate) fn random_cookie<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE_HEADER).iter();
    let pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'));
    let value = pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == wanted).then_some(value))?;
    let is_ours = value.len() == SECRET_CHARS && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_ours.then_some(value)
}

/// A random secret for a cookie.
pub(crate) fn random_secret() -> String {
    hex::encode(rand::random::<[u8; SECRET_BYTES]>())
}

impl std::fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionSecret")
    }
}

/// Refuses what another site sends. Browsers name the origin with everything that is not a plain look.
///
/// # Errors
/// `forbidden`.
pub fn check_origin(headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = text(ORIGIN).and_then(|origin| origin.split_once("://"));
    match (origin, text(HOST)) {
        (Some((_, authority)), Some(host)) if authority == host => Ok(()),
        _ => Err(foreign()),
    }
}

fn foreign() -> Problem {
    let sentence =
        "画面が古くなっているか、別のサイトから送られた操作です。画面を開き直してからやり直してください。";
    Problem::new(ErrorCode::Forbidden).detail(sentence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn request(method: &str, uri: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn the_cookie_comes_back() {
        let secret = SessionSecret::generate();
        let cookie = secret.cookie();
        let (pair, _) = cookie.to_str().unwrap().split_once(';').unwrap();
        let parts = request("GET", "/", &[("cookie", &format!("a=b; {pair}; c=d"))]);
        assert_eq!(SessionSecret::of(&parts.headers).unwrap().hash(), secret.hash());
        let parts = request("GET", "/", &[("cookie", "__Host-shoki=short")]);
        assert!(SessionSecret::of(&parts.headers).is_none());
        assert!(!secret.page_token().contains(&secret.0));
    }

    #[test]
    fn only_our_own_pages_change_something() {
        let secret = SessionSecret::generate();
        let token = secret.page_token();
        let own = ("origin", "https://shoki.example");
        let host = ("host", "shoki.example");
        let with = |method, uri: &str, headers: &[(&str, &str)]| {
            secret.check(&request(method, uri, headers)).is_ok()
        };
        let query = format!("/jobs?x=1&csrf={token}");
        assert!(with("GET", "/", &[host]));
        assert!(with("POST", &query, &[host, own]));
        assert!(with("PUT", "/", &[host, own, (TOKEN_HEADER, &token)]));
        assert!(!with(
            "POST",
            &query,
            &[host, ("origin", "https://other.example")]
        ));
        assert!(!with("POST", &query, &[host, ("origin", "null")]));
        assert!(!with("POST", &query, &[host]));
        assert!(!with("POST", "/jobs", &[host, own]));
        assert!(!with("DELETE", "/jobs?csrf=0", &[host, own]));
        let foreign = SessionSecret::generate().page_token();
        assert!(!with("POST", "/", &[host, own, (TOKEN_HEADER, &foreign)]));
        assert!(with("GET", "/", &[host, own, ("upgrade", "websocket")]));
        assert!(!with("GET", "/", &[host, ("upgrade", "websocket")]));
    }
}
