//! What speaker encoders hear: power mel bands (GE2E), Kaldi's log filterbank (`WeSpeaker`, CAM++), samples.
//!
//! Promises: the same numbers as librosa's `melspectrogram` (GE2E) and Kaldi's `compute-fbank-feats` without
//! dither, up to rounding; a stretch shorter than a window is repeated until the window is full. Never: a
//! state from one stretch to the next.

use std::sync::Arc;

use rustfft::num_complex::Complex32;
use rustfft::{Fft, FftPlanner};
use shoki_core::audio::{SAMPLE_RATE, SampleSpan};
use shoki_core::manifest::{SpeakerSettings, Taper, VoiceFeatures};

/// Samples of a frame: 25 ms.
const FRAME: usize = 400;
/// Samples from frame to frame: 10 ms.
const STEP: usize = 160;
/// Kaldi's pre-emphasis.
const EMPHASIS: f32 = 0.97;
/// Kaldi counts samples as 16-bit numbers.
const KALDI_SCALE: f32 = 32768.0;
/// Kaldi's lowest band begins here, Hz.
const KALDI_LOWEST: f32 = 20.0;

/// Some sound, with what lies around it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch<'a> {
    samples: &'a [f32],
    lead: usize,
    length: usize,
}

impl<'a> Stretch<'a> {
    /// The sound of `span` in `samples`, which begin at sample `first` of the recording.
    pub(super) fn new(samples: &'a [f32], first: u64, span: SampleSpan) -> Self {
        let size = |samples: u64| usize::try_from(samples).unwrap_or(usize::MAX);
        let lead = size(span.start.0.saturating_sub(first)).min(samples.len());
        Self {
            samples,
            lead,
            length: size(span.len()).min(samples.len() - lead),
        }
    }

    /// Without what lies around it.
    fn own(&self) -> &'a [f32] {
        &self.samples[self.lead..self.lead + self.length]
    }
}

/// Makes the rows that an encoder takes.
pub(super) struct Features {
    kind: VoiceFeatures,
    /// Frames of a window; for samples, their number.
    length: usize,
    fft: Arc<dyn Fft<f32>>,
    taper: Vec<f32>,
    /// One row of weights per band.
    bank: Vec<Vec<f32>>,
}

impl Features {
    pub(super) fn new(settings: &SpeakerSettings) -> Self {
        let kind = settings.features;
        let window = usize::try_from(settings.window_ms.sample().0).unwrap_or(usize::MAX);
        let (size, taper, bank) = match kind {
            VoiceFeatures::PowerMel { bands, .. } => {
                let hann = |at: f32| 0.5 - 0.5 * (std::f32::consts::TAU * at / FRAME as f32).cos();
                (FRAME, hann as fn(f32) -> f32, slaney_bank(bands as usize))
            }
            VoiceFeatures::KaldiFbank { bands, taper } => {
                let shape: fn(f32) -> f32 = match taper {
                    Taper::Hamming => |at| 0.54 - 0.46 * whole_turn(at),
                    Taper::Povey => |at| (0.5 - 0.5 * whole_turn(at)).powf(0.85),
                };
                (FRAME.next_power_of_two(), shape, kaldi_bank(bands as usize))
            }
            VoiceFeatures::Samples => (FRAME, (|_| 1.0) as fn(f32) -> f32, Vec::new()),
        };
        Self {
            kind,
            length: if kind == VoiceFeatures::Samples {
                window
            } else {
                window / STEP
            },
            fft: FftPlanner::new().plan_fft_forward(size),
            taper: (0..FRAME).map(|at| taper(at as f32)).collect(),
            bank,
        }
    }

    /// Samples wanted on both sides of a stretch.
    pub(super) const fn margin(&self) -> u64 {
        FRAME as u64 / 2
    }

