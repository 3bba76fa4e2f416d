//! `shoki models export | import`: the way into a closed network, on media.
//!
//! Layout of the media: `<directory>/<model>/<file>`, as in the store; for a hub's model the paths of its
//! repository do as well. The manifests of the installed product, and the lock taken at the first import,
//! decide what is right: a medium cannot bring its own.

use std::path::{Path, PathBuf};

use shoki_core::manifest::{ModelManifest, ModelSource};

use crate::catalogue::Catalogue;
use crate::error::EngineError;
use crate::lock::Lock;
use crate::store::{ModelStore, read_verified, replace};

/// A model whose files on the medium are right.
struct Brought<'a> {
    manifest: &'a ModelManifest,
    files: Vec<(String, Vec<u8>)>,
    /// Hashes taken now, for a model that had none.
    taken: Option<Lock>,
}

impl ModelStore {
    /// Copies every model of the catalogue that lies in the store to `directory`; returns how many files.
    /// Bundled models are part of the product and optional ones may be absent.
    ///
    /// # Errors
    /// `Missing` or `Tampered` when the store itself is not right, `Io` when the media cannot be written.
    pub fn export(&self, catalogue: &Catalogue, directory: &Path) -> Result<usize, EngineError> {
        let mut verified = Vec::new();
        for manifest in stored(catalogue) {
            match self.verify(manifest) {
                Ok(model) => verified.push(model),
                Err(EngineError::Missing { .. }) if manifest.is_optional() => {}
                Err(error) => return Err(error),
            }
        }
        let mut count = 0;
        for model in &verified {
            for file in &model.files {
                replace(
                    &directory.join(&model.manifest.name).join(&file.name),
                    &file.bytes,
                )?;
                count += 1;
            }
        }
        Ok(count)
    }

    /// Takes the models of the catalogue from `directory`; returns how many files. Everything is verified
    /// before anything is replaced, so a medium with one bad file changes nothing. A model that the
    /// medium lacks may be absent when it is optional or right in the store already.
    ///
    /// # Errors
    /// `Missing` or `Tampered` with the file on the medium, `Io` when the store cannot be written.
    pub fn import(&self, catalogue: &Catalogue, directory: &Path) -> Result<usize, EngineError> {
        let mut brought = Vec::new();
        for manifest in stored(catalogue) {
            let is_there = directory.join(&manifest.name).is_dir();
            if is_there || !(manifest.is_optional() || self.verify(manifest).is_ok()) {
                brought.push(self.read_medium(manifest, directory)?);
            }
        }
        let mut count = 0;
        for model in &brought {
            for (name, bytes) in &model.files {
                replace(&self.directory().join(&model.manifest.name).join(name), bytes)?;
                count += 1;
            }
            if let Some(lock) = &model.taken {
                lock.write(self.directory(), model.manifest)?;
            }
        }
        Ok(count)
    }

    fn read_medium<'a>(
        &self,
        manifest: &'a ModelManifest,
        directory: &Path,
    ) -> Result<Brought<'a>, EngineError> {
        let promised = self.promised(manifest).ok();
        let mut files = Vec::with_capacity(manifest.files.len());
        for (index, file) in manifest.files.iter().enumerate() {
            let home = directory.join(&manifest.name);
            let member = file.member.as_ref().map(|member| home.join(member));
            let plain = home.join(&file.name);
            let path: PathBuf = member
                .filter(|path| path.is_file() && !plain.exists())
                .unwrap_or(plain);
            let bytes = match &promised {
                Some(promised) => read_verified(&path, manifest, &promised.files[index])?,
                None => std::fs::read(&path).map_err(|error| match error.kind() {
                    std::io::ErrorKind::NotFound => EngineError::Missing {
                        model: manifest.name.clone(),
                        path: path.clone(),
                    },
                    _ => EngineError::io(&path)(error),
                })?,
            };
            files.push((file.name.clone(), bytes));
        }
        let taken = promised.is_none().then(|| {
            Lock::take(
                manifest,
                files
                    .iter()
                    .map(|(name, bytes)| (name.as_str(), bytes.as_slice())),
            )
        });
        Ok(Brought {
            manifest,
            files,
            taken,
        })
    }
}

/// The models that live in a store.
fn stored(catalogue: &Catalogue) -> impl Iterator<Item = &ModelManifest> {
    catalogue
        .manifests()
        .iter()
        .filter(|manifest| manifest.source != ModelSource::Bundled)
}
