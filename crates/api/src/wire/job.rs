//! Jobs, their events and their result files on the wire.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use shoki_core::corpus::{SourceRank, Visibility};
use shoki_core::digest::Sha256;
use shoki_core::id::{ArtifactId, DocumentId, JobId, UserId};
use shoki_core::job::{JobState, Progress};
use shoki_core::pipeline::{CORPUS, CorpusOptions, MINUTES};
use shoki_store::model::{Artifact, Job, JobEventRow};
use utoipa::ToSchema;
use uuid::Uuid;

use super::meeting::MinutesOptionsBody;
use super::outcome::OutcomeBody;

/// A request for a job.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewJob {
    /// A document of the own 課.
    #[schema(value_type = uuid::Uuid)]
    pub document_id: DocumentId,
    /// The pipeline's name.
    #[schema(example = "forms")]
    pub pipeline: String,
    /// For the pipeline `corpus`, and only for it: how the text is to be taken in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corpus: Option<CorpusOptionsBody>,
    /// For the pipeline `minutes`, and only for it: what is known of the meeting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<MinutesOptionsBody>,
}

/// How a text is to be taken into the law desk.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorpusOptionsBody {
    /// Who may find it: `department` (the own 課) or `office` (every 課).
    #[schema(value_type = String, example = "department")]
    pub visibility: Visibility,
    /// What it is, where the file does not say.
    #[schema(value_type = Option<String>, example = "division_notice")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<SourceRank>,
    /// 施行日, where the file does not say.
    #[schema(value_type = Option<String>, format = Date)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Date>,
    /// The law that 法 alone means in a notice or casebook, by title or short name; unless told, the one that
    /// its title names.
    #[schema(example = "生活保護法")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_law: Option<String>,
}

impl From<CorpusOptionsBody> for CorpusOptions {
    fn from(body: CorpusOptionsBody) -> Self {
        Self {
            visibility: body.visibility,
            rank: body.rank,
            valid_from: body.valid_from,
            default_law: body.default_law,
        }
    }
}

impl From<CorpusOptions> for CorpusOptionsBody {
    fn from(options: CorpusOptions) -> Self {
        Self {
            visibility: options.visibility,
            rank: options.rank,
            valid_from: options.valid_from,
            default_law: options.default_law,
        }
    }
}

/// A job.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobBody {
    /// Id.
    #[schema(value_type = uuid::Uuid)]
    pub id: JobId,
    /// Its document.
    #[schema(value_type = uuid::Uuid)]
    pub document_id: DocumentId,
    /// The document's file name.
    pub document_name: String,
    /// The pipeline's name.
    #[schema(example = "forms")]
    pub pipeline: String,
    /// Digest of the pipeline as pinned when the job was accepted.
    #[schema(value_type = String)]
    pub pipeline_digest: Sha256,
    /// How a text is taken into the law desk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corpus: Option<CorpusOptionsBody>,
    /// What is known of the meeting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<MinutesOptionsBody>,
    /// The batch it came with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<Uuid>,
    /// Where it stands.
    #[serde(flatten)]
    pub standing: Standing,
    /// What keeps it from going on, while something does: a model that is missing or cannot be used, by name
    /// in `detail`. Nothing is lost; it goes on by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<FailureBody>,
    /// Who started it.
    #[schema(value_type = uuid::Uuid)]
    pub created_by: UserId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Last change.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

/// Where a job stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct Standing {
    /// `queued` · `planning` · `running` · `assembling` · `succeeded` · `failed` · `cancelled`.
    #[schema(example = "running")]
    pub state: &'static str,
    /// The same for the screen.
    #[schema(example = "読み取り中")]
    pub state_label: &'static str,
    /// How far; while `running` and `assembling`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<ProgressBody>,
    /// The result's counts; when `succeeded`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<OutcomeBody>,
    /// Why; when `failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureBody>,
    /// Who and when; when `cancelled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancellation: Option<CancellationBody>,
}

/// Units (pages, for forms) done over units planned.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProgressBody {
    /// Read.
    pub done: u32,
    /// Ended without a reading; each is listed in the result with its reason.
    pub failed: u32,
    /// Planned.
    pub total: u32,
}

