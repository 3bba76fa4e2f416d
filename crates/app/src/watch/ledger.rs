//! What a hot folder has taken and delivered, by content, on this machine's own disk.
//!
//! Layout: `taken/<sha256>/` holds a copy of the scan, `entry.json` and `pages.jsonl` (one reading a line,
//! synced page by page) until it is delivered; then `done/<sha256>.json` says so for good. Promise: at every
//! moment a kill leaves a state from which the same work goes on, and at most the pages being read are
//! read again.

use std::fs::File;
use std::io::{BufRead as _, BufReader, ErrorKind, Read, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;
use shoki_core::digest::Sha256;
use shoki_core::reading::PageReading;

use super::intake::{Ready, Stand};
use crate::durable::{remove_parts, sync_directory, write_whole};

const ENTRY: &str = "entry.json";
const PAGES: &str = "pages.jsonl";
const SCAN: &str = "scan";
/// What an entry is called before it is whole.
const NEW: &str = ".new-";
/// Bytes copied at once.
const COPY_BYTES: usize = 256 * 1024;

/// How far an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Being read, or read and not delivered.
    Taken,
    /// Everything lies in the out-folder; its marker is about to get its name.
    Staged,
    /// A value stops the output: it waits for a person, its readings are kept.
    Stopped,
}

/// A file that was taken.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Its content.
    pub sha256: Sha256,
    /// Its name in the in-folder.
    pub name: String,
    /// How it stood when it was taken.
    pub stand: Stand,
    /// When.
    pub taken_at: Timestamp,
    /// What its files in the out-folder are called before the first dot.
    pub stem: String,
    /// How far it is.
    pub stage: Stage,
    /// Digest of the definitions that its pages were read under.
    pub pipeline: Sha256,
}

/// A file that was delivered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Done {
    /// Its name in the in-folder.
    pub name: String,
    /// When.
    pub done_at: Timestamp,
    /// What its files in the out-folder are called before the first dot.
    pub stem: String,
    /// Whether the file in the in-folder was put away.
    pub put_away: bool,
}

/// What a file in the in-folder is.
#[derive(Debug)]
pub enum Known {
    /// It was delivered before.
    Done(Sha256, Done),
    /// It was taken now, or before and not delivered.
    Taken(Entry),
    /// It did not stand still while it was copied.
    Moving,
}

/// The ledger of one in-folder.
#[derive(Debug)]
pub struct Ledger {
    taken: PathBuf,
    done: PathBuf,
}

