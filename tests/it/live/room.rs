//! A service with live captions on a real socket, with a scripted recogniser, and a microphone for it.

mod microphone;
mod voice;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};

use futures::StreamExt as _;
use jiff::Timestamp;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use shoki_api::{ApiSettings, ApiState, ServeSettings};
use shoki_app::clock::SystemClock;
use shoki_app::live::hearing::{Ear, Made};
use shoki_app::live::{HearingMaker, LiveSettings, Service};
use shoki_core::access::Role;
use shoki_core::digest::Sha256;
use shoki_core::pipeline::{MinutesPipeline, PipelineDef};
use shoki_core::transcript::Token;
use shoki_core::unit::RetryPolicy;
use shoki_decode::{DecodeLimits, Decoder, DecoderSettings};
use shoki_speech::SpeechError;
use shoki_speech::live::{Hearing, LiveRules};
use shoki_speech::recognise::transcribe::{Decoding, Heard, Transcribe};
use shoki_store::model::NewToken;
use shoki_store::{Blobs, JobStore, SqliteStore};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Error;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::service::shoki_binary;
pub use microphone::{Microphone, StreamEvent};
pub use voice::{QUIET, SCRIPT, SYLLABLE, audible_speech, speech};

/// The recording as it must be: 16 kHz, one channel, 16 bits.
pub fn wave(samples: &[u8]) -> Vec<u8> {
    let length = u32::try_from(samples.len()).expect("a minute");
    let mut wave = b"RIFF".to_vec();
    wave.extend_from_slice(&(length + 36).to_le_bytes());
    wave.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data");
    wave.extend_from_slice(&length.to_le_bytes());
    wave.extend_from_slice(samples);
    wave
}

/// Lets the recogniser hear, or holds it.
#[derive(Debug, Default)]
pub struct Gate {
    is_closed: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    pub fn close(&self) {
        *self.is_closed.lock().expect("no panic under it") = true;
    }

    pub fn open(&self) {
        *self.is_closed.lock().expect("no panic under it") = false;
        self.opened.notify_all();
    }

    fn pass(&self) {
        let is_closed = self.is_closed.lock().expect("no panic under it");
        drop(self.opened.wait_while(is_closed, |is_closed| *is_closed));
    }
}

/// Writes [`SCRIPT`], a character for each whole syllable.
struct Scripted(Arc<Gate>);

impl Transcribe for Scripted {
    fn fingerprint(&self) -> Sha256 {
        Sha256::of(b"scripted")
    }

    fn transcribe(&mut self, samples: &[f32], _: &Decoding<'_>) -> Result<Heard, SpeechError> {
        self.0.pass();
        let loud = samples.iter().filter(|sample| sample.abs() > 0.1).count();
        let token = |text: char| Token {
            text: text.to_string(),
            start: Default::default(),
            end: Default::default(),
            probability: 0.9,
        };
        let tokens = SCRIPT
            .chars()
            .take(loud / (SYLLABLE - QUIET))
            .map(token)
            .collect();
        Ok(Heard {
            tokens,
            ..Heard::default()
        })
    }
}

fn maker(gate: &Arc<Gate>, scratch: PathBuf) -> HearingMaker {
    let (gate, decoder) = (Arc::clone(gate), decoder());
    Arc::new(move |head| {
        let is_loud = |frame: &[f32]| frame.iter().map(|sample| sample.abs()).sum::<f32>() > 2.0;
        Ok(Made {
            hearing: Hearing {
                activity: Box::new(move |samples| {
                    let frames = samples.chunks(512);
                    Ok(frames
                        .map(|frame| if is_loud(frame) { 0.9 } else { 0.05 })
                        .collect())
                }),
                recogniser: Box::new(Scripted(Arc::clone(&gate))),
                voice: None,
                prompt: String::new(),
                put_terms: Box::new(|_| Vec::new()),
            },
            rules: LiveRules::default(),
            same_voice: 0.8,
            ear: Ear::new(head.codec, &decoder, scratch.clone()),
        })
    })
}

