//! The parent's side of sound: one child streams 16 kHz samples, the parent counts and stores them.
//!
//! Promises: the parent holds one block at a time, however long the recording is; a child that falls
//! silent, talks too long or tells more than the limit is ended; a caller that no longer wants the
//! sound is obeyed within [`TICK`]. Never: interprets samples, trusts a figure of the child's.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use shoki_core::audio::{DecodedRecording, Millis, SampleIndex, StopReason};
use shoki_core::code::ErrorCode;
use shoki_core::media::MediaKind;

use crate::decoder::{Decoder, RecordingLimits};
use crate::error::DecodeError;
use crate::failure::FailureKind;
use crate::recording_wire::MAX_BLOCK_BYTES;
use crate::running::{PIPE_BYTES, Running};
use crate::wire::{Header, MAGIC, MAX_HEADER_BYTES, Operation};

/// How often the caller is asked while the child hands out nothing.
const TICK: Duration = Duration::from_millis(500);
/// Characters of the name of a container or a codec; symphonia's are at most 20.
const MAX_NAME: usize = 40;

impl Decoder {
    /// The sound of a recording, written into the empty file `into` as interleaved little-endian `i16` at
    /// 16 kHz: two channels where the file has two, else one. `goes_on` is asked at least once a block,
    /// and told how much there is by then; `false` ends the work.
    ///
    /// # Errors
    /// [`DecodeError`]; `into` then holds nothing that may be used. A recording that is cut off or broken
    /// in the middle is no error: [`DecodedRecording::stopped`] says where it ends.
    pub fn recording(
        &self,
        file: &File,
        kind: MediaKind,
        into: &File,
        goes_on: &dyn Fn(Millis) -> bool,
    ) -> Result<DecodedRecording, DecodeError> {
        if file.metadata().map_err(DecodeError::Spawn)?.len() == 0 {
            return Err(DecodeError::Empty);
        }
        let own = || self.recording_by(Operation::Recording, file, kind, into, goes_on);
        let by_ffmpeg = || self.recording_by(Operation::Ffmpeg, file, kind, into, goes_on);
        let verdict = match own() {
            Err(first) if self.settings.ffmpeg.is_some() && deserves_ffmpeg(&first) => {
                match by_ffmpeg() {
                    // What was found out first is the clearer sentence.
                    Err(second) if deserves_ffmpeg(&second) && !needs_ffmpeg(&first) => Err(first),
                    verdict => verdict,
                }
            }
            // ffmpeg goes on behind much damage at which symphonia gives up; the longer one counts.
            Ok(first) if self.settings.ffmpeg.is_some() && is_damaged(&first) => match by_ffmpeg() {
                Ok(second) if second.samples > first.samples => Ok(second),
                Err(DecodeError::Cancelled) => Err(DecodeError::Cancelled),
                _ => own(),
            },
            verdict => verdict,
        };
        if let Err(error) = &verdict {
            tracing::debug!(%error, code = %error.code(), ?kind, "decoding of a recording failed");
        }
        verdict
    }

    /// One child of either kind.
    fn recording_by(
        &self,
        operation: Operation,
        file: &File,
        kind: MediaKind,
        into: &File,
        goes_on: &dyn Fn(Millis) -> bool,
    ) -> Result<DecodedRecording, DecodeError> {
        into.set_len(0).map_err(DecodeError::Store)?;
        let limits = self.settings.limits.recording;
        let deadline = Instant::now() + limits.stall;
        let running = Running::start(&self.settings, file, &self.request(operation, kind), deadline)?;
        let mut intake = Intake::new(running, limits, into, goes_on);
        let verdict = match operation {
            Operation::Ffmpeg => intake.take_wave(kind),
            _ => intake.take_sound(),
        };
        verdict.map_err(as_of_a_recording)
    }
}

/// Whether another reader may do better.
fn deserves_ffmpeg(error: &DecodeError) -> bool {
    matches!(
        error.code(),
        ErrorCode::RecordingNeedsFfmpeg | ErrorCode::CorruptRecording | ErrorCode::TruncatedRecording
    )
}

fn needs_ffmpeg(error: &DecodeError) -> bool {
    error.code() == ErrorCode::RecordingNeedsFfmpeg
}

fn is_damaged(recording: &DecodedRecording) -> bool {
    recording
        .stopped
        .is_some_and(|stop| stop.reason == StopReason::Damaged)
}

/// The words of the desk are about pages where a page was asked for; about recordings there are others.
fn as_of_a_recording(error: DecodeError) -> DecodeError {
    let code = match error.code() {
        ErrorCode::DecodeTimeout | ErrorCode::DecoderCrashed => ErrorCode::RecordingStopped,
        // Only the index of a broken file asks for so much.
        ErrorCode::InputLimit | ErrorCode::CorruptDocument => ErrorCode::CorruptRecording,
        _ => return error,
    };
    DecodeError::Refused {
        code,
        reason: error.to_string(),
    }
}

/// What comes out of a child, on its way into the file.
pub(crate) struct Intake<'a> {
    pub(crate) running: Running,
    pub(crate) limits: RecordingLimits,
    wall: Instant,
    pub(crate) inbox: Vec<u8>,
    buffer: Vec<u8>,
    into: &'a File,
    goes_on: &'a dyn Fn(Millis) -> bool,
    pub(crate) channels: u8,
    stored: u64,
}

