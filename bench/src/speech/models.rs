//! The models that are compared: the bundled one, and random weights in true shapes (`random_model.py`).
//!
//! Promise: all systems have the same weights, each in the form it wants: Shoki and whisper.cpp one q8_0 file,
//! CTranslate2 int8. Never: a file in the model store of the installation.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use serde::Serialize;
use shoki_core::digest::Sha256;

const SCRIPT: &str = include_str!("random_model.py");
/// The name of the bundled model.
pub const BUNDLED: &str = "whisper-asahino";
/// Tokens that random weights write for every window: fewer than a window holds, so that encoding is what is
/// compared, and few enough that Shoki does not take a window of two seconds for invented and hears it twice.
pub const TOKENS: usize = 24;

/// A shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
pub enum Shape {
    /// The bundled model: 256 wide, 4 + 2 layers, trained.
    Bundled,
    /// 384 wide, 4 + 4 layers: for trying the bench.
    Tiny,
    /// 768 wide, 12 + 12 layers.
    Small,
    /// 1,280 wide, 32 + 4 layers, 128 mel bands.
    LargeV3Turbo,
}

impl Shape {
    /// As whisper.cpp and the report call it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Bundled => BUNDLED,
            Self::Tiny => "tiny",
            Self::Small => "small",
            Self::LargeV3Turbo => "large-v3-turbo",
        }
    }

    /// Whether its weights are trained.
    #[must_use]
    pub fn is_trained(self) -> bool {
        self == Self::Bundled
    }
}

/// A model in every form.
#[derive(Clone, Debug)]
pub struct Model {
    /// Name of its manifest.
    pub recogniser: String,
    /// whisper.cpp's file.
    pub ggml: PathBuf,
    /// CTranslate2's directory; none for the bundled model.
    pub ctranslate2: Option<PathBuf>,
}

/// Where models are made.
#[derive(Debug)]
pub struct Models {
    repository: PathBuf,
    work: PathBuf,
    /// Manifests of the repository and of the models made here.
    pub catalogue: PathBuf,
}

impl Models {
    /// A catalogue below `work` that holds all manifests of the repository.
    ///
    /// # Errors
    /// A place that cannot be written.
    pub fn open(work: &Path, repository: &Path) -> anyhow::Result<Self> {
        let catalogue = work.join("catalogue");
        std::fs::create_dir_all(&catalogue)?;
        for entry in std::fs::read_dir(repository.join("models"))? {
            let home = entry?.path().canonicalize()?;
            let link = catalogue.join(home.file_name().context("a directory has a name")?);
            if home.is_dir() && !link.exists() {
                std::os::unix::fs::symlink(&home, &link)?;
            }
        }
        Ok(Self {
            repository: repository.to_owned(),
            work: work.to_owned(),
            catalogue,
        })
    }

    /// A model, made with `python` (numpy, ctranslate2) unless it is there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn get(&self, shape: Shape, python: &Path) -> anyhow::Result<Model> {
        if shape.is_trained() {
            return self.bundled();
        }
        let recogniser = format!("random-{}", shape.label());
        let home = self.catalogue.join(&recogniser);
        let model = Model {
            ggml: home.join("ggml-q8_0.bin"),
            ctranslate2: Some(self.work.join(format!("ctranslate2-{}", shape.label()))),
            recogniser,
        };
        let digest = format!("{} {TOKENS}", Sha256::of(SCRIPT.as_bytes()));
        let made = home.join("made.txt");
        if std::fs::read_to_string(&made).ok().as_ref() == Some(&digest) {
            return Ok(model);
        }
        std::fs::create_dir_all(&home)?;
        let script = self.work.join("random_model.py");
        std::fs::write(&script, SCRIPT)?;
        let order = self.work.join("model-order.json");
        let content = serde_json::json!({
            "shape": shape.label(), "tokens": TOKENS, "ggml": model.ggml, "ctranslate2": model.ctranslate2,
        });
        std::fs::write(&order, serde_json::to_vec(&content)?)?;
        let status = Command::new(python).arg(&script).arg(&order).status()?;
        anyhow::ensure!(status.success(), "random_model.py ended with {status}");
        let bytes = std::fs::read(&model.ggml)?;
        std::fs::write(
            home.join("manifest.toml"),
            manifest(&model.recogniser, shape, &bytes),
        )?;
        std::fs::write(&made, &digest)?;
        Ok(model)
    }

    /// The bundled model, unpacked for whisper.cpp.
    fn bundled(&self) -> anyhow::Result<Model> {
        let home = self.repository.join("models").join(BUNDLED);
        let packed = std::fs::read(home.join("model.bin.zst"))
            .with_context(|| format!("{}: the bundled model is missing", home.display()))?;
        let ggml = self
            .work
            .join(format!("{BUNDLED}-{}.bin", &Sha256::of(&packed).to_string()[..8]));
        if !ggml.is_file() {
            let mut decoder = ruzstd::decoding::StreamingDecoder::new(packed.as_slice())?;
            let aside = ggml.with_extension("part");
            std::io::copy(&mut decoder, &mut std::fs::File::create(&aside)?)?;
            std::fs::rename(&aside, &ggml)?;
        }
        Ok(Model {
            recogniser: BUNDLED.to_owned(),
            ggml,
            ctranslate2: None,
        })
    }
}

/// Without times: random weights would place them at random, and every system would jump through the recording
/// in its own way.
fn manifest(name: &str, shape: Shape, file: &[u8]) -> String {
    format!(
        "name = \"{name}\"\nversion = \"random\"\ntask = \"speech_recognition\"\nlicence = \"Apache-2.0\"\n\
         [source]\nkind = \"bundled\"\n\
         [[file]]\nname = \"ggml-q8_0.bin\"\nsha256 = \"{}\"\nsize = {}\n\
         [speech]\ntimestamps = false\nprompt_characters = 0\nalignment = {{ preset = \"{}\" }}\n",
        Sha256::of(file),
        file.len(),
        shape.label()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_of_random_weights_is_one() {
        let text = manifest("random-small", Shape::Small, b"weights");
        let read: shoki_core::manifest::ModelManifest = toml::from_str(&text).expect("a manifest");
        assert_eq!(read.files[0].size, Some(7));
        assert!(!read.is_optional() && !read.speech.expect("it is asked").timestamps);
    }
}
