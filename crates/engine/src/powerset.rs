//! Powerset classes: one class per set of people who speak at once.
//!
//! Plaquet and Bredin, Powerset multi-class cross entropy loss for neural speaker diarization, 2023; in the
//! order of pyannote.audio's `Powerset`: by size, then by the numbers of the speakers.

use std::cmp::Reverse;

/// Who of the speakers that a model tells apart in one window speaks in a frame; a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LocalSpeakers(u8);

impl LocalSpeakers {
    /// As many as there are bits.
    pub(crate) const MOST: u32 = u8::BITS;

    /// These speakers, counted from 0, each below 8.
    #[must_use]
    pub fn of(speakers: &[usize]) -> Self {
        Self(speakers.iter().fold(0, |set, speaker| set | 1 << speaker))
    }

    /// Whether this one speaks.
    #[must_use]
    pub const fn has(self, speaker: usize) -> bool {
        self.0 >> speaker & 1 == 1
    }

    /// How many speak.
    #[must_use]
    pub const fn count(self) -> u32 {
        self.0.count_ones()
    }
}

/// The set of each class, for at most 8 `speakers` of whom at most `at_once` speak at once.
pub(crate) fn classes(speakers: u32, at_once: u32) -> Vec<LocalSpeakers> {
    let all = u8::MAX >> (LocalSpeakers::MOST - speakers.clamp(1, LocalSpeakers::MOST));
    let mut sets: Vec<u8> = (0..=all).filter(|set| set.count_ones() <= at_once).collect();
    // Of two sets of one size, the one with the lower first number comes first.
    sets.sort_by_key(|set| (set.count_ones(), Reverse(set.reverse_bits())));
    sets.into_iter().map(LocalSpeakers).collect()
}

/// The set whose class scores highest; nobody where no score is a number.
pub(crate) fn decode(scores: &[f32], classes: &[LocalSpeakers]) -> LocalSpeakers {
    let scored = scores.iter().zip(classes).filter(|(score, _)| !score.is_nan());
    scored
        .rev()
        .max_by(|a, b| a.0.total_cmp(b.0))
        .map_or_else(LocalSpeakers::default, |(_, set)| *set)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(speakers: u32, at_once: u32) -> Vec<Vec<usize>> {
        let numbers = |set: LocalSpeakers| (0..8).filter(|&speaker| set.has(speaker)).collect();
        classes(speakers, at_once).into_iter().map(numbers).collect()
    }

    #[test]
    fn classes_are_in_the_order_of_the_published_models() {
        let published: [&[usize]; 7] = [&[], &[0], &[1], &[2], &[0, 1], &[0, 2], &[1, 2]];
        assert_eq!(sets(3, 2), published);
        let four: [&[usize]; 11] = [
            &[],
            &[0],
            &[1],
            &[2],
            &[3],
            &[0, 1],
            &[0, 2],
            &[0, 3],
            &[1, 2],
            &[1, 3],
            &[2, 3],
        ];
        assert_eq!(sets(4, 2), four);
        assert_eq!(sets(3, 3).last(), Some(&vec![0, 1, 2]));
        assert_eq!(sets(8, 8).len(), 256);
        assert_eq!(LocalSpeakers::of(&[0, 2]), classes(3, 2)[5]);
        assert_eq!(LocalSpeakers::of(&[0, 2]).count(), 2);
    }

    #[test]
    fn the_highest_score_decides_and_the_first_of_equals() {
        let classes = classes(3, 2);
        let of = |scores: [f32; 7]| decode(&scores, &classes);
        // Logarithms of probabilities, as the published models write them.
        assert_eq!(
            of([-9.0, -8.0, -0.7, -5.0, -0.9, -7.0, -6.0]),
            LocalSpeakers::of(&[1])
        );
        assert_eq!(
            of([-9.0, -8.0, -0.9, -5.0, -7.0, -6.0, -0.7]),
            LocalSpeakers::of(&[1, 2])
        );
        assert_eq!(of([0.0; 7]), LocalSpeakers::default());
        assert_eq!(of([f32::NAN; 7]), LocalSpeakers::default());
        assert_eq!(
            of([f32::NAN, f32::NEG_INFINITY, 0.0, f32::NAN, 0.0, 0.0, 0.0]),
            LocalSpeakers::of(&[1])
        );
    }
}
