//! WAV files of the scripts (16 kHz, one channel, 16 bits): read, joined, written.
//!
//! Promise: sounds of hours are written piece by piece. Never: another format.

use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::Context as _;

/// Samples a second.
pub const RATE: u32 = 16_000;
/// Bytes of the head as Python's soundfile and we write it.
const HEAD: usize = 44;

/// The samples as they lie in the file, little-endian.
///
/// # Errors
/// A file that is not there or of another format.
pub fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    let is_ours = bytes.len() >= HEAD
        && bytes.starts_with(b"RIFF")
        && bytes[20..24] == [1, 0, 1, 0]
        && bytes[24..28] == RATE.to_le_bytes()
        && bytes[34..44].starts_with(&[16, 0, b'd', b'a', b't', b'a']);
    anyhow::ensure!(is_ours, "{}: not 16 kHz, one channel, 16 bits", path.display());
    Ok(bytes[HEAD..].to_vec())
}

/// Writes `seconds` of the sounds, one after the other, again and again.
///
/// # Errors
/// A place that cannot be written; longer than a WAV file can be (37 h).
pub fn write_joined(path: &Path, sounds: &[Vec<u8>], seconds: u32) -> anyhow::Result<()> {
    anyhow::ensure!(sounds.iter().any(|sound| !sound.is_empty()), "no sound to join");
    let mut left = (seconds * RATE)
        .checked_mul(2)
        .context("longer than a WAV file can be")?;
    let mut file = BufWriter::new(std::fs::File::create(path)?);
    file.write_all(&head(left))?;
    for sound in sounds.iter().cycle() {
        let part = sound.len().min(left as usize);
        file.write_all(&sound[..part])?;
        left -= part as u32;
        if left == 0 {
            break;
        }
    }
    file.flush()?;
    Ok(())
}

fn head(data: u32) -> Vec<u8> {
    let mut head = b"RIFF".to_vec();
    head.extend((data + 36).to_le_bytes());
    head.extend(b"WAVEfmt ");
    head.extend(16_u32.to_le_bytes());
    // PCM, one channel; rate, bytes a second, bytes and bits of a sample.
    head.extend([1, 0, 1, 0]);
    head.extend(RATE.to_le_bytes());
    head.extend((2 * RATE).to_le_bytes());
    head.extend([2, 0, 16, 0]);
    head.extend(b"data");
    head.extend(data.to_le_bytes());
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_sounds_are_read_again_to_the_second() {
        let directory = std::env::temp_dir().join(format!("shoki-bench-sound-{}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("a directory");
        let path = directory.join("joined.wav");
        let (one, other) = (vec![1; 40_000], vec![2; 10_000]);
        write_joined(&path, &[one, other], 2).expect("it is written");
        let read = read(&path).expect("it is ours");
        assert_eq!(read.len(), 64_000);
        assert_eq!((read[39_999], read[40_000], read[50_000]), (1, 2, 1));
        std::fs::write(&path, b"RIFF").expect("it is written");
        assert!(super::read(&path).is_err());
        std::fs::remove_dir_all(&directory).expect("it is removed");
    }
}
