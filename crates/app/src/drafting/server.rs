//! The server that the operator named: its address, key and certificates, checked before first use.
//!
//! Promise: a mistake is said with its key and what to do. Never: a second host, a key in a message.

use std::path::Path;
use std::sync::Arc;

use hyper::Uri;
use hyper::header::HeaderValue;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};

use crate::config::{DraftingConfig, Place};

/// Longest key, bytes.
const MAX_KEY_BYTES: u64 = 8 * 1024;
/// Longest file of certificates, bytes.
const MAX_CA_BYTES: u64 = 4 * 1024 * 1024;

/// A setting under `[drafting]` that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerFault {
    /// The key inside the section.
    pub key: &'static str,
    /// What to do, in Japanese.
    pub sentence_ja: String,
}

/// A named server.
#[derive(Clone)]
pub struct Server {
    /// Host as it is resolved and connected to.
    pub host: String,
    /// Port.
    pub port: u16,
    /// `Host` of the request.
    pub authority: String,
    /// Path and name of the operation.
    pub path: String,
    /// `Bearer …`, when there is a key.
    pub authorization: Option<HeaderValue>,
    /// For https: what is trusted, and the name that the certificate must have.
    pub tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("authority", &self.authority)
            .field("tls", &self.tls.is_some())
            .finish_non_exhaustive()
    }
}

impl Server {
    /// The server of the configuration; `None` when drafting is off.
    ///
    /// # Errors
    /// The first [`ServerFault`].
    pub fn of(config: &DraftingConfig) -> Result<Option<Self>, ServerFault> {
        let Some(url) = config.base_url() else {
            return Ok(None);
        };
        let (uri, host) = parse(url)?;
        if config.model.trim().is_empty() {
            return Err(fault("model", "サーバーで使うモデルの名前を書いてください。"));
        }
        let secure = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let tls = if secure {
            let name = ServerName::try_from(host.clone())
                .map_err(|_| fault("base_url", "ホストの名前が正しくありません。"))?;
            Some((trusted(&config.ca_file)?, name))
        } else {
            None
        };
        Ok(Some(Self {
            authority: uri.authority().map_or_else(String::new, ToString::to_string),
            path: format!("{}/chat/completions", uri.path().trim_end_matches('/')),
            host,
            port,
            authorization: authorization(&config.api_key_file)?,
            tls,
        }))
    }
}

fn fault(key: &'static str, sentence_ja: impl Into<String>) -> ServerFault {
    ServerFault {
        key,
        sentence_ja: sentence_ja.into(),
    }
}

/// The address, and its host without the brackets of IPv6.
fn parse(url: &str) -> Result<(Uri, String), ServerFault> {
    let wrong = || {
        fault(
            "base_url",
            "\"http://llm.example.lg.jp:8000/v1\" のように、庁内のサーバーを http または https で一つ書いてください。",
        )
    };
    let uri: Uri = url.parse().map_err(|_| wrong())?;
    let authority = uri.authority().ok_or_else(wrong)?.as_str();
    let named = matches!(uri.scheme_str(), Some("http" | "https"));
    let host = uri.host().unwrap_or_default();
    if !named || host.is_empty() || authority.contains('@') || uri.query().is_some() || url.contains('#') {
        return Err(wrong());
    }
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    if host.chars().all(|c| matches!(c, '0' | '.' | ':')) {
        return Err(wrong());
    }
    Ok((uri, host))
}

/// Reads a file that must not be larger than `limit`.
fn file(key: &'static str, path: &Path, limit: u64) -> Result<Vec<u8>, ServerFault> {
    let unreadable = |why: String| {
        fault(
            key,
            format!(
                "{} を読めません({why})。場所と権限を確かめてください。",
                path.display()
            ),
        )
    };
    let size = std::fs::metadata(path)
        .map_err(|error| unreadable(error.to_string()))?
        .len();
    if size > limit {
        return Err(unreadable(format!("{size} バイトは大きすぎます")));
    }
    std::fs::read(path).map_err(|error| unreadable(error.to_string()))
}

