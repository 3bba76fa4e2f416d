//! Windows of one channel, or of one room, → a person for each.
//!
//! Promises: people are numbered without gaps; their number lies in the bounds where there are windows
//! enough; a long recording is clustered by its regions, at most [`MAX_POINTS`] of them spread over the whole,
//! and every window then goes to its nearest person. Never: the sound.

use shoki_core::voice::VoiceWindow;

use super::Rules;
use super::kmeans::refine;
use super::sequence::smooth;
use super::space::{Space, Voices, centroids, normalise};
use super::spectral::{MAX_POINTS, spectral};

/// A person for each window; `windows` in order of channel and time.
pub(super) fn labels(windows: &[&VoiceWindow], bounds: (u32, u32), rules: &Rules) -> Vec<usize> {
    let (least, most) = (bounds.0.max(1) as usize, bounds.1.max(1) as usize);
    let voices = voices(windows);
    let regions = region_numbers(windows);
    if voices.ncols() == 0 || voices.nrows() == 0 || most == 1 {
        return vec![0; windows.len()];
    }
    let projected = Space::of(&voices, &regions, rules.shrinkage).project(&voices);
    let points = points(&projected, &regions);
    let mut found = spectral(&points, (least, most));
    if least < most {
        found = without_small(&points, found, least, rules);
    }
    let count = found.iter().max().map_or(1, |&label| label + 1);
    let (_, found) = refine(&projected, centroids(&points, &found, count));
    let means = centroids(&projected, &found, count);
    let likeness: Vec<Vec<f32>> = projected
        .column_iter()
        .map(|voice| means.tr_mul(&voice).iter().copied().collect())
        .collect();
    let begins: Vec<bool> = (0..windows.len())
        .map(|at| at == 0 || regions[at] != regions[at - 1])
        .collect();
    without_gaps(&smooth(
        &likeness,
        &begins,
        rules.change_within,
        rules.change_between,
    ))
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

/// Windows of a channel that overlap or touch are of one region.
fn region_numbers(windows: &[&VoiceWindow]) -> Vec<usize> {
    let mut number = 0;
    (0..windows.len())
        .map(|at| {
            if at > 0 {
                let (before, here) = (windows[at - 1], windows[at]);
                let goes_on = before.channel == here.channel
                    && before.kind == here.kind
                    && here.span.start <= before.span.end;
                number += usize::from(!goes_on);
            }
            number
        })
        .collect()
}

/// What is clustered: the windows, or the means of regions where there are too many, or some of them.
fn points(projected: &Voices, regions: &[usize]) -> Voices {
    if projected.ncols() <= MAX_POINTS {
        return projected.clone();
    }
    let count = regions.last().map_or(0, |last| last + 1);
    let mut means = centroids(projected, regions, count);
    if count > MAX_POINTS {
        // The longest regions are the surest; taken in order of time.
        let mut lengths = vec![0_usize; count];
        regions.iter().for_each(|&region| lengths[region] += 1);
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|&region| (std::cmp::Reverse(lengths[region]), region));
        order.truncate(MAX_POINTS);
        order.sort_unstable();
        means = means.select_columns(&order);
    }
    normalise(&mut means);
    means
}

/// Clusters too small to be somebody are dissolved, the smallest first, while more than `least` are left.
fn without_small(points: &Voices, mut labels: Vec<usize>, least: usize, rules: &Rules) -> Vec<usize> {
    let fewest = (rules.least_share * labels.len() as f32).max(rules.least_windows as f32);
    loop {
        let count = labels.iter().max().map_or(0, |&label| label + 1);
        let mut sizes = vec![0_usize; count];
        labels.iter().for_each(|&label| sizes[label] += 1);
        let smallest = (0..count).min_by_key(|&label| sizes[label]);
        let Some(smallest) = smallest.filter(|&label| count > least && (sizes[label] as f32) < fewest) else {
            return labels;
        };
        let means = centroids(points, &labels, count);
        for (label, point) in labels.iter_mut().zip(points.column_iter()) {
            if *label == smallest {
                let likeness = means.tr_mul(&point);
                *label = (0..count)
                    .filter(|&other| other != smallest)
                    .max_by(|&a, &b| likeness[a].total_cmp(&likeness[b]))
                    .unwrap_or(0);
            }
        }
        labels = without_gaps(&labels);
    }
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
