//! The manifests of `models/<name>/manifest.toml`: what the product knows how to use.

use std::path::{Path, PathBuf};

use shoki_core::digest::Sha256;
use shoki_core::manifest::{ModelManifest, ModelTask};

use crate::error::EngineError;

/// File name of a manifest.
pub(crate) const MANIFEST: &str = "manifest.toml";

/// Pairs that a text model must at least be tested with before it is called ready.
const SELF_TESTS: usize = 3;

/// All manifests, by name.
#[derive(Clone, Debug)]
pub struct Catalogue {
    directory: PathBuf,
    manifests: Vec<ModelManifest>,
}

impl Catalogue {
    /// Reads every manifest below `directory`.
    ///
    /// # Errors
    /// `Manifest` with the file and line of the first mistake; `Io` when the directory cannot be read.
    pub fn load(directory: &Path) -> Result<Self, EngineError> {
        let mut manifests = Vec::new();
        for entry in std::fs::read_dir(directory).map_err(EngineError::io(directory))? {
            let home = entry.map_err(EngineError::io(directory))?.path();
            let path = home.join(MANIFEST);
            if path.is_file() {
                manifests.push(read(&path, &home)?);
            }
        }
        manifests.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self {
            directory: directory.to_owned(),
            manifests,
        })
    }

    /// The manifests, by name.
    #[must_use]
    pub fn manifests(&self) -> &[ModelManifest] {
        &self.manifests
    }

    /// The manifest of this name.
    ///
    /// # Errors
    /// `Unknown`.
    pub fn get(&self, name: &str) -> Result<&ModelManifest, EngineError> {
        let found = self.manifests.iter().find(|manifest| manifest.name == name);
        found.ok_or_else(|| EngineError::Unknown(name.to_owned()))
    }

    /// The first model for a task.
    ///
    /// # Errors
    /// `Unknown`.
    pub fn by_task(&self, task: ModelTask) -> Result<&ModelManifest, EngineError> {
        let found = self.manifests.iter().find(|manifest| manifest.task == task);
        found.ok_or_else(|| EngineError::Unknown(format!("{task:?}")))
    }

    /// The first model for a task that comes with the product.
    ///
    /// # Errors
    /// `Unknown`.
    pub fn own(&self, task: ModelTask) -> Result<&ModelManifest, EngineError> {
        let is_own = |manifest: &&ModelManifest| manifest.task == task && !manifest.is_optional();
        let found = self.manifests.iter().find(is_own);
        found.ok_or_else(|| EngineError::Unknown(format!("{task:?}")))
    }

    /// Where a model's manifest and golden sample lie.
    #[must_use]
    pub fn home(&self, manifest: &ModelManifest) -> PathBuf {
        self.directory.join(&manifest.name)
    }

    /// The golden sample's image bytes, verified; `None` when the manifest names none.
    ///
    /// # Errors
    /// `Tampered` or `Io`.
    pub fn golden_image(&self, manifest: &ModelManifest) -> Result<Option<Vec<u8>>, EngineError> {
        let Some(golden) = &manifest.golden else {
            return Ok(None);
        };
        let path = self.home(manifest).join(&golden.image);
        let bytes = std::fs::read(&path).map_err(EngineError::io(&path))?;
        if Sha256::of(&bytes) != golden.sha256 {
            return Err(EngineError::Tampered {
                model: manifest.name.clone(),
                path,
            });
        }
        Ok(Some(bytes))
    }
}

fn read(path: &Path, home: &Path) -> Result<ModelManifest, EngineError> {
    let wrong = |detail: String| EngineError::Manifest {
        path: path.to_owned(),
        detail,
    };
    let text = std::fs::read_to_string(path).map_err(EngineError::io(path))?;
    let mut manifest: ModelManifest = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let expected = home.file_name().map(|name| name.to_string_lossy().into_owned());
    if expected.as_deref() != Some(manifest.name.as_str()) {
        return Err(wrong(format!(
            "name = \"{}\" is not the directory's",
            manifest.name
        )));
    }
    let is_plain =
        |name: &str| !name.is_empty() && !name.contains(['/', '\\']) && name != "." && name != "..";
    let golden = manifest.golden.iter().map(|golden| &golden.image);
    let mut names = manifest.files.iter().map(|file| &file.name).chain(golden);
    if let Some(name) = names.find(|name| !is_plain(name)) {
        return Err(wrong(format!("file name \"{name}\" is not a plain name")));
    }
    if let Some(lacking) = lacking(&manifest) {
        return Err(wrong(lacking));
    }
    manifest.home = Some(home.to_owned());
    Ok(manifest)
}

/// What a manifest of its task and source must have and this one has not.
fn lacking(manifest: &ModelManifest) -> Option<String> {
    if manifest.files.is_empty() {
        return Some("it lists no file".to_owned());
    }
    for file in &manifest.files {
        if !manifest.is_optional() && (file.sha256.is_none() || file.size.is_none()) {
            return Some(format!("file \"{}\" has no sha256 or no size", file.name));
        }
        let member = Path::new(file.member.as_deref().unwrap_or(&file.name));
        if !member
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)))
        {
            return Some(format!("member \"{}\" leaves its directory", member.display()));
        }
    }
    let tokenizer = match manifest.task {
        ModelTask::TextEmbedding => manifest.embedding.as_ref().map(|settings| &settings.tokenizer),
        ModelTask::Reranking => manifest.reranking.as_ref().map(|settings| &settings.tokenizer),
        ModelTask::SpeakerEmbedding if manifest.speaker.is_none() => {
            return Some("it has no [speaker]".to_owned());
        }
        ModelTask::SpeakerSegmentation if manifest.segmentation.is_none() => {
            return Some("it has no [segmentation]".to_owned());
        }
        _ => return None,
    };
    match tokenizer {
        None => Some("it has no [embedding] or [reranking]".to_owned()),
        Some(tokenizer) if manifest.file(tokenizer).is_none() => {
            Some(format!("tokenizer \"{tokenizer}\" is not among its files"))
        }
        Some(_) if manifest.self_test.len() < SELF_TESTS => {
            Some(format!("it has fewer than {SELF_TESTS} [[self_test]]"))
        }
        Some(_) => None,
    }
}
