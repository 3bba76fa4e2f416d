//! The configuration: one struct tree, filled from the embedded default, a file and the environment.
//!
//! Promises: an unknown key or a wrong value is named with its source and a Japanese sentence that says
//! what to do; after [`load::load`] every value is in range. Never: a read of the environment anywhere
//! else in the product, a secret in the tree (secrets are files).

pub mod load;
pub mod mistake;
pub mod search;
pub mod sign_in;
pub mod speech;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use shoki_core::unit::RetryPolicy;

pub use search::{IndexSetting, SearchConfig};
pub use sign_in::{DirectorySetting, GroupRule, LdapConfig, OidcConfig, SignInConfig};
pub use speech::SpeechConfig;

/// The embedded default, commented for operators; also the list of all keys.
pub const DEFAULT_TOML: &str = include_str!("config/default.toml");

/// All settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// HTTP.
    pub server: ServerConfig,
    /// Data directory.
    pub storage: StorageConfig,
    /// Models.
    pub models: ModelsConfig,
    /// Pipelines.
    pub pipelines: PipelinesConfig,
    /// Workers.
    pub workers: WorkersConfig,
    /// Retries.
    pub retry: RetryPolicy,
    /// Leases.
    pub lease: LeaseConfig,
    /// The law desk.
    pub search: SearchConfig,
    /// Recordings.
    pub speech: SpeechConfig,
    /// Draft answers.
    pub drafting: DraftingConfig,
    /// Who knows people besides the accounts of this service.
    pub sign_in: SignInConfig,
    /// Audit checkpoints.
    pub audit: AuditConfig,
    /// Metrics.
    pub metrics: MetricsConfig,
    /// Logging.
    pub log: LogConfig,
}

/// HTTP settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Address of the API.
    pub listen: SocketAddr,
    /// Seconds to wait at shutdown.
    pub drain_seconds: u32,
    /// Connections accepted at once.
    pub max_connections: u32,
}

/// Where data lies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StorageConfig {
    /// The data directory.
    pub data_dir: PathBuf,
    /// Free space below which uploads are refused, MiB.
    pub disk_reserve_mib: u64,
}

/// A directory or file that may be left to the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Place {
    /// The documented default place.
    Auto,
    /// Not used.
    Off,
    /// This path, relative to the working directory.
    At(PathBuf),
}

impl From<String> for Place {
    fn from(text: String) -> Self {
        match text.as_str() {
            "auto" => Self::Auto,
            "off" => Self::Off,
            _ => Self::At(text.into()),
        }
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        match place {
            Place::Auto => "auto".to_owned(),
            Place::Off => "off".to_owned(),
            Place::At(path) => path.display().to_string(),
        }
    }
}

/// Where manifests and model files lie.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelsConfig {
    /// `models/` with the manifests.
    pub catalogue_dir: Place,
    /// The model store.
    pub store_dir: Place,
    /// Seconds between two checks of the files.
    pub recheck_seconds: u32,
}

/// Where pipelines lie.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PipelinesConfig {
    /// `pipelines/`.
    pub dir: Place,
}

/// How many readings each field gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum ReadingsSetting {
    /// One reading: faster.
    One,
    /// Four differently prepared readings and their agreement.
    Four,
}

/// Worker settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkersConfig {
    /// Pages read at the same time; 0 = number of cores.
    pub threads: u32,
    /// Windows of one recording heard at the same time, at least one; a killed service hears as many again.
    pub per_recording: u32,
    /// Readings per field.
    pub readings: ReadingsSetting,
}

/// Lease settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaseConfig {
    /// Length of a lease, seconds.
    pub lease_seconds: u32,
    /// Seconds between two heartbeats.
    pub heartbeat_seconds: u32,
    /// Seconds between two searches for expired leases.
    pub reap_seconds: u32,
}

/// The one server outside this machine that may be asked, for draft answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DraftingConfig {
    /// Address of an OpenAI-compatible server (`http://host:port/v1`), or `off`.
    pub base_url: String,
    /// Name of the model there.
    pub model: String,
    /// File with the key.
    pub api_key_file: Place,
    /// Certificates of the internal CA (PEM); then nothing else is trusted.
    pub ca_file: Place,
    /// Longest time for a draft, waiting included, seconds.
    pub timeout_seconds: u32,
    /// Longest answer of the model, tokens.
    pub max_tokens: u32,
    /// Drafts that may wait.
    pub waiting: u32,
    /// Drafts made at the same time.
    pub concurrent: u32,
}

impl DraftingConfig {
    /// The address; `None` when drafting is off.
    #[must_use]
    pub fn base_url(&self) -> Option<&str> {
        (self.base_url != "off").then_some(self.base_url.as_str())
    }

    /// Longest time for a draft.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds.into())
    }
}

/// Audit settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditConfig {
    /// The second place.
    pub checkpoint_dir: Place,
    /// Seconds between two checkpoints.
    pub checkpoint_seconds: u32,
}

/// Where metrics are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum MetricsListen {
    /// Nowhere.
    Off,
    /// On an own listener.
    At(SocketAddr),
}

impl TryFrom<String> for MetricsListen {
    type Error = String;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text == "off" {
            return Ok(Self::Off);
        }
        text.parse()
            .map(Self::At)
            .map_err(|_| format!("invalid value: \"{text}\", expected \"off\" or an address"))
    }
}

impl From<MetricsListen> for String {
    fn from(listen: MetricsListen) -> Self {
        match listen {
            MetricsListen::Off => "off".to_owned(),
            MetricsListen::At(address) => address.to_string(),
        }
    }
}

/// Metrics settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricsConfig {
    /// Address, or off.
    pub listen: MetricsListen,
}

/// Shape of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Least severe level that is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// Only errors.
    Error,
    /// And warnings.
    Warn,
    /// And what happens normally.
    Info,
    /// And details.
    Debug,
    /// Everything.
    Trace,
}

/// Log settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// Shape.
    pub format: LogFormat,
    /// Least severe level.
    pub level: LogLevel,
}

impl ServerConfig {
    /// Time to wait at shutdown.
    #[must_use]
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds.into())
    }
}

impl StorageConfig {
    /// Free space below which uploads are refused, bytes.
    #[must_use]
    pub const fn disk_reserve_bytes(&self) -> u64 {
        self.disk_reserve_mib.saturating_mul(1024 * 1024)
    }
}

impl WorkersConfig {
    /// Worker threads, at least one.
    #[must_use]
    pub fn thread_count(&self) -> usize {
        match usize::try_from(self.threads).unwrap_or(usize::MAX) {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        }
    }
}

impl LeaseConfig {
    /// Length of a lease.
    #[must_use]
    pub fn lease(&self) -> SignedDuration {
        SignedDuration::from_secs(self.lease_seconds.into())
    }

    /// Time between two heartbeats.
    #[must_use]
    pub fn heartbeat(&self) -> Duration {
        Duration::from_secs(self.heartbeat_seconds.into())
    }

    /// Time between two searches for expired leases.
    #[must_use]
    pub fn reap_every(&self) -> Duration {
        Duration::from_secs(self.reap_seconds.into())
    }
}
