//! Windows of one channel, or of one room, → a person for each.
//!
//! Promises: people are numbered without gaps; their number lies in the bounds where there are windows
//! enough; a long recording is clustered by its regions, at most [`MAX_POINTS`] of them spread over the whole,
//! and every window then goes to its nearest person. Never: the sound.

use shoki_core::audio::Millis;
use shoki_core::speakers::SpeakerCount;
use shoki_core::voice::{VoiceWindow, WindowKind};

use super::Rules;
use super::apart::apart;
use super::sequence::{best_of, smooth};
use super::space::{Space, Voices, centroids};
use super::ward::{MAX_POINTS, ward};

/// Regions of two windows or more that a recording must have for them to be what is clustered.
const LEAST_REGIONS: usize = 20;

/// Windows of speech for each person that is looked for where nobody says how many: 12 s at a hop of 0.4 s. Where
/// windows are clustered they follow each other too closely for their number to say much: with 20 for 30, 12 of 36
/// minutes had too many people, with 30 none.
const WINDOWS_A_PERSON: usize = 30;

/// The same of turns.
const SPEECH_A_PERSON: Millis = Millis(12_000);

/// A person for each window; `windows` in order of channel and time.
pub(super) fn labels(windows: &[&VoiceWindow], bounds: (u32, u32), rules: &Rules) -> Vec<usize> {
    let (least, most) = (bounds.0.max(1) as usize, bounds.1.max(1) as usize);
    let most = if rules.count == SpeakerCount::Unknown {
        most.min(people_worth(windows).max(2)).max(least)
    } else {
        most
    };
    let voices = voices(windows);
    let regions = region_numbers(windows);
    if voices.ncols() == 0 || voices.nrows() == 0 || most == 1 {
        return vec![0; windows.len()];
    }
    let projected = Space::of(&voices, &regions, rules.shrinkage).project(voices);
    let points = points(&projected, &regions);
    let heaps = ward(&points, (least, most));
    let count = heaps.iter().max().map_or(1, |&label| label + 1);
    let means = centroids(&points, &heaps, count);
    let likeness: Vec<Vec<f32>> = projected
        .column_iter()
        .map(|voice| means.tr_mul(&voice).iter().copied().collect())
        .collect();
    let begins: Vec<bool> = (0..windows.len())
        .map(|at| at == 0 || regions[at] != regions[at - 1])
        .collect();
    let path = smooth(&likeness, &begins, rules.change_within, rules.change_between);
    // Neither the price of a change nor a window between two people must swallow a person who was said to be there.
    let nearest: Vec<usize> = likeness.iter().map(|row| best_of(row)).collect();
    let mut labels = if people(&path) >= least {
        path
    } else if people(&nearest) < least && heaps.len() == windows.len() {
        heaps
    } else if people(&path) < people(&nearest) {
        nearest
    } else {
        path
    };
    apart(windows, &likeness, &mut labels);
    without_gaps(&labels)
}

/// How many people the windows have speech for.
fn people_worth(windows: &[&VoiceWindow]) -> usize {
    let mut sliding = 0;
    let mut spoken = 0;
    for window in windows {
        match window.kind {
            WindowKind::Sliding => sliding += 1,
            WindowKind::Turn(_) => spoken += window.span.len(),
        }
    }
    let of_turns = spoken / SPEECH_A_PERSON.sample().0;
    sliding / WINDOWS_A_PERSON + usize::try_from(of_turns).unwrap_or(usize::MAX)
}

/// How many people there are.
fn people(labels: &[usize]) -> usize {
    labels.iter().collect::<std::collections::BTreeSet<_>>().len()
}

/// The voices as columns; windows of another width than the first have no voice.
pub(super) fn voices(windows: &[&VoiceWindow]) -> Voices {
    let width = windows.first().map_or(0, |window| window.voice.dimensions());
    let mut voices = Voices::zeros(width, windows.len());
    for (mut column, window) in voices.column_iter_mut().zip(windows) {
        if window.voice.dimensions() == width {
            column.copy_from_slice(&window.voice.unpack());
        }
    }
    voices
}

/// Windows of a channel that overlap or touch are of one region, and so are the parts of a turn.
fn region_numbers(windows: &[&VoiceWindow]) -> Vec<usize> {
    let mut number = 0;
    (0..windows.len())
        .map(|at| {
            if at > 0 {
                let (before, here) = (windows[at - 1], windows[at]);
                let goes_on = before.channel == here.channel
                    && before.kind == here.kind
                    && match here.kind {
                        WindowKind::Sliding => here.span.start <= before.span.end,
                        // Two people may speak from the same moment to the same moment.
                        WindowKind::Turn(_) => here.span.start == before.span.end,
                    };
                number += usize::from(!goes_on);
            }
            number
        })
        .collect()
}

/// What is clustered: the means of regions that hold at least two windows, which are far surer than windows, each
/// once whatever its length (weights by length made DER .054 to .059 of .048); where there are too few of them, the
/// windows.
fn points(projected: &Voices, regions: &[usize]) -> Voices {
    let count = regions.last().map_or(0, |last| last + 1);
    let mut lengths = vec![0_usize; count];
    regions.iter().for_each(|&region| lengths[region] += 1);
    let mut order: Vec<usize> = (0..count).filter(|&region| lengths[region] >= 2).collect();
    if order.len() < LEAST_REGIONS {
        if projected.ncols() <= MAX_POINTS {
            return projected.clone();
        }
        order = (0..count).collect();
    }
    // The longest regions are the surest; taken in order of time.
    order.sort_by_key(|&region| (std::cmp::Reverse(lengths[region]), region));
    order.truncate(MAX_POINTS);
    order.sort_unstable();
    centroids(projected, regions, count).select_columns(&order)
}

/// The same labels, numbered by their first appearance.
pub(super) fn without_gaps(labels: &[usize]) -> Vec<usize> {
    let mut seen: Vec<usize> = Vec::new();
    labels
        .iter()
        .map(|label| {
            seen.iter().position(|known| known == label).unwrap_or_else(|| {
                seen.push(*label);
                seen.len() - 1
            })
        })
        .collect()
}
