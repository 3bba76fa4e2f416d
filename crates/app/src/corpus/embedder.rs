//! The embedder of this installation: the catalogue's own, when its files and the runtime are there.

use shoki_core::manifest::ModelTask;
use shoki_engine::{Embed, EngineError, OnnxEmbedder, Runtime};

use crate::command::Refusal;
use crate::config::Config;
use crate::reading_engine::{self, ONNX_RUNTIME};

/// A session of the embedder; `None` when it cannot be used (said in the log): then words alone decide.
///
/// # Errors
/// [`Refusal`] when the catalogue cannot be read.
pub fn load(config: &Config) -> Result<Option<Box<dyn Embed>>, Refusal> {
    let (catalogue, store) = reading_engine::models(config)?;
    let loaded = (|| {
        let runtime = Runtime::start(&store.verify(catalogue.get(ONNX_RUNTIME)?)?)?;
        OnnxEmbedder::load(&runtime, &store, catalogue.by_task(ModelTask::TextEmbedding)?)
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
