//! The chain of directories (TIFF 6.0, section 2; BigTIFF), walked with a bound and a memory of where
//! it has been, and a view of the file in which one page is the only one.

use std::collections::HashSet;
use std::io::{self, Read, Seek, SeekFrom};

use crate::decoder::DecodeLimits;
use crate::failure::{Decoded, Failure};
use crate::source::Source;

/// Entries of one directory; real ones have about twenty.
const MAX_ENTRIES: u64 = 4096;
/// `NewSubfileType`.
const NEW_SUBFILE_TYPE: u16 = 254;
/// `PhotometricInterpretation`.
const PHOTOMETRIC: u16 = 262;
/// Bits of `NewSubfileType`: a thumbnail, a transparency mask. Neither is a page.
const NOT_A_PAGE: u64 = 0b101;

/// The pages, in order.
pub(super) struct Chain {
    /// Directories that can be read.
    pub(super) pages: Vec<Directory>,
    /// Whether something followed that cannot.
    pub(super) is_broken: bool,
}

/// Where one directory lies and what is needed to single it out.
pub(super) struct Directory {
    offset: u64,
    /// File offset of the link to the next one.
    link_at: u64,
    /// File offset of the value of `PhotometricInterpretation`.
    photometric_at: Option<u64>,
    format: Format,
}

#[derive(Clone, Copy)]
struct Format {
    is_little: bool,
    is_big: bool,
}

/// Walks the chain.
pub(super) fn chain(source: &Source, limits: &DecodeLimits) -> Decoded<Chain> {
    let broken = |_| Failure::document("not a TIFF that can be opened");
    let (format, mut next) = header(source).map_err(broken)?;
    let mut chain = Chain {
        pages: Vec::new(),
        is_broken: false,
    };
    let mut seen = HashSet::new();
    while next != 0 {
        if !seen.insert(next) {
            chain.is_broken = true;
            break;
        }
        // Thumbnails count too: the bound is on the walk.
        if seen.len() > limits.pages as usize {
            return Err(Failure::limit("too many pages"));
        }
        let Ok(found) = directory(source, format, next) else {
            chain.is_broken = true;
            break;
        };
        next = found.next;
        if found.subfile_type & NOT_A_PAGE == 0 {
            chain.pages.push(found.directory);
        }
    }
    if chain.pages.is_empty() {
        return Err(Failure::document("a TIFF without pages"));
    }
    Ok(chain)
}

fn header(source: &Source) -> io::Result<(Format, u64)> {
    let bytes = source.bytes(0, 8)?;
    let is_little = match &bytes[..2] {
        b"II" => true,
        b"MM" => false,
        _ => return Err(io::ErrorKind::InvalidData.into()),
    };
    let mut format = Format {
        is_little,
        is_big: false,
    };
    match format.number(&bytes[2..4]) {
        42 => Ok((format, format.number(&bytes[4..8]))),
        43 if format.number(&bytes[4..6]) == 8 => {
            format.is_big = true;
            Ok((format, format.number(&source.bytes(8, 8)?)))
        }
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

struct Found {
    directory: Directory,
    next: u64,
    subfile_type: u64,
}

fn directory(source: &Source, format: Format, offset: u64) -> io::Result<Found> {
    let (count_size, entry_size, value_at, link_size) = if format.is_big {
        (8, 20, 12, 8)
    } else {
        (2, 12, 8, 4)
    };
    let count = format.number(&source.bytes(offset, count_size)?);
    if count == 0 || count > MAX_ENTRIES {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let entries_at = offset + count_size;
    let link_at = entries_at + count * entry_size;
    let entries = source.bytes(entries_at, count * entry_size)?;
    let next = format.number(&source.bytes(link_at, link_size)?);
    let mut found = Found {
        directory: Directory {
            offset,
            link_at,
            photometric_at: None,
            format,
        },
        next,
        subfile_type: 0,
    };
    let entry_bytes = usize::try_from(entry_size).expect("12 or 20");
    let value_in_entry = usize::try_from(value_at).expect("8 or 12");
    for (index, entry) in (0_u64..).zip(entries.chunks_exact(entry_bytes)) {
        match format.number_16(&entry[..2]) {
            NEW_SUBFILE_TYPE => {
                found.subfile_type = format.number(&entry[value_in_entry..value_in_entry + 4]);
            }
            PHOTOMETRIC => {
                found.directory.photometric_at = Some(entries_at + index * entry_size + value_at);
            }
            _ => {}
        }
    }
    Ok(found)
}

impl Format {
    fn number(self, bytes: &[u8]) -> u64 {
        let shift = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        if self.is_little {
            bytes.iter().rev().fold(0, shift)
        } else {
            bytes.iter().fold(0, shift)
        }
    }

    fn number_16(self, bytes: &[u8]) -> u16 {
        u16::try_from(self.number(&bytes[..2])).expect("two bytes")
    }

    fn bytes(self, value: u64, size: usize) -> Vec<u8> {
        if self.is_little {
            value.to_le_bytes()[..size].to_vec()
        } else {
            value.to_be_bytes()[8 - size..].to_vec()
        }
    }
}

impl Directory {
    /// The file with this page as its only one. `photometric`: what to read in place of its
    /// `PhotometricInterpretation`, because the TIFF library knows fewer of them than we need.
    pub(super) fn alone(&self, source: &Source, photometric: Option<u16>) -> OnePage {
        let (first_link, size) = if self.format.is_big { (8, 8) } else { (4, 4) };
        let mut patches = vec![
            (first_link, self.format.bytes(self.offset, size)),
            (self.link_at, self.format.bytes(0, size)),
        ];
        if let (Some(value), Some(offset)) = (photometric, self.photometric_at) {
            patches.push((offset, self.format.bytes(u64::from(value), 2)));
        }
        OnePage {
            source: source.clone(),
            patches,
            position: 0,
        }
    }
}

/// The file with a few bytes replaced.
pub(super) struct OnePage {
    source: Source,
    patches: Vec<(u64, Vec<u8>)>,
    position: u64,
}

impl Read for OnePage {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.source.seek(SeekFrom::Start(self.position))?;
        let count = self.source.read(buffer)?;
        for (offset, bytes) in &self.patches {
            for (at, byte) in (*offset..).zip(bytes) {
                let place = at
                    .checked_sub(self.position)
                    .and_then(|place| usize::try_from(place).ok());
                if let Some(target) = place.and_then(|place| buffer[..count].get_mut(place)) {
                    *target = *byte;
                }
            }
        }
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for OnePage {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if let SeekFrom::Current(delta) = to {
            let target = self.position.checked_add_signed(delta);
            self.position = target.ok_or(io::ErrorKind::InvalidInput)?;
        } else {
            self.position = self.source.seek(to)?;
        }
        Ok(self.position)
    }
}
