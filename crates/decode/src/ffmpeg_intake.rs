//! The parent's side of the ffmpeg child: a WAV stream of unknown length, and what ffmpeg said.
//!
//! ffmpeg is believed as little as any child: of its header five numbers are taken and checked, its
//! words only tell causes apart and name the coding. Never: its words in a log, they quote the document.

use shoki_core::audio::{DecodedRecording, EarlyStop, Millis, RecordingInfo, SAMPLE_RATE, StopReason};
use shoki_core::media::MediaKind;

use crate::error::DecodeError;
use crate::failure::FailureKind;
use crate::recording::Intake;
use crate::wire::{Header, MAGIC};

/// Bytes of samples taken at once, a multiple of every frame that is allowed.
const PIECE_BYTES: usize = 15_360;
/// Channels of a file at most; a frame of so many divides [`PIECE_BYTES`].
const CHANNELS: [u16; 12] = [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 16, 20];
/// Bytes in front of the samples at most; ffmpeg's longest header has 80.
const MAX_HEADER_BYTES: usize = 512;
/// How much shorter than stated a recording may be before it counts as cut off.
const TOLERANCE: Millis = Millis(1000);

impl Intake<'_> {
    /// The stream of an ffmpeg child, to its end.
    pub(crate) fn take_wave(&mut self, kind: MediaKind) -> Result<DecodedRecording, DecodeError> {
        if !self.fill(4)? {
            return Err(self.no_sound());
        }
        if self.inbox.starts_with(&MAGIC) {
            return Err(match self.header()? {
                Header::Failure { kind, reason } => DecodeError::refused(kind, reason),
                _ => DecodeError::Answer("not an answer of ffmpeg's child"),
            });
        }
        let channels = self.wave_header()?;
        self.channels = if channels == 2 { 2 } else { 1 };
        self.refuse_if_stated_too_long()?;
        loop {
            let is_more = self.fill(PIECE_BYTES)?;
            let frame = 2 * usize::from(channels);
            let length = self.inbox.len().min(PIECE_BYTES) / frame * frame;
            if channels > 2 {
                let mixed = mean(&self.inbox[..length], usize::from(channels));
                self.store_bytes(&mixed)?;
            } else {
                self.store(0..length)?;
            }
            self.inbox.drain(..length);
            if !is_more && self.inbox.len() < frame {
                break;
            }
        }
        self.account(kind, channels)
    }

    /// Channels of the samples that follow.
    fn wave_header(&mut self) -> Result<u16, DecodeError> {
        let broken = || DecodeError::Answer("not the header of a WAV stream");
        let mut at = 12;
        let mut format = None;
        loop {
            if at > MAX_HEADER_BYTES {
                return Err(broken());
            }
            if !self.fill(at + 8)? {
                return Err(self.no_sound());
            }
            if &self.inbox[..4] != b"RIFF" || &self.inbox[8..12] != b"WAVE" {
                return Err(broken());
            }
            let size: [u8; 4] = self.inbox[at + 4..at + 8].try_into().expect("four bytes");
            let size = u32::from_le_bytes(size) as usize;
            match &self.inbox[at..at + 4] {
                b"data" => {
                    self.inbox.drain(..at + 8);
                    return format.ok_or_else(broken);
                }
                b"fmt " if (16..=40).contains(&size) => {
                    if !self.fill(at + 24)? {
                        return Err(self.no_sound());
                    }
                    let field = |offset: usize| {
                        u16::from_le_bytes([self.inbox[at + 8 + offset], self.inbox[at + 9 + offset]])
                    };
                    let rate = u32::from(field(4)) | u32::from(field(6)) << 16;
                    let is_ours = [1, 0xFFFE].contains(&field(0)) && rate == SAMPLE_RATE && field(14) == 16;
                    if !is_ours || !CHANNELS.contains(&field(2)) {
                        return Err(broken());
                    }
                    format = Some(field(2));
                }
                _ if size < MAX_HEADER_BYTES => {}
                _ => return Err(broken()),
            }
            at += 8 + size + size % 2;
        }
    }

    fn refuse_if_stated_too_long(&self) -> Result<(), DecodeError> {
        let longest = u64::try_from(self.limits.longest.as_millis()).unwrap_or(u64::MAX);
        match Words::of(&self.running.last_words()).declared {
            Some(declared) if declared.0 > longest => Err(DecodeError::refused(
                FailureKind::RecordingTooLong,
                "the stated length is over the limit".to_owned(),
            )),
            _ => Ok(()),
        }
    }

    /// Why ffmpeg ended without a sample.
    fn no_sound(&mut self) -> DecodeError {
        match self.running.end() {
            Ok(status) if status.code().is_none() => return self.running.autopsy(),
            Ok(_) => {}
            Err(error) => return error,
        }
        let (kind, reason) = match Words::of(&self.running.last_words()).cause {
            Cause::NoTrack => (FailureKind::NoSound, "no track of sound"),
            Cause::NoIndex => (FailureKind::TruncatedRecording, "an MP4 without its index"),
            Cause::Other => (FailureKind::CorruptRecording, "ffmpeg cannot open it"),
        };
        DecodeError::refused(kind, reason.to_owned())
    }

    fn account(&mut self, kind: MediaKind, channels: u16) -> Result<DecodedRecording, DecodeError> {
        let status = self.running.end()?;
        if status.code().is_none() {
            return Err(self.running.autopsy());
        }
        if self.samples() == 0 {
            return Err(self.no_sound());
        }
        let words = Words::of(&self.running.last_words());
        let at = self.time();
        let is_short = words
            .declared
            .is_some_and(|declared| declared.0 > at.0 + TOLERANCE.0);
        let reason = match (is_short, status.success()) {
            (true, _) => Some(StopReason::Truncated),
            (false, false) => Some(StopReason::Damaged),
            (false, true) => None,
        };
        Ok(DecodedRecording {
            info: RecordingInfo {
                container: container(kind).to_owned(),
                codec: words.codec,
                channels,
                sample_rate: words.sample_rate,
                declared: words.declared,
            },
            channels: self.channels,
            samples: self.samples(),
            stopped: reason.map(|reason| EarlyStop { at, reason }),
            damaged_packets: words.errors,
        })
    }
}

