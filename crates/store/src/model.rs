//! Rows as values: what goes into the store and what comes back. No SQL here.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use shoki_core::acceptance::AcceptTerms;
use shoki_core::access::Role;
use shoki_core::digest::Sha256;
use shoki_core::id::{ArtifactId, DepartmentId, DocumentId, JobId, TokenId, UnitId, UserId, VoicePrintId};
use shoki_core::job::JobState;
use shoki_core::media::MediaKind;
use shoki_core::pipeline::PipelineRef;
use shoki_core::review::{CheckPolicy, ReviewAction, SheetFigures, SheetPlan, SheetVersion, Standing};
use shoki_core::sorting::PageSorting;
use shoki_core::unit::{BlobRef, Fence, UnitKind, UnitState};

use crate::acceptance_model::NewAudit;
pub use crate::queue_model::{AfterFailure, Planned, QueueDepth, Reaped, UnitFailure};

/// A 課.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Department {
    /// Id.
    pub id: DepartmentId,
    /// Name, unique.
    pub name: String,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Id.
    pub id: UserId,
    /// The 課 the person belongs to.
    pub department: DepartmentId,
    /// Sign-in name, unique in the 課.
    pub name: String,
    /// What the person may do.
    pub role: Role,
}

/// A token to be stored: only the hash of its secret.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// Whose.
    pub user: UserId,
    /// SHA-256 of the secret (256 random bits, so a plain hash is enough).
    pub secret_hash: Sha256,
    /// What it is for.
    pub label: String,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
}

/// A token without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Id.
    pub id: TokenId,
    /// Whose.
    pub user: UserId,
    /// What it is for.
    pub label: String,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// A document whose bytes are in the blob store already.
#[derive(Clone, Debug)]
pub struct NewDocument {
    /// The id that it is to have, where it was promised before; else a new one.
    pub id: Option<DocumentId>,
    /// File name as uploaded.
    pub name: String,
    /// What it is by its content; `None` when it is nothing the pipelines take (the job then fails
    /// with a clear code instead of the upload being lost).
    pub media: Option<MediaKind>,
    /// Its bytes.
    pub blob: BlobRef,
}

/// A document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Id.
    pub id: DocumentId,
    /// The 課 that owns it.
    pub department: DepartmentId,
    /// File name as uploaded.
    pub name: String,
    /// What it is by its content.
    pub media: Option<MediaKind>,
    /// Its bytes.
    pub blob: BlobRef,
    /// Who handed it in.
    pub uploaded_by: UserId,
    /// When.
    pub created_at: Timestamp,
}

/// A client's promise that a request is the same one (draft-ietf-httpapi-idempotency-key-header).
#[derive(Clone, Debug)]
pub struct Idempotency {
    /// The client's key, unique per user.
    pub key: String,
    /// SHA-256 over the method, the route and the meaningful part of the body.
    pub fingerprint: Sha256,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Id.
    pub id: JobId,
    /// The 課 that owns it.
    pub department: DepartmentId,
    /// Its document.
    pub document: DocumentId,
    /// The document's name.
    pub document_name: String,
    /// What is done with it.
    pub pipeline: PipelineRef,
    /// The batch it was handed in with.
    pub batch: Option<uuid::Uuid>,
    /// Where it stands.
    pub state: JobState,
    /// Who started it.
    pub created_by: UserId,
    /// When.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// Jobs made by one request: new ones, or those an earlier request with the same key made.
#[derive(Clone, Debug, PartialEq)]
pub struct Submitted {
    /// The jobs, in the order of the request.
    pub jobs: Vec<Job>,
    /// Whether an earlier request made them.
    pub replayed: bool,
}

/// Which jobs to list.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// Only these states (names of `JobState`); empty = all.
    pub states: Vec<String>,
    /// Only jobs on this document.
    pub document: Option<DocumentId>,
    /// Only jobs of this batch.
    pub batch: Option<uuid::Uuid>,
    /// Only jobs with this pipeline.
    pub pipeline: Option<String>,
}

/// One event of a job, in the order they happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobEventRow {
    /// Position in the job's own stream, from 1 without gaps: the `Last-Event-ID`.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// The job's state after the event.
    pub state: JobState,
}

/// A file of a job's result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// Id.
    pub id: ArtifactId,
    /// Its job.
    pub job: JobId,
    /// File name, unique in the job, e.g. `fields.json`.
    pub name: String,
    /// Media type to serve it with.
    pub media_type: String,
    /// Its bytes.
    pub blob: BlobRef,
}

