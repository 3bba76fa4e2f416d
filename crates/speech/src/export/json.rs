//! A transcript as JSON: seconds as numbers with three decimals, words as they were heard.
//!
//! `words` are runs of one kind of character (kanji, katakana, hiragana, digits and letters; a mark belongs to
//! what it follows): without a dictionary no word border is certain, and these are where a player may jump.
//! They never tear a token. Promise: `text` stands at the level asked for, `words` always as heard.

use serde::Serialize;
use shoki_core::audio::Millis;
use shoki_core::audio_report::AudioReport;
use shoki_core::minutes::TextLevel;
use shoki_core::transcript::{Doubt, Segment, Token, Transcript};

use super::speaker_ja;
use crate::levels;
use crate::levels::{is_hiragana, is_kanji, is_katakana, is_mark};

#[derive(Serialize)]
struct Whole<'a> {
    level: TextLevel,
    version: u64,
    finished: bool,
    speakers: Vec<Person>,
    segments: Vec<Stretch<'a>>,
    audio: Audio<'a>,
}

#[derive(Serialize)]
struct Person {
    id: String,
    name: String,
    spoken: f64,
}

#[derive(Serialize)]
struct Stretch<'a> {
    id: u64,
    start: f64,
    end: f64,
    channel: u8,
    speaker: Option<String>,
    name: String,
    text: String,
    words: Vec<Word>,
    flags: Vec<Flag<'a>>,
}

#[derive(Serialize)]
struct Word {
    start: f64,
    end: f64,
    text: String,
    p: f64,
}

/// What speaks against a text, or that more than one speaks.
#[derive(Serialize)]
#[serde(untagged)]
enum Flag<'a> {
    Doubt(&'a Doubt),
    Overlap(&'static str),
}

#[derive(Serialize)]
struct Audio<'a> {
    duration: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<&'a AudioReport>,
}

/// A transcript as JSON; `kept` are words that stay as they are at every level.
///
/// # Errors
/// When the report holds what JSON cannot.
pub fn json(
    transcript: &Transcript,
    level: TextLevel,
    kept: &[&str],
    duration: Millis,
    report: Option<&AudioReport>,
) -> serde_json::Result<String> {
    let person = |speaker: &shoki_core::transcript::Speaker| Person {
        id: speaker.id.to_string(),
        name: speaker.shown_ja(),
        spoken: speaker.spoken.seconds(),
    };
    let stretch = |segment| stretch(transcript, segment, level, kept);
    serde_json::to_string_pretty(&Whole {
        level,
        version: transcript.version,
        finished: transcript.finished,
        speakers: transcript.speakers.iter().map(person).collect(),
        segments: transcript.segments.iter().map(stretch).collect(),
        audio: Audio {
            duration: duration.seconds(),
            report,
        },
    })
}

fn stretch<'a>(
    transcript: &Transcript,
    segment: &'a Segment,
    level: TextLevel,
    kept: &[&str],
) -> Stretch<'a> {
    let overlap = segment.overlap.then_some(Flag::Overlap("overlap"));
    Stretch {
        id: segment.id.0,
        start: segment.start.seconds(),
        end: segment.end.seconds(),
        channel: segment.channel,
        speaker: segment.speaker.map(|id| id.to_string()),
        name: speaker_ja(transcript, segment),
        text: levels::protecting(level, segment, kept).text(),
        words: words(&segment.tokens),
        flags: segment.doubts.iter().map(Flag::Doubt).chain(overlap).collect(),
    }
}

/// Kinds of character; a mark has none of its own.
fn kind(c: char) -> u8 {
    match c {
        _ if is_kanji(c) => 0,
        _ if is_katakana(c) => 1,
        _ if is_hiragana(c) => 2,
        _ => 3,
    }
}

fn words(tokens: &[Token]) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut last = None;
    for token in tokens {
        let first = token.text.chars().next();
        let mark = first.is_none_or(is_mark);
        let own = first.map(kind);
        match words.last_mut() {
            // A mark belongs to what it follows, and ends it.
            Some(word) if mark || last == own => {
                word.end = token.end.seconds();
                word.text.push_str(&token.text);
                word.p = word.p.min(probability(token));
            }
            _ => words.push(Word {
                start: token.start.seconds(),
                end: token.end.seconds(),
                text: token.text.clone(),
                p: probability(token),
            }),
        }
        let end = token.text.chars().next_back();
        last = if mark { None } else { end.map(kind) };
    }
    words
}

/// With three decimals.
fn probability(token: &Token) -> f64 {
    (f64::from(token.probability) * 1000.0).round() / 1000.0
}
