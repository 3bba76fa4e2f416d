//! How loud the frames of a channel are, counted by level.
//!
//! What is active can only be said once the noise floor is known, which is at the end: so everything
//! that is asked about active frames later is counted by level now.
//! Promise: memory does not grow with the recording. Never: samples.

/// Lowest level told apart, dBFS; below is counted as here. One bit of 16 is at −90.
const LOWEST: f32 = -100.0;
/// Width of a bin, dB: 512 samples of white noise spread over ±0.3 dB.
const STEP: f32 = 0.25;
/// Bins from [`LOWEST`] to 0 dBFS.
const BINS: usize = 401;
/// The level for nothing at all, dBFS.
pub const NOTHING: f32 = -120.0;
/// Power of a frame in which no sample is off zero by more than one bit of 16: digital silence, with or
/// without dither.
const DIGITAL_SILENCE: f64 = 1.0 / (32_768.0 * 32_768.0);

/// The share of frames that are quieter than the noise floor.
const FLOOR_PERCENTILE: f64 = 0.10;
/// With more digital silence than this, the quiet frames may be digital silence only.
const GATED_SHARE: f64 = 0.10;
/// The lowest tenth of frames that hold the noise of a room lies within 1 dB of its upper end from here on;
/// that of speech without noise, as a gate leaves it, spreads over 6 dB and more in
/// `bench/samples/meeting.flac`.
const TAIL_PERCENTILE: f64 = 0.02;
/// See [`TAIL_PERCENTILE`], dB.
const MAX_NOISE_TAIL: f32 = 3.0;
/// Frames this far above the noise floor are active, dB: stationary noise stays within ±1 dB at this
/// frame length, a fan or an air conditioner within 3 dB.
const ABOVE_FLOOR: f32 = 6.0;
/// The same for frames that have a pitch, dB: noise has none, hum does not rise.
const VOICED_ABOVE_FLOOR: f32 = 3.0;
/// The level that loud frames reach: 5 % are louder.
const LOUD_PERCENTILE: f64 = 0.95;
/// Frames this far below the loud ones are not active however low the floor is, dB: one voice spans
/// 30 dB, and a person far from the microphone adds to it.
const BELOW_LOUD: f32 = 40.0;
/// Nothing below this is active, dBFS: four bits of 16.
const LOWEST_ACTIVE: f32 = -75.0;

/// Level of a mean square, dBFS.
#[must_use]
pub fn dbfs(power: f64) -> f32 {
    if power <= 0.0 {
        return NOTHING;
    }
    #[expect(clippy::cast_possible_truncation, reason = "two digits")]
    let level = (10.0 * power.log10()) as f32;
    level.max(NOTHING)
}

/// Mean square at a level.
#[must_use]
pub fn power(dbfs: f32) -> f64 {
    10f64.powf(f64::from(dbfs) / 10.0)
}

/// `part` of `whole`; 0 of nothing.
#[must_use]
pub fn share(part: u64, whole: u64) -> f32 {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a share for people"
    )]
    if whole == 0 {
        0.0
    } else {
        (part as f64 / whole as f64) as f32
    }
}

/// What was counted at one level.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counted {
    /// Frames.
    pub frames: u64,
    /// Sum of their mean squares.
    pub power: f64,
    /// Frames with a pitch.
    pub voiced: u64,
    /// Frames with two.
    pub two_pitches: u64,
    /// Frames that sound like speech.
    pub speech_like: u64,
    /// Frames at or next to voiced ones of speech.
    pub spoken: u64,
    /// Sum of their mean squares.
    pub spoken_power: f64,
}

impl Counted {
    fn add(&mut self, other: &Self) {
        self.frames += other.frames;
        self.power += other.power;
        self.voiced += other.voiced;
        self.two_pitches += other.two_pitches;
        self.speech_like += other.speech_like;
        self.spoken += other.spoken;
        self.spoken_power += other.spoken_power;
    }

    /// Level of all together, dBFS.
    #[must_use]
    pub fn level(&self) -> Option<f32> {
        #[expect(clippy::cast_precision_loss, reason = "exact for millennia of frames")]
        (self.frames > 0).then(|| dbfs(self.power / self.frames as f64))
    }
}

/// Frames counted by level.
#[derive(Clone, Debug)]
pub struct Histogram {
    bins: Vec<Counted>,
    /// Frames of digital silence, in no bin.
    pub silent: u64,
}

impl Histogram {
    /// Before the first frame.
    #[must_use]
    pub fn new() -> Self {
        Self {
            bins: vec![Counted::default(); BINS],
            silent: 0,
        }
    }

    /// Whether a frame of this mean square is digital silence.
    #[must_use]
    pub fn is_silent(power: f64) -> bool {
        power <= DIGITAL_SILENCE
    }

