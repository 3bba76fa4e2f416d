//! A server of the network that the operator named in the configuration: the only kind of place outside this process
//! that is ever contacted over HTTP. Drafting and sign-in share it.
//!
//! Promises: connects only to the addresses that the system's resolver gives for the named host, asked once for each
//! request; an answer is bounded in bytes; dropping a request closes its connection; a mistake in the settings is
//! said with its key and what to do. Never: a redirect, a proxy, a second request on the connection, a compressed
//! answer, a secret in a message.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::header::{CONNECTION, HOST, HeaderValue};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::config::Place;

/// Room for the head of an answer, bytes.
const MAX_HEAD_BYTES: usize = 64 * 1024;
/// Longest secret, bytes.
const MAX_SECRET_BYTES: u64 = 8 * 1024;
/// Longest file of certificates, bytes.
const MAX_CA_BYTES: u64 = 4 * 1024 * 1024;

/// A setting of a section that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerFault {
    /// The key inside the section.
    pub key: &'static str,
    /// What to do, in Japanese.
    pub sentence_ja: String,
}

/// A fault of a key.
pub(crate) fn fault(key: &'static str, sentence_ja: impl Into<String>) -> ServerFault {
    ServerFault {
        key,
        sentence_ja: sentence_ja.into(),
    }
}

/// Why a request brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// No connection.
    #[error("the server cannot be reached")]
    Unreachable(#[source] std::io::Error),
    /// The connection broke, or what came is no HTTP.
    #[error("the exchange with the server broke off")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Longer than allowed.
    #[error("the server's answer is longer than {0} bytes")]
    TooLarge(usize),
}

/// A named server.
#[derive(Clone)]
pub struct NamedHost {
    /// Host as it is resolved and connected to.
    pub host: String,
    /// Port.
    pub port: u16,
    /// `Host` of the request.
    pub authority: String,
    /// For https: what is trusted, and the name that the certificate must have.
    pub tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
}

impl std::fmt::Debug for NamedHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NamedHost")
            .field("authority", &self.authority)
            .field("tls", &self.tls.is_some())
            .finish_non_exhaustive()
    }
}

impl NamedHost {
    /// The server of an address `http(s)://host[:port]/…`, and the address. The sentence of a fault of `key` is
    /// `wrong`: what an address looks like.
    ///
    /// # Errors
    /// The first [`ServerFault`].
    pub fn of(
        key: &'static str,
        url: &str,
        ca_file: &Place,
        wrong: &'static str,
    ) -> Result<(Self, Uri), ServerFault> {
        let (uri, host) = parse(url).ok_or_else(|| fault(key, wrong))?;
        let secure = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let tls = if secure {
            let name = ServerName::try_from(host.clone())
                .map_err(|_| fault(key, "ホストの名前が正しくありません。"))?;
            Some((trusted(ca_file)?, name))
        } else {
            None
        };
        let place = Self {
            authority: uri.authority().map_or_else(String::new, ToString::to_string),
            host,
            port,
            tls,
        };
        Ok((place, uri))
    }

    /// Whether the name is that of this machine, so that nothing said to it passes a network.
    #[must_use]
    pub fn is_this_machine(&self) -> bool {
        is_this_machine(&self.host)
    }

    /// Sends a request; the answer's status and, when it is 200, its body of at most `max_answer` bytes.
    ///
    /// # Errors
    /// [`HostError`].
    pub async fn exchange(
        &self,
        mut request: Request<Full<Bytes>>,
        max_answer: usize,
    ) -> Result<(u16, Bytes), HostError> {
        let authority = HeaderValue::from_str(&self.authority).map_err(broken)?;
        request.headers_mut().insert(HOST, authority);
        request
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
        let stream = self.connect().await?;
        match &self.tls {
            None => speak(stream, request, max_answer).await,
            Some((config, name)) => {
                let stream = TlsConnector::from(Arc::clone(config))
                    .connect(name.clone(), stream)
                    .await
                    .map_err(HostError::Unreachable)?;
                speak(stream, request, max_answer).await
            }
        }
    }

