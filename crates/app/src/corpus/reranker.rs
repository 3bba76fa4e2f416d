//! The reranker of this installation: the catalogue's own, when an operator has brought its files.
//!
//! Promise: without it, or when it fails, questions are answered as ever. Never: a text in the log.

use std::time::Instant;

use shoki_core::manifest::{ModelManifest, ModelTask};
use shoki_engine::{Catalogue, EngineError, OnnxReranker, Runtime};

use crate::command::Refusal;
use crate::config::Config;
use crate::metric;
use crate::reading_engine::{self, ONNX_RUNTIME};

/// A session of the reranker with what answers are traced by.
#[derive(Debug)]
pub struct Reranker {
    session: OnnxReranker,
    name: String,
}

impl Reranker {
    /// A reranker under a name that changes with its files.
    #[must_use]
    pub const fn new(session: OnnxReranker, name: String) -> Self {
        Self { session, name }
    }

    /// Name and digest of the model.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// One logit per passage; `None` when it fails (said in the log).
    pub fn judge(&mut self, question: &str, passages: &[&str]) -> Option<Vec<f32>> {
        let started = Instant::now();
        let judged = self.session.score(question, passages);
        metric::stage_seconds("rerank", started.elapsed());
        judged
            .inspect_err(|error| {
                tracing::warn!(error = error as &dyn std::error::Error, "the reranker failed");
            })
            .ok()
    }
}

/// The reranker of the catalogue.
///
/// # Errors
/// `Unknown` when it has none.
pub fn manifest(catalogue: &Catalogue) -> Result<&ModelManifest, EngineError> {
    catalogue.by_task(ModelTask::Reranking)
}

/// A session of the reranker; `None` when none is installed, or it cannot be used (said in the log).
///
/// # Errors
/// [`Refusal`] when the catalogue cannot be read.
pub fn load(config: &Config) -> Result<Option<Reranker>, Refusal> {
    let (catalogue, store) = reading_engine::models(config)?;
    let Ok(manifest) = manifest(&catalogue) else {
        return Ok(None);
    };
    let loaded = (|| -> Result<Reranker, EngineError> {
        let runtime = Runtime::start(&store.verify(catalogue.get(ONNX_RUNTIME)?)?)?;
        let session = OnnxReranker::load(&runtime, &store, manifest)?;
        let name = format!("{}@{}", manifest.name, session.fingerprint());
        Ok(Reranker::new(session, name))
    })();
    match loaded {
        Ok(reranker) => {
            tracing::info!(reranker = reranker.name(), "questions are reranked");
            Ok(Some(reranker))
        }
        Err(EngineError::Missing { .. }) => Ok(None),
        Err(error) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "answering without the reranker: it cannot be used"
            );
            Ok(None)
        }
    }
}
