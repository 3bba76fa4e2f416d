//! Watches the models: verifies them at start and again and again, and hands out engines while all are
//! usable, so that `shoki models pull` beside a running service heals it, and a better recogniser that was
//! pulled is taken without a restart.
//!
//! Promises: while a model is missing or tampered no unit is claimed — work waits, it does not fail. New engines
//! are made beside those in use; where they cannot be made those stay. Whoever is in the middle of a unit ends it
//! with what it began with.

use std::sync::Arc;
use std::time::Duration;

use shoki_core::clock::Clock as _;
use shoki_core::manifest::{ModelHealth, ModelStatus};
use shoki_engine::EngineError;
use tokio::sync::{Notify, watch};

use crate::clock::SystemClock;
use crate::command::Refusal;
use crate::metric;
use crate::reading_engine::{NotReady, Preparation, ReadyEngines};

/// Time between two checks while something is not usable.
const RECHECK_UNUSABLE: Duration = Duration::from_secs(5);

/// The models as last checked.
pub type Statuses = watch::Receiver<Vec<ModelStatus>>;
/// The engines, while all models are usable.
pub type Engines = watch::Receiver<Option<Arc<ReadyEngines>>>;

/// The watcher's own ends.
#[derive(Debug)]
pub struct ModelWatch {
    preparation: Arc<Preparation>,
    recheck: Duration,
    asked: Arc<Notify>,
    statuses: watch::Sender<Vec<ModelStatus>>,
    engines: watch::Sender<Option<Arc<ReadyEngines>>>,
}

impl ModelWatch {
    /// A watcher that has not looked yet, and what it will show.
    #[must_use]
    pub fn new(preparation: Preparation, recheck: Duration) -> (Self, Statuses, Engines) {
        let (statuses, shown) = watch::channel(Vec::new());
        let (engines, ready) = watch::channel(None);
        let preparation = Arc::new(preparation);
        (
            Self {
                preparation,
                recheck,
                asked: Arc::default(),
                statuses,
                engines,
            },
            shown,
            ready,
        )
    }

    /// What asks for a look now.
    #[must_use]
    pub fn asked(&self) -> Arc<Notify> {
        Arc::clone(&self.asked)
    }

    /// Looks until dropped.
    ///
    /// # Errors
    /// When all models are usable and still no engine can be made: a wrong blank page or form, which
    /// only an operator can mend.
    pub async fn run(self) -> anyhow::Result<()> {
        let mut made_of = Vec::new();
        loop {
            let mut statuses = self.checked(|preparation| preparation.statuses()).await?;
            let installed = installed(&statuses);
            let in_use = self.engines.borrow().is_some();
            if is_usable(&statuses) && (!in_use || made_of != installed) {
                match self.checked(|preparation| preparation.engines()).await? {
                    Ok(engines) => {
                        tracing::info!("models verified, forms prepared: ready");
                        self.engines.send_replace(Some(Arc::new(engines)));
                    }
                    Err(error) if in_use => {
                        tracing::warn!(
                            error = &error as &dyn std::error::Error,
                            "the models that were added or removed are not taken into use"
                        );
                    }
                    Err(NotReady::Model(error)) => mark_unusable(&mut statuses, &error),
                    Err(other) => return Err(other.into()),
                }
                made_of = installed;
            }
            let usable = is_usable(&statuses);
            if !usable {
                say_unusable(&statuses);
                self.engines.send_replace(None);
            }
            metric::models_ready(usable);
            let now = SystemClock.now();
            for status in &mut statuses {
                status.checked_at = Some(now);
            }
            // Shown last: whoever sees "ready" finds workers that can work.
            self.statuses.send_replace(statuses);
            tokio::select! {
                () = tokio::time::sleep(if usable { self.recheck } else { RECHECK_UNUSABLE }) => {}
                () = self.asked.notified() => {}
            }
        }
    }

    /// Runs a check that hashes files or makes sessions on a blocking thread.
    async fn checked<T: Send + 'static>(
        &self,
        check: impl FnOnce(&Preparation) -> T + Send + 'static,
    ) -> anyhow::Result<T> {
        let preparation = Arc::clone(&self.preparation);
        Ok(tokio::task::spawn_blocking(move || check(&preparation)).await?)
    }
}

/// Names of the models that are there and right.
fn installed(statuses: &[ModelStatus]) -> Vec<String> {
    let ready = statuses
        .iter()
        .filter(|status| status.health == ModelHealth::Ready);
    ready.map(|status| status.name.clone()).collect()
}

fn is_usable(statuses: &[ModelStatus]) -> bool {
    let is_fine = |status: &ModelStatus| !matches!(status.health, ModelHealth::Unusable { .. });
    !statuses.is_empty() && statuses.iter().all(is_fine)
}

/// A model whose files are right and that still does not do what its manifest promises.
fn mark_unusable(statuses: &mut [ModelStatus], error: &EngineError) {
    let named = match error {
        EngineError::Contract { model, .. }
        | EngineError::Missing { model, .. }
        | EngineError::Tampered { model, .. } => Some(model),
        _ => None,
    };
    for status in statuses.iter_mut() {
        // An error of the runtime itself names no model: then none can be used.
        if named.is_none_or(|named| *named == status.name) {
            status.health = ModelHealth::Unusable {
                code: error.code(),
                detail: error.to_string(),
            };
        }
    }
}

fn say_unusable(statuses: &[ModelStatus]) {
    for status in statuses {
        if let ModelHealth::Unusable { code, detail } = &status.health {
            tracing::error!(model = status.name, %code, detail, "a model cannot be used; units wait");
        }
    }
}

/// One sentence for each model that cannot be used.
///
/// # Errors
/// [`Refusal`] when there is one.
pub fn refuse_unusable(statuses: &[ModelStatus]) -> Result<(), Refusal> {
    let sentences: Vec<_> = statuses.iter().filter_map(sentence_ja).collect();
    if sentences.is_empty() {
        Ok(())
    } else {
        Err(Refusal::of(sentences))
    }
}

/// What is wrong with a model and what to do; `None` when it is usable.
#[must_use]
pub fn sentence_ja(status: &ModelStatus) -> Option<String> {
    match &status.health {
        ModelHealth::Ready | ModelHealth::NotInstalled => None,
        ModelHealth::Unusable { code, detail } => Some(format!(
            "モデル {}({detail}): {}",
            status.name,
            code.sentence_ja()
        )),
    }
}
