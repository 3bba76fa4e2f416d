//! One session: what it is, its files, and how it stands.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shoki_api::live::{Durable, LiveInfo, SoundMessage};
use shoki_core::access::Actor;
use shoki_core::audio::{Millis, SampleIndex};
use shoki_core::code::ErrorCode;
use shoki_core::id::{JobId, LiveId};
use shoki_core::live::{LiveCodec, LiveEvent, LiveNow, NumberedEvent, OPUS_RATE, opus_samples};
use shoki_core::meeting::MinutesOptions;
use shoki_core::voice::VoiceVector;
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::journal::Journal;
use super::sound_log::SoundLog;
use crate::durable::write_whole;

const HEAD: &str = "session.json";
const SOUND: &str = "sound.log";
const CAPTIONS: &str = "captions.jsonl";
/// Captions this far behind are normal: an utterance is heard again after a second of it.
const KEEPS_UP: Millis = Millis(3_000);

/// What does not change about a session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SessionHead {
    /// Who opened it.
    pub actor: Actor,
    /// What is known of the meeting.
    pub options: MinutesOptions,
    /// How sound comes.
    pub codec: LiveCodec,
    /// When it was opened.
    pub opened_at: Timestamp,
}

/// What the captions' thread may read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Synced {
    /// Bytes of the sound's file that are synced.
    pub bytes: u64,
    /// Whether no more will come.
    pub closed: bool,
}

/// The threads of a session to which sound can be sent.
#[derive(Debug)]
pub(super) struct Running {
    pub sound: mpsc::Sender<SoundMessage>,
    pub durable: watch::Receiver<Durable>,
    /// Ends the recorder after what was sent.
    pub close: CancellationToken,
    pub recorder: JoinHandle<()>,
    /// Ends the captions at once.
    pub hush: CancellationToken,
    pub captions: tokio::sync::oneshot::Receiver<()>,
    /// Sends the present microphone away.
    pub replaced: CancellationToken,
    pub _place: OwnedSemaphorePermit,
}

/// Where a session is.
#[derive(Debug)]
pub(super) enum Phase {
    /// Nothing runs: after a restart, or after trouble with the disk.
    Resting,
    /// Sound can be sent.
    Running(Box<Running>),
    /// The recording has ended.
    Ended(Option<JobId>),
}

/// One session.
#[derive(Debug)]
pub struct Session {
    /// Its id.
    pub id: LiveId,
    /// What does not change.
    pub head: SessionHead,
    directory: PathBuf,
    /// Changed by one at a time: attaching, ending.
    pub(super) phase: tokio::sync::Mutex<Phase>,
    journal: Mutex<Journal>,
    now: watch::Sender<LiveNow>,
    /// Number of the next message on disk.
    next: AtomicU64,
    /// How far the captions have heard, milliseconds.
    heard: AtomicU64,
    /// When a microphone was last there, seconds of the Unix epoch.
    last_seen: AtomicU64,
}

impl Session {
    /// Makes the directory of a new session.
    ///
    /// # Errors
    /// From the file system.
    pub fn create(root: &Path, head: SessionHead) -> std::io::Result<Self> {
        let id = LiveId::generate();
        let directory = root.join(id.to_string());
        crate::place::make_private_dir(&directory).map_err(std::io::Error::other)?;
        let text = serde_json::to_vec(&head)?;
        write_whole(&directory, HEAD, &text)?;
        std::fs::File::open(root)?.sync_all()?;
        Self::open(id, directory)
    }

    /// Opens what an earlier process left; the last message, when it was not whole, is gone.
    ///
    /// # Errors
    /// From the file system; `InvalidData` for a directory that is no session.
    pub fn open(id: LiveId, directory: PathBuf) -> std::io::Result<Self> {
        let head: SessionHead = serde_json::from_slice(&std::fs::read(directory.join(HEAD))?)?;
        let mut recorded = Recorded::new(head.codec);
        let log = SoundLog::open(&directory.join(SOUND), |payload| recorded.add(payload))?;
        let journal = Journal::open(&directory.join(CAPTIONS))?;
        let now = LiveNow {
            recorded: recorded.time(),
            last_event: journal.last(),
            ..LiveNow::default()
        };
        let seconds = u64::try_from(Timestamp::now().as_second()).unwrap_or(0);
        Ok(Self {
            id,
            head,
            directory,
            phase: tokio::sync::Mutex::new(Phase::Resting),
            journal: Mutex::new(journal),
            now: watch::Sender::new(now),
            next: AtomicU64::new(log.next()),
            heard: AtomicU64::new(0),
            last_seen: AtomicU64::new(seconds),
        })
    }

