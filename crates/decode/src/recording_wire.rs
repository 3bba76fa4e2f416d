//! How sound crosses the pipe: a header of its channels, blocks behind a length, a header of the end.
//!
//! Each element begins with four bytes: `SKDC` before a header (see `wire`), else the length of a block
//! of interleaved little-endian `i16` at 16 kHz. The child may not write files, so it hands all of it to
//! its parent, which counts. Promises: a block is written whole or not at all, also when a parser
//! panics in between. Never: more than one block held in memory.

use std::io::Write;

use crate::failure::{Decoded, Failure};
use crate::wire::{Header, write_header};

/// Bytes of a block at most: one second of two channels.
pub(crate) const MAX_BLOCK_BYTES: usize = 64_000;

/// The child's end.
pub(crate) struct SoundWriter<W> {
    out: W,
    channels: u8,
    block: Vec<u8>,
    samples: u64,
}

impl<W: Write> SoundWriter<W> {
    /// Announces sound of 1 or 2 channels.
    pub(crate) fn begin(mut out: W, channels: u8) -> Decoded<Self> {
        write_header(&mut out, &Header::Sound { channels }).map_err(|_| closed())?;
        Ok(Self {
            out,
            channels,
            block: Vec::with_capacity(4 + MAX_BLOCK_BYTES),
            samples: 0,
        })
    }

    /// Channels as announced.
    pub(crate) const fn channels(&self) -> u8 {
        self.channels
    }

    /// Samples per channel so far.
    pub(crate) const fn samples(&self) -> u64 {
        self.samples
    }

    /// Takes interleaved samples, −1 to 1; what is outside is clipped.
    pub(crate) fn push(&mut self, interleaved: &[f32]) -> Decoded<()> {
        let frame = usize::from(self.channels);
        for samples in interleaved.chunks_exact(frame) {
            for sample in samples {
                self.block.extend_from_slice(&to_i16(*sample).to_le_bytes());
            }
            self.samples += 1;
            if self.block.len() + 2 * frame > MAX_BLOCK_BYTES {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Hands over what has been gathered.
    pub(crate) fn flush(&mut self) -> Decoded<()> {
        if self.block.is_empty() {
            return Ok(());
        }
        let length = u32::try_from(self.block.len()).expect("a block is short");
        self.block.splice(0..0, length.to_le_bytes());
        let written = self.out.write_all(&self.block).and_then(|()| self.out.flush());
        self.block.clear();
        written.map_err(|_| closed())
    }
}

/// The parent has gone; nobody reads this.
const fn closed() -> Failure {
    Failure::setup("the parent does not listen")
}

/// The nearest of 65,536 steps; NaN is silence.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a float's cast saturates, and NaN becomes 0"
)]
fn to_i16(sample: f32) -> i16 {
    (sample * 32_768.0).round() as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_clipped_and_cut_into_blocks() {
        let mut bytes = Vec::new();
        let mut writer = SoundWriter::begin(&mut bytes, 2).unwrap();
        writer
            .push(&[1.5, -1.5, f32::NAN, f32::INFINITY, 0.5, -1.0 / 32_768.0])
            .unwrap();
        writer.push(&vec![0.0; 40_000]).unwrap();
        writer.flush().unwrap();
        writer.flush().unwrap();
        assert_eq!(writer.samples(), 20_003);
        let header = 8 + u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
        let (first, rest) = bytes[header..].split_at(4 + MAX_BLOCK_BYTES);
        assert_eq!(first[..4], 64_000_u32.to_le_bytes());
        let values: Vec<i16> = first[4..16]
            .as_chunks::<2>()
            .0
            .iter()
            .map(|pair| i16::from_le_bytes(*pair))
            .collect();
        assert_eq!(values, [i16::MAX, i16::MIN, 0, i16::MAX, 16_384, -1]);
        assert_eq!(rest.len(), 4 + 20_003 * 4 - MAX_BLOCK_BYTES);
    }
}
