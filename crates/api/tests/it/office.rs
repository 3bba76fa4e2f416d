//! A running service with two 課 and every role, on a real socket, a real database and real blobs.

pub mod form;
mod worker;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;
use shoki_api::resumable::Resumable;
use shoki_api::{ApiSettings, ApiState, Directory, OfficeForms, ServeSettings, Voices};
use shoki_core::access::{Actor, Role};
use shoki_core::clock::ManualClock;
use shoki_core::digest::Sha256;
use shoki_core::id::WorkerId;
use shoki_core::manifest::{ModelFile, ModelHealth, ModelSource, ModelStatus, ModelTask};
use shoki_core::media::MediaKind;
use shoki_core::pipeline::{CorpusPipeline, PipelineDef};
use shoki_core::unit::RetryPolicy;
use shoki_store::audit::AuditKey;
use shoki_store::model::{NewDocument, NewToken};
use shoki_store::voice_seal::VoiceSeal;
use shoki_store::{AcceptanceStore, Blobs, CorpusStore, JobStore, SqliteStore};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{captions, drafter, form_desk, meeting, minutes_desk, output_desk, page_desk, searcher};
use form::forms;

/// The smallest thing that is sniffed as a PNG.
pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\nnothing more";

/// A 課 and the secrets of its four people.
#[derive(Debug)]
pub struct Section {
    tokens: [String; 4],
}

impl Section {
    pub fn token(&self, role: Role) -> &str {
        let place = Role::ALL.iter().position(|&known| known == role).unwrap();
        &self.tokens[place]
    }
}

/// The running service.
#[derive(Debug)]
pub struct Office {
    pub base: String,
    pub client: Client,
    pub store: Arc<dyn JobStore>,
    pub corpus: Arc<dyn CorpusStore>,
    pub blobs: Blobs,
    pub tax: Section,
    pub welfare: Section,
    pub shutdown: CancellationToken,
    pub serving: JoinHandle<bool>,
    pub models: watch::Sender<Vec<ModelStatus>>,
    pub directory: tempfile::TempDir,
    pub clock: Arc<ManualClock>,
    worker: WorkerId,
}

impl Office {
    pub async fn open() -> Self {
        Self::with(ApiSettings::default(), ServeSettings::default(), 0).await
    }

    pub async fn with(settings: ApiSettings, serve: ServeSettings, reserve_bytes: u64) -> Self {
        Self::made(settings, serve, reserve_bytes, true, Directory::Local).await
    }

    /// A service that asks a directory.
    pub async fn with_directory(directory: Directory) -> Self {
        let (settings, serve) = (ApiSettings::default(), ServeSettings::default());
        Self::made(settings, serve, 0, true, directory).await
    }

    /// A service on which neither searcher nor drafter runs.
    pub async fn without_searcher() -> Self {
        let (settings, serve) = (ApiSettings::default(), ServeSettings::default());
        Self::made(settings, serve, 0, false, Directory::Local).await
    }

