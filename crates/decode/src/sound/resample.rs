//! Any sampling rate to 16 kHz, in blocks, one or two channels at a time.
//!
//! Promises: n samples at rate r become round(n × 16,000 ÷ r); what was at time t stays at t within one
//! sample, however long the recording is; memory does not grow with its length. rubato's FFT resampler
//! works with the exact ratio of the two rates, so nothing drifts.

use rubato::audioadapter_buffers::direct::SequentialSliceOfVecs;
use rubato::{Fft, FixedSync, Indexing, Resampler as _};
use shoki_core::audio::SAMPLE_RATE;

use crate::failure::{Decoded, Failure};

/// Samples per second that a file may state: from the slowest telephone to the fastest converter, with
/// room on both sides.
const RATES: std::ops::RangeInclusive<u32> = 1_000..=768_000;
/// Input samples transformed at once, rounded up to the ratio of the rates.
const CHUNK: u32 = 1024;

/// One stretch of sound at one rate.
pub(crate) struct Resampler {
    from: u32,
    channels: usize,
    transform: Option<Fft<f32>>,
    pending: Vec<Vec<f32>>,
    chunk: Vec<Vec<f32>>,
    /// Output samples still to be thrown away: the delay of the filter.
    delay: usize,
    fed: u64,
    given: u64,
}

impl Resampler {
    /// From `from` samples per second.
    pub(crate) fn new(from: u32, channels: usize) -> Decoded<Self> {
        if !RATES.contains(&from) {
            return Err(Failure::recording("an impossible sampling rate"));
        }
        // The delay of the filter is half a chunk: only an even number of periods of the ratio makes
        // that a whole number of samples on both sides.
        let period = 2 * from / greatest_common_divisor(from, SAMPLE_RATE);
        let chunk = period * CHUNK.div_ceil(period);
        let (input, output) = (from as usize, SAMPLE_RATE as usize);
        let transform = (from != SAMPLE_RATE)
            .then(|| Fft::new(input, output, chunk as usize, channels, FixedSync::Both))
            .transpose()
            .map_err(|_| Failure::recording("no way from the sampling rate to 16 kHz"))?;
        let length = transform
            .as_ref()
            .map_or(0, |transform| transform.output_frames_max());
        Ok(Self {
            from,
            channels,
            delay: transform.as_ref().map_or(0, |transform| transform.output_delay()),
            transform,
            pending: vec![Vec::new(); channels],
            chunk: vec![vec![0.0; length]; channels],
            fed: 0,
            given: 0,
        })
    }

    /// The rate it takes.
    pub(crate) const fn from(&self) -> u32 {
        self.from
    }

    /// Takes one vector of samples per channel, all of one length; appends what is ready to `out`,
    /// interleaved.
    pub(crate) fn push(&mut self, planes: &[Vec<f32>], out: &mut Vec<f32>) -> Decoded<()> {
        self.fed += planes[0].len() as u64;
        let Some(transform) = &self.transform else {
            self.given = self.fed;
            interleave(planes, 0..planes[0].len(), out);
            return Ok(());
        };
        let size = transform.input_frames_next();
        for (pending, plane) in self.pending.iter_mut().zip(planes) {
            pending.extend_from_slice(plane);
        }
        let mut at = 0;
        while self.pending[0].len() - at >= size {
            self.transform_chunk(at, size, out)?;
            at += size;
        }
        for pending in &mut self.pending {
            pending.drain(..at);
        }
        Ok(())
    }

    /// The rest, to the last sample.
    pub(crate) fn finish(mut self, out: &mut Vec<f32>) -> Decoded<()> {
        let rate = u64::from(self.from);
        let total = (self.fed * u64::from(SAMPLE_RATE) + rate / 2) / rate;
        let mut left = self.pending[0].len();
        while self.given < total {
            let start = out.len();
            self.transform_chunk(0, left, out)?;
            left = 0;
            let excess = usize::try_from(self.given.saturating_sub(total)).unwrap_or(usize::MAX);
            out.truncate((out.len() - excess * self.channels).max(start));
        }
        Ok(())
    }

    /// One chunk from `length` samples at `at`, the rest of it silence.
    fn transform_chunk(&mut self, at: usize, length: usize, out: &mut Vec<f32>) -> Decoded<()> {
        let broken = || Failure::recording("resampling failed");
        let transform = self.transform.as_mut().ok_or_else(broken)?;
        let frames = self.chunk[0].len();
        let input = SequentialSliceOfVecs::new(&self.pending, self.channels, self.pending[0].len())
            .map_err(|_| broken())?;
        let mut output =
            SequentialSliceOfVecs::new_mut(&mut self.chunk, self.channels, frames).map_err(|_| broken())?;
        let place = Indexing::new().input_offset(at).partial_len(length);
        let (_, made) = transform
            .process_into_buffer(&input, &mut output, Some(&place))
            .map_err(|_| broken())?;
        let skipped = self.delay.min(made);
        self.delay -= skipped;
        self.given += (made - skipped) as u64;
        interleave(&self.chunk, skipped..made, out);
        Ok(())
    }
}

