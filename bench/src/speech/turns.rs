//! Diarization error: who spoke when, against the truth.
//!
//! Promise: as NIST counts it (md-eval): missed, falsely alarmed and confused speaker time over the speaker time of
//! the truth, overlapped speech scored, speakers paired so that the common time is largest; `collar` seconds on
//! either side of each true boundary are left out.

use std::collections::BTreeSet;
use std::ops::AddAssign;

use serde::Serialize;

use super::assignment::{Costs, cheapest};

/// Somebody speaks from `start` to `end` (seconds).
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// Beginning.
    pub start: f64,
    /// End.
    pub end: f64,
    /// Who.
    pub speaker: String,
}

/// Seconds of speaker time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct DiarizationErrors {
    /// Somebody speaks and nobody was heard.
    pub missed: f64,
    /// Nobody speaks and somebody was heard.
    pub false_alarm: f64,
    /// Somebody else was heard.
    pub confused: f64,
    /// Of the truth.
    pub speech: f64,
}

impl DiarizationErrors {
    /// DER.
    #[must_use]
    pub fn rate(self) -> f64 {
        (self.missed + self.false_alarm + self.confused) / self.speech.max(f64::MIN_POSITIVE)
    }
}

impl AddAssign for DiarizationErrors {
    fn add_assign(&mut self, other: Self) {
        self.missed += other.missed;
        self.false_alarm += other.false_alarm;
        self.confused += other.confused;
        self.speech += other.speech;
    }
}

/// A stretch in which the same people speak all the time, in the truth and as heard.
struct Stretch {
    seconds: f64,
    truth: BTreeSet<usize>,
    heard: BTreeSet<usize>,
}

/// Compares turns.
#[must_use]
pub fn errors(truth: &[Turn], heard: &[Turn], collar: f64) -> DiarizationErrors {
    let (own, others) = (names(truth), names(heard));
    let stretches = stretches(truth, heard, collar, &own, &others);
    let mut pairs = vec![vec![0.0; others.len()]; own.len()];
    for stretch in &stretches {
        for &row in &stretch.truth {
            for &column in &stretch.heard {
                pairs[row][column] -= stretch.seconds;
            }
        }
    }
    let (_, pairing) = cheapest(&Costs {
        pairs,
        true_alone: vec![0.0; own.len()],
        heard_alone: vec![0.0; others.len()],
    });
    let mut sum = DiarizationErrors::default();
    for stretch in &stretches {
        let (truly, heard) = (stretch.truth.len(), stretch.heard.len());
        let right = stretch
            .truth
            .iter()
            .filter(|&&row| pairing[row].is_some_and(|column| stretch.heard.contains(&column)))
            .count();
        sum += DiarizationErrors {
            missed: truly.saturating_sub(heard) as f64 * stretch.seconds,
            false_alarm: heard.saturating_sub(truly) as f64 * stretch.seconds,
            confused: (truly.min(heard) - right) as f64 * stretch.seconds,
            speech: truly as f64 * stretch.seconds,
        };
    }
    sum
}

fn names(turns: &[Turn]) -> Vec<&str> {
    let all: BTreeSet<&str> = turns.iter().map(|turn| turn.speaker.as_str()).collect();
    all.into_iter().collect()
}

fn stretches(truth: &[Turn], heard: &[Turn], collar: f64, own: &[&str], others: &[&str]) -> Vec<Stretch> {
    let boundaries: Vec<f64> = truth.iter().flat_map(|turn| [turn.start, turn.end]).collect();
    let mut cuts: Vec<f64> = boundaries
        .iter()
        .flat_map(|at| [at - collar, *at, at + collar])
        .chain(heard.iter().flat_map(|turn| [turn.start, turn.end]))
        .collect();
    cuts.sort_by(f64::total_cmp);
    let who = |turns: &[Turn], names: &[&str], at: f64| {
        let speaking = turns.iter().filter(|turn| (turn.start..turn.end).contains(&at));
        speaking
            .filter_map(|turn| names.binary_search(&turn.speaker.as_str()).ok())
            .collect()
    };
    let mut found = Vec::new();
    for pair in cuts.windows(2) {
        let middle = f64::midpoint(pair[0], pair[1]);
        if pair[1] > pair[0] && !boundaries.iter().any(|at| (at - middle).abs() < collar) {
            found.push(Stretch {
                seconds: pair[1] - pair[0],
                truth: who(truth, own, middle),
                heard: who(heard, others, middle),
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(speaker: &str, start: f64, end: f64) -> Turn {
        Turn {
            start,
            end,
            speaker: speaker.to_owned(),
        }
    }

    fn close(found: DiarizationErrors, [missed, false_alarm, confused, speech]: [f64; 4]) {
        let wanted = [missed, false_alarm, confused, speech];
        let all = [found.missed, found.false_alarm, found.confused, found.speech];
        assert!(
            all.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-9),
            "{found:?}"
        );
    }

    #[test]
    fn names_do_not_matter_and_time_does() {
        let truth = [turn("S1", 0.0, 10.0), turn("S2", 10.0, 20.0)];
        close(
            errors(&truth, &[turn("b", 0.0, 10.0), turn("a", 10.0, 20.0)], 0.0),
            [0.0, 0.0, 0.0, 20.0],
        );
        // 1 s missed at the beginning, 2 s of S2 given to b, 3 s too long.
        let heard = [turn("b", 1.0, 12.0), turn("a", 12.0, 23.0)];
        let found = errors(&truth, &heard, 0.0);
        close(found, [1.0, 3.0, 2.0, 20.0]);
        assert!((found.rate() - 0.3).abs() < 1e-9);
    }

    #[test]
    fn a_collar_leaves_out_both_sides_of_true_boundaries() {
        let truth = [turn("S1", 0.0, 10.0), turn("S2", 10.0, 20.0)];
        // 0.2 s late everywhere: inside the collar. Scored: 0.25 to 9.75 and 10.25 to 19.75.
        let late = [turn("a", 0.2, 10.2), turn("b", 10.2, 20.2)];
        close(errors(&truth, &late, 0.25), [0.0, 0.0, 0.0, 19.0]);
        close(errors(&truth, &late, 0.0), [0.2, 0.2, 0.2, 20.0]);
    }

    #[test]
    fn overlapped_speech_is_scored_for_each() {
        let truth = [turn("S1", 0.0, 10.0), turn("S2", 8.0, 12.0)];
        // Of the overlap (8 to 10) one of two is heard: 2 s missed.
        close(
            errors(&truth, &[turn("a", 0.0, 10.0), turn("b", 10.0, 12.0)], 0.0),
            [2.0, 0.0, 0.0, 14.0],
        );
    }

    #[test]
    fn one_heard_speaker_is_paired_with_who_speaks_longest() {
        let truth = [turn("S1", 0.0, 6.0), turn("S2", 6.0, 10.0)];
        close(
            errors(&truth, &[turn("a", 0.0, 10.0)], 0.0),
            [0.0, 0.0, 4.0, 10.0],
        );
        close(errors(&truth, &[], 0.0), [10.0, 0.0, 0.0, 10.0]);
        close(errors(&[], &[turn("a", 0.0, 1.0)], 0.0), [0.0, 1.0, 0.0, 0.0]);
    }
}