impl Ledger {
    /// Opens it and removes what a kill left half-written.
    ///
    /// # Errors
    /// The file system's.
    pub fn open(directory: &Path) -> std::io::Result<Self> {
        let ledger = Self {
            taken: directory.join("taken"),
            done: directory.join("done"),
        };
        for directory in [&ledger.taken, &ledger.done] {
            std::fs::create_dir_all(directory)?;
            remove_parts(directory)?;
        }
        for entry in std::fs::read_dir(&ledger.taken)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(NEW) {
                std::fs::remove_dir_all(entry.path())?;
            } else {
                remove_parts(&entry.path())?;
            }
        }
        Ok(ledger)
    }

    /// Entries that are not delivered, the oldest first.
    ///
    /// # Errors
    /// The file system's.
    pub fn entries(&self) -> std::io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(&self.taken)? {
            if let Some(entry) = read_json::<Entry>(&entry?.path().join(ENTRY))? {
                // Killed between `finish`'s two steps: delivered.
                if self.done_of(&entry.sha256)?.is_some() {
                    self.remove(&entry)?;
                } else {
                    entries.push(entry);
                }
            }
        }
        entries.sort_by_key(|entry| entry.taken_at);
        Ok(entries)
    }

    /// Copies a file while hashing it, and says what it is; `stem` names a new one.
    ///
    /// # Errors
    /// The file system's.
    pub fn take(
        &self,
        ready: &Ready,
        pipeline: Sha256,
        stem: impl FnOnce() -> std::io::Result<String>,
    ) -> std::io::Result<Known> {
        let new = tempfile::Builder::new().prefix(NEW).tempdir_in(&self.taken)?;
        let sha256 = copy(&ready.path, &new.path().join(SCAN))?;
        let now = match std::fs::metadata(&ready.path) {
            Ok(metadata) => Stand::of(&metadata),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Known::Moving),
            Err(error) => return Err(error),
        };
        if now != ready.stand {
            return Ok(Known::Moving);
        }
        if let Some(done) = self.done_of(&sha256)? {
            return Ok(Known::Done(sha256, done));
        }
        let place = self.place(&sha256);
        let before = read_json::<Entry>(&place.join(ENTRY))?;
        let entry = Entry {
            sha256,
            name: ready.name.clone(),
            stand: ready.stand,
            taken_at: Timestamp::now(),
            stem: match &before {
                Some(before) => before.stem.clone(),
                None => stem()?,
            },
            stage: before.as_ref().map_or(Stage::Taken, |before| match before.stage {
                // Handed in again: tried again.
                Stage::Stopped | Stage::Taken => Stage::Taken,
                Stage::Staged => Stage::Staged,
            }),
            pipeline: before.as_ref().map_or(pipeline, |before| before.pipeline),
        };
        if before.is_some() {
            self.write(&entry)?;
            return Ok(Known::Taken(entry));
        }
        write_whole(new.path(), ENTRY, &json(&entry))?;
        std::fs::rename(new.keep(), &place)?;
        sync_directory(&self.taken)?;
        Ok(Known::Taken(entry))
    }

    /// Where the copy of the scan lies.
    #[must_use]
    pub fn scan(&self, entry: &Entry) -> PathBuf {
        self.place(&entry.sha256).join(SCAN)
    }

    /// Writes how far an entry is.
    ///
    /// # Errors
    /// The file system's.
    pub fn write(&self, entry: &Entry) -> std::io::Result<()> {
        write_whole(&self.place(&entry.sha256), ENTRY, &json(entry))
    }

    /// The pages read so far, and where to add the next ones. Pages read under other definitions are
    /// forgotten; a line that a kill cut short is dropped.
    ///
    /// # Errors
    /// The file system's.
    pub fn pages(
        &self,
        entry: &mut Entry,
        pipeline: Sha256,
    ) -> std::io::Result<(Vec<PageReading>, PagesFile)> {
        let path = self.place(&entry.sha256).join(PAGES);
        if entry.pipeline != pipeline {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            entry.pipeline = pipeline;
            self.write(entry)?;
        }
        let file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)?;
        let (mut pages, mut whole) = (Vec::new(), 0);
        let mut lines = BufReader::new(&file);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line)? > 0 {
            let next = u32::try_from(pages.len()).unwrap_or(u32::MAX) + 1;
            match serde_json::from_slice::<PageReading>(&line) {
                Ok(page) if line.ends_with(b"\n") && page.page == next => pages.push(page),
                _ => break,
            }
            whole += line.len() as u64;
            line.clear();
        }
        file.set_len(whole)?;
        let file = File::options().append(true).open(&path)?;
        Ok((pages, PagesFile(file)))
    }

    /// Notes that an entry was delivered, for good; then its copy and its pages go.
    ///
    /// # Errors
    /// The file system's.
    pub fn finish(&self, entry: &Entry, put_away: bool) -> std::io::Result<()> {
        let done = Done {
            name: entry.name.clone(),
            done_at: Timestamp::now(),
            stem: entry.stem.clone(),
            put_away,
        };
        self.write_done(&entry.sha256, &done)?;
        self.remove(entry)
    }

    /// Writes what is known of a delivered file.
    ///
    /// # Errors
    /// The file system's.
    pub fn write_done(&self, sha256: &Sha256, done: &Done) -> std::io::Result<()> {
        write_whole(&self.done, &format!("{sha256}.json"), &json(done))
    }

    /// Forgets an entry that cannot be read.
    ///
    /// # Errors
    /// The file system's.
    pub fn remove(&self, entry: &Entry) -> std::io::Result<()> {
        // Out of sight at once: a kill in between leaves nothing that looks like an entry.
        let gone = self.taken.join(format!("{NEW}{}", entry.sha256));
        std::fs::rename(self.place(&entry.sha256), &gone)?;
        sync_directory(&self.taken)?;
        std::fs::remove_dir_all(gone)
    }

    fn place(&self, sha256: &Sha256) -> PathBuf {
        self.taken.join(sha256.to_string())
    }

    fn done_of(&self, sha256: &Sha256) -> std::io::Result<Option<Done>> {
        read_json(&self.done.join(format!("{sha256}.json")))
    }
}

