//! Where things lie for this installation: manifests, model files, pipelines, database, blobs, lock.
//!
//! Promise: "auto" means the working directory first, then beside the executable; a directory that is
//! not there is one Japanese sentence that says where was looked and which setting to change.

use std::fs::File;
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;

use crate::config::{Config, Place};

/// A directory or file that is needed and not there, or in use.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// Nothing at any of the places.
    #[error(
        "{name} のディレクトリが見つかりません(探した場所: {looked})。設定の {key} にパスを書くか、--config の指定を確かめてください。"
    )]
    Missing {
        /// `models` or `pipelines`.
        name: &'static str,
        /// The setting.
        key: &'static str,
        /// Places, separated by commas.
        looked: String,
    },
    /// Another process has the data directory.
    #[error(
        "データの置き場所 {0} は別の shoki が使っています。先にそれを止めるか、storage.data_dir に別の場所を指定してください。"
    )]
    InUse(String),
    /// The file system refused.
    #[error("{path} を使えません({source})。置き場所と権限を確かめてください。")]
    Io {
        /// What was touched.
        path: String,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
}

/// The directory with `models/<name>/manifest.toml`.
///
/// # Errors
/// [`PlaceError::Missing`].
pub fn catalogue_dir(config: &Config) -> Result<PathBuf, PlaceError> {
    existing(&config.models.catalogue_dir, "models", "models.catalogue_dir")
}

/// The directory with `forms/*.toml`.
///
/// # Errors
/// [`PlaceError::Missing`].
pub fn pipelines_dir(config: &Config) -> Result<PathBuf, PlaceError> {
    existing(&config.pipelines.dir, "pipelines", "pipelines.dir")
}

/// The model store.
#[must_use]
pub fn model_store_dir(config: &Config) -> PathBuf {
    match &config.models.store_dir {
        Place::At(path) => path.clone(),
        Place::Auto | Place::Off => config.storage.data_dir.join("models"),
    }
}

/// The database file.
#[must_use]
pub fn database_file(config: &Config) -> PathBuf {
    config.storage.data_dir.join("shoki.db")
}

/// The law desk's index.
#[must_use]
pub fn index_dir(config: &Config) -> PathBuf {
    config.storage.data_dir.join("index")
}

/// The blobs.
#[must_use]
pub fn blobs_dir(config: &Config) -> PathBuf {
    config.storage.data_dir.join("blobs")
}

/// Uploads that may go on later.
#[must_use]
pub fn uploads_dir(config: &Config) -> PathBuf {
    config.storage.data_dir.join("uploads")
}

/// The key that voice prints are sealed with; outside the database.
#[must_use]
pub fn voice_key_file(config: &Config) -> PathBuf {
    config.storage.data_dir.join("voice-key")
}

/// The key that signs certificates of deletion where no place for checkpoints is set.
#[must_use]
pub fn certificate_key_dir(config: &Config) -> PathBuf {
    match &config.audit.checkpoint_dir {
        Place::At(directory) => directory.clone(),
        Place::Auto | Place::Off => config.storage.data_dir.join("certificate-key"),
    }
}

/// Live sessions that have not become documents yet.
#[must_use]
pub fn live_dir(config: &Config) -> PathBuf {
    config.storage.data_dir.join("live")
}

/// What the hot folders have taken and delivered.
#[must_use]
pub fn watch_dir(config: &Config) -> PathBuf {
    config.storage.data_dir.join("watch")
}

/// Files that do not outlive the process.
#[must_use]
pub fn scratch_dir(config: &Config) -> PathBuf {
    config.storage.data_dir.join("tmp")
}

fn existing(place: &Place, name: &'static str, key: &'static str) -> Result<PathBuf, PlaceError> {
    let candidates = match place {
        Place::At(path) => vec![path.clone()],
        Place::Auto | Place::Off => automatic(name),
    };
    match candidates.iter().find(|path| path.is_dir()) {
        Some(path) => Ok(path.clone()),
        None => {
            let looked: Vec<_> = candidates.iter().map(|path| path.display().to_string()).collect();
            Err(PlaceError::Missing {
                name,
                key,
                looked: looked.join("、"),
            })
        }
    }
}

/// Working directory, beside the executable, and `../share/shoki` of an installed executable.
fn automatic(name: &str) -> Vec<PathBuf> {
    let mut places = vec![PathBuf::from(name)];
    if let Some(dir) = std::env::current_exe()
        .ok()
        .and_then(|exe| exe.parent().map(Path::to_path_buf))
    {
        places.push(dir.join(name));
        places.push(dir.join("../share/shoki").join(name));
    }
    places
}

/// The data directory, held by this process until dropped (a record lock belongs to the process and ends
/// with it, also when it is killed; its children never have it).
#[derive(Debug)]
pub struct DataDirLock {
    _file: File,
}

/// Makes the data directory when it is missing and takes its lock.
///
/// # Errors
/// [`PlaceError::InUse`] when another process holds it, [`PlaceError::Io`].
pub fn lock_data_dir(config: &Config) -> Result<DataDirLock, PlaceError> {
    lock_dir(&config.storage.data_dir)
}

/// Makes a directory of this account's own when it is missing and takes its lock.
///
/// # Errors
/// [`PlaceError::InUse`] when another process holds it, [`PlaceError::Io`].
pub fn lock_dir(directory: &Path) -> Result<DataDirLock, PlaceError> {
    make_private_dir(directory)?;
    let path = directory.join("lock");
    let io = |source| PlaceError::Io {
        path: path.display().to_string(),
        source,
    };
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(io)?;
    // Not flock: a decode child between fork and exec would hold a copy of it, and a service started
    // right after its predecessor was killed would be refused (seen once in 387 kills).
    match rustix::fs::fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(DataDirLock { _file: file }),
        Err(rustix::io::Errno::AGAIN | rustix::io::Errno::ACCESS) => {
            Err(PlaceError::InUse(directory.display().to_string()))
        }
        Err(errno) => Err(io(errno.into())),
    }
}

/// Makes a directory that only this account can enter, with its parents.
///
/// # Errors
/// [`PlaceError::Io`].
pub fn make_private_dir(path: &Path) -> Result<(), PlaceError> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| PlaceError::Io {
            path: path.display().to_string(),
            source,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_directory_says_where_was_looked() {
        let place = Place::At("/nonexistent/models".into());
        let error = existing(&place, "models", "models.catalogue_dir").expect_err("not there");
        let words = error.to_string();
        assert!(
            words.contains("/nonexistent/models") && words.contains("models.catalogue_dir"),
            "{words}"
        );
    }
}
