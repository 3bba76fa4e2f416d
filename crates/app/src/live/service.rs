//! The other end of the routes' channel: all sessions of this process.
//!
//! Promises: at most as many sessions run as may; one that nobody sends to for a while ends as if it had been
//! ended, so that a closed laptop neither loses its recording nor keeps the place; at shutdown everything
//! that was sent is on disk.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use shoki_api::live::{LiveCommand, LiveFailure, LiveFeed, LiveInfo, LiveRequest, LiveSender};
use shoki_core::access::Actor;
use shoki_core::id::LiveId;
use shoki_core::live::{LiveCodec, LiveEvent, NumberedEvent};
use shoki_core::meeting::MinutesOptions;
use shoki_core::pipeline::PipelineDef;
use shoki_core::transcript::SegmentId;
use shoki_store::model::Job;
use shoki_store::{Blobs, JobStore};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use super::captions::is_worth_finishing;
use super::finish;
use super::hearing::HearingMaker;
use super::running::{broken, disk};
use super::session::{Phase, Session, SessionHead};

/// Requests that wait at once.
const PLACES: usize = 64;
/// How long a session that has ended can be looked at.
const SHOWN_AFTERWARDS: u64 = 600;
/// Time between two looks for sessions that nobody sends to.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// What an operator may set, and where sessions lie.
#[derive(Clone, Debug)]
pub struct LiveSettings {
    /// Directory of the sessions.
    pub directory: PathBuf,
    /// Sessions that may run at once.
    pub sessions: usize,
    /// Seconds after which a session that nobody sends to ends.
    pub idle_seconds: u64,
    /// The pipelines of this office.
    pub pipelines: Vec<PipelineDef>,
}

/// All sessions; cheap to clone.
#[derive(Clone)]
pub struct Service(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub settings: LiveSettings,
    store: Arc<dyn JobStore>,
    pub blobs: Blobs,
    pub hearing: HearingMaker,
    pub places: Arc<Semaphore>,
    /// Threads that a process must not end under.
    pub threads: TaskTracker,
    sessions: Mutex<HashMap<LiveId, Arc<Session>>>,
    shutdown: CancellationToken,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("live::Service").finish_non_exhaustive()
    }
}

