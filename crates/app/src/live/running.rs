//! A session's threads: started, handed to a microphone, stopped.

use std::sync::Arc;
use std::time::Duration;

use shoki_api::live::{Durable, LiveFailure, LiveInput};
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::id::LiveId;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::captions::Captions;
use super::recorder::Recorder;
use super::service::Service;
use super::session::{Phase, Running, Session, Synced};

/// Messages of sound that wait for the disk: six seconds of a tenth of a second each.
const SOUND_PLACES: usize = 64;
/// How long the end of a session waits for its last captions.
const LAST_WORDS: Duration = Duration::from_secs(15);

impl Service {
    /// Starts a session's recorder and captions.
    pub(super) async fn run_session(
        &self,
        session: &Arc<Session>,
        place: OwnedSemaphorePermit,
    ) -> Result<Running, LiveFailure> {
        let opened = Arc::clone(session);
        let opened = tokio::task::spawn_blocking(move || opened.open_sound()).await;
        let (log, recorded) = opened.map_err(|_| broken())?.map_err(|error| disk(&error))?;
        let (sound, sounds) = mpsc::channel(SOUND_PLACES);
        let (durable, durables) = watch::channel(Durable {
            next: log.next(),
            failed: None,
        });
        let (synced, synceds) = watch::channel(Synced {
            bytes: log.bytes(),
            closed: false,
        });
        let (close, hush) = (CancellationToken::new(), CancellationToken::new());
        let recorder = Recorder {
            session: Arc::clone(session),
            blobs: self.0.blobs.clone(),
            log,
            recorded,
            sound: sounds,
            durable,
            synced,
            close: close.clone(),
        };
        let captions = Captions {
            session: Arc::clone(session),
            hearing: Arc::clone(&self.0.hearing),
            synced: synceds,
            hush: hush.clone(),
        };
        let (over, ended) = oneshot::channel();
        let handle = tokio::runtime::Handle::current();
        let token = self.0.threads.token();
        std::thread::Builder::new()
            .name("live-captions".to_owned())
            .spawn(move || {
                let _runtime = handle.enter();
                captions.run();
                drop((over, token));
            })
            .map_err(|error| disk(&error))?;
        Ok(Running {
            sound,
            durable: durables,
            close,
            recorder: tokio::spawn(recorder.run()),
            hush,
            captions: ended,
            replaced: CancellationToken::new(),
            _place: place,
        })
    }

    /// A microphone is there. Whoever sent before is sent away; a session that rests runs again.
    ///
    /// # Errors
    /// `NotFound`, `Full`, `Ended`, and what the disk says.
    pub(super) async fn attach(&self, actor: &Actor, id: LiveId) -> Result<LiveInput, LiveFailure> {
        let session = self.find(actor, id)?;
        let mut phase = session.phase.lock().await;
        if let Phase::Running(running) = &mut *phase
            && running.recorder.is_finished()
        {
            // The disk had refused; perhaps it has room again.
            if let Phase::Running(running) = std::mem::replace(&mut *phase, Phase::Resting) {
                self.stop(*running, false).await;
            }
        }
        if matches!(*phase, Phase::Resting) {
            let place = self.place()?;
            *phase = Phase::Running(Box::new(self.run_session(&session, place).await?));
            session.trouble(None);
        }
        let Phase::Running(running) = &mut *phase else {
            return Err(LiveFailure::Ended);
        };
        let replaced = CancellationToken::new();
        std::mem::replace(&mut running.replaced, replaced.clone()).cancel();
        session.touch();
        session.show(|now| now.connected = true);
        let gone = CancellationToken::new();
        let input = LiveInput {
            sound: running.sound.clone(),
            durable: running.durable.clone(),
            replaced: replaced.clone(),
            attached: gone.clone().drop_guard(),
        };
        drop(phase);
        tokio::spawn(async move {
            gone.cancelled().await;
            // Another microphone is there when this one was sent away.
            if !replaced.is_cancelled() {
                session.touch();
                session.show(|now| now.connected = false);
            }
        });
        Ok(input)
    }

    /// Stops a session's threads; what was sent is on disk then.
    pub(super) async fn stop(&self, mut running: Running, finishes: bool) {
        running.close.cancel();
        // It ends by itself; when it panicked, what it had acknowledged is on disk all the same.
        let _recorded = (&mut running.recorder).await;
        if !finishes {
            running.hush.cancel();
        }
        let over = tokio::time::timeout(LAST_WORDS, &mut running.captions).await;
        running.hush.cancel();
        if over.is_err() {
            // A hearing cannot be broken off; the place is free only when it is over.
            tokio::spawn(async move {
                let _over = (&mut running.captions).await;
                drop(running);
            });
        }
    }
}

/// Something of our own broke.
pub(super) fn broken() -> LiveFailure {
    LiveFailure::Code(ErrorCode::Internal)
}

/// What the file system said.
pub(super) fn disk(error: &std::io::Error) -> LiveFailure {
    tracing::error!(
        error = error as &dyn std::error::Error,
        "a session's files cannot be used"
    );
    LiveFailure::Code(match error.kind() {
        std::io::ErrorKind::StorageFull => ErrorCode::StorageFull,
        _ => ErrorCode::Internal,
    })
}
