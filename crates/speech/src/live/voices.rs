//! Who seems to speak, told utterance by utterance.
//!
//! Promises: the same utterances in the same order get the same numbers; a number is never given to another
//! voice. Never: a correction of an earlier utterance — the job that follows listens to the whole.

use shoki_core::transcript::SpeakerId;
use shoki_core::voice::VoiceVector;

/// An utterance with less speech than this (milliseconds) starts no new speaker: a word says too little.
const MIN_NEW: u64 = 1_600;
/// People of a meeting whom captions tell apart; further voices go to the nearest.
const MOST: usize = 12;

/// The voices so far.
#[derive(Clone, Debug)]
pub struct Voices {
    /// Two utterances at least this alike are one person's.
    same: f32,
    /// Sum of each person's unit vectors.
    sums: Vec<Vec<f32>>,
}

impl Voices {
    /// None yet; `same` is the likeness (cosine) from which two utterances are one person's.
    #[must_use]
    pub const fn new(same: f32) -> Self {
        Self {
            same,
            sums: Vec::new(),
        }
    }

    /// Whose voice it is; `speech` is how long was spoken, milliseconds.
    pub fn assign(&mut self, voice: &VoiceVector, speech: u64) -> Option<SpeakerId> {
        let own = voice.unpack();
        let nearest = (0..self.sums.len())
            .map(|nth| (nth, likeness(&self.sums[nth], &own)))
            .max_by(|a, b| a.1.total_cmp(&b.1));
        match nearest {
            Some((nth, alike)) if alike >= self.same => {
                self.add(nth, &own);
                Some(id(nth))
            }
            _ if speech >= MIN_NEW && self.sums.len() < MOST => {
                self.sums.push(own);
                Some(id(self.sums.len() - 1))
            }
            // Too short or too many to be sure: shown as the nearest, and not learnt from.
            other => other.map(|(nth, _)| id(nth)),
        }
    }

    /// Takes back in what an earlier run had assigned.
    pub fn remember(&mut self, speaker: SpeakerId, voice: &VoiceVector) {
        let (own, nth) = (voice.unpack(), speaker.0.saturating_sub(1) as usize);
        if nth < MOST {
            self.sums
                .resize(self.sums.len().max(nth + 1), vec![0.0; own.len()]);
            self.add(nth, &own);
        }
    }

    fn add(&mut self, nth: usize, own: &[f32]) {
        for (sum, value) in self.sums[nth].iter_mut().zip(own) {
            *sum += value;
        }
    }
}

const fn id(nth: usize) -> SpeakerId {
    SpeakerId(nth as u32 + 1)
}

/// The cosine of a sum and a unit vector.
fn likeness(sum: &[f32], unit: &[f32]) -> f32 {
    let length = sum.iter().map(|value| value * value).sum::<f32>().sqrt();
    let product: f32 = sum.iter().zip(unit).map(|(a, b)| a * b).sum();
    product / length.max(f32::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voice(values: [f32; 3]) -> VoiceVector {
        VoiceVector::pack(&values)
    }

    #[test]
    fn a_voice_keeps_its_number_and_a_word_starts_no_new_one() {
        let mut voices = Voices::new(0.7);
        let (a, b) = ([1.0, 0.0, 0.1], [0.0, 1.0, 0.1]);
        assert_eq!(voices.assign(&voice(a), 3_000), Some(SpeakerId(1)));
        assert_eq!(voices.assign(&voice(b), 3_000), Some(SpeakerId(2)));
        assert_eq!(voices.assign(&voice([0.9, 0.1, 0.2]), 500), Some(SpeakerId(1)));
        // Like neither, and too short to be somebody new: the nearest.
        assert_eq!(voices.assign(&voice([0.5, 0.6, 1.0]), 500), Some(SpeakerId(2)));
        assert_eq!(voices.assign(&voice([0.0, 0.0, 1.0]), 3_000), Some(SpeakerId(3)));
        assert_eq!(Voices::new(0.7).assign(&voice(a), 500), None);
    }

    #[test]
    fn what_was_told_before_a_restart_is_told_after_it() {
        let mut voices = Voices::new(0.7);
        voices.remember(SpeakerId(2), &voice([0.0, 1.0, 0.0]));
        voices.remember(SpeakerId(1), &voice([1.0, 0.0, 0.0]));
        assert_eq!(voices.assign(&voice([0.1, 1.0, 0.0]), 3_000), Some(SpeakerId(2)));
        assert_eq!(voices.assign(&voice([0.0, 0.0, 1.0]), 3_000), Some(SpeakerId(3)));
    }
}
