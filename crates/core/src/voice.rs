//! Who spoke when, as values: what voices sound like, turns, the people of a recording.
//!
//! Promises: everything that is needed to find the speakers anew is in [`VoiceWindow`]s, so that no
//! correction needs the sound again. Never: sound, a name.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::audio::{Millis, SampleSpan};
use crate::digest::Sha256;

/// What a voice sounds like: the direction of a model's vector, a byte per dimension.
///
/// Cosines of packed vectors differ from those of the floats by less than 0.001 (256 dimensions): far
/// below what tells two people apart. Written as base64: a meeting of 4 h has 36,000 of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct VoiceVector(Vec<i8>);

impl VoiceVector {
    /// Packs a vector of any length but 0; what is not finite counts as 0.
    #[must_use]
    pub fn pack(values: &[f32]) -> Self {
        let finite = |value: f32| if value.is_finite() { value } else { 0.0 };
        let largest = values
            .iter()
            .fold(0.0_f32, |largest, &value| largest.max(finite(value).abs()));
        let scale = if largest > 0.0 { 127.0 / largest } else { 0.0 };
        #[expect(clippy::cast_possible_truncation, reason = "scaled into -127 to 127")]
        Self(
            values
                .iter()
                .map(|&value| (finite(value) * scale).round() as i8)
                .collect(),
        )
    }

    /// The unit vector; zeros when nothing is known of the voice.
    #[must_use]
    pub fn unpack(&self) -> Vec<f32> {
        let values: Vec<f32> = self.0.iter().map(|&value| f32::from(value)).collect();
        let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
        let scale = if length > 0.0 { 1.0 / length } else { 0.0 };
        values.into_iter().map(|value| value * scale).collect()
    }

    /// How many numbers it has.
    #[must_use]
    pub const fn dimensions(&self) -> usize {
        self.0.len()
    }

    /// The cosine of two voices, −1 to 1; 0 when they are of different models.
    #[must_use]
    pub fn likeness(&self, other: &Self) -> f32 {
        if self.dimensions() != other.dimensions() {
            return 0.0;
        }
        let (own, others) = (self.unpack(), other.unpack());
        own.iter().zip(&others).map(|(a, b)| a * b).sum()
    }
}

impl Serialize for VoiceVector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = self.0.iter().map(|value| value.cast_unsigned()).collect();
        serializer.serialize_str(&BASE64_STANDARD.encode(bytes))
    }
}

impl<'de> Deserialize<'de> for VoiceVector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = BASE64_STANDARD.decode(text).map_err(de::Error::custom)?;
        Ok(Self(bytes.into_iter().map(u8::cast_signed).collect()))
    }
}

/// How the place of a [`VoiceWindow`] was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowKind {
    /// Laid over the speech at a fixed hop: its middle is what it speaks for.
    #[default]
    Sliding,
    /// A part of a turn, which lies here: a segmentation model said that one person speaks from its start to
    /// its end. Two turns that overlap are two people at once.
    Turn(SampleSpan),
}

/// What one window of a channel sounds like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoiceWindow {
    /// The channel, from 0.
    pub channel: u8,
    /// Where it was heard.
    #[serde(flatten)]
    pub span: SampleSpan,
    /// The voice.
    pub voice: VoiceVector,
    /// How its place was found.
    #[serde(default)]
    pub kind: WindowKind,
}

/// Who speaks: the position in [`Diarization::speakers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SpeakerIndex(pub u16);

impl SpeakerIndex {
    /// As a position in a list.
    #[must_use]
    pub const fn position(self) -> usize {
        self.0 as usize
    }
}

/// What is known of one person's voice in a recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpeakerCentroid {
    /// The mean of the person's windows.
    pub voice: VoiceVector,
    /// How long the person speaks.
    pub spoken: Millis,
    /// How alike the person's windows are, 0 to 1: the mean cosine to [`SpeakerCentroid::voice`].
    pub likeness: f32,
}

/// One person speaks without a pause that voice activity detection sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// The channel, from 0.
    pub channel: u8,
    /// From when to when.
    #[serde(flatten)]
    pub span: SampleSpan,
    /// Who.
    pub speaker: SpeakerIndex,
    /// Who speaks at the same time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<SpeakerIndex>,
}

impl Turn {
    /// Whether more than one person speaks.
    #[must_use]
    pub const fn is_overlap(self) -> bool {
        self.second.is_some()
    }
}

/// Who spoke when. Speakers are numbered by their first words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Diarization {
    /// The people.
    pub speakers: Vec<SpeakerCentroid>,
    /// All speech, by beginning and channel: turns of one channel do not meet.
    pub turns: Vec<Turn>,
    /// The model the voices are of; vectors of another cannot be compared.
    pub model: Option<Sha256>,
}

/// Who speaks in a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// Who speaks most of it.
    pub speaker: SpeakerIndex,
    /// Whether somebody else speaks at the same time in it.
    pub overlap: bool,
}

