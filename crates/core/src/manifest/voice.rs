//! How models of voices are asked.
//!
//! Promise: what depends on the model (features, window, what a likeness means) stands in its manifest, so
//! that another pair of models needs no other code. Never: a default for them.

use serde::{Deserialize, Serialize};

use crate::audio::Millis;

/// What a speaker encoder hears of a window. All at 16 kHz, frames of 25 ms every 10 ms.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum VoiceFeatures {
    /// Powers (not their logarithms) in Slaney's mel bands, of sound brought to a level, as GE2E was
    /// trained: `[window, frame, band]`.
    PowerMel {
        /// Bands.
        bands: u32,
        /// The level, dBFS.
        level_dbfs: f32,
    },
    /// Kaldi's log filterbank, the window's mean taken off each band, as `WeSpeaker` and CAM++ were
    /// trained: `[window, frame, band]`.
    KaldiFbank {
        /// Bands.
        bands: u32,
        /// How frames fade at their ends.
        #[serde(default)]
        taper: Taper,
    },
    /// The samples, −1 to 1: `[window, sample]`.
    Samples,
}

/// How a frame fades at its ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Taper {
    /// Hamming's: `WeSpeaker`.
    #[default]
    Hamming,
    /// Kaldi's own, Hann's to the power of 0.85: CAM++.
    Povey,
}

/// How a speaker encoder is asked, and what its likenesses (cosines) mean.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpeakerSettings {
    /// What it hears.
    pub features: VoiceFeatures,
    /// How much speech it hears at once.
    pub window_ms: Millis,
    /// From one window to the next.
    pub hop_ms: Millis,
    /// Width of a vector.
    pub dimensions: u32,
    /// An utterance at least this alike to the mean of a person is that person's.
    pub same_voice: f32,
    /// People of two channels whose means are at least this alike are one.
    pub same_mean: f32,
    /// A voice print is proposed from this likeness on.
    pub print_threshold: f32,
    /// And when it is this far ahead of the second.
    pub print_margin: f32,
}

/// How a segmentation model is asked: one class per set of people who speak (a powerset), no speech first,
/// then each alone, then each pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentationSettings {
    /// How much sound it hears at once.
    pub window_ms: Millis,
    /// From one window to the next; every place is then heard in `window_ms / hop_ms` windows.
    pub hop_ms: Millis,
    /// People whom it tells apart in a window.
    pub speakers: u32,
    /// How many of them a class holds at most.
    pub at_once: u32,
    /// Samples from one frame of its answer to the next.
    pub frame_step: u32,
    /// Samples that a frame is heard from (its receptive field); it speaks for their middle.
    pub frame_length: u32,
}

impl SegmentationSettings {
    /// Samples of a window.
    #[must_use]
    pub const fn window(&self) -> usize {
        self.window_ms.sample().0 as usize
    }

    /// Frames of a window's answer; 0 where not even one fits.
    #[must_use]
    pub const fn frames(&self) -> usize {
        match self.window().checked_sub(self.frame_length as usize) {
            Some(rest) if self.frame_step > 0 => rest / self.frame_step as usize + 1,
            _ => 0,
        }
    }
}
