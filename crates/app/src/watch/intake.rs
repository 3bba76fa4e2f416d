//! The in-folder: which files stand still, and where they go when they were read.
//!
//! Polled, because a network share gives no events. A file is ready when its size and time were the same at
//! two looks after the first. Promise: a file is moved only as it was taken; one that was replaced meanwhile
//! stays and is a new file.

use std::collections::HashMap;
use std::fs::Metadata;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Looks at which a file must be as it was.
const STILL_LOOKS: u32 = 2;
/// Looks after which an empty file is no file that is being written any more.
const EMPTY_LOOKS: u32 = 12;
/// Folder for what was read.
pub const READ: &str = "読取済";
/// Folder for what could not be read or written out.
pub const NOT_READ: &str = "読取不可";

/// A file's size and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stand {
    /// Bytes.
    pub bytes: u64,
    /// Last change, nanoseconds since 1970.
    pub changed_ns: i64,
}

impl Stand {
    /// Of a file as it is now.
    #[must_use]
    pub fn of(metadata: &Metadata) -> Self {
        let seconds = metadata.mtime();
        Self {
            bytes: metadata.len(),
            changed_ns: seconds
                .wrapping_mul(1_000_000_000)
                .wrapping_add(metadata.mtime_nsec()),
        }
    }
}

/// The folder and what was seen in it.
#[derive(Debug)]
pub struct Inbox {
    directory: PathBuf,
    seen: HashMap<String, (Stand, u32)>,
}

/// A file that stands still.
#[derive(Clone, Debug)]
pub struct Ready {
    /// Its name.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// How it stands.
    pub stand: Stand,
}

impl Inbox {
    /// The folder, with its own folders for what was read.
    ///
    /// # Errors
    /// The file system's.
    pub fn open(directory: &Path) -> std::io::Result<Self> {
        for folder in [READ, NOT_READ] {
            std::fs::create_dir_all(directory.join(folder))?;
        }
        Ok(Self {
            directory: directory.to_owned(),
            seen: HashMap::new(),
        })
    }

    /// Looks once: the files that stand still, by name.
    ///
    /// # Errors
    /// The folder cannot be read (a share that is gone for the moment).
    pub fn look(&mut self) -> std::io::Result<Vec<Ready>> {
        let mut now = HashMap::new();
        let mut ready = Vec::new();
        for entry in std::fs::read_dir(&self.directory)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            // Gone between the two calls: not there.
            let Ok(metadata) = entry.metadata() else { continue };
            if !metadata.is_file() || is_unfinished(&name) {
                continue;
            }
            let stand = Stand::of(&metadata);
            let looks = match self.seen.get(&name) {
                Some((before, looks)) if *before == stand => looks + 1,
                _ => 0,
            };
            let needed = if stand.bytes == 0 {
                EMPTY_LOOKS
            } else {
                STILL_LOOKS
            };
            if looks >= needed {
                let path = entry.path();
                ready.push(Ready {
                    name: name.clone(),
                    path,
                    stand,
                });
            }
            now.insert(name, (stand, looks));
        }
        self.seen = now;
        ready.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(ready)
    }

    /// Whether a file is there that was not ready yet.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        !self.seen.is_empty()
    }

    /// A file is looked at anew, from the first look on.
    pub fn forget(&mut self, name: &str) {
        self.seen.remove(name);
    }

    /// Moves a file into one of the folders, if it still stands as it was taken; whether it was moved.
    ///
    /// # Errors
    /// The file system's. A file that is not there any more is no error.
    pub fn put_away(&mut self, name: &str, stand: Stand, folder: &str) -> std::io::Result<bool> {
        self.forget(name);
        let from = self.directory.join(name);
        let stands = |path: &Path| match std::fs::metadata(path) {
            Ok(metadata) => Ok(Stand::of(&metadata) == stand),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        };
        if !stands(&from)? {
            return Ok(false);
        }
        let to = free_path(&self.directory.join(folder), name);
        std::fs::rename(&from, &to)?;
        if stands(&to)? {
            return Ok(true);
        }
        // It was replaced in between: not what was read.
        std::fs::rename(&to, &from)?;
        Ok(false)
    }
}

/// What programs write beside the file they are copying.
fn is_unfinished(name: &str) -> bool {
    let lower = name.to_lowercase();
    name.starts_with('.')
        || name.starts_with("~$")
        || [".tmp", ".part", ".partial", ".crdownload", ".filepart"]
            .iter()
            .any(|ending| lower.ends_with(ending))
        || ["thumbs.db", "desktop.ini"].contains(&lower.as_str())
}

/// `name`, with a number before its ending when it is taken.
fn free_path(directory: &Path, name: &str) -> PathBuf {
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) => (stem, format!(".{ending}")),
        None => (name, String::new()),
    };
    let numbered = (2_u32..).map(|number| format!("{stem}-{number}{ending}"));
    let names = std::iter::once(name.to_owned()).chain(numbered);
    names
        .map(|name| directory.join(name))
        .find(|path| !path.exists())
        .expect("the numbers do not end")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(ready: &[Ready]) -> Vec<&str> {
        ready.iter().map(|ready| ready.name.as_str()).collect()
    }

    #[test]
    fn a_file_is_ready_when_it_stood_still_twice() {
        let directory = tempfile::tempdir().unwrap();
        let mut inbox = Inbox::open(directory.path()).unwrap();
        let write = |name: &str, bytes: &[u8]| std::fs::write(directory.path().join(name), bytes).unwrap();
        write("a.pdf", b"one");
        write(".hidden.pdf", b"one");
        write("b.pdf.tmp", b"one");
        assert!(inbox.look().unwrap().is_empty());
        assert!(inbox.look().unwrap().is_empty());
        write("a.pdf", b"one and more");
        assert!(inbox.look().unwrap().is_empty());
        assert!(inbox.look().unwrap().is_empty());
        assert_eq!(names(&inbox.look().unwrap()), ["a.pdf"]);
        assert!(inbox.is_waiting());
    }

    #[test]
    fn a_file_that_was_replaced_is_not_moved_and_nothing_is_written_over() {
        let directory = tempfile::tempdir().unwrap();
        let mut inbox = Inbox::open(directory.path()).unwrap();
        let path = directory.path().join("a.pdf");
        let put = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            Stand::of(&std::fs::metadata(&path).unwrap())
        };
        let first = put(b"first");
        let second = put(b"second!");
        assert!(!inbox.put_away("a.pdf", first, READ).unwrap());
        assert!(inbox.put_away("a.pdf", second, READ).unwrap());
        assert!(!inbox.put_away("a.pdf", second, READ).unwrap());
        let third = put(b"third");
        assert!(inbox.put_away("a.pdf", third, READ).unwrap());
        let read = |name: &str| std::fs::read(directory.path().join(READ).join(name)).unwrap();
        assert_eq!(
            (read("a.pdf"), read("a-2.pdf")),
            (b"second!".to_vec(), b"third".to_vec())
        );
    }
}
