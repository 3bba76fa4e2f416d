//! Writing struck out by hand: found by its line, taken out, and told to a person.
//!
//! A strike is two nearly level lines (二重線, the way offices ask for) through a component of writing from
//! end to end, alone in some columns: before, between or behind the characters. One line is too like characters
//! that touch, and so are two that never leave them. What is written beside it is the
//! correction and is read; the field is never 確実 then.

use std::ops::Range;

use crate::bitmap::{Bitmap, Component};

/// Least length of a strike over the height of the writing: about two characters.
const LENGTH: f32 = 1.3;
/// Shortest strike, pixels (6 mm).
const LEAST_LENGTH: usize = 48;
/// Share of a component's columns that each line covers.
const SPAN: f32 = 0.95;
/// Share of a component's columns in which there are the two lines and nothing else.
const ALONE: f32 = 0.03;
/// Thickness of a pen's line, pixels.
const BAND: usize = 4;
/// Slopes tried, rows per column.
const SLOPES: [f32; 7] = [0.0, 0.02, -0.02, 0.04, -0.04, 0.06, -0.06];

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
    if wide < LEAST_LENGTH || (wide as f32) < LENGTH * height as f32 || tall < 4 * BAND {
        return false;
    }
    let is_own = |x: usize, y: i64| {
        usize::try_from(y).is_ok_and(|y| y < ink.height && labels[y * ink.width + x] == label)
    };
    SLOPES.iter().any(|slope| {
        let runs = |top: usize| {
            let filled = (part.left..part.right)
                .filter(|&x| {
                    let line = top as f32 + slope * (x as f32 - part.left as f32 - wide as f32 / 2.0);
                    let line = line.round() as i64;
                    (line..line + BAND as i64).any(|y| is_own(x, y))
                })
                .count();
            filled as f32 >= SPAN * wide as f32
        };
        // Inside of the writing: a line under it is no strike.
        let rows = part.top + tall / 6..part.bottom - tall / 6;
        let lines: Vec<usize> = rows.filter(|&top| runs(top)).collect();
        let (Some(&upper), Some(&lower)) = (lines.first(), lines.last()) else {
            return false;
        };
        lower - upper > BAND && leave_the_writing(&is_own, part, *slope, (upper, lower))
    })
}

/// Whether two lines of a slope are alone in some columns of a component.
fn leave_the_writing(
    is_own: &impl Fn(usize, i64) -> bool,
    part: &Component,
    slope: f32,
    (upper, lower): (usize, usize),
) -> bool {
    let wide = part.right - part.left;
    let alone = (part.left..part.right).filter(|&x| {
        let off = slope * (x as f32 - part.left as f32 - wide as f32 / 2.0);
        let band = |top: usize| {
            let top = (top as f32 + off).round() as i64;
            top - 2..top + BAND as i64 + 2
        };
        let (above, below) = (band(upper), band(lower));
        let mut rows = part.top as i64..part.bottom as i64;
        let has = |band: &Range<i64>| band.clone().any(|y| is_own(x, y));
        has(&above) && has(&below) && rows.all(|y| above.contains(&y) || below.contains(&y) || !is_own(x, y))
    });
    alone.count() as f32 >= ALONE * wide as f32
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
                set(x, bar_row + 9 + w);
            }
        }
        ink
    }

    #[test]
    fn what_is_struck_goes_and_the_rest_stays() {
        let ink = written(Some(12..125), 34);
        let gone = struck(&ink).unwrap();
        let rest = ink.without(&gone);
        assert_eq!(rest.components().1.len(), 2);
        assert!(rest.components().1.iter().all(|part| part.left >= 130));
    }

    #[test]
    fn plain_writing_and_an_underline_are_not_struck() {
        assert!(struck(&written(None, 0)).is_none());
        assert!(struck(&written(Some(12..125), 61)).is_none());
    }

    #[test]
    fn a_long_vowel_is_no_strike() {
        let mut ink = Bitmap::empty(120, 40);
        ink.data[20 * 120 + 10..20 * 120 + 100].fill(1);
        assert!(struck(&ink).is_none());
    }
}
