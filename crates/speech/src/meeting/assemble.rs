//! Texts of windows and turns of speakers → segments: what one person says, a sentence or a few.
//!
//! A recogniser's times are not exact, so a change of speaker is looked for where a sentence, a clause or a
//! pause ends near the turn's edge. A segment ends with a sentence, at a long pause, or when it grows long.

use std::collections::BTreeSet;

use shoki_core::audio::{Millis, SampleSpan};
use shoki_core::code::ErrorCode;
use shoki_core::transcript::{Doubt, Segment, SegmentId, Speaker, SpeakerId, Token, Transcript, WindowText};
use shoki_core::voice::{Diarization, SpeakerIndex};

use super::hear::WindowPiece;
use super::plan::Listing;
use crate::windows::{Cut, SpeechWindow};

/// How far from a turn's edge a token still belongs to it: what word times of alignment may be off.
const REACH: Millis = Millis(400);
/// A change of speaker moves to the nearest sentence end or pause within so many tokens.
const SNAP_TOKENS: usize = 4;
/// A run of tokens of one speaker shorter than this between two runs of another is an error of the edges.
const MIN_RUN: Millis = Millis(350);
/// A sentence's end ends a segment that has grown to this.
const SENTENCE_AFTER: Millis = Millis(1_500);
/// A pause this long ends a segment: another thought, or another line of a caption.
const LONG_PAUSE: Millis = Millis(900);
/// A segment longer than this ends at the next comma or pause: nobody corrects a text of a minute at once.
const LONG: Millis = Millis(20_000);
/// Nobody speaks a character in less (14 a second, see `recognise::doubt`).
const SHORTEST_CHARACTER: Millis = Millis(70);
/// Speech this long of which nothing was understood is worth listening to.
const UNHEARD: Millis = Millis(800);
/// Mean probability below which the text of a segment is doubted, where the model's manifest says nothing
/// (Whisper's log-probability of −1).
pub const UNSURE_BELOW: f32 = 0.37;

/// A transcript as it was heard.
#[derive(Clone, Debug, PartialEq)]
pub struct Assembled {
    /// Speakers and segments.
    pub transcript: Transcript,
    /// Windows that were not heard.
    pub windows_failed: u32,
}

/// Puts a recording together. `pieces` belong to the listing's windows in order; text whose mean probability
/// lies below `unsure_below` is doubted.
#[must_use]
pub fn assemble(
    listing: &Listing,
    pieces: &[Result<WindowPiece, ErrorCode>],
    diarization: &Diarization,
    unsure_below: f32,
) -> Assembled {
    let mut drafts = Vec::new();
    let mut windows_failed = 0;
    for (window, piece) in listing.windows.iter().zip(pieces) {
        match piece {
            Ok(piece) => of_window(window, &piece.text, diarization, unsure_below, &mut drafts),
            Err(_) => {
                windows_failed += 1;
                drafts.push(silent(window, vec![Doubt::Failed], None, diarization));
            }
        }
    }
    torn_beginnings(listing, &mut drafts);
    drafts.sort_by_key(|draft| (draft.start, draft.channel));
    for (number, draft) in (1..).zip(&mut drafts) {
        draft.id = SegmentId(number);
    }
    let mut transcript = Transcript {
        speakers: (1..)
            .zip(&diarization.speakers)
            .map(|(number, _)| Speaker {
                id: SpeakerId(number),
                name: None,
                spoken: Millis(0),
            })
            .collect(),
        segments: drafts,
        ..Transcript::default()
    };
    transcript.count_spoken();
    Assembled {
        transcript,
        windows_failed,
    }
}

const fn id_of(index: SpeakerIndex) -> SpeakerId {
    SpeakerId(index.0 as u32 + 1)
}

/// A segment without text: something is to be listened to.
fn silent(
    window: &SpeechWindow,
    doubts: Vec<Doubt>,
    withheld: Option<String>,
    diarization: &Diarization,
) -> Segment {
    let first = window.speech.first().map_or(window.span.start, |span| span.start);
    let last = window.speech.last().map_or(window.span.end, |span| span.end);
    let span = SampleSpan {
        start: first,
        end: last,
    };
    let spoken = diarization.speaker_of(window.channel, span, REACH);
    Segment {
        id: SegmentId(0),
        channel: window.channel,
        start: first.time(),
        end: last.time(),
        speaker: spoken.map(|spoken| id_of(spoken.speaker)),
        tokens: Vec::new(),
        doubts,
        overlap: spoken.is_some_and(|spoken| spoken.overlap),
        replacements: Vec::new(),
        withheld,
        version: 0,
    }
}

