//! e-Gov's bulk download (a zip of folders with one law each), from media.
//!
//! Promises: each law is handed over as soon as it is read, a file that cannot be read is a fault with
//! its name and the others go on. Never: a file of the archive on disk, more memory than one law needs.

use std::io::{Cursor, Read, Seek};

use shoki_core::corpus::{ImportFault, ImportFaultKind, ImportedText};
use zip::ZipArchive;

use super::egov::{self, MAX_LAW_BYTES};
use super::{ImportError, decode};

/// Files of one archive: all 9,500 laws in force with their pictures are under 60,000.
pub const MAX_FILES: usize = 200_000;
/// Laws that [`all`] keeps at once; a larger archive goes through [`each`].
const MAX_LAWS_AT_ONCE: usize = 500;

/// Hands over every law of an archive in the order of the archive; other files (lists, pictures) are
/// skipped. Returns the faults of the files that could not be taken.
///
/// # Errors
/// [`ImportError::Malformed`] when it is no zip, [`ImportError::TooLarge`] over [`MAX_FILES`], and what
/// `take` returns.
pub fn each<R: Read + Seek>(
    reader: R,
    mut take: impl FnMut(ImportedText) -> Result<(), ImportError>,
) -> Result<Vec<ImportFault>, ImportError> {
    let mut archive = ZipArchive::new(reader).map_err(|_| ImportError::Malformed { line: None })?;
    if archive.len() > MAX_FILES {
        return Err(ImportError::TooLarge);
    }
    let mut faults = Vec::new();
    for index in 0..archive.len() {
        let name = match archive.name_for_index(index) {
            Some(Ok(name)) => name.into_owned(),
            _ => format!("#{index}"),
        };
        if !name.to_ascii_lowercase().ends_with(".xml") {
            continue;
        }
        match law(&mut archive, index, &name) {
            Ok(mut law) => {
                for fault in &mut law.faults {
                    fault.file = Some(name.clone());
                }
                take(law)?;
            }
            Err(error) => faults.push(error.fault(&name)),
        }
    }
    Ok(faults)
}

fn law<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    index: usize,
    name: &str,
) -> Result<ImportedText, ImportError> {
    let broken = || ImportError::Malformed { line: None };
    let file = archive.by_index(index).map_err(|_| broken())?;
    let mut bytes = Vec::new();
    // The size in the directory is the archive's word only; the bytes themselves are counted.
    let limit = MAX_LAW_BYTES as u64 + 1;
    file.take(limit).read_to_end(&mut bytes).map_err(|_| broken())?;
    if bytes.len() as u64 == limit {
        return Err(ImportError::TooLarge);
    }
    egov::import(name, decode(&bytes)?.as_bytes())
}

/// All laws of a small archive; the faults of files not taken stand with the first law.
///
/// # Errors
/// As [`each`]; [`ImportError::NotUnderstood`] without a law in it.
pub fn all(bytes: &[u8]) -> Result<Vec<ImportedText>, ImportError> {
    let mut laws = Vec::new();
    let faults = each(Cursor::new(bytes), |law| {
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