/// A result file whose bytes are in the blob store already.
#[derive(Clone, Debug)]
pub struct NewArtifact {
    /// File name, unique in the job.
    pub name: String,
    /// Media type to serve it with.
    pub media_type: String,
    /// Its bytes.
    pub blob: BlobRef,
}

/// Everything a worker needs to run a unit it has claimed.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The right to change the unit.
    pub fence: Fence,
    /// Which step.
    pub kind: UnitKind,
    /// Position among the job's run units, from 0 (a page's index for forms); 0 for plan and assemble.
    pub ordinal: u32,
    /// Its job.
    pub job: JobId,
    /// The 課, i.e. where the blobs lie.
    pub department: DepartmentId,
    /// The job's pipeline as pinned at submission.
    pub pipeline: PipelineRef,
    /// The document.
    pub document: Document,
    /// What the job's plan left for its other units.
    pub plan: Option<BlobRef>,
    /// What a person has decided about the page that a run unit is; `None`: nothing.
    pub sorting: Option<PageSorting>,
}

/// How a run unit of a job ended, for assembly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedUnit {
    /// Position, from 0.
    pub ordinal: u32,
    /// The unit.
    pub unit: UnitId,
    /// `Done`, `Failed` or `Dead`.
    pub state: UnitState,
}

/// How long a person worked on a transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeOnTask {
    /// Who.
    pub user: UserId,
    /// The sum of the gaps of at most [`shoki_core::transcript_edit::ACTIVITY_GAP`] between signs of life.
    pub spent: std::time::Duration,
    /// The last sign of life.
    pub last_at: Timestamp,
}

/// A sheet to be reviewed: a page that was sorted to a form.
#[derive(Clone, Debug, PartialEq)]
pub struct NewSheet {
    /// The page, from 1.
    pub page: u32,
    /// Its form.
    pub form: String,
    /// Which fields people look at.
    pub policy: CheckPolicy,
    /// Which of them besides.
    pub plan: SheetPlan,
    /// Who has to do what.
    pub standing: Standing,
    /// Fields that are open.
    pub open_fields: u32,
    /// Its counts, when there is nothing to do.
    pub figures: Option<SheetFigures>,
    /// Accepted fields that are audited.
    pub audits: Vec<NewAudit>,
    /// What the form asks of accepting.
    pub terms: AcceptTerms,
}

/// A sheet as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// The page, from 1.
    pub page: u32,
    /// How often people had the page read anew.
    pub reading: u64,
    /// Its form.
    pub form: String,
    /// Which fields people look at: the form's policy when the review began.
    pub policy: CheckPolicy,
    /// Which of them besides.
    pub plan: SheetPlan,
    /// Who has to do what.
    pub standing: Standing,
    /// Fields that are open for whoever takes it.
    pub open_fields: u32,
    /// Who has it; also one that has run out.
    pub lock: Option<SheetLock>,
}

/// Who has a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SheetLock {
    /// The person.
    pub by: UserId,
    /// Until when.
    pub until: Timestamp,
}

/// A row to be added to a sheet's review, and how the sheet stands with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReviewRow {
    /// The page, from 1.
    pub page: u32,
    /// The sheet as its author saw it.
    pub expected: SheetVersion,
    /// What is done.
    pub action: ReviewAction,
    /// Who has to do what then.
    pub standing: Standing,
    /// Fields that are open then.
    pub open_fields: u32,
    /// The sheet's counts, when it is done then.
    pub figures: Option<SheetFigures>,
    /// How long the sheet stays with the person; `None`: nobody takes it by this row.
    pub lease: Option<SignedDuration>,
}

/// A voice print as it is kept: name and voice are sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedVoicePrint {
    /// Id.
    pub id: VoicePrintId,
    /// Name and voice, encrypted.
    pub sealed: Vec<u8>,
    /// Who recorded the person's consent.
    pub created_by: UserId,
    /// When.
    pub created_at: Timestamp,
}

/// One row of the audit chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEvent {
    /// Position in the chain, from 1 without gaps.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// Who; `None` for the system itself and the local administrator.
    pub user: Option<UserId>,
    /// The 課 it concerns.
    pub department: Option<DepartmentId>,
    /// What, e.g. `document.delete`.
    pub action: String,
    /// On what: an id, never a name or contents.
    pub subject: String,
    /// Hash of the row before.
    pub previous: Sha256,
    /// SHA-256 over the previous hash and this row's canonical bytes.
    pub hash: Sha256,
}

/// One page of a list and where it goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed<T> {
    /// The rows, newest first unless said otherwise.
    pub rows: Vec<T>,
    /// Whether there are more after the last row.
    pub more: bool,
}
