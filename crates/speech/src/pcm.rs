//! A decoded recording on disk: interleaved little-endian `i16` at 16 kHz, one or two channels.
//!
//! Promises: read by ranges with positioned reads, so threads share one file; memory is the caller's
//! range, never the recording. Never: foreign bytes — the file was written by this process.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use shoki_core::audio::{Millis, SampleIndex, SampleSpan};
use shoki_core::meeting::PlanRange;

use crate::error::SpeechError;

/// Bytes of a sample.
const SAMPLE_BYTES: u64 = 2;
/// Frames moved at once when a file is rewritten: half a megabyte of two channels.
const REWRITE_FRAMES: u64 = 1 << 17;

/// A decoded recording; clones share the file.
#[derive(Clone, Debug)]
pub struct PcmFile {
    file: Arc<File>,
    channels: u8,
    samples: u64,
    /// Byte at which the sound begins.
    base: u64,
}

impl PcmFile {
    /// A view of `file`, which holds `channels` (1 or 2) interleaved.
    ///
    /// # Errors
    /// `Pcm` when the number of channels or the length cannot be right, `Io`.
    pub fn new(file: File, channels: u8) -> Result<Self, SpeechError> {
        if !(1..=2).contains(&channels) {
            return Err(SpeechError::Pcm("neither one channel nor two"));
        }
        let bytes = file.metadata()?.len();
        let frame = SAMPLE_BYTES * u64::from(channels);
        if !bytes.is_multiple_of(frame) {
            return Err(SpeechError::Pcm("not a whole number of samples"));
        }
        Ok(Self {
            file: Arc::new(file),
            channels,
            samples: bytes / frame,
            base: 0,
        })
    }

    /// A view of the sound that lies in bytes `range` of `file`, to be read only.
    ///
    /// # Errors
    /// As [`PcmFile::new`]; `Pcm` when the file ends before the range does.
    pub fn within(file: File, channels: u8, range: PlanRange) -> Result<Self, SpeechError> {
        let whole = file.metadata()?.len();
        let length = range.end.checked_sub(range.start);
        let Some(bytes) = length.filter(|_| range.end <= whole) else {
            return Err(SpeechError::Pcm("a range beyond the file"));
        };
        if !(1..=2).contains(&channels) {
            return Err(SpeechError::Pcm("neither one channel nor two"));
        }
        let frame = SAMPLE_BYTES * u64::from(channels);
        if !bytes.is_multiple_of(frame) {
            return Err(SpeechError::Pcm("not a whole number of samples"));
        }
        Ok(Self {
            file: Arc::new(file),
            channels,
            samples: bytes / frame,
            base: range.start,
        })
    }

