//! Voices made for tests: pulse trains through formants, in syllables, phrases and pauses, seeded.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

const RATE: f32 = 16_000.0;
/// First three formants of あ, い, う, え, お of a male voice, Hz.
const VOWELS: [[f32; 3]; 5] = [
    [750.0, 1200.0, 2600.0],
    [300.0, 2200.0, 3000.0],
    [350.0, 1300.0, 2300.0],
    [500.0, 1850.0, 2600.0],
    [480.0, 850.0, 2500.0],
];

/// Who speaks.
#[derive(Clone, Copy)]
pub struct Voice {
    /// Mean pitch, Hz.
    pub pitch: f32,
    /// Formants against those of the table: 1 for a man, 1.17 for a woman.
    pub formants: f32,
    /// Of everything random.
    pub seed: u64,
}

/// A low voice.
pub const LOW: Voice = Voice {
    pitch: 115.0,
    formants: 1.0,
    seed: 1,
};
/// A high voice.
pub const HIGH: Voice = Voice {
    pitch: 205.0,
    formants: 1.17,
    seed: 2,
};

struct Resonator {
    gain: f32,
    feedback: [f32; 2],
    memory: [f32; 2],
}

impl Resonator {
    fn new(hertz: f32, width: f32) -> Self {
        let radius = (-std::f32::consts::PI * width / RATE).exp();
        let turn = (std::f32::consts::TAU * hertz / RATE).cos();
        Self {
            gain: 1.0 - 2.0 * radius * turn + radius * radius,
            feedback: [2.0 * radius * turn, -radius * radius],
            memory: [0.0; 2],
        }
    }

    fn next(&mut self, input: f32) -> f32 {
        let value = input * self.gain + self.feedback[0] * self.memory[0] + self.feedback[1] * self.memory[1];
        self.memory = [value, self.memory[0]];
        value
    }
}

impl Voice {
    /// Speech of this many seconds at −20 dBFS over all, with pauses of 0.3 to 0.9 s after each phrase.
    pub fn speak(self, seconds: f32) -> Vec<f32> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        let length = (seconds * RATE) as usize;
        let mut samples = Vec::with_capacity(length + 32_000);
        while samples.len() < length {
            let syllables = random.random_range(6..16);
            for nth in 0..syllables {
                // Pitch falls in a phrase, and each syllable has its accent.
                let fall = 1.15 - 0.3 * nth as f32 / syllables as f32;
                let pitch = self.pitch * fall * random.random_range(0.94..1.06);
                self.syllable(&mut random, pitch, &mut samples);
            }
            let pause = random.random_range(4_800..14_400);
            samples.resize(samples.len() + pause, 0.0);
        }
        samples.truncate(length);
        at_level(&mut samples, -20.0);
        samples
    }

    fn syllable(self, random: &mut ChaCha8Rng, pitch: f32, into: &mut Vec<f32>) {
        let loud = random.random_range(0.5..1.0);
        let mut before = 0.0;
        for _ in 0..random.random_range(300..900) {
            // A consonant: noise without its low part.
            let noise = random.random_range(-0.08..0.08);
            into.push((noise - before) * loud);
            before = noise;
        }
        let vowel = VOWELS[random.random_range(0..VOWELS.len())];
        let mut formants: Vec<Resonator> = vowel
            .iter()
            .zip([70.0, 100.0, 160.0])
            .map(|(hertz, width)| Resonator::new(hertz * self.formants, width))
            .collect();
        formants.push(Resonator::new(3600.0 * self.formants, 250.0));
        formants.push(Resonator::new(4600.0 * self.formants, 300.0));
        let length = random.random_range(1_400..2_600);
        let mut glottis = Resonator::new(0.0, 200.0);
        let (mut phase, mut flow) = (0.0f32, 0.0);
        for at in 0..length {
            let through = at as f32 / length as f32;
            phase += pitch * (1.03 - 0.06 * through) / RATE;
            let pulse = if phase >= 1.0 {
                phase -= 1.0;
                random.random_range(95.0..105.0)
            } else {
                0.0
            };
            let envelope = (through * 12.0).min((1.0 - through) * 6.0).min(1.0);
            let mut value = glottis.next(pulse);
            for formant in &mut formants {
                value = formant.next(value);
            }
            // What leaves the lips is the change of the flow.
            into.push((value - flow) * envelope * loud);
            flow = value;
        }
    }
}

/// White noise of this level.
pub fn noise(dbfs: f32, seconds: f32, seed: u64) -> Vec<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut uniform = || random.random_range(-1.0f32..1.0);
    let mut samples: Vec<f32> = (0..(seconds * RATE) as usize)
        .map(|_| uniform() + uniform() + uniform() + uniform())
        .collect();
    at_level(&mut samples, dbfs);
    samples
}

/// A sine of this level.
pub fn tone(hertz: f32, dbfs: f32, seconds: f32) -> Vec<f32> {
    let amplitude = 10f32.powf(dbfs / 20.0) * std::f32::consts::SQRT_2;
    let step = f64::from(hertz) * std::f64::consts::TAU / 16_000.0;
    (0..(seconds * RATE) as usize)
        .map(|at| amplitude * (step * at as f64).sin() as f32)
        .collect()
}

/// Sets the RMS.
pub fn at_level(samples: &mut [f32], dbfs: f32) {
    let power = samples.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / samples.len() as f64;
    let gain = (10f64.powf(f64::from(dbfs) / 20.0) / power.sqrt()) as f32;
    samples.iter_mut().for_each(|sample| *sample *= gain);
}

/// Louder or quieter by this, dB.
pub fn gained(samples: &[f32], decibels: f32) -> Vec<f32> {
    let gain = 10f32.powf(decibels / 20.0);
    samples.iter().map(|sample| sample * gain).collect()
}

/// All added up; as long as the first.
pub fn mix(parts: &[&[f32]]) -> Vec<f32> {
    let mut sum = parts[0].to_vec();
    for part in &parts[1..] {
        for (into, sample) in sum.iter_mut().zip(*part) {
            *into += sample;
        }
    }
    sum
}

/// Silent but for these seconds.
pub fn only(samples: &[f32], spans: &[(f32, f32)]) -> Vec<f32> {
    let mut kept = vec![0.0; samples.len()];
    for &(start, end) in spans {
        let span = (start * RATE) as usize..samples.len().min((end * RATE) as usize);
        kept[span.clone()].copy_from_slice(&samples[span]);
    }
    kept
}

/// Later by this many samples.
pub fn delayed(samples: &[f32], by: usize) -> Vec<f32> {
    let mut later = vec![0.0; by.min(samples.len())];
    later.extend_from_slice(&samples[..samples.len() - later.len()]);
    later
}

/// What a converter makes of it.
pub fn quantised(samples: &[f32]) -> Vec<i16> {
    let scale = |&sample: &f32| (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16;
    samples.iter().map(scale).collect()
}
