//! Where log lines go: standard error, as text or JSON.
//!
//! Never: document contents, document names, token secrets. Ids and codes only.

use tracing_subscriber::EnvFilter;

use crate::config::{LogConfig, LogFormat, LogLevel};

/// Starts logging for this process; a second call changes nothing.
pub fn start(config: &LogConfig) {
    let level = match config.level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    };
    // Libraries stay one step quieter: their debug lines may quote what they were given.
    let library = if matches!(config.level, LogLevel::Error) {
        "error"
    } else {
        "warn"
    };
    let ours = [
        "shoki",
        "shoki_app",
        "shoki_api",
        "shoki_store",
        "shoki_ocr",
        "shoki_engine",
        "shoki_decode",
    ]
    .map(|target| format!("{target}={level}"))
    .join(",");
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(format!("{library},{ours}")))
        .with_writer(std::io::stderr);
    let started = match config.format {
        LogFormat::Text => builder.with_ansi(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
}