    /// Bytes of the sound.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.samples * SAMPLE_BYTES * self.channels as u64
    }

    /// Channels, 1 or 2.
    #[must_use]
    pub const fn channels(&self) -> u8 {
        self.channels
    }

    /// Samples per channel.
    #[must_use]
    pub const fn samples(&self) -> u64 {
        self.samples
    }

    /// How long it lasts.
    #[must_use]
    pub const fn duration(&self) -> Millis {
        SampleIndex(self.samples).time()
    }

    /// All of it.
    #[must_use]
    pub const fn span(&self) -> SampleSpan {
        SampleSpan::new(0, self.samples)
    }

    /// The samples of one channel, counted from 0, in `span`; shorter where the recording ends before.
    ///
    /// # Errors
    /// `Pcm` when there is no such channel, `Io`.
    pub fn read(&self, channel: u8, span: SampleSpan) -> Result<Vec<i16>, SpeechError> {
        if channel >= self.channels {
            return Err(SpeechError::Pcm("no such channel"));
        }
        let frames = self.frames(span)?;
        let (step, first) = (usize::from(self.channels), usize::from(channel));
        Ok(frames.into_iter().skip(first).step_by(step).collect())
    }

    /// The same as [`PcmFile::read`] in −1 to 1, as models take it.
    ///
    /// # Errors
    /// As [`PcmFile::read`].
    pub fn read_f32(&self, channel: u8, span: SampleSpan) -> Result<Vec<f32>, SpeechError> {
        let samples = self.read(channel, span)?;
        Ok(samples
            .into_iter()
            .map(|sample| f32::from(sample) / 32768.0)
            .collect())
    }

    /// Interleaved samples of all channels in `span`.
    ///
    /// # Errors
    /// `Io`.
    pub fn frames(&self, span: SampleSpan) -> Result<Vec<i16>, SpeechError> {
        let span = span.intersection(self.span());
        let frame = SAMPLE_BYTES * u64::from(self.channels);
        let length =
            usize::try_from(span.len() * frame).map_err(|_| SpeechError::Pcm("a span beyond memory"))?;
        let mut bytes = vec![0; length];
        self.file
            .read_exact_at(&mut bytes, self.base + span.start.0 * frame)?;
        let (samples, _) = bytes.as_chunks::<2>();
        Ok(samples.iter().map(|&bytes| i16::from_le_bytes(bytes)).collect())
    }

    /// Makes one channel of two in place, so that the file shrinks to half: the mean of both, or
    /// `kept` alone. The file must be open for writing and nobody else may read it meanwhile.
    ///
    /// # Errors
    /// `Pcm` when there is only one channel, `Io`; after `Io` the file is not to be used.
    pub fn into_mono(self, kept: Option<u8>) -> Result<Self, SpeechError> {
        if self.channels != 2 {
            return Err(SpeechError::Pcm("one channel already"));
        }
        self.check_whole()?;
        let mut start = 0;
        while start < self.samples {
            let end = self.samples.min(start + REWRITE_FRAMES);
            let frames = self.frames(SampleSpan::new(start, end))?;
            let mono: Vec<u8> = frames
                .chunks_exact(2)
                .flat_map(|pair| match kept {
                    Some(channel) => pair[usize::from(channel.min(1))].to_le_bytes(),
                    None => pair[0].midpoint(pair[1]).to_le_bytes(),
                })
                .collect();
            // Writing stays behind reading: half the offset, and the read is done.
            self.file.write_all_at(&mono, start * SAMPLE_BYTES)?;
            start = end;
        }
        self.file.set_len(self.samples * SAMPLE_BYTES)?;
        Ok(Self { channels: 1, ..self })
    }

    /// Appends another recording of the same number of channels (several files as one meeting);
    /// returns where it begins.
    ///
    /// # Errors
    /// `Pcm` when the channels differ, `Io`.
    pub fn append(&mut self, other: &Self) -> Result<SampleIndex, SpeechError> {
        if other.channels != self.channels {
            return Err(SpeechError::Pcm("another number of channels"));
        }
        self.check_whole()?;
        let begins = SampleIndex(self.samples);
        let frame = SAMPLE_BYTES * u64::from(self.channels);
        let mut start = 0;
        while start < other.samples {
            let end = other.samples.min(start + REWRITE_FRAMES);
            let frames = other.frames(SampleSpan::new(start, end))?;
            let bytes: Vec<u8> = frames.iter().flat_map(|sample| sample.to_le_bytes()).collect();
            self.file.write_all_at(&bytes, (begins.0 + start) * frame)?;
            start = end;
        }
        self.samples += other.samples;
        Ok(begins)
    }

    /// What a larger file holds beside the sound must not be written over.
    const fn check_whole(&self) -> Result<(), SpeechError> {
        match self.base {
            0 => Ok(()),
            _ => Err(SpeechError::Pcm("part of a larger file")),
        }
    }

    /// Makes the file last through a power cut.
    ///
    /// # Errors
    /// From the file system.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn pcm(samples: &[i16], channels: u8) -> PcmFile {
        let mut file = tempfile::tempfile().unwrap();
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        file.write_all(&bytes).unwrap();
        PcmFile::new(file, channels).unwrap()
    }

    #[test]
    fn ranges_are_read_per_channel_and_end_with_the_file() {
        let file = pcm(&[1, -1, 2, -2, 3, -3], 2);
        assert_eq!(file.samples(), 3);
        assert_eq!(file.read(0, SampleSpan::new(1, 9)).unwrap(), [2, 3]);
        assert_eq!(file.read(1, SampleSpan::new(0, 2)).unwrap(), [-1, -2]);
        assert!(file.read(1, SampleSpan::new(7, 9)).unwrap().is_empty());
        assert!(file.read(2, SampleSpan::new(0, 1)).is_err());
        assert_eq!(file.read_f32(1, SampleSpan::new(0, 1)).unwrap(), [-1.0 / 32768.0]);
    }

    #[test]
    fn two_channels_become_one_in_place() {
        let many: Vec<i16> = (0..300_000)
            .flat_map(|n| {
                let value = i16::try_from(n % 20_000).unwrap();
                [value, -value / 2]
            })
            .collect();
        let mixed = pcm(&many, 2).into_mono(None).unwrap();
        assert_eq!((mixed.channels(), mixed.samples()), (1, 300_000));
        let samples = mixed.read(0, mixed.span()).unwrap();
        let wrong = samples
            .iter()
            .zip(many.chunks(2))
            .position(|(&mono, pair)| mono != pair[0].midpoint(pair[1]));
        assert_eq!(wrong, None);
        let kept = pcm(&[1, -1, 2, -2], 2).into_mono(Some(1)).unwrap();
        assert_eq!(kept.read(0, kept.span()).unwrap(), [-1, -2]);
        assert!(kept.into_mono(None).is_err());
    }

    #[test]
    fn files_of_one_meeting_follow_each_other() {
        let mut whole = pcm(&[1, 2], 1);
        assert_eq!(whole.append(&pcm(&[3, 4, 5], 1)).unwrap(), SampleIndex(2));
        assert_eq!(whole.read(0, whole.span()).unwrap(), [1, 2, 3, 4, 5]);
        assert!(whole.append(&pcm(&[3, 4], 2)).is_err());
    }

    #[test]
    fn sound_inside_a_larger_file_is_read_and_never_written() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[9, 9, 9, 1, 0, 2, 0, 9]).unwrap();
        let inside = |start, end| PcmFile::within(file.try_clone().unwrap(), 1, PlanRange { start, end });
        let pcm = inside(3, 7).unwrap();
        assert_eq!(pcm.bytes(), 4);
        assert_eq!(pcm.read(0, pcm.span()).unwrap(), [1, 2]);
        assert!(inside(3, 6).is_err() && inside(3, 9).is_err() && inside(7, 3).is_err());
        let mut pcm = pcm;
        assert!(pcm.append(&self::pcm(&[1], 1)).is_err());
    }

    #[test]
    fn a_file_of_half_samples_is_refused() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[0; 6]).unwrap();
        assert!(PcmFile::new(file.try_clone().unwrap(), 2).is_err());
        assert!(PcmFile::new(file.try_clone().unwrap(), 0).is_err());
        assert_eq!(PcmFile::new(file, 1).unwrap().samples(), 3);
    }
}
