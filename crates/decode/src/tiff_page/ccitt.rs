//! The fax codes of ITU-T T.4 (one- and two-dimensional) and T.6, with the code tables of the `fax`
//! crate. Written here because its decoders forgive: they end a row anywhere and fill up what is
//! missing with white, while a page of ours is either complete or corrupt.

use fax::maps::{Mode, black, mode, white};
use fax::{BitReader, Bits};

use crate::failure::{Decoded, Failure};

/// Zero bits after which only an end-of-line code can follow: no other code starts with eight.
const EOL_ZEROS: u8 = 11;
/// Longest fill before an end-of-line that is accepted, bits; transmission time padding has an end.
const MAX_FILL_BITS: usize = 1 << 16;

/// How rows follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    /// TIFF compression 2: one-dimensional rows, each on a byte boundary, without end-of-line codes.
    HuffmanRle,
    /// TIFF compression 3: T.4; two-dimensional when the first bit of `T4Options` is set.
    Group3 {
        /// Whether each end-of-line is followed by a bit that tells the kind of row.
        is_two_dimensional: bool,
    },
    /// TIFF compression 4: T.6.
    Group4,
}

/// Decodes `height` rows of `width` pixels; `row` gets the places where the colour changes, rising,
/// white first, all below `width`.
pub(super) fn decode(
    scheme: Scheme,
    data: &[u8],
    (width, height): (u32, u32),
    mut row: impl FnMut(&[u32]),
) -> Decoded<()> {
    let mut bits = BitSlice { data, position: 0 };
    let mut reference: Vec<u32> = Vec::new();
    for _ in 0..height {
        let current = match scheme {
            Scheme::Group4 => two_dimensional(&mut bits, &reference, width),
            Scheme::HuffmanRle => {
                bits.align();
                one_dimensional(&mut bits, width)
            }
            Scheme::Group3 { is_two_dimensional } => {
                let has_tag = bits.skip_end_of_line() && is_two_dimensional;
                let is_vertical = has_tag && bits.take_bit() == Some(0);
                if is_vertical {
                    two_dimensional(&mut bits, &reference, width)
                } else {
                    one_dimensional(&mut bits, width)
                }
            }
        };
        reference = current
            .filter(|_| bits.position <= data.len() * 8)
            .ok_or(Failure::page("the fax code breaks"))?;
        row(&reference);
    }
    Ok(())
}

/// One row of runs (T.4, 4.1).
fn one_dimensional(bits: &mut BitSlice<'_>, width: u32) -> Option<Vec<u32>> {
    let mut changes = Vec::new();
    let mut place = 0;
    let mut is_white = true;
    while place < width {
        place = run(bits, is_white, place, width)?;
        is_white = !is_white;
        push_change(&mut changes, place, width);
    }
    Some(changes)
}

/// One row coded against the row above it (T.4, 4.2; T.6, 2.2).
fn two_dimensional(bits: &mut BitSlice<'_>, reference: &[u32], width: u32) -> Option<Vec<u32>> {
    let mut changes = Vec::new();
    // `a0`: the pixel before the row at first, so that a change at pixel 0 of the reference counts.
    let mut place: Option<u32> = None;
    let mut is_white = true;
    while place.unwrap_or(0) < width {
        let (b1, b2) = reference_changes(reference, place, is_white, width);
        match mode::decode(bits)? {
            Mode::Pass => place = Some(b2),
            Mode::Vertical(delta) => {
                let target = b1
                    .checked_add_signed(i32::from(delta))
                    .filter(|&target| target <= width)?;
                if target < place.unwrap_or(0) || (place == Some(target) && target < width) {
                    return None;
                }
                push_change(&mut changes, target, width);
                is_white = !is_white;
                place = Some(target);
            }
            Mode::Horizontal => {
                let first = run(bits, is_white, place.unwrap_or(0), width)?;
                let second = run(bits, !is_white, first, width)?;
                push_change(&mut changes, first, width);
                push_change(&mut changes, second, width);
                place = Some(second);
            }
            Mode::Extension | Mode::EOF => return None,
        }
    }
    Some(changes)
}

/// The first change on the reference row right of `place` and of the opposite colour, and the next.
fn reference_changes(reference: &[u32], place: Option<u32>, is_white: bool, width: u32) -> (u32, u32) {
    let from = place.map_or(0, |place| reference.partition_point(|&change| change <= place));
    // Changes at even indices go from white to black.
    let first = from + usize::from(from.is_multiple_of(2) != is_white);
    let at = |index: usize| reference.get(index).copied().unwrap_or(width);
    (at(first), at(first + 1))
}

/// Where a run that starts at `place` ends; `None` when it leaves the row or is no code.
fn run(bits: &mut BitSlice<'_>, is_white: bool, mut place: u32, width: u32) -> Option<u32> {
    loop {
        let length = if is_white {
            white::decode(bits)?
        } else {
            black::decode(bits)?
        };
        place = place.checked_add(u32::from(length)).filter(|&end| end <= width)?;
        if length < 64 {
            return Some(place);
        }
    }
}

/// Notes a change of colour. Two changes at one place (a run of length 0) undo each other.
fn push_change(changes: &mut Vec<u32>, place: u32, width: u32) {
    if place >= width {
        return;
    }
    if changes.last() == Some(&place) {
        changes.pop();
    } else {
        changes.push(place);
    }
}

/// Bits of a strip, most significant first; beyond the end come zeros, of which no code consists.
struct BitSlice<'a> {
    data: &'a [u8],
    /// Bits.
    position: usize,
}

impl BitSlice<'_> {
    fn align(&mut self) {
        self.position = self.position.next_multiple_of(8);
    }

    fn take_bit(&mut self) -> Option<u16> {
        let bit = self.peek(1);
        self.position += 1;
        bit
    }

    /// Skips fill and an end-of-line if they are next; says whether there was one.
    fn skip_end_of_line(&mut self) -> bool {
        if self.peek(EOL_ZEROS) != Some(0) {
            return false;
        }
        let limit = self.data.len() * 8;
        let end = (self.position + usize::from(EOL_ZEROS)..limit.min(self.position + MAX_FILL_BITS))
            .find(|place| self.data[place / 8] >> (7 - place % 8) & 1 == 1);
        if let Some(end) = end {
            self.position = end + 1;
        }
        end.is_some()
    }
}

impl BitReader for BitSlice<'_> {
    type Error = std::convert::Infallible;

    fn peek(&self, bits: u8) -> Option<u16> {
        let first = self.position / 8;
        let window = (first..first + 4).fold(0_u32, |sum, at| {
            sum << 8 | u32::from(self.data.get(at).copied().unwrap_or(0))
        });
        let shifted = window << (self.position % 8) >> (32 - u32::from(bits.max(1)));
        u16::try_from(shifted).ok()
    }

    fn consume(&mut self, bits: u8) -> Result<(), Self::Error> {
        self.position += usize::from(bits);
        Ok(())
    }

    fn expect(&mut self, bits: Bits) -> Result<(), Option<Bits>> {
        match self.peek(bits.len) {
            Some(data) if data == bits.data => Ok(()),
            Some(data) => Err(Some(Bits { data, len: bits.len })),
            None => Err(None),
        }
    }

    fn bits_to_byte_boundary(&self) -> u8 {
        u8::try_from((8 - self.position % 8) % 8).expect("below eight")
    }
}
