//! Captions as values: what stands on the screen from when to when.
//!
//! Promises: at most two lines of 20 full-width characters; a cue is cut behind 。, else behind 、, else at the
//! border of a phrase, else anywhere; it begins and ends with its sound, is stretched to a second where its
//! speaker says nothing else, and ends after seven; two cues of one speaker never overlap.

use shoki_core::audio::Millis;
use shoki_core::minutes::TextLevel;
use shoki_core::transcript::{Segment, SpeakerId, Transcript};

use super::{printable, speaker_ja};
use crate::levels::{self, TimedChar, is_comma, is_end, is_hiragana, is_kanji, is_katakana};

/// Half-width columns of a line.
const LINE: usize = 40;
/// Lines of a cue.
const LINES: usize = 2;
/// The shortest cue.
const SHORTEST: Millis = Millis(1_000);
/// The longest cue.
const LONGEST: Millis = Millis(7_000);

/// A caption.
pub(super) struct Cue {
    pub(super) start: Millis,
    pub(super) end: Millis,
    pub(super) speaker: Option<SpeakerId>,
    pub(super) name: String,
    /// Whether the name is to be shown: another spoke before.
    pub(super) turns: bool,
    pub(super) lines: Vec<String>,
}

/// The captions of a transcript, by beginning.
/// With `named`, the first of a turn leaves a line free for the name.
pub(super) fn cues(transcript: &Transcript, level: TextLevel, kept: &[&str], named: bool) -> Vec<Cue> {
    let mut cues: Vec<Cue> = Vec::new();
    let mut last = None;
    for segment in &transcript.segments {
        let name = speaker_ja(transcript, segment);
        let mut rest = &shown(segment, level, kept)[..];
        while !rest.is_empty() {
            let turns = segment.speaker.is_some() && last != Some(segment.speaker);
            let size = take(rest, if turns && named { 1 } else { LINES });
            let (own, behind) = rest.split_at(size);
            rest = behind;
            if own.iter().all(|one| one.c.is_whitespace()) {
                continue;
            }
            cues.push(Cue {
                start: own[0].start,
                end: own[size - 1].end.max(own[0].start),
                speaker: segment.speaker,
                name: name.clone(),
                turns,
                lines: lines(own),
            });
            last = Some(segment.speaker);
        }
    }
    cues.sort_by_key(|cue| cue.start);
    fit_times(&mut cues);
    cues
}

/// The characters of a segment at a level, without those that no format can hold.
fn shown(segment: &Segment, level: TextLevel, kept: &[&str]) -> Vec<TimedChar> {
    let leveled = levels::protecting(level, segment, kept);
    let mut shown = Vec::new();
    for one in levels::timed(segment, &leveled) {
        let printed = printable(one.c.encode_utf8(&mut [0; 4]));
        shown.extend(printed.chars().map(|c| TimedChar { c, ..one }));
    }
    shown
}

/// Columns of a character.
pub(super) fn width(c: char) -> usize {
    if c.is_ascii() || matches!(c, '\u{ff61}'..='\u{ff9f}') {
        1
    } else {
        2
    }
}

/// How good a place behind this character is for a cut: 3 behind a sentence, 2 behind a comma, 1 at the border
/// of a phrase, 0 elsewhere, none where the next mark would begin a line.
fn border(text: &[TimedChar], at: usize) -> Option<u8> {
    let c = text[at].c;
    let next = text.get(at + 1).map(|one| one.c)?;
    if "、。，．,.?!？！」』）)ーっゃゅょぁぃぅぇぉッャュョァィゥェォ％々".contains(next)
    {
        return None;
    }
    Some(match c {
        _ if is_end(c) => 3,
        _ if is_comma(c) || c == '\u{3000}' => 2,
        _ if is_hiragana(c) && (is_kanji(next) || is_katakana(next) || next.is_ascii_alphanumeric()) => 1,
        _ if c.is_ascii_alphanumeric() && next.is_ascii_alphanumeric() => return None,
        _ => 0,
    })
}

/// The best place for a cut among the first `most` characters: the number of characters before it.
fn best_cut(text: &[TimedChar], most: usize) -> usize {
    if text.len() <= most {
        return text.len();
    }
    let least = most / 3;
    let found = (0..most)
        .filter_map(|at| border(text, at).map(|quality| (at, quality)))
        .filter(|(at, quality)| *at >= least || *quality == 3)
        .max_by_key(|&(at, quality)| (quality, at));
    found.map_or(most, |(at, _)| at + 1)
}

/// Characters that fill a number of columns.
fn fitting(text: &[TimedChar], columns: usize) -> usize {
    let mut used = 0;
    text.iter()
        .take_while(|one| {
            used += width(one.c);
            used <= columns
        })
        .count()
        .max(1)
}

/// How many characters go into the next cue.
fn take(text: &[TimedChar], most: usize) -> usize {
    let begins = text[0].start;
    let in_time = text
        .iter()
        .take_while(|one| one.end.0 <= begins.0 + LONGEST.0)
        .count()
        .max(1);
    let first = best_cut(&text[..text.len()], fitting(text, LINE).min(in_time));
    if first == text.len() || first >= in_time || border(text, first - 1) == Some(3) {
        return first;
    }
    let mut total = first;
    for _ in 1..most {
        let rest = &text[total..];
        total += best_cut(rest, fitting(rest, LINE).min(in_time - total).max(1));
        if total >= in_time || total == text.len() {
            break;
        }
    }
    total.min(in_time)
}

/// The lines of a cue.
fn lines(text: &[TimedChar]) -> Vec<String> {
    let line =
        |text: &[TimedChar]| -> String { text.iter().map(|one| one.c).collect::<String>().trim().to_owned() };
    let room = fitting(text, LINE);
    if room >= text.len() {
        return vec![line(text)];
    }
    let cut = best_cut(text, room);
    // The second line takes what is left; what does not fit there is no better in a third.
    let cut = if text[cut..].iter().map(|one| width(one.c)).sum::<usize>() > LINE {
        room
    } else {
        cut
    };
    vec![line(&text[..cut]), line(&text[cut..])]
}

/// Stretches short cues, ends long ones, and keeps those of one speaker apart.
fn fit_times(cues: &mut [Cue]) {
    for at in 0..cues.len() {
        let (own, later) = cues[at..].split_at_mut(1);
        let cue = &mut own[0];
        let wanted = cue.end.max(Millis(cue.start.0 + SHORTEST.0));
        cue.end = wanted.min(Millis(cue.start.0 + LONGEST.0));
        let next = later.iter_mut().find(|next| next.speaker == cue.speaker);
        if let Some(next) = next
            && next.start < cue.end
        {
            // Two that begin together follow each other.
            next.start = next.start.max(Millis(cue.start.0 + 1));
            next.end = next.end.max(next.start);
            cue.end = cue.end.min(next.start);
        }
    }
}
