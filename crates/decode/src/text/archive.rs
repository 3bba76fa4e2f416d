//! Office files as zip archives: which kind they are, and their parts within bounds.
//!
//! Never: a part unpacked beyond [`DecodeLimits::part_bytes`], whatever the archive declares.

use std::io::Read as _;

use shoki_core::limits::MAX_OFFICE_ENTRIES;
use shoki_core::media::MediaKind;
use zip::ZipArchive;
use zip::result::ZipError;

use crate::decoder::DecodeLimits;
use crate::failure::{Decoded, Failure, FailureKind};
use crate::source::Source;

/// An opened archive.
pub(super) struct Archive {
    zip: ZipArchive<Source>,
    part_bytes: u64,
}

impl Archive {
    /// Reads the directory.
    pub(super) fn open(source: Source, limits: &DecodeLimits) -> Decoded<Self> {
        let zip =
            ZipArchive::new(source).map_err(|_| Failure::document("not an archive that can be opened"))?;
        if zip.len() > MAX_OFFICE_ENTRIES {
            return Err(Failure::limit("too many entries"));
        }
        Ok(Self {
            zip,
            part_bytes: limits.part_bytes,
        })
    }

    /// The text of a part; `None` when there is no such part.
    pub(super) fn part(&mut self, name: &str) -> Decoded<Option<String>> {
        let entry = match self.zip.by_name(name) {
            Ok(entry) => entry,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(error) => return Err(refusal(&error)),
        };
        let mut bytes = Vec::new();
        entry
            .take(self.part_bytes + 1)
            .read_to_end(&mut bytes)
            .map_err(|_| Failure::document("a part cannot be unpacked"))?;
        if bytes.len() as u64 > self.part_bytes {
            return Err(Failure::limit("a part is too large"));
        }
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            return Err(Failure::unsupported("a part in UTF-16"));
        }
        let text = String::from_utf8(bytes).map_err(|_| Failure::document("a part is not UTF-8"))?;
        Ok(Some(text))
    }

    /// Refuses what would unpack to more than the limit, by what the directory declares: for readers that
    /// unpack by themselves. A directory that lies meets the limits of the process.
    pub(super) fn require_bounded(&mut self) -> Decoded<()> {
        for index in 0..self.zip.len() {
            let entry = self.zip.by_index_raw(index).map_err(|error| refusal(&error))?;
            if entry.size() > self.part_bytes {
                return Err(Failure::limit("a part is too large"));
            }
        }
        Ok(())
    }
}

fn refusal(error: &ZipError) -> Failure {
    match error {
        ZipError::UnsupportedArchive(text) if text.contains("assword") => Failure {
            kind: FailureKind::Password,
            reason: "the archive needs a password",
        },
        ZipError::UnsupportedArchive(_) => Failure::unsupported("a variant of zip that is not read"),
        _ => Failure::document("an entry cannot be read"),
    }
}

/// The kind of office file; an archive of anything else is refused.
pub(super) fn kind(source: Source, limits: &DecodeLimits) -> Decoded<MediaKind> {
    let mut archive = Archive::open(source, limits)?;
    let kind = MediaKind::of_entries(archive.zip.file_names_raw());
    match kind {
        Some(MediaKind::Ods) => {
            let declared = archive.part("mimetype")?.unwrap_or_default();
            if declared.trim() == MediaKind::Ods.media_type() {
                Ok(MediaKind::Ods)
            } else {
                Err(Failure::unsupported("an OpenDocument that is no spreadsheet"))
            }
        }
        Some(kind) => Ok(kind),
        None => Err(Failure::unsupported("an archive that is no office file")),
    }
}
