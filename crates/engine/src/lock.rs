//! `<store>/<model>/lock.toml`: the hashes of files that no manifest can state, taken at the first import.
//!
//! Promises: what was taken once is checked from then on, like a manifest's own hashes; a lock that was
//! taken for another revision counts for nothing. Never: a hash taken from a medium's word.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use shoki_core::digest::Sha256;
use shoki_core::manifest::{ModelManifest, ModelSource};

use crate::error::EngineError;
use crate::store::replace;

/// File name of a lock.
const LOCK: &str = "lock.toml";

/// The locked files of one model.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lock {
    /// What it was taken for.
    origin: String,
    #[serde(rename = "file")]
    files: Vec<LockedFile>,
}

/// One locked file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LockedFile {
    /// Name in the store.
    pub name: String,
    /// SHA-256 of the bytes.
    pub sha256: Sha256,
    /// Size in bytes.
    pub size: u64,
}

impl Lock {
    /// The lock of this model in the store; `None` when there is none for this origin.
    pub fn read(store: &Path, manifest: &ModelManifest) -> Result<Option<Self>, EngineError> {
        if !manifest.is_optional() {
            return Ok(None);
        }
        let path = place(store, manifest);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(EngineError::io(&path)(error)),
        };
        let lock: Self = toml::from_str(&text).map_err(|error| EngineError::Manifest {
            path,
            detail: error.to_string(),
        })?;
        Ok((lock.origin == origin(manifest)).then_some(lock))
    }

    /// Takes the hashes of these files.
    pub fn take<'a>(manifest: &ModelManifest, files: impl Iterator<Item = (&'a str, &'a [u8])>) -> Self {
        let files = files.map(|(name, bytes)| LockedFile {
            name: name.to_owned(),
            sha256: Sha256::of(bytes),
            size: bytes.len() as u64,
        });
        Self {
            origin: origin(manifest),
            files: files.collect(),
        }
    }

    /// Puts it into the store.
    pub fn write(&self, store: &Path, manifest: &ModelManifest) -> Result<(), EngineError> {
        let text = toml::to_string(self).expect("names, hashes and sizes are TOML");
        replace(&place(store, manifest), text.as_bytes())
    }

    /// The locked file of this name.
    pub fn file(&self, name: &str) -> Option<&LockedFile> {
        self.files.iter().find(|file| file.name == name)
    }
}

fn place(store: &Path, manifest: &ModelManifest) -> PathBuf {
    store.join(&manifest.name).join(LOCK)
}

fn origin(manifest: &ModelManifest) -> String {
    match &manifest.source {
        ModelSource::Hub { repository, revision } => format!("{repository}@{revision}"),
        _ => manifest.version.clone(),
    }
}
