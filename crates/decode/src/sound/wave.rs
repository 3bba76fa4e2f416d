//! Where the samples of a WAV file lie, whatever its header claims: RIFF, RF64 and BW64 (EBU Tech 3306,
//! ITU-R BS.2088), headers that were never completed, and lengths that do not fit into 32 bits.
//!
//! symphonia reads RIFF alone and believes its lengths, so it is shown a header put right. Never: reads
//! samples.

use std::num::NonZeroU32;

use shoki_core::audio::Millis;

use crate::sound::window::Window;
use crate::source::Source;

/// Chunks in front of the samples at most.
const MAX_CHUNKS: usize = 1000;
/// What a recorder writes before it knows the length, or because it does not fit.
const UNKNOWN: u32 = u32::MAX;

/// What a header says, and what there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Where the length of the samples is stated.
    size_field: u64,
    /// Where the samples begin.
    start: u64,
    /// Where they end in this file.
    end: u64,
    /// Bytes of samples that the header states; `None` where it states nothing.
    pub(crate) stated: Option<u64>,
    bytes_per_second: u32,
}

impl Layout {
    /// Bytes of samples in this file.
    pub(crate) const fn present(self) -> u64 {
        self.end - self.start
    }

    /// How long so many bytes of samples sound, as the header has it.
    pub(crate) fn duration(self, bytes: u64) -> Option<Millis> {
        let millis = u128::from(bytes) * 1000 / u128::from(NonZeroU32::new(self.bytes_per_second)?.get());
        u64::try_from(millis).ok().map(Millis)
    }

    /// The file as a reader of plain RIFF takes it.
    pub(crate) fn window(self, source: Source) -> Window {
        let length = u32::try_from(self.present()).unwrap_or(UNKNOWN);
        Window::new(source, 0, self.end)
            .patch(0, *b"RIFF")
            .patch(4, UNKNOWN.to_le_bytes())
            .patch(self.size_field, length.to_le_bytes())
    }
}

/// Finds the samples; `None` where this is no WAV file that we understand.
pub(crate) fn layout(source: &Source) -> Option<Layout> {
    let head = source.bytes(0, 12).ok()?;
    let is_long = match &head[..4] {
        b"RIFF" => false,
        b"RF64" | b"BW64" => true,
        _ => return None,
    };
    if &head[8..] != b"WAVE" {
        return None;
    }
    let (mut at, mut long_size, mut bytes_per_second) = (12, None, 0);
    for _ in 0..MAX_CHUNKS {
        let chunk = source.bytes(at, 8).ok()?;
        let size = u32::from_le_bytes(chunk[4..].try_into().ok()?);
        let start = at + 8;
        match &chunk[..4] {
            b"ds64" if is_long => {
                let sizes = source.bytes(start, 16).ok()?;
                long_size = Some(u64::from_le_bytes(sizes[8..].try_into().ok()?));
            }
            b"fmt " => bytes_per_second = rate_of(&source.bytes(start, 14).ok()?),
            b"data" => {
                let stated = if size == UNKNOWN {
                    long_size
                } else {
                    Some(u64::from(size))
                };
                let layout = measured(source.len(), at + 4, start, stated);
                return Some(Layout {
                    bytes_per_second,
                    ..layout
                });
            }
            _ => {}
        }
        at = start + u64::from(size) + u64::from(size % 2);
    }
    None
}

/// Bytes per second by the 14 bytes that begin every format; 0 for packed samples, whose encoders state
/// what they like.
fn rate_of(format: &[u8]) -> u32 {
    let field = |at: usize| u16::from_le_bytes([format[at], format[at + 1]]);
    let rate = u32::from(field(4)) | u32::from(field(6)) << 16;
    // PCM, IEEE float, A-law, µ-law, extensible.
    match field(0) {
        1 | 3 | 6 | 7 | 0xFFFE => rate.checked_mul(u32::from(field(12))).unwrap_or(0),
        _ => 0,
    }
}

fn measured(length: u64, size_field: u64, start: u64, stated: Option<u64>) -> Layout {
    let available = length - start;
    // A recorder that was switched off has not written the length; one that does not know RF64 has
    // written what is left of it in 32 bits.
    let stated = stated.filter(|&stated| {
        let is_wrapped = available.saturating_sub(stated) > u64::from(u32::MAX) - 65_536;
        stated > 0 && !is_wrapped || available == 0
    });
    let present = stated.map_or(available, |stated| stated.min(available));
    Layout {
        size_field,
        start,
        end: start + present,
        stated,
        bytes_per_second: 0,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn of(bytes: &[u8], length: u64) -> Option<Layout> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.set_len(length.max(bytes.len() as u64)).unwrap();
        layout(&Source::new(file).unwrap())
    }

    fn riff(size: u32) -> Vec<u8> {
        let mut bytes = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0".to_vec();
        bytes.extend([0; 16]);
        bytes.extend(b"LIST\x03\0\0\0abc\0data");
        bytes.extend(size.to_le_bytes());
        bytes
    }

    fn found(size: u32, samples: u64) -> (u64, Option<u64>) {
        let layout = of(&riff(size), 56 + samples).unwrap();
        assert_eq!((layout.size_field, layout.start), (52, 56));
        (layout.present(), layout.stated)
    }

    #[test]
    fn samples_are_found_whatever_the_header_claims() {
        const LONG: u64 = (1 << 32) + 70_000;
        assert_eq!(found(1000, 1000), (1000, Some(1000)));
        assert_eq!(found(1000, 1100), (1000, Some(1000)));
        assert_eq!(found(0xFFFF_FFF0, 1000), (1000, Some(0xFFFF_FFF0)));
        assert_eq!(found(0, 1000), (1000, None));
        assert_eq!(found(u32::MAX, 1000), (1000, None));
        assert_eq!(found(70_000, LONG), (LONG, None));
        assert_eq!(found(0, 0), (0, Some(0)));
    }

    #[test]
    fn long_lengths_stand_in_a_chunk_of_their_own() {
        let mut bytes = b"RF64\xff\xff\xff\xffWAVEds64\x1c\0\0\0".to_vec();
        bytes.extend(6_000_000_100_u64.to_le_bytes());
        bytes.extend(6_000_000_000_u64.to_le_bytes());
        bytes.extend([0; 12]);
        bytes.extend(b"data\xff\xff\xff\xff");
        let layout = of(&bytes, 7_000_000_000).unwrap();
        assert_eq!(layout.present(), 6_000_000_000);
        assert_eq!(layout.stated, Some(6_000_000_000));
        assert_eq!(of(&bytes, 0).unwrap().present(), 0);
        assert_eq!(layout.duration(1), None);
        let layout = Layout {
            bytes_per_second: 32_000,
            ..layout
        };
        assert_eq!(layout.duration(6_000_000_000), Some(Millis(187_500_000)));
    }

    #[test]
    fn only_bare_samples_have_a_rate() {
        let format = |tag: u8| rate_of(&[tag, 0, 2, 0, 0x44, 0xAC, 0, 0, 9, 9, 9, 9, 4, 0]);
        assert_eq!(format(1), 176_400);
        assert_eq!(format(0x11), 0);
    }

    #[test]
    fn what_is_no_wave_file_is_left_alone() {
        assert_eq!(of(b"FORM\0\0\0\0AIFF", 100), None);
        assert_eq!(of(b"RIFF\0\0\0\0WAVE", 100), None);
        assert_eq!(of(b"RIFF\0\0", 0), None);
    }
}
