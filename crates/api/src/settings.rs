//! What an operator may set about HTTP. Defaults are right for one office; each has a unit and a reason.

use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize;
use shoki_core::limits;
use shoki_store::account_store::{LockPolicy, SessionLife};

/// Limits of the routes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiSettings {
    /// Uploads received at the same time; one more is answered 429. Each holds one open file and about
    /// 1 MiB.
    pub max_uploads: usize,
    /// Largest document, bytes.
    pub max_document_bytes: u64,
    /// Largest recording, bytes: a day's video is larger than any stack of scans.
    pub max_recording_bytes: u64,
    /// Longest silence while a request body is awaited, seconds.
    pub body_idle_seconds: u64,
    /// Slowest sender served, bytes per second of waiting, looked at every `body_idle_seconds`.
    pub body_min_bytes_per_second: u64,
    /// Pause between comments that keep an idle event stream open, seconds (proxies cut at 60).
    pub keep_alive_seconds: u64,
    /// After this long an event stream ends and the client comes back with `Last-Event-ID`: a revoked
    /// token stops working on open streams too.
    pub event_stream_seconds: u64,
    /// A browser without a request for so long is signed out, seconds: somebody has left the desk.
    pub session_idle_seconds: u32,
    /// A browser is signed out after so long at the latest, seconds: a working day.
    pub session_longest_seconds: u32,
    /// Wrong passwords in a row after which an account is locked.
    pub sign_in_failures: u32,
    /// For how long, seconds.
    pub sign_in_pause_seconds: u32,
    /// Where signed checkpoints of the audit chain are, if they are kept; set by the service, not by an operator.
    #[serde(skip)]
    pub checkpoint_dir: Option<PathBuf>,
}

impl Default for ApiSettings {
    fn default() -> Self {
        Self {
            max_uploads: 16,
            max_document_bytes: limits::MAX_DOCUMENT_BYTES,
            max_recording_bytes: limits::MAX_RECORDING_BYTES,
            body_idle_seconds: 30,
            body_min_bytes_per_second: 512,
            keep_alive_seconds: 15,
            event_stream_seconds: 900,
            session_idle_seconds: 30 * 60,
            session_longest_seconds: 12 * 60 * 60,
            sign_in_failures: 5,
            sign_in_pause_seconds: 15 * 60,
            checkpoint_dir: None,
        }
    }
}

impl ApiSettings {
    /// Largest file of any kind, bytes: what may be announced before its first bytes say what it is.
    #[must_use]
    pub fn max_file_bytes(&self) -> u64 {
        self.max_document_bytes.max(self.max_recording_bytes)
    }

    /// How long a browser stays signed in.
    #[must_use]
    pub fn session_life(&self) -> SessionLife {
        SessionLife {
            idle: SignedDuration::from_secs(self.session_idle_seconds.into()),
            longest: SignedDuration::from_secs(self.session_longest_seconds.into()),
        }
    }

    /// When guessing a password is stopped.
    #[must_use]
    pub fn lock_policy(&self) -> LockPolicy {
        LockPolicy {
            failures: self.sign_in_failures,
            pause: SignedDuration::from_secs(self.sign_in_pause_seconds.into()),
        }
    }
}

/// Limits of the listener.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServeSettings {
    /// Connections open at the same time; more wait in the kernel's queue. The default leaves room for
    /// files and the database under the usual limit of 1,024 descriptors.
    pub max_connections: usize,
    /// Time for the head of a request to arrive, seconds; also ends idle connections.
    pub header_seconds: u64,
    /// Longest time for which a client may not take anything of an answer, seconds.
    pub unread_seconds: u64,
    /// Time for open requests to end after shutdown began, seconds.
    pub drain_seconds: u64,
}

impl Default for ServeSettings {
    fn default() -> Self {
        Self {
            max_connections: 800,
            header_seconds: 15,
            unread_seconds: 60,
            drain_seconds: 20,
        }
    }
}

impl ServeSettings {
    /// [`ServeSettings::header_seconds`] as a duration.
    #[must_use]
    pub const fn header(&self) -> Duration {
        Duration::from_secs(self.header_seconds)
    }

    /// [`ServeSettings::unread_seconds`] as a duration.
    #[must_use]
    pub const fn unread(&self) -> Duration {
        Duration::from_secs(self.unread_seconds)
    }

    /// [`ServeSettings::drain_seconds`] as a duration.
    #[must_use]
    pub const fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }
}
