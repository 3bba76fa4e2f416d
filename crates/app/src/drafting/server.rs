//! The server that the operator named: its address, key and certificates, checked before first use.
//!
//! Promise: a mistake is said with its key and what to do. Never: a second host, a key in a message.

use hyper::header::HeaderValue;

use crate::config::{DraftingConfig, Place};
pub use crate::named_host::ServerFault;
use crate::named_host::{NamedHost, fault, secret_line};

/// What an address looks like.
const ADDRESS: &str = "\"http://llm.example.lg.jp:8000/v1\" のように、庁内のサーバーを http または https で一つ書いてください。";

/// A named server.
#[derive(Clone)]
pub struct Server {
    /// Where it is.
    pub place: NamedHost,
    /// Path and name of the operation.
    pub path: String,
    /// `Bearer …`, when there is a key.
    pub authorization: Option<HeaderValue>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("place", &self.place)
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
        let (place, uri) = NamedHost::of("base_url", url, &config.ca_file, ADDRESS)?;
        if config.model.trim().is_empty() {
            return Err(fault("model", "サーバーで使うモデルの名前を書いてください。"));
        }
        Ok(Some(Self {
            path: format!("{}/chat/completions", uri.path().trim_end_matches('/')),
            place,
            authorization: authorization(&config.api_key_file)?,
        }))
    }
}

fn authorization(place: &Place) -> Result<Option<HeaderValue>, ServerFault> {
    let Some(key) = secret_line("api_key_file", place)? else {
        return Ok(None);
    };
    let key = key.trim();
    let unusable = || fault("api_key_file", "鍵だけを一行で書いたファイルを指定してください。");
    if !key.chars().all(|c| c.is_ascii_graphic()) {
        return Err(unusable());
    }
    let mut value = HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| unusable())?;
    value.set_sensitive(true);
    Ok(Some(value))
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
                server.place.host.as_str(),
                server.place.port,
                server.path.as_str(),
                server.place.authority.as_str()
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
            (server.place.host.as_str(), server.path.as_str()),
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
