//! How the thread that answers questions gets what it works with: index, embedder and reranker together, so
//! that a question never meets an index of another embedder.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use shoki_engine::Embed;
use shoki_search::index::PassageIndex;

use super::reranker::Reranker;

/// What questions are answered with.
pub struct Tools {
    /// The index.
    pub index: Arc<dyn PassageIndex>,
    /// The embedder of its fingerprint.
    pub embedder: Option<Box<dyn Embed>>,
    /// What looks at the best passages again.
    pub reranker: Option<Reranker>,
}

/// The way from the thread that has them ready to the one that uses them.
#[derive(Clone, Default)]
pub struct Handover {
    next: Arc<Mutex<Option<Tools>>>,
    index: Arc<RwLock<Option<Arc<dyn PassageIndex>>>>,
}

impl Handover {
    /// Lays tools ready for the next question; those that nobody took are dropped.
    pub fn lay(&self, tools: Tools) {
        let index = Arc::clone(&tools.index);
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = Some(index);
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = Some(tools);
    }

    /// Takes what is laid ready.
    #[must_use]
    pub fn take(&self) -> Option<Tools> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The index that was laid ready last.
    #[must_use]
    pub fn index(&self) -> Option<Arc<dyn PassageIndex>> {
        self.index.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