const fn greatest_common_divisor(mut one: u32, mut other: u32) -> u32 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

fn interleave(planes: &[Vec<f32>], range: std::ops::Range<usize>, out: &mut Vec<f32>) {
    match planes {
        [only] => out.extend_from_slice(&only[range]),
        _ => {
            out.reserve(range.len() * planes.len());
            for at in range {
                out.extend(planes.iter().map(|plane| plane[at]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything through in pieces of odd sizes.
    fn resampled(rate: u32, planes: &[Vec<f32>]) -> Vec<f32> {
        let mut resampler = Resampler::new(rate, planes.len()).unwrap();
        let mut out = Vec::new();
        let mut at = 0;
        for size in [1, 1152, 7, 4096, 0, 333].into_iter().cycle() {
            let end = (at + size).min(planes[0].len());
            let piece: Vec<Vec<f32>> = planes.iter().map(|plane| plane[at..end].to_vec()).collect();
            resampler.push(&piece, &mut out).unwrap();
            at = end;
            if at == planes[0].len() {
                break;
            }
        }
        resampler.finish(&mut out).unwrap();
        out
    }

    /// A band-limited click of 4 ms around `centre` (seconds).
    fn click(rate: u32, seconds: f64, centre: f64) -> Vec<f32> {
        let samples = (seconds * f64::from(rate)).round() as usize;
        (0..samples)
            .map(|sample| {
                let away = (sample as f64 / f64::from(rate) - centre) / 0.0004;
                (0.8 * (-away * away).exp()) as f32
            })
            .collect()
    }

    fn loudest(samples: impl Iterator<Item = f32>) -> usize {
        samples
            .enumerate()
            .max_by(|left, right| left.1.total_cmp(&right.1))
            .unwrap()
            .0
    }

    #[test]
    fn clicks_stay_where_they_are_and_lengths_are_exact() {
        for rate in [
            8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000, 44_056,
        ] {
            for centre in [0.01, 1.0, 7.499] {
                let out = resampled(rate, &[click(rate, 8.0, centre)]);
                assert_eq!(out.len(), 128_000, "{rate}");
                let found = loudest(out.iter().copied());
                let wanted = (centre * 16_000.0).round() as usize;
                assert!(found.abs_diff(wanted) <= 1, "{rate}: {found} instead of {wanted}");
            }
        }
    }

    #[test]
    fn lengths_are_rounded_and_short_sounds_survive() {
        for (rate, fed, given) in [(44_100, 1, 0), (44_100, 2, 1), (8_000, 1, 2), (48_000, 100, 33)] {
            assert_eq!(resampled(rate, &[vec![0.5; fed]]).len(), given, "{rate}");
        }
    }

    #[test]
    fn channels_stay_apart() {
        let out = resampled(44_100, &[click(44_100, 2.0, 0.5), click(44_100, 2.0, 1.5)]);
        assert_eq!(out.len(), 64_000);
        let channel = |index: usize| out.iter().skip(index).step_by(2).copied();
        assert!(loudest(channel(0)).abs_diff(8_000) <= 1);
        assert!(loudest(channel(1)).abs_diff(24_000) <= 1);
        let leak = channel(1)
            .take(16_000)
            .fold(0.0_f32, |most, sample| most.max(sample.abs()));
        assert!(leak < 0.001, "{leak}");
    }

    #[test]
    fn nothing_drifts_in_four_hours() {
        // 44.1 kHz in one-second pieces, with a click in the last second.
        let mut resampler = Resampler::new(44_100, 1).unwrap();
        let (mut out, mut samples, mut found) = (Vec::new(), 0_u64, 0);
        let silence = vec![vec![0.0; 44_100]];
        for second in 0..14_400 {
            let piece = if second == 14_399 {
                vec![click(44_100, 1.0, 0.5)]
            } else {
                silence.clone()
            };
            resampler.push(&piece, &mut out).unwrap();
            if second < 14_399 {
                samples += out.len() as u64;
                out.clear();
            }
        }
        resampler.finish(&mut out).unwrap();
        found += samples + loudest(out.iter().copied()) as u64;
        assert_eq!(samples + out.len() as u64, 14_400 * 16_000);
        assert!(found.abs_diff(14_399 * 16_000 + 8_000) <= 1);
    }

    #[test]
    fn impossible_rates_are_refused() {
        assert!(Resampler::new(0, 1).is_err());
        assert!(Resampler::new(u32::MAX, 1).is_err());
        assert_eq!(resampled(767_999, &[vec![0.1; 767_999]]).len(), 16_000);
    }
}
