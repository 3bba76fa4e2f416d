//! e-Gov's bulk download (a zip of folders with one law each), from media.
//!
//! Promises: each law is handed over as soon as it is read, a file that cannot be read is a fault with
//! its name and the others go on. Never: a file of the archive on disk, more memory than one law needs.

use std::io::{Cursor, Read, Seek};
use std::ops::Range;

use shoki_core::corpus::{ImportFault, ImportFaultKind, ImportedText};
use shoki_core::media::MediaKind;
use zip::ZipArchive;

use super::egov::{self, MAX_LAW_BYTES};
use super::{ImportError, decode};

/// Files of one archive: all 9,500 laws in force with their pictures are under 60,000.
pub const MAX_FILES: usize = 200_000;
/// Laws that [`all`] keeps at once; a larger archive goes through [`Laws`].
const MAX_LAWS_AT_ONCE: usize = 500;

/// A file of an archive that may hold a law.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Member {
    /// Position in the archive.
    index: usize,
    name: String,
}

/// An opened archive of laws.
#[derive(Debug)]
pub struct Laws<R> {
    archive: ZipArchive<R>,
    members: Vec<Member>,
}

impl<R: Read + Seek> Laws<R> {
    /// Opens an archive; other files in it than XML (lists, pictures) do not count.
    ///
    /// # Errors
    /// [`ImportError::Malformed`] when it is no zip, [`ImportError::TooLarge`] over [`MAX_FILES`],
    /// [`ImportError::NotUnderstood`] without any XML in it.
    pub fn open(reader: R) -> Result<Self, ImportError> {
        let archive = ZipArchive::new(reader).map_err(|_| ImportError::Malformed { line: None })?;
        if archive.len() > MAX_FILES {
            return Err(ImportError::TooLarge);
        }
        let mut members = Vec::new();
        for index in 0..archive.len() {
            let name = match archive.name_for_index(index) {
                Some(Ok(name)) => name.into_owned(),
                _ => format!("#{index}"),
            };
            if name.to_ascii_lowercase().ends_with(".xml") {
                members.push(Member { index, name });
            }
        }
        if members.is_empty() {
            return Err(ImportError::NotUnderstood);
        }
        Ok(Self { archive, members })
    }

    /// Number of files that may hold a law.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is none; an opened archive has at least one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The kind of office file that this archive really is, if it is one.
    #[must_use]
    pub fn office_kind(&self) -> Option<MediaKind> {
        MediaKind::of_entries(self.members.iter().map(|member| member.name.as_bytes()))
    }

    /// The files in groups of up to `bytes` unpacked bytes each as the archive says, in order; a larger file
    /// is a group alone. It looks at every file's head: ask once.
    pub fn groups(&mut self, bytes: u64) -> Vec<Range<usize>> {
        let mut groups: Vec<Range<usize>> = Vec::new();
        let mut size = 0_u64;
        for (at, member) in self.members.iter().enumerate() {
            let unpacked = self
                .archive
                .by_index_raw(member.index)
                .map_or(0, |file| file.size());
            size = size.saturating_add(unpacked);
            match groups.last_mut() {
                Some(group) if size <= bytes => group.end = at + 1,
                _ => {
                    groups.push(at..at + 1);
                    size = unpacked;
                }
            }
        }
        groups
    }

    /// Hands over the laws of a group in the order of the archive. Returns the faults of the files that
    /// could not be taken.
    ///
    /// # Errors
    /// What `take` returns.
    pub fn each(
        &mut self,
        group: Range<usize>,
        mut take: impl FnMut(ImportedText) -> Result<(), ImportError>,
    ) -> Result<Vec<ImportFault>, ImportError> {
        let mut faults = Vec::new();
        let members = self.members.get(group).unwrap_or_default();
        for member in members {
            match law(&mut self.archive, member) {
                Ok(mut law) => {
                    for fault in &mut law.faults {
                        fault.file = Some(member.name.clone());
                    }
                    take(law)?;
                }
                Err(error) => faults.push(error.fault(&member.name)),
            }
        }
        Ok(faults)
    }
}

fn law<R: Read + Seek>(archive: &mut ZipArchive<R>, member: &Member) -> Result<ImportedText, ImportError> {
    let broken = || ImportError::Malformed { line: None };
    let file = archive.by_index(member.index).map_err(|_| broken())?;
    let mut bytes = Vec::new();
    // The size in the directory is the archive's word only; the bytes themselves are counted.
    let limit = MAX_LAW_BYTES as u64 + 1;
    file.take(limit).read_to_end(&mut bytes).map_err(|_| broken())?;
    if bytes.len() as u64 == limit {
        return Err(ImportError::TooLarge);
    }
    egov::import(&member.name, decode(&bytes)?.as_bytes())
}

/// All laws of a small archive; the faults of files not taken stand with the first law.
///
/// # Errors
/// As [`Laws::open`] and [`Laws::each`]; [`ImportError::NotUnderstood`] without a law in it.
pub fn all(bytes: &[u8]) -> Result<Vec<ImportedText>, ImportError> {
    let mut laws = Vec::new();
    let mut archive = Laws::open(Cursor::new(bytes))?;
    let faults = archive.each(0..archive.len(), |law| {
        if laws.len() == MAX_LAWS_AT_ONCE {
            return Err(ImportError::TooLarge);
        }
        laws.push(law);
        Ok(())
    })?;
    let Some(first) = laws.first_mut() else {
        return Err(
            if faults
                .iter()
                .any(|fault| fault.kind == ImportFaultKind::Malformed)
            {
                ImportError::Malformed { line: None }
            } else {
                ImportError::NotUnderstood
            },
        );
    };
    first.faults.extend(faults);
    Ok(laws)
}
