//! Pipelines and models on the wire.

use jiff::Timestamp;
use serde::Serialize;
use shoki_core::manifest::{ModelFile, ModelHealth, ModelSource, ModelStatus};
use shoki_core::pipeline::PipelineDef;
use utoipa::ToSchema;

/// What can be done with a document.
#[derive(Debug, Serialize, ToSchema)]
pub struct PipelineBody {
    /// Name to hand in with a job.
    #[schema(example = "forms")]
    pub name: String,
    /// The same for the screen.
    #[schema(example = "帳票の読み取り")]
    pub label: &'static str,
    /// Digest of everything a result depends on besides the document.
    pub digest: String,
    /// The forms that a stack is sorted to.
    pub forms: Vec<FormBody>,
    /// The 様式 in which minutes can be written, the office's default first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub styles: Vec<StyleBody>,
}

/// A 様式 of minutes.
#[derive(Debug, Serialize, ToSchema)]
pub struct StyleBody {
    /// Id.
    #[schema(example = "youten")]
    pub id: String,
    /// Name.
    #[schema(example = "要点筆記")]
    pub name: String,
    /// Version of the definition.
    pub version: u32,
}

/// A defined form.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormBody {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Version of the definition.
    pub version: u32,
    /// Number of fields.
    pub fields: usize,
}

impl From<&PipelineDef> for PipelineBody {
    fn from(pipeline: &PipelineDef) -> Self {
        let reference = pipeline.reference();
        let (forms, styles) = match pipeline {
            PipelineDef::Form(forms) => (forms.forms.as_slice(), [].as_slice()),
            PipelineDef::Corpus(_) => ([].as_slice(), [].as_slice()),
            PipelineDef::Minutes(minutes) => ([].as_slice(), minutes.styles.as_slice()),
        };
        Self {
            name: reference.name,
            label: pipeline.label_ja(),
            digest: reference.digest.to_string(),
            forms: forms
                .iter()
                .map(|form| FormBody {
                    id: form.id.clone(),
                    name: form.name.clone(),
                    version: form.version,
                    fields: form.fields.len(),
                })
                .collect(),
            styles: styles
                .iter()
                .map(|style| StyleBody {
                    id: style.id.clone(),
                    name: style.name.clone(),
                    version: style.version,
                })
                .collect(),
        }
    }
}

/// An installed model.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelBody {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// `runtime` · `line_recognition` · `line_detection` · `orientation` · `text_embedding` · `reranking`.
    #[schema(value_type = String, example = "line_recognition")]
    pub task: shoki_core::manifest::ModelTask,
    /// Licence (SPDX).
    pub licence: String,
    /// `bundled`, `package`, `hub` or `directory`: where it comes from.
    #[schema(example = "package")]
    pub source: &'static str,
    /// Whether the service also works without it.
    pub optional: bool,
    /// Its files as they are to be; each is checked against its hash.
    pub files: Vec<ModelFileBody>,
    /// When the files were checked last.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked_at: Option<Timestamp>,
    /// Whether it can be used.
    pub ready: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<ModelTrouble>,
}

/// A file of a model.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelFileBody {
    /// Name in the model store.
    pub name: String,
    /// SHA-256, hexadecimal; absent while nobody brought the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

impl From<&ModelFile> for ModelFileBody {
    fn from(file: &ModelFile) -> Self {
        Self {
            name: file.name.clone(),
            sha256: file.sha256.map(|digest| digest.to_string()),
            size: file.size,
        }
    }
}

/// Why a model cannot be used.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelTrouble {
    /// Stable code to branch on.
    #[schema(example = "model_missing")]
    pub code: &'static str,
    /// What happened, in Japanese.
    pub title: &'static str,
    /// What to do next, in Japanese.
    pub action: &'static str,
    /// Which file or tensor.
    pub detail: String,
}

impl From<&ModelStatus> for ModelBody {
    fn from(model: &ModelStatus) -> Self {
        let trouble = match &model.health {
            ModelHealth::Ready | ModelHealth::NotInstalled => None,
            ModelHealth::Unusable { code, detail } => {
                let entry = code.entry();
                Some(ModelTrouble {
                    code: entry.name,
                    title: entry.title_ja,
                    action: entry.action_ja,
                    detail: detail.clone(),
                })
            }
        };
        Self {
            name: model.name.clone(),
            version: model.version.clone(),
            task: model.task,
            licence: model.licence.clone(),
            source: match &model.source {
                ModelSource::Bundled => "bundled",
                ModelSource::Package { .. } => "package",
                ModelSource::Hub { .. } => "hub",
                ModelSource::Directory => "directory",
            },
            optional: model.is_optional(),
            files: model.files.iter().map(ModelFileBody::from).collect(),
            checked_at: model.checked_at,
            ready: model.health == ModelHealth::Ready,
            trouble,
        }
    }
}
