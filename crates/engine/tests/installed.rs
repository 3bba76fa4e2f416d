//! The installed models, for real: verification, tampering, contracts, the golden sample, media, and
//! lines and pages read. Needs the model store that `cargo xtask test` fills.

use std::path::{Path, PathBuf};

use image::{GrayImage, Luma};
use shoki_core::code::ErrorCode;
use shoki_core::manifest::{ModelHealth, ModelTask};
use shoki_engine::{
    Catalogue, EngineError, LineDetector, LineRecogniser, ModelStore, Pulled, Recognise as _, Runtime,
};

fn catalogue() -> Catalogue {
    Catalogue::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models")).expect("manifests")
}

fn store() -> ModelStore {
    let directory = std::env::var_os("SHOKI_TEST_MODELS")
        .expect("no installed models: run `cargo xtask test`, or set SHOKI_TEST_MODELS to a model store");
    ModelStore::open(&PathBuf::from(directory))
}

fn runtime() -> Runtime {
    let catalogue = catalogue();
    Runtime::start(
        &store()
            .verify(catalogue.get("onnxruntime").unwrap())
            .expect("library"),
    )
    .expect("runtime")
}

/// A store of our own with the same files, to be spoiled.
fn copied() -> (tempfile::TempDir, ModelStore) {
    let directory = tempfile::tempdir().unwrap();
    store().export(&catalogue(), directory.path()).expect("export");
    let copy = ModelStore::open(directory.path());
    (directory, copy)
}

#[test]
fn everything_installed_is_ready_and_the_golden_sample_is_read() {
    let catalogue = catalogue();
    for status in store().status(&catalogue) {
        let is_optional = catalogue.get(&status.name).unwrap().is_optional();
        assert!(
            status.health == ModelHealth::Ready
                || (is_optional && status.health == ModelHealth::NotInstalled),
            "{}",
            status.name
        );
    }
    LineRecogniser::load(&runtime(), &catalogue, &store()).expect("golden sample");
}

#[test]
fn pulling_what_is_there_fetches_nothing() {
    let mut seen = Vec::new();
    store()
        .pull(&catalogue(), |manifest, pulled| {
            seen.push((manifest.name.clone(), pulled))
        })
        .expect("pull");
    assert_eq!(seen.len(), catalogue().manifests().len());
    assert!(
        seen.iter().all(|(_, pulled)| *pulled != Pulled::Fetched),
        "{seen:?}"
    );
}

#[test]
fn one_changed_bit_is_refused_by_name() {
    let (_directory, copy) = copied();
    let catalogue = catalogue();
    let manifest = catalogue.get("ppocr-rec").unwrap();
    let path = copy.path(manifest, &manifest.files[0]);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let error = copy.verify(manifest).expect_err("tampered");
    assert_eq!(error.code(), ErrorCode::ModelTampered);
    assert!(error.to_string().contains("PP-OCRv6_rec_small.onnx"), "{error}");
    let unusable: Vec<_> = copy
        .status(&catalogue)
        .into_iter()
        .filter(|status| matches!(status.health, ModelHealth::Unusable { .. }))
        .map(|status| status.name)
        .collect();
    assert_eq!(unusable, ["ppocr-rec"]);
}

#[test]
fn a_library_swapped_after_verification_is_not_loaded() {
    let (_directory, copy) = copied();
    let library = copy.verify(catalogue().get("onnxruntime").unwrap()).unwrap();
    let path = &library.main_file().unwrap().path;
    let mut bytes = library.main_file().unwrap().bytes.clone();
    bytes.push(0);
    std::fs::write(path, bytes).unwrap();
    let error = Runtime::start(&library).expect_err("swapped");
    assert_eq!(error.code(), ErrorCode::ModelTampered);
}

#[test]
fn a_missing_file_says_what_to_do() {
    let (_directory, copy) = copied();
    let catalogue = catalogue();
    let manifest = catalogue.get("pdfium").unwrap();
    std::fs::remove_file(copy.path(manifest, &manifest.files[0])).unwrap();
    let error = copy.verify(manifest).expect_err("missing");
    assert_eq!(error.code(), ErrorCode::ModelMissing);
    assert!(error.to_string().contains("shoki models pull"), "{error}");
}

#[test]
fn a_bad_medium_changes_nothing_and_a_good_one_heals() {
    let (medium, good) = copied();
    let catalogue = catalogue();
    let target = tempfile::tempdir().unwrap();
    let installed = ModelStore::open(target.path());
    let detector = catalogue.get("ppocr-det").unwrap();
    let on_medium = good.path(detector, &detector.files[0]);
    let right = std::fs::read(&on_medium).unwrap();
    std::fs::write(&on_medium, &right[..right.len() - 1]).unwrap();
    let error = installed
        .import(&catalogue, medium.path())
        .expect_err("bad medium");
    assert!(matches!(error, EngineError::Tampered { .. }), "{error}");
    assert_eq!(std::fs::read_dir(target.path()).unwrap().count(), 0);
    std::fs::write(&on_medium, right).unwrap();
    installed.import(&catalogue, medium.path()).expect("good medium");
    assert!(
        installed
            .status(&catalogue)
            .iter()
            .all(|status| !matches!(status.health, ModelHealth::Unusable { .. }))
    );
}

#[test]
fn a_session_that_breaks_its_contract_is_refused() {
    let catalogue = catalogue();
    let mut model = store()
        .verify(catalogue.by_task(ModelTask::LineRecognition).unwrap())
        .unwrap();
    model.manifest.contract.as_mut().unwrap().outputs[0].shape[2] = 100;
    let error = LineRecogniser::new(&runtime(), &model).expect_err("another shape");
    assert_eq!(error.code(), ErrorCode::ModelContract);
    assert!(error.to_string().contains("fetch_name_0"), "{error}");
}

#[test]
fn lines_of_any_size_are_read_without_a_crash() {
    let mut reader = LineRecogniser::load(&runtime(), &catalogue(), &store()).unwrap();
    for (width, height) in [(0, 0), (1, 1), (1, 900), (5_000, 3), (640, 48)] {
        let lattice = reader
            .recognise(&GrayImage::from_pixel(width, height, Luma([255])))
            .unwrap();
        assert_eq!(lattice.probabilities.len(), lattice.steps * lattice.classes);
        assert_eq!(reader.greedy(&lattice).trim(), "", "{width}×{height}");
    }
}

#[test]
fn a_line_on_a_page_is_found_and_read() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/ppocr-rec/golden.png");
    let golden = image::open(golden).unwrap().to_luma8();
    let mut page = GrayImage::from_pixel(1654, 2339, Luma([255]));
    image::imageops::overlay(&mut page, &golden, 400, 700);
    let model = store()
        .verify(catalogue().by_task(ModelTask::LineDetection).unwrap())
        .unwrap();
    let lines = LineDetector::new(&runtime(), &model)
        .unwrap()
        .detect(&page, 960)
        .unwrap();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let [[left, top], _, [right, bottom], _] = lines[0];
    let crop = image::imageops::crop_imm(
        &page,
        left as u32,
        top as u32,
        (right - left) as u32,
        (bottom - top) as u32,
    );
    let mut reader = LineRecogniser::load(&runtime(), &catalogue(), &store()).unwrap();
    let lattice = reader.recognise(&crop.to_image()).unwrap();
    assert_eq!(reader.greedy(&lattice), "3120456987");
}
