//! What keeps a job from going on.

use shoki_core::manifest::{ModelHealth, ModelStatus};
use shoki_store::model::Job;

use super::job::{FailureBody, JobBody};

impl JobBody {
    /// The job as these models let it go on: no unit is claimed while one of them cannot be used.
    #[must_use]
    pub fn with_models(job: Job, models: &[ModelStatus]) -> Self {
        let first_bad = || {
            models.iter().find_map(|model| match &model.health {
                ModelHealth::Unusable { code, .. } => Some((code.entry(), model.name.clone())),
                ModelHealth::Ready | ModelHealth::NotInstalled => None,
            })
        };
        let bad = if job.state.is_terminal() {
            None
        } else {
            first_bad()
        };
        Self {
            waiting_for: bad.map(|(entry, name)| FailureBody {
                code: entry.name,
                title: entry.title_ja,
                action: entry.action_ja,
                detail: Some(name),
            }),
            ..job.into()
        }
    }
}
