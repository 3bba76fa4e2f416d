//! Models of voices of the shapes that `models/` names, made here, and sound that they tell apart: for the
//! tests of this crate and, by its path, of those above it.
//!
//! A voice is a tone that swells and fades five times a second. The made segmentation model hears which of
//! three tones sound; the made embedding model hears in which bands the sound swells. Both are linear but for
//! powers and a limit, so that what must come out can be said; the random ones have the shape alone.

// What this file makes is more than each of the tests that read it needs.
#![allow(dead_code, clippy::allow_attributes)]

use std::f32::consts::TAU;
use std::path::{Path, PathBuf};

use shoki_engine::{Catalogue, ModelStore, Runtime};

#[path = "../../src/package/convert/onnx.rs"]
mod onnx;

use onnx::Graph;

/// Names of the manifests.
pub const SEGMENTATION: &str = "pyannote-segmentation";
pub const EMBEDDING: &str = "wespeaker-resnet34";
/// The tones of three voices, Hz.
pub const TONES: [f32; 3] = [500.0, 1_400.0, 3_000.0];
/// Samples from which a frame of the segmentation model is heard, and from one to the next.
const FIELD: usize = 991;
const STEP: u64 = 270;
const RATE: f32 = 16_000.0;

/// Between −0.5 and 0.5, without order: SplitMix64's last step.
pub fn noise(seed: u64) -> f32 {
    let mut mixed = seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((mixed ^ (mixed >> 31)) >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
}

/// Sound of `seconds`, −1 to 1, in which each of `turns` (voice, from, to; seconds) speaks over a little noise.
pub fn sound(seconds: f32, turns: &[(usize, f32, f32)]) -> Vec<f32> {
    // Phases of a minute want more than the 24 bits of an f32.
    let wave = |hertz: f32, time: f64| (std::f64::consts::TAU * f64::from(hertz) * time).sin();
    (0..(seconds * RATE) as u64)
        .map(|at| {
            let time = at as f64 / f64::from(RATE);
            let is_on =
                |&&(_, from, to): &&(usize, f32, f32)| (f64::from(from)..f64::from(to)).contains(&time);
            let swell = 0.03 * 10_f64.powf(wave(5.0, time));
            let speaking = turns.iter().filter(is_on);
            let voices: f64 = speaking
                .map(|&(voice, ..)| swell * wave(TONES[voice], time))
                .sum();
            voices as f32 + 0.002 * noise(at)
        })
        .collect()
}

/// `x` `[window, 1, sample]` → `y` `[window, frame, class]`: the power of each tone within a frame's field, up
/// to a limit; a class scores what its tones have in common.
pub fn segmentation() -> Vec<u8> {
    let mut graph = Graph::default();
    graph.input("x", &[0, 1, 0]);
    graph.output("y", &[0, 0, 7]);
    graph.integers("row", &[2]);
    graph.node("Unsqueeze", &["x", "row"], &["wide"], &[]);
    // A tone's two phases under Hann's window, so that the others' leak is less than the noise.
    let filters: Vec<f32> = TONES
        .iter()
        .flat_map(|tone| [0.0, 0.25].map(|phase| (tone, phase)))
        .flat_map(|(tone, phase)| {
            (0..FIELD).map(move |at| {
                let hann = 1.0 - (TAU * at as f32 / FIELD as f32).cos();
                hann * 2.0 / FIELD as f32 * (TAU * (tone * at as f32 / RATE + phase)).sin()
            })
        })
        .collect();
    graph.floats("filters", &[6, 1, 1, FIELD], &filters);
    graph.node(
        "Conv",
        &["wide", "filters"],
        &["phases"],
        &[("strides", &[1, STEP])],
    );
    graph.node("Mul", &["phases", "phases"], &["squares"], &[]);
    // 50 dB below full scale is a voice.
    let mut sums = [0.0; 18];
    for tone in 0..3 {
        sums[tone * 6 + tone * 2..tone * 6 + tone * 2 + 2].fill(1e5);
    }
    graph.floats("sums", &[3, 6, 1, 1], &sums);
    graph.node("Conv", &["squares", "sums"], &["powers"], &[]);
    graph.floats("limit", &[1], &[1.0]);
    graph.node("Min", &["powers", "limit"], &["sounding"], &[]);
    let classes: [(&[usize], f32); 7] = [
        (&[], 0.0),
        (&[0], -0.5),
        (&[1], -0.5),
        (&[2], -0.5),
        (&[0, 1], -1.2),
        (&[0, 2], -1.2),
        (&[1, 2], -1.2),
    ];
    let weights: Vec<f32> = classes
        .iter()
        .flat_map(|(tones, _)| (0..3).map(|tone| f32::from(u8::from(tones.contains(&tone)))))
        .collect();
    graph.floats("weights", &[7, 3, 1, 1], &weights);
    graph.floats("bias", &[7], &classes.map(|(_, bias)| bias));
    scores(graph, &["sounding", "weights", "bias"], "y", "tones")
}

/// The last layer: classes of each frame, as logarithms of probabilities.
fn scores(mut graph: Graph, inputs: &[&str; 3], output: &str, name: &str) -> Vec<u8> {
    graph.node("Conv", inputs, &["scored"], &[]);
    graph.node("Squeeze", &["scored", "row"], &["columns"], &[]);
    graph.node("Transpose", &["columns"], &["frames"], &[("perm", &[0, 2, 1])]);
    graph.node("LogSoftmax", &["frames"], &[output], &[("axis", &[2])]);
    graph.finish(name)
}

/// The same shape with random weights; `classes` is 7 in the published models.
pub fn random_segmentation(seed: u64, classes: usize) -> Vec<u8> {
    let mut graph = Graph::default();
    graph.input("x", &[0, 1, 0]);
    graph.output("y", &[0, 0, classes]);
    graph.integers("row", &[2]);
    graph.node("Unsqueeze", &["x", "row"], &["wide"], &[]);
    graph.floats("filters", &[8, 1, 1, FIELD], &random(seed, 8 * FIELD));
    graph.node(
        "Conv",
        &["wide", "filters"],
        &["heard"],
        &[("strides", &[1, STEP])],
    );
    graph.node("Relu", &["heard"], &["kept"], &[]);
    graph.floats("weights", &[classes, 8, 1, 1], &random(seed + 1, classes * 8));
    graph.floats("bias", &[classes], &random(seed + 2, classes));
    scores(graph, &["kept", "weights", "bias"], "y", "random")
}

/// `feats` `[window, frame, 80]` → `embs` `[window, 256]`: how much each band swells, in random directions.
pub fn embedding(seed: u64) -> Vec<u8> {
    let mut graph = Graph::default();
    graph.input("feats", &[0, 0, 80]);
    graph.output("embs", &[0, 256]);
    graph.integers("time", &[1]);
    // Twice squared: noise swells a little in every band.
    graph.node("Mul", &["feats", "feats"], &["squares"], &[]);
    graph.node("Mul", &["squares", "squares"], &["fourths"], &[]);
    graph.node(
        "ReduceSum",
        &["fourths", "time"],
        &["swell"],
        &[("keepdims", &[0])],
    );
    graph.floats("weights", &[80, 256], &random(seed, 80 * 256));
    graph.node("MatMul", &["swell", "weights"], &["embs"], &[]);
    graph.finish("swell")
}

fn random(seed: u64, count: usize) -> Vec<f32> {
    (0..count as u64).map(|at| noise(seed << 32 | at)).collect()
}

/// The store that `cargo xtask test` fills.
pub fn installed() -> ModelStore {
    let directory = std::env::var_os("SHOKI_TEST_MODELS")
        .expect("no model store: run cargo xtask test, or set SHOKI_TEST_MODELS");
    ModelStore::open(&PathBuf::from(directory))
}

fn manifests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models")
}

