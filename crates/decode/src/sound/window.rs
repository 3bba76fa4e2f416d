//! A part of the document as symphonia reads it, with bytes of the header put right on the way.
//!
//! Promises: what lies outside the part does not exist for the reader. Never: changes the document.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use symphonia::core::io::MediaSource;

use crate::source::Source;

/// A readable, seekable part of the document.
pub(crate) struct Window {
    source: Source,
    start: u64,
    length: u64,
    position: u64,
    patches: Vec<(u64, [u8; 4])>,
    end_reached: Arc<AtomicBool>,
    forward_only: bool,
}

impl Window {
    /// The bytes from `start` up to `end`, both of the document.
    pub(crate) fn new(source: Source, start: u64, end: u64) -> Self {
        let end = end.min(source.len());
        Self {
            source,
            start: start.min(end),
            length: end.saturating_sub(start),
            position: 0,
            patches: Vec::new(),
            end_reached: Arc::default(),
            forward_only: false,
        }
    }

    /// Pretends to be a stream of unknown length.
    pub(crate) fn forward_only(mut self) -> Self {
        self.forward_only = true;
        self
    }

    /// Becomes true when the last byte has been read.
    pub(crate) fn end_reached(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.end_reached)
    }

    /// Shows `bytes` at `offset`, counted from the start of the part.
    pub(crate) fn patch(mut self, offset: u64, bytes: [u8; 4]) -> Self {
        self.patches.push((offset, bytes));
        self
    }
}

impl Read for Window {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.length.saturating_sub(self.position);
        let wanted = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if wanted == 0 {
            self.end_reached.store(true, Ordering::Relaxed);
            return Ok(0);
        }
        self.source.seek(SeekFrom::Start(self.start + self.position))?;
        let count = self.source.read(&mut buffer[..wanted])?;
        for (offset, bytes) in &self.patches {
            for (place, byte) in (*offset..).zip(bytes) {
                if let Some(index) = place.checked_sub(self.position)
                    && let Some(shown) = usize::try_from(index)
                        .ok()
                        .and_then(|at| buffer[..count].get_mut(at))
                {
                    *shown = *byte;
                }
            }
        }
        self.position += count as u64;
        if self.position == self.length {
            self.end_reached.store(true, Ordering::Relaxed);
        }
        Ok(count)
    }
}

impl Seek for Window {
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

impl MediaSource for Window {
    fn is_seekable(&self) -> bool {
        !self.forward_only
    }

    fn byte_len(&self) -> Option<u64> {
        (!self.forward_only).then_some(self.length)
    }
}