    async fn made(
        settings: ApiSettings,
        serve: ServeSettings,
        reserve_bytes: u64,
        searcher: bool,
        directory_of_people: Directory,
    ) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::starting_at(Timestamp::now()));
        let path = directory.path().join("shoki.sqlite");
        let store = SqliteStore::open(&path, clock.clone(), RetryPolicy::default())
            .await
            .unwrap();
        let store = Arc::new(store);
        let corpus: Arc<dyn CorpusStore> = store.clone();
        let acceptance: Arc<dyn AcceptanceStore> = store.clone();
        let store: Arc<dyn JobStore> = store;
        let blobs = Blobs::open(&directory.path().join("blobs"), reserve_bytes).unwrap();
        let tax = section(&*store, "市民税課").await;
        let welfare = section(&*store, "福祉課").await;
        let shutdown = CancellationToken::new();
        let (models, watched) = watch::channel(vec![model(ModelHealth::Ready)]);
        let state = ApiState {
            store: Arc::clone(&store),
            corpus: Arc::clone(&corpus),
            acceptance,
            directory: directory_of_people,
            search: searcher.then(|| searcher::start(Arc::clone(&corpus))),
            drafts: searcher.then(drafter::start),
            live: searcher.then(captions::start),
            minutes: searcher.then(minutes_desk::start),
            outputs: searcher.then(output_desk::start),
            page_pictures: searcher.then(page_desk::start),
            resumable: Some(Resumable::open(directory.path().join("uploads")).unwrap()),
            practice: Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../pipelines")),
            form_desk: searcher.then(form_desk::start),
            office_forms: OfficeForms::new(&forms(), Vec::new()),
            voices: Some(Voices {
                seal: VoiceSeal::at(directory.path().join("voice-key")),
                rules: HashMap::from([(Sha256::of(meeting::ENCODER), meeting::PRINT_RULES)]),
            }),
            certificates: Some(AuditKey::open(&directory.path().join("second-place")).unwrap()),
            blobs: blobs.clone(),
            pipelines: vec![
                PipelineDef::Form(forms()),
                PipelineDef::Corpus(CorpusPipeline {
                    digest: Sha256::of(b"corpus"),
                }),
                PipelineDef::Minutes(meeting::pipeline()),
            ],
            models: watched,
            model_check: Some(Arc::default()),
            settings,
            shutdown: shutdown.clone(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let stop = shutdown.clone();
        let serving =
            tokio::spawn(
                async move { shoki_api::serve(listener, shoki_api::router(state), &serve, stop).await },
            );
        Self {
            base,
            client: Client::new(),
            store,
            corpus,
            blobs,
            tax,
            welfare,
            shutdown,
            serving,
            models,
            directory,
            clock,
            worker: WorkerId::generate(),
        }
    }

    /// Who a person of the tax section is.
    pub async fn actor(&self, role: Role) -> Actor {
        let hash = Sha256::of(self.tax.token(role).as_bytes());
        self.store.authenticate(&hash).await.unwrap().unwrap()
    }

    /// A request of the tax section's clerk.
    pub fn clerk(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path)
            .bearer_auth(self.tax.token(Role::Clerk))
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    pub async fn get(&self, path: &str) -> Response {
        self.clerk(Method::GET, path).send().await.unwrap()
    }

    /// Uploads a file as the tax section's clerk.
    pub async fn upload(&self, name: &str, bytes: impl Into<reqwest::Body>) -> Response {
        let part = reqwest::multipart::Part::stream(bytes.into()).file_name(name.to_owned());
        let form = reqwest::multipart::Form::new().part("file", part);
        self.clerk(Method::POST, "/v1/documents")
            .multipart(form)
            .send()
            .await
            .unwrap()
    }

    /// Uploads a document that must be accepted, and returns its id.
    pub async fn document(&self, bytes: &[u8]) -> String {
        let response = self.upload("scan.png", bytes.to_vec()).await;
        assert_eq!(response.status(), 201);
        let body: Value = response.json().await.unwrap();
        body["id"].as_str().unwrap().to_owned()
    }

    /// Starts a job that must be accepted, and returns its id.
    pub async fn job(&self, document: &str) -> String {
        let response = self
            .clerk(Method::POST, "/v1/jobs")
            .json(&serde_json::json!({"document_id": document, "pipeline": "forms"}))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 202);
        let body: Value = response.json().await.unwrap();
        body["id"].as_str().unwrap().to_owned()
    }

    /// A document whose bytes were written when there was still space.
    pub async fn document_past_the_reserve(&self) -> String {
        let hash = Sha256::of(self.tax.token(Role::Clerk).as_bytes());
        let actor = self.store.authenticate(&hash).await.unwrap().unwrap();
        let stored = self.blobs.put(actor.department, PNG).await.unwrap();
        let document = NewDocument {
            id: None,
            name: "scan.png".to_owned(),
            media: Some(MediaKind::Png),
            blob: stored.blob,
        };
        let document = self.store.create_document(&actor, document).await.unwrap();
        document.id.to_string()
    }

    /// Waits until exactly so many files lie in the blob directory: a staging file that was given up is
    /// removed on another thread.
    pub async fn has_blobs(&self, count: usize) {
        let what = format!("{count} files in the blob directory");
        eventually(&what, || self.blob_files().len() == count).await;
    }

    /// Every file under the blob directory, staging files included.
    pub fn blob_files(&self) -> Vec<std::path::PathBuf> {
        let mut found = Vec::new();
        let mut directories = vec![self.directory.path().join("blobs")];
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(directory).unwrap() {
                let entry = entry.unwrap();
                if entry.file_type().unwrap().is_dir() {
                    directories.push(entry.path());
                } else {
                    found.push(entry.path());
                }
            }
        }
        found
    }
}

/// Polls until `condition` holds.
pub async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    while !condition() {
        assert!(tokio::time::Instant::now() < deadline, "{what}");
        tokio::task::yield_now().await;
    }
}

async fn section(store: &dyn JobStore, name: &str) -> Section {
    let department = store.create_department(name).await.unwrap();
    let mut tokens: [String; 4] = Default::default();
    for (token, role) in tokens.iter_mut().zip(Role::ALL) {
        let user = store
            .create_user(department.id, role.as_str(), role)
            .await
            .unwrap();
        *token = format!("shoki_{}", user.id);
        let new = NewToken {
            user: user.id,
            secret_hash: Sha256::of(token.as_bytes()),
            label: "test".to_owned(),
            expires_at: None,
        };
        store.create_token(new).await.unwrap();
    }
    Section { tokens }
}

pub fn model(health: ModelHealth) -> ModelStatus {
    ModelStatus {
        name: "ppocr-rec".to_owned(),
        version: "6".to_owned(),
        task: ModelTask::LineRecognition,
        licence: "Apache-2.0".to_owned(),
        source: ModelSource::Bundled,
        files: vec![ModelFile {
            name: "rec.onnx".to_owned(),
            member: None,
            sha256: Some(Sha256::of(b"rec")),
            size: Some(21_000_000),
            conversion: None,
        }],
        checked_at: None,
        health,
    }
}
