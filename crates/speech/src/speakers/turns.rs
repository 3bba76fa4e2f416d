//! Windows with a person each, and the speech → turns, people, overlaps.
//!
//! Promises: every sample of speech lies in exactly one turn of its channel as long as the channel has a
//! window; a change of speaker lies in a pause where there is one nearby; people are numbered by their first
//! words. Never: a turn over a pause longer than the rules say.

use shoki_core::audio::{Millis, SampleIndex, SampleSpan};
use shoki_core::voice::{Diarization, SpeakerCentroid, SpeakerIndex, Turn, VoiceVector, VoiceWindow};

use super::cluster::voices;
use super::middle;
use super::space::centroids;
use crate::vad::ChannelSpeech;

/// A change of speaker is moved into a pause this near to it: windows are four times as far apart.
const REACH: Millis = Millis(600);

/// One person speaks from `from` to the next change.
#[derive(Clone, Copy, Debug)]
struct Change {
    from: SampleIndex,
    person: usize,
}

/// Everything together.
pub(super) fn diarization(
    windows: &[&VoiceWindow],
    labels: &[usize],
    speech: &[ChannelSpeech],
    pause: Millis,
) -> Diarization {
    let turns = of_all(windows, labels, speech, pause);
    let order = order(&turns);
    let number = |person: usize| {
        let position = order.iter().position(|&known| known == person).unwrap_or(0);
        SpeakerIndex(u16::try_from(position).unwrap_or(u16::MAX))
    };
    let turns: Vec<Turn> = turns
        .into_iter()
        .map(|(span, channel, person)| Turn {
            channel,
            span,
            speaker: number(person),
            second: None,
        })
        .collect();
    let renumbered: Vec<Option<usize>> = labels
        .iter()
        .map(|label| order.iter().position(|known| known == label))
        .collect();
    let turns = overlapping(turns);
    Diarization {
        speakers: people(windows, &renumbered, order.len(), &turns),
        turns,
        model: None,
    }
}

/// The turns of all channels by beginning, with the persons of the windows.
fn of_all(
    windows: &[&VoiceWindow],
    labels: &[usize],
    speech: &[ChannelSpeech],
    pause: Millis,
) -> Vec<(SampleSpan, u8, usize)> {
    let mut turns: Vec<(SampleSpan, u8, usize)> = Vec::new();
    for channel in speech {
        let own: Vec<(&VoiceWindow, usize)> = windows
            .iter()
            .zip(labels)
            .filter(|(window, _)| window.channel == channel.channel)
            .map(|(window, &label)| (*window, label))
            .collect();
        let changes = changes(&own, &channel.spans);
        turns.extend(
            of_channel(&changes, &channel.spans, pause)
                .into_iter()
                .map(|(span, person)| (span, channel.channel, person)),
        );
    }
    turns.sort_by_key(|&(span, channel, _)| (span.start, channel));
    turns
}

/// Persons by their first words.
fn order(turns: &[(SampleSpan, u8, usize)]) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::new();
    for &(_, _, person) in turns {
        if !order.contains(&person) {
            order.push(person);
        }
    }
    order
}

/// The label of each speaker that [`diarization`] numbers.
pub(super) fn numbers(
    windows: &[&VoiceWindow],
    labels: &[usize],
    speech: &[ChannelSpeech],
    pause: Millis,
) -> Vec<usize> {
    order(&of_all(windows, labels, speech, pause))
}

/// What is known of each person.
pub(super) fn people(
    windows: &[&VoiceWindow],
    persons: &[Option<usize>],
    count: usize,
    turns: &[Turn],
) -> Vec<SpeakerCentroid> {
    let voices = voices(windows);
    let known: Vec<usize> = (0..persons.len()).filter(|&at| persons[at].is_some()).collect();
    let labels: Vec<usize> = known.iter().filter_map(|&at| persons[at]).collect();
    let own = voices.select_columns(&known);
    let means = centroids(&own, &labels, count);
    (0..count)
        .map(|person| {
            let likenesses: Vec<f32> = labels
                .iter()
                .zip(own.column_iter())
                .filter(|&(&label, _)| label == person)
                .map(|(_, voice)| voice.dot(&means.column(person)))
                .collect();
            let spoken = turns
                .iter()
                .filter(|turn| turn.speaker.position() == person)
                .map(|turn| turn.span.len())
                .sum();
            SpeakerCentroid {
                voice: VoiceVector::pack(means.column(person).as_slice()),
                spoken: SampleIndex(spoken).time(),
                likeness: likenesses.iter().sum::<f32>() / likenesses.len().max(1) as f32,
            }
        })
        .collect()
}