fn authorization(place: &Place) -> Result<Option<HeaderValue>, ServerFault> {
    let Place::At(path) = place else { return Ok(None) };
    let bytes = file("api_key_file", path, MAX_KEY_BYTES)?;
    let unusable = || fault("api_key_file", "鍵だけを一行で書いたファイルを指定してください。");
    let key = std::str::from_utf8(&bytes).map_err(|_| unusable())?.trim();
    if key.is_empty() || !key.chars().all(|c| c.is_ascii_graphic()) {
        return Err(unusable());
    }
    let mut value = HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| unusable())?;
    value.set_sensitive(true);
    Ok(Some(value))
}

/// The internal CA when one is named, and then nothing else; the system's certificates otherwise.
fn trusted(place: &Place) -> Result<Arc<ClientConfig>, ServerFault> {
    let mut roots = RootCertStore::empty();
    match place {
        Place::At(path) => {
            let pem = file("ca_file", path, MAX_CA_BYTES)?;
            let unusable = || fault("ca_file", "庁内認証局の証明書を PEM 形式で指定してください。");
            for certificate in CertificateDer::pem_slice_iter(&pem) {
                roots
                    .add(certificate.map_err(|_| unusable())?)
                    .map_err(|_| unusable())?;
            }
            if roots.is_empty() {
                return Err(unusable());
            }
        }
        Place::Auto | Place::Off => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() {
                return Err(fault(
                    "ca_file",
                    "この機械に信頼できる証明書がありません。庁内認証局の証明書を指定してください。",
                ));
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| fault("ca_file", "TLS を準備できません。"))?;
    Ok(Arc::new(
        builder.with_root_certificates(roots).with_no_client_auth(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(base_url: &str) -> DraftingConfig {
        DraftingConfig {
            base_url: base_url.to_owned(),
            model: "m".to_owned(),
            api_key_file: Place::Off,
            ca_file: Place::Off,
            timeout_seconds: 10,
            max_tokens: 100,
            waiting: 1,
            concurrent: 1,
        }
    }

    #[test]
    fn a_server_is_named_whole_or_not_at_all() {
        assert!(Server::of(&config("off")).expect("off").is_none());
        let server = Server::of(&config("http://llm.example.lg.jp:8000/v1/"))
            .expect("right")
            .expect("on");
        assert_eq!(
            (
                server.host.as_str(),
                server.port,
                server.path.as_str(),
                server.authority.as_str()
            ),
            (
                "llm.example.lg.jp",
                8000,
                "/v1/chat/completions",
                "llm.example.lg.jp:8000"
            )
        );
        let server = Server::of(&config("http://[::1]:9")).expect("right").expect("on");
        assert_eq!(
            (server.host.as_str(), server.path.as_str()),
            ("::1", "/chat/completions")
        );
        for url in [
            "",
            "llm",
            "llm:8000",
            "/v1",
            "ftp://llm/v1",
            "http://",
            "http://user:secret@llm/v1",
            "http://llm/v1?key=1",
            "http://llm/v1#x",
            "http://0.0.0.0:80/v1",
        ] {
            let fault = Server::of(&config(url)).expect_err(url);
            assert_eq!(fault.key, "base_url", "{url}");
        }
    }

    #[test]
    fn key_and_certificates_are_files_that_can_be_used() {
        let directory = tempfile::tempdir().expect("a directory");
        let place = |name: &str, bytes: &[u8]| {
            let path = directory.path().join(name);
            std::fs::write(&path, bytes).expect("written");
            Place::At(path)
        };
        let mut with = config("https://llm.example.lg.jp/v1");
        for (bytes, right) in [
            (&b"abc\n"[..], true),
            (b"", false),
            (b"a b", false),
            (b"\xff", false),
        ] {
            with.base_url = "http://llm/v1".to_owned();
            with.api_key_file = place("key", bytes);
            let made = Server::of(&with);
            assert_eq!(made.is_ok(), right, "{made:?}");
            if let Ok(Some(server)) = made {
                let value = server.authorization.clone().expect("a key");
                assert!(value.is_sensitive() && !format!("{server:?}").contains("abc"));
            }
        }
        with.api_key_file = Place::At(directory.path().join("nowhere"));
        let fault = Server::of(&with).expect_err("missing");
        assert!(fault.sentence_ja.contains("nowhere"), "{fault:?}");
        with.api_key_file = Place::Off;
        with.base_url = "https://llm/v1".to_owned();
        with.ca_file = place("ca.pem", b"no certificate");
        assert_eq!(Server::of(&with).expect_err("none").key, "ca_file");
    }
}
