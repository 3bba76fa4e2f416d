//! Opus packets: many of them as an Ogg file (RFC 7845), and a few of them as sound.
//!
//! Only a packet's first two bytes are looked at here; the sound in it is opened by a decode child, as
//! everything foreign is: one child for each half second or more, started on a small Ogg file. A packet
//! depends on those before it, but forgets them within [`PREROLL`], so each child hears so much of the past
//! again. What a child cannot open is silence in the captions; the recording keeps the packets as they came.

use std::collections::VecDeque;
use std::io::{Read as _, Seek as _, SeekFrom, Write};
use std::path::PathBuf;

use ogg::writing::{PacketWriteEndInfo, PacketWriter};
use shoki_core::audio::SAMPLE_RATE;
use shoki_core::live::{OPUS_RATE, opus_samples};
use shoki_core::media::MediaKind;
use shoki_decode::Decoder;

/// Samples an encoder needs to get going, which a player skips: libopus at 48 kHz.
const PRE_SKIP: u16 = 312;
/// One logical stream; the number only has to be the same on all its pages.
const SERIAL: u32 = 1;

/// Whether a packet has two channels.
#[must_use]
pub fn is_stereo(packet: &[u8]) -> bool {
    packet.first().is_some_and(|toc| toc & 4 != 0)
}

/// How much of the past a decoder hears again, samples (RFC 7845 §4.6: 80 ms).
const PREROLL: u64 = OPUS_RATE * 80 / 1000;
/// Sound that is opened at once at least, samples at [`OPUS_RATE`].
const AT_ONCE: u64 = OPUS_RATE / 2;
/// Samples of ours for one of Opus.
const OUR_SHARE: u64 = OPUS_RATE / SAMPLE_RATE as u64;

/// Packets → sound, half a second or more at a time.
#[derive(Debug)]
pub struct OpusEar {
    decoder: Decoder,
    scratch: PathBuf,
    /// Packets that were opened, as many as [`PREROLL`] wants.
    past: VecDeque<Vec<u8>>,
    /// Packets that wait.
    waiting: Vec<Vec<u8>>,
}

impl OpusEar {
    /// An ear that has heard nothing; small files are made in `scratch`.
    #[must_use]
    pub const fn new(decoder: Decoder, scratch: PathBuf) -> Self {
        Self {
            decoder,
            scratch,
            past: VecDeque::new(),
            waiting: Vec::new(),
        }
    }

    /// Takes the next packet; gives sound (16 kHz, one channel) when there is enough.
    pub fn hear(&mut self, packet: Vec<u8>) -> Vec<i16> {
        self.waiting.push(packet);
        if length(&self.waiting) < AT_ONCE {
            return Vec::new();
        }
        self.flush()
    }

    /// The sound of the packets that wait.
    pub fn flush(&mut self) -> Vec<i16> {
        let wanted = usize::try_from(length(&self.waiting) / OUR_SHARE).unwrap_or(0);
        if wanted == 0 {
            return Vec::new();
        }
        let opened = self.open().unwrap_or_else(|error| {
            tracing::warn!(
                error = format!("{error:#}"),
                "packets of sound not opened: silence in the captions"
            );
            Vec::new()
        });
        // The last ones are those that are wanted: before them lies the past.
        let mut sound = vec![0; wanted.saturating_sub(opened.len())];
        sound.extend_from_slice(&opened[opened.len().saturating_sub(wanted)..]);
        self.past.extend(self.waiting.drain(..));
        while length(self.past.range(1..)) >= PREROLL {
            self.past.pop_front();
        }
        sound
    }

