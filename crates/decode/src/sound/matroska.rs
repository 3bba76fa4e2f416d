//! Whether a Matroska or `WebM` file is whole (RFC 8794, 4 and 6; RFC 9559, 5).
//!
//! symphonia looks ahead for the index of a file that it can seek in, and refuses one that ends before it
//! should; such a file is read to its end without looking ahead. Never: looks into the segment.

use crate::source::Source;

/// The header of the file.
const EBML: [u8; 4] = [0x1A, 0x45, 0xDF, 0xA3];
/// The one element that holds everything else.
const SEGMENT: [u8; 4] = [0x18, 0x53, 0x80, 0x67];

/// Whether the segment says that it ends behind the end of the file. One that a browser wrote says nothing.
pub(crate) fn is_cut(source: &Source) -> bool {
    let end = |at: u64, name: [u8; 4]| {
        let (size, header) =
            size(source, at + 4).filter(|_| source.bytes(at, 4).is_ok_and(|id| id == name))?;
        at.checked_add(4 + header)?.checked_add(size)
    };
    end(0, EBML)
        .and_then(|segment| end(segment, SEGMENT))
        .is_some_and(|end| end > source.len())
}

/// A size of variable length, and the bytes that it takes; `None` where it is unknown.
fn size(source: &Source, at: u64) -> Option<(u64, u64)> {
    let first = source.bytes(at, 1).ok()?[0];
    let length = u64::from(first.leading_zeros()) + 1;
    if length > 8 {
        return None;
    }
    let bytes = source.bytes(at, length).ok()?;
    let marked = bytes
        .iter()
        .fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    let most = (1_u64 << (7 * length)) - 1;
    let value = marked & most;
    (value != most).then_some((value, length))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn of(segment_size: &[u8], content: usize) -> bool {
        let mut bytes = EBML.to_vec();
        bytes.extend(b"\x82ab");
        bytes.extend(SEGMENT);
        bytes.extend(segment_size);
        bytes.extend(vec![0; content]);
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        is_cut(&Source::new(file).unwrap())
    }

    #[test]
    fn a_segment_that_goes_on_is_cut() {
        assert!(!of(&[0x84], 4));
        assert!(of(&[0x84], 3));
        assert!(of(&[0x01, 0, 0, 0, 0, 0, 1, 0], 255));
        assert!(!of(&[0x01, 0, 0, 0, 0, 0, 1, 0], 256));
        for unknown in [&[0xff][..], &[0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]] {
            assert!(!of(unknown, 3));
        }
    }
}