fn of_window(
    window: &SpeechWindow,
    text: &WindowText,
    diarization: &Diarization,
    unsure_below: f32,
    drafts: &mut Vec<Segment>,
) {
    if text.tokens.is_empty() {
        let speech: u64 = window.speech.iter().map(|span| span.len()).sum();
        let is_worth = SampleSpan::new(0, speech).duration() >= UNHEARD;
        if is_worth || text.withheld.is_some() {
            let doubts: BTreeSet<Doubt> = text.doubts.iter().copied().chain([Doubt::Unheard]).collect();
            let doubts = doubts.into_iter().collect();
            drafts.push(silent(window, doubts, text.withheld.clone(), diarization));
        }
        return;
    }
    let mut tokens = within_speech(window, &text.tokens);
    let fragment = fragment_of(&mut tokens);
    let speakers = speakers_of(window, &tokens, diarization);
    let ends = ends_of(window, &tokens, &speakers);
    let last = ends.len() - 1;
    let mut first = 0;
    for (number, end) in ends.into_iter().enumerate() {
        let own = &tokens[first..end];
        let span = SampleSpan {
            start: own[0].start.sample(),
            end: own[own.len() - 1].end.sample(),
        };
        let spoken = diarization.speaker_of(window.channel, span, REACH);
        let mut doubts: BTreeSet<Doubt> = text
            .doubts
            .iter()
            .copied()
            .filter(|&doubt| doubt != Doubt::Torn || number == last)
            .collect();
        if mean_probability(own) < unsure_below {
            doubts.insert(Doubt::Unsure);
        }
        drafts.push(Segment {
            id: SegmentId(0),
            channel: window.channel,
            start: own[0].start,
            end: own[own.len() - 1].end,
            speaker: speakers[first],
            tokens: own.to_vec(),
            doubts: doubts.into_iter().collect(),
            overlap: spoken.is_some_and(|spoken| spoken.overlap),
            replacements: Vec::new(),
            withheld: None,
            version: 0,
        });
        first = end;
    }
    if let (Some(fragment), Some(segment)) = (fragment, drafts.last_mut()) {
        segment.withheld = Some(fragment);
        if !segment.doubts.contains(&Doubt::Torn) {
            segment.doubts.push(Doubt::Torn);
        }
    }
}

/// Takes off a single character behind the last sentence that has less time than anybody speaks one in: recognisers
/// that know sentences which break off begin the next one in the noise behind the last.
fn fragment_of(tokens: &mut Vec<Token>) -> Option<String> {
    let first = tokens.iter().rposition(ends_sentence)? + 1;
    let rest = tokens.get(first..).filter(|rest| !rest.is_empty())?;
    let text: String = rest.iter().map(|token| token.text.as_str()).collect();
    let time = rest[rest.len() - 1].end.0.saturating_sub(rest[0].start.0);
    let is_fragment =
        text.chars().filter(|c| c.is_alphanumeric()).count() == 1 && time < SHORTEST_CHARACTER.0;
    is_fragment.then(|| {
        tokens.truncate(first);
        text
    })
}

fn mean_probability(tokens: &[Token]) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "hundreds of tokens")]
    let count = tokens.len().max(1) as f32;
    let sum: f32 = tokens.iter().map(|token| token.probability.max(1e-4).ln()).sum();
    (sum / count).exp()
}

/// Tokens that end where the speech ends in which they begin: alignment lets the last one of a sentence
/// reach to the next sentence's first.
fn within_speech(window: &SpeechWindow, tokens: &[Token]) -> Vec<Token> {
    let mut tokens = tokens.to_vec();
    for token in &mut tokens {
        let start = token.start.sample();
        let next = window.speech.partition_point(|span| span.end <= start);
        if let Some(span) = window.speech.get(next) {
            let end = if start >= span.start {
                span.end.time()
            } else {
                // In a pause: it belongs to the speech before, or to what follows.
                span.start.time().max(token.start)
            };
            token.end = token.end.min(end).max(token.start);
        }
    }
    tokens
}

/// Silence between a token's beginning and the next one's.
fn pause_after(window: &SpeechWindow, tokens: &[Token], position: usize) -> Millis {
    let Some(next) = tokens.get(position + 1) else {
        return Millis(0);
    };
    let (from, to) = (tokens[position].start.sample(), next.start.sample());
    let between = SampleSpan {
        start: from,
        end: to.max(from),
    };
    let spoken: u64 = window
        .speech
        .iter()
        .map(|span| span.intersection(between).len())
        .sum();
    SampleSpan::new(0, between.len().saturating_sub(spoken)).duration()
}

/// Whether a token holds nothing but marks.
fn is_mark(token: &Token) -> bool {
    !token.text.is_empty() && !token.text.chars().any(char::is_alphanumeric)
}

fn ends_sentence(token: &Token) -> bool {
    token.text.ends_with(['。', '?', '!', '？', '！'])
}

