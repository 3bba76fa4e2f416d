//! One office, one document of three units (blank pages, or long questions with their answers), one job; a
//! clock that moves when told, an engine that is a script, and the whole database as a value.

mod made;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};
use shoki_app::forms::result_writer::ResultWriter;
use shoki_app::worker::engine_thread::{Command, EngineSender, Product, Work};
use shoki_app::worker::pipelines::Pipelines;
use shoki_app::worker::{Point, Stores, Worker, WorkerSettings};
use shoki_core::id::{DocumentId, JobId, WorkerId};
use shoki_core::job::JobState;
use shoki_core::media::MediaKind;
use shoki_core::pipeline::{FormPipeline, PipelineDef, PipelineRef};
use shoki_core::reading::FIELDS_JSON;
use shoki_core::unit::UnitState;
use shoki_store::contract::office::{LEASE, Office, clock, pipeline};
use shoki_store::model::JobFilter;
use shoki_store::{Blobs, JobStore, SqliteStore, StoreError};
use tempfile::TempDir;

use super::import;
use made::{collect, open_store, piece, submit};

/// Pages of the document.
const PAGES: u32 = 3;
/// Stands in the document and in every piece; must not stand in any file after deletion.
pub const CANARY: &str = "CANARY-7f3a-言わざる";

/// Everything a test needs.
pub struct Scene {
    directory: TempDir,
    /// The people and the clock.
    pub office: Office,
    /// The database.
    pub sqlite: Arc<SqliteStore>,
    blobs: Blobs,
    job: JobId,
    play: Play,
    document: DocumentId,
    /// The present process's incarnation.
    pub id: WorkerId,
    /// The pipeline that the workers have loaded.
    pub pipeline: PipelineRef,
}

/// Which job is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Play {
    /// Three blank pages are read.
    Forms,
    /// Three long questions with their answers are taken into the law desk.
    Import,
}

/// Both, for tests of what all jobs promise.
pub const PLAYS: [Play; 2] = [Play::Forms, Play::Import];

/// What an undisturbed run amounts to.
pub async fn undisturbed(play: Play) -> Value {
    let scene = Scene::open(play).await;
    scene.run_to_end().await;
    let result = scene.result().await;
    assert_eq!(result["state"], "succeeded", "{result}");
    result
}