/// Where the person changes, from the first window of a channel on.
fn changes(windows: &[(&VoiceWindow, usize)], spans: &[SampleSpan]) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for (at, &(window, person)) in windows.iter().enumerate() {
        let Some((before, last)) = at.checked_sub(1).map(|before| windows[before]) else {
            changes.push(Change {
                from: SampleIndex(0),
                person,
            });
            continue;
        };
        if last == person {
            continue;
        }
        let between = if before.span.end < window.span.start {
            // Two regions: anywhere in the pause.
            SampleIndex(before.span.end.0.midpoint(window.span.start.0))
        } else {
            let change = SampleIndex(middle(before.span).0.midpoint(middle(window.span).0));
            nearest_pause(spans, change).unwrap_or(change)
        };
        changes.push(Change {
            from: between,
            person,
        });
    }
    changes
}

/// The middle of the pause nearest to `change`, within [`REACH`].
fn nearest_pause(spans: &[SampleSpan], change: SampleIndex) -> Option<SampleIndex> {
    let after = spans.partition_point(|span| span.start <= change);
    (after.saturating_sub(2)..=after)
        .filter_map(|at| Some((spans.get(at)?, spans.get(at + 1)?)))
        .map(|(before, next)| SampleIndex(before.end.0.midpoint(next.start.0)))
        .filter(|pause| pause.0.abs_diff(change.0) <= REACH.sample().0)
        .min_by_key(|pause| pause.0.abs_diff(change.0))
}

/// The speech of one channel, cut where the person changes, joined over short pauses of one person.
fn of_channel(changes: &[Change], spans: &[SampleSpan], pause: Millis) -> Vec<(SampleSpan, usize)> {
    let mut turns: Vec<(SampleSpan, usize)> = Vec::new();
    for (at, change) in changes.iter().enumerate() {
        let until = changes
            .get(at + 1)
            .map_or(SampleIndex(u64::MAX), |next| next.from);
        let reign = SampleSpan {
            start: change.from,
            end: until,
        };
        let first = spans.partition_point(|span| span.end <= reign.start);
        for span in spans[first..].iter().take_while(|span| span.start < reign.end) {
            let own = span.intersection(reign);
            match turns.last_mut() {
                Some((last, person))
                    if *person == change.person && own.start.0 - last.end.0 <= pause.sample().0 =>
                {
                    last.end = own.end;
                }
                _ => turns.push((own, change.person)),
            }
        }
    }
    turns.retain(|(span, _)| !span.is_empty());
    turns
}

/// Turns cut where one of another channel and another person begins or ends, each part with whoever speaks
/// at the same time.
pub(super) fn overlapping(turns: Vec<Turn>) -> Vec<Turn> {
    let mut parts = Vec::with_capacity(turns.len());
    for turn in &turns {
        let begun = turns.partition_point(|other| other.span.start < turn.span.end);
        let others: Vec<&Turn> = turns[..begun]
            .iter()
            .filter(|other| other.channel != turn.channel && other.speaker != turn.speaker)
            .filter(|other| !other.span.intersection(turn.span).is_empty())
            .collect();
        let mut edges: Vec<SampleIndex> = others
            .iter()
            .flat_map(|other| {
                let common = other.span.intersection(turn.span);
                [common.start, common.end]
            })
            .chain([turn.span.start, turn.span.end])
            .collect();
        edges.sort_unstable();
        edges.dedup();
        for edge in edges.windows(2) {
            let span = SampleSpan {
                start: edge[0],
                end: edge[1],
            };
            let second = others
                .iter()
                .find(|other| !other.span.intersection(span).is_empty());
            parts.push(Turn {
                span,
                second: second.map(|other| other.speaker).or(turn.second),
                ..*turn
            });
        }
    }
    parts.sort_by_key(|turn| (turn.span.start, turn.channel));
    parts
}