    fn open(&self) -> anyhow::Result<Vec<i16>> {
        let packets = self.past.iter().chain(&self.waiting);
        let stereo = self.waiting.iter().any(|packet| is_stereo(packet));
        let mut file = OggOpus::new(tempfile::tempfile_in(&self.scratch)?, stereo)?;
        for packet in packets {
            file.add(packet.clone())?;
        }
        let mut file = file.finish()?;
        file.seek(SeekFrom::Start(0))?;
        let mut into = tempfile::tempfile_in(&self.scratch)?;
        let decoded = self.decoder.recording(&file, MediaKind::Ogg, &into, &|_| true)?;
        into.seek(SeekFrom::Start(0))?;
        let mut bytes = Vec::new();
        into.read_to_end(&mut bytes)?;
        let samples: Vec<i16> = bytes
            .as_chunks::<2>()
            .0
            .iter()
            .map(|&pair| i16::from_le_bytes(pair))
            .collect();
        Ok(match decoded.channels {
            2 => samples
                .as_chunks::<2>()
                .0
                .iter()
                .map(|pair| pair[0].midpoint(pair[1]))
                .collect(),
            _ => samples,
        })
    }
}

/// Samples of packets at [`OPUS_RATE`].
fn length<'a>(packets: impl IntoIterator<Item = &'a Vec<u8>>) -> u64 {
    packets
        .into_iter()
        .filter_map(|packet| opus_samples(packet))
        .sum()
}

/// Packets on their way into an Ogg file.
pub struct OggOpus<W: Write> {
    pages: PacketWriter<'static, W>,
    granule: u64,
    last: Option<Vec<u8>>,
}

impl<W: Write> OggOpus<W> {
    /// The headers are written at once.
    ///
    /// # Errors
    /// From `into`.
    pub fn new(into: W, stereo: bool) -> std::io::Result<Self> {
        let mut pages = PacketWriter::new(into);
        let mut head = b"OpusHead\x01".to_vec();
        head.push(if stereo { 2 } else { 1 });
        head.extend_from_slice(&PRE_SKIP.to_le_bytes());
        head.extend_from_slice(&48_000_u32.to_le_bytes());
        // No gain, channels as they are.
        head.extend_from_slice(&[0, 0, 0]);
        pages.write_packet(head, SERIAL, PacketWriteEndInfo::EndPage, 0)?;
        let vendor = b"shoki";
        let mut tags = b"OpusTags".to_vec();
        tags.extend_from_slice(&5_u32.to_le_bytes());
        tags.extend_from_slice(vendor);
        tags.extend_from_slice(&0_u32.to_le_bytes());
        pages.write_packet(tags, SERIAL, PacketWriteEndInfo::EndPage, 0)?;
        Ok(Self {
            pages,
            granule: 0,
            last: None,
        })
    }

    /// Adds a packet.
    ///
    /// # Errors
    /// From what is written into.
    pub fn add(&mut self, packet: Vec<u8>) -> std::io::Result<()> {
        if let Some(before) = self.last.replace(packet) {
            self.write(before, PacketWriteEndInfo::NormalPacket)?;
        }
        Ok(())
    }

    /// Ends the stream.
    ///
    /// # Errors
    /// From what is written into.
    pub fn finish(mut self) -> std::io::Result<W> {
        if let Some(last) = self.last.take() {
            self.write(last, PacketWriteEndInfo::EndStream)?;
        }
        Ok(self.pages.into_inner())
    }

    fn write(&mut self, packet: Vec<u8>, end: PacketWriteEndInfo) -> std::io::Result<()> {
        self.granule += opus_samples(&packet).unwrap_or(0);
        self.pages.write_packet(packet, SERIAL, end, self.granule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_come_out_of_the_file_as_they_went_in() {
        let packets: Vec<Vec<u8>> = (0..200_u8).map(|nth| vec![31 << 3, nth, nth]).collect();
        let mut file = OggOpus::new(Vec::new(), false).unwrap();
        for packet in &packets {
            file.add(packet.clone()).unwrap();
        }
        let bytes = file.finish().unwrap();
        let mut reader = ogg::PacketReader::new(std::io::Cursor::new(bytes));
        let mut found = Vec::new();
        let mut last = 0;
        while let Some(packet) = reader.read_packet().unwrap() {
            last = packet.absgp_page();
            found.push(packet.data);
        }
        assert_eq!(&found[0][..8], b"OpusHead");
        assert_eq!(&found[1][..8], b"OpusTags");
        assert_eq!(found[2..], packets);
        assert_eq!(last, 200 * 960);
    }
}
