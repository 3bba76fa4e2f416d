//! The listener: our own accept loop on hyper, because `axum::serve` sets no header-read timeout.
//!
//! Promises: a head that does not arrive in time ends its connection; at most `max_connections` are
//! open; after shutdown began no new connection is taken, open requests may end until the drain
//! deadline, then every connection is closed. HTTP/1.1 only (closed networks, plain proxies).

mod connection;
mod unread;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::TokioTimer;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::settings::ServeSettings;
pub use connection::CONNECTIONS;
use connection::Connection;

/// Pause after a failed accept (no file descriptors left): the loop must not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves `router` until `shutdown`, then drains. Returns whether every connection ended by itself.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    settings: &ServeSettings,
    shutdown: CancellationToken,
) -> bool {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(settings.header());
    let places = Arc::new(Semaphore::new(settings.max_connections));
    let connections = TaskTracker::new();
    let deadline = CancellationToken::new();
    while let Some((stream, place)) = next(&listener, &places, &shutdown).await {
        let connection = Connection {
            http: http.clone(),
            router: router.clone(),
            unread: settings.unread(),
            shutdown: shutdown.clone(),
            deadline: deadline.clone(),
            place,
        };
        connections.spawn(connection.serve(stream));
    }
    drop(listener);
    connections.close();
    let drained = tokio::time::timeout(settings.drain(), connections.wait())
        .await
        .is_ok();
    if !drained {
        tracing::warn!(
            open = connections.len(),
            "connections are cut at the drain deadline"
        );
        deadline.cancel();
        connections.wait().await;
    }
    drained
}

/// The next connection and its place; `None` once shutdown began.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    shutdown: &CancellationToken,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let accept = async {
        let place = Arc::clone(places)
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        loop {
            match listener.accept().await {
                Ok((stream, _)) => return (stream, place),
                Err(error) => {
                    tracing::warn!(%error, "accept");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        () = shutdown.cancelled() => None,
        accepted = accept => Some(accepted),
    }
}