    /// Counts a frame of this mean square and hands out its bin; `None` for digital silence.
    pub fn count(&mut self, power: f64) -> Option<&mut Counted> {
        if Self::is_silent(power) {
            self.silent += 1;
            return None;
        }
        let bin = self.at(dbfs(power));
        bin.frames += 1;
        bin.power += power;
        Some(bin)
    }

    /// The bin of a level.
    pub fn at(&mut self, dbfs: f32) -> &mut Counted {
        &mut self.bins[bin(dbfs)]
    }

    /// Frames, with digital silence.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.silent + self.sounding()
    }

    fn sounding(&self) -> u64 {
        self.bins.iter().map(|bin| bin.frames).sum()
    }

    /// The level that `share` of the frames that are no digital silence do not exceed, dBFS.
    #[must_use]
    pub fn percentile(&self, share: f64) -> Option<f32> {
        #[expect(clippy::cast_precision_loss, reason = "exact for millennia of frames")]
        let wanted = self.sounding() as f64 * share;
        let mut below = 0.0;
        for bin in &self.bins {
            #[expect(clippy::cast_precision_loss, reason = "exact for millennia of frames")]
            {
                below += bin.frames as f64;
            }
            if bin.frames > 0 && below >= wanted {
                return bin.level();
            }
        }
        None
    }

    /// The noise floor, dBFS; `None` where nothing but digital silence is quiet.
    #[must_use]
    pub fn noise_floor(&self) -> Option<f32> {
        let floor = self.percentile(FLOOR_PERCENTILE)?;
        let gated = f64::from(share(self.silent, self.frames())) > GATED_SHARE;
        let spread = floor - self.percentile(TAIL_PERCENTILE)?;
        (!gated || spread <= MAX_NOISE_TAIL).then_some(floor)
    }

    /// Frames at this level or above it are active, dBFS.
    #[must_use]
    pub fn threshold(&self) -> f32 {
        self.above_floor(ABOVE_FLOOR)
    }

    fn above_floor(&self, margin: f32) -> f32 {
        let loud = self.percentile(LOUD_PERCENTILE).unwrap_or(NOTHING);
        self.noise_floor()
            .map_or(NOTHING, |floor| floor + margin)
            .max(loud - BELOW_LOUD)
            .max(LOWEST_ACTIVE)
    }

    /// Everything counted at [`Histogram::threshold`] and above.
    #[must_use]
    pub fn active(&self) -> Counted {
        self.from(self.threshold())
    }

    /// Everything counted where voiced frames stand out of the floor.
    #[must_use]
    pub fn voiced(&self) -> Counted {
        self.from(self.above_floor(VOICED_ABOVE_FLOOR))
    }

    /// Everything counted at a level and above.
    #[must_use]
    pub fn from(&self, dbfs: f32) -> Counted {
        let mut all = Counted::default();
        for bin in &self.bins[bin(dbfs)..] {
            all.add(bin);
        }
        all
    }
}

/// Number of the bin of a level.
fn bin(dbfs: f32) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float's cast saturates"
    )]
    let bin = ((dbfs - LOWEST) / STEP).round() as usize;
    bin.min(BINS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(levels: &[(f32, u64)]) -> Histogram {
        let mut histogram = Histogram::new();
        for &(level, times) in levels {
            for _ in 0..times {
                histogram.count(power(level));
            }
        }
        histogram
    }

    #[test]
    fn active_is_what_stands_out_of_the_quiet_tenth() {
        let histogram = of(&[(-60.0, 60), (-59.0, 20), (-30.0, 100)]);
        assert!((histogram.noise_floor().unwrap() + 60.0).abs() < 0.01);
        let active = histogram.active();
        assert_eq!(active.frames, 100);
        assert!((active.level().unwrap() + 30.0).abs() < 0.01);
        // The same without any rise and fall: nothing is active.
        assert_eq!(of(&[(-60.0, 60), (-59.0, 20)]).active().frames, 0);
    }

    #[test]
    fn digital_silence_is_no_noise_floor() {
        let tail = |at: u8| (-70.0 + f32::from(at), u64::from(at).pow(2) / 20);
        let mut gated: Vec<(f32, u64)> = (0..40).map(tail).collect();
        gated.push((-100.0, 400));
        let histogram = of(&gated);
        assert_eq!(histogram.noise_floor(), None);
        assert!(histogram.active().frames > 900);
        // A recorder that was paused, in a room with noise.
        let paused = of(&[(-100.0, 400), (-60.0, 200), (-30.0, 200)]);
        assert!((paused.noise_floor().unwrap() + 60.0).abs() < 0.01);
        assert_eq!(paused.silent, 400);
        assert_eq!(of(&[(-100.0, 10)]).percentile(0.5), None);
    }
}
