//! Lines of a transcript on the page: as many at once as a page may hold. A script fetches the others by itself;
//! whoever reads without scripts goes on by a link.

use shoki_core::transcript::Segment;
use shoki_core::transcript_edit::EditedTranscript;

use super::meeting::SpeakerRow;
use super::words::clock;

/// Looks by which speakers are told apart, beside their names.
pub(super) const SPEAKER_LOOKS: u32 = 6;
/// Bytes of lines in a page, of the 200 kB that it may have.
const PART_BYTES: usize = 100_000;
/// Bytes of a line beside its text.
const LINE_BYTES: usize = 800;

/// A line of the transcript.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) id: u64,
    pub(super) start_ms: u64,
    pub(super) end_ms: u64,
    pub(super) clock: String,
    pub(super) version: u64,
    pub(super) speaker: String,
    pub(super) speaker_id: String,
    pub(super) look: u32,
    pub(super) text: String,
    pub(super) doubts: String,
    pub(super) is_overlapped: bool,
}

impl Line {
    /// What a script makes a new line from.
    pub(super) fn blank() -> Self {
        Self {
            id: 0,
            start_ms: 0,
            end_ms: 0,
            clock: String::new(),
            version: 0,
            speaker: String::new(),
            speaker_id: String::new(),
            look: SPEAKER_LOOKS,
            text: String::new(),
            doubts: String::new(),
            is_overlapped: false,
        }
    }

    fn of(segment: &Segment, speakers: &[SpeakerRow]) -> Self {
        let speaker_id = segment.speaker.map(|speaker| speaker.to_string());
        let speaker_id = speaker_id.unwrap_or_default();
        let speaker = speakers.iter().find(|speaker| speaker.id == speaker_id);
        let doubts: Vec<&str> = segment.doubts.iter().map(|doubt| doubt.label_ja()).collect();
        Self {
            id: segment.id.0,
            start_ms: segment.start.0,
            end_ms: segment.end.0,
            clock: clock(segment.start.0),
            speaker: speaker.map_or_else(|| "話者不明".to_owned(), |speaker| speaker.shown.clone()),
            look: speaker.map_or(SPEAKER_LOOKS, |speaker| speaker.look),
            version: segment.version,
            speaker_id,
            text: segment.text(),
            doubts: doubts.join("、"),
            is_overlapped: segment.overlap,
        }
    }
}

/// Lines from the one at `from` on, and where they go on when there are more.
pub(super) fn part(
    edited: &EditedTranscript,
    speakers: &[SpeakerRow],
    from: usize,
) -> (Vec<Line>, Option<usize>) {
    let mut lines = Vec::new();
    let mut bytes = 0;
    for segment in edited.segments().skip(from) {
        let line = Line::of(segment, speakers);
        bytes += LINE_BYTES + line.text.len();
        if bytes > PART_BYTES && !lines.is_empty() {
            let next = from + lines.len();
            return (lines, Some(next));
        }
        lines.push(line);
    }
    (lines, None)
}