impl Service {
    /// Opens the directory with what an earlier process left.
    ///
    /// # Errors
    /// When the directory cannot be made or read.
    pub fn open(
        settings: LiveSettings,
        store: Arc<dyn JobStore>,
        blobs: Blobs,
        hearing: HearingMaker,
        threads: TaskTracker,
        shutdown: CancellationToken,
    ) -> anyhow::Result<Self> {
        crate::place::make_private_dir(&settings.directory)?;
        let mut sessions = HashMap::new();
        for entry in std::fs::read_dir(&settings.directory)? {
            let path = entry?.path();
            let id = path.file_name().and_then(|name| name.to_str()?.parse().ok());
            let Some(id) = id else { continue };
            match Session::open(id, path.clone()) {
                Ok(session) => {
                    sessions.insert(id, Arc::new(session));
                }
                // The power went while it was made: nobody was told of it.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    std::fs::remove_dir_all(&path)?;
                }
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        session = %id,
                        "a live session cannot be opened"
                    );
                }
            }
        }
        tracing::info!(
            sessions = sessions.len(),
            "live sessions left by the last process"
        );
        Ok(Self(Arc::new(Inner {
            places: Arc::new(Semaphore::new(settings.sessions)),
            settings,
            store,
            blobs,
            hearing,
            threads,
            sessions: Mutex::new(sessions),
            shutdown,
        })))
    }

    /// The routes' end, and the loop to be run as a task.
    pub fn start(
        self,
    ) -> (
        LiveSender,
        impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        let (sender, requests) = LiveSender::channel(PLACES);
        (sender, self.run(requests))
    }

    async fn run(self, mut requests: mpsc::Receiver<LiveRequest>) -> anyhow::Result<()> {
        let shutdown = self.0.shutdown.clone();
        let tasks = TaskTracker::new();
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => break,
                _ = look.tick() => {
                    let service = self.clone();
                    tasks.spawn(async move { service.look(Timestamp::now()).await });
                }
                request = requests.recv() => {
                    let Some(request) = request else { break };
                    let (service, span) = (self.clone(), request.span.clone());
                    tasks.spawn(async move { service.answer(request).await }.instrument(span));
                }
            }
        }
        tasks.close();
        tasks.wait().await;
        for session in self.all() {
            let mut phase = session.phase.lock().await;
            if let Phase::Running(running) = std::mem::replace(&mut *phase, Phase::Resting) {
                self.stop(*running, false).await;
            }
        }
        Ok(())
    }

    async fn answer(&self, request: LiveRequest) {
        let actor = &request.actor;
        // Whoever asked may have gone: then nobody takes the answer.
        match request.command {
            LiveCommand::Open {
                options,
                codec,
                reply,
            } => drop(reply.send(self.open_session(actor, *options, codec).await)),
            LiveCommand::List { reply } => drop(reply.send(Ok(self.list(actor)))),
            LiveCommand::Show { session, reply } => {
                drop(reply.send(self.find(actor, session).map(|session| session.info())));
            }
            LiveCommand::Attach { session, reply } => drop(reply.send(self.attach(actor, session).await)),
            LiveCommand::Follow {
                session,
                after,
                reply,
            } => drop(reply.send(self.follow(actor, session, after))),
            LiveCommand::Correct {
                session,
                segment,
                text,
                reply,
            } => drop(reply.send(self.correct(actor, session, segment, text).await)),
            LiveCommand::End { session, reply } => {
                let ended = match self.find(actor, session) {
                    Ok(session) => self.end(&session).await,
                    Err(failure) => Err(failure),
                };
                drop(reply.send(ended));
            }
        }
    }

    fn all(&self) -> Vec<Arc<Session>> {
        let sessions = self.0.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.values().cloned().collect()
    }

    pub(super) fn find(&self, actor: &Actor, id: LiveId) -> Result<Arc<Session>, LiveFailure> {
        let sessions = self.0.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let found = sessions.get(&id).cloned();
        found
            .filter(|session| session.head.actor.department == actor.department)
            .ok_or(LiveFailure::NotFound)
    }

    fn list(&self, actor: &Actor) -> Vec<LiveInfo> {
        let own = |session: &Arc<Session>| session.head.actor.department == actor.department;
        let mut own: Vec<LiveInfo> = self.all().into_iter().filter(own).map(|s| s.info()).collect();
        own.sort_by_key(|info| std::cmp::Reverse(info.id));
        own
    }

    async fn open_session(
        &self,
        actor: &Actor,
        options: MinutesOptions,
        codec: LiveCodec,
    ) -> Result<LiveInfo, LiveFailure> {
        self.0
            .blobs
            .check_reserve(0)
            .map_err(|error| LiveFailure::Code(error.code()))?;
        let place = self.place()?;
        let head = SessionHead {
            actor: actor.clone(),
            options,
            codec,
            opened_at: Timestamp::now(),
        };
        let root = self.0.settings.directory.clone();
        let made = tokio::task::spawn_blocking(move || Session::create(&root, head)).await;
        let session = Arc::new(made.map_err(|_| broken())?.map_err(|error| disk(&error))?);
        *session.phase.lock().await = Phase::Running(Box::new(self.run_session(&session, place).await?));
        let info = session.info();
        let mut sessions = self.0.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.insert(session.id, session);
        Ok(info)
    }

    pub(super) fn place(&self) -> Result<tokio::sync::OwnedSemaphorePermit, LiveFailure> {
        let full = LiveFailure::Full {
            sessions: self.0.settings.sessions,
        };
        Arc::clone(&self.0.places).try_acquire_owned().map_err(|_| full)
    }

    fn follow(&self, actor: &Actor, id: LiveId, after: u64) -> Result<LiveFeed, LiveFailure> {
        let session = self.find(actor, id)?;
        let now = session.follow();
        let events = session.journal().after(after);
        Ok(LiveFeed { events, now })
    }

    async fn correct(
        &self,
        actor: &Actor,
        id: LiveId,
        segment: SegmentId,
        text: String,
    ) -> Result<NumberedEvent, LiveFailure> {
        let session = self.find(actor, id)?;
        let phase = session.phase.lock().await;
        if matches!(*phase, Phase::Ended(_)) {
            return Err(LiveFailure::Ended);
        }
        if !session.journal().has_segment(segment) {
            return Err(LiveFailure::NotFound);
        }
        let event = LiveEvent::Correction {
            segment,
            text,
            by: actor.user,
            at: Timestamp::now(),
        };
        let speaking = Arc::clone(&session);
        let said = tokio::task::spawn_blocking(move || speaking.say(event, None)).await;
        said.map_err(|_| broken())?.map_err(|error| disk(&error))
    }

    /// Ends a session: what was sent is written, the last words are heard, the recording becomes a job.
    ///
    /// # Errors
    /// What the store refuses; the session can then be ended again.
    pub async fn end(&self, session: &Arc<Session>) -> Result<Option<Job>, LiveFailure> {
        let mut phase = session.phase.lock().await;
        if let Phase::Ended(job) = &*phase {
            let Some(job) = *job else { return Ok(None) };
            let found = self.0.store.job(&session.head.actor, job).await;
            return found.map(Some).map_err(|error| LiveFailure::Code(error.code()));
        }
        if let Phase::Running(running) = std::mem::replace(&mut *phase, Phase::Resting) {
            let finishes = is_worth_finishing(session.info().now.behind);
            self.stop(*running, finishes).await;
        }
        let (store, blobs) = (self.0.store.as_ref(), &self.0.blobs);
        let job = finish::submit(session, store, blobs, &self.0.settings.pipelines)
            .await
            .map_err(LiveFailure::Code)?;
        let id = job.as_ref().map(|job| job.id);
        *phase = Phase::Ended(id);
        let leaving = Arc::clone(session);
        let removed = tokio::task::spawn_blocking(move || {
            leaving.say(LiveEvent::Ended { job: id }, None)?;
            leaving.remove()
        });
        match removed.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a session's files stay");
            }
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
        session.touch();
        session.show(|now| {
            now.partial = None;
            now.connected = false;
        });
        Ok(job)
    }

    /// Ends sessions that nobody sends to, and forgets those that ended long ago.
    pub async fn look(&self, now: Timestamp) {
        for session in self.all() {
            let idle = session.idle_seconds(now);
            let info = session.info();
            let is_over = matches!(session.phase.try_lock().as_deref(), Ok(Phase::Ended(_)));
            if is_over && idle > SHOWN_AFTERWARDS {
                let mut sessions = self.0.sessions.lock().unwrap_or_else(PoisonError::into_inner);
                sessions.remove(&session.id);
            } else if !is_over && !info.now.connected && idle > self.0.settings.idle_seconds {
                tracing::info!(session = %session.id, idle, "nobody sends to a live session: it ends");
                if let Err(failure) = self.end(&session).await {
                    tracing::warn!(session = %session.id, ?failure, "it could not be ended");
                    session.touch();
                }
            }
        }
    }
}
