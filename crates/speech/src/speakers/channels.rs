//! Two separate channels: people are looked for in each alone, and are one only with the same voice.
//!
//! A telephone's two ends, or two clip-on microphones, hold different people; the same voice in both is one
//! person who is heard by both microphones. Promise: each channel that speaks has at least one person.

use shoki_core::voice::VoiceWindow;

use super::Rules;
use super::cluster::{labels as of_room, voices, without_gaps};
use super::space::centroids;

/// A person for each window; `windows` in order of channel and time.
pub(super) fn labels(windows: &[&VoiceWindow], rules: &Rules) -> Vec<usize> {
    let channels: Vec<&[&VoiceWindow]> = windows.chunk_by(|a, b| a.channel == b.channel).collect();
    let (least, most) = rules.count.bounds();
    let alone = channels.len().saturating_sub(1) as u32;
    // Each channel can have all people but one for each other channel.
    let most_each = most.saturating_sub(alone).max(1);
    let mut found: Vec<Vec<usize>> = channels
        .iter()
        .map(|channel| of_room(channel, (1, most_each), rules))
        .collect();
    let people = |found: &[Vec<usize>]| -> Vec<u32> { found.iter().map(|labels| count(labels)).collect() };
    // As many as were asked for: one fewer where the channel has most, one more where most is said by one.
    while people(&found).iter().sum::<u32>() > most {
        let each = people(&found);
        let Some(fullest) = (0..each.len())
            .filter(|&at| each[at] > 1)
            .max_by_key(|&at| each[at])
        else {
            break;
        };
        let fewer = each[fullest] - 1;
        found[fullest] = of_room(channels[fullest], (fewer, fewer), rules);
        if count(&found[fullest]) > fewer {
            break;
        }
    }
    while people(&found).iter().sum::<u32>() < least {
        let each = people(&found);
        let Some(emptiest) = (0..each.len()).max_by_key(|&at| found[at].len() / each[at].max(1) as usize)
        else {
            break;
        };
        let more = each[emptiest] + 1;
        found[emptiest] = of_room(channels[emptiest], (more, more), rules);
        if count(&found[emptiest]) < more {
            break;
        }
    }
    let mut joined = Vec::with_capacity(windows.len());
    let mut before = 0;
    for labels in &found {
        joined.extend(labels.iter().map(|label| label + before));
        before += count(labels) as usize;
    }
    same_voices(windows, joined, before, least as usize, rules.same_mean)
}

fn count(labels: &[usize]) -> u32 {
    labels.iter().max().map_or(0, |&label| label as u32 + 1)
}

/// People of two channels who have one voice become one, the likest first.
fn same_voices(
    windows: &[&VoiceWindow],
    mut labels: Vec<usize>,
    mut count: usize,
    least: usize,
    same_mean: f32,
) -> Vec<usize> {
    let voices = voices(windows);
    while count > least.max(1) {
        let means = centroids(&voices, &labels, count);
        let likeness = means.tr_mul(&means);
        let mut channels = vec![[false; 2]; count];
        for (&label, window) in labels.iter().zip(windows) {
            channels[label][usize::from(window.channel.min(1))] = true;
        }
        let pairs = (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b)));
        let likest = pairs
            .filter(|&(a, b)| channels[a] != channels[b] && likeness[(a, b)] >= same_mean)
            .max_by(|&a, &b| likeness[a].total_cmp(&likeness[b]));
        let Some((kept, gone)) = likest else { break };
        labels
            .iter_mut()
            .filter(|label| **label == gone)
            .for_each(|label| *label = kept);
        labels = without_gaps(&labels);
        count -= 1;
    }
    labels
}
