//! The embedder of this installation: the catalogue's own, when its files and the runtime are there.

use shoki_core::manifest::{ModelManifest, ModelTask};
use shoki_engine::{Catalogue, Embed, EngineError, OnnxEmbedder, Runtime};

use crate::command::Refusal;
use crate::config::Config;
use crate::reading_engine::{self, ONNX_RUNTIME};

/// The embedder that the configuration names, or the first of the catalogue.
///
/// # Errors
/// `Unknown` when there is none.
pub fn manifest<'a>(catalogue: &'a Catalogue, config: &Config) -> Result<&'a ModelManifest, EngineError> {
    of_name(catalogue, config.search.embedder())
}

/// The embedder of this name, or the first of the catalogue.
///
/// # Errors
/// `Unknown` when there is none.
pub fn of_name<'a>(catalogue: &'a Catalogue, name: Option<&str>) -> Result<&'a ModelManifest, EngineError> {
    let Some(name) = name else {
        return catalogue.by_task(ModelTask::TextEmbedding);
    };
    let found = catalogue.get(name)?;
    if found.task == ModelTask::TextEmbedding {
        Ok(found)
    } else {
        Err(EngineError::Unknown(name.to_owned()))
    }
}

/// A session of the embedder; `None` when it cannot be used (said in the log): then words alone decide.
///
/// # Errors
/// [`Refusal`] when the catalogue cannot be read.
pub fn load(config: &Config) -> Result<Option<Box<dyn Embed>>, Refusal> {
    let (catalogue, store) = reading_engine::models(config)?;
    let loaded = (|| {
        let runtime = Runtime::start(&store.verify(catalogue.get(ONNX_RUNTIME)?)?)?;
        OnnxEmbedder::load(&runtime, &store, manifest(&catalogue, config)?)
    })();
    match loaded {
        Ok(embedder) => Ok(Some(Box::new(embedder))),
        Err(error) => {
            let error: EngineError = error;
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "searching by words alone: the embedder cannot be used"
            );
            Ok(None)
        }
    }
}
