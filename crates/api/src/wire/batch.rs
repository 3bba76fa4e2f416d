//! Batches on the wire.

use serde::Serialize;
use shoki_core::code::ErrorCode;
use utoipa::ToSchema;
use uuid::Uuid;

use super::job::JobBody;
use crate::problem::Problem;

/// What became of a batch: every accepted file is a job; every refused one says why.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchBody {
    /// Id, for `GET /v1/jobs?batch=`.
    pub batch: Option<Uuid>,
    /// Files in the request.
    pub files: usize,
    /// Files accepted, one job each.
    pub accepted: usize,
    /// The jobs, in the order of the accepted files.
    pub jobs: Vec<JobBody>,
    /// The files that were refused.
    pub refused: Vec<RefusedItem>,
}

/// A file that was refused, while the others went on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RefusedItem {
    /// Position among the files of the request, from 1.
    pub position: usize,
    /// File name, made harmless.
    pub name: String,
    /// Stable code to branch on.
    #[schema(example = "empty_document")]
    pub code: &'static str,
    /// What happened, in Japanese.
    pub title: &'static str,
    /// What to do next, in Japanese.
    pub action: &'static str,
}

impl RefusedItem {
    /// The item for a problem with one file.
    #[must_use]
    pub fn new(position: usize, name: String, problem: &Problem) -> Self {
        let entry = ErrorCode::entry(problem.code());
        Self {
            position,
            name,
            code: entry.name,
            title: entry.title_ja,
            action: entry.action_ja,
        }
    }
}

/// The multipart form of `POST /v1/batches`.
#[derive(Debug, ToSchema)]
pub struct BatchForm {
    /// The pipeline's name.
    #[schema(example = "forms")]
    pub pipeline: String,
    /// For the pipeline `corpus`: how the texts are to be taken in, as JSON.
    #[schema(example = r#"{"visibility":"department"}"#)]
    pub corpus: Option<String>,
    /// For the pipeline `minutes`: what is known of the meetings, as JSON.
    #[schema(example = r#"{"title":"定例会"}"#)]
    pub minutes: Option<String>,
    /// The files, each a part of this name.
    #[schema(value_type = Vec<String>, format = Binary)]
    pub file: Vec<Vec<u8>>,
}
