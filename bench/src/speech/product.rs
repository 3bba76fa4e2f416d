//! Shoki as a user runs it: `shoki transcribe FILE --out DIR`.
//!
//! Promise: only the program's command line, its settings and the files it leaves. Never: a result of a run before.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::truth::Heard;
use crate::process_tree::{Cost, measured};

/// An installed product.
#[derive(Debug)]
pub struct Product {
    /// The program.
    pub shoki: PathBuf,
    /// The model store.
    pub store: PathBuf,
    /// The repository, where the pipelines are.
    pub repository: PathBuf,
    /// Manifests of the models, the bench's own among them.
    pub catalogue: PathBuf,
    /// For data, scratch files and results.
    pub work: PathBuf,
    /// Windows heard at once, a thread each.
    pub threads: usize,
}

impl Product {
    /// A command of it.
    #[must_use]
    pub fn command(&self, recogniser: &str) -> Command {
        let mut command = Command::new(&self.shoki);
        command
            .current_dir(&self.repository)
            .env("SHOKI_MODELS__STORE_DIR", &self.store)
            .env("SHOKI_MODELS__CATALOGUE_DIR", &self.catalogue)
            .env("SHOKI_STORAGE__DATA_DIR", self.work.join("data"))
            .env("SHOKI_SPEECH__RECOGNISER", recogniser)
            .env("SHOKI_LOG__LEVEL", "error");
        command
    }

    /// Transcribes a recording: what was heard and what it cost, from the start of the process to its end.
    ///
    /// # Errors
    /// When the program fails or leaves no meeting.
    pub fn transcribe(&self, recogniser: &str, sound: &Path) -> anyhow::Result<(Heard, Cost)> {
        let out = self.work.join("transcribed");
        if out.exists() {
            std::fs::remove_dir_all(&out)?;
        }
        let mut command = self.command(recogniser);
        command
            .args(["transcribe", "--workers", &self.threads.to_string(), "--out"])
            .arg(&out)
            .arg(sound);
        let cost = measured(&mut command)?;
        Ok((Heard::read(&out)?, cost))
    }
}