/// The hostile-bytes border, with a child of this build.
pub fn decoder() -> Decoder {
    Decoder::new(DecoderSettings {
        program: shoki_binary(),
        args: vec!["decode-child".to_owned()],
        // Nothing here is a PDF.
        pdfium: "/nonexistent".into(),
        ffmpeg: None,
        limits: DecodeLimits::default(),
    })
}

/// An office with live captions.
pub struct Room {
    pub directory: tempfile::TempDir,
    pub store: Arc<SqliteStore>,
    pub blobs: Blobs,
    pub gate: Arc<Gate>,
    pub service: Service,
    pub token: String,
    pub stranger: String,
    address: SocketAddr,
    shutdown: CancellationToken,
    serving: JoinHandle<()>,
    http: Client,
}

impl Room {
    /// An office in a new directory.
    pub async fn open() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let store = open_store(&directory).await;
        let token = person(&store, "議会事務局").await;
        let stranger = person(&store, "別の課").await;
        Self::serve(directory, store, token, stranger).await
    }

    async fn serve(
        directory: tempfile::TempDir,
        store: Arc<SqliteStore>,
        token: String,
        stranger: String,
    ) -> Self {
        let blobs = Blobs::open(&directory.path().join("blobs"), 0).expect("blobs");
        let pipelines = vec![PipelineDef::Minutes(MinutesPipeline {
            styles: Vec::new(),
            digest: Sha256::of(b"minutes"),
        })];
        let settings = LiveSettings {
            directory: directory.path().join("live"),
            sessions: 1,
            idle_seconds: 900,
            pipelines: pipelines.clone(),
        };
        let (gate, shutdown) = (Arc::new(Gate::default()), CancellationToken::new());
        let jobs: Arc<dyn JobStore> = store.clone();
        let service = Service::open(
            settings,
            Arc::clone(&jobs),
            blobs.clone(),
            maker(&gate, directory.path().to_owned()),
            TaskTracker::new(),
            shutdown.clone(),
        )
        .expect("the service opens");
        let (live, running) = service.clone().start();
        let state = ApiState {
            acceptance: store.clone(),
            store: jobs,
            corpus: store.clone(),
            directory: shoki_api::Directory::Local,
            search: None,
            drafts: None,
            live: Some(live),
            outputs: None,
            page_pictures: None,
            minutes: None,
            form_desk: None,
            office_forms: shoki_api::OfficeForms::default(),
            practice: None,
            resumable: None,
            voices: None,
            model_check: None,
            certificates: None,
            blobs: blobs.clone(),
            pipelines,
            models: watch::channel(Vec::new()).1,
            settings: ApiSettings::default(),
            shutdown: shutdown.clone(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let address = listener.local_addr().expect("bound");
        let stop = shutdown.clone();
        let serving = tokio::spawn(async move {
            let settings = ServeSettings::default();
            let http = shoki_api::serve(listener, shoki_api::router(state), &settings, stop);
            let (_, ran) = tokio::join!(http, running);
            ran.expect("the service ends well");
        });
        Self {
            directory,
            store,
            blobs,
            gate,
            service,
            token,
            stranger,
            address,
            shutdown,
            serving,
            http: Client::builder().no_proxy().build().expect("a client"),
        }
    }

    /// Ends the process as far as a test can, and starts the next one on the same directory.
    pub async fn restart(self) -> Self {
        let (token, stranger) = (self.token.clone(), self.stranger.clone());
        let directory = self.close().await;
        let store = open_store(&directory).await;
        Self::serve(directory, store, token, stranger).await
    }

    /// Ends the service.
    pub async fn close(self) -> tempfile::TempDir {
        self.gate.open();
        self.shutdown.cancel();
        self.serving.await.expect("it ends well");
        self.store.close().await;
        self.directory
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("http://{}{path}", self.address))
            .bearer_auth(&self.token)
    }

    pub async fn get(&self, path: &str) -> Value {
        let answer = self.request(Method::GET, path).send().await.expect("an answer");
        answer.json().await.expect("JSON")
    }

    /// A new session's id.
    pub async fn session(&self) -> String {
        self.session_as(&json!({"minutes": {"title": "定例会"}})).await
    }

    /// The same as the client wants it.
    pub async fn session_as(&self, new: &Value) -> String {
        let answer = self.request(Method::POST, "/v1/live").json(new).send().await;
        let answer = answer.expect("an answer");
        let status = answer.status();
        let body: Value = answer.json().await.expect("JSON");
        assert_eq!(status, 201, "{body}");
        body["id"].as_str().expect("an id").to_owned()
    }

    /// A microphone that has heard `ready`.
    pub async fn microphone(&self, session: &str) -> Microphone {
        let path = format!("/v1/live/{session}/audio");
        Microphone::connect(self.address, &path, &self.token)
            .await
            .expect("a WebSocket")
    }

    /// The status with which a WebSocket is refused.
    pub async fn refused(&self, session: &str, token: &str) -> u16 {
        let path = format!("/v1/live/{session}/audio");
        match Microphone::connect(self.address, &path, token).await {
            Err(Error::Http(answer)) => answer.status().as_u16(),
            other => panic!("not refused: {:?}", other.map(|_| ())),
        }
    }

    /// Events of a session's stream up to, and with, the first that `is_last`.
    pub async fn events(
        &self,
        session: &str,
        after: u64,
        is_last: impl Fn(&StreamEvent) -> bool,
    ) -> Vec<StreamEvent> {
        let request = self.request(Method::GET, &format!("/v1/live/{session}/events"));
        let answer = request
            .header("last-event-id", after)
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 200);
        let mut bytes = answer.bytes_stream();
        let (mut text, mut events) = (String::new(), Vec::new());
        while let Some(part) = bytes.next().await {
            text.push_str(std::str::from_utf8(&part.expect("the stream goes on")).expect("UTF-8"));
            while let Some(end) = text.find("\n\n") {
                let event = StreamEvent::parse(&text[..end]);
                text.drain(..end + 2);
                let Some(event) = event else { continue };
                let last = is_last(&event);
                events.push(event);
                if last {
                    return events;
                }
            }
        }
        events
    }

    /// Ends the session; the job's document.
    pub async fn end(&self, session: &str) -> Vec<u8> {
        let answer = self
            .request(Method::POST, &format!("/v1/live/{session}/end"))
            .send()
            .await
            .expect("an answer");
        let status = answer.status();
        let job: Value = answer.json().await.expect("JSON");
        assert_eq!(status, 202, "{job}");
        self.recording(&job["document_id"]).await
    }

    /// The bytes of a document.
    pub async fn recording(&self, document: &Value) -> Vec<u8> {
        let hash = Sha256::of(self.token.as_bytes());
        let actor = self
            .store
            .authenticate(&hash)
            .await
            .expect("a store")
            .expect("a clerk");
        let id = document.as_str().expect("an id").parse().expect("an id");
        let document = self.store.document(&actor, id).await.expect("the document");
        let blob = self.blobs.read(actor.department, &document.blob.sha256).await;
        blob.expect("the bytes").to_vec()
    }

    /// Directories of sessions.
    pub fn sessions(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.directory.path().join("live")).expect("a directory");
        entries.map(|entry| entry.expect("an entry").path()).collect()
    }

    /// What the service does from time to time, as if it were `seconds` later.
    pub async fn later(&self, seconds: i64) {
        let then = Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
        self.service.look(then).await;
    }
}

async fn open_store(directory: &tempfile::TempDir) -> Arc<SqliteStore> {
    let path = directory.path().join("shoki.sqlite");
    let store = SqliteStore::open(&path, Arc::new(SystemClock), RetryPolicy::default()).await;
    Arc::new(store.expect("a database"))
}

async fn person(store: &SqliteStore, department: &str) -> String {
    let department = store.create_department(department).await.expect("a 課");
    let user = store
        .create_user(department.id, "佐藤", Role::Clerk)
        .await
        .expect("a person");
    let token = format!("shoki_{}", user.id);
    let new = NewToken {
        user: user.id,
        secret_hash: Sha256::of(token.as_bytes()),
        label: "test".to_owned(),
        expires_at: None,
    };
    store.create_token(new).await.expect("a token");
    token
}