    /// The first of the host's addresses that accepts.
    async fn connect(&self) -> Result<TcpStream, HostError> {
        let addresses: Vec<SocketAddr> = tokio::net::lookup_host((self.host.as_str(), self.port))
            .await
            .map_err(HostError::Unreachable)?
            .collect();
        TcpStream::connect(addresses.as_slice())
            .await
            .map_err(HostError::Unreachable)
    }
}

async fn speak<S>(
    stream: S,
    request: Request<Full<Bytes>>,
    max_answer: usize,
) -> Result<(u16, Bytes), HostError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .max_buf_size(MAX_HEAD_BYTES)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    let exchanged = async {
        let answer = sender.send_request(request).await.map_err(broken)?;
        let status = answer.status().as_u16();
        if status != 200 {
            return Ok((status, Bytes::new()));
        }
        let body = Limited::new(answer.into_body(), max_answer);
        match body.collect().await {
            Ok(collected) => Ok((status, collected.to_bytes())),
            Err(error) if error.is::<LengthLimitError>() => Err(HostError::TooLarge(max_answer)),
            Err(error) => Err(HostError::Broken(error)),
        }
    };
    // The connection is driven here and not by a task of its own: dropping this future closes it.
    tokio::pin!(exchanged, connection);
    tokio::select! {
        biased;
        done = &mut exchanged => done,
        ended = &mut connection => match ended {
            Ok(()) => exchanged.await,
            Err(error) => Err(broken(error)),
        },
    }
}

fn broken(error: impl std::error::Error + Send + Sync + 'static) -> HostError {
    HostError::Broken(Box::new(error))
}

/// Whether a host's name or address is that of this machine.
pub(crate) fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The address, and its host without the brackets of IPv6.
fn parse(url: &str) -> Option<(Uri, String)> {
    let uri: Uri = url.parse().ok()?;
    let authority = uri.authority()?.as_str();
    let named = matches!(uri.scheme_str(), Some("http" | "https"));
    let host = uri.host().unwrap_or_default();
    if !named || host.is_empty() || authority.contains('@') || uri.query().is_some() || url.contains('#') {
        return None;
    }
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    if host.chars().all(|c| matches!(c, '0' | '.' | ':')) {
        return None;
    }
    Some((uri, host))
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

/// The one line of a secret's file; `None` when no file is named.
///
/// # Errors
/// A file that cannot be read, or that holds nothing, more than a line, or what is no text.
pub(crate) fn secret_line(key: &'static str, place: &Place) -> Result<Option<String>, ServerFault> {
    let Place::At(path) = place else { return Ok(None) };
    let bytes = file(key, path, MAX_SECRET_BYTES)?;
    let unusable = || {
        fault(
            key,
            "鍵やパスワードだけを一行で書いたファイルを指定してください。",
        )
    };
    let text = std::str::from_utf8(&bytes).map_err(|_| unusable())?;
    let line = text.trim_end_matches(['\r', '\n']);
    if line.trim().is_empty() || line.chars().any(char::is_control) {
        return Err(unusable());
    }
    Ok(Some(line.to_owned()))
}

/// The internal CA when one is named, and then nothing else; the system's certificates otherwise.
///
/// # Errors
/// A fault of `ca_file`.
pub(crate) fn trusted(place: &Place) -> Result<Arc<ClientConfig>, ServerFault> {
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

    #[test]
    fn which_names_are_this_machine() {
        for own in ["localhost", "LOCALHOST", "127.0.0.1", "127.8.8.8", "::1"] {
            assert!(is_this_machine(own), "{own}");
        }
        for other in ["localhost.example", "10.0.0.1", "ldap", "127.0.0.1.example", ""] {
            assert!(!is_this_machine(other), "{other}");
        }
    }

    #[test]
    fn a_secret_is_one_line_of_a_file() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("secret");
        for (bytes, line) in [
            (&b"abc def\n"[..], Some("abc def")),
            (b"abc\r\n", Some("abc")),
            (b"", None),
            (b"\n", None),
            (b"a\nb\n", None),
            (b"\xff", None),
        ] {
            std::fs::write(&path, bytes).expect("written");
            let read = secret_line("client_secret_file", &Place::At(path.clone()));
            assert_eq!(read.ok().flatten().as_deref(), line, "{bytes:?}");
        }
        assert_eq!(secret_line("client_secret_file", &Place::Off), Ok(None));
    }
}
