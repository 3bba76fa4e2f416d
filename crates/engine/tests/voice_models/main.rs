//! Segmentation and embedding models by the product's own manifests, on small models of their shapes that are
//! made here. Needs the model store that `cargo xtask test` fills (ONNX Runtime).

mod made;

use made::{EMBEDDING, SEGMENTATION, Site, runtime, sound};
use shoki_core::code::ErrorCode;
use shoki_core::manifest::{ModelHealth, VoiceFeatures};
use shoki_engine::{EngineError, LocalSpeakers, SpeakerEncoder, SpeakerSegmentation};

fn segmentation(site: &Site) -> Result<SpeakerSegmentation, EngineError> {
    SpeakerSegmentation::load(
        &runtime(),
        &site.store,
        site.catalogue().get(SEGMENTATION).unwrap(),
    )
}

fn encoder(site: &Site) -> Result<SpeakerEncoder, EngineError> {
    SpeakerEncoder::load(&runtime(), &site.store, site.catalogue().get(EMBEDDING).unwrap())
}

#[test]
fn a_segmentation_model_says_who_speaks_in_each_frame() {
    let site = Site::new(&[SEGMENTATION]);
    let health = || site.store.status(&site.catalogue())[0].health.clone();
    assert_eq!(health(), ModelHealth::NotInstalled);
    site.bring(SEGMENTATION, "model.onnx", &made::segmentation());
    assert_eq!(health(), ModelHealth::Ready);
    let mut model = segmentation(&site).unwrap();
    // Frame n is heard from samples 270 n to 270 n + 990: 2 s are frame 117.
    let heard = model
        .activities(&sound(10.0, &[(0, 2.0, 6.0), (1, 5.0, 8.0)]))
        .unwrap();
    assert_eq!((heard.len(), heard[0].len()), (1, 589));
    let at = |seconds: f32| heard[0][((seconds * 16_000.0 - 495.0) / 270.0) as usize];
    assert_eq!(at(1.0), LocalSpeakers::default());
    assert_eq!(at(3.0), LocalSpeakers::of(&[0]));
    assert_eq!(at(5.5), LocalSpeakers::of(&[0, 1]));
    assert_eq!(at(7.0), LocalSpeakers::of(&[1]));
    assert_eq!(at(9.0), LocalSpeakers::default());
    let frames = heard[0].iter().filter(|set| set.count() == 2).count();
    assert!(
        (50..=64).contains(&frames),
        "{frames} frames of a second with two voices"
    );
}

#[test]
fn windows_of_one_run_do_not_depend_on_each_other() {
    let site = Site::new(&[SEGMENTATION]);
    site.bring(SEGMENTATION, "model.onnx", &made::random_segmentation(7, 7));
    let mut model = segmentation(&site).unwrap();
    // More windows than one run takes.
    let windows: Vec<Vec<f32>> = (0..9)
        .map(|nth| sound(10.0, &[(nth % 3, nth as f32, 10.0)]))
        .collect();
    let together = model.activities(&windows.concat()).unwrap();
    assert_eq!(together.len(), 9);
    let classes: std::collections::HashSet<LocalSpeakers> = together.iter().flatten().copied().collect();
    assert!(
        classes.len() > 1,
        "random weights that hear one thing only test nothing"
    );
    assert_ne!(together[0], together[1]);
    for (window, heard) in windows.iter().zip(&together) {
        assert_eq!(model.activities(window).unwrap()[0], *heard);
    }
    let torn = model.activities(&windows[0][1..]).unwrap_err();
    assert_eq!(torn.code(), ErrorCode::ModelContract);
}

#[test]
fn a_model_of_another_shape_is_refused() {
    let refused = |bytes: &[u8], from: &str, to: &str| {
        let site = Site::new(&[SEGMENTATION]);
        site.change(SEGMENTATION, from, to);
        site.bring(SEGMENTATION, "model.onnx", bytes);
        segmentation(&site)
            .map(drop)
            .map_err(|error| (error.code(), error.to_string()))
    };
    let right = made::segmentation();
    assert_eq!(refused(&right, "hop_ms = 1000", "hop_ms = 2000"), Ok(()));
    for (from, to) in [
        ("hop_ms = 1000", "hop_ms = 0"),
        ("speakers = 3", "speakers = 4"),
        ("speakers = 3", "speakers = 9"),
        ("at_once = 2", "at_once = 1"),
        ("frame_step = 270", "frame_step = 320"),
        ("frame_length = 991", "frame_length = 161000"),
        ("name = \"x\"", "name = \"input_values\""),
    ] {
        let (code, detail) = refused(&right, from, to).unwrap_err();
        assert_eq!(code, ErrorCode::ModelContract, "{to}: {detail}");
    }
    let eleven = made::random_segmentation(1, 11);
    assert!(refused(&eleven, "speakers = 3", "speakers = 3").is_err());
    // Four people, two at once: eleven classes, by the manifest alone.
    let site = Site::new(&[SEGMENTATION]);
    site.change(SEGMENTATION, "speakers = 3", "speakers = 4");
    site.change(SEGMENTATION, "shape = [-1, -1, 7]", "shape = [-1, -1, 11]");
    site.bring(SEGMENTATION, "model.onnx", &eleven);
    assert!(segmentation(&site).is_ok());
}

#[test]
fn an_encoder_of_log_filterbanks_goes_through_the_same_type() {
    let site = Site::new(&[EMBEDDING]);
    site.bring(EMBEDDING, "voxceleb_resnet34_LM.onnx", &made::embedding(1));
    let mut encoder = encoder(&site).unwrap();
    assert!(matches!(
        encoder.settings().features,
        VoiceFeatures::KaldiFbank { bands: 80, .. }
    ));
    // 1.5 s are 150 frames; the graph itself takes any number.
    assert_eq!(encoder.row(), 150 * 80);
    let window =
        |band: usize| (0..150 * 80).map(move |at| if at % 80 == band { (at as f32).sin() } else { 0.0 });
    let windows: Vec<f32> = window(3).chain(window(60)).chain(window(3)).collect();
    let voices = encoder.embed(&windows).unwrap();
    let likeness = |a: usize, b: usize| -> f32 { voices[a].iter().zip(&voices[b]).map(|(a, b)| a * b).sum() };
    assert_eq!(voices[0].len(), 256);
    assert!((likeness(0, 2) - 1.0).abs() < 1e-5 && likeness(0, 1) < 0.5);
    // Another file is another model, whatever its shape: its voices have another fingerprint.
    let other = Site::new(&[EMBEDDING]);
    other.bring(EMBEDDING, "voxceleb_resnet34_LM.onnx", &made::embedding(2));
    let (catalogue, others) = (site.catalogue(), other.catalogue());
    let (own, others) = (catalogue.get(EMBEDDING).unwrap(), others.get(EMBEDDING).unwrap());
    assert_eq!(site.store.fingerprint(own), Some(encoder.fingerprint()));
    assert_ne!(other.store.fingerprint(others), Some(encoder.fingerprint()));
    assert_eq!(Site::new(&[EMBEDDING]).store.fingerprint(own), None);
}
