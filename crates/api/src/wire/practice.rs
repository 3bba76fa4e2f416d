//! 練習 on the wire.

use serde::Serialize;
use utoipa::ToSchema;

use super::job::JobBody;

/// How far the person's practice is.
#[derive(Debug, Serialize, ToSchema)]
pub struct PracticeBody {
    /// The person's practice jobs, oldest first; none before it begins.
    pub jobs: Vec<JobBody>,
    /// Whether the fictional ordinances can be asked about.
    pub has_law: bool,
}

/// A step that was begun.
#[derive(Debug, Serialize, ToSchema)]
pub struct PracticeStepBody {
    /// Its jobs.
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub jobs: Vec<shoki_core::id::JobId>,
}
