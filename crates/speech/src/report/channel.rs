//! The figures of one channel, in one pass.
//!
//! Promises: each sample is looked at once, memory does not grow with the recording, a pass over samples in
//! any portions gives the same figures. Never: advice.

use shoki_core::audio_report::ChannelReport;

use super::histogram::{Histogram, dbfs, power, share};
use super::hum::HumMeter;
use super::pitch::{HOP, Pitch, PitchFinder, WINDOW};

/// Samples at or beyond this are at the rails. Exactly the rails would miss recordings that were
/// clipped at another rate: resampling leaves ripples on the flat tops.
const RAIL: u16 = 32_700;
/// Samples in a row that make a flat top. A loud peak that just touches the rail has one or two.
const FLAT_TOP: u64 = 3;

/// Frames that are judged together: 2 s.
const BLOCK: usize = 64;
/// Voiced frames in a block of speech: three syllables. Fewer are knocks and squeaks.
const MIN_VOICED: usize = 6;
/// Speech reaches this far beyond its voiced frames, in frames: consonants, 64 ms.
const REACH: usize = 2;
/// Voiced frames no further apart than this are one speech, in frames: 320 ms.
const BRIDGE: usize = 10;
/// The level of speech is that of voiced frames and their neighbours. Taking all active frames instead would
/// measure the loudest syllables only where noise hides the others: 8 dB at a true SNR of 5 dB.
const LEVEL_REACH: usize = 1;
/// Fewer such frames do not make a level, and that of active frames is taken: 1 s.
const MIN_SPOKEN: u64 = 31;
/// A block with at least this share of voiced frames whose level stays within [`STEADY`] is a tone, not
/// speech: the longest Japanese vowels are half a second.
const ALWAYS_VOICED: f32 = 0.9;
/// See [`ALWAYS_VOICED`], dB.
const STEADY: f32 = 6.0;

/// A frame of a block.
#[derive(Clone, Copy, Debug, Default)]
struct Frame {
    power: f64,
    pitch: Pitch,
}

impl Frame {
    fn is_voiced(&self) -> bool {
        self.pitch.hertz.is_some() || self.pitch.second
    }
}

/// Measures one channel.
pub struct ChannelMeter {
    samples: u64,
    squares: f64,
    peak: u16,
    clipped: u64,
    at_rail: u64,
    /// Samples that no frame was made of yet.
    pending: Vec<f32>,
    histogram: Histogram,
    pitches: PitchFinder,
    block: Vec<Frame>,
    hum: HumMeter,
}

/// What was measured.
pub struct Measured {
    /// For the report.
    pub report: ChannelReport,
    /// Seconds of active frames.
    pub active_seconds: f32,
    /// Share of voiced active frames with two pitches.
    pub two_pitches: Option<f32>,
    /// How far the power per Hz beyond 4 kHz lies below that under it, dB.
    pub edge: f32,
}

impl ChannelMeter {
    /// Before the first sample.
    #[must_use]
    pub fn new() -> Self {
        Self {
            samples: 0,
            squares: 0.0,
            peak: 0,
            clipped: 0,
            at_rail: 0,
            pending: Vec::new(),
            histogram: Histogram::new(),
            pitches: PitchFinder::new(),
            block: Vec::with_capacity(BLOCK),
            hum: HumMeter::new(),
        }
    }

    /// Takes the next samples.
    pub fn push(&mut self, samples: &[i16]) {
        self.samples += samples.len() as u64;
        for part in samples.chunks(HOP) {
            self.raw(part);
        }
        let begin = self.pending.len();
        let scaled = samples.iter().map(|&sample| f32::from(sample) / 32_768.0);
        self.pending.extend(scaled);
        self.hum.push(&self.pending[begin..]);
        let mut at = 0;
        while self.pending.len() - at >= WINDOW + HOP {
            let (first, second) = (at, at + HOP);
            self.frames([first, second]);
            at += 2 * HOP;
        }
        self.pending.drain(..at);
    }

    /// All figures; what is left of the last frames counts nowhere but in the raw ones.
    #[must_use]
    pub fn finish(mut self) -> Measured {
        self.close_top();
        self.judge();
        let active = self.histogram.active();
        let frames = self.histogram.frames();
        let noise_floor_dbfs = self.histogram.noise_floor();
        let voiced = self.histogram.voiced();
        #[expect(clippy::cast_precision_loss, reason = "exact for millennia of frames")]
        let spoken = (voiced.spoken >= MIN_SPOKEN).then(|| dbfs(voiced.spoken_power / voiced.spoken as f64));
        let speech_dbfs = spoken.or(active.level());
        let (active_share, speech_share) = (share(active.frames, frames), share(voiced.speech_like, frames));
        #[expect(clippy::cast_precision_loss, reason = "exact for millennia of samples")]
        let (samples, active_frames) = (self.samples.max(1) as f64, active.frames as f32);
        Measured {
            report: ChannelReport {
                rms_dbfs: dbfs(self.squares / samples),
                speech_dbfs,
                peak_dbfs: dbfs((f64::from(self.peak) / 32_768.0).powi(2)),
                clipped_share: share(self.clipped, self.samples),
                noise_floor_dbfs,
                snr_db: snr(speech_dbfs, noise_floor_dbfs),
                hum: self.hum.finish(),
                silence_share: 1.0 - active_share.max(speech_share),
                speech_share,
            },
            active_seconds: active_frames * HOP as f32 / 16_000.0,
            two_pitches: (active.voiced > 0).then(|| share(active.two_pitches, active.voiced)),
            edge: self.pitches.edge(),
        }
    }

