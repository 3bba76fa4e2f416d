//! Turns that overlap are of two people.
//!
//! A segmentation model hears that two people speak at once better than a voice tells who they are: a short
//! answer into another's turn has little sound of its own and much of the other's. Promise: of two turns that
//! overlap for longer than their edges are unsure, the parts that meet have two persons where there are two,
//! and the longer turn keeps its own. Never: a change to windows that no turn overlaps.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use shoki_core::audio::SampleSpan;
use shoki_core::voice::{VoiceWindow, WindowKind};

use super::together::LEAST_OVERLAP;

/// Changes `labels`, one for each of `windows` (by channel and turn), by each window's `likeness` to the
/// people.
pub(super) fn apart(windows: &[&VoiceWindow], likeness: &[Vec<f32>], labels: &mut [usize]) {
    let turn = |at: usize| match windows[at].kind {
        WindowKind::Sliding => None,
        WindowKind::Turn(turn) => Some(turn),
    };
    let mut order: Vec<(usize, SampleSpan)> = (0..windows.len())
        .filter_map(|at| Some((at, turn(at)?)))
        .collect();
    let longest = order.iter().map(|(_, turn)| turn.len()).max().unwrap_or(0);
    order.sort_by_key(|&(at, turn)| (Reverse(turn.len()), at));
    let mut settled = vec![false; windows.len()];
    let present: BTreeSet<usize> = labels.iter().copied().collect();
    for (at, _) in order {
        settled[at] = true;
        let here = windows[at];
        // Windows are in order of their turns: no turn that begins farther away reaches here.
        let place = |window: &VoiceWindow| match window.kind {
            WindowKind::Sliding => (window.channel, window.span.start.0),
            WindowKind::Turn(turn) => (window.channel, turn.start.0),
        };
        let first = windows.partition_point(|window| {
            place(window) < (here.channel, here.span.start.0.saturating_sub(longest))
        });
        let last = windows.partition_point(|window| place(window) < (here.channel, here.span.end.0));
        let taken: Vec<usize> = (first..last)
            .filter(|&other| other != at && settled[other])
            .filter(|&other| {
                let common = windows[other].span.intersection(here.span).len();
                // Parts of one turn do not meet; two turns may have the same ends.
                turn(other).is_some() && common >= LEAST_OVERLAP.sample().0
            })
            .map(|other| labels[other])
            .collect();
        if taken.contains(&labels[at]) {
            let row = &likeness[at];
            let free = present.iter().copied().filter(|person| !taken.contains(person));
            if let Some(person) = free.max_by(|&a, &b| row[a].total_cmp(&row[b])) {
                labels[at] = person;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use shoki_core::voice::VoiceVector;

    use super::*;

    const SECOND: u64 = 16_000;

    fn window(turn: (u64, u64), part: (u64, u64)) -> VoiceWindow {
        let span = |(start, end): (u64, u64)| SampleSpan::new(start * SECOND, end * SECOND);
        VoiceWindow {
            channel: 0,
            span: span(part),
            voice: VoiceVector::default(),
            kind: WindowKind::Turn(span(turn)),
        }
    }

    #[test]
    fn the_shorter_of_two_turns_at_once_is_somebody_elses() {
        let windows = [
            window((0, 6), (0, 3)),
            window((0, 6), (3, 6)),
            window((4, 5), (4, 5)),
            window((6, 9), (6, 9)),
        ];
        let windows: Vec<&VoiceWindow> = windows.iter().collect();
        let likeness = vec![
            vec![0.9, 0.2, 0.1],
            vec![0.9, 0.2, 0.1],
            vec![0.8, 0.3, 0.4],
            vec![0.9, 0.1, 0.1],
        ];
        let of = |mut labels: [usize; 4]| {
            apart(&windows, &likeness, &mut labels);
            labels
        };
        assert_eq!(
            of([0, 2, 2, 1]),
            [0, 2, 0, 1],
            "the likest of those who are there"
        );
        assert_eq!(of([0, 0, 0, 1]), [0, 0, 1, 1]);
        assert_eq!(of([0, 0, 0, 0]), [0, 0, 0, 0], "where nobody else is there");
        assert_eq!(of([0, 0, 1, 0]), [0, 0, 1, 0]);
    }

    #[test]
    fn turns_that_only_touch_may_be_one_persons() {
        let mut windows = [window((0, 3), (0, 3)), window((3, 6), (3, 6))];
        windows[1].span.start.0 -= 100;
        windows[1].kind = WindowKind::Turn(windows[1].span);
        let windows: Vec<&VoiceWindow> = windows.iter().collect();
        let mut labels = [1, 1];
        apart(&windows, &[vec![0.1, 0.9], vec![0.2, 0.8]], &mut labels);
        assert_eq!(labels, [1, 1]);
    }
}
