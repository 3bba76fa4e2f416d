//! Meetings of the examples, as transcripts.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use shoki_core::audio::Millis;
use shoki_core::meeting::MinutesOptions;
use shoki_core::minutes::Minutes;
use shoki_core::minutes_style::MinutesStyle;
use shoki_core::transcript::{Doubt, Segment, SegmentId, Speaker, SpeakerId, Token, Transcript};

#[derive(Deserialize)]
struct Said {
    title: String,
    seconds: f64,
    speakers: Vec<Person>,
    segments: Vec<Turn>,
}

#[derive(Deserialize)]
struct Person {
    speaker: SpeakerId,
    role: String,
}

#[derive(Deserialize)]
struct Turn {
    start: f64,
    end: f64,
    speaker: SpeakerId,
    text: String,
    #[serde(default)]
    doubts: Vec<Doubt>,
}

/// The repository's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// One token a turn is enough where only the text counts.
fn segment(turn: &Turn, id: u64) -> Segment {
    let (start, end) = (Millis::from_seconds(turn.start), Millis::from_seconds(turn.end));
    Segment {
        id: SegmentId(id),
        channel: 0,
        start,
        end,
        speaker: Some(turn.speaker),
        tokens: vec![Token {
            text: turn.text.clone(),
            start,
            end,
            probability: 0.9,
        }],
        doubts: turn.doubts.clone(),
        overlap: false,
        replacements: Vec::new(),
        withheld: None,
        version: 0,
    }
}

/// The minutes of an example (a path from the root) in a shipped style.
pub(crate) fn minutes(path: &str, style: &str) -> Minutes {
    let said: Said = serde_json::from_str(&std::fs::read_to_string(root().join(path)).unwrap()).unwrap();
    let style = std::fs::read_to_string(root().join(format!("pipelines/minutes/{style}.toml"))).unwrap();
    let options = MinutesOptions {
        title: Some(said.title.clone()),
        held_on: Some(jiff::civil::date(2026, 11, 24)),
        place: Some("第1会議室".to_owned()),
        attendees: said.speakers.iter().map(|person| person.role.clone()).collect(),
        ..MinutesOptions::default()
    };
    let speaker = |person: &Person| Speaker {
        id: person.speaker,
        name: Some(person.role.clone()),
        spoken: Millis(0),
    };
    let transcript = Transcript {
        speakers: said.speakers.iter().map(speaker).collect(),
        segments: said
            .segments
            .iter()
            .zip(1..)
            .map(|(turn, id)| segment(turn, id))
            .collect(),
        version: 0,
        finished: false,
    };
    let style = MinutesStyle::parse(&style).unwrap();
    shoki_speech::minutes::compose(&transcript, &options, &style, Millis::from_seconds(said.seconds))
}
