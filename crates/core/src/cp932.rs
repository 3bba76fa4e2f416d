//! Windows-31J (CP932) character by character, as Windows writes it and Python's `cp932` reads it.
//!
//! `encoding_rs` has the tables (WHATWG Shift_JIS: kanji of NEC and IBM at Windows' places). Three things
//! differ from Windows and are mended here: characters that JIS X 0208 and Microsoft map to different code
//! points are taken for one another ([`twin`]), U+0080 is no character, and the private area U+E000–E757 has
//! its 1,880 places (F040–F9FC, 外字 of the office). Promise: what is written is read back as the twin.

use encoding_rs::SHIFT_JIS;

/// First of the private area.
const PRIVATE_FIRST: u32 = 0xE000;
/// Its size: ten rows of 188.
const PRIVATE_COUNT: u32 = 1_880;
/// Second bytes per first byte.
const PER_ROW: u32 = 188;
/// Second bytes before 0x7F, which is left out.
const BEFORE_GAP: u32 = 63;

/// The code point that Microsoft's table has for the same character of JIS X 0208.
#[must_use]
pub const fn twin(c: char) -> char {
    match c {
        '〜' => '～',
        '−' => '－',
        '—' => '―',
        '‖' => '∥',
        '¢' => '￠',
        '£' => '￡',
        '¬' => '￢',
        '¥' => '￥',
        '‾' => '￣',
        '¦' => '￤',
        other => other,
    }
}

/// Whether the character lies in the area that an office fills itself.
#[must_use]
pub const fn is_private(c: char) -> bool {
    let at = (c as u32).wrapping_sub(PRIVATE_FIRST);
    at < PRIVATE_COUNT
}

/// The one or two bytes of a character; `None` when CP932 does not have it.
#[must_use]
pub fn bytes(c: char) -> Option<Vec<u8>> {
    let c = twin(c);
    if is_private(c) {
        let at = c as u32 - PRIVATE_FIRST;
        let second = at % PER_ROW;
        let second = second + if second < BEFORE_GAP { 0x40 } else { 0x41 };
        return Some(vec![0xF0 + (at / PER_ROW) as u8, second as u8]);
    }
    if ('\u{80}'..='\u{9f}').contains(&c) {
        return None;
    }
    let mut buffer = [0; 4];
    let (bytes, _, unmappable) = SHIFT_JIS.encode(c.encode_utf8(&mut buffer));
    (!unmappable).then(|| bytes.into_owned())
}

/// The first character of CP932 bytes and how many bytes it has; `None` at their end and where they are none.
#[must_use]
pub fn first(bytes: &[u8]) -> Option<(char, usize)> {
    let is_pair = matches!(bytes.first()?, 0x81..=0x9F | 0xE0..=0xFC);
    let taken = bytes.get(..if is_pair { 2 } else { 1 })?;
    let (text, _, broken) = SHIFT_JIS.decode(taken);
    let mut characters = text.chars();
    match (characters.next(), characters.next(), broken) {
        (Some(character), None, false) => Some((character, taken.len())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_places_of_windows() {
        for (c, expected) in [
            ('A', &[0x41][..]),
            ('ｱ', &[0xB1]),
            ('〜', &[0x81, 0x60]),
            ('～', &[0x81, 0x60]),
            ('－', &[0x81, 0x7C]),
            ('−', &[0x81, 0x7C]),
            ('①', &[0x87, 0x40]),
            ('Ⅰ', &[0x87, 0x54]),
            ('㈱', &[0x87, 0x8A]),
            ('ⅰ', &[0xFA, 0x40]),
            ('﨑', &[0xFA, 0xB1]),
            ('髙', &[0xFB, 0xFC]),
            ('〓', &[0x81, 0xAC]),
            ('\u{e000}', &[0xF0, 0x40]),
            ('\u{e03f}', &[0xF0, 0x80]),
            ('\u{e757}', &[0xF9, 0xFC]),
        ] {
            assert_eq!(bytes(c).as_deref(), Some(expected), "{c}");
        }
        for missing in ['𠮷', '丂', '\u{80}', '\u{e758}', '\u{e0100}', 'é'] {
            assert_eq!(bytes(missing), None, "{missing}");
        }
    }

    #[test]
    fn bytes_are_read_character_by_character() {
        let written: Vec<u8> = "A山ｱ\u{e000}".chars().flat_map(|c| bytes(c).unwrap()).collect();
        let (mut at, mut read) = (0, Vec::new());
        while let Some((character, length)) = first(&written[at..]) {
            read.push((character, length));
            at += length;
        }
        assert_eq!(read, [('A', 1), ('山', 2), ('ｱ', 1), ('\u{e000}', 2)]);
        assert_eq!(at, written.len());
        // Half a character, and none.
        assert_eq!((first(&[0x8E]), first(&[0x81, 0x20])), (None, None));
    }

    #[test]
    fn what_is_written_is_read_back_as_the_twin() {
        let mut written = 0;
        for c in (0..=0xFFFF)
            .filter_map(char::from_u32)
            .filter(|c| !is_private(*c))
        {
            if let Some(bytes) = bytes(c) {
                let (read, _, broken) = SHIFT_JIS.decode(&bytes);
                assert!(!broken && read.chars().eq([twin(c)]), "{c} became {read}");
                written += 1;
            }
        }
        // ASCII 128, half-width 63, JIS X 0208 6,879, NEC row 13, IBM 388, and the twins.
        assert!((7_400..7_900).contains(&written), "{written}");
    }
}