/// The mean of the channels of interleaved samples.
fn mean(bytes: &[u8], channels: usize) -> Vec<u8> {
    let frames = bytes.chunks_exact(2 * channels);
    frames
        .flat_map(|frame| {
            let samples = frame.as_chunks::<2>().0.iter();
            let sum: i32 = samples.map(|pair| i32::from(i16::from_le_bytes(*pair))).sum();
            let mean = sum / i32::try_from(channels).expect("a handful of channels");
            i16::try_from(mean).expect("a mean is no louder").to_le_bytes()
        })
        .collect()
}

/// Short name of the container, for what symphonia does not name.
const fn container(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Wav => "wave",
        MediaKind::Flac => "flac",
        MediaKind::Mp3 => "mp3",
        MediaKind::Aac => "aac",
        MediaKind::Mp4 => "isomp4",
        MediaKind::Ogg => "ogg",
        MediaKind::Webm => "matroska",
        MediaKind::Asf => "asf",
        MediaKind::Amr => "amr",
        _ => "unknown",
    }
}

/// Why ffmpeg could not open a file, as far as its words tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    NoTrack,
    NoIndex,
    Other,
}

/// What is taken from ffmpeg's words.
#[derive(Debug)]
struct Words {
    declared: Option<Millis>,
    codec: String,
    sample_rate: u32,
    errors: u64,
    cause: Cause,
}

