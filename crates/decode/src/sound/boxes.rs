//! The outermost boxes of an MP4 or MOV file (ISO/IEC 14496-12, 4.2): is the index there, is the file
//! whole?
//!
//! A recorder writes the index (`moov`) last; where it was switched off, or the copy was cut, there is
//! none and no reader can take the sound out. That deserves its own sentence. Where only the sound is cut
//! symphonia does not begin, unless it is shown a length that fits. Never: looks into a box.

use crate::sound::window::Window;
use crate::source::Source;

/// Boxes looked at: a fragmented file of nine hours has about 100,000.
const MAX_BOXES: usize = 1_000_000;

/// What the outermost boxes show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Boxes {
    /// There is a `ftyp` box; QuickTime files of the last century have none.
    pub(crate) has_type: bool,
    /// The index is there, to its last byte.
    pub(crate) has_index: bool,
    /// The last box goes on behind the end of the file.
    pub(crate) is_cut: bool,
    /// Where that box begins, when its header is there.
    cut_box: Option<u64>,
}

impl Boxes {
    /// The whole document, its last box no longer than it is.
    pub(crate) fn window(self, source: &Source) -> Window {
        let window = Window::new(source.clone(), 0, source.len());
        let Some(at) = self.cut_box else { return window };
        let length = source.len() - at;
        let is_long = source.bytes(at, 4).is_ok_and(|size| size == [0, 0, 0, 1]);
        match u32::try_from(length) {
            Ok(length) if !is_long => window.patch(at, length.to_be_bytes()),
            _ => {
                let [high @ .., _, _, _, _] = length.to_be_bytes();
                let [_, _, _, _, low @ ..] = length.to_be_bytes();
                window.patch(at + 8, high).patch(at + 12, low)
            }
        }
    }
}

/// Walks over them.
pub(crate) fn outermost(source: &Source) -> Boxes {
    let mut boxes = Boxes::default();
    let mut at = 0;
    for _ in 0..MAX_BOXES {
        if at == source.len() {
            break;
        }
        let Some((name, length)) = header(source, at) else {
            boxes.is_cut = true;
            break;
        };
        let end = at.saturating_add(length);
        boxes.is_cut = end > source.len();
        boxes.cut_box = boxes.is_cut.then_some(at);
        match &name {
            b"ftyp" => boxes.has_type = true,
            b"moov" => boxes.has_index |= !boxes.is_cut,
            _ => {}
        }
        if boxes.is_cut {
            break;
        }
        at = end;
    }
    boxes
}

/// Name and length of the box at `at`; `None` where there is none.
fn header(source: &Source, at: u64) -> Option<([u8; 4], u64)> {
    let head = source.bytes(at, 8).ok()?;
    let name: [u8; 4] = head[4..].try_into().ok()?;
    let length = match u32::from_be_bytes(head[..4].try_into().ok()?) {
        0 => source.len() - at,
        1 => u64::from_be_bytes(source.bytes(at + 8, 8).ok()?.try_into().ok()?),
        short => u64::from(short),
    };
    (length >= 8).then_some((name, length))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn of(boxes: &[(&[u8; 4], u32, usize)]) -> Boxes {
        let mut file = tempfile::tempfile().unwrap();
        for (name, length, present) in boxes {
            file.write_all(&length.to_be_bytes()).unwrap();
            file.write_all(*name).unwrap();
            file.write_all(&vec![0; *present]).unwrap();
        }
        outermost(&Source::new(file).unwrap())
    }

    #[test]
    fn an_index_counts_when_it_is_whole() {
        let whole = of(&[(b"ftyp", 16, 8), (b"mdat", 28, 20), (b"moov", 12, 4)]);
        assert_eq!(
            whole,
            Boxes {
                has_type: true,
                has_index: true,
                is_cut: false,
                cut_box: None
            }
        );
        assert!(of(&[(b"ftyp", 16, 8), (b"moov", 12, 4), (b"mdat", 4000, 20)]).has_index);
        for cut in [
            of(&[(b"ftyp", 16, 8), (b"mdat", 4000, 20)]),
            of(&[(b"ftyp", 16, 8), (b"mdat", 28, 20), (b"moov", 100, 4)]),
            of(&[(b"ftyp", 16, 8), (b"mdat", 28, 20), (b"moov", 1, 4)]),
        ] {
            assert!(cut.is_cut && !cut.has_index, "{cut:?}");
        }
        assert!(of(&[(b"mdat", 0, 20)]) == Boxes::default());
        assert_eq!(of(&[(b"ftyp", 16, 8), (b"mdat", 4000, 20)]).cut_box, Some(16));
    }
}
