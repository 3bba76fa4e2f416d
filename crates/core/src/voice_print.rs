//! Voice prints: a person's voice as kept with that person's consent, and which speaker sounds like it.
//!
//! Promises: a name is proposed only above the refusal threshold, well ahead of the second print, for a
//! voice that was heard long enough, and never for two speakers. Never: storage, encryption, a decision on
//! who may keep a print.

use serde::{Deserialize, Serialize};

use crate::audio::Millis;
use crate::digest::Sha256;
use crate::voice::{Diarization, SpeakerIndex, VoiceVector};

/// How sure a proposal of a name must be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrintRules {
    /// No name below this cosine. Belongs to the model: [`crate::manifest::SpeakerSettings::print_threshold`].
    pub threshold: f32,
    /// Nor where the second print comes nearer than this to the first.
    pub margin: f32,
    /// Nor for a voice that was heard less than this.
    pub least: Millis,
}

/// A person's voice as kept with that person's consent. Biometric data: whoever stores it encrypts it and
/// deletes it when asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VoicePrint {
    /// The voice.
    pub voice: VoiceVector,
    /// How much speech it was taken from.
    pub sample: Millis,
    /// The model it is of.
    pub model: Sha256,
}

impl VoicePrint {
    /// The shortest speech that a print is taken from: below, the mean is more the sentence than the voice.
    pub const LEAST_SAMPLE: Millis = Millis(10_000);

    /// The print of a speaker of a recording; `None` when too little was heard or the model is not known.
    #[must_use]
    pub fn of(diarization: &Diarization, speaker: SpeakerIndex) -> Option<Self> {
        let centroid = diarization.speakers.get(speaker.position())?;
        (centroid.spoken >= Self::LEAST_SAMPLE).then_some(Self {
            voice: centroid.voice.clone(),
            sample: centroid.spoken,
            model: diarization.model?,
        })
    }

    /// The print after more of the same person was heard: the mean, weighted by how much. `None` when the
    /// two are of different models.
    #[must_use]
    pub fn with(&self, more: &Self) -> Option<Self> {
        if self.model != more.model || self.voice.dimensions() != more.voice.dimensions() {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "a weight")]
        let weight = |print: &Self| print.sample.seconds() as f32;
        let (own, others) = (self.voice.unpack(), more.voice.unpack());
        let mean: Vec<f32> = own
            .iter()
            .zip(&others)
            .map(|(a, b)| a * weight(self) + b * weight(more))
            .collect();
        Some(Self {
            voice: VoiceVector::pack(&mean),
            sample: Millis(self.sample.0 + more.sample.0),
            model: self.model,
        })
    }
}

/// A print that a speaker sounds like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PrintMatch {
    /// Its position among the prints given.
    pub print: usize,
    /// The cosine.
    pub likeness: f32,
}

/// The print of `prints` that each speaker sounds like, one person never proposed for two speakers; `None`
/// where the rules refuse. Prints of another model are passed over.
#[must_use]
pub fn propose(
    diarization: &Diarization,
    prints: &[VoicePrint],
    rules: PrintRules,
) -> Vec<Option<PrintMatch>> {
    let mut proposals: Vec<Option<PrintMatch>> = diarization
        .speakers
        .iter()
        .map(|centroid| {
            let mut likenesses: Vec<PrintMatch> = prints
                .iter()
                .enumerate()
                .filter(|(_, print)| Some(print.model) == diarization.model)
                .map(|(print, kept)| PrintMatch {
                    print,
                    likeness: centroid.voice.likeness(&kept.voice),
                })
                .collect();
            likenesses.sort_by(|a, b| b.likeness.total_cmp(&a.likeness));
            let best = *likenesses.first()?;
            let second = likenesses.get(1).map_or(-1.0, |second| second.likeness);
            let is_sure = centroid.spoken >= rules.least
                && best.likeness >= rules.threshold
                && best.likeness - second >= rules.margin;
            is_sure.then_some(best)
        })
        .collect();
    for at in 0..proposals.len() {
        let Some(own) = proposals[at] else { continue };
        let rival = proposals.iter().enumerate().any(|(other, proposal)| {
            other != at && proposal.is_some_and(|p| p.print == own.print && p.likeness > own.likeness)
        });
        if rival {
            proposals[at] = None;
        }
    }
    proposals
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voice::SpeakerCentroid;

    fn model(byte: u8) -> Sha256 {
        Sha256::from_bytes([byte; 32])
    }

    fn diarization(voices: &[[f32; 3]]) -> Diarization {
        Diarization {
            speakers: voices
                .iter()
                .map(|voice| SpeakerCentroid {
                    voice: VoiceVector::pack(voice),
                    spoken: Millis(20_000),
                    likeness: 0.9,
                })
                .collect(),
            turns: Vec::new(),
            model: Some(model(1)),
        }
    }

    fn print(voice: [f32; 3], byte: u8) -> VoicePrint {
        VoicePrint {
            voice: VoiceVector::pack(&voice),
            sample: Millis(30_000),
            model: model(byte),
        }
    }

    const RULES: PrintRules = PrintRules {
        threshold: 0.8,
        margin: 0.1,
        least: Millis(5_000),
    };

    #[test]
    fn a_name_is_refused_below_the_threshold_or_without_a_margin() {
        let found = diarization(&[[1.0, 0.0, 0.0], [0.0, 0.6, 0.8]]);
        let prints = [print([1.0, 0.2, 0.0], 1), print([0.0, 1.0, 0.0], 1)];
        let proposals = propose(&found, &prints, RULES);
        assert_eq!(proposals[0].map(|proposal| proposal.print), Some(0));
        assert_eq!(proposals[1], None);
        // Two prints of much the same voice: nobody is named.
        let twins = [print([1.0, 0.2, 0.0], 1), print([1.0, 0.0, 0.2], 1)];
        assert_eq!(propose(&found, &twins, RULES), [None, None]);
        // Another model's print is no print.
        assert_eq!(propose(&found, &[print([1.0, 0.0, 0.0], 2)], RULES), [None, None]);
        // Too little was heard.
        let mut brief = found;
        brief.speakers[0].spoken = Millis(4_999);
        assert_eq!(propose(&brief, &prints, RULES)[0], None);
    }

    #[test]
    fn one_person_is_not_two_speakers() {
        let found = diarization(&[[1.0, 0.3, 0.0], [1.0, 0.1, 0.0]]);
        let proposals = propose(&found, &[print([1.0, 0.0, 0.0], 1)], RULES);
        assert_eq!(proposals[0], None);
        assert_eq!(proposals[1].map(|proposal| proposal.print), Some(0));
    }

    #[test]
    fn a_print_wants_enough_speech_and_grows_within_its_model() {
        let mut found = diarization(&[[1.0, 0.0, 0.0]]);
        let own = VoicePrint::of(&found, SpeakerIndex(0)).unwrap();
        assert_eq!((own.sample, own.model), (Millis(20_000), model(1)));
        let more = own.with(&print([0.0, 1.0, 0.0], 1)).unwrap();
        assert_eq!(more.sample, Millis(50_000));
        let likeness = more.voice.likeness(&VoiceVector::pack(&[2.0, 3.0, 0.0]));
        assert!(likeness > 0.999, "{likeness}");
        assert_eq!(own.with(&print([0.0, 1.0, 0.0], 2)), None);
        found.speakers[0].spoken = Millis(9_999);
        assert_eq!(VoicePrint::of(&found, SpeakerIndex(0)), None);
        assert_eq!(VoicePrint::of(&found, SpeakerIndex(1)), None);
    }
}
