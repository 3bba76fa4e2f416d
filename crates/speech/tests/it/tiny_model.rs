//! A whisper.cpp file of the multilingual kind, one layer each, 64 wide, with random weights: what it
//! writes is nonsense, how it is asked and read is not.

use std::f32::consts::TAU;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use shoki_core::manifest::ModelManifest;
use shoki_engine::{VerifiedFile, VerifiedModel};

/// Slots of a multilingual model; text tokens come first.
const VOCABULARY: i32 = 51_865;
const TEXT_TOKENS: i32 = 50_257;
const AUDIO_CONTEXT: i32 = 1_500;
const TEXT_CONTEXT: i32 = 448;
const WIDTH: i32 = 64;
const MELS: i32 = 80;
/// Bins of a 400-point spectrum.
const BINS: i32 = 201;

struct Writer {
    bytes: Vec<u8>,
    random: ChaCha8Rng,
}

impl Writer {
    fn integers(&mut self, values: &[i32]) {
        self.bytes
            .extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }

    fn floats(&mut self, values: impl Iterator<Item = f32>) {
        self.bytes.extend(values.flat_map(f32::to_le_bytes));
    }

    /// A tensor of f32, `shape` outermost first.
    fn tensor(&mut self, name: &str, shape: &[i32], value: impl Fn(&mut ChaCha8Rng) -> f32) {
        let length = i32::try_from(name.len()).expect("names are short");
        let dimensions = i32::try_from(shape.len()).expect("two or three");
        // Matrices are kept as f16 (1), the rest as f32 (0).
        let is_half = shape.len() > 1 && !name.contains("positional") && !name.ends_with("bias");
        self.integers(&[dimensions, length, i32::from(is_half)]);
        self.integers(&shape.iter().rev().copied().collect::<Vec<_>>());
        self.bytes.extend_from_slice(name.as_bytes());
        let count = shape.iter().product::<i32>();
        let values: Vec<f32> = (0..count).map(|_| value(&mut self.random)).collect();
        if is_half {
            self.bytes
                .extend(values.into_iter().flat_map(|value| half(value).to_le_bytes()));
        } else {
            self.floats(values.into_iter());
        }
    }

    fn weights(&mut self, name: &str, shape: &[i32]) {
        self.tensor(name, shape, |random| random.random_range(-0.1..0.1));
    }

    fn norm(&mut self, name: &str) {
        self.tensor(&format!("{name}.weight"), &[WIDTH], |_| 1.0);
        self.tensor(&format!("{name}.bias"), &[WIDTH], |_| 0.0);
    }

    fn attention(&mut self, name: &str) {
        for part in ["query", "key", "value", "out"] {
            self.weights(&format!("{name}.{part}.weight"), &[WIDTH, WIDTH]);
            if part != "key" {
                self.weights(&format!("{name}.{part}.bias"), &[WIDTH]);
            }
        }
        self.norm(&format!("{name}_ln"));
    }

    fn block(&mut self, name: &str, with_cross: bool) {
        self.attention(&format!("{name}.attn"));
        if with_cross {
            self.attention(&format!("{name}.cross_attn"));
        }
        self.weights(&format!("{name}.mlp.0.weight"), &[4 * WIDTH, WIDTH]);
        self.weights(&format!("{name}.mlp.0.bias"), &[4 * WIDTH]);
        self.weights(&format!("{name}.mlp.2.weight"), &[WIDTH, 4 * WIDTH]);
        self.weights(&format!("{name}.mlp.2.bias"), &[WIDTH]);
        self.norm(&format!("{name}.mlp_ln"));
    }
}

/// The nearest half-precision number of a normal value below 1, as its bits.
fn half(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = (bits >> 16 & 0x8000) as u16;
    let exponent = i32::try_from(bits >> 23 & 0xff).expect("eight bits") - 127 + 15;
    let fraction = (bits >> 13 & 0x3ff) as u16;
    match u16::try_from(exponent) {
        Ok(exponent) if exponent > 0 => sign | exponent << 10 | fraction,
        _ => sign,
    }
}

/// The bytes of the file. Each text token is one character, three bytes long but for the space.
pub fn bytes() -> Vec<u8> {
    let mut file = Writer {
        bytes: Vec::new(),
        random: ChaCha8Rng::seed_from_u64(16),
    };
    file.integers(&[0x6767_6d6c, VOCABULARY, AUDIO_CONTEXT, WIDTH, 1, 1]);
    file.integers(&[TEXT_CONTEXT, WIDTH, 1, 1, MELS, 1]);
    file.integers(&[MELS, BINS]);
    file.floats((0..MELS * BINS).map(|at| if at % BINS / 2 == at / BINS { 0.02 } else { 0.0 }));
    file.integers(&[TEXT_TOKENS]);
    for token in 0..TEXT_TOKENS {
        let text = match u32::try_from(token) {
            Ok(0) | Err(_) => ' ',
            Ok(token) => char::from_u32(0x4e00 + token % 20_000).expect("a kanji"),
        };
        let text = text.to_string();
        file.integers(&[i32::try_from(text.len()).expect("three bytes")]);
        file.bytes.extend_from_slice(text.as_bytes());
    }
    file.weights("encoder.positional_embedding", &[AUDIO_CONTEXT, WIDTH]);
    file.weights("encoder.conv1.weight", &[WIDTH, MELS, 3]);
    file.weights("encoder.conv1.bias", &[WIDTH, 1]);
    file.weights("encoder.conv2.weight", &[WIDTH, WIDTH, 3]);
    file.weights("encoder.conv2.bias", &[WIDTH, 1]);
    file.block("encoder.blocks.0", false);
    file.norm("encoder.ln_post");
    file.weights("decoder.positional_embedding", &[TEXT_CONTEXT, WIDTH]);
    file.weights("decoder.token_embedding.weight", &[VOCABULARY, WIDTH]);
    file.block("decoder.blocks.0", true);
    file.norm("decoder.ln");
    file.bytes
}

/// A model as the store hands it out; `speech` is the manifest's table.
pub fn model(name: &str, bytes: Vec<u8>, speech: &str) -> VerifiedModel {
    let manifest: ModelManifest = toml::from_str(&format!(
        "name = \"tiny\"\nversion = \"1\"\ntask = \"speech_recognition\"\nlicence = \"Apache-2.0\"\n\
         [source]\nkind = \"directory\"\n[[file]]\nname = \"{name}\"\n{speech}"
    ))
    .expect("the manifest is right");
    VerifiedModel {
        manifest,
        files: vec![VerifiedFile {
            name: name.to_owned(),
            path: name.into(),
            bytes,
        }],
    }
}

/// Seconds of a voice-like sound: a tone that swells three times a second.
pub fn sound(seconds: usize) -> Vec<f32> {
    (0..seconds * 16_000)
        .map(|sample| {
            #[expect(clippy::cast_precision_loss, reason = "seconds of samples")]
            let t = sample as f32 / 16_000.0;
            0.3 * (t * 150.0 * TAU).sin() * (t * 3.0 * TAU).sin().abs()
        })
        .collect()
}
