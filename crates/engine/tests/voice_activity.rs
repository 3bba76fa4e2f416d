//! The installed voice activity detector: tones and noise are no speech, and cutting changes nothing.
//! That it hears people is shown where a recording of people is, in `shoki-speech`.

use std::path::{Path, PathBuf};

use shoki_core::manifest::ModelTask;
use shoki_engine::{Catalogue, ModelStore, Runtime, VoiceActivity};

fn detector() -> VoiceActivity {
    let store = std::env::var_os("SHOKI_TEST_MODELS")
        .expect("no model store: run cargo xtask test, or set SHOKI_TEST_MODELS");
    let store = ModelStore::open(&PathBuf::from(store));
    let catalogue = Catalogue::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models")).unwrap();
    let library = store.verify(catalogue.get("onnxruntime").unwrap()).unwrap();
    let runtime = Runtime::start(&library).unwrap();
    VoiceActivity::load(
        &runtime,
        &store,
        catalogue.by_task(ModelTask::VoiceActivity).unwrap(),
    )
    .unwrap()
}

/// A vowel of sorts: 140 Hz with harmonics under three formants, swelling and fading twice a second.
fn vowel(samples: usize) -> Vec<f32> {
    (0..samples)
        .map(|n| {
            let t = n as f32 / 16_000.0;
            let swell = (std::f32::consts::PI * 2.0 * t).sin().abs();
            let voice: f32 = (1..28)
                .map(|harmonic| {
                    let frequency = 140.0 * harmonic as f32;
                    let formants = [(700.0, 130.0), (1200.0, 170.0), (2500.0, 250.0)];
                    let gain: f32 = formants
                        .iter()
                        .map(|(centre, width): &(f32, f32)| {
                            1.0 / (1.0 + ((frequency - centre) / width).powi(2))
                        })
                        .sum();
                    gain * (std::f32::consts::TAU * frequency * t).sin()
                })
                .sum();
            0.15 * swell * voice
        })
        .collect()
}

#[test]
fn tones_and_noise_are_no_speech() {
    let mut detector = detector();
    let share = |probabilities: &[f32]| {
        probabilities
            .iter()
            .filter(|&&probability| probability >= 0.5)
            .count() as f32
            / probabilities.len() as f32
    };
    let tone: Vec<f32> = (0..64_000)
        .map(|n| 0.3 * (std::f32::consts::TAU * 440.0 * n as f32 / 16_000.0).sin())
        .collect();
    assert!(share(&detector.probabilities(&tone).unwrap()) < 0.1);
    detector.reset();
    let mut state = 1_u32;
    let noise: Vec<f32> = (0..64_000)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as f32 / 65_536.0 * 0.2 - 0.1
        })
        .collect();
    assert!(share(&detector.probabilities(&noise).unwrap()) < 0.1);
}

#[test]
fn probabilities_do_not_depend_on_the_cut_into_calls() {
    let mut detector = detector();
    let voice = vowel(50_000);
    let whole = detector.probabilities(&voice).unwrap();
    detector.reset();
    assert_eq!(whole.len(), 98);
    let mut pieces = Vec::new();
    for piece in voice.chunks(VoiceActivity::FRAME * 7) {
        pieces.extend(detector.probabilities(piece).unwrap());
    }
    assert_eq!(whole.len(), pieces.len());
    for (whole, piece) in whole.iter().zip(&pieces) {
        assert!((whole - piece).abs() < 1e-4, "{whole} {piece}");
    }
}
