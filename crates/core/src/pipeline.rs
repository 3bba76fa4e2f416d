//! Pipelines: what can be done with a document, loaded from `pipelines/`, digest pinned into each job.
//!
//! A pipeline is data. What a person decides when handing in a document (`CorpusOptions`) is not part of
//! the pipeline; it is persisted with the job.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::corpus::{SourceRank, Visibility};
use crate::digest::Sha256;
use crate::form::FormDefinition;
use crate::limits::MAX_NAME_CHARS;
use crate::master::Masters;
use crate::meeting::MinutesOptions;
use crate::minutes_style::MinutesStyle;

/// The name under which clients ask for the forms pipeline.
pub const FORMS: &str = "forms";
/// The name under which clients ask for a text to be taken into the law desk.
pub const CORPUS: &str = "corpus";
/// The name under which clients ask for the minutes of a recording.
pub const MINUTES: &str = "minutes";

/// A pipeline's name and the digest of everything its result depends on besides the document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PipelineRef {
    /// Name, e.g. `forms`.
    pub name: String,
    /// Digest at the time of submission.
    pub digest: Sha256,
    /// What the person decided about a text for the law desk; `None` for other pipelines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corpus: Option<CorpusOptions>,
    /// What the person said about a recording; `None` for other pipelines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<Box<MinutesOptions>>,
}

/// What a person decides when handing in a text for the law desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorpusOptions {
    /// Who may find it.
    pub visibility: Visibility,
    /// What it is, where the file does not say; a law's own kind goes before it.
    #[serde(default)]
    pub rank: Option<SourceRank>,
    /// 施行日, where the file does not say.
    #[serde(default)]
    pub valid_from: Option<Date>,
    /// The law that 法 alone means in a notice or casebook, by title or short name, where its own title does
    /// not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_law: Option<String>,
}

impl CorpusOptions {
    /// What cannot be used of them, as a sentence.
    #[must_use]
    pub fn check(&self) -> Option<String> {
        let law = self.default_law.as_deref()?;
        let is_a_name = !law.trim().is_empty()
            && law.chars().count() <= MAX_NAME_CHARS
            && !law.chars().any(char::is_control);
        (!is_a_name).then(|| {
            format!("「default_law」には法律の題名か略称を 1 文字以上 {MAX_NAME_CHARS} 文字以内で指定してください。")
        })
    }
}

/// A loaded pipeline.
#[derive(Clone, Debug)]
pub enum PipelineDef {
    /// Reads stacks of forms.
    Form(FormPipeline),
    /// Takes texts into the law desk.
    Corpus(CorpusPipeline),
    /// Hears recordings.
    Minutes(MinutesPipeline),
}

/// All form definitions of the office together: a stack is sorted against all of them.
#[derive(Clone, Debug)]
pub struct FormPipeline {
    /// Definitions, sorted by id.
    pub forms: Vec<FormDefinition>,
    /// The office's tables that the definitions name.
    pub masters: Masters,
    /// Digest over the definitions, their blank pages and the masters, in order.
    pub digest: Sha256,
}

/// How texts are cut into passages.
#[derive(Clone, Debug)]
pub struct CorpusPipeline {
    /// Digest over the importers' version and the office's definitions.
    pub digest: Sha256,
}

/// How recordings become minutes.
#[derive(Clone, Debug)]
pub struct MinutesPipeline {
    /// The 様式, the office's default first.
    pub styles: Vec<MinutesStyle>,
    /// Digest over the styles and the version of the way of hearing.
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
                corpus: None,
                minutes: None,
            },
            Self::Corpus(pipeline) => PipelineRef {
                name: CORPUS.to_owned(),
                digest: pipeline.digest,
                corpus: None,
                minutes: None,
            },
            Self::Minutes(pipeline) => PipelineRef {
                name: MINUTES.to_owned(),
                digest: pipeline.digest,
                corpus: None,
                minutes: None,
            },
        }
    }

    /// The words for the screen.
    #[must_use]
    pub const fn label_ja(&self) -> &'static str {
        match self {
            Self::Form(_) => "帳票の読み取り",
            Self::Corpus(_) => "法令・通知の取り込み",
            Self::Minutes(_) => "会議録の作成",
        }
    }
}