pub fn runtime() -> Runtime {
    let catalogue = Catalogue::load(&manifests()).expect("manifests");
    let library = installed().verify(catalogue.get("onnxruntime").unwrap());
    Runtime::start(&library.expect("library")).expect("runtime")
}

/// The product's own manifests of some models, a medium for their files, and a store.
pub struct Site {
    home: tempfile::TempDir,
    pub store: ModelStore,
}

impl Site {
    pub fn new(models: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        for model in models {
            let from = manifests().join(model).join("manifest.toml");
            let text = std::fs::read_to_string(from).expect("a manifest of the product");
            put(
                &home.path().join("models").join(model).join("manifest.toml"),
                text.as_bytes(),
            );
        }
        let store = ModelStore::open(&home.path().join("store"));
        Self { home, store }
    }

    /// Changes a manifest's text.
    pub fn change(&self, model: &str, from: &str, to: &str) {
        let path = self.home.path().join("models").join(model).join("manifest.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from} in {model}");
        put(&path, text.replace(from, to).as_bytes());
    }

    /// Where the manifests lie.
    pub fn manifests(&self) -> PathBuf {
        self.home.path().join("models")
    }

    pub fn catalogue(&self) -> Catalogue {
        Catalogue::load(&self.manifests()).expect("manifests")
    }

    /// Brings a model's file (by its path in the repository) as an operator does.
    pub fn bring(&self, model: &str, file: &str, bytes: &[u8]) {
        let medium = self.home.path().join("medium");
        put(&medium.join(model).join(file), bytes);
        self.store.import(&self.catalogue(), &medium).expect("imported");
    }

    /// Both made models.
    pub fn bring_pair(&self) {
        self.bring(SEGMENTATION, "model.onnx", &segmentation());
        self.bring(EMBEDDING, "voxceleb_resnet34_LM.onnx", &embedding(1));
    }
}

fn put(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}
