//! Whether two channels hold the same room or separate people.
//!
//! Looked at first and alone, so that the costly measures are taken only of what goes on: levels of 100 ms
//! of both channels, counted together, and the correlation of the waveforms.
//! Promise: memory does not grow with the recording. Never: a change of the samples.

use shoki_core::audio::SAMPLE_RATE;
use shoki_core::audio_report::{ChannelLayout, ChannelLikeness};

use super::histogram::{Histogram, NOTHING, dbfs, share};

/// Samples of a level: 100 ms, longer than any delay between microphones of one table.
pub const FRAME: usize = SAMPLE_RATE as usize / 10;
/// Lowest level of the joint counts, dBFS; they go in steps of 1 dB to 0.
const LOWEST: f32 = -90.0;
/// Levels told apart in the joint counts.
const LEVELS: usize = 91;
/// One channel alone is speaking when it is this much above the other, dB: between headsets or telephone
/// lines it is 20 dB and more, between two microphones on one table up to 6 dB.
pub const ONE_SIDED: f32 = 10.0;
/// Share of one-sided frames from which people are separate: 0.98 for the sample meeting on two lines, with
/// and without 15 dB of the other voice in each; 0 for two microphones in a room.
const SEPARATE_ONE_SIDED: f32 = 0.3;
/// Levels more alike than this are the same room: there they rise and fall together (0.99; 0.57 with each
/// person 6 dB nearer to one microphone), separate people take turns (−0.3 to −0.9).
const SEPARATE_LEVEL: f32 = 0.6;
/// Separate people move the difference of the levels by at least this, dB, from one side to the other; one
/// microphone set lower than the other is one-sided all the time, but always to the same side.
const SEPARATE_SWING: u64 = 18;
/// Share of frames at either end that the swing leaves out: a person who speaks less is missed.
const SWING_ENDS: f32 = 0.02;
/// Below this mixing cancels the voices (wires crossed, or microphones half a wavelength apart): the mix has
/// (1 + c) / 2 of the power of one channel but half its noise, 1.5 dB less SNR here.
const CANCELLING: f32 = -0.3;
/// A channel whose loudest 1 % does not come within this of the other's holds only what leaks over, dB.
const LEAK: f32 = 40.0;
/// A channel whose loudest 0.1 % does not reach this holds nothing, dBFS.
const EMPTY: f32 = -70.0;
/// A channel holds nothing but noise when less than [`RISES_SHARE`] of it stands out of the floor by this,
/// dB: 4 s an hour.
const RISES: f32 = 10.0;
/// See [`RISES`].
const RISES_SHARE: f32 = 0.001;

/// Listens to two channels.
pub struct LikenessMeter {
    /// Counts of 1 dB levels, of the first channel times [`LEVELS`] plus of the second.
    joint: Vec<u64>,
    histograms: [Histogram; 2],
    /// Sums over all samples: of both channels, of their squares, of their product.
    sums: [f64; 2],
    squares: [f64; 2],
    product: f64,
    samples: u64,
}

impl LikenessMeter {
    /// Before the first sample.
    #[must_use]
    pub fn new() -> Self {
        Self {
            joint: vec![0; LEVELS * LEVELS],
            histograms: [Histogram::new(), Histogram::new()],
            sums: [0.0; 2],
            squares: [0.0; 2],
            product: 0.0,
            samples: 0,
        }
    }

    /// Takes one frame of [`FRAME`] interleaved pairs, or less at the end.
    pub fn push(&mut self, frame: &[i16]) {
        let (mut sums, mut squares, mut product) = ([0i64; 2], [0i64; 2], 0i64);
        let (pairs, _) = frame.as_chunks::<2>();
        for &[left, right] in pairs {
            let (left, right) = (i64::from(left), i64::from(right));
            sums[0] += left;
            sums[1] += right;
            squares[0] += left * left;
            squares[1] += right * right;
            product += left * right;
        }
        #[expect(clippy::cast_precision_loss, reason = "2^42 at most")]
        let [product, count] = [product as f64, pairs.len() as f64];
        self.product += product;
        self.samples += pairs.len() as u64;
        let mut levels = [0; 2];
        for channel in 0..2 {
            #[expect(clippy::cast_precision_loss, reason = "2^42 at most")]
            let (sum, square) = (sums[channel] as f64, squares[channel] as f64);
            self.sums[channel] += sum;
            self.squares[channel] += square;
            let mean = sum / count;
            let power = (square / count - mean * mean).max(0.0) / (32_768.0 * 32_768.0);
            self.histograms[channel].count(power);
            levels[channel] = index(dbfs(power));
        }
        self.joint[levels[0] * LEVELS + levels[1]] += 1;
    }

    /// How the channels are to be used, and whether one goes on because they would cancel each other.
    #[must_use]
    pub fn layout(&self) -> (ChannelLayout, bool) {
        let layout = self.by_content();
        match layout {
            ChannelLayout::Mixed { likeness } if likeness.waveform <= CANCELLING => {
                // Mixed, they would fall silent. One is as good as both.
                let kept = u8::from(self.squares[1] > self.squares[0]);
                (ChannelLayout::OneSilent { kept }, true)
            }
            layout => (layout, false),
        }
    }

