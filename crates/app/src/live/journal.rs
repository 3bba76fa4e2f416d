//! What a session said for good, on disk: one JSON object a line.
//!
//! Promise: what somebody was shown with a number has the same number after a power cut. Never: partial text.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use shoki_core::audio::SampleIndex;
use shoki_core::live::{LiveEvent, NumberedEvent};
use shoki_core::transcript::SegmentId;
use shoki_core::voice::VoiceVector;
use shoki_speech::live::Voices;

/// A line.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Line {
    #[serde(flatten)]
    numbered: NumberedEvent,
    /// What the voice of a final sounds like: speakers keep their numbers over a restart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    voice: Option<VoiceVector>,
}

/// The events of a session.
#[derive(Debug)]
pub struct Journal {
    file: File,
    lines: Vec<Line>,
}

impl Journal {
    /// Opens the file, makes it where there is none, and cuts off a line that is not whole.
    ///
    /// # Errors
    /// From the file system.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        let file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)?;
        let mut reader = BufReader::new(file.try_clone()?);
        let (mut lines, mut whole) = (Vec::<Line>::new(), 0);
        let mut text = Vec::new();
        loop {
            text.clear();
            let length = reader.read_until(b'\n', &mut text)?;
            let Ok(line) = serde_json::from_slice::<Line>(&text) else {
                break;
            };
            if !text.ends_with(b"\n") || line.numbered.number != lines.len() as u64 + 1 {
                break;
            }
            whole += length as u64;
            lines.push(line);
        }
        file.set_len(whole)?;
        let mut journal = Self { file, lines };
        journal.file.seek(SeekFrom::Start(whole))?;
        Ok(journal)
    }

    /// Adds an event; it lasts when this returns.
    ///
    /// # Errors
    /// From the file system.
    pub fn add(&mut self, event: LiveEvent, voice: Option<VoiceVector>) -> std::io::Result<NumberedEvent> {
        let numbered = NumberedEvent {
            number: self.lines.len() as u64 + 1,
            event,
        };
        let line = Line {
            numbered: numbered.clone(),
            voice,
        };
        let before = self.file.stream_position()?;
        let mut text = serde_json::to_vec(&line)?;
        text.push(b'\n');
        let written = self.file.write_all(&text).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            self.file.set_len(before)?;
            self.file.seek(SeekFrom::Start(before))?;
            return Err(error);
        }
        self.lines.push(line);
        Ok(numbered)
    }

    /// Number of the last event; 0 for none.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.lines.len() as u64
    }

    /// The events after `number`, in order.
    #[must_use]
    pub fn after(&self, number: u64) -> Vec<NumberedEvent> {
        let first = usize::try_from(number)
            .unwrap_or(usize::MAX)
            .min(self.lines.len());
        self.lines[first..]
            .iter()
            .map(|line| line.numbered.clone())
            .collect()
    }

    /// Whether a line of this number was said.
    #[must_use]
    pub fn has_segment(&self, id: SegmentId) -> bool {
        self.finals().any(|(segment, _)| segment.id == id)
    }

    /// Where captions go on after a restart: the end of the last final, the number of the next, the voices.
    #[must_use]
    pub fn resume(&self, mut voices: Voices) -> (SampleIndex, SegmentId, Voices) {
        let (mut at, mut next) = (SampleIndex(0), SegmentId(1));
        for (segment, voice) in self.finals() {
            at = segment.end.sample();
            next = SegmentId(segment.id.0 + 1);
            if let (Some(speaker), Some(voice)) = (segment.speaker, voice) {
                voices.remember(speaker, voice);
            }
        }
        (at, next, voices)
    }

    fn finals(&self) -> impl Iterator<Item = (&shoki_core::transcript::Segment, Option<&VoiceVector>)> {
        self.lines.iter().filter_map(|line| match &line.numbered.event {
            LiveEvent::Final { segment } => Some((segment, line.voice.as_ref())),
            LiveEvent::Correction { .. } | LiveEvent::Ended { .. } => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use shoki_core::audio::Millis;
    use shoki_core::transcript::{Segment, SpeakerId};

    use super::*;

    fn said(id: u64, end: u64) -> LiveEvent {
        LiveEvent::Final {
            segment: Segment {
                id: SegmentId(id),
                channel: 0,
                start: Millis(end - 1_000),
                end: Millis(end),
                speaker: Some(SpeakerId(1)),
                tokens: Vec::new(),
                doubts: Vec::new(),
                overlap: false,
                replacements: Vec::new(),
                withheld: None,
                version: 0,
            },
        }
    }

    #[test]
    fn events_keep_their_numbers_and_a_torn_line_is_said_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("captions.jsonl");
        let mut journal = Journal::open(&path).unwrap();
        let voice = VoiceVector::pack(&[1.0, 0.0]);
        journal.add(said(1, 2_000), Some(voice)).unwrap();
        journal.add(said(2, 4_000), None).unwrap();
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        let mut journal = Journal::open(&path).unwrap();
        assert_eq!(journal.last(), 1);
        let (at, next, mut voices) = journal.resume(Voices::new(0.8));
        assert_eq!((at, next), (SampleIndex(32_000), SegmentId(2)));
        assert_eq!(
            voices.assign(&VoiceVector::pack(&[1.0, 0.1]), 100),
            Some(SpeakerId(1))
        );
        assert_eq!(journal.add(said(2, 5_000), None).unwrap().number, 2);
        assert_eq!(Journal::open(&path).unwrap().after(1), journal.after(1));
        assert!(journal.has_segment(SegmentId(2)) && !journal.has_segment(SegmentId(3)));
        assert!(journal.after(9).is_empty());
    }
}
