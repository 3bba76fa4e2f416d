//! The directory of an index: generations side by side, of which `CURRENT` names the one that serves.
//!
//! Promises: `CURRENT` changes by rename after everything it names is on the disk; what a crash left
//! behind goes at the next opening, but only when no other process has the index open (a shared lock on
//! `LOCK`). Never: what a generation holds.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::super::IndexError;

const CURRENT: &str = "CURRENT";
const NEXT: &str = "CURRENT.next";
const LOCK: &str = "LOCK";
const PREFIX: &str = "generation-";

/// An index directory that this process has open.
#[derive(Debug)]
pub struct Root {
    path: PathBuf,
    lock: File,
}

/// Waits until a directory's entries are on the disk.
pub fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

impl Root {
    /// Opens the directory, made when missing. When nobody else has it open, `alone` runs first: it
    /// cleans up and makes the first generation.
    pub fn open(
        path: &Path,
        alone: impl FnOnce(&Self) -> Result<(), IndexError>,
    ) -> Result<Self, IndexError> {
        fs::create_dir_all(path)?;
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join(LOCK))?;
        let root = Self {
            path: path.to_owned(),
            lock,
        };
        root.when_alone(alone)?;
        Ok(root)
    }

    /// Runs `work` when no other handle has the index open, else does nothing.
    pub fn when_alone(&self, work: impl FnOnce(&Self) -> Result<(), IndexError>) -> Result<(), IndexError> {
        self.lock.unlock()?;
        let done = match self.lock.try_lock() {
            Ok(()) => {
                let done = work(self);
                self.lock.unlock()?;
                done
            }
            Err(TryLockError::WouldBlock) => Ok(()),
            Err(TryLockError::Error(error)) => Err(error.into()),
        };
        self.lock.lock_shared()?;
        done
    }

    /// The generation that serves, when there is one.
    pub fn current(&self) -> Result<Option<PathBuf>, IndexError> {
        let name = match fs::read_to_string(self.path.join(CURRENT)) {
            Ok(name) => name,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(IndexError::Damaged("CURRENT is not text".into()));
            }
            Err(error) => return Err(error.into()),
        };
        let name = name.trim_end();
        let number = name.strip_prefix(PREFIX).unwrap_or_default();
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(IndexError::Damaged("CURRENT names no generation".into()));
        }
        let generation = self.path.join(name);
        if generation.is_dir() {
            Ok(Some(generation))
        } else {
            Err(IndexError::Damaged(
                "the generation that CURRENT names is missing".into(),
            ))
        }
    }

    fn generations(&self) -> io::Result<Vec<(u64, PathBuf)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let name = entry.file_name();
            let number = name
                .to_str()
                .and_then(|name| name.strip_prefix(PREFIX)?.parse().ok());
            if let Some(number) = number {
                found.push((number, entry.path()));
            }
        }
        Ok(found)
    }

    /// An empty directory for another generation.
    pub fn new_generation(&self) -> io::Result<PathBuf> {
        let last = self.generations()?.iter().map(|(number, _)| *number).max();
        let number = last.map_or(1, |last| last + 1);
        let path = self.path.join(format!("{PREFIX}{number:06}"));
        fs::create_dir(&path)?;
        Ok(path)
    }

    /// Lets a generation serve from now on.
    pub fn switch_to(&self, generation: &Path) -> io::Result<()> {
        let name = generation.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        sync_directory(generation)?;
        let next = self.path.join(NEXT);
        let mut file = File::create(&next)?;
        file.write_all(name.as_encoded_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(&next, self.path.join(CURRENT))?;
        sync_directory(&self.path)
    }

    /// Removes every generation but the one that serves.
    pub fn remove_others(&self) -> Result<(), IndexError> {
        let current = self.current()?;
        for (_, path) in self.generations()? {
            if Some(&path) != current.as_ref() {
                fs::remove_dir_all(path)?;
            }
        }
        Ok(())
    }
}
