//! Power spectra of two frames at once, and the autocorrelation that follows from them.
//!
//! Promises: scaled so that the bins of a stationary signal add up to its mean square, whatever the
//! window; nothing is allocated after construction. Never: a decision about what is heard.

use std::sync::Arc;

use rustfft::num_complex::Complex32;
use rustfft::{Fft, FftPlanner};
use shoki_core::audio::SAMPLE_RATE;

/// A transform of Hann-windowed frames, two real ones in one complex transform.
pub struct Spectrum {
    size: usize,
    fft: Arc<dyn Fft<f32>>,
    window: Vec<f32>,
    /// 1 / (transform size × sum of squares of the window).
    scale: f32,
    buffer: Vec<Complex32>,
    scratch: Vec<Complex32>,
}

impl Spectrum {
    /// For frames of `window` samples, filled up with zeros to `size`, which is even.
    #[must_use]
    pub fn new(window: usize, size: usize) -> Self {
        debug_assert!(size.is_multiple_of(2) && window <= size);
        let fft = FftPlanner::new().plan_fft_forward(size);
        #[expect(clippy::cast_precision_loss, reason = "thousands of samples")]
        let window: Vec<f32> = (0..window)
            .map(|at| 0.5 - 0.5 * (std::f32::consts::TAU * (at as f32 + 0.5) / window as f32).cos())
            .collect();
        let energy: f32 = window.iter().map(|weight| weight * weight).sum();
        #[expect(clippy::cast_precision_loss, reason = "thousands of samples")]
        let scale = 1.0 / (size as f32 * energy);
        let scratch = vec![Complex32::default(); fft.get_inplace_scratch_len()];
        Self {
            size,
            fft,
            window,
            scale,
            buffer: vec![Complex32::default(); size],
            scratch,
        }
    }

    /// Samples of a frame.
    #[must_use]
    pub fn window(&self) -> usize {
        self.window.len()
    }

    /// Bins of a spectrum: from 0 Hz to half the sample rate, both included.
    #[must_use]
    pub const fn bins(&self) -> usize {
        self.size / 2 + 1
    }

    /// The bin nearest to a frequency.
    #[must_use]
    pub fn bin(&self, hertz: f32) -> usize {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "thousands of bins; a float's cast saturates"
        )]
        let bin = (hertz * self.size as f32 / SAMPLE_RATE as f32).round() as usize;
        bin.min(self.size / 2)
    }

    /// One-sided power spectra of two frames of [`Spectrum::window`] samples, −1 to 1.
    pub fn power(&mut self, frames: [&[f32]; 2], powers: [&mut [f32]; 2]) {
        let weighted = frames[0].iter().zip(frames[1]).zip(&self.window);
        for (into, ((&first, &second), &weight)) in self.buffer.iter_mut().zip(weighted) {
            *into = Complex32::new(first * weight, second * weight);
        }
        self.buffer[self.window.len()..].fill(Complex32::default());
        self.fft.process_with_scratch(&mut self.buffer, &mut self.scratch);
        // The spectrum of a real signal is conjugate-symmetric, that of i times a real one is
        // anti-symmetric: sum and difference of the mirrored halves part them again.
        let half = self.size / 2;
        let [first, second] = powers;
        for bin in 0..=half {
            let (here, mirrored) = (
                self.buffer[bin],
                self.buffer[(self.size - bin) % self.size].conj(),
            );
            // Both halves carry the power, but for the two bins that are their own mirror.
            let scale = if bin == 0 || bin == half { 0.25 } else { 0.5 } * self.scale;
            first[bin] = (here + mirrored).norm_sqr() * scale;
            second[bin] = (here - mirrored).norm_sqr() * scale;
        }
    }

    /// Autocorrelations of what two power spectra hold in `bins`, at lags from 0; the window's own
    /// shape is not taken off (see [`Spectrum::window_correlation`]).
    pub fn autocorrelation(
        &mut self,
        powers: [&[f32]; 2],
        bins: std::ops::Range<usize>,
        lags: [&mut [f32]; 2],
    ) {
        self.buffer.fill(Complex32::default());
        for bin in bins {
            let both = Complex32::new(powers[0][bin], powers[1][bin]);
            self.buffer[bin] = both;
            self.buffer[(self.size - bin) % self.size] = both;
        }
        // Real and even in, real out: two real results in one transform.
        self.fft.process_with_scratch(&mut self.buffer, &mut self.scratch);
        let [first, second] = lags;
        for (lag, value) in self.buffer.iter().enumerate().take(first.len()) {
            first[lag] = value.re;
            second[lag] = value.im;
        }
    }

    /// The window's own autocorrelation at the first `lags` lags, 1 at lag 0: what that of a windowed
    /// signal is divided by (Boersma 1993).
    #[must_use]
    pub fn window_correlation(&self, lags: usize) -> Vec<f32> {
        let at = |lag: usize| -> f32 {
            let ahead = self.window.iter().skip(lag);
            ahead.zip(&self.window).map(|(a, b)| a * b).sum()
        };
        (0..lags).map(|lag| at(lag) / at(0)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(hertz: f32, amplitude: f32, samples: u16) -> Vec<f32> {
        let step = std::f32::consts::TAU * hertz / 16_000.0;
        (0..samples)
            .map(|at| amplitude * (step * f32::from(at)).sin())
            .collect()
    }

    #[test]
    fn bins_add_up_to_the_mean_square_of_each_frame() {
        let mut spectrum = Spectrum::new(1024, 2048);
        let (low, high) = (sine(440.0, 0.5, 1024), sine(3000.0, 0.1, 1024));
        let (mut first, mut second) = (vec![0.0; spectrum.bins()], vec![0.0; spectrum.bins()]);
        spectrum.power([&low, &high], [&mut first, &mut second]);
        let (total, other): (f32, f32) = (first.iter().sum(), second.iter().sum());
        assert!((total / 0.125 - 1.0).abs() < 0.01, "{total}");
        assert!((other / 0.005 - 1.0).abs() < 0.01, "{other}");
        let loudest = |powers: &[f32]| (0..powers.len()).max_by(|&a, &b| powers[a].total_cmp(&powers[b]));
        assert_eq!(loudest(&first), Some(spectrum.bin(440.0)));
        assert_eq!(loudest(&second), Some(spectrum.bin(3000.0)));
    }

    #[test]
    fn the_autocorrelation_repeats_with_the_period() {
        let mut spectrum = Spectrum::new(1024, 2048);
        // 200 Hz: 80 samples. 125 Hz: 128 samples.
        let frames = [sine(200.0, 0.5, 1024), sine(125.0, 0.5, 1024)];
        let (mut first, mut second) = (vec![0.0; spectrum.bins()], vec![0.0; spectrum.bins()]);
        spectrum.power([&frames[0], &frames[1]], [&mut first, &mut second]);
        let (mut one, mut two) = (vec![0.0; 300], vec![0.0; 300]);
        let bins = 0..spectrum.bins();
        spectrum.autocorrelation([&first, &second], bins, [&mut one, &mut two]);
        let shape = spectrum.window_correlation(300);
        let at = |lags: &[f32], lag: usize| lags[lag] / shape[lag] / lags[0];
        assert!(at(&one, 80) > 0.98 && at(&one, 40) < -0.95);
        assert!(at(&two, 128) > 0.98 && at(&two, 64) < -0.95);
    }
}
