//! Pipelines: what can be done with a document, loaded from `pipelines/`, digest pinned into each job.
//!
//! A pipeline is data. `FormPipeline` is the first kind; minutes and corpora join the enum.

use serde::{Deserialize, Serialize};

use crate::digest::Sha256;
use crate::form::FormDefinition;

/// The name under which clients ask for the forms pipeline.
pub const FORMS: &str = "forms";

/// A pipeline's name and the digest of everything its result depends on besides the document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PipelineRef {
    /// Name, e.g. `forms`.
    pub name: String,
    /// Digest at the time of submission.
    pub digest: Sha256,
}

/// A loaded pipeline.
#[derive(Clone, Debug)]
pub enum PipelineDef {
    /// Reads stacks of forms.
    Form(FormPipeline),
}

/// All form definitions of the office together: a stack is sorted against all of them.
#[derive(Clone, Debug)]
pub struct FormPipeline {
    /// Definitions, sorted by id.
    pub forms: Vec<FormDefinition>,
    /// Digest over the definitions and their blank pages, in order.
    pub digest: Sha256,
}

impl PipelineDef {
    /// Name and digest.
    #[must_use]
    pub fn reference(&self) -> PipelineRef {
        match self {
            Self::Form(pipeline) => PipelineRef {
                name: FORMS.to_owned(),
                digest: pipeline.digest,
            },
        }
    }

    /// The words for the screen.
    #[must_use]
    pub const fn label_ja(&self) -> &'static str {
        match self {
            Self::Form(_) => "帳票の読み取り",
        }
    }
}
