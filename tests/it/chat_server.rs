//! An OpenAI-compatible server on a loopback port that answers as a test tells it to: well, badly, or
//! not at all. It keeps what it was asked.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

/// What it does with a request.
#[derive(Clone, Debug)]
pub enum Act {
    /// A chat completion with this content.
    Say(String),
    /// One that ended at the limit of tokens.
    CutOff(String),
    /// This status and nothing else.
    Status(u16),
    /// Sends the client to another address.
    Redirect(SocketAddr),
    /// 200 with these bytes as its body.
    Body(Vec<u8>),
    /// Announces more bytes than it sends.
    Broken,
    /// 200 and 50 MB, as far as somebody takes them.
    Huge,
    /// Nothing, until the client goes away.
    Hang,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Request line and headers.
    pub head: String,
    /// The JSON.
    pub body: Value,
}

impl Asked {
    /// The passages that the prompt gives.
    pub fn passages(&self) -> Vec<Value> {
        self.user()["passages"].as_array().cloned().unwrap_or_default()
    }

    /// The user's message.
    pub fn user(&self) -> Value {
        let content = self.body["messages"][1]["content"].as_str().unwrap_or("{}");
        serde_json::from_str(content).expect("the user's message is JSON")
    }

    /// Id of the passage that holds these words.
    pub fn holding(&self, words: &str) -> String {
        let passage = self
            .passages()
            .into_iter()
            .find(|passage| passage["text"].as_str().is_some_and(|text| text.contains(words)));
        let passage = passage.unwrap_or_else(|| panic!("no passage holds {words}: {:?}", self.passages()));
        passage["id"].as_str().expect("an id").to_owned()
    }
}

/// The content of a reply: sentences with their quotes.
pub fn reply(statements: &[(&str, &[(&str, &str)])]) -> String {
    let conclusion: Vec<Value> = statements
        .iter()
        .map(|(sentence, quotes)| {
            let quotes: Vec<Value> = quotes
                .iter()
                .map(|(passage, quote)| json!({ "passage": passage, "quote": quote }))
                .collect();
            json!({ "sentence": sentence, "quotes": quotes })
        })
        .collect();
    json!({ "conclusion": conclusion }).to_string()
}

type Behaviour = dyn Fn(&Asked) -> Act + Send + Sync;

/// A running server; its threads end with the process.
pub struct ChatServer {
    /// Where it listens.
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    left: Arc<AtomicUsize>,
}

impl ChatServer {
    /// Starts one.
    pub fn start(behaviour: impl Fn(&Asked) -> Act + Send + Sync + 'static) -> Self {
        Self::start_with(None, behaviour)
    }

    /// Starts one that speaks TLS.
    pub fn start_with(
        tls: Option<Arc<ServerConfig>>,
        behaviour: impl Fn(&Asked) -> Act + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = listener.local_addr().expect("bound");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let left = Arc::new(AtomicUsize::new(0));
        let behaviour: Arc<Behaviour> = Arc::new(behaviour);
        let (kept, gone) = (Arc::clone(&asked), Arc::clone(&left));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                let (behaviour, kept, gone) = (Arc::clone(&behaviour), Arc::clone(&kept), Arc::clone(&gone));
                let tls = tls.clone();
                std::thread::spawn(move || match tls {
                    None => serve(stream, &*behaviour, &kept, &gone),
                    Some(config) => {
                        let connection = ServerConnection::new(config).expect("a configuration of ours");
                        serve(StreamOwned::new(connection, stream), &*behaviour, &kept, &gone);
                    }
                });
            }
        });
        Self { address, asked, left }
    }

    /// The address for the configuration.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no panic under the lock").clone()
    }

    /// Waits until so many clients went away from a request that hangs.
    pub fn was_left(&self, times: usize) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.left.load(Ordering::SeqCst) < times {
            assert!(Instant::now() < deadline, "the client holds on");
            std::thread::yield_now();
        }
    }

    /// Waits until it was asked so many times.
    pub fn was_asked(&self, times: usize) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.asked().len() < times {
            assert!(Instant::now() < deadline, "nobody asks");
            std::thread::yield_now();
        }
    }
}

/// Head and JSON of a request; `None` when the client only connected.
fn read(stream: &mut impl Read) -> Option<Asked> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 64 * 1024];
    loop {
        let read = stream.read(&mut buffer).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&buffer[..read]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
        let length = head
            .lines()
            .find_map(|line| {
                line.strip_prefix("content-length: ")?
                    .trim()
                    .parse::<usize>()
                    .ok()
            })
            .unwrap_or(0);
        if bytes.len() >= end + 4 + length {
            let body =
                serde_json::from_slice(&bytes[end + 4..end + 4 + length]).expect("the client sends JSON");
            return Some(Asked { head, body });
        }
    }
}

fn serve(
    mut stream: impl Read + Write,
    behaviour: &Behaviour,
    asked: &Mutex<Vec<Asked>>,
    left: &AtomicUsize,
) {
    let Some(request) = read(&mut stream) else { return };
    let act = behaviour(&request);
    asked.lock().expect("no panic under the lock").push(request);
    let completion = |content: String, reason: &str| {
        json!({ "choices": [{ "message": { "role": "assistant", "content": content }, "finish_reason": reason }] })
            .to_string()
            .into_bytes()
    };
    let answer = |status: &str, headers: &str, length: usize, body: &[u8]| {
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{headers}content-length: {length}\r\n\r\n"
        );
        [head.as_bytes(), body].concat()
    };
    let bytes = match act {
        Act::Say(content) => {
            let body = completion(content, "stop");
            answer("200 OK", "", body.len(), &body)
        }
        Act::CutOff(content) => {
            let body = completion(content, "length");
            answer("200 OK", "", body.len(), &body)
        }
        Act::Body(body) => answer("200 OK", "", body.len(), &body),
        Act::Status(status) => answer(&format!("{status} No"), "", 2, b"{}"),
        Act::Redirect(to) => answer(
            "307 Temporary Redirect",
            &format!("location: http://{to}/v1/chat/completions\r\n"),
            0,
            b"",
        ),
        Act::Broken => answer(
            "200 OK",
            "",
            1_000,
            b"{\"choices\":[{\"message\":{\"content\":\"{\\\"concl",
        ),
        Act::Huge => {
            let megabyte = vec![b' '; 1024 * 1024];
            let mut taken = stream.write_all(&answer("200 OK", "", 50 * megabyte.len(), b""));
            for _ in 0..50 {
                taken = taken.and_then(|()| stream.write_all(&megabyte));
            }
            return;
        }
        Act::Hang => {
            // Ends when the client closes.
            let _ = stream.read(&mut [0; 1]);
            left.fetch_add(1, Ordering::SeqCst);
            return;
        }
    };
    // The client may have gone.
    let _ = stream.write_all(&bytes);
}