impl Diarization {
    /// Who speaks in `span` of `channel`: the person with most of it, else the one nearest to it within
    /// `reach` (a recogniser's token times are not exact). `None` where nobody is near.
    #[must_use]
    pub fn speaker_of(&self, channel: u8, span: SampleSpan, reach: Millis) -> Option<Spoken> {
        let reach = reach.sample().0;
        // Turns of a channel are in order and do not meet: backwards from the last that begins in reach, the
        // first that ends before it is the last to look at.
        let begun = self
            .turns
            .partition_point(|turn| turn.span.start.0 <= span.end.0 + reach);
        let own = self.turns[..begun]
            .iter()
            .rev()
            .filter(|turn| turn.channel == channel)
            .take_while(|turn| turn.span.end.0 + reach >= span.start.0);
        let mut share = vec![0_u64; self.speakers.len()];
        let (mut overlap, mut nearest) = (false, None);
        for turn in own {
            let common = turn.span.intersection(span).len();
            if let Some(share) = share.get_mut(turn.speaker.position()) {
                *share += common;
            }
            overlap |= common > 0 && turn.is_overlap();
            let distance = turn
                .span
                .start
                .0
                .saturating_sub(span.end.0)
                .max(span.start.0.saturating_sub(turn.span.end.0));
            if distance <= reach && nearest.is_none_or(|(least, _)| distance < least) {
                nearest = Some((distance, turn.speaker));
            }
        }
        let most = (0_u16..)
            .zip(&share)
            .max_by_key(|&(index, &samples)| (samples, std::cmp::Reverse(index)));
        let speaker = match most {
            Some((index, &samples)) if samples > 0 => SpeakerIndex(index),
            _ => nearest?.1,
        };
        Some(Spoken { speaker, overlap })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(byte: u8) -> Sha256 {
        Sha256::from_bytes([byte; 32])
    }

    fn diarization(voices: &[[f32; 3]], turns: &[(u64, u64, u16)]) -> Diarization {
        Diarization {
            speakers: voices
                .iter()
                .map(|voice| SpeakerCentroid {
                    voice: VoiceVector::pack(voice),
                    spoken: Millis(20_000),
                    likeness: 0.9,
                })
                .collect(),
            turns: turns
                .iter()
                .map(|&(start, end, speaker)| Turn {
                    channel: 0,
                    span: SampleSpan::new(start, end),
                    speaker: SpeakerIndex(speaker),
                    second: (start == 500).then_some(SpeakerIndex(0)),
                })
                .collect(),
            model: Some(model(1)),
        }
    }

    #[test]
    fn a_packed_voice_keeps_its_direction_through_json() {
        let values: Vec<f32> = (0..256_u16)
            .map(|n| (f32::from(n) * 0.7).sin().max(0.0))
            .collect();
        let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
        let packed = VoiceVector::pack(&values);
        let cosine: f32 = packed
            .unpack()
            .iter()
            .zip(&values)
            .map(|(a, b)| a * b / length)
            .sum();
        assert!(cosine > 0.9999, "{cosine}");
        let json = serde_json::to_string(&packed).unwrap();
        assert_eq!(json.len(), 346);
        assert_eq!(serde_json::from_str::<VoiceVector>(&json).unwrap(), packed);
        assert!(serde_json::from_str::<VoiceVector>("\"..\"").is_err());
        let nothing = VoiceVector::pack(&[0.0, f32::NAN, 0.0]);
        assert_eq!(nothing.unpack(), [0.0; 3]);
        assert!(nothing.likeness(&packed).abs() < 1e-6);
    }

    #[test]
    fn a_window_goes_through_json() {
        let window = VoiceWindow {
            channel: 1,
            span: SampleSpan::new(16, 32),
            voice: VoiceVector::pack(&[1.0, -1.0]),
            kind: WindowKind::Sliding,
        };
        let through_json = |window: &VoiceWindow| {
            let json = serde_json::to_string(window).unwrap();
            assert_eq!(serde_json::from_str::<VoiceWindow>(&json).unwrap(), *window);
        };
        through_json(&window);
        through_json(&VoiceWindow {
            kind: WindowKind::Turn(SampleSpan::new(8, 64)),
            ..window
        });
    }

    #[test]
    fn who_speaks_in_a_span_is_who_has_most_of_it() {
        let found = diarization(
            &[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
            &[(0, 300, 0), (300, 500, 1), (500, 600, 1)],
        );
        let of = |start, end| found.speaker_of(0, SampleSpan::new(start, end), Millis(1));
        let spoken = |speaker, overlap| {
            Some(Spoken {
                speaker: SpeakerIndex(speaker),
                overlap,
            })
        };
        assert_eq!(of(250, 320), spoken(0, false));
        assert_eq!(of(280, 360), spoken(1, false));
        assert_eq!(of(450, 550), spoken(1, true));
        // After the last turn: within a millisecond (16 samples), then out of reach.
        assert_eq!(of(610, 620), spoken(1, false));
        assert_eq!(of(617, 620), None);
        assert_eq!(found.speaker_of(1, SampleSpan::new(0, 100), Millis(1)), None);
    }
}
