//! What speaker encoders hear: power mel bands (GE2E), Kaldi's log filterbank (`WeSpeaker`, CAM++), samples.
//!
//! Promises: the same numbers as librosa's `melspectrogram` (GE2E) and Kaldi's `compute-fbank-feats` without
//! dither, up to rounding; a region shorter than a window is repeated until the window is full. Never: a
//! state from one region to the next.

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

    /// Samples wanted on both sides of a region.
    pub(super) const fn margin(&self) -> u64 {
        FRAME as u64 / 2
    }

    /// The rows of windows `layout` of `region`, one after another; the region begins at sample `lead` of
    /// `samples`.
    pub(super) fn rows(
        &mut self,
        samples: &[f32],
        lead: u64,
        layout: &[SampleSpan],
        region: SampleSpan,
    ) -> Vec<f32> {
        let lead = usize::try_from(lead).unwrap_or(usize::MAX).min(samples.len());
        let long = usize::try_from(region.len()).unwrap_or(usize::MAX);
        let own = &samples[lead..samples.len().min(lead.saturating_add(long))];
        let offset = |window: &SampleSpan| {
            usize::try_from(window.start.0.saturating_sub(region.start.0)).unwrap_or(usize::MAX)
        };
        if self.kind == VoiceFeatures::Samples {
            return layout
                .iter()
                .flat_map(|window| repeat(own, 1, offset(window), self.length))
                .collect();
        }
        let bands = self.bank.len();
        let mut frames = self.frames(samples, lead, long.div_ceil(STEP).max(1));
        if let VoiceFeatures::PowerMel { level_dbfs, .. } = self.kind {
            let power = own.iter().map(|sample| sample * sample).sum::<f32>() / own.len().max(1) as f32;
            if power > 0.0 {
                let gain = 10_f32.powf(level_dbfs / 10.0) / power;
                frames.iter_mut().for_each(|value| *value *= gain);
            }
        }
        let mut rows = Vec::with_capacity(layout.len() * self.length * bands);
        for window in layout {
            let mut row = repeat(&frames, bands, offset(window) / STEP, self.length);
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
mod tests {
    use shoki_core::audio::Millis;

    use super::*;

    fn settings(features: VoiceFeatures) -> SpeakerSettings {
        SpeakerSettings {
            features,
            window_ms: Millis(1_600),
            hop_ms: Millis(400),
            dimensions: 256,
            same_voice: 0.9,
            print_threshold: 0.9,
            print_margin: 0.1,
        }
    }

    fn tone(hertz: f32, samples: usize, height: f32) -> Vec<f32> {
        (0..samples)
            .map(|at| height * (std::f32::consts::TAU * hertz * at as f32 / 16_000.0).sin())
            .collect()
    }

    fn loudest(row: &[f32], bands: usize) -> usize {
        let frame = &row[80 * bands..81 * bands];
        (0..bands).max_by(|&a, &b| frame[a].total_cmp(&frame[b])).unwrap()
    }

    #[test]
    fn a_tone_lies_in_its_band_whatever_its_level() {
        let region = SampleSpan::new(0, 25_600);
        let mut mel = Features::new(&settings(VoiceFeatures::PowerMel {
            bands: 40,
            level_dbfs: -30.0,
        }));
        let mut of = |height: f32| mel.rows(&tone(1_000.0, 25_600, height), 0, &[region], region);
        let (quiet, loud) = (of(0.01), of(0.5));
        assert_eq!(quiet.len(), 160 * 40);
        // 1,000 Hz is 15 of 45.2 mels: the edges lie 1.103 apart, its nearest centre is the 14th.
        assert_eq!(loudest(&loud, 40), 13);
        assert!(
            quiet
                .iter()
                .zip(&loud)
                .all(|(a, b)| (a - b).abs() <= 1e-4 * b.abs().max(1e-3))
        );
        let mut fbank = Features::new(&settings(VoiceFeatures::KaldiFbank {
            bands: 80,
            taper: Taper::Hamming,
        }));
        let row = fbank.rows(&tone(1_000.0, 25_600, 0.1), 0, &[region], region);
        assert_eq!(row.len(), 160 * 80);
        let mean: f32 = row.iter().step_by(80).sum::<f32>() / 160.0;
        assert!(mean.abs() < 1e-3, "{mean}");
    }

    #[test]
    fn a_short_region_goes_round() {
        assert_eq!(
            repeat(&[1.0, 2.0, 3.0], 1, 0, 7),
            [1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 1.0]
        );
        assert_eq!(repeat(&[1.0, 2.0, 3.0, 4.0], 2, 1, 1), [3.0, 4.0]);
        assert_eq!(repeat(&[], 2, 0, 2), [0.0; 4]);
        let region = SampleSpan::new(0, 8_000);
        let mut samples = Features::new(&settings(VoiceFeatures::Samples));
        let row = samples.rows(&tone(440.0, 8_000, 0.1), 0, &[region], region);
        assert_eq!(row.len(), 25_600);
        assert_eq!(row[100..200], row[8_100..8_200]);
    }
}
