//! `shoki serve`: all roles in one process — wiring, start, and shutdown by the table in `task_kind`.
//!
//! Promises: one process per data directory; what a crash left is collected before the first claim; the
//! first signal stops claiming and finishes or gives back the current unit within the drain deadline,
//! the second ends the process at once.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use shoki_api::resumable::Resumable;
use shoki_api::{ApiSettings, ApiState, OfficeForms, ServeSettings};
use shoki_core::id::WorkerId;
use shoki_core::pipeline::{FormPipeline, MinutesPipeline, PipelineDef};
use shoki_store::{Blobs, JobStore, SqliteStore};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::command::{self, Refusal};
use crate::config::{Config, MetricsListen, Place};
use crate::corpus;
use crate::drafting::{self, Drafter};
use crate::forms::load;
use crate::live;
use crate::minutes::styles;
use crate::model_watch::ModelWatch;
use crate::place::DataDirLock;
use crate::reading_engine::Preparation;
use crate::retention;
use crate::task_kind::{TaskKind, Tasks};
use crate::worker::pipelines::Pipelines;
use crate::worker::run_loop::RunLoop;
use crate::worker::{Stores, WorkerSettings};
use crate::{metric, place, sign_in, upkeep};

/// How long a taken address is tried again.
const BIND_PATIENCE: Duration = Duration::from_secs(2);
/// Pause between two tries.
const BIND_PAUSE: Duration = Duration::from_millis(50);
/// Longest wait, after everything else has ended, for threads that are at a page or a model: a page ends
/// by the decode child's wall clock at the latest.
const LAST_WAIT: Duration = Duration::from_secs(15);

/// Runs the service until a signal or an error ends it.
///
/// # Errors
/// [`Refusal`] when it cannot start, or when a task ended that it cannot do without.
pub fn run(config: Config) -> Result<(), Refusal> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Refusal::said(format!("プログラムを始められません({error})。")))?;
    let ended = runtime.block_on(async { Service::start(config).await?.run().await });
    runtime.shutdown_timeout(LAST_WAIT);
    ended
}

/// A service that has what it needs.
struct Service {
    config: Config,
    store: Arc<SqliteStore>,
    blobs: Blobs,
    forms_dir: PathBuf,
    pipeline: FormPipeline,
    minutes: MinutesPipeline,
    listener: TcpListener,
    id: WorkerId,
    _lock: DataDirLock,
}

impl Service {
    async fn start(config: Config) -> Result<Self, Refusal> {
        let lock = place::lock_data_dir(&config)?;
        let forms_dir = place::pipelines_dir(&config)?.join("forms");
        let pipeline = load::definitions(&forms_dir, config.workers.readings)?;
        let minutes = styles::pipeline(&place::pipelines_dir(&config)?.join("minutes"))?;
        let scratch = place::scratch_dir(&config);
        // Nobody else is here: what lies in it is of a process that died.
        if let Err(error) = std::fs::remove_dir_all(&scratch)
            && error.kind() != ErrorKind::NotFound
        {
            tracing::warn!(error = &error as &dyn std::error::Error, "old scratch files stay");
        }
        place::make_private_dir(&scratch)?;
        let listener = bind(config.server.listen).await?;
        let store = command::open_store(&config).await?;
        let blobs = Blobs::open(&place::blobs_dir(&config), config.storage.disk_reserve_bytes())?;
        let id = WorkerId::generate();
        let reaped = store.reap_all_but(id).await?;
        // Nobody uploads yet: every unfinished upload is a dead process's.
        let unfinished = blobs.sweep_unfinished(store.as_ref(), SignedDuration::ZERO)?;
        tracing::info!(
            ready = reaped.ready,
            dead = reaped.dead,
            unfinished,
            "collected what the last process left"
        );
        say_sandbox();
        Ok(Self {
            config,
            store,
            blobs,
            forms_dir,
            pipeline,
            minutes,
            listener,
            id,
            _lock: lock,
        })
    }

