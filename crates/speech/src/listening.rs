//! The listening copy: what the editor plays while the transcript is checked. Ogg Opus, small enough for the
//! office network, and on the same clock as the transcript.
//!
//! Promises: a player's time is the recording's time (pre-skip and granule positions follow RFC 7845), so
//! that a jump to a word lands on it; a page a second, so that seeking reads little; two channels stay two;
//! the same recording gives the same bytes; memory does not grow with the recording. Never: a change of
//! level, or the recording's only copy — the blob that was uploaded is.

use std::io::{self, BufWriter, Write};

use ogg::writing::{PacketWriteEndInfo, PacketWriter};
use opusic_c::{Application, Bitrate, Channels, Encoder, ErrorCode, SampleRate, Signal};
use serde::{Deserialize, Serialize};
use shoki_core::audio::{Millis, SAMPLE_RATE, SampleSpan};

use crate::error::SpeechError;
use crate::pcm::PcmFile;

/// What the copy is served as.
pub const MEDIA_TYPE: &str = "audio/ogg; codecs=opus";

/// Bits per second and channel: wideband speech is transparent to most listeners from about here on
/// (RFC 6716, 2.1.1 recommends 16 to 20 kbit/s for wideband speech and 28 to 40 for fullband).
const BIT_RATE: u32 = 24_000;
/// Effort of the encoder, 0 to 10. On the sample meeting played eight times over (17 minutes) 1 takes 3.8 CPU s, 5
/// takes 7.6 and 10 takes 14.2, for spectra that are no nearer to the original (5.6 dB apart all three).
const COMPLEXITY: u8 = 1;
/// Samples of a packet: 20 ms, the length that Opus is made for.
const PACKET: u64 = SAMPLE_RATE as u64 / 50;
/// Packets of a page: a second, as opusenc packs them.
const PAGE: u64 = 50;
/// Samples of Opus' own clock, 48 kHz, for one of ours.
const CLOCK: u64 = 48_000 / SAMPLE_RATE as u64;
/// No packet of one frame is longer, in bytes (RFC 6716, 3.1 and 3.4: one and at most 1,275 more).
const MAX_PACKET: usize = 1_276;
/// Number of the stream in the file. There is one only, and a random one would make each copy another blob.
const SERIAL: u32 = 0x5348_4F4B;
/// Who wrote the file.
const VENDOR: &str = "shoki";

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListeningCopy {
    /// Channels, 1 or 2: those of the recording.
    pub channels: u8,
    /// How long it plays.
    pub duration: Millis,
    /// Its size.
    pub bytes: u64,
}

/// Writes the copy of a recording. `goes_on` is asked about every second of audio; `None` when it said no,
/// and what was written until then is no whole file.
///
/// # Errors
/// `Encoder`, `Io` from either side.
pub fn write(
    pcm: &PcmFile,
    into: &mut impl Write,
    goes_on: &mut dyn FnMut() -> bool,
) -> Result<Option<ListeningCopy>, SpeechError> {
    let mut encoder = encoder(pcm.channels())?;
    // The decoder gives this much before the first sample, in samples of its clock.
    let pre_skip = u64::from(encoder.get_look_ahead().map_err(failed)?) * CLOCK;
    let end = pre_skip + pcm.samples() * CLOCK;
    let packets = end.div_ceil(PACKET * CLOCK).max(1);

    let mut counted = Counted {
        into: BufWriter::new(into),
        bytes: 0,
    };
    let mut pages = PacketWriter::new(&mut counted);
    for header in [head(pcm.channels(), pre_skip), tags()] {
        pages.write_packet(header, SERIAL, PacketWriteEndInfo::EndPage, 0)?;
    }
    let channels = usize::from(pcm.channels());
    let mut packet = [0; MAX_PACKET];
    for first in (0..packets).step_by(to_usize(PAGE)) {
        if !goes_on() {
            return Ok(None);
        }
        let count = PAGE.min(packets - first);
        let frames = pcm.frames(SampleSpan::new(first * PACKET, (first + count) * PACKET))?;
        let mut samples: Vec<u16> = frames.into_iter().map(i16::cast_unsigned).collect();
        // Silence behind the end, until the last sample has come through the encoder.
        samples.resize(to_usize(count * PACKET) * channels, 0);
        for (part, nth) in samples.chunks(to_usize(PACKET) * channels).zip(first + 1..) {
            let length = encoder.encode_to_slice(part, &mut packet).map_err(failed)?;
            let ends = match nth {
                _ if nth == packets => PacketWriteEndInfo::EndStream,
                _ if nth.is_multiple_of(PAGE) => PacketWriteEndInfo::EndPage,
                _ => PacketWriteEndInfo::NormalPacket,
            };
            // The last position cuts the silence off.
            let position = (nth * PACKET * CLOCK).min(end);
            pages.write_packet(packet[..length].to_vec(), SERIAL, ends, position)?;
        }
    }
    counted.flush()?;
    Ok(Some(ListeningCopy {
        channels: pcm.channels(),
        duration: pcm.duration(),
        bytes: counted.bytes,
    }))
}

fn encoder(channels: u8) -> Result<Encoder, SpeechError> {
    let layout = if channels == 1 {
        Channels::Mono
    } else {
        Channels::Stereo
    };
    let mut encoder = Encoder::new(layout, SampleRate::Hz16000, Application::Voip).map_err(failed)?;
    let rate = Bitrate::Value(BIT_RATE * u32::from(channels));
    encoder.set_bitrate(rate).map_err(failed)?;
    encoder.set_vbr(true).map_err(failed)?;
    encoder.set_signal(Signal::Voice).map_err(failed)?;
    encoder.set_complexity(COMPLEXITY).map_err(failed)?;
    Ok(encoder)
}

/// The identification header (RFC 7845, 5.1).
fn head(channels: u8, pre_skip: u64) -> Vec<u8> {
    let mut head = b"OpusHead".to_vec();
    head.extend([1, channels]);
    head.extend(u16::try_from(pre_skip).unwrap_or(u16::MAX).to_le_bytes());
    head.extend(SAMPLE_RATE.to_le_bytes());
    // No gain; mapping family 0: mono, or left and right.
    head.extend([0, 0, 0]);
    head
}

/// The comment header (RFC 7845, 5.2), without comments: a file name may hold what was discussed.
fn tags() -> Vec<u8> {
    let mut tags = b"OpusTags".to_vec();
    tags.extend((VENDOR.len() as u32).to_le_bytes());
    tags.extend(VENDOR.as_bytes());
    tags.extend(0u32.to_le_bytes());
    tags
}

fn failed(error: ErrorCode) -> SpeechError {
    SpeechError::Encoder(error.message())
}

/// Of numbers below a thousand packets.
fn to_usize(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// Counts what goes through.
struct Counted<W> {
    into: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.into.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.into.flush()
    }
}

#[cfg(test)]
mod tests;