    /// The sound's file, and how much is in it.
    ///
    /// # Errors
    /// From the file system.
    pub fn open_sound(&self) -> std::io::Result<(SoundLog, Recorded)> {
        let mut recorded = Recorded::new(self.head.codec);
        let log = SoundLog::open(&self.sound_path(), |payload| recorded.add(payload))?;
        Ok((log, recorded))
    }

    /// Where the sound lies.
    #[must_use]
    pub fn sound_path(&self) -> PathBuf {
        self.directory.join(SOUND)
    }

    /// Removes the directory.
    ///
    /// # Errors
    /// From the file system.
    pub fn remove(&self) -> std::io::Result<()> {
        std::fs::remove_dir_all(&self.directory)
    }

    /// As it stands.
    #[must_use]
    pub fn info(&self) -> LiveInfo {
        LiveInfo {
            id: self.id,
            title: self.head.options.title.clone(),
            codec: self.head.codec,
            opened_by: self.head.actor.user,
            opened_at: self.head.opened_at,
            resume_from: self.next.load(Ordering::Acquire),
            now: self.now.borrow().clone(),
        }
    }

    /// To follow how it stands.
    #[must_use]
    pub fn follow(&self) -> watch::Receiver<LiveNow> {
        self.now.subscribe()
    }

    /// The events.
    pub fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an event and shows it.
    ///
    /// # Errors
    /// From the file system.
    pub fn say(&self, event: LiveEvent, voice: Option<VoiceVector>) -> std::io::Result<NumberedEvent> {
        let is_final = matches!(event, LiveEvent::Final { .. });
        let numbered = self.journal().add(event, voice)?;
        self.now.send_modify(|now| {
            now.last_event = now.last_event.max(numbered.number);
            if is_final {
                now.partial = None;
            }
        });
        Ok(numbered)
    }

    /// Changes how it stands.
    pub fn show(&self, change: impl FnOnce(&mut LiveNow)) {
        self.now.send_modify(change);
    }

    /// Sound is safe up to message `next`.
    pub(super) fn recorded(&self, next: u64, recorded: Millis) {
        self.next.store(next, Ordering::Release);
        self.touch();
        let behind = self.behind(recorded);
        self.now.send_modify(|now| {
            now.recorded = recorded;
            now.behind = behind;
        });
    }

    /// The captions have heard everything before `heard`.
    pub(super) fn heard(&self, heard: Millis) {
        self.heard.store(heard.0, Ordering::Release);
        self.now.send_if_modified(|now| {
            let behind = self.behind(now.recorded);
            let is_other = now.behind != behind;
            now.behind = behind;
            is_other
        });
    }

    fn behind(&self, recorded: Millis) -> Millis {
        let behind = Millis(recorded.0.saturating_sub(self.heard.load(Ordering::Acquire)));
        if behind < KEEPS_UP { Millis(0) } else { behind }
    }

    /// There are no captions for now.
    pub(super) fn trouble(&self, code: Option<ErrorCode>) {
        self.now.send_if_modified(|now| {
            let is_other = now.trouble != code;
            now.trouble = code;
            is_other
        });
    }

    /// A microphone is there now.
    pub(super) fn touch(&self) {
        let seconds = u64::try_from(Timestamp::now().as_second()).unwrap_or(0);
        self.last_seen.store(seconds, Ordering::Release);
    }

    /// Seconds since a microphone was there.
    #[must_use]
    pub fn idle_seconds(&self, now: Timestamp) -> u64 {
        let now = u64::try_from(now.as_second()).unwrap_or(0);
        now.saturating_sub(self.last_seen.load(Ordering::Acquire))
    }
}

/// How much sound there is.
#[derive(Clone, Copy, Debug)]
pub struct Recorded {
    codec: LiveCodec,
    /// Samples at the codec's rate.
    samples: u64,
    /// Bytes of all payloads.
    pub bytes: u64,
}

impl Recorded {
    /// None yet.
    #[must_use]
    pub const fn new(codec: LiveCodec) -> Self {
        Self {
            codec,
            samples: 0,
            bytes: 0,
        }
    }

    /// A message more.
    pub fn add(&mut self, payload: &[u8]) {
        self.bytes += payload.len() as u64;
        self.samples += match self.codec {
            LiveCodec::Pcm16 => payload.len() as u64 / 2,
            LiveCodec::Opus => opus_samples(payload).unwrap_or(0),
        };
    }

    /// How long it is.
    #[must_use]
    pub const fn time(&self) -> Millis {
        match self.codec {
            LiveCodec::Pcm16 => SampleIndex(self.samples).time(),
            LiveCodec::Opus => Millis(self.samples * 1000 / OPUS_RATE),
        }
    }
}
