//! People put together or taken apart by a person at the desk, without the sound.

use shoki_core::audio::Millis;
use shoki_core::speakers::SpeakerCount;
use shoki_core::voice::{Diarization, SpeakerIndex, Turn, VoiceWindow, WindowKind};

use super::{Rules, cluster, middle, ordered, turns};
use crate::vad::ChannelSpeech;

/// `gone` was `kept` all along. Numbers above `gone` move down by one. Centroids are weighted by how long
/// each spoke. Nothing changes when one of them does not exist or both are the same.
#[must_use]
pub fn merge(diarization: &Diarization, kept: SpeakerIndex, gone: SpeakerIndex) -> Diarization {
    let mut merged = diarization.clone();
    let (Some(first), Some(second)) = (
        diarization.speakers.get(kept.position()),
        diarization.speakers.get(gone.position()),
    ) else {
        return merged;
    };
    if kept == gone {
        return merged;
    }
    #[expect(clippy::cast_possible_truncation, reason = "a weight")]
    let weight = |spoken: Millis| spoken.seconds().max(0.001) as f32;
    let (own, others) = (weight(first.spoken), weight(second.spoken));
    let mean: Vec<f32> = first
        .voice
        .unpack()
        .iter()
        .zip(second.voice.unpack())
        .map(|(a, b)| a * own + b * others)
        .collect();
    let into = &mut merged.speakers[kept.position()];
    into.voice = shoki_core::voice::VoiceVector::pack(&mean);
    into.spoken = Millis(first.spoken.0 + second.spoken.0);
    into.likeness = (first.likeness * own + second.likeness * others) / (own + others);
    merged.speakers.remove(gone.position());
    let renumber = |speaker: SpeakerIndex| {
        let speaker = if speaker == gone { kept } else { speaker };
        SpeakerIndex(speaker.0 - u16::from(speaker > gone))
    };
    for turn in &mut merged.turns {
        turn.speaker = renumber(turn.speaker);
        turn.second = turn.second.map(renumber).filter(|&second| second != turn.speaker);
    }
    merged
}

/// The windows of `speaker` hold `people` persons: the first keeps the number, the others come last.
/// `None` when the windows do not hold so many voices.
#[must_use]
pub fn split(
    diarization: &Diarization,
    windows: &[VoiceWindow],
    speech: &[ChannelSpeech],
    speaker: SpeakerIndex,
    people: u32,
) -> Option<Diarization> {
    let ordered = ordered(windows);
    let mut persons: Vec<Option<usize>> = ordered
        .iter()
        .map(|window| person_of(diarization, window).map(SpeakerIndex::position))
        .collect();
    let own: Vec<usize> = (0..persons.len())
        .filter(|&at| persons[at] == Some(speaker.position()))
        .collect();
    let rules = Rules {
        count: SpeakerCount::Exact { speakers: people },
        ..Rules::default()
    };
    let chosen: Vec<&VoiceWindow> = own.iter().map(|&at| ordered[at]).collect();
    let labels = cluster::labels(&chosen, (people, people), &rules);
    let found = labels.iter().max().map_or(0, |&label| label + 1);
    if people < 2 || found != people as usize {
        return None;
    }
    let before = diarization.speakers.len();
    for (&at, &label) in own.iter().zip(&labels) {
        persons[at] = Some(if label == 0 {
            speaker.position()
        } else {
            before + label - 1
        });
    }
    let known: Vec<usize> = (0..persons.len()).filter(|&at| persons[at].is_some()).collect();
    let kept: Vec<&VoiceWindow> = known.iter().map(|&at| ordered[at]).collect();
    let labels: Vec<usize> = known.iter().filter_map(|&at| persons[at]).collect();
    // Only this speaker's turns are cut anew: what a person has settled for the others stays.
    let anew = turns::diarization(&kept, &labels, speech, rules.pause);
    let number = turns::numbers(&kept, &labels, speech, rules.pause);
    let mut cut: Vec<Turn> = Vec::new();
    for turn in &diarization.turns {
        if turn.speaker != speaker {
            cut.push(*turn);
            continue;
        }
        let parts = anew.turns.iter().filter(|part| part.channel == turn.channel);
        for part in parts {
            let span = part.span.intersection(turn.span);
            let person = number
                .get(part.speaker.position())
                .copied()
                .unwrap_or(speaker.position());
            let is_own = person == speaker.position() || person >= before;
            if !span.is_empty() {
                let person = if is_own { person } else { speaker.position() };
                cut.push(Turn {
                    span,
                    speaker: SpeakerIndex(u16::try_from(person).unwrap_or(u16::MAX)),
                    ..*turn
                });
            }
        }
    }
    cut.sort_by_key(|turn| (turn.span.start, turn.channel));
    Some(Diarization {
        speakers: turns::people(&ordered, &persons, before + found - 1, &cut),
        turns: cut,
        model: diarization.model,
    })
}

/// Whose voice a window holds.
fn person_of(diarization: &Diarization, window: &VoiceWindow) -> Option<SpeakerIndex> {
    if window.kind == WindowKind::Sliding {
        let at = middle(window.span);
        let span = shoki_core::audio::SampleSpan::new(at.0, at.0 + 1);
        let spoken = diarization.speaker_of(window.channel, span, Millis(1_000));
        return spoken.map(|spoken| spoken.speaker);
    }
    // One person speaks from end to end of it, before or behind others; behind, where both do.
    let mut share = vec![0_u64; diarization.speakers.len()];
    let turns = diarization
        .turns
        .iter()
        .filter(|turn| turn.channel == window.channel);
    for turn in turns {
        let common = turn.span.intersection(window.span).len();
        let second = turn
            .second
            .map(|second| (second, 2 * common + 1))
            .filter(|_| common > 0);
        for (speaker, weight) in [(turn.speaker, 2 * common)].into_iter().chain(second) {
            if let Some(share) = share.get_mut(speaker.position()) {
                *share += weight;
            }
        }
    }
    let most = (0_u16..)
        .zip(&share)
        .max_by_key(|&(index, &share)| (share, std::cmp::Reverse(index)));
    most.filter(|&(_, &share)| share > 0)
        .map(|(index, _)| SpeakerIndex(index))
}
