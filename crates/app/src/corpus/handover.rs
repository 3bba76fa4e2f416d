//! What questions are answered with, and how it gets from the thread that has it ready to those that use it:
//! index, embedder and reranker together, so that a question never meets an index of another embedder.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use shoki_engine::{Embed, EngineError, TextSide};
use shoki_search::index::PassageIndex;

use super::reranker::Reranker;

/// What questions are answered with. The models' sessions are used by one question at a time; what several
/// threads do side by side is everything else.
pub struct Tools {
    /// The index.
    pub index: Arc<dyn PassageIndex>,
    /// The embedder of its fingerprint.
    embedder: Option<Mutex<Box<dyn Embed>>>,
    /// What looks at the best passages again.
    pub reranker: Option<Mutex<Reranker>>,
}

impl Tools {
    /// Tools; the embedder is the one of the index's fingerprint.
    #[must_use]
    pub fn new(
        index: Arc<dyn PassageIndex>,
        embedder: Option<Box<dyn Embed>>,
        reranker: Option<Reranker>,
    ) -> Self {
        Self {
            index,
            embedder: embedder.map(Mutex::new),
            reranker: reranker.map(Mutex::new),
        }
    }

    /// The vector of a question; `None` without an embedder or for a question without text.
    ///
    /// # Errors
    /// [`EngineError`].
    pub fn vector(&self, question: &str) -> Result<Option<Vec<f32>>, EngineError> {
        let Some(embedder) = self.embedder.as_ref().filter(|_| !question.trim().is_empty()) else {
            return Ok(None);
        };
        let mut embedder = embedder.lock().unwrap_or_else(PoisonError::into_inner);
        let vectors = embedder.embed(TextSide::Query, &[question])?;
        Ok(vectors.into_iter().next())
    }
}

/// The way from the thread that has the tools ready to those that use them.
#[derive(Clone, Default)]
pub struct Handover {
    laid: Arc<RwLock<Option<Arc<Tools>>>>,
}

impl Handover {
    /// Lays tools ready for the next question; those in use go when the last question with them is answered.
    pub fn lay(&self, tools: Tools) {
        *self.laid.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(tools));
    }

    /// What was laid ready last.
    #[must_use]
    pub fn tools(&self) -> Option<Arc<Tools>> {
        self.laid.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