    async fn run(self) -> Result<(), Refusal> {
        let shutdown = CancellationToken::new();
        let drained = CancellationToken::new();
        watch_signals(shutdown.clone(), drained.clone(), self.config.server.drain())
            .map_err(|error| Refusal::said(format!("停止の合図を受けられません({error})。")))?;
        let mut tasks = Tasks::new(shutdown.clone());
        let store: Arc<dyn JobStore> = self.store.clone();
        let readings = self.config.workers.readings;
        let preparation = Preparation::new(
            &self.config,
            self.forms_dir.clone(),
            self.pipeline.clone(),
            readings,
        )?;
        let threads = preparation.threads();
        let recheck = Duration::from_secs(self.config.models.recheck_seconds.into());
        let (watch, models, engines) = ModelWatch::new(preparation, recheck);
        let definitions = vec![
            PipelineDef::Form(self.pipeline.clone()),
            PipelineDef::Corpus(corpus::job::pipeline()),
            PipelineDef::Minutes(self.minutes),
        ];
        let office_forms = OfficeForms::new(&self.pipeline, store.all_form_uses().await?);
        let settings = Arc::new(WorkerSettings {
            id: self.id,
            lease: self.config.lease.lease(),
            heartbeat: self.config.lease.heartbeat(),
            workers: u32::try_from(self.config.workers.thread_count()).unwrap_or(u32::MAX),
            per_recording: self.config.workers.per_recording,
            pipelines: Pipelines::of(&definitions).with_office(office_forms.clone()),
            scratch: place::scratch_dir(&self.config),
        });
        let search = corpus::service::start(&self.config, &self.store, &threads, shutdown.clone())?;
        let drafter = Drafter::of(&self.config.drafting, self.store.clone())
            .map_err(|fault| Refusal::said(format!("drafting.{}: {}", fault.key, fault.sentence_ja)))?;
        let drafts = drafter.map(|drafter| {
            let (sender, drafting) =
                drafting::service::channel(&self.config.drafting, drafter, shutdown.clone());
            tasks.spawn(TaskKind::Drafting, drafting);
            sender
        });
        let directory = sign_in::OfficeDirectory::of(&self.config.sign_in)
            .map_err(|fault| Refusal::said(format!("{}: {}", fault.key, fault.sentence_ja)))?;
        let (directory, asking) = sign_in::service::channel(directory, shutdown.clone());
        if let Some(asking) = asking {
            tasks.spawn(TaskKind::Directory, asking);
        }
        let live = live::start(
            &self.config,
            &store,
            &self.blobs,
            &engines,
            &definitions,
            &threads,
            &shutdown,
        )
        .map_err(|error| Refusal::said(format!("ライブ字幕の置き場所を使えません({error:#})。")))?;
        let live = live.map(|(sender, running)| {
            tasks.spawn(TaskKind::LiveCaptions, running);
            sender
        });
        let uploads = resumable(&self.config)?;
        let certificates = retention::key(&self.config)?;
        tasks.spawn(
            TaskKind::Retention,
            retention::nightly(Arc::clone(&store), self.blobs.clone(), certificates.clone()),
        );
        let api = ApiState {
            store: Arc::clone(&store),
            corpus: self.store.clone(),
            acceptance: self.store.clone(),
            directory,
            search: Some(search),
            drafts,
            live,
            minutes: Some(crate::minutes::desk::start(&threads)?),
            outputs: Some(crate::forms::desk::start(&threads, engines.clone())?),
            page_pictures: Some(crate::forms::page_desk::start(&threads, engines.clone())?),
            form_desk: Some(crate::forms::draft_desk::start(&threads, engines.clone())?),
            office_forms,
            practice: Some(place::pipelines_dir(&self.config)?),
            resumable: Some(uploads.clone()),
            voices: Some(crate::minutes::kept_voices::of(&self.config)),
            certificates: Some(certificates),
            blobs: self.blobs.clone(),
            pipelines: definitions,
            models,
            model_check: Some(watch.asked()),
            settings: ApiSettings {
                checkpoint_dir: match &self.config.audit.checkpoint_dir {
                    Place::At(directory) => Some(directory.clone()),
                    Place::Auto | Place::Off => None,
                },
                ..ApiSettings::default()
            },
            shutdown: shutdown.clone(),
        };
        let serve_settings = ServeSettings {
            max_connections: self.config.server.max_connections as usize,
            drain_seconds: self.config.server.drain_seconds.into(),
            ..ServeSettings::default()
        };
        tracing::info!(address = %self.config.server.listen, "listening");
        let (listener, token) = (self.listener, shutdown.clone());
        tasks.spawn(TaskKind::HttpServer, async move {
            shoki_api::serve(listener, shoki_api::router(api), &serve_settings, token).await;
            Ok(())
        });
        tasks.spawn(TaskKind::ModelWatch, watch.run());
        for number in 0..self.config.workers.thread_count() {
            let run_loop = RunLoop {
                number,
                stores: Stores {
                    jobs: Arc::clone(&store),
                    corpus: self.store.clone(),
                    blobs: self.blobs.clone(),
                },
                settings: Arc::clone(&settings),
                engines: engines.clone(),
                shutdown: shutdown.clone(),
                drained: drained.clone(),
            };
            tasks.spawn(TaskKind::Worker, run_loop.run());
        }
        tasks.spawn(
            TaskKind::BlobSweep,
            upkeep::sweep(Arc::clone(&store), self.blobs.clone(), uploads),
        );
        tasks.spawn(
            TaskKind::Reaper,
            upkeep::reap(Arc::clone(&store), self.config.lease.reap_every()),
        );
        if let MetricsListen::At(address) = self.config.metrics.listen {
            tasks.spawn(TaskKind::MetricsServer, metric::serve(address));
            tasks.spawn(TaskKind::MetricsSampler, metric::sample(Arc::clone(&store)));
        }
        if let Place::At(directory) = &self.config.audit.checkpoint_dir {
            let every = Duration::from_secs(self.config.audit.checkpoint_seconds.into());
            tasks.spawn(
                TaskKind::AuditCheckpoints,
                upkeep::checkpoint(store, directory.clone(), every),
            );
        }
        let well = tasks.join().await;
        // A process that exits under a running session crashes.
        threads.close();
        if tokio::time::timeout(LAST_WAIT, threads.wait()).await.is_err() {
            tracing::warn!(threads = threads.len(), "engine threads still at work");
        }
        self.store.close().await;
        tracing::info!("stopped");
        if well {
            return Ok(());
        }
        Err(Refusal::said(
            "必要な処理が異常終了したためサービスを停止しました。ログを確かめてください。",
        ))
    }
}