impl Words {
    fn of(text: &str) -> Self {
        let mut words = Self {
            declared: None,
            codec: "unknown".to_owned(),
            sample_rate: SAMPLE_RATE,
            errors: 0,
            cause: Cause::Other,
        };
        let mut is_guessed = false;
        let mut is_known = false;
        for line in text.lines() {
            if line.contains("Estimating duration from bitrate") {
                is_guessed = true;
            } else if let Some(duration) = line.split_once("]   Duration: ").map(|(_, rest)| rest) {
                words.declared = words.declared.or_else(|| clock(duration.split(',').next()?));
            } else if let Some((_, sound)) = line.split_once(": Audio: ")
                && !is_known
            {
                is_known = true;
                words.describe(sound);
            }
            // "… matches no streams", "… moov atom not found": words of ours are never among these.
            if line.contains("matches no streams") {
                words.cause = Cause::NoTrack;
            } else if line.contains("moov atom not found") {
                words.cause = Cause::NoIndex;
            } else if line.contains("[error] ") {
                words.errors += 1;
            }
        }
        if is_guessed {
            words.declared = None;
        }
        words
    }

    /// `wmav2 (a[1][0][0] / 0x0161), 11025 Hz, mono, fltp, 128 kb/s`
    fn describe(&mut self, sound: &str) {
        let name: String = sound
            .chars()
            .take_while(|character| character.is_ascii_alphanumeric() || *character == '_')
            .take(20)
            .collect();
        if !name.is_empty() {
            self.codec = name;
        }
        let rate = sound.split(", ").find_map(|part| part.strip_suffix(" Hz"));
        if let Some(rate) = rate.and_then(|rate| rate.parse().ok()) {
            self.sample_rate = rate;
        }
    }
}

/// `00:00:06.04`; `None` for `N/A`.
fn clock(text: &str) -> Option<Millis> {
    let mut parts = text.trim().split(':');
    let mut next = || parts.next()?.parse::<f64>().ok();
    let (hours, minutes, seconds) = (next()?, next()?, next()?);
    Some(Millis::from_seconds(hours * 3600.0 + minutes * 60.0 + seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_the_coding_and_the_length() {
        let words = Words::of(
            "[warning] Guessed Channel Layout for Input Stream #0.0 : mono\n\
             [info] Input #0, asf, from 'file:/proc/self/fd/0':\n\
             [info]   Duration: 00:01:06.04, start: 0.000000, bitrate: 140 kb/s\n\
             [info]   Stream #0:0: Audio: wmav2 (a[1][0][0] / 0x0161), 11025 Hz, mono, fltp, 128 kb/s\n\
             [info] Output #0, wav, to 'pipe:1':\n\
             [info]   Stream #0:0: Audio: pcm_s16le ([1][0][0][0] / 0x0001), 16000 Hz, mono, s16, 256 kb/s\n\
             [error] Error while decoding stream #0:0: Invalid data found when processing input\n",
        );
        assert_eq!(words.declared, Some(Millis(66_040)));
        assert_eq!((words.codec.as_str(), words.sample_rate), ("wmav2", 11_025));
        assert_eq!((words.errors, words.cause), (1, Cause::Other));
        let guessed = Words::of(
            "[warning] Estimating duration from bitrate, this may be inaccurate\n\
             [info]   Duration: 00:00:06.04, start: 0.0\n",
        );
        assert_eq!(guessed.declared, None);
        assert_eq!(Words::of("[info]   Duration: N/A, start: 0").declared, None);
        assert_eq!(
            Words::of("[fatal] Stream map '0:a:0' matches no streams.").cause,
            Cause::NoTrack
        );
    }

    #[test]
    fn six_channels_become_their_mean() {
        let frame = |values: [i16; 6]| values.map(i16::to_le_bytes).concat();
        let bytes = [frame([6, 0, 0, 0, 0, 0]), frame([i16::MIN; 6])].concat();
        assert_eq!(mean(&bytes, 6), [1_i16, i16::MIN].map(i16::to_le_bytes).concat());
        assert!(
            CHANNELS
                .iter()
                .all(|&channels| PIECE_BYTES.is_multiple_of(2 * usize::from(channels)))
        );
    }
}
