//! One connection: served, asked to end at shutdown, cut at the drain deadline, closed with patience.
//!
//! Why patience: a server that closes while the client still sends makes its kernel answer with a reset,
//! which throws away the answer that the client has not read yet, and the clerk sees 「通信エラー」 instead
//! of 「ファイルが大きすぎます」. So after the answer the sending side is closed and what still comes is
//! read and dropped for a while (RFC 9112 §9.6).

use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use super::unread::GivesUp;

/// Open connections.
pub const CONNECTIONS: &str = "shoki_http_connections";
/// What is still read of a refused request …
const LINGER_BYTES: usize = 64 * 1024 * 1024;
/// … and for how long.
const LINGER_TIME: Duration = Duration::from_secs(3);

/// What a connection needs besides its socket.
pub(super) struct Connection {
    pub http: http1::Builder,
    pub router: Router,
    /// Longest time for which the client may not take anything of an answer.
    pub unread: Duration,
    pub shutdown: CancellationToken,
    pub deadline: CancellationToken,
    pub place: OwnedSemaphorePermit,
}

/// Counts an open connection until it is dropped.
struct Open;

impl Open {
    fn count() -> Self {
        metrics::gauge!(CONNECTIONS).increment(1.0);
        Self
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        metrics::gauge!(CONNECTIONS).decrement(1.0);
    }
}

impl Connection {
    /// Serves the connection to its end.
    pub async fn serve(self, stream: TcpStream) {
        let _open = Open::count();
        let deadline = self.deadline.clone();
        tokio::select! {
            () = self.serve_and_close(stream) => {}
            () = deadline.cancelled() => {}
        }
    }

    async fn serve_and_close(self, stream: TcpStream) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "nodelay");
        }
        let service = TowerToHyperService::new(self.router);
        let io = TokioIo::new(GivesUp::after(self.unread, stream));
        let mut serving = self.http.serve_connection(io, service).with_upgrades();
        let mut asked = false;
        let ended = loop {
            tokio::select! {
                ended = &mut serving => break ended,
                () = self.shutdown.cancelled(), if !asked => {
                    asked = true;
                    std::pin::Pin::new(&mut serving).graceful_shutdown();
                }
            }
        };
        match ended {
            Ok(()) => {
                // A connection that became a WebSocket belongs to its own task now, which ends at shutdown.
                let Some(parts) = serving.into_parts() else {
                    return;
                };
                let stream = parts.io.into_inner();
                // Idle clients that do not notice the end must not hold up a shutdown.
                tokio::select! {
                    () = linger(stream) => {}
                    () = self.shutdown.cancelled() => {}
                }
            }
            Err(error) => tracing::debug!(%error, "connection"),
        }
        drop(self.place);
    }
}

async fn linger(mut stream: GivesUp) {
    let reading = async {
        stream.shutdown().await?;
        let mut buffer = vec![0; 64 * 1024];
        let mut left = LINGER_BYTES;
        loop {
            let read = stream.read(&mut buffer).await?;
            if read == 0 || read > left {
                return Ok::<(), std::io::Error>(());
            }
            left -= read;
        }
    };
    // However it ends, the socket is closed now.
    let _ended = tokio::time::timeout(LINGER_TIME, reading).await;
}
