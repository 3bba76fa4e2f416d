//! A session's sound on disk: messages one behind the other, each with its number and a checksum.
//!
//! Promises: what [`SoundLog::append`] returned from is there after a power cut; a message that was being
//! written when the power went is cut off at the next opening, never half there; numbers have no gaps.
//! Never: a look into the sound.
//!
//! A record is number (8 bytes), length (4), CRC-32 of both and the payload (4), all little-endian, payload.

use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use shoki_core::live::MAX_LIVE_MESSAGE_BYTES;

/// Bytes before a payload.
const HEAD: usize = 16;

/// The file, to be written.
#[derive(Debug)]
pub struct SoundLog {
    file: File,
    /// Bytes of whole records.
    bytes: u64,
    /// Number of the next message.
    next: u64,
}

impl SoundLog {
    /// Opens the file, makes it where there is none, cuts off what is not whole, and shows every payload.
    ///
    /// # Errors
    /// From the file system.
    pub fn open(path: &Path, mut seen: impl FnMut(&[u8])) -> std::io::Result<Self> {
        let file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)?;
        let length = file.metadata()?.len();
        let mut reader = LogReader::new(file.try_clone()?);
        while let Some(payload) = reader.next(length)? {
            seen(&payload);
        }
        let (bytes, next) = (reader.at, reader.next);
        if bytes < length {
            tracing::info!(bytes = length - bytes, "a message of sound was not whole");
            file.set_len(bytes)?;
            file.sync_data()?;
        }
        let mut log = Self { file, bytes, next };
        log.file.seek(SeekFrom::Start(bytes))?;
        Ok(log)
    }

    /// Number of the next message.
    #[must_use]
    pub const fn next(&self) -> u64 {
        self.next
    }

    /// Bytes of whole records.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Writes the payloads of the next messages and makes them last.
    ///
    /// # Errors
    /// From the file system; then none of them counts.
    pub fn append<'a>(&mut self, payloads: impl IntoIterator<Item = &'a [u8]>) -> std::io::Result<()> {
        let mut records = Vec::new();
        let mut next = self.next;
        for payload in payloads {
            records.extend_from_slice(&head(next, payload));
            records.extend_from_slice(payload);
            next += 1;
        }
        let written = self.file.write_all(&records).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            self.file.set_len(self.bytes)?;
            self.file.seek(SeekFrom::Start(self.bytes))?;
            return Err(error);
        }
        self.bytes += records.len() as u64;
        self.next = next;
        Ok(())
    }
}

fn head(number: u64, payload: &[u8]) -> [u8; HEAD] {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let mut head = [0; HEAD];
    head[..8].copy_from_slice(&number.to_le_bytes());
    head[8..12].copy_from_slice(&length.to_le_bytes());
    let mut sum = crc32fast::Hasher::new();
    sum.update(&head[..12]);
    sum.update(payload);
    head[12..].copy_from_slice(&sum.finalize().to_le_bytes());
    head
}

/// The file, read from its beginning while it grows.
#[derive(Debug)]
pub struct LogReader {
    file: BufReader<File>,
    /// Where the file is read on; `u64::MAX` when that is not known.
    position: u64,
    at: u64,
    next: u64,
}

impl LogReader {
    /// At the beginning.
    #[must_use]
    pub fn new(file: File) -> Self {
        Self {
            file: BufReader::with_capacity(256 * 1024, file),
            position: u64::MAX,
            at: 0,
            next: 0,
        }
    }

    /// The next payload of the first `end` bytes; `None` when there is no whole record any more.
    ///
    /// # Errors
    /// From the file system.
    pub fn next(&mut self, end: u64) -> std::io::Result<Option<Vec<u8>>> {
        if self.at + HEAD as u64 > end {
            return Ok(None);
        }
        let mut found = [0; HEAD];
        // A seek throws away what was read ahead.
        if self.position != self.at {
            self.file.seek(SeekFrom::Start(self.at))?;
        }
        self.position = u64::MAX;
        self.file.read_exact(&mut found)?;
        let length = u32::from_le_bytes([found[8], found[9], found[10], found[11]]);
        let after = self.at + HEAD as u64 + u64::from(length);
        if length as usize > MAX_LIVE_MESSAGE_BYTES || after > end {
            return Ok(None);
        }
        let mut payload = vec![0; length as usize];
        self.file.read_exact(&mut payload)?;
        if found != head(self.next, &payload) {
            return Ok(None);
        }
        self.at = after;
        self.position = after;
        self.next += 1;
        Ok(Some(payload))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payloads(path: &Path) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        SoundLog::open(path, |payload| found.push(payload.to_vec())).unwrap();
        found
    }

    #[test]
    fn what_was_cut_anywhere_is_whole_up_to_there_and_goes_on() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sound.log");
        let mut log = SoundLog::open(&path, |_| panic!("it is new")).unwrap();
        log.append([&b"one"[..], b"second"]).unwrap();
        log.append([&b"third one"[..]]).unwrap();
        let whole = std::fs::read(&path).unwrap();
        let ends = [0, 19, 41, 66];
        assert_eq!(log.bytes(), 66);
        for cut in 0..=whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let complete = ends.iter().filter(|&&end| end > 0 && end <= cut).count();
            let mut log = SoundLog::open(&path, |_| {}).unwrap();
            assert_eq!(
                (log.next(), log.bytes()),
                (complete as u64, ends[complete] as u64),
                "{cut}"
            );
            log.append([&b"again"[..]]).unwrap();
            let found = payloads(&path);
            assert_eq!(found.len(), complete + 1);
            assert_eq!(found.last().unwrap(), b"again");
        }
    }

    #[test]
    fn a_byte_that_is_another_ends_the_log_there() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sound.log");
        let mut log = SoundLog::open(&path, |_| {}).unwrap();
        log.append([&b"one"[..], b"two", b"three"]).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut other = whole.clone();
            other[at] ^= 0x10;
            std::fs::write(&path, &other).unwrap();
            let record = if at < 19 {
                0
            } else if at < 38 {
                1
            } else {
                2
            };
            assert_eq!(payloads(&path).len(), record, "{at}");
        }
    }

    #[test]
    fn a_reader_sees_what_is_durable_and_no_more() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sound.log");
        let mut log = SoundLog::open(&path, |_| {}).unwrap();
        let mut reader = LogReader::new(File::open(&path).unwrap());
        assert_eq!(reader.next(log.bytes()).unwrap(), None);
        log.append([&b"one"[..], b"two"]).unwrap();
        let durable = log.bytes();
        log.append([&b"three"[..]]).unwrap();
        assert_eq!(reader.next(durable).unwrap().unwrap(), b"one");
        assert_eq!(reader.next(durable).unwrap().unwrap(), b"two");
        assert_eq!(reader.next(durable).unwrap(), None);
        assert_eq!(reader.next(log.bytes()).unwrap().unwrap(), b"three");
    }
}