impl<'a> Intake<'a> {
    fn new(
        running: Running,
        limits: RecordingLimits,
        into: &'a File,
        goes_on: &'a dyn Fn(Millis) -> bool,
    ) -> Self {
        Self {
            running,
            limits,
            wall: Instant::now() + limits.wall,
            inbox: Vec::new(),
            buffer: vec![0; PIPE_BYTES],
            into,
            goes_on,
            channels: 1,
            stored: 0,
        }
    }

    /// The stream of `recording_wire`, to its last header.
    fn take_sound(&mut self) -> Result<DecodedRecording, DecodeError> {
        let mut is_begun = false;
        loop {
            if !self.fill(4)? {
                return Err(self.running.autopsy());
            }
            if self.inbox.starts_with(&MAGIC) {
                match self.header()? {
                    Header::Sound {
                        channels: channels @ 1..=2,
                    } if !is_begun => {
                        self.channels = channels;
                        is_begun = true;
                    }
                    Header::Recorded(recording) if is_begun => return self.checked(recording),
                    Header::Failure { kind, reason } => return Err(DecodeError::refused(kind, reason)),
                    _ => return Err(DecodeError::Answer("not an answer to a recording")),
                }
                continue;
            }
            let length: [u8; 4] = self.inbox[..4].try_into().expect("four bytes");
            let length = u32::from_le_bytes(length) as usize;
            if !is_begun
                || length == 0
                || length > MAX_BLOCK_BYTES
                || !length.is_multiple_of(2 * usize::from(self.channels))
            {
                return Err(DecodeError::Answer("not a block of sound"));
            }
            if !self.fill(4 + length)? {
                return Err(self.running.autopsy());
            }
            self.store(4..4 + length)?;
            self.inbox.drain(..4 + length);
        }
    }

    /// The header at the front of the inbox.
    pub(crate) fn header(&mut self) -> Result<Header, DecodeError> {
        if !self.fill(8)? {
            return Err(self.running.autopsy());
        }
        let length: [u8; 4] = self.inbox[4..8].try_into().expect("four bytes");
        let length = u32::from_le_bytes(length) as usize;
        if length > MAX_HEADER_BYTES {
            return Err(DecodeError::Answer("header too long"));
        }
        if !self.fill(8 + length)? {
            return Err(self.running.autopsy());
        }
        let header = serde_json::from_slice(&self.inbox[8..8 + length])
            .map_err(|_| DecodeError::Answer("header is not JSON of ours"));
        self.inbox.drain(..8 + length);
        header
    }

    /// Waits until so many bytes are in the inbox; `false` when the child has closed its output before.
    pub(crate) fn fill(&mut self, wanted: usize) -> Result<bool, DecodeError> {
        while self.inbox.len() < wanted {
            if !(self.goes_on)(self.time()) {
                return Err(DecodeError::Cancelled);
            }
            match self.running.read_within(&mut self.buffer, TICK)? {
                Some(0) => return Ok(false),
                Some(count) => {
                    self.inbox.extend_from_slice(&self.buffer[..count]);
                    // Storing may have taken its time; the child's patience begins anew.
                    self.running
                        .set_deadline((Instant::now() + self.limits.stall).min(self.wall));
                }
                None => {}
            }
        }
        Ok(true)
    }

    /// Appends a part of the inbox to the file.
    pub(crate) fn store(&mut self, part: std::ops::Range<usize>) -> Result<(), DecodeError> {
        self.into
            .write_all_at(&self.inbox[part.clone()], self.stored)
            .map_err(DecodeError::Store)?;
        self.count(part.len())
    }

    /// Appends these bytes to the file.
    pub(crate) fn store_bytes(&mut self, bytes: &[u8]) -> Result<(), DecodeError> {
        self.into
            .write_all_at(bytes, self.stored)
            .map_err(DecodeError::Store)?;
        self.count(bytes.len())
    }

    /// Takes what was stored into account.
    fn count(&mut self, bytes: usize) -> Result<(), DecodeError> {
        self.stored += bytes as u64;
        // The filter's last samples and a block that was full already may go a little beyond.
        if self.time().0 > u64::try_from(self.limits.longest.as_millis()).unwrap_or(u64::MAX) + 1000 {
            return Err(DecodeError::refused(
                FailureKind::RecordingTooLong,
                "more sound than the limit".to_owned(),
            ));
        }
        self.running
            .set_deadline((Instant::now() + self.limits.stall).min(self.wall));
        Ok(())
    }

    /// Samples per channel that are stored.
    pub(crate) const fn samples(&self) -> u64 {
        self.stored / (2 * self.channels as u64)
    }

    /// How long what is stored lasts.
    pub(crate) const fn time(&self) -> Millis {
        SampleIndex(self.samples()).time()
    }

    /// The child's account, when it agrees with what was counted.
    fn checked(&self, recording: DecodedRecording) -> Result<DecodedRecording, DecodeError> {
        let is_name = |name: &str| {
            name.len() <= MAX_NAME && name.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
        };
        let is_ours = recording.samples == self.samples()
            && recording.channels == self.channels
            && is_name(&recording.info.container)
            && is_name(&recording.info.codec)
            && recording.stopped.is_none_or(|stop| stop.at == self.time());
        if is_ours {
            Ok(recording)
        } else {
            Err(DecodeError::Answer("an account that does not fit the sound"))
        }
    }
}
