//! Sound of one session from its channel to the disk.
//!
//! Promises: a message counts once, in its place; what is shown as durable is synced; everything that waits
//! when the session closes is written first. As many messages as came during the last sync are written with
//! one: a disk that syncs slowly makes the batches larger, not the queue.

use std::sync::Arc;
use std::time::Duration;

use shoki_api::live::{Durable, SoundMessage};
use shoki_core::audio::Millis;
use shoki_core::code::ErrorCode;
use shoki_core::limits::MAX_RECORDING;
use shoki_store::Blobs;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::session::{Recorded, Session, Synced};
use super::sound_log::SoundLog;

/// Messages written with one sync at most.
const BATCH: usize = 64;
/// A sync that takes this long is said in the log: captions wait for it.
const SLOW_SYNC: Duration = Duration::from_millis(500);

/// A recorder and where it says what is safe.
pub(super) struct Recorder {
    pub session: Arc<Session>,
    pub blobs: Blobs,
    pub log: SoundLog,
    pub recorded: Recorded,
    pub sound: mpsc::Receiver<SoundMessage>,
    pub durable: watch::Sender<Durable>,
    pub synced: watch::Sender<Synced>,
    pub close: CancellationToken,
}

impl Recorder {
    /// Records until the session closes or the disk refuses.
    pub async fn run(mut self) {
        loop {
            let mut batch = Vec::new();
            let is_last = tokio::select! {
                count = self.sound.recv_many(&mut batch, BATCH) => count == 0,
                () = self.close.cancelled() => {
                    self.sound.close();
                    while let Ok(message) = self.sound.try_recv() {
                        batch.push(message);
                    }
                    true
                }
            };
            match self.write(batch).await {
                Ok(recorder) => self = recorder,
                Err((recorder, code)) => {
                    recorder
                        .durable
                        .send_modify(|durable| durable.failed = Some(code));
                    recorder.session.trouble(Some(code));
                    recorder.synced.send_modify(|synced| synced.closed = true);
                    return;
                }
            }
            if is_last {
                self.synced.send_modify(|synced| synced.closed = true);
                return;
            }
        }
    }

    async fn write(self, batch: Vec<SoundMessage>) -> Result<Self, (Self, ErrorCode)> {
        let written = tokio::task::spawn_blocking(move || {
            let mut recorder = self;
            let code = recorder.put(&batch).err();
            (recorder, code)
        });
        match written.await {
            Ok((recorder, None)) => Ok(recorder),
            Ok((recorder, Some(code))) => Err((recorder, code)),
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }

    fn put(&mut self, batch: &[SoundMessage]) -> Result<(), ErrorCode> {
        let first = self.log.next();
        // A message that came over two connections counts once; one behind a gap not at all.
        let mut fresh: Vec<&[u8]> = Vec::new();
        for message in batch {
            if message.sequence == first + fresh.len() as u64 {
                fresh.push(&message.payload);
            }
        }
        if fresh.is_empty() {
            return Ok(());
        }
        let most = Millis(u64::try_from(MAX_RECORDING.as_millis()).unwrap_or(u64::MAX));
        if self.recorded.time() >= most {
            return Err(ErrorCode::RecordingTooLong);
        }
        self.blobs.check_reserve(0).map_err(|error| error.code())?;
        let started = std::time::Instant::now();
        self.log.append(fresh.iter().copied()).map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "sound not written");
            match error.kind() {
                std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => ErrorCode::StorageFull,
                _ => ErrorCode::Internal,
            }
        })?;
        if started.elapsed() > SLOW_SYNC {
            tracing::warn!(
                millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
                "the disk is slow to sync sound"
            );
        }
        for payload in fresh {
            self.recorded.add(payload);
        }
        self.session.recorded(self.log.next(), self.recorded.time());
        let (next, bytes) = (self.log.next(), self.log.bytes());
        self.durable.send_modify(|durable| durable.next = next);
        self.synced.send_modify(|synced| synced.bytes = bytes);
        Ok(())
    }
}