    fn by_content(&self) -> ChannelLayout {
        let [left, right] = &self.histograms;
        let quieter = |one: &Histogram, other: &Histogram| {
            one.percentile(0.99).unwrap_or(NOTHING) < other.percentile(0.99).unwrap_or(NOTHING) - LEAK
        };
        match (holds_nothing(left), holds_nothing(right)) {
            (true, false) => return ChannelLayout::OneSilent { kept: 1 },
            (false, true) => return ChannelLayout::OneSilent { kept: 0 },
            (false, false) if quieter(left, right) => return ChannelLayout::OneSilent { kept: 1 },
            (false, false) if quieter(right, left) => return ChannelLayout::OneSilent { kept: 0 },
            _ => {}
        }
        let likeness = self.likeness();
        let swings = self.swing() >= SEPARATE_SWING;
        if swings && likeness.one_sided >= SEPARATE_ONE_SIDED && likeness.level <= SEPARATE_LEVEL {
            return ChannelLayout::Separate { likeness };
        }
        ChannelLayout::Mixed { likeness }
    }

    /// Frames in which both channels' people speak, and frames in which anybody does.
    #[must_use]
    pub fn together(&self) -> (u64, u64) {
        let speech = [0, 1].map(|channel: usize| self.histograms[channel].active().level().unwrap_or(0.0));
        let mut counts = (0, 0);
        self.each_active(|left, right, both, times| {
            counts.1 += times;
            // What leaks over from the other channel is far below one's own voice.
            let apart = (left - speech[0]) - (right - speech[1]);
            if both && apart.abs() < ONE_SIDED {
                counts.0 += times;
            }
        });
        counts
    }

    fn likeness(&self) -> ChannelLikeness {
        let (mut count, mut one_sided) = (0, 0);
        let mut moments = Moments::default();
        self.each_active(|left, right, _, times| {
            count += times;
            if (left - right).abs() >= ONE_SIDED {
                one_sided += times;
            }
            moments.add(f64::from(left), f64::from(right), times);
        });
        #[expect(clippy::cast_precision_loss, reason = "exact for millennia of samples")]
        let samples = self.samples as f64;
        let waveform = Moments {
            count: samples,
            sums: self.sums,
            squares: self.squares,
            product: self.product,
        };
        ChannelLikeness {
            waveform: waveform.correlation(),
            level: moments.correlation(),
            one_sided: share(one_sided, count),
        }
    }

    /// Between which ends the difference of the levels moves, dB.
    fn swing(&self) -> u64 {
        let mut differences = vec![0u64; 2 * LEVELS];
        self.each_active(|left, right, _, times| {
            differences[LEVELS + index(LOWEST + left - right) - index(LOWEST + right - left)] += times;
        });
        let whole: u64 = differences.iter().sum();
        let mut below = 0;
        let inner = differences.iter().filter(|&&times| {
            let before = share(below, whole);
            below += times;
            before <= 1.0 - SWING_ENDS && share(below, whole) > SWING_ENDS
        });
        (inner.count() as u64).saturating_sub(1)
    }

    /// Calls with both levels, whether both are active, and how often that was, where either is.
    fn each_active(&self, mut call: impl FnMut(f32, f32, bool, u64)) {
        let thresholds = [self.histograms[0].threshold(), self.histograms[1].threshold()];
        for (at, &times) in self.joint.iter().enumerate() {
            let (left, right) = (level(at / LEVELS), level(at % LEVELS));
            let active = (left >= thresholds[0], right >= thresholds[1]);
            if times > 0 && (active.0 || active.1) {
                call(left, right, active.0 && active.1, times);
            }
        }
    }
}

/// Sums for Pearson's correlation.
#[derive(Default)]
struct Moments {
    count: f64,
    sums: [f64; 2],
    squares: [f64; 2],
    product: f64,
}

impl Moments {
    fn add(&mut self, left: f64, right: f64, times: u64) {
        #[expect(clippy::cast_precision_loss, reason = "exact for millennia of frames")]
        let times = times as f64;
        self.count += times;
        self.sums[0] += left * times;
        self.sums[1] += right * times;
        self.squares[0] += left * left * times;
        self.squares[1] += right * right * times;
        self.product += left * right * times;
    }

    /// −1 to 1; 0 where one side does not vary.
    fn correlation(&self) -> f32 {
        let product = self.product * self.count - self.sums[0] * self.sums[1];
        let spread = |channel: usize| self.squares[channel] * self.count - self.sums[channel].powi(2);
        let scale = spread(0).max(0.0).sqrt() * spread(1).max(0.0).sqrt();
        #[expect(clippy::cast_possible_truncation, reason = "−1 to 1")]
        if scale > 0.0 {
            (product / scale).clamp(-1.0, 1.0) as f32
        } else {
            0.0
        }
    }
}

/// Whether there is neither a person nor anything else that comes and goes.
fn holds_nothing(histogram: &Histogram) -> bool {
    if histogram.percentile(0.999).is_none_or(|loudest| loudest < EMPTY) {
        return true;
    }
    histogram
        .noise_floor()
        .is_some_and(|floor| share(histogram.from(floor + RISES).frames, histogram.frames()) < RISES_SHARE)
}

fn index(dbfs: f32) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float's cast saturates"
    )]
    let index = (dbfs - LOWEST).round() as usize;
    index.min(LEVELS - 1)
}

fn level(index: usize) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "91 levels")]
    let above = index as f32;
    LOWEST + above
}