/// Readings, one a line.
#[derive(Debug)]
pub struct PagesFile(File);

impl PagesFile {
    /// Adds a page; when this returns it is on the disk.
    ///
    /// # Errors
    /// The file system's.
    pub fn push(&mut self, page: &PageReading) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(page)?;
        line.push(b'\n');
        self.0.write_all(&line)?;
        self.0.sync_data()
    }
}

fn copy(from: &Path, to: &Path) -> std::io::Result<Sha256> {
    let (mut from, mut to) = (File::open(from)?, File::create_new(to)?);
    let mut hash = sha2::Sha256::new();
    let mut buffer = vec![0; COPY_BYTES];
    loop {
        match from.read(&mut buffer)? {
            0 => break,
            count => {
                hash.update(&buffer[..count]);
                to.write_all(&buffer[..count])?;
            }
        }
    }
    to.sync_all()?;
    Ok(Sha256::from_bytes(hash.finalize().into()))
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec_pretty(value).expect("strings and integers always become JSON")
}

fn read_json<T: DeserializeOwned>(path: &Path) -> std::io::Result<Option<T>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forms::failed_page;
    use shoki_core::code::ErrorCode;

    fn ready(directory: &Path, bytes: &[u8]) -> Ready {
        let path = directory.join("a.pdf");
        std::fs::write(&path, bytes).unwrap();
        let stand = Stand::of(&std::fs::metadata(&path).unwrap());
        Ready {
            name: "a.pdf".to_owned(),
            path,
            stand,
        }
    }

    #[test]
    fn what_was_taken_and_read_is_there_again_and_what_was_delivered_is_known() {
        let directory = tempfile::tempdir().unwrap();
        let (state, pipeline) = (directory.path().join("state"), Sha256::of(b"forms"));
        let file = ready(directory.path(), b"scan");
        let ledger = Ledger::open(&state).unwrap();
        let Known::Taken(mut entry) = ledger.take(&file, pipeline, || Ok("a".to_owned())).unwrap() else {
            panic!("new");
        };
        let (_, mut pages) = ledger.pages(&mut entry, pipeline).unwrap();
        for number in 1..=2 {
            pages.push(&failed_page(number, ErrorCode::CorruptPage)).unwrap();
        }
        // A kill in the middle of the third line.
        pages.0.write_all(b"{\"page\":3,").unwrap();

        let ledger = Ledger::open(&state).unwrap();
        let mut entry = ledger.entries().unwrap().remove(0);
        assert_eq!(std::fs::read(ledger.scan(&entry)).unwrap(), b"scan");
        let (read, mut pages) = ledger.pages(&mut entry, pipeline).unwrap();
        assert_eq!(read.len(), 2);
        pages.push(&failed_page(3, ErrorCode::CorruptPage)).unwrap();
        assert_eq!(ledger.pages(&mut entry, pipeline).unwrap().0.len(), 3);
        // Other definitions: nothing of it counts.
        assert_eq!(
            ledger.pages(&mut entry, Sha256::of(b"others")).unwrap().0.len(),
            0
        );

        ledger.finish(&entry, false).unwrap();
        assert!(ledger.entries().unwrap().is_empty());
        let known = ledger.take(&file, pipeline, || Ok("b".to_owned())).unwrap();
        assert!(matches!(known, Known::Done(_, done) if done.stem == "a" && !done.put_away));
        let moving = Ready {
            stand: Stand {
                bytes: 0,
                changed_ns: 0,
            },
            ..file
        };
        assert!(matches!(
            ledger.take(&moving, pipeline, || Ok("c".to_owned())).unwrap(),
            Known::Moving
        ));
    }
}
