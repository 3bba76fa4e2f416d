//! The out-folder: files by rename, then one marker that says that they are all there.
//!
//! Promise: exactly one marker per delivery, also over kills. The marker is made ready under a hidden name,
//! the ledger notes that, and giving it its name is the delivery: when the hidden name is gone, the marker
//! was given its name, whether or not the next system has taken it away since.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Serialize;
use shoki_core::digest::Sha256;
use shoki_core::outcome::FormOutcome;

use super::ledger::Entry;
use crate::durable::{publish, remove_parts, sync_directory};

/// What a marker begins with before it has its name.
const STAGED: &str = ".shoki-staged-";
/// Ending of the marker of a delivery.
pub const DONE: &str = "done";
/// Ending of the file that says why there is none.
pub const ERROR: &str = "error";

/// The folder.
#[derive(Debug)]
pub struct Outbox {
    directory: PathBuf,
}

/// One file of a delivery, as the marker lists it.
#[derive(Debug, Serialize)]
pub struct Delivered {
    /// Name in the out-folder.
    pub name: String,
    /// Id of the form.
    pub form: String,
    /// Id of the profile.
    pub profile: String,
    /// Records in it.
    pub rows: u32,
    /// Size.
    pub bytes: usize,
    /// Of its bytes.
    pub sha256: Sha256,
}

/// What the marker says.
#[derive(Debug, Serialize)]
pub struct Marker<'a> {
    /// Name in the in-folder.
    pub source: &'a str,
    /// Of its bytes.
    pub sha256: Sha256,
    /// The files.
    pub files: &'a [Delivered],
    /// Counts of the reading.
    pub outcome: FormOutcome,
    /// What a person should know, in Japanese.
    pub notes: &'a [String],
}

impl Outbox {
    /// Opens it and removes what a kill left half-written.
    ///
    /// # Errors
    /// The file system's.
    pub fn open(directory: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(directory)?;
        remove_parts(directory)?;
        Ok(Self {
            directory: directory.to_owned(),
        })
    }

    /// What a file's outputs may be called before the first dot: the name's stem, with a number when
    /// something in the folder, or `reserved`, has it.
    ///
    /// # Errors
    /// The file system's.
    pub fn free_stem(&self, name: &str, reserved: &BTreeSet<String>) -> std::io::Result<String> {
        let mut taken = reserved.clone();
        for entry in std::fs::read_dir(&self.directory)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            taken.extend(name.split_once('.').map(|(stem, _)| stem.to_owned()));
        }
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        // A dot would make `a.b` and `a` share what begins with `a.`.
        let stem = stem.replace('.', "_");
        let numbered = (2_u32..).map(|number| format!("{stem}-{number}"));
        let mut stems = std::iter::once(stem.clone()).chain(numbered);
        Ok(stems
            .find(|stem| !taken.contains(stem))
            .expect("the numbers do not end"))
    }

    /// Writes a file of a delivery.
    ///
    /// # Errors
    /// The file system's.
    pub fn put(&self, name: &str, bytes: &[u8]) -> std::io::Result<()> {
        publish(&self.directory, name, bytes)
    }

    /// Makes the marker ready under its hidden name.
    ///
    /// # Errors
    /// The file system's.
    pub fn stage(&self, entry: &Entry, marker: &Marker<'_>) -> std::io::Result<()> {
        let mut bytes = serde_json::to_vec_pretty(marker)?;
        bytes.push(b'\n');
        publish(&self.directory, &staged_name(entry), &bytes)
    }

    /// Gives the marker its name, unless that was done before; an earlier `.error` of the same file goes.
    ///
    /// # Errors
    /// The file system's.
    pub fn deliver(&self, entry: &Entry) -> std::io::Result<()> {
        let name = |ending| self.directory.join(format!("{}.{ending}", entry.stem));
        let staged = self.directory.join(staged_name(entry));
        if staged.exists() {
            absent_is_well(std::fs::remove_file(name(ERROR)))?;
        }
        absent_is_well(std::fs::rename(staged, name(DONE)))?;
        sync_directory(&self.directory)
    }

    /// Says why there is no delivery.
    ///
    /// # Errors
    /// The file system's.
    pub fn refuse(&self, stem: &str, sentences: &[String]) -> std::io::Result<()> {
        let text: String = sentences
            .iter()
            .map(|sentence| format!("{sentence}\r\n"))
            .collect();
        publish(&self.directory, &format!("{stem}.{ERROR}"), text.as_bytes())
    }
}

fn staged_name(entry: &Entry) -> String {
    format!("{STAGED}{}", entry.sha256)
}

fn absent_is_well(done: std::io::Result<()>) -> std::io::Result<()> {
    match done {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::watch::intake::Stand;
    use crate::watch::ledger::Stage;

    fn entry() -> Entry {
        Entry {
            sha256: Sha256::of(b"scan"),
            name: "a.pdf".to_owned(),
            stand: Stand {
                bytes: 4,
                changed_ns: 0,
            },
            taken_at: Timestamp::UNIX_EPOCH,
            stem: "a".to_owned(),
            stage: Stage::Taken,
            pipeline: Sha256::of(b"forms"),
        }
    }

    #[test]
    fn a_marker_is_given_its_name_once() {
        let directory = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(directory.path()).unwrap();
        let entry = entry();
        outbox.refuse("a", &["外字があります。".to_owned()]).unwrap();
        let marker = Marker {
            source: "a.pdf",
            sha256: entry.sha256,
            files: &[],
            outcome: FormOutcome::default(),
            notes: &[],
        };
        outbox.stage(&entry, &marker).unwrap();
        // A restart between staging and delivering keeps it.
        let outbox = Outbox::open(directory.path()).unwrap();
        outbox.deliver(&entry).unwrap();
        let done = directory.path().join("a.done");
        assert!(done.exists() && !directory.path().join("a.error").exists());
        // The next system took it: nothing comes again.
        std::fs::remove_file(&done).unwrap();
        outbox.deliver(&entry).unwrap();
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn names_are_free_of_what_lies_there_and_of_what_is_reserved() {
        let directory = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(directory.path()).unwrap();
        std::fs::write(directory.path().join("a.kyuyo_idou.kikan.csv"), "").unwrap();
        let reserved = BTreeSet::from(["a-2".to_owned()]);
        assert_eq!(outbox.free_stem("a.pdf", &reserved).unwrap(), "a-3");
        assert_eq!(outbox.free_stem("b.c.pdf", &reserved).unwrap(), "b_c");
    }
}