impl Scene {
    pub async fn open(play: Play) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let clock = clock();
        let sqlite = open_store(directory.path(), &clock).await;
        let office = Office::open(sqlite.clone(), clock).await;
        let blobs = Blobs::open(&directory.path().join("blobs"), 0).expect("blobs");
        std::fs::create_dir_all(directory.path().join("tmp")).expect("scratch");
        let (name, media, contents, pipeline) = match play {
            Play::Forms => (
                "scan.pdf",
                MediaKind::Pdf,
                format!("%PDF-1.7 {CANARY}"),
                pipeline(),
            ),
            Play::Import => (
                "faq.jsonl",
                MediaKind::Json,
                import::document(CANARY),
                import::pipeline(),
            ),
        };
        let (document, job) = submit(&office, &blobs, name, media, &contents, &pipeline).await;
        let id = WorkerId::generate();
        Self {
            directory,
            office,
            sqlite,
            blobs,
            job,
            play,
            document,
            id,
            pipeline,
        }
    }

    /// Another document for the law desk and a job on it; this is the scene's job from now on.
    pub async fn submit_again(&mut self, contents: &str) {
        let media = MediaKind::sniff(contents.as_bytes()).unwrap_or(MediaKind::Text);
        let (office, blobs) = (&self.office, &self.blobs);
        (self.document, self.job) = submit(office, blobs, "again", media, contents, &self.pipeline).await;
    }

    /// A worker with a scripted engine.
    pub fn worker(&self) -> Worker {
        if self.play == Play::Import {
            return self.worker_with(import::engine());
        }
        let (engine, mut commands) = EngineSender::channel();
        tokio::spawn(async move {
            while let Some(Command { work, reply, .. }) = commands.recv().await {
                let product = match work {
                    Work::Plan { .. } => Product::Pages(PAGES),
                    Work::Page { index, .. } => Product::Piece(piece(index)),
                    Work::Assemble {
                        mut pages, directory, ..
                    } => {
                        let mut writer =
                            ResultWriter::create(directory.path(), FIELDS_JSON, Arc::new([])).expect("files");
                        while let Some(page) = pages.recv().await {
                            writer.push(&page).expect("written");
                        }
                        Product::Assembled(writer.finish().expect("whole"), directory)
                    }
                    Work::Import(_) | Work::Minutes(_) => panic!("not asked for by the reading of forms"),
                };
                drop(reply.send(Ok(product)));
            }
        });
        self.worker_with(engine)
    }

    pub fn worker_with(&self, engine: EngineSender) -> Worker {
        let mut forms = FormPipeline {
            forms: Vec::new(),
            masters: std::collections::BTreeMap::new(),
            digest: pipeline().digest,
        };
        let mut corpus = shoki_app::corpus::job::pipeline();
        match self.play {
            Play::Forms => forms.digest = self.pipeline.digest,
            Play::Import => corpus.digest = self.pipeline.digest,
        }
        let settings = WorkerSettings {
            id: self.id,
            lease: LEASE,
            // The clock of these tests stands still; no heartbeat comes in between.
            heartbeat: Duration::from_secs(3_600),
            workers: 2,
            per_recording: 1,
            pipelines: Pipelines::of(&[PipelineDef::Form(forms), PipelineDef::Corpus(corpus)]),
            scratch: self.directory.path().join("tmp"),
        };
        let stores = Stores {
            jobs: self.office.store.clone(),
            corpus: self.sqlite.clone(),
            blobs: self.blobs.clone(),
        };
        Worker::new(stores, engine, Arc::new(settings))
    }

    /// Steps until `wanted` is passed.
    pub async fn step_until(&self, worker: &mut Worker, wanted: Point) {
        for _ in 0..20 {
            let point = worker.step().await.expect("a store without faults");
            if point == wanted {
                return;
            }
            assert_ne!(point, Point::NothingToDo, "{wanted:?} was not passed");
        }
        panic!("{wanted:?} was not passed");
    }

    /// Steps until nothing is held and nothing waits.
    pub async fn drain(&self, worker: &mut Worker) {
        while worker.step().await.expect("a store without faults") != Point::NothingToDo {}
    }

    /// Runs what waits, moving the clock over backoffs and expired leases, until the job has ended. As
    /// the run loop does, a worker whose store failed is replaced.
    pub async fn run_to_end(&self) {
        let mut worker = self.worker();
        for _ in 0..200 {
            match worker.step().await {
                Ok(Point::NothingToDo) => {
                    if self.state().await.is_terminal() {
                        return;
                    }
                    self.expire_leases().await;
                }
                Ok(_) => {}
                Err(_) => worker = self.worker(),
            }
        }
        panic!("the job does not end: {:?}", self.state().await);
    }

    /// The process dies and starts again: database reopened, everything of the old incarnation collected.
    pub async fn restart(&mut self) {
        self.sqlite.close().await;
        self.sqlite = open_store(self.directory.path(), &self.office.clock).await;
        self.office.store = self.sqlite.clone();
        // A new value: holds are memory of the process that died.
        self.blobs = Blobs::open(&self.directory.path().join("blobs"), 0).expect("blobs");
        self.id = WorkerId::generate();
        self.sqlite.reap_all_but(self.id).await.expect("reaped");
        self.blobs
            .sweep(self.sqlite.as_ref(), SignedDuration::from_hours(-1_000_000))
            .await
            .expect("swept");
    }

    pub async fn expire_leases(&self) {
        self.office.clock.advance(LEASE + SignedDuration::from_secs(1));
        // A fault may be aimed at this transaction too; the next round reaps again.
        drop(self.office.store.reap().await);
    }

    /// Cancels the job; `false` when it has ended already.
    pub async fn cancel(&self) -> bool {
        match self.office.store.cancel_job(&self.office.clerk, self.job).await {
            Ok(_) => true,
            Err(StoreError::IllegalTransition(_)) => false,
            Err(error) => panic!("{error}"),
        }
    }

    pub async fn delete_document(&self) {
        let clerk = &self.office.clerk;
        let orphans = self
            .office
            .store
            .delete_document(clerk, self.document)
            .await
            .expect("deleted");
        self.blobs
            .remove_unreferenced(self.office.store.as_ref(), clerk.department, &orphans)
            .await
            .expect("removed");
    }

    async fn state(&self) -> JobState {
        self.office
            .store
            .job(&self.office.clerk, self.job)
            .await
            .expect("the own job")
            .state
    }

    /// What the clerk gets: independent of attempts, ids and times.
    pub async fn result(&self) -> Value {
        let (store, clerk) = (&self.office.store, &self.office.clerk);
        let state = serde_json::to_value(self.state().await).expect("JSON");
        let mut artifacts = Vec::new();
        for artifact in store.artifacts(clerk, self.job).await.expect("artifacts") {
            let bytes = self
                .blobs
                .read(clerk.department, &artifact.blob.sha256)
                .await
                .expect("its bytes");
            let bytes = import::without_ids(&String::from_utf8_lossy(&bytes));
            artifacts.push(json!({ "name": artifact.name, "bytes": bytes }));
        }
        let mut units = Vec::new();
        for unit in store.ended_units_of(clerk, self.job).await.expect("units") {
            let state = match unit.state {
                UnitState::Done { piece, .. } => json!({ "done": piece }),
                other => serde_json::to_value(other).expect("JSON"),
            };
            units.push(json!({ "ordinal": unit.ordinal, "state": state }));
        }
        let mut result = json!({ "artifacts": artifacts, "units": units });
        if self.play == Play::Import {
            result["texts"] = import::texts(self).await;
        }
        for (key, value) in state.as_object().expect("an object") {
            if !["at", "by"].contains(&key.as_str()) {
                result[key] = value.clone();
            }
        }
        result
    }

    /// Everything that the database shows to anybody, ids left out.
    pub async fn database(&self) -> Value {
        let (store, clerk) = (&self.office.store, &self.office.clerk);
        let jobs = store
            .jobs(clerk, &JobFilter::default(), None, 10)
            .await
            .expect("jobs");
        let mut listed = Vec::new();
        for job in &jobs.rows {
            let events: Vec<_> = store
                .job_events(clerk, job.id, 0, 100)
                .await
                .expect("events")
                .into_iter()
                .map(|event| json!([event.sequence, event.state]))
                .collect();
            listed.push(json!({ "name": job.document_name, "pipeline": job.pipeline, "events": events }));
        }
        let audit: Vec<_> = store
            .audit_chain(0, 100)
            .await
            .expect("audit")
            .into_iter()
            .map(|event| format!("{} {}", event.sequence, event.action))
            .collect();
        let depth = store.queue_depth().await.expect("depth");
        json!({
            "jobs": listed,
            "result": self.result().await,
            "audit": audit,
            "queue": { "ready": depth.ready, "leased": depth.leased, "dead": depth.dead },
        })
    }

    /// Checks that the blob directory holds what rows refer to and nothing else; returns how many.
    pub async fn files_are_the_referenced_ones(&self) -> usize {
        let mut files = BTreeSet::new();
        collect(&self.directory.path().join("blobs"), &mut files);
        for file in &files {
            let name = Path::new(file)
                .file_name()
                .expect("a file")
                .to_string_lossy()
                .into_owned();
            let sha256 = name.parse().unwrap_or_else(|_| panic!("left over: {file}"));
            let referenced = self
                .office
                .store
                .blob_is_referenced(self.office.clerk.department, &sha256)
                .await;
            assert!(referenced.expect("an answer"), "left over: {file}");
        }
        let mut scratch = BTreeSet::new();
        collect(&self.directory.path().join("tmp"), &mut scratch);
        assert!(scratch.is_empty(), "left over: {scratch:?}");
        files.len()
    }

    /// Files in the data directory that contain `needle`.
    pub fn hits(&self, needle: &str) -> Vec<String> {
        let mut files = BTreeSet::new();
        collect(self.directory.path(), &mut files);
        let contains = |file: &String| {
            let bytes = std::fs::read(file).unwrap_or_default();
            bytes
                .windows(needle.len())
                .any(|window| window == needle.as_bytes())
        };
        files.into_iter().filter(contains).collect()
    }
}
