//! Windows with a person each, and the speech → turns, people, overlaps.
//!
//! Promises: every sample of speech lies in exactly one turn of its channel as long as the channel has a
//! window, with a second person where a segmentation model heard two at once; a change of speaker that windows
//! tell lies in a pause where there is one nearby; people are numbered by their first words. Never: a
//! turn over a pause longer than the rules say.

use shoki_core::audio::{Millis, SampleIndex, SampleSpan};
use shoki_core::voice::{
    Diarization, SpeakerCentroid, SpeakerIndex, Turn, VoiceVector, VoiceWindow, WindowKind,
};

use super::cluster::voices;
use super::middle;
use super::space::centroids;
use super::together::{self, Part};
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
        .map(|(channel, part)| Turn {
            channel,
            span: part.span,
            speaker: number(part.person),
            second: part.second.map(number),
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

/// The speech of all channels by beginning, with the persons of the windows.
fn of_all(
    windows: &[&VoiceWindow],
    labels: &[usize],
    speech: &[ChannelSpeech],
    pause: Millis,
) -> Vec<(u8, Part)> {
    let mut turns: Vec<(u8, Part)> = Vec::new();
    for channel in speech {
        let own = windows.iter().zip(labels);
        let own = own.filter(|(window, _)| window.channel == channel.channel);
        let (sliding, marked): (Vec<_>, Vec<_>) = own
            .map(|(window, &label)| (*window, label))
            .partition(|(window, _)| window.kind == WindowKind::Sliding);
        let marked: Vec<(SampleSpan, usize)> = marked
            .into_iter()
            .map(|(window, person)| (window.span, person))
            .collect();
        let is_marked = |span: &SampleSpan| {
            let mut common = marked.iter().map(|(own, _)| own.intersection(*span));
            sliding.is_empty() || common.any(|common| !common.is_empty())
        };
        // A unit that was heard before a segmentation model came, or in which it heard nobody: by windows.
        let (told, left): (Vec<SampleSpan>, Vec<SampleSpan>) = if marked.is_empty() {
            (Vec::new(), channel.spans.clone())
        } else {
            channel.spans.iter().copied().partition(is_marked)
        };
        let mut parts = together::parts(marked, &told, pause);
        parts.extend(of_channel(&changes(&sliding, &channel.spans), &left, pause));
        turns.extend(parts.into_iter().map(|part| (channel.channel, part)));
    }
    turns.sort_by_key(|(channel, part)| (part.span.start, *channel));
    turns
}

/// Persons by their first words.
fn order(turns: &[(u8, Part)]) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::new();
    for person in turns
        .iter()
        .flat_map(|(_, part)| [Some(part.person), part.second])
        .flatten()
    {
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
            let spoken = spoken(person, turns);
            SpeakerCentroid {
                voice: VoiceVector::pack(means.column(person).as_slice()),
                spoken: SampleIndex(spoken).time(),
                likeness: likenesses.iter().sum::<f32>() / likenesses.len().max(1) as f32,
            }
        })
        .collect()
}

/// How many samples a person speaks: alone, before others, and behind another in one channel. Who speaks in two
/// channels at once has a turn in each.
fn spoken(person: usize, turns: &[Turn]) -> u64 {
    let is_person = |speaker: SpeakerIndex| speaker.position() == person;
    let own = |turn: &&Turn| is_person(turn.speaker);
    let before: u64 = turns.iter().filter(own).map(|turn| turn.span.len()).sum();
    let behind = turns.iter().filter(|turn| turn.second.is_some_and(is_person));
    let behind = behind.filter(|turn| {
        let begun = turns.partition_point(|other| other.span.start < turn.span.end);
        let others = turns[..begun].iter().filter(own);
        others
            .filter(|other| other.channel != turn.channel)
            .all(|other| other.span.intersection(turn.span).is_empty())
    });
    before + behind.map(|turn| turn.span.len()).sum::<u64>()
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
fn of_channel(changes: &[Change], spans: &[SampleSpan], pause: Millis) -> Vec<Part> {
    let mut turns: Vec<Part> = Vec::new();
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
            Part::push(
                &mut turns,
                Part {
                    span: own,
                    person: change.person,
                    second: None,
                },
                pause,
            );
        }
    }
    turns.retain(|part| !part.span.is_empty());
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
