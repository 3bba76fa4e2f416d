//! Pulling from wheels made here, through the real package client, without any network.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use shoki_core::code::ErrorCode;
use zip::write::SimpleFileOptions;

use super::*;

const WHEEL: &str = "shoki_sample-1.0-py3-none-any.whl";
const MODEL: &[u8] = b"not much of a model";

/// A directory with a wheel, a catalogue that pins it, and an empty store.
struct Site {
    _home: tempfile::TempDir,
    wheels: PathBuf,
    models: PathBuf,
    store: ModelStore,
}

impl Site {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let (wheels, models) = (home.path().join("wheels"), home.path().join("models"));
        std::fs::create_dir(&wheels).unwrap();
        write_wheel(&wheels.join(WHEEL));
        let store = ModelStore::open(&home.path().join("store"));
        let site = Self {
            _home: home,
            wheels,
            models,
            store,
        };
        site.pin(
            &Sha256::of(&std::fs::read(site.wheels.join(WHEEL)).unwrap()),
            &Sha256::of(MODEL),
        );
        site
    }

    fn pin(&self, wheel: &Sha256, file: &Sha256) {
        let model = self.models.join("sample");
        std::fs::create_dir_all(&model).unwrap();
        let size = MODEL.len();
        let manifest = format!(
            r#"
            name = "sample"
            version = "1"
            task = "runtime"
            licence = "Apache-2.0"
            source = {{ kind = "package", package = "shoki_sample", version = "1.0", wheel = "{WHEEL}", sha256 = "{wheel}" }}
            file = [{{ name = "model.bin", member = "shoki_sample/model.bin", sha256 = "{file}", size = {size} }}]
            "#
        );
        std::fs::write(model.join("manifest.toml"), manifest).unwrap();
    }

    fn pull(&self, program: &str) -> Result<Vec<Pulled>, EngineError> {
        let mut seen = Vec::new();
        let python = || {
            let mut python = Command::new(program);
            python
                .env("PIP_NO_INDEX", "1")
                .env("PIP_FIND_LINKS", &self.wheels);
            python
        };
        let catalogue = Catalogue::load(&self.models).unwrap();
        self.store
            .pull_with(python, &catalogue, |_, pulled| seen.push(pulled))?;
        Ok(seen)
    }

    fn installed(&self) -> PathBuf {
        self.store.directory().join("sample/model.bin")
    }
}

fn write_wheel(path: &Path) {
    let mut archive = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    for (name, bytes) in [
        ("shoki_sample/model.bin", MODEL),
        (
            "shoki_sample-1.0.dist-info/METADATA",
            b"Metadata-Version: 2.1\nName: shoki_sample\nVersion: 1.0\n".as_slice(),
        ),
        (
            "shoki_sample-1.0.dist-info/WHEEL",
            b"Wheel-Version: 1.0\nGenerator: shoki\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        ),
        ("shoki_sample-1.0.dist-info/RECORD", b""),
    ] {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap();
}

#[test]
fn a_pinned_wheel_is_fetched_once() {
    let site = Site::new();
    assert_eq!(site.pull("python3").unwrap(), [Pulled::Fetched]);
    assert_eq!(std::fs::read(site.installed()).unwrap(), MODEL);
    assert_eq!(site.pull("no client is needed now").unwrap(), [Pulled::Present]);
    std::fs::write(site.installed(), b"something else").unwrap();
    assert_eq!(site.pull("python3").unwrap(), [Pulled::Fetched]);
    assert_eq!(std::fs::read(site.installed()).unwrap(), MODEL);
}

#[test]
fn another_wheel_under_the_same_name_is_refused() {
    let site = Site::new();
    site.pin(&Sha256::of(b"the wheel we meant"), &Sha256::of(MODEL));
    let error = site.pull("python3").unwrap_err();
    assert!(matches!(error, EngineError::Pull { .. }), "{error}");
    assert!(error.to_string().contains("shoki models import"), "{error}");
    assert!(!site.installed().exists());
}

#[test]
fn another_member_in_the_right_wheel_is_refused() {
    let site = Site::new();
    let wheel = Sha256::of(&std::fs::read(site.wheels.join(WHEEL)).unwrap());
    site.pin(&wheel, &Sha256::of(b"the model we meant"));
    assert_eq!(site.pull("python3").unwrap_err().code(), ErrorCode::ModelTampered);
    assert!(!site.installed().exists());
}

#[test]
fn an_absent_package_or_client_is_said_in_words() {
    let site = Site::new();
    std::fs::remove_file(site.wheels.join(WHEEL)).unwrap();
    let error = site.pull("python3").unwrap_err();
    assert_eq!(error.code(), ErrorCode::ModelMissing);
    assert!(error.to_string().contains("ERROR: "), "{error}");
    assert!(error.to_string().contains("shoki_sample"), "{error}");
    let error = site.pull("/nowhere/python3").unwrap_err();
    assert_eq!(error.code(), ErrorCode::ModelMissing);
    assert!(error.to_string().contains("pip を入れて"), "{error}");
}
