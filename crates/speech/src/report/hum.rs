//! Mains hum: steady lines at 50 or 60 Hz and their harmonics.
//!
//! Spectra of one second are averaged as logarithms, so that a line that is always there stays and
//! voices, which come and go over it, do not add up to one. Japan has both frequencies: 50 Hz east of the
//! Fuji river, 60 Hz west of it.
//! Promise: a line's level is that of the line, whatever else sounds. Never: a verdict on whether it
//! disturbs, which depends on the speech.

use shoki_core::audio_report::Hum;

use super::histogram::dbfs;
use crate::spectrum::Spectrum;

/// Samples of a spectrum: 1.02 s, so that a bin is 0.98 Hz and a line 4 bins wide.
const WINDOW: usize = 16_384;
/// Mains frequencies.
const MAINS: [u8; 2] = [50, 60];
/// Lines looked at: up to 300 or 360 Hz. The grid may be off by 0.2 Hz, which is more than a line's width
/// from the tenth on.
const LINES: usize = 6;
/// Bins on each side that hold a line.
const HALF_WIDTH: usize = 2;
/// Bins on each side, from the line, that are its neighbourhood; they lie nearer than the next line.
const NEIGHBOURS: std::ops::RangeInclusive<usize> = 5..=14;
/// A line stands out by this, dB: over a minute, the mean of 20 neighbouring bins of noise is exact to
/// 0.2 dB, but music and rumble have slopes.
const STANDS_OUT: f32 = 6.0;
/// A line of a hum that stands out elsewhere is there from this on, dB.
const PRESENT: f32 = 2.0;
/// A single line is hum only if it is the fundamental or the rectifier's (twice the mains) and stands out by
/// this, dB: a tone of something else may lie at any harmonic.
const ALONE: f32 = 12.0;
/// Hum fainter than this is not there, dBFS: less than the last of 16 bits.
const FAINTEST: f32 = -90.0;
/// Fewer spectra than this say nothing.
const MIN_SPECTRA: u32 = 3;

/// Sums of logarithms of one line.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    on: f64,
    beside: f64,
}

/// Listens for hum.
pub struct HumMeter {
    spectrum: Spectrum,
    powers: [Vec<f32>; 2],
    /// Two frames, one after the other, while they are filled.
    samples: Vec<f32>,
    lines: [[Line; LINES]; MAINS.len()],
    spectra: u32,
}

impl HumMeter {
    /// Before the first sample.
    #[must_use]
    pub fn new() -> Self {
        let spectrum = Spectrum::new(WINDOW, WINDOW);
        let bins = spectrum.bins();
        Self {
            spectrum,
            powers: [vec![0.0; bins], vec![0.0; bins]],
            samples: Vec::with_capacity(2 * WINDOW),
            lines: Default::default(),
            spectra: 0,
        }
    }

    /// Takes the next samples, −1 to 1.
    pub fn push(&mut self, mut samples: &[f32]) {
        while !samples.is_empty() {
            let (taken, rest) = samples.split_at(samples.len().min(2 * WINDOW - self.samples.len()));
            self.samples.extend_from_slice(taken);
            samples = rest;
            if self.samples.len() == 2 * WINDOW {
                self.listen(2);
            }
        }
    }

    /// What was heard to the end.
    #[must_use]
    pub fn finish(mut self) -> Option<Hum> {
        if self.samples.len() >= WINDOW {
            self.samples.resize(2 * WINDOW, 0.0);
            self.listen(1);
        }
        if self.spectra < MIN_SPECTRA {
            return None;
        }
        let hums = MAINS.iter().zip(&self.lines);
        hums.filter_map(|(&mains_hz, lines)| self.verdict(mains_hz, lines))
            .max_by(|a, b| a.level_dbfs.total_cmp(&b.level_dbfs))
    }

    fn listen(&mut self, frames: usize) {
        let (first, second) = self.samples.split_at(WINDOW);
        let [one, two] = &mut self.powers;
        self.spectrum.power([first, second], [one, two]);
        self.samples.clear();
        for powers in &self.powers[..frames] {
            // Digital silence has no logarithm and says nothing.
            if powers.iter().sum::<f32>() <= f32::EPSILON * f32::EPSILON {
                continue;
            }
            self.spectra += 1;
            for (mains, lines) in MAINS.iter().zip(&mut self.lines) {
                for (nth, line) in lines.iter_mut().enumerate() {
                    #[expect(clippy::cast_precision_loss, reason = "up to 6")]
                    let bin = self.spectrum.bin(f32::from(*mains) * (nth + 1) as f32);
                    let on: f32 = powers[bin - HALF_WIDTH..=bin + HALF_WIDTH].iter().sum();
                    let beside: f32 = NEIGHBOURS
                        .map(|away| powers[bin - away] + powers[bin + away])
                        .sum();
                    let wide = (2 * HALF_WIDTH + 1) as f32 / (2 * NEIGHBOURS.count()) as f32;
                    line.on += f64::from(on.max(f32::MIN_POSITIVE)).ln();
                    line.beside += f64::from((beside * wide).max(f32::MIN_POSITIVE)).ln();
                }
            }
        }
    }

    fn verdict(&self, mains_hz: u8, lines: &[Line; LINES]) -> Option<Hum> {
        let mean = |sum: f64| (sum / f64::from(self.spectra)).exp();
        let lines = lines.map(|line| (mean(line.on), mean(line.beside)));
        let above = |(on, beside): (f64, f64)| dbfs(on / beside);
        let standing = lines.iter().filter(|&&line| above(line) >= STANDS_OUT).count();
        let own = lines[..2].iter().any(|&line| above(line) >= STANDS_OUT);
        let alone = lines[..2].iter().any(|&line| above(line) >= ALONE);
        if !alone && (!own || standing < 2) {
            return None;
        }
        // Where there is hum, what is left of lines that voices cover belongs to it as well.
        let present = lines.iter().filter(|&&line| above(line) >= PRESENT);
        let (on, beside) = present.fold((0.0, 0.0), |sum, line| (sum.0 + line.0, sum.1 + line.1));
        let hum = Hum {
            mains_hz,
            above_floor_db: dbfs(on / beside),
            level_dbfs: dbfs(on - beside),
        };
        (hum.level_dbfs >= FAINTEST).then_some(hum)
    }
}