/// Why a job failed.
#[derive(Debug, Serialize, ToSchema)]
pub struct FailureBody {
    /// Stable code to branch on.
    #[schema(example = "password_protected")]
    pub code: &'static str,
    /// What happened, in Japanese.
    pub title: &'static str,
    /// What to do next, in Japanese.
    pub action: &'static str,
    /// The place, in Japanese where it is known.
    #[schema(example = "3ページ目")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Who stopped a job.
#[derive(Debug, Serialize, ToSchema)]
pub struct CancellationBody {
    /// Who.
    #[schema(value_type = uuid::Uuid)]
    pub by: UserId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

impl From<Progress> for ProgressBody {
    fn from(progress: Progress) -> Self {
        Self {
            done: progress.done,
            failed: progress.failed,
            total: progress.total,
        }
    }
}

impl Standing {
    /// Where a job of a pipeline stands.
    fn of(state: JobState, pipeline: &str) -> Self {
        let mut standing = Self {
            state: state.name(),
            state_label: label_ja(&state, pipeline),
            progress: None,
            outcome: None,
            failure: None,
            cancellation: None,
        };
        match state {
            JobState::Queued | JobState::Planning => {}
            JobState::Running { progress } | JobState::Assembling { progress } => {
                standing.progress = Some(progress.into());
            }
            JobState::Succeeded { outcome } => standing.outcome = Some(outcome.into()),
            JobState::Failed { code, detail } => {
                let entry = code.entry();
                standing.failure = Some(FailureBody {
                    code: entry.name,
                    title: entry.title_ja,
                    action: entry.action_ja,
                    detail: detail.map(place_ja),
                });
            }
            JobState::Cancelled { by, at } => standing.cancellation = Some(CancellationBody { by, at }),
        }
        standing
    }
}

/// `page 3` → 3ページ目, `line 12` → 12行目, also behind the name of a file in an archive; anything else as
/// it is.
fn place_ja(place: String) -> String {
    let (before, last) = place.rsplit_once('\t').unwrap_or(("", &place));
    let number = |word: &str| {
        last.strip_prefix(word)
            .and_then(|number| number.parse::<u32>().ok())
    };
    let at = match (number("page "), number("line ")) {
        (Some(page), _) => format!("{page}ページ目"),
        (_, Some(line)) => format!("{line}行目"),
        _ => last.to_owned(),
    };
    if before.is_empty() {
        at
    } else {
        format!("{before} {at}")
    }
}

fn label_ja(state: &JobState, pipeline: &str) -> &'static str {
    match state {
        JobState::Running { .. } if pipeline == MINUTES => "聞き取り中",
        JobState::Running { .. } if pipeline == CORPUS => "取り込み中",
        JobState::Queued => "順番待ち",
        JobState::Planning => "準備中",
        JobState::Running { .. } => "読み取り中",
        JobState::Assembling { .. } => "まとめています",
        JobState::Succeeded { .. } => "完了",
        JobState::Failed { .. } => "失敗",
        JobState::Cancelled { .. } => "中止",
    }
}

impl From<Job> for JobBody {
    fn from(job: Job) -> Self {
        Self {
            id: job.id,
            document_id: job.document,
            document_name: job.document_name,
            standing: Standing::of(job.state, &job.pipeline.name),
            pipeline: job.pipeline.name,
            pipeline_digest: job.pipeline.digest,
            corpus: job.pipeline.corpus.map(CorpusOptionsBody::from),
            minutes: job.pipeline.minutes.map(|options| (*options).into()),
            batch: job.batch,
            waiting_for: None,
            created_by: job.created_by,
            created_at: job.created_at,
            updated_at: job.updated_at,
        }
    }
}

/// One event of a job's stream; `sequence` is the server-sent event's id.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobEventBody {
    /// Position in the job's stream, from 1.
    pub sequence: u64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Where the job stands after it.
    #[serde(flatten)]
    pub standing: Standing,
}

impl JobEventBody {
    /// An event of a job of a pipeline.
    #[must_use]
    pub fn of(row: JobEventRow, pipeline: &str) -> Self {
        Self {
            sequence: row.sequence,
            at: row.at,
            standing: Standing::of(row.state, pipeline),
        }
    }
}

/// A result file.
#[derive(Debug, Serialize, ToSchema)]
pub struct ArtifactBody {
    /// Id.
    #[schema(value_type = uuid::Uuid)]
    pub id: ArtifactId,
    /// File name.
    #[schema(example = "fields.json")]
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 of the bytes, hexadecimal; also the `ETag`.
    pub sha256: String,
}

impl From<Artifact> for ArtifactBody {
    fn from(artifact: Artifact) -> Self {
        Self {
            id: artifact.id,
            name: artifact.name,
            media_type: artifact.media_type,
            size: artifact.blob.size,
            sha256: artifact.blob.sha256.to_string(),
        }
    }
}
