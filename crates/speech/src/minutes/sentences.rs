//! Sentences of a transcript: what one speaker says up to 。, across neighbouring segments.
//!
//! Promises: each has the text at the style's level, the same as written language for the rules to read, and
//! the places where it was heard. Never: a sentence out of two speakers' words.

use std::ops::Range;

use shoki_core::audio::Millis;
use shoki_core::minutes::{EvidenceSpan, TextLevel};
use shoki_core::transcript::{Segment, SpeakerId, Transcript};

use crate::levels::{self, is_end, is_mark};

/// A pause behind which another sentence begins even without a full stop.
const PAUSE: Millis = Millis(3_000);
/// A sentence without its full stop ends at the border of a segment behind this many characters.
const LONG: usize = 160;
/// What stands where somebody speaks and nothing was understood.
pub(super) const UNHEARD_JA: &str = "（聞き取れない箇所）";

/// A sentence.
pub(super) struct Sentence {
    /// As it stands in the minutes.
    pub(super) text: String,
    /// At 整文 without its end mark: what the rules read.
    pub(super) plain: String,
    /// Whether it ends as a question.
    pub(super) asks: bool,
    /// Who says it.
    pub(super) who: Option<SpeakerId>,
    /// As the screen calls the person.
    pub(super) name: Option<String>,
    /// Where it was heard.
    pub(super) evidence: Vec<EvidenceSpan>,
    /// Whether something speaks against the text it rests on.
    pub(super) doubtful: bool,
}

/// A sentence that may go on.
struct Open {
    sentence: Sentence,
    channel: u8,
    until: Millis,
}

/// All sentences in order.
pub(super) fn all(transcript: &Transcript, level: TextLevel, kept: &[&str]) -> Vec<Sentence> {
    let mut done = Vec::new();
    let mut open: Option<Open> = None;
    for segment in &transcript.segments {
        let name = segment
            .speaker
            .and_then(|id| transcript.speaker(id))
            .map(shoki_core::transcript::Speaker::shown_ja);
        let goes_on = open.as_ref().is_some_and(|open| {
            open.sentence.who == segment.speaker
                && open.channel == segment.channel
                && segment.start.0 <= open.until.0 + PAUSE.0
                && open.sentence.plain.chars().count() < LONG
        });
        if segment.tokens.is_empty() {
            if !segment.doubts.is_empty() {
                close(&mut open, &mut done);
                done.push(unheard(segment, name));
            }
            continue;
        }
        let shown = levels::protecting(level, segment, kept);
        let plain = levels::protecting(TextLevel::Edited, segment, kept);
        let chars = levels::timed(segment, &plain);
        // A murmur that was cleaned away does not part another's sentence.
        if chars.is_empty() && level != TextLevel::Verbatim {
            continue;
        }
        if !goes_on {
            close(&mut open, &mut done);
        }
        let heard = segment
            .tokens
            .iter()
            .map(|token| token.text.chars().count())
            .sum();
        for stretch in stretches(&chars, heard) {
            let own = open.get_or_insert_with(|| Open {
                sentence: Sentence {
                    text: String::new(),
                    plain: String::new(),
                    asks: false,
                    who: segment.speaker,
                    name: name.clone(),
                    evidence: Vec::new(),
                    doubtful: false,
                },
                channel: segment.channel,
                until: segment.end,
            });
            let sentence = &mut own.sentence;
            sentence
                .text
                .push_str(&levels::slice(&shown, stretch.heard.clone()));
            sentence.plain.push_str(&stretch.plain);
            sentence.doubtful |= !segment.doubts.is_empty();
            sentence.evidence.extend(place(segment, stretch.heard));
            own.until = segment.end;
            if stretch.ends {
                close(&mut open, &mut done);
            }
        }
    }
    close(&mut open, &mut done);
    done
}

fn close(open: &mut Option<Open>, done: &mut Vec<Sentence>) {
    let Some(Open { mut sentence, .. }) = open.take() else {
        return;
    };
    sentence.text = sentence.text.trim().to_owned();
    let marked = sentence.plain.trim_end().ends_with(['?', '？']);
    sentence.plain = sentence.plain.trim_matches(is_mark).to_owned();
    sentence.asks = marked || super::phrases::asks(&sentence.plain);
    if !sentence.text.is_empty() {
        done.push(sentence);
    }
}

fn unheard(segment: &Segment, name: Option<String>) -> Sentence {
    Sentence {
        text: UNHEARD_JA.to_owned(),
        plain: String::new(),
        asks: false,
        who: segment.speaker,
        name,
        evidence: vec![EvidenceSpan {
            segment: segment.id,
            start: segment.start,
            end: segment.end,
        }],
        doubtful: true,
    }
}

/// A part of a segment that belongs to one sentence.
struct Stretch {
    plain: String,
    /// Characters of the segment's text.
    heard: Range<usize>,
    /// Whether the sentence ends with it.
    ends: bool,
}

/// The parts of a segment. Together they hold all of what was heard.
fn stretches(chars: &[levels::TimedChar], heard: usize) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::new();
    let mut plain = String::new();
    let mut from = 0;
    for (at, one) in chars.iter().enumerate() {
        plain.push(one.c);
        let next = chars.get(at + 1);
        // A closing bracket belongs to what it closes.
        let ends = is_end(one.c)
            && next.is_none_or(|next| !is_end(next.c) && !matches!(next.c, '」' | '』' | '）' | ')'));
        if ends || next.is_none() {
            let to = next.map_or(heard, |next| next.heard);
            found.push(Stretch {
                plain: std::mem::take(&mut plain),
                heard: from..to,
                ends,
            });
            from = to;
        }
    }
    if found.is_empty() && heard > 0 {
        // Everything was taken out of it at 整文; at another level it may stand.
        found.push(Stretch {
            plain,
            heard: 0..heard,
            ends: true,
        });
    }
    found
}

/// Where these characters of a segment were heard.
fn place(segment: &Segment, heard: Range<usize>) -> Option<EvidenceSpan> {
    let mut at = 0;
    let mut own = segment.tokens.iter().filter(|token| {
        let size = token.text.chars().count();
        let overlaps = at < heard.end && heard.start < at + size;
        at += size;
        overlaps
    });
    let first = own.next()?;
    let last = own.last().unwrap_or(first);
    Some(EvidenceSpan {
        segment: segment.id,
        start: first.start,
        end: last.end.max(first.start),
    })
}
