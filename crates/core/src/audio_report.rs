//! The audio report as a value: what was measured in a recording and what the desk should do about it.
//!
//! Promises: every figure has its unit in its name or its documentation; figures that could not be
//! measured are absent, not zero. Measured by `shoki_speech::report`. Never: words that were spoken.

use serde::{Deserialize, Serialize};

use crate::audio::Millis;

/// How the channels of the file are used from here on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ChannelLayout {
    /// The file has one channel (or more than two, which were mixed).
    Mono,
    /// Two channels of the same room, mixed into one.
    Mixed {
        /// What was measured.
        likeness: ChannelLikeness,
    },
    /// Two channels with separate people: kept apart.
    Separate {
        /// What was measured.
        likeness: ChannelLikeness,
    },
    /// Two channels, of which one holds nothing; the other alone goes on.
    OneSilent {
        /// The channel that goes on, from 0.
        kept: u8,
    },
}

impl ChannelLayout {
    /// Channels that go on: 1 or 2.
    #[must_use]
    pub const fn channels(self) -> u8 {
        match self {
            Self::Separate { .. } => 2,
            Self::Mono | Self::Mixed { .. } | Self::OneSilent { .. } => 1,
        }
    }
}

/// How alike two channels are, measured over the whole recording.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelLikeness {
    /// Pearson's correlation of the two waveforms at lag 0, −1 to 1.
    pub waveform: f32,
    /// Pearson's correlation of the two channels' levels (dB per 100 ms) over the frames in which
    /// either is active, −1 to 1.
    pub level: f32,
    /// Share of those frames in which one channel is at least 10 dB above the other, 0 to 1.
    pub one_sided: f32,
}

/// Mains hum.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hum {
    /// 50 or 60 Hz.
    pub mains_hz: u8,
    /// How far the fundamental and its harmonics stand above their neighbourhood, dB.
    pub above_floor_db: f32,
    /// Level of fundamental and harmonics together, dBFS.
    pub level_dbfs: f32,
}

/// The figures of one channel. Levels are dB relative to a full-scale square wave (RMS) or to the
/// largest sample value (peak); shares are 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelReport {
    /// RMS of everything, dBFS; −120 for digital silence.
    pub rms_dbfs: f32,
    /// RMS of the active frames, dBFS: how loud people speak. Absent when nothing is active.
    pub speech_dbfs: Option<f32>,
    /// Largest sample, dBFS.
    pub peak_dbfs: f32,
    /// Share of samples in runs at the rails.
    pub clipped_share: f32,
    /// Level of the quiet frames (10th percentile), dBFS. Absent when nothing but digital silence
    /// is quiet.
    pub noise_floor_dbfs: Option<f32>,
    /// `speech_dbfs` above `noise_floor_dbfs` with the noise's own power taken off, dB.
    pub snr_db: Option<f32>,
    /// Mains hum, when it stands out.
    pub hum: Option<Hum>,
    /// Share of the time without activity.
    pub silence_share: f32,
    /// Share of the time that sounds like speech: by energy and periodicity in the first report, by
    /// voice activity detection once that has run.
    pub speech_share: f32,
}

/// How the overlap estimate was come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverlapBasis {
    /// Both of two separate channels are active: a measurement.
    TwoChannels,
    /// Two pitches in one frame of one channel: rough, sees voiced sounds only.
    TwoPitches,
}

/// Share of the active time in which more than one person speaks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overlap {
    /// 0 to 1.
    pub share: f32,
    /// How it was come by.
    pub basis: OverlapBasis,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Nothing stands in the way.
    Good,
    /// Parts of the file are missing.
    Incomplete,
    /// No sound at all.
    Silent,
    /// Sound, but hardly anything like speech.
    LittleSpeech,
    /// Speech is too quiet.
    Quiet,
    /// The recording is overdriven.
    Clipped,
    /// Noise is too near to speech.
    Noisy,
    /// Mains hum.
    Hum,
    /// People often speak at the same time.
    Overlapping,
    /// One of two channels holds nothing.
    OneSilent,
    /// Two channels were kept apart.
    Separate,
    /// The file's own sound stops at 4 kHz or below: a telephone or a low-rate recorder.
    NarrowBand,
}

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Note,
    /// The transcript will have more errors.
    Warning,
    /// There will be no usable transcript.
    Severe,
}

/// A finding with the sentence for the desk: what it is and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    /// What was found.
    pub finding: Finding,
    /// How much it matters.
    pub severity: Severity,
    /// In Japanese.
    pub text_ja: String,
}

/// The report on one recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AudioReport {
    /// Version of the way of measuring.
    pub procedure: String,
    /// How long it lasts.
    pub duration: Millis,
    /// How its channels are used.
    pub layout: ChannelLayout,
    /// One per channel that goes on (see [`ChannelLayout::channels`]).
    pub channels: Vec<ChannelReport>,
    /// Absent when too little is active to say.
    pub overlap: Option<Overlap>,
    /// Most important first; never empty.
    pub advice: Vec<Advice>,
}
