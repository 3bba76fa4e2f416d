//! One request on one connection to the named host.
//!
//! Promises: connects only to the addresses that the system's resolver gives for the named host, asked
//! once for each request; reads at most [`MAX_ANSWER_BYTES`]; dropped, it closes its connection. Never:
//! a redirect, a proxy, a second request on the connection, a compressed answer.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::header::{ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{DraftingError, Server};

/// Longest answer, bytes: a draft of a thousand tokens is some kilobytes.
pub(super) const MAX_ANSWER_BYTES: usize = 1024 * 1024;
/// Room for the head of an answer, bytes.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// Sends a body; the answer's status and, when it is 200, its body.
pub(super) async fn exchange(server: &Server, body: Vec<u8>) -> Result<(u16, Bytes), DraftingError> {
    let stream = connect(server).await?;
    match &server.tls {
        None => speak(server, stream, body).await,
        Some((config, name)) => {
            let connector = TlsConnector::from(std::sync::Arc::clone(config));
            let stream = connector
                .connect(name.clone(), stream)
                .await
                .map_err(DraftingError::Unreachable)?;
            speak(server, stream, body).await
        }
    }
}

/// The first of the host's addresses that accepts.
async fn connect(server: &Server) -> Result<TcpStream, DraftingError> {
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host((server.host.as_str(), server.port))
        .await
        .map_err(DraftingError::Unreachable)?
        .collect();
    TcpStream::connect(addresses.as_slice())
        .await
        .map_err(DraftingError::Unreachable)
}

async fn speak<S>(server: &Server, stream: S, body: Vec<u8>) -> Result<(u16, Bytes), DraftingError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .max_buf_size(MAX_HEAD_BYTES)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(&server.path)
        .header(HOST, &server.authority)
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, "application/json")
        .header(CONNECTION, "close");
    if let Some(key) = &server.authorization {
        request = request.header(AUTHORIZATION, key.clone());
    }
    let request = request.body(Full::new(Bytes::from(body))).map_err(broken)?;
    let exchanged = async {
        let answer = sender.send_request(request).await.map_err(broken)?;
        let status = answer.status().as_u16();
        if status != 200 {
            return Ok((status, Bytes::new()));
        }
        let body = Limited::new(answer.into_body(), MAX_ANSWER_BYTES);
        match body.collect().await {
            Ok(collected) => Ok((status, collected.to_bytes())),
            Err(error) if error.is::<LengthLimitError>() => Err(DraftingError::TooLarge(MAX_ANSWER_BYTES)),
            Err(error) => Err(DraftingError::Broken(error)),
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

fn broken(error: impl std::error::Error + Send + Sync + 'static) -> DraftingError {
    DraftingError::Broken(Box::new(error))
}
