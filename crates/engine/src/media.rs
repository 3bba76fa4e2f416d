//! `shoki models export | import`: the way into a closed network, on media.
//!
//! Layout of the media: `<directory>/<model>/<file>`, as in the store. The manifests of the installed
//! product decide what is right: a medium cannot bring its own.

use std::path::Path;

use crate::catalogue::Catalogue;
use crate::error::EngineError;
use crate::store::{ModelStore, read_verified, replace};

impl ModelStore {
    /// Copies every model of the catalogue to `directory`; returns how many files.
    ///
    /// # Errors
    /// `Missing` or `Tampered` when the store itself is not right, `Io` when the media cannot be written.
    pub fn export(&self, catalogue: &Catalogue, directory: &Path) -> Result<usize, EngineError> {
        copy(catalogue, self.directory(), directory)
    }

    /// Takes every model of the catalogue from `directory`. Everything is verified before anything is
    /// replaced, so a medium with one bad file changes nothing.
    ///
    /// # Errors
    /// `Missing` or `Tampered` with the file on the medium, `Io` when the store cannot be written.
    pub fn import(&self, catalogue: &Catalogue, directory: &Path) -> Result<usize, EngineError> {
        copy(catalogue, directory, self.directory())
    }
}

fn copy(catalogue: &Catalogue, from: &Path, to: &Path) -> Result<usize, EngineError> {
    let mut verified = Vec::new();
    for manifest in catalogue.manifests() {
        for file in &manifest.files {
            let place = Path::new(&manifest.name).join(&file.name);
            verified.push((read_verified(&from.join(&place), manifest, file)?, place));
        }
    }
    for (bytes, place) in &verified {
        replace(&to.join(place), bytes)?;
    }
    Ok(verified.len())
}
