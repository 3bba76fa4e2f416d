//! A client that sends sound, and the events that a page follows.

use std::net::SocketAddr;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};

/// An event of a stream.
#[derive(Clone, Debug)]
pub struct StreamEvent {
    pub name: String,
    pub id: Option<u64>,
    pub data: Value,
}

impl StreamEvent {
    pub fn parse(text: &str) -> Option<Self> {
        let field = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name))
                .map(str::trim)
        };
        Some(Self {
            name: field("event:")?.to_owned(),
            id: field("id:").and_then(|id| id.parse().ok()),
            data: serde_json::from_str(field("data:")?).expect("JSON"),
        })
    }
}

/// A client that sends sound.
pub struct Microphone {
    pub socket: WebSocketStream<TcpStream>,
    /// Number of the next message.
    pub next: u64,
}

impl Microphone {
    pub async fn connect(address: SocketAddr, path: &str, token: &str) -> Result<Self, Error> {
        let mut request = format!("ws://{address}{path}").into_client_request()?;
        let value = format!("Bearer {token}").parse().expect("a header value");
        request.headers_mut().insert("authorization", value);
        let stream = TcpStream::connect(address).await?;
        let (socket, _) = tokio_tungstenite::client_async(request, stream).await?;
        let mut microphone = Self { socket, next: 0 };
        let ready = microphone.message().await;
        assert_eq!(ready["type"], "ready", "{ready}");
        microphone.next = ready["resume_from"].as_u64().expect("a number");
        Ok(microphone)
    }

    /// Sends a message under a number of its own.
    pub async fn send_as(&mut self, number: u64, sound: &[u8]) {
        let message = [&number.to_le_bytes(), sound].concat();
        // The service may have closed already; what it said comes with the next message.
        let _sent = self.socket.send(Message::Binary(message.into())).await;
    }

    /// Sends the next message.
    pub async fn send(&mut self, sound: &[u8]) {
        self.send_as(self.next, sound).await;
        self.next += 1;
    }

    pub async fn say(&mut self, text: &str) {
        self.socket
            .send(Message::Text(text.to_owned().into()))
            .await
            .expect("the socket is open");
    }

    /// The next text message.
    pub async fn message(&mut self) -> Value {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).expect("JSON"),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("no text message: {other:?}"),
            }
        }
    }

    /// Waits until everything that was sent is on disk.
    pub async fn is_safe(&mut self) {
        loop {
            let message = self.message().await;
            assert_eq!(message["type"], "ack", "{message}");
            if message["sequence"].as_u64() == Some(self.next - 1) {
                return;
            }
        }
    }

    /// Waits until the service has closed the connection.
    pub async fn is_closed(&mut self) {
        while let Some(Ok(message)) = self.socket.next().await {
            assert!(
                matches!(message, Message::Close(_) | Message::Ping(_)),
                "{message:?}"
            );
        }
    }
}
