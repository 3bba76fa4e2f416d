//! When each character of a text at a level is heard, and what stands at a level for a stretch of what was heard.
//!
//! Promise: a character that was heard has its token's time, or its part of it; what a rule wrote shares the
//! time of what was heard there.

use std::ops::Range;

use shoki_core::audio::Millis;
use shoki_core::minutes::LeveledText;
use shoki_core::transcript::Segment;

/// A character of a text at a level.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimedChar {
    /// The character.
    pub(crate) c: char,
    /// When it begins.
    pub(crate) start: Millis,
    /// When it ends.
    pub(crate) end: Millis,
    /// The character of the segment's text that it comes from, or stands before.
    pub(crate) heard: usize,
}

/// The characters of a segment at a level.
pub(crate) fn timed(segment: &Segment, leveled: &LeveledText) -> Vec<TimedChar> {
    let mut heard = Vec::new();
    for token in &segment.tokens {
        spread(&token.text, token.start, token.end, heard.len(), true, &mut heard);
    }
    let mut out: Vec<TimedChar> = Vec::new();
    let mut at = 0;
    for piece in &leveled.pieces {
        let size = piece.heard().chars().count();
        let own = &heard[at..at + size];
        if piece.change.is_none() {
            out.extend_from_slice(own);
        } else {
            let before = out.last().map_or(segment.start, |one| one.end);
            let start = own.first().map_or(before, |one| one.start);
            let end = own.last().map_or(start, |one| one.end);
            spread(&piece.text, start, end, at, false, &mut out);
        }
        at += size;
    }
    out
}

/// Characters evenly over a stretch; `counted` where each is a heard one.
fn spread(text: &str, start: Millis, end: Millis, first: usize, counted: bool, out: &mut Vec<TimedChar>) {
    let count = text.chars().count() as u64;
    let length = end.0.saturating_sub(start.0);
    let time = |part: u64| Millis(start.0 + length * part / count.max(1));
    out.extend(
        text.chars()
            .zip(0..)
            .enumerate()
            .map(|(at, (c, part))| TimedChar {
                c,
                start: time(part),
                end: time(part + 1),
                heard: if counted { first + at } else { first },
            }),
    );
}

/// What stands at a level for these characters of the segment's text.
pub(crate) fn slice(leveled: &LeveledText, range: Range<usize>) -> String {
    let mut out = String::new();
    let mut at = 0;
    for piece in &leveled.pieces {
        let size = piece.heard().chars().count();
        let own = at..at + size;
        at = own.end;
        if piece.change.is_none() {
            let from = range.start.clamp(own.start, own.end) - own.start;
            let to = range.end.clamp(own.start, own.end) - own.start;
            out.extend(piece.text.chars().skip(from).take(to - from));
        } else if size == 0 {
            // Added behind what it follows.
            if range.start < own.start && own.start <= range.end {
                out.push_str(&piece.text);
            }
        } else if range.contains(&own.start) {
            out.push_str(&piece.text);
        }
    }
    out
}
