//! The pair of models that tells who speaks: one that hears voices, and one, where it was brought, that hears
//! turns and two people at once.
//!
//! Promises: what the configuration names is used or refused; what an operator brought goes before what comes
//! with the product, the first by name where there are several; a model that was brought and does not do what
//! its manifest promises is said and passed over. Never: a voice of one model among those of another (each has
//! its fingerprint).

use shoki_core::manifest::{ModelManifest, ModelTask};
use shoki_engine::{
    Catalogue, EngineError, ModelStore, Runtime, SpeakerEncoder, SpeakerSegmentation, VerifiedModel,
};

use crate::config::SpeechConfig;

/// The model that tells voices.
pub(super) fn voices_of(
    runtime: &Runtime,
    catalogue: &Catalogue,
    store: &ModelStore,
    config: &SpeechConfig,
) -> Result<VerifiedModel, EngineError> {
    let task = ModelTask::SpeakerEmbedding;
    let works = |manifest: &ModelManifest| SpeakerEncoder::load(runtime, store, manifest).map(drop);
    let chosen = chosen(catalogue, task, config.voices(), works)?;
    store.verify(chosen.map_or_else(|| catalogue.own(task), Ok)?)
}

/// The segmentation model; `None` where there is none or it is off.
pub(super) fn segmentation_of(
    runtime: &Runtime,
    catalogue: &Catalogue,
    store: &ModelStore,
    config: &SpeechConfig,
) -> Result<Option<VerifiedModel>, EngineError> {
    if !config.has_segmentation() {
        return Ok(None);
    }
    let task = ModelTask::SpeakerSegmentation;
    let works = |manifest: &ModelManifest| SpeakerSegmentation::load(runtime, store, manifest).map(drop);
    let chosen = chosen(catalogue, task, config.segmentation(), works)?;
    chosen.map(|manifest| store.verify(manifest)).transpose()
}

/// The named model of a task, or the first that was brought and works.
fn chosen<'a>(
    catalogue: &'a Catalogue,
    task: ModelTask,
    named: Option<&str>,
    works: impl Fn(&ModelManifest) -> Result<(), EngineError>,
) -> Result<Option<&'a ModelManifest>, EngineError> {
    if let Some(name) = named {
        let manifest = catalogue.get(name)?;
        if manifest.task != task {
            return Err(EngineError::Unknown(name.to_owned()));
        }
        works(manifest)?;
        return Ok(Some(manifest));
    }
    let of_task = catalogue
        .manifests()
        .iter()
        .filter(|manifest| manifest.task == task);
    for manifest in of_task.filter(|manifest| manifest.is_optional()) {
        match works(manifest) {
            Ok(()) => {
                tracing::info!(model = manifest.name, ?task, "a model that was brought is used");
                return Ok(Some(manifest));
            }
            Err(EngineError::Missing { .. }) => {}
            Err(error) => tracing::error!(
                model = manifest.name,
                error = &error as &dyn std::error::Error,
                "a model that was brought cannot be used and is passed over"
            ),
        }
    }
    Ok(None)
}

#[cfg(test)]
#[path = "pair_tests.rs"]
mod tests;