/// Takes the address, with patience for a predecessor whose socket is about to go: a decode child of a
/// killed process has a copy of it between fork and exec.
async fn bind(address: SocketAddr) -> Result<TcpListener, Refusal> {
    let deadline = Instant::now() + BIND_PATIENCE;
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() != ErrorKind::AddrInUse => {
                return Err(Refusal::said(format!(
                    "{address} で待ち受けられません({error})。server.listen を確かめてください。"
                )));
            }
            Err(_) if Instant::now() < deadline => tokio::time::sleep(BIND_PAUSE).await,
            Err(_) => {
                return Err(Refusal::said(format!(
                    "{address} は別のプログラムが使っています。それを止めるか、server.listen を変えてください。"
                )));
            }
        }
    }
}

/// The first signal asks for an orderly end; after `drain` units in progress are given back; the
/// second signal ends the process at once (the next start collects what it held).
fn watch_signals(
    shutdown: CancellationToken,
    drained: CancellationToken,
    drain: Duration,
) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        let mut next = async || {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        tokio::select! {
            () = next() => {}
            () = shutdown.cancelled() => {}
        }
        tracing::info!(
            drain_seconds = drain.as_secs(),
            "stopping; a second signal stops at once"
        );
        shutdown.cancel();
        tokio::select! {
            () = tokio::time::sleep(drain) => drained.cancel(),
            () = next() => exit_at_once(),
        }
        next().await;
        exit_at_once();
    });
    Ok(())
}

/// Ends by SIGKILL: an exit would run the destructors of the runtime's library under threads that are
/// using it, and crash.
fn exit_at_once() -> ! {
    tracing::warn!("second signal: stopped at once");
    let killed = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    tracing::error!(?killed, "a process may always kill itself");
    std::process::abort()
}

/// Where uploads are kept that may go on later.
fn resumable(config: &Config) -> Result<Resumable, Refusal> {
    let directory = place::uploads_dir(config);
    place::make_private_dir(&directory)?;
    Resumable::open(directory)
        .map_err(|error| Refusal::said(format!("アップロードの置き場所を使えません({error})。")))
}

fn say_sandbox() {
    let report = shoki_decode::sandbox_report();
    if report.is_degraded() {
        tracing::warn!(
            missing = ?report.missing(),
            "DEGRADED: this kernel lacks layers of the sandbox in which documents are opened; use Linux 6.7 or newer"
        );
    } else {
        tracing::info!("the sandbox for documents has all its layers");
    }
}
