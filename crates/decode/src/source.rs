//! The document as the child reads it: positioned reads on standard input, with a place of its own.
//!
//! Several children may hold the same open file, and a duplicated descriptor shares its offset, so
//! nothing here ever seeks the descriptor itself.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use crate::failure::{Decoded, Failure, FailureKind};

/// A readable, seekable view of the whole document; clones have their own place.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    file: Arc<File>,
    length: u64,
    position: u64,
}

impl Source {
    /// The document behind `file`, which must be a regular file with something in it.
    pub(crate) fn new(file: File) -> Decoded<Self> {
        let metadata = file
            .metadata()
            .map_err(|_| Failure::setup("standard input cannot be examined"))?;
        if !metadata.is_file() {
            return Err(Failure::setup("standard input is not a regular file"));
        }
        if metadata.len() == 0 {
            return Err(Failure {
                kind: FailureKind::Empty,
                reason: "no bytes",
            });
        }
        Ok(Self {
            file: Arc::new(file),
            length: metadata.len(),
            position: 0,
        })
    }

    /// Bytes of the document.
    pub(crate) const fn len(&self) -> u64 {
        self.length
    }

    /// Exactly `length` bytes from `offset`, or an error; nothing is allocated beyond the file's end.
    pub(crate) fn bytes(&self, offset: u64, length: u64) -> io::Result<Vec<u8>> {
        let end = offset.checked_add(length).filter(|&end| end <= self.length);
        let (Some(_), Ok(size)) = (end, usize::try_from(length)) else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        let mut bytes = vec![0; size];
        self.file.read_exact_at(&mut bytes, offset)?;
        Ok(bytes)
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(buffer, self.position)?;
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(delta) => self.length.checked_add_signed(delta),
            SeekFrom::Current(delta) => self.position.checked_add_signed(delta),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}