fn ends_clause(token: &Token) -> bool {
    ends_sentence(token) || token.text.ends_with(['、', '，', ','])
}

/// Who says each token, with edges at the ends of clauses and without runs too short to be anybody's.
fn speakers_of(window: &SpeechWindow, tokens: &[Token], diarization: &Diarization) -> Vec<Option<SpeakerId>> {
    let mut speakers: Vec<Option<SpeakerId>> = tokens
        .iter()
        .map(|token| {
            let span = SampleSpan {
                start: token.start.sample(),
                end: token.end.sample(),
            };
            let spoken = diarization.speaker_of(window.channel, span, REACH)?;
            Some(id_of(spoken.speaker))
        })
        .collect();
    for position in 1..tokens.len() {
        if is_mark(&tokens[position]) {
            speakers[position] = speakers[position - 1];
        }
    }
    let mut start = 0;
    while start < tokens.len() {
        let end = run_end(&speakers, start);
        let lasts = tokens[end - 1].end.0.saturating_sub(tokens[start].start.0);
        let around = if start > 0 {
            speakers[start - 1]
        } else {
            speakers.get(end).copied().flatten()
        };
        if (Millis(lasts) < MIN_RUN || speakers[start].is_none()) && around.is_some() {
            speakers[start..end].fill(around);
        }
        start = end;
    }
    let mut start = 0;
    loop {
        let edge = run_end(&speakers, start);
        if edge >= tokens.len() {
            return speakers;
        }
        let moved = snapped(window, tokens, edge, start);
        let (before, after) = (speakers[edge - 1], speakers[edge]);
        if moved > edge {
            let to = moved.min(run_end(&speakers, edge));
            speakers[edge..to].fill(before);
            start = to;
        } else {
            speakers[moved..edge].fill(after);
            start = edge;
        }
        if start >= tokens.len() {
            return speakers;
        }
    }
}

/// Where the run of equal speakers that holds `start` ends.
fn run_end(speakers: &[Option<SpeakerId>], start: usize) -> usize {
    let first = speakers[start];
    let rest = speakers[start..].iter().position(|&speaker| speaker != first);
    rest.map_or(speakers.len(), |length| start + length)
}

/// The place near `edge`, after `start`, where a sentence, a pause or a clause ends, in this order.
fn snapped(window: &SpeechWindow, tokens: &[Token], edge: usize, start: usize) -> usize {
    let from = edge.saturating_sub(SNAP_TOKENS).max(start + 1);
    let to = (edge + SNAP_TOKENS).min(tokens.len() - 1);
    let worth = |place: usize| {
        let before = &tokens[place - 1];
        let pause = pause_after(window, tokens, place - 1);
        if ends_sentence(before) {
            3
        } else if pause >= Millis(300) {
            2
        } else {
            u8::from(ends_clause(before))
        }
    };
    (from..=to)
        .filter(|&place| worth(place) > 0)
        .max_by_key(|&place| (worth(place), std::cmp::Reverse(place.abs_diff(edge))))
        .unwrap_or(edge)
}

/// Positions after the last token of each segment; the last one is the number of tokens.
fn ends_of(window: &SpeechWindow, tokens: &[Token], speakers: &[Option<SpeakerId>]) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut first = 0;
    for position in 0..tokens.len() {
        let next = position + 1;
        if next == tokens.len() {
            ends.push(next);
            break;
        }
        // A mark belongs to what stands before it, wherever alignment puts it.
        if is_mark(&tokens[next]) {
            continue;
        }
        let lasts = Millis(tokens[position].end.0.saturating_sub(tokens[first].start.0));
        let pause = pause_after(window, tokens, position);
        let is_end = speakers[next] != speakers[position]
            || pause >= LONG_PAUSE
            || (ends_sentence(&tokens[position]) && lasts >= SENTENCE_AFTER)
            || (lasts >= LONG && (ends_clause(&tokens[position]) || pause >= Millis(200)));
        if is_end {
            ends.push(next);
            first = next;
        }
    }
    ends
}

/// What follows a window that was cut without a pause is doubted as well.
fn torn_beginnings(listing: &Listing, drafts: &mut [Segment]) {
    for window in listing
        .windows
        .iter()
        .filter(|window| window.cut == Cut::Quietest)
    {
        let end = window.span.end.time();
        let next = drafts
            .iter_mut()
            .filter(|draft| draft.channel == window.channel && draft.start >= end && !draft.tokens.is_empty())
            .min_by_key(|draft| draft.start);
        if let Some(next) = next
            && !next.doubts.contains(&Doubt::Torn)
        {
            next.doubts.push(Doubt::Torn);
        }
    }
}

#[cfg(test)]
#[path = "assemble_tests.rs"]
mod tests;
