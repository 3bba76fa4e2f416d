//! Pitches of a frame: whether it is voiced, and whether two people are voiced in it.
//!
//! One pitch is the highest peak of the autocorrelation, corrected for the window (Boersma 1993). For a
//! second one the first is cancelled by subtracting the signal one period before (de Cheveigné 1993): what is
//! left has an autocorrelation that follows from the first without another transform.
//! Promise: at most one transform and a half per frame. Never: a level; who asks looks at loud frames only.

use shoki_core::audio::SAMPLE_RATE;

use crate::spectrum::Spectrum;

/// Samples of an analysed frame, 64 ms: four periods of a low voice.
pub const WINDOW: usize = 1024;
/// Samples from one frame to the next, 32 ms.
pub const HOP: usize = 512;
/// Samples of a transform: twice the window, so that the autocorrelation does not wrap.
const SIZE: usize = 2 * WINDOW;
/// Lowest pitch, Hz: a low male voice.
const LOWEST: usize = 75;
/// Highest pitch, Hz: a lively female voice; screams are no speech at a meeting.
const HIGHEST: usize = 400;
/// Lags of pitches.
const LONGEST: usize = SAMPLE_RATE as usize / LOWEST;
/// See [`LONGEST`].
const SHORTEST: usize = SAMPLE_RATE as usize / HIGHEST;
/// Band in which the period is looked for, Hz: where voiced sounds have their power, without rumble.
const BAND: [f32; 2] = [70.0, 1500.0];
/// A frame is voiced from this normalised autocorrelation on; Praat's default is 0.45. White noise in this
/// band and window stays below 0.4.
const VOICED: f32 = 0.5;
/// A shorter period is preferred when it is nearly as good: multiples of the period fit as well.
const OCTAVE: f32 = 0.92;
/// Where two voices are equally loud, neither reaches [`VOICED`].
const VOICED_TOGETHER: f32 = 0.35;
/// Share of the power that cancelling the first pitch must leave for a second voice.
const LEFT_OVER: f32 = 0.25;
/// How periodic the rest must be.
const SECOND: f32 = 0.6;
/// A second period within this of the first, or of a small ratio of it, is the first voice still: pitch
/// moves within a frame.
const NEAR: f32 = 0.08;
/// Ratios of periods that belong to one voice.
const RATIOS: [f32; 7] = [1.0, 0.5, 2.0, 1.5, 2.0 / 3.0, 1.0 / 3.0, 3.0];
/// Bands whose power shows a recording that stops at 4 kHz, Hz: below the telephone's upper edge, and
/// beyond what any filter lets through.
const EDGE_BANDS: [[f32; 2]; 2] = [[2500.0, 3300.0], [4500.0, 7500.0]];

/// What a frame sounds like.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pitch {
    /// In Hz, where it is voiced.
    pub hertz: Option<f32>,
    /// Whether there is a second, unrelated pitch.
    pub second: bool,
}

/// Finds pitches, and measures the edge of the band on the way.
pub struct PitchFinder {
    spectrum: Spectrum,
    powers: [Vec<f32>; 2],
    lags: [Vec<f32>; 2],
    shape: Vec<f32>,
    edge: [f64; 2],
}

impl PitchFinder {
    /// Before the first frame.
    #[must_use]
    pub fn new() -> Self {
        let spectrum = Spectrum::new(WINDOW, SIZE);
        let (bins, lags) = (spectrum.bins(), 2 * LONGEST + 2);
        Self {
            shape: spectrum.window_correlation(lags),
            spectrum,
            powers: [vec![0.0; bins], vec![0.0; bins]],
            lags: [vec![0.0; lags], vec![0.0; lags]],
            edge: [0.0; 2],
        }
    }

    /// Of two frames of [`WINDOW`] samples.
    pub fn find(&mut self, frames: [&[f32]; 2]) -> [Pitch; 2] {
        let [one, two] = &mut self.powers;
        self.spectrum.power(frames, [one, two]);
        for (edge, band) in self.edge.iter_mut().zip(EDGE_BANDS) {
            let bins = self.spectrum.bin(band[0])..self.spectrum.bin(band[1]);
            let wide = bins.len() as f32;
            let power = |powers: &[f32]| powers[bins.clone()].iter().sum::<f32>() / wide;
            *edge += f64::from(power(one) + power(two));
        }
        let bins = self.spectrum.bin(BAND[0])..self.spectrum.bin(BAND[1]);
        let [first, second] = &mut self.lags;
        self.spectrum.autocorrelation([one, two], bins, [first, second]);
        for lags in [&mut *first, &mut *second] {
            let whole = lags[0].max(f32::MIN_POSITIVE);
            for (lag, shape) in lags.iter_mut().zip(&self.shape) {
                *lag /= whole * shape;
            }
        }
        [pitch(first), pitch(second)]
    }

    /// How far the power per Hz beyond 4 kHz lies below that under it, dB.
    #[must_use]
    pub fn edge(&self) -> f32 {
        super::histogram::dbfs(self.edge[1]) - super::histogram::dbfs(self.edge[0])
    }
}

/// From a normalised autocorrelation.
fn pitch(correlation: &[f32]) -> Pitch {
    let Some((lag, strength)) = peak(|lag| correlation[lag], |_| true) else {
        return Pitch::default();
    };
    let hertz = (strength >= VOICED).then(|| {
        #[expect(clippy::cast_precision_loss, reason = "hundreds of samples")]
        let hertz = SAMPLE_RATE as f32 / lag as f32;
        hertz
    });
    let left = 1.0 - strength;
    if strength < VOICED_TOGETHER || left < LEFT_OVER {
        return Pitch { hertz, second: false };
    }
    // x(n) − x(n − period): its autocorrelation.
    let rest = |other: usize| {
        (2.0 * correlation[other] - correlation[other.abs_diff(lag)] - correlation[other + lag])
            / (2.0 * left)
    };
    #[expect(clippy::cast_precision_loss, reason = "hundreds of samples")]
    let unrelated = |other: usize| {
        let ratio = other as f32 / lag as f32;
        RATIOS.iter().all(|own| (ratio / own - 1.0).abs() > NEAR)
    };
    let second = peak(rest, unrelated).is_some_and(|(_, strength)| strength >= SECOND);
    Pitch { hertz, second }
}

/// The best local maximum among allowed lags of pitches, or a shorter one that is nearly as good.
fn peak(at: impl Fn(usize) -> f32, allowed: impl Fn(usize) -> bool) -> Option<(usize, f32)> {
    let maxima = || {
        (SHORTEST..=LONGEST)
            .filter(|&lag| allowed(lag))
            .map(|lag| (lag, at(lag)))
            .filter(|&(lag, value)| value >= at(lag - 1) && value > at(lag + 1))
    };
    let best = maxima().map(|(_, value)| value).max_by(f32::total_cmp)?;
    maxima().find(|&(_, value)| value >= best * OCTAVE)
}
