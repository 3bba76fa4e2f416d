//! A small meeting, a desk that corrects it, and shorthands for corrections.

use std::sync::Arc;

use jiff::Timestamp;

use super::*;
use crate::audio::Millis;
use crate::transcript::{Doubt, Replacement, Segment, Speaker, Token};

pub(super) fn token(text: &str, start: u64, end: u64) -> Token {
    Token {
        text: text.to_owned(),
        start: Millis(start),
        end: Millis(end),
        probability: 0.5,
    }
}

/// A segment of a second, its tokens of a length.
pub(super) fn segment(id: u64, channel: u8, start: u64, speaker: u32, tokens: &[&str]) -> Segment {
    let length = 1000 / tokens.len().max(1) as u64;
    let tokens = (0..).zip(tokens).map(|(place, text)| {
        let begins = start + place * length;
        token(text, begins, begins + length)
    });
    Segment {
        id: SegmentId(id),
        channel,
        start: Millis(start),
        end: Millis(start + 1000),
        speaker: Some(SpeakerId(speaker)),
        tokens: tokens.collect(),
        doubts: vec![Doubt::Unsure],
        overlap: false,
        replacements: Vec::new(),
        withheld: None,
        version: 0,
    }
}

pub(super) fn meeting() -> Transcript {
    let mut replaced = segment(2, 0, 1000, 2, &["浅", "川", "の", "件", "です"]);
    replaced.replacements = vec![Replacement {
        first: 0,
        tokens: 2,
        heard: "朝川".to_owned(),
    }];
    let speaker = |id| Speaker {
        id: SpeakerId(id),
        name: None,
        spoken: Millis(0),
    };
    let mut meeting = Transcript {
        speakers: vec![speaker(1), speaker(2), speaker(3)],
        segments: vec![
            segment(1, 0, 0, 1, &["予", "算", "は", "一", "億"]),
            replaced,
            segment(3, 1, 1500, 3, &["はい"]),
            segment(4, 0, 2000, 1, &["予算", "を", "可決", "しました"]),
            segment(5, 0, 3000, 2, &[]),
        ],
        ..Transcript::default()
    };
    meeting.count_spoken();
    meeting
}

/// A transcript on which a test makes corrections.
#[derive(Clone)]
pub(super) struct Desk(pub(super) EditedTranscript);

impl Desk {
    pub(super) fn open() -> Self {
        Self(EditedTranscript::of(Arc::new(meeting()), Vec::new()).unwrap())
    }

    pub(super) fn edit(&mut self, edit: Edit) -> Result<Draft, Refusal> {
        let draft = self.0.draft(edit)?;
        let row = EditRow {
            sequence: self.0.version() + 1,
            at: Timestamp::UNIX_EPOCH,
            by: UserId::from_uuid(uuid::Uuid::nil()),
            edit: draft.edit.clone(),
            touched: draft.touched.clone(),
        };
        self.0 = self.0.with(draft.clone(), row);
        Ok(draft)
    }

    pub(super) fn undo(&mut self, sequence: u64) -> Result<Draft, Refusal> {
        self.edit(Edit::Undo { sequence })
    }

    pub(super) fn text(&self, id: u64) -> String {
        self.0.segment(SegmentId(id)).unwrap().text()
    }

    pub(super) fn rows(&self) -> Vec<EditRow> {
        self.0.rows().cloned().collect()
    }
}

pub(super) fn set_text(segment: u64, text: &str) -> Edit {
    Edit::SetText {
        segment: SegmentId(segment),
        text: text.to_owned(),
    }
}

pub(super) fn replace(from: &str, to: &str) -> Edit {
    Edit::ReplaceAll {
        from: from.to_owned(),
        to: to.to_owned(),
    }
}

pub(super) fn times(segment: &Segment) -> Vec<(&str, u64, u64)> {
    let times = segment.tokens.iter();
    times
        .map(|token| (token.text.as_str(), token.start.0, token.end.0))
        .collect()
}
