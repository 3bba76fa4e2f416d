//! Speakers found anew in a transcript that people work on: from voices, without the sound.
//!
//! Promises: whom a person has set stays; who was there before keeps number and name as far as most of the
//! time agrees; new people get numbers that were never used. Never: a name.

use std::collections::HashMap;

use shoki_core::audio::{Millis, SampleSpan};
use shoki_core::transcript::{SegmentId, SpeakerId};
use shoki_core::transcript_edit::EditedTranscript;
use shoki_core::voice::{Diarization, SpeakerIndex};

/// How far from a turn's edge a segment still belongs to it, as at assembly.
const REACH: Millis = Millis(400);

/// Who speaks in each segment by `found`.
#[must_use]
pub fn assignment(edited: &EditedTranscript, found: &Diarization) -> Vec<(SegmentId, SpeakerId)> {
    let by_hand = edited.placed_by_hand();
    let mut heard = Vec::new();
    let mut common: HashMap<(SpeakerIndex, SpeakerId), u64> = HashMap::new();
    for segment in edited.segments() {
        let span = SampleSpan {
            start: segment.start.sample(),
            end: segment.end.sample(),
        };
        let Some(spoken) = found.speaker_of(segment.channel, span, REACH) else {
            continue;
        };
        if let Some(before) = segment.speaker {
            *common.entry((spoken.speaker, before)).or_default() += span.len();
        }
        if !by_hand.contains(&segment.id) {
            heard.push((segment.id, spoken.speaker));
        }
    }
    let names = names(common, edited.next_speaker(), &heard);
    let named = |(segment, index)| names.get(&index).map(|speaker| (segment, *speaker));
    heard.into_iter().filter_map(named).collect()
}

/// A number for everybody found: of the person before with whom most time is common, each taken once, or new.
fn names(
    common: HashMap<(SpeakerIndex, SpeakerId), u64>,
    next: SpeakerId,
    heard: &[(SegmentId, SpeakerIndex)],
) -> HashMap<SpeakerIndex, SpeakerId> {
    let mut most: Vec<_> = common.into_iter().collect();
    most.sort_by_key(|&(pair, samples)| (std::cmp::Reverse(samples), pair));
    let mut names: HashMap<SpeakerIndex, SpeakerId> = HashMap::new();
    for ((index, before), _) in most {
        let is_taken = names.contains_key(&index) || names.values().any(|taken| *taken == before);
        if !is_taken {
            names.insert(index, before);
        }
    }
    let mut next = next.0;
    for (_, index) in heard {
        names.entry(*index).or_insert_with(|| {
            next += 1;
            SpeakerId(next - 1)
        });
    }
    names
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;
    use shoki_core::id::UserId;
    use shoki_core::transcript::{Segment, Speaker, Transcript};
    use shoki_core::transcript_edit::{Edit, EditRow};
    use shoki_core::voice::{SpeakerCentroid, Turn, VoiceVector};

    use super::*;

    /// Four segments of a second, of speakers 1 and 2 by turns; the third was set by hand.
    fn edited() -> EditedTranscript {
        let segment = |id: u64| Segment {
            id: SegmentId(id),
            channel: 0,
            start: Millis((id - 1) * 1000),
            end: Millis(id * 1000),
            speaker: Some(SpeakerId(if id % 2 == 1 { 1 } else { 2 })),
            tokens: Vec::new(),
            doubts: Vec::new(),
            overlap: false,
            replacements: Vec::new(),
            withheld: None,
            version: 0,
        };
        let speaker = |id| Speaker {
            id: SpeakerId(id),
            name: None,
            spoken: Millis(0),
        };
        let base = Transcript {
            speakers: vec![speaker(1), speaker(2)],
            segments: (1..=4).map(segment).collect(),
            ..Transcript::default()
        };
        let by_hand = EditRow {
            sequence: 1,
            at: Timestamp::UNIX_EPOCH,
            by: UserId::generate(),
            edit: Edit::SetSpeaker {
                segment: SegmentId(3),
                speaker: Some(SpeakerId(2)),
            },
            touched: vec![SegmentId(3)],
        };
        EditedTranscript::of(Arc::new(base), vec![by_hand]).unwrap()
    }

    fn found(turns: &[(u64, u64, u16)], people: usize) -> Diarization {
        let centroid = SpeakerCentroid {
            voice: VoiceVector::pack(&[1.0]),
            spoken: Millis(1000),
            likeness: 1.0,
        };
        let turn = |&(start, end, speaker): &(u64, u64, u16)| Turn {
            channel: 0,
            span: SampleSpan::new(start * 16_000, end * 16_000),
            speaker: SpeakerIndex(speaker),
            second: None,
        };
        Diarization {
            speakers: vec![centroid; people],
            turns: turns.iter().map(turn).collect(),
            model: None,
        }
    }

    #[test]
    fn whoever_was_there_keeps_the_number_and_newcomers_get_new_ones() {
        let edited = edited();
        let found = found(&[(0, 1, 2), (1, 2, 1), (2, 3, 0), (3, 4, 0)], 3);
        let assigned = assignment(&edited, &found);
        // Two seconds of index 0 are common with S2; index 2 is S1; index 1 is new. Segment 3 stays.
        assert_eq!(
            assigned,
            [
                (SegmentId(1), SpeakerId(1)),
                (SegmentId(2), SpeakerId(3)),
                (SegmentId(4), SpeakerId(2))
            ]
        );
        let edit = Edit::AssignSpeakers { of: assigned };
        assert_eq!(edited.draft(edit).unwrap().touched, [SegmentId(2)]);
    }

    #[test]
    fn where_nobody_is_heard_nothing_is_said() {
        let found = found(&[(0, 1, 0)], 1);
        // The second begins where the turn ends: within what word times may be off. The fourth is far from it.
        assert_eq!(
            assignment(&edited(), &found),
            [(SegmentId(1), SpeakerId(1)), (SegmentId(2), SpeakerId(1))]
        );
    }
}
