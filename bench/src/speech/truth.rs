//! What was said and what was heard, in one shape.
//!
//! Promise: seconds from the beginning of the recording. Never: a text as a person has corrected it.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;
use shoki_core::audio::SampleIndex;
use shoki_core::meeting::{MEETING_JSON, MeetingResult};
use shoki_core::transcript::Segment;

use super::turns::Turn;

/// Somebody says something.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Said {
    /// Beginning, seconds.
    pub start: f64,
    /// End, seconds.
    pub end: f64,
    /// Who.
    #[serde(default)]
    pub speaker: String,
    /// What.
    pub text: String,
    /// When the sound of each character of the text ends, where it has one of its own; truths only.
    #[serde(default)]
    pub ends: Vec<Option<f64>>,
}

/// The truth of a made recording, as `meetings.py` writes it.
#[derive(Clone, Debug, Deserialize)]
pub struct Truth {
    /// Length of the recording.
    pub seconds: f64,
    /// By beginning.
    pub segments: Vec<Said>,
}

impl Truth {
    /// Reads it.
    ///
    /// # Errors
    /// A file that is not there or not of `meetings.py`.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
        serde_json::from_slice(&bytes).with_context(|| path.display().to_string())
    }

    /// Who speaks when.
    #[must_use]
    pub fn turns(&self) -> Vec<Turn> {
        let turn = |said: &Said| Turn {
            start: said.start,
            end: said.end,
            speaker: said.speaker.clone(),
        };
        self.segments.iter().map(turn).collect()
    }

    /// How many speak.
    #[must_use]
    pub fn speakers(&self) -> usize {
        let all: BTreeSet<&str> = self.segments.iter().map(|said| said.speaker.as_str()).collect();
        all.len()
    }

    /// Seconds in which somebody speaks.
    #[must_use]
    pub fn spoken(&self) -> f64 {
        self.segments.iter().map(|said| said.end - said.start).sum()
    }
}

/// What Shoki heard.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// What was said.
    pub segments: Vec<Said>,
    /// Who spoke when.
    pub turns: Vec<Turn>,
    /// How many spoke.
    pub speakers: usize,
}

impl Heard {
    /// From what `shoki transcribe` left in a directory that was empty before.
    ///
    /// # Errors
    /// When there is no meeting in it.
    pub fn read(directory: &Path) -> anyhow::Result<Self> {
        let mut files: Vec<_> = std::fs::read_dir(directory)?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        files.retain(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().ends_with(MEETING_JSON))
        });
        let path = files
            .first()
            .with_context(|| format!("no {MEETING_JSON} in {}", directory.display()))?;
        let meeting: MeetingResult =
            serde_json::from_slice(&std::fs::read(path)?).with_context(|| path.display().to_string())?;
        Ok(Self::of(&meeting))
    }

    fn of(meeting: &MeetingResult) -> Self {
        let said = |segment: &Segment| Said {
            start: segment.start.seconds(),
            end: segment.end.seconds(),
            speaker: segment.speaker.map(|id| id.to_string()).unwrap_or_default(),
            text: segment.text(),
            ends: Vec::new(),
        };
        let seconds = |sample: SampleIndex| sample.time().seconds();
        let turns = meeting.diarization.turns.iter().flat_map(|turn| {
            [Some(turn.speaker), turn.second]
                .into_iter()
                .flatten()
                .map(|speaker| Turn {
                    start: seconds(turn.span.start),
                    end: seconds(turn.span.end),
                    speaker: speaker.0.to_string(),
                })
        });
        Self {
            segments: meeting.transcript.segments.iter().map(said).collect(),
            turns: turns.collect(),
            speakers: meeting.diarization.speakers.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_truth_of_the_script_is_read() {
        let text = r#"{"seed": 7, "snr_db": 20.0, "seconds": 5.0, "speakers": [{"formant": 1.0}],
            "segments": [{"start": 0.5, "end": 1.5, "speaker": "S1", "text": "はい。"},
                         {"start": 2.0, "end": 4.0, "speaker": "S2", "text": "いいえ。"}]}"#;
        let truth: Truth = serde_json::from_str(text).expect("it is JSON of the script");
        assert_eq!(truth.speakers(), 2);
        assert!((truth.spoken() - 3.0).abs() < 1e-9);
        assert_eq!(truth.turns()[1].speaker, "S2");
    }
}