    /// Peak, power and flat tops.
    fn raw(&mut self, samples: &[i16]) {
        let mut squares = 0u64;
        let mut peak = 0;
        for sample in samples {
            let size = sample.unsigned_abs();
            squares += u64::from(size) * u64::from(size);
            peak = size.max(peak);
        }
        #[expect(clippy::cast_precision_loss, reason = "2^39 at most")]
        let squares = squares as f64;
        self.squares += squares / (32_768.0 * 32_768.0);
        self.peak = self.peak.max(peak);
        if peak < RAIL {
            self.close_top();
            return;
        }
        for sample in samples {
            if sample.unsigned_abs() >= RAIL {
                self.at_rail += 1;
            } else {
                self.close_top();
            }
        }
    }

    fn close_top(&mut self) {
        if self.at_rail >= FLAT_TOP {
            self.clipped += self.at_rail;
        }
        self.at_rail = 0;
    }

    /// Two frames that begin at these samples.
    fn frames(&mut self, begins: [usize; 2]) {
        let frames = begins.map(|begin| &self.pending[begin..begin + WINDOW]);
        let powers = frames.map(middle);
        let pitches = if powers.iter().all(|&power| Histogram::is_silent(power)) {
            [Pitch::default(); 2]
        } else {
            self.pitches.find(frames)
        };
        for (power, pitch) in powers.into_iter().zip(pitches) {
            if let Some(bin) = self.histogram.count(power) {
                bin.voiced += u64::from(pitch.hertz.is_some() || pitch.second);
                bin.two_pitches += u64::from(pitch.second);
            }
            self.block.push(Frame { power, pitch });
        }
        if self.block.len() >= BLOCK {
            self.judge();
        }
    }

    /// Counts what is like speech in the block, each frame at the level of voiced ones near it.
    fn judge(&mut self) {
        let block = std::mem::replace(&mut self.block, Vec::with_capacity(BLOCK));
        let voiced = block.iter().filter(|frame| frame.is_voiced()).count();
        if voiced < MIN_VOICED || is_steady(&block, voiced) {
            return;
        }
        for at in 0..block.len() {
            if let Some(power) = speech_around(&block, at) {
                self.histogram.at(dbfs(power)).speech_like += 1;
            }
            if let Some(loudest) = loudest_voiced(&block, at, LEVEL_REACH) {
                let bin = self.histogram.at(dbfs(loudest));
                bin.spoken += 1;
                bin.spoken_power += block[at].power;
            }
        }
    }
}

/// Power of the nearest voiced frames, the louder one, where a frame is near enough to one or between two. Not
/// that of the loudest around: hum has a pitch in every pause, and is told by its level alone.
fn speech_around(block: &[Frame], at: usize) -> Option<f64> {
    let before = block[..=at].iter().rev().position(Frame::is_voiced);
    let after = block[at..].iter().position(Frame::is_voiced);
    let power = |frame: usize| block[frame].power;
    match (before, after) {
        (Some(before), Some(after)) if before.min(after) <= REACH || before + after <= BRIDGE => {
            Some(power(at - before).max(power(at + after)))
        }
        (Some(before), None) if before <= REACH => Some(power(at - before)),
        (None, Some(after)) if after <= REACH => Some(power(at + after)),
        _ => None,
    }
}

/// Power of the loudest voiced frame that is no further away than `reach`.
fn loudest_voiced(block: &[Frame], at: usize, reach: usize) -> Option<f64> {
    let near = &block[at.saturating_sub(reach)..block.len().min(at + reach + 1)];
    let voiced = near.iter().filter(|frame| frame.is_voiced());
    voiced.map(|frame| frame.power).max_by(f64::total_cmp)
}

/// Whether a block sounds on and on.
fn is_steady(block: &[Frame], voiced: usize) -> bool {
    if share(voiced as u64, block.len() as u64) < ALWAYS_VOICED {
        return false;
    }
    let mut levels: Vec<f32> = block.iter().map(|frame| dbfs(frame.power)).collect();
    levels.sort_by(f32::total_cmp);
    levels[levels.len() * 9 / 10] - levels[levels.len() / 10] < STEADY
}

/// Mean square of the middle of a frame, without its constant part: cheap recorders have one.
fn middle(frame: &[f32]) -> f64 {
    let middle = &frame[(WINDOW - HOP) / 2..(WINDOW + HOP) / 2];
    let lanes = middle.as_chunks::<8>().0;
    let (mut sums, mut squares) = ([0.0f32; 8], [0.0f32; 8]);
    for lane in lanes {
        for (nth, sample) in lane.iter().enumerate() {
            sums[nth] += sample;
            squares[nth] += sample * sample;
        }
    }
    let mean = f64::from(sums.iter().sum::<f32>()) / HOP as f64;
    (f64::from(squares.iter().sum::<f32>()) / HOP as f64 - mean * mean).max(0.0)
}

/// How far speech stands above noise, dB, with the noise that sounds along with it taken off.
#[must_use]
pub fn snr(speech_dbfs: Option<f32>, noise_floor_dbfs: Option<f32>) -> Option<f32> {
    /// Louder than its noise by less than this, speech is not told from it, dB.
    const LEAST: f32 = -10.0;
    let (both, noise) = (power(speech_dbfs?), power(noise_floor_dbfs?));
    Some(dbfs((both - noise) / noise).max(LEAST))
}
