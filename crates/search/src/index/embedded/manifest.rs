//! Which revisions a generation holds and where: the one file that a commit points at.
//!
//! Promises: named in tantivy's commit together with its CRC, so words, vectors and this list change in
//! one step; numbers of revisions are never used twice in a generation. Never: passages.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};
use shoki_core::id::{DepartmentId, RevisionId};

use super::super::admission::RevisionFacts;
use super::super::{Fingerprint, IndexError};

/// A revision in the index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number in this generation; the terms' documents carry it.
    pub slot: u64,
    /// Which.
    pub revision: RevisionId,
    /// Who may be given it.
    pub facts: RevisionFacts,
    /// Passages.
    pub passages: u64,
    /// 項.
    pub paragraphs: u64,
}

impl Entry {
    /// Name of its vector file.
    pub fn vector_file(&self) -> String {
        format!("vectors-{:08}.bin", self.slot)
    }
}

/// The list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// What the generation was made with.
    pub fingerprint: Fingerprint,
    /// Counts the change sets; also the file's name.
    pub serial: u64,
    /// The next revision's number.
    pub next_slot: u64,
    /// 課 with material of their own, by the number that their terms carry (from 1; 0 is shared).
    pub departments: Vec<DepartmentId>,
    /// The revisions, by number.
    pub revisions: Vec<Entry>,
}

impl Manifest {
    /// An empty list.
    pub const fn new(fingerprint: Fingerprint) -> Self {
        Self {
            fingerprint,
            serial: 0,
            next_slot: 0,
            departments: Vec::new(),
            revisions: Vec::new(),
        }
    }

    /// The number that the terms of this 課's material carry, when it has or had any.
    pub fn partition(&self, department: Option<DepartmentId>) -> Option<u32> {
        let Some(department) = department else {
            return Some(0);
        };
        let position = self.departments.iter().position(|&held| held == department)?;
        u32::try_from(position + 1).ok()
    }

    /// The same, given out when there was none.
    pub fn partition_or_new(&mut self, department: Option<DepartmentId>) -> Option<u32> {
        if let Some(department) = department
            && !self.departments.contains(&department)
        {
            self.departments.push(department);
        }
        self.partition(department)
    }

    /// Name of its file.
    pub fn file_name(serial: u64) -> String {
        format!("revisions-{serial:08}.json")
    }

    /// Writes it and waits until it is on the disk.
    ///
    /// # Returns
    /// What a commit has to carry to find it again.
    pub fn write(&self, directory: &Path) -> Result<String, IndexError> {
        let body = serde_json::to_vec(self).map_err(std::io::Error::other)?;
        let name = Self::file_name(self.serial);
        let mut file = File::create(directory.join(&name))?;
        file.write_all(&body)?;
        file.sync_all()?;
        Ok(format!("{name} {:08x}", crc32fast::hash(&body)))
    }

    /// Reads what a commit points at.
    pub fn read(directory: &Path, pointer: Option<&str>) -> Result<Self, IndexError> {
        let damaged =
            || IndexError::Damaged("the list of revisions is missing or not what was written".into());
        let (name, crc) = pointer
            .and_then(|pointer| pointer.split_once(' '))
            .ok_or_else(damaged)?;
        if name.contains(['/', '\\']) {
            return Err(damaged());
        }
        let body = std::fs::read(directory.join(name)).map_err(|_| damaged())?;
        if format!("{:08x}", crc32fast::hash(&body)) != crc {
            return Err(damaged());
        }
        serde_json::from_slice(&body).map_err(|_| damaged())
    }
}
