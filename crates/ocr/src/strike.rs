//! Writing struck out by hand: found by its line, taken out, and told to a person.
//!
//! A strike is a nearly level stroke that runs through a component of writing from end to end. What is
//! written beside it is the correction and is read; the field is never 確実 then.

use std::ops::Range;

use crate::bitmap::{Bitmap, Component};

/// Least length of a strike over the height of the writing: two characters.
const LENGTH: f32 = 1.3;
/// Shortest strike, pixels (6 mm).
const LEAST_LENGTH: usize = 48;
/// A lone stroke (一, ー, an underline) is flatter than this share of its length.
const FLAT: f32 = 0.22;
/// Share of a component's width that its line spans.
const SPAN: f32 = 0.85;
/// Rows within which a level stroke stays, pixels: its thickness and 2° over 60 mm.
const BAND: usize = 7;

/// The struck out part of a field's ink: everything in the columns of a strike. `None` without one.
pub(crate) fn struck(ink: &Bitmap) -> Option<Bitmap> {
    let (labels, parts) = ink.components();
    let height = parts.iter().map(|part| part.bottom - part.top).max().unwrap_or(0);
    let columns: Vec<Range<usize>> = (1..)
        .zip(&parts)
        .filter(|(label, part)| is_struck(ink, &labels, *label, part, height))
        .map(|(_, part)| part.left..part.right)
        .collect();
    if columns.is_empty() {
        return None;
    }
    let mut out = Bitmap::empty(ink.width, ink.height);
    for part in (1..).zip(&parts) {
        let (label, part) = part;
        let middle = usize::midpoint(part.left, part.right);
        if columns.iter().any(|columns| columns.contains(&middle)) {
            for y in part.top..part.bottom {
                for x in part.left..part.right {
                    let at = y * ink.width + x;
                    out.data[at] |= u8::from(labels[at] == label);
                }
            }
        }
    }
    Some(out)
}

fn is_struck(ink: &Bitmap, labels: &[u32], label: u32, part: &Component, height: usize) -> bool {
    let (wide, tall) = (part.right - part.left, part.bottom - part.top);
    if wide < LEAST_LENGTH
        || (wide as f32) < LENGTH * height as f32
        || (tall as f32) < FLAT * height as f32 * 2.0
    {
        return false;
    }
    // Columns in which the component has ink, band by band; a strike fills one band from end to end.
    (part.top..part.bottom.saturating_sub(BAND).max(part.top + 1)).any(|top| {
        let filled = (part.left..part.right)
            .filter(|&x| (top..(top + BAND).min(part.bottom)).any(|y| labels[y * ink.width + x] == label))
            .count();
        filled as f32 >= SPAN * wide as f32 && through(ink, labels, label, part, top)
    })
}

/// Whether much of the component lies above and below the band: a line under writing is no strike.
fn through(ink: &Bitmap, labels: &[u32], label: u32, part: &Component, top: usize) -> bool {
    let count = |rows: Range<usize>| {
        rows.flat_map(|y| (part.left..part.right).map(move |x| y * ink.width + x))
            .filter(|&at| labels[at] == label)
            .count()
    };
    let (above, below) = (
        count(part.top..top),
        count((top + BAND).min(part.bottom)..part.bottom),
    );
    above * 8 > part.area && below * 8 > part.area
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four characters of 40 pixels drawn as crossed boxes, with a bar over those in `bar`.
    fn written(bar: Option<Range<usize>>, bar_row: usize) -> Bitmap {
        let mut ink = Bitmap::empty(260, 80);
        let mut set = |x: usize, y: usize| ink.data[y * 260 + x] = 1;
        for k in 0..4 {
            let left = 20 + 55 * k;
            for t in 0..40 {
                for w in 0..3 {
                    set(left + t, 20 + w);
                    set(left + t, 57 + w);
                    set(left + w, 20 + t);
                    set(left + 38 + w, 20 + t);
                }
            }
        }
        for x in bar.unwrap_or(0..0) {
            for w in 0..3 {
                set(x, bar_row + w);
            }
        }
        ink
    }

    #[test]
    fn what_is_struck_goes_and_the_rest_stays() {
        let ink = written(Some(12..125), 40);
        let gone = struck(&ink).unwrap();
        let rest = ink.without(&gone);
        assert_eq!(rest.components().1.len(), 2);
        assert!(rest.components().1.iter().all(|part| part.left >= 130));
    }

    #[test]
    fn plain_writing_and_an_underline_are_not_struck() {
        assert!(struck(&written(None, 0)).is_none());
        assert!(struck(&written(Some(12..125), 60)).is_none());
    }

    #[test]
    fn a_long_vowel_is_no_strike() {
        let mut ink = Bitmap::empty(120, 40);
        ink.data[20 * 120 + 10..20 * 120 + 100].fill(1);
        assert!(struck(&ink).is_none());
    }
}