    /// The rows of windows of `stretches`, which are heard as if they followed each other, one after another;
    /// a window begins `start` samples behind the first stretch's beginning.
    pub(super) fn rows(&self, stretches: &[Stretch<'_>], starts: &[u64]) -> Vec<f32> {
        let offset = |start: &u64| usize::try_from(*start).unwrap_or(usize::MAX);
        let own = || stretches.iter().flat_map(Stretch::own).copied();
        if self.kind == VoiceFeatures::Samples {
            let own: Vec<f32> = own().collect();
            let windows = starts.iter();
            return windows
                .flat_map(|start| repeat(&own, 1, offset(start), self.length))
                .collect();
        }
        let bands = self.bank.len();
        let mut frames = Vec::new();
        for stretch in stretches {
            let count = stretch.own().len().div_ceil(STEP).max(1);
            frames.extend(self.frames(stretch.samples, stretch.lead, count));
        }
        if let VoiceFeatures::PowerMel { level_dbfs, .. } = self.kind {
            let power = own().map(|sample| sample * sample).sum::<f32>() / own().count().max(1) as f32;
            if power > 0.0 {
                let gain = 10_f32.powf(level_dbfs / 10.0) / power;
                frames.iter_mut().for_each(|value| *value *= gain);
            }
        }
        let mut rows = Vec::with_capacity(starts.len() * self.length * bands);
        for start in starts {
            let mut row = repeat(&frames, bands, offset(start) / STEP, self.length);
            if matches!(self.kind, VoiceFeatures::KaldiFbank { .. }) {
                centre(&mut row, bands);
            }
            rows.extend(row);
        }
        rows
    }

    /// `count` frames of bands; the first is centred on sample `lead`, what is not there is silence.
    fn frames(&self, samples: &[f32], lead: usize, count: usize) -> Vec<f32> {
        let mut buffer = vec![Complex32::default(); self.fft.len()];
        let mut scratch = vec![Complex32::default(); self.fft.get_inplace_scratch_len()];
        let mut frame = [0.0_f32; FRAME];
        let mut bands = Vec::with_capacity(count * self.bank.len());
        for nth in 0..count {
            for (at, value) in frame.iter_mut().enumerate() {
                let place = (lead + nth * STEP + at).checked_sub(FRAME / 2);
                *value = place.and_then(|place| samples.get(place)).copied().unwrap_or(0.0);
            }
            let is_kaldi = matches!(self.kind, VoiceFeatures::KaldiFbank { .. });
            if is_kaldi {
                emphasise(&mut frame);
            }
            buffer.fill(Complex32::default());
            for ((into, &value), &weight) in buffer.iter_mut().zip(&frame).zip(&self.taper) {
                into.re = value * weight;
            }
            self.fft.process_with_scratch(&mut buffer, &mut scratch);
            for weights in &self.bank {
                let power: f32 = weights
                    .iter()
                    .zip(&buffer)
                    .map(|(weight, bin)| weight * bin.norm_sqr())
                    .sum();
                bands.push(if is_kaldi {
                    power.max(f32::EPSILON).ln()
                } else {
                    power
                });
            }
        }
        bands
    }
}

fn whole_turn(at: f32) -> f32 {
    (std::f32::consts::TAU * at / (FRAME - 1) as f32).cos()
}

/// Kaldi's way with a frame: 16-bit numbers, no offset, high frequencies raised.
fn emphasise(frame: &mut [f32; FRAME]) {
    let mean = frame.iter().sum::<f32>() / FRAME as f32;
    frame
        .iter_mut()
        .for_each(|value| *value = (*value - mean) * KALDI_SCALE);
    for at in (1..FRAME).rev() {
        frame[at] -= EMPHASIS * frame[at - 1];
    }
    frame[0] -= EMPHASIS * frame[0];
}

/// `length` rows of `width` numbers from row `start` on, from the beginning again after the end.
fn repeat(values: &[f32], width: usize, start: usize, length: usize) -> Vec<f32> {
    let rows = values.len() / width;
    if rows == 0 {
        return vec![0.0; length * width];
    }
    // A window that fits lies where it lies; one that is longer than the region is filled by going round.
    let start = if rows >= length {
        start.min(rows - length)
    } else {
        0
    };
    (0..length)
        .flat_map(|row| {
            let at = (start + row) % rows * width;
            &values[at..at + width]
        })
        .copied()
        .collect()
}

/// Takes each band's mean over the window off.
fn centre(row: &mut [f32], bands: usize) {
    let frames = (row.len() / bands).max(1) as f32;
    for band in 0..bands {
        let mean = row.iter().skip(band).step_by(bands).sum::<f32>() / frames;
        row.iter_mut()
            .skip(band)
            .step_by(bands)
            .for_each(|value| *value -= mean);
    }
}

/// Triangles over the bins of a transform of `FRAME`, between edges evenly spaced on Slaney's scale
/// (Auditory Toolbox, 1998), each of area 1: librosa's default.
fn slaney_bank(bands: usize) -> Vec<Vec<f32>> {
    const LINEAR: f32 = 200.0 / 3.0;
    const KNEE: f32 = 1000.0;
    let step = 6.4_f32.ln() / 27.0;
    let mel = |hertz: f32| match hertz {
        hertz if hertz < KNEE => hertz / LINEAR,
        hertz => KNEE / LINEAR + (hertz / KNEE).ln() / step,
    };
    let hertz = |mel: f32| match mel {
        mel if mel < KNEE / LINEAR => mel * LINEAR,
        mel => KNEE * ((mel - KNEE / LINEAR) * step).exp(),
    };
    let top = mel(SAMPLE_RATE as f32 / 2.0);
    let edges: Vec<f32> = (0..bands + 2)
        .map(|nth| hertz(top * nth as f32 / (bands + 1) as f32))
        .collect();
    let bin = SAMPLE_RATE as f32 / FRAME as f32;
    edges
        .windows(3)
        .map(|edge| {
            let weight = |at: usize| {
                let hertz = at as f32 * bin;
                let rise = (hertz - edge[0]) / (edge[1] - edge[0]);
                let fall = (edge[2] - hertz) / (edge[2] - edge[1]);
                rise.min(fall).max(0.0) * 2.0 / (edge[2] - edge[0])
            };
            (0..=FRAME / 2).map(weight).collect()
        })
        .collect()
}

/// Kaldi's triangles: evenly spaced on the scale 1127 ln(1 + f/700) and straight on it, height 1.
fn kaldi_bank(bands: usize) -> Vec<Vec<f32>> {
    let mel = |hertz: f32| 1127.0 * (1.0 + hertz / 700.0).ln();
    let (low, high) = (mel(KALDI_LOWEST), mel(SAMPLE_RATE as f32 / 2.0));
    let step = (high - low) / (bands + 1) as f32;
    let size = FRAME.next_power_of_two();
    let bin = SAMPLE_RATE as f32 / size as f32;
    (0..bands)
        .map(|band| {
            let left = low + band as f32 * step;
            let weight = |at: usize| {
                let place = (mel(at as f32 * bin) - left) / step;
                place.min(2.0 - place).max(0.0)
            };
            (0..size / 2).map(weight).collect()
        })
        .collect()
}

#[cfg(test)]
#[path = "features_tests.rs"]
mod tests;
