//! Meetings written as the sample recording's truth, as transcripts; the shipped 様式. Used by the unit tests
//! of `minutes` too.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use shoki_core::audio::Millis;
use shoki_core::meeting::MinutesOptions;
use shoki_core::minutes_style::MinutesStyle;
use shoki_core::transcript::{Doubt, Segment, SegmentId, Speaker, SpeakerId, Token, Transcript};

/// A meeting.
#[derive(Deserialize)]
pub(crate) struct Said {
    pub(crate) title: String,
    pub(crate) seconds: f64,
    pub(crate) speakers: Vec<Person>,
    pub(crate) segments: Vec<Turn>,
}

/// One who speaks.
#[derive(Deserialize)]
pub(crate) struct Person {
    pub(crate) speaker: SpeakerId,
    pub(crate) role: String,
}

/// What one says.
#[derive(Deserialize)]
pub(crate) struct Turn {
    pub(crate) start: f64,
    pub(crate) end: f64,
    pub(crate) speaker: SpeakerId,
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) doubts: Vec<Doubt>,
}

/// A path in the repository.
pub(crate) fn place(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// A shipped 様式.
pub(crate) fn style(id: &str) -> MinutesStyle {
    let text = std::fs::read_to_string(place(&format!("pipelines/minutes/{id}.toml"))).unwrap();
    let style = MinutesStyle::parse(&text).unwrap();
    assert_eq!(style.id, id);
    style
}

impl Said {
    /// The meeting in this file.
    pub(crate) fn read(path: &str) -> Self {
        serde_json::from_str(&std::fs::read_to_string(place(path)).unwrap()).unwrap()
    }

    /// How long it took.
    pub(crate) fn duration(&self) -> Millis {
        Millis::from_seconds(self.seconds)
    }

    /// What a desk would say about it.
    pub(crate) fn options(&self) -> MinutesOptions {
        MinutesOptions {
            title: Some(self.title.clone()),
            held_on: Some(jiff::civil::date(2026, 11, 24)),
            place: Some("第1会議室".to_owned()),
            attendees: self.speakers.iter().map(|person| person.role.clone()).collect(),
            ..MinutesOptions::default()
        }
    }

    /// Who said what.
    pub(crate) fn transcript(&self) -> Transcript {
        let person = |person: &Person| Speaker {
            id: person.speaker,
            name: Some(person.role.clone()),
            spoken: Millis(0),
        };
        Transcript {
            speakers: self.speakers.iter().map(person).collect(),
            segments: self.segments.iter().zip(1..).map(segment).collect(),
            version: 0,
            finished: false,
        }
    }
}

/// One token a character, evenly.
fn segment((turn, id): (&Turn, u64)) -> Segment {
    let (start, end) = (Millis::from_seconds(turn.start), Millis::from_seconds(turn.end));
    let count = turn.text.chars().count() as u64;
    let time = |part: u64| Millis(start.0 + (end.0 - start.0) * part / count.max(1));
    let tokens = turn.text.chars().zip(0..).map(|(c, at)| Token {
        text: c.to_string(),
        start: time(at),
        end: time(at + 1),
        probability: 0.9,
    });
    Segment {
        id: SegmentId(id),
        channel: 0,
        start,
        end,
        speaker: Some(turn.speaker),
        tokens: tokens.collect(),
        doubts: turn.doubts.clone(),
        overlap: false,
        replacements: Vec::new(),
        withheld: None,
        version: 0,
    }
}
