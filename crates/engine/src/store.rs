//! The model store: `<directory>/<model>/<file>`, filled by `pull` or `import`, verified at every start.
//!
//! Promise: a model's bytes are hashed as they are read, and those very bytes go to the session. A shared
//! library cannot be loaded from memory: `runtime` hashes it again through the descriptor it loads, and
//! `PDFium`, which is loaded by path in the sandboxed decode child, is as safe as the store's permissions.

use std::path::{Path, PathBuf};

use sha2::Digest as _;
use shoki_core::digest::Sha256;
use shoki_core::manifest::{ModelFile, ModelHealth, ModelManifest, ModelSource, ModelStatus};

use crate::catalogue::Catalogue;
use crate::error::EngineError;
use crate::lock::Lock;

/// A directory of installed models.
#[derive(Clone, Debug)]
pub struct ModelStore {
    directory: PathBuf,
}

/// A file whose bytes are the manifest's.
#[derive(Debug)]
pub struct VerifiedFile {
    /// Name in the store.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// The bytes that were hashed.
    pub bytes: Vec<u8>,
}

/// A model whose files are all verified.
#[derive(Debug)]
pub struct VerifiedModel {
    /// Its manifest.
    pub manifest: ModelManifest,
    /// Its files, in the manifest's order.
    pub files: Vec<VerifiedFile>,
}

impl VerifiedModel {
    /// The file of this name.
    ///
    /// # Errors
    /// `Contract` when the manifest lists none.
    pub fn file(&self, name: &str) -> Result<&VerifiedFile, EngineError> {
        let found = self.files.iter().find(|file| file.name == name);
        found.ok_or_else(|| EngineError::Contract {
            model: self.manifest.name.clone(),
            detail: format!("no file {name}"),
        })
    }

    /// The first file: the model or library itself.
    ///
    /// # Errors
    /// `Contract` when the manifest lists no file.
    pub fn main_file(&self) -> Result<&VerifiedFile, EngineError> {
        self.files.first().ok_or_else(|| EngineError::Contract {
            model: self.manifest.name.clone(),
            detail: "no file".to_owned(),
        })
    }
}

impl ModelStore {
    /// A store at `directory`, which need not exist yet.
    #[must_use]
    pub fn open(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
        }
    }

    /// Where it lies.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Where a file of a model lies: a bundled one beside its manifest, any other in the store.
    #[must_use]
    pub fn path(&self, model: &ModelManifest, file: &ModelFile) -> PathBuf {
        match (&model.source, &model.home) {
            (ModelSource::Bundled, Some(home)) => home.join(&file.name),
            _ => self.directory.join(&model.name).join(&file.name),
        }
    }

    /// The manifest with the hashes that the first import locked, where it states none itself.
    ///
    /// # Errors
    /// `Missing` when a hash is neither stated nor locked, `Manifest` when the lock cannot be read.
    pub(crate) fn promised(&self, manifest: &ModelManifest) -> Result<ModelManifest, EngineError> {
        let mut promised = manifest.clone();
        let lock = Lock::read(&self.directory, manifest)?;
        for file in &mut promised.files {
            if file.sha256.is_some() && file.size.is_some() {
                continue;
            }
            let locked = lock.as_ref().and_then(|lock| lock.file(&file.name));
            let locked = locked.ok_or_else(|| EngineError::Missing {
                model: manifest.name.clone(),
                path: self.path(manifest, file),
            })?;
            (file.sha256, file.size) = (Some(locked.sha256), Some(locked.size));
        }
        Ok(promised)
    }

    /// The SHA-256 that the manifest, or the lock of its first import, promises of its first file: what a
    /// session on it calls its fingerprint. `None` for a model that nobody brought.
    #[must_use]
    pub fn fingerprint(&self, manifest: &ModelManifest) -> Option<Sha256> {
        self.promised(manifest).ok()?.files.first()?.sha256
    }

    /// Reads and hashes every file of a model.
    ///
    /// # Errors
    /// `Missing`, `Tampered`, `Io`.
    pub fn verify(&self, manifest: &ModelManifest) -> Result<VerifiedModel, EngineError> {
        let manifest = self.promised(manifest)?;
        let mut files = Vec::with_capacity(manifest.files.len());
        for file in &manifest.files {
            let path = self.path(&manifest, file);
            let bytes = read_verified(&path, &manifest, file)?;
            files.push(VerifiedFile {
                name: file.name.clone(),
                path,
                bytes,
            });
        }
        Ok(VerifiedModel { manifest, files })
    }

    /// Whether each model's files are there and right. Contracts and golden samples need a session:
    /// whoever holds one adds that knowledge.
    #[must_use]
    pub fn status(&self, catalogue: &Catalogue) -> Vec<ModelStatus> {
        catalogue
            .manifests()
            .iter()
            .map(|manifest| status_of(manifest, self.verify(manifest).err()))
            .collect()
    }
}

/// A model's status after `error`, or after none.
#[must_use]
fn status_of(manifest: &ModelManifest, error: Option<EngineError>) -> ModelStatus {
    let health = match error {
        None => ModelHealth::Ready,
        Some(EngineError::Missing { .. }) if manifest.is_optional() => ModelHealth::NotInstalled,
        Some(error) => ModelHealth::Unusable {
            code: error.code(),
            detail: error.to_string(),
        },
    };
    ModelStatus {
        name: manifest.name.clone(),
        version: manifest.version.clone(),
        task: manifest.task,
        licence: manifest.licence.clone(),
        source: manifest.source.clone(),
        files: manifest.files.clone(),
        checked_at: None,
        health,
    }
}

/// Whether these are the bytes that the manifest, or its lock, promises.
pub(crate) fn is_promised(bytes: &[u8], file: &ModelFile) -> bool {
    file.size == Some(bytes.len() as u64) && file.sha256 == Some(Sha256::of(bytes))
}

/// The bytes of a file, when they are the promised ones.
pub(crate) fn read_verified(
    path: &Path,
    manifest: &ModelManifest,
    file: &ModelFile,
) -> Result<Vec<u8>, EngineError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(EngineError::Missing {
                model: manifest.name.clone(),
                path: path.to_owned(),
            });
        }
        Err(error) => return Err(EngineError::io(path)(error)),
    };
    if is_promised(&bytes, file) {
        Ok(bytes)
    } else {
        Err(EngineError::Tampered {
            model: manifest.name.clone(),
            path: path.to_owned(),
        })
    }
}

/// SHA-256 of what is left to read.
pub(crate) fn hash(source: &mut impl std::io::Read) -> std::io::Result<Sha256> {
    let mut hasher = sha2::Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        match source.read(&mut buffer)? {
            0 => return Ok(Sha256::from_bytes(hasher.finalize().into())),
            count => hasher.update(&buffer[..count]),
        }
    }
}

/// Puts `bytes` at `path` so that a reader sees either the old file or the whole new one.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), EngineError> {
    use std::io::Write as _;
    let home = path
        .parent()
        .expect("a file of the store lies in its model's directory");
    std::fs::create_dir_all(home).map_err(EngineError::io(home))?;
    let mut file = tempfile::NamedTempFile::new_in(home).map_err(EngineError::io(home))?;
    file.write_all(bytes).map_err(EngineError::io(path))?;
    file.as_file().sync_all().map_err(EngineError::io(path))?;
    file.persist(path)
        .map_err(|error| EngineError::io(path)(error.error))?;
    Ok(())
}
