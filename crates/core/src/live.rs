//! Live captions as values: how sound is sent, what is shown while somebody speaks, what stays.
//!
//! Promises: what stays ([`LiveEvent`]) is numbered from 1 without gaps, so a page that was away asks for what
//! it missed; what is shown for a moment ([`LiveNow`]) has no number, because the next one replaces it.
//! Never: sound.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::audio::Millis;
use crate::code::ErrorCode;
use crate::id::{JobId, UserId};
use crate::transcript::{Segment, SegmentId};

/// Bytes of one message of sound: two seconds of PCM, a minute of Opus. A message is what is lost at most
/// when a connection breaks, so clients send a tenth of a second.
pub const MAX_LIVE_MESSAGE_BYTES: usize = 64 * 1024;
/// Characters of a corrected line: a long sentence.
pub const MAX_CORRECTION_CHARS: usize = 1_000;

/// Samples per second that Opus counts in.
pub const OPUS_RATE: u64 = 48_000;
/// Longest packet, samples (RFC 6716 §2.1.4).
const LONGEST_PACKET: u64 = OPUS_RATE * 120 / 1000;

/// How many samples at [`OPUS_RATE`] an Opus packet lasts, by its first two bytes (RFC 6716 §3.1); `None` for
/// what is no packet.
#[must_use]
pub fn opus_samples(packet: &[u8]) -> Option<u64> {
    let toc = *packet.first()?;
    let config = usize::from(toc >> 3);
    // In 2.5 ms.
    let frame: u64 = match config {
        0..=11 => [4, 8, 16, 24][config % 4],
        12..=15 => [4, 8][config % 2],
        _ => [1, 2, 4, 8][config % 4],
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u64::from(packet.get(1)? & 0x3f),
    };
    let samples = frames * frame * OPUS_RATE / 400;
    (1..=LONGEST_PACKET).contains(&samples).then_some(samples)
}

/// How a microphone's sound is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LiveCodec {
    /// Little-endian `i16` at 16 kHz, one channel; a message holds whole samples.
    #[default]
    Pcm16,
    /// One Opus packet a message (RFC 6716), one or two channels.
    Opus,
}

/// What an utterance that goes on is taken for now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartialCaption {
    /// The number its segment will have.
    pub segment: SegmentId,
    /// When it began.
    pub start: Millis,
    /// How far it was heard.
    pub end: Millis,
    /// What two hearings in a row agree on.
    pub firm: String,
    /// What only the last one says; may change.
    pub tentative: String,
}

/// What happened, for good.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LiveEvent {
    /// An utterance ended. Its speaker is provisional: the whole recording is listened to again afterwards.
    /// A segment without text is one of which nothing was understood.
    Final {
        /// What was said.
        segment: Segment,
    },
    /// A person corrected a line.
    Correction {
        /// Which.
        segment: SegmentId,
        /// What it says now.
        text: String,
        /// Who.
        by: UserId,
        /// When.
        at: Timestamp,
    },
    /// The recording has ended; nothing follows.
    Ended {
        /// The job that makes the minutes of it; none when there was no sound.
        job: Option<JobId>,
    },
}

/// A [`LiveEvent`] in its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NumberedEvent {
    /// From 1 without gaps: the `Last-Event-ID`.
    pub number: u64,
    /// What happened.
    pub event: LiveEvent,
}

/// How a session stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveNow {
    /// What is being said.
    pub partial: Option<PartialCaption>,
    /// How much sound is on disk.
    pub recorded: Millis,
    /// How far the captions are behind it; 0 while they keep up.
    pub behind: Millis,
    /// Whether somebody sends sound.
    pub connected: bool,
    /// Why there are no captions; the sound is recorded all the same.
    pub trouble: Option<ErrorCode>,
    /// Number of the last [`NumberedEvent`].
    pub last_event: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opus_packet_says_how_long_it_lasts() {
        // RFC 6716, table 2: SILK 20 ms, hybrid 10 ms, CELT 2.5 ms and 20 ms.
        assert_eq!(opus_samples(&[1 << 3]), Some(960));
        assert_eq!(opus_samples(&[12 << 3]), Some(480));
        assert_eq!(opus_samples(&[16 << 3]), Some(120));
        assert_eq!(opus_samples(&[31 << 3 | 4]), Some(960));
        assert_eq!(opus_samples(&[31 << 3 | 1]), Some(1_920));
        assert_eq!(opus_samples(&[31 << 3 | 3, 6]), Some(5_760));
        for odd in [
            &[][..],
            &[31 << 3 | 3],
            &[31 << 3 | 3, 0],
            &[31 << 3 | 3, 7],
            &[3 << 3 | 3, 63],
        ] {
            assert_eq!(opus_samples(odd), None, "{odd:?}");
        }
    }
}
