//! The seam behind which the database lives: SQLite embedded, PostgreSQL when one machine is not enough.
//!
//! Every method is one transaction with its audit event. Methods that take an [`Actor`] see only the
//! rows of the actor's 課; a row of another 課 is [`StoreError::NotFound`]. The contract suite
//! (`job_store_contract!`) runs on every implementation.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use shoki_core::access::{Actor, Role};
use shoki_core::digest::Sha256;
use shoki_core::id::{ArtifactId, DepartmentId, DocumentId, JobId, TokenId, UserId, VoicePrintId, WorkerId};
use shoki_core::minutes_draft::DraftedItem;
use shoki_core::outcome::Outcome;
use shoki_core::pipeline::PipelineRef;
use shoki_core::review::ReviewRow;
use shoki_core::transcript::SegmentId;
use shoki_core::transcript_edit::{Edit, EditRow};
use shoki_core::unit::{BlobRef, Fence};
use tokio::sync::watch;

use crate::account_store::AccountStore;
use crate::audit::search::AuditSearch;
use crate::error::StoreError;
use crate::form_store::FormStore;
use crate::model::{
    AfterFailure, Artifact, AuditEvent, Claim, Department, Document, EndedUnit, Idempotency, Job,
    JobEventRow, JobFilter, Listed, NewArtifact, NewDocument, NewReviewRow, NewSheet, NewToken, Planned,
    QueueDepth, Reaped, SealedVoicePrint, Sheet, Submitted, TimeOnTask, Token, UnitFailure, User,
};
use crate::practice_store::PracticeStore;
use crate::retention_store::RetentionStore;
use crate::review_store::ReviewStore;
use crate::sorting_store::SortingStore;

/// Jobs, documents, people and the audit chain.
#[async_trait]
pub trait JobStore:
    AccountStore + FormStore + PracticeStore + RetentionStore + ReviewStore + SortingStore
{
    // ---- people (local administrator: no actor) ----

    /// Makes a 課. `AlreadyExists` when the name is taken.
    async fn create_department(&self, name: &str) -> Result<Department, StoreError>;
    /// All 課, by name.
    async fn departments(&self) -> Result<Vec<Department>, StoreError>;
    /// Makes a person. `AlreadyExists` when the name is taken in that 課.
    async fn create_user(&self, department: DepartmentId, name: &str, role: Role)
    -> Result<User, StoreError>;
    /// The people of a 課, by name.
    async fn users(&self, department: DepartmentId) -> Result<Vec<User>, StoreError>;
    /// Stores a token's hash.
    async fn create_token(&self, token: NewToken) -> Result<Token, StoreError>;
    /// The tokens of a person.
    async fn tokens(&self, user: UserId) -> Result<Vec<Token>, StoreError>;
    /// Makes a token useless from now on.
    async fn revoke_token(&self, token: TokenId) -> Result<(), StoreError>;
    /// Who signs in with a secret of this hash; `None` when unknown, expired or revoked.
    async fn authenticate(&self, secret_hash: &Sha256) -> Result<Option<Actor>, StoreError>;

    // ---- documents ----

    /// Records an uploaded document.
    async fn create_document(&self, actor: &Actor, document: NewDocument) -> Result<Document, StoreError>;
    /// A document of the own 課.
    async fn document(&self, actor: &Actor, id: DocumentId) -> Result<Document, StoreError>;
    /// Removes a document with its jobs, units, events and artifacts, and returns the blobs that nothing
    /// in the 課 refers to any more; the caller deletes those. Running attempts lose their fence.
    async fn delete_document(&self, actor: &Actor, id: DocumentId) -> Result<Vec<BlobRef>, StoreError>;
    /// Whether anything in the 課 refers to the blob (a document, piece or artifact).
    async fn blob_is_referenced(&self, department: DepartmentId, sha256: &Sha256)
    -> Result<bool, StoreError>;

    // ---- jobs ----

    /// Starts a job on a document of the own 課: job + plan unit + idempotency record + audit event.
    /// A key is bound to its request for ever: another request is `IdempotencyMismatch`; the same one
    /// gives the jobs of the first time that still exist, or `NotFound` when all were deleted since.
    async fn submit_job(
        &self,
        actor: &Actor,
        document: DocumentId,
        pipeline: &PipelineRef,
        idempotency: Option<&Idempotency>,
    ) -> Result<Submitted, StoreError>;
    /// Records documents and starts a job on each, all in one transaction, as one batch.
    async fn submit_batch(
        &self,
        actor: &Actor,
        documents: Vec<NewDocument>,
        pipeline: &PipelineRef,
        idempotency: Option<&Idempotency>,
    ) -> Result<Submitted, StoreError>;
    /// A job of the own 課.
    async fn job(&self, actor: &Actor, id: JobId) -> Result<Job, StoreError>;
    /// Jobs of the own 課, newest first, older than `before` when given.
    async fn jobs(
        &self,
        actor: &Actor,
        filter: &JobFilter,
        before: Option<JobId>,
        rows: u32,
    ) -> Result<Listed<Job>, StoreError>;
    /// Stops a job: its waiting and leased units are cancelled at once.
    async fn cancel_job(&self, actor: &Actor, id: JobId) -> Result<Job, StoreError>;
    /// Events of a job after `sequence`, oldest first.
    async fn job_events(
        &self,
        actor: &Actor,
        id: JobId,
        after: u64,
        rows: u32,
    ) -> Result<Vec<JobEventRow>, StoreError>;
    /// Result files of a job, by name.
    async fn artifacts(&self, actor: &Actor, job: JobId) -> Result<Vec<Artifact>, StoreError>;
    /// One result file.
    async fn artifact(&self, actor: &Actor, job: JobId, id: ArtifactId) -> Result<Artifact, StoreError>;
    /// How the run units of a job stand that have ended, by ordinal (pieces of finished pages can be
    /// looked at while the rest still runs).
    async fn ended_units_of(&self, actor: &Actor, job: JobId) -> Result<Vec<EndedUnit>, StoreError>;

    // ---- transcripts ----

    /// The plan blob of a job, once its plan is committed.
    async fn plan_of(&self, actor: &Actor, job: JobId) -> Result<Option<BlobRef>, StoreError>;
    /// Adds a correction to the transcript of a job that has succeeded, behind the one numbered `expected`
    /// (0: the first). `VersionChanged` when somebody was faster. Also a sign of life of the actor.
    async fn append_edit(
        &self,
        actor: &Actor,
        job: JobId,
        expected: u64,
        edit: &Edit,
        touched: &[SegmentId],
    ) -> Result<EditRow, StoreError>;
    /// Corrections behind the one numbered `after`, oldest first.
    async fn edits(&self, actor: &Actor, job: JobId, after: u64) -> Result<Vec<EditRow>, StoreError>;
    /// Records that the actor is at work on a transcript.
    async fn record_activity(&self, actor: &Actor, job: JobId) -> Result<(), StoreError>;
    /// Who spent how long on a transcript.
    async fn time_on_task(&self, actor: &Actor, job: JobId) -> Result<Vec<TimeOnTask>, StoreError>;

    /// Keeps what a model drafted of an agenda item, in the place of an earlier draft of it.
    async fn keep_minutes_draft(
        &self,
        actor: &Actor,
        job: JobId,
        item: &DraftedItem,
    ) -> Result<(), StoreError>;
    /// What models drafted of a meeting, one of an item.
    async fn minutes_drafts(&self, actor: &Actor, job: JobId) -> Result<Vec<DraftedItem>, StoreError>;
    /// Removes all drafts of a meeting.
    async fn discard_minutes_drafts(&self, actor: &Actor, job: JobId) -> Result<(), StoreError>;

    // ---- review ----

    /// Records the sheets of a job that has succeeded; those that are known stay as they are.
    async fn open_review(&self, actor: &Actor, job: JobId, sheets: &[NewSheet]) -> Result<(), StoreError>;
    /// The sheets of a job, by page.
    async fn review_sheets(&self, actor: &Actor, job: JobId) -> Result<Vec<Sheet>, StoreError>;
    /// Gives the actor a sheet for `lease`: the one the actor has, else the first that is free and that the
    /// actor may take; `None` when there is none. Also a sign of life.
    async fn next_sheet(
        &self,
        actor: &Actor,
        job: JobId,
        lease: SignedDuration,
    ) -> Result<Option<Sheet>, StoreError>;
    /// Gives a sheet back; nothing happens when the actor does not have it.
    async fn release_sheet(&self, actor: &Actor, job: JobId, page: u32) -> Result<(), StoreError>;
    /// Adds a row to the review of a sheet. `Locked` when somebody else has the sheet, `VersionChanged` when
    /// somebody was faster. Also a sign of life.
    async fn append_review(
        &self,
        actor: &Actor,
        job: JobId,
        row: &NewReviewRow,
    ) -> Result<ReviewRow, StoreError>;
    /// The rows of a sheet, oldest first.
    async fn review_rows(&self, actor: &Actor, job: JobId, page: u32) -> Result<Vec<ReviewRow>, StoreError>;
    /// The rows of all sheets of a job, by page.
    async fn all_review_rows(
        &self,
        actor: &Actor,
        job: JobId,
    ) -> Result<BTreeMap<u32, Vec<ReviewRow>>, StoreError>;

    // ---- voice prints ----

    /// Keeps a sealed voice print in the own 課.
    async fn keep_voice_print(
        &self,
        actor: &Actor,
        id: VoicePrintId,
        sealed: &[u8],
    ) -> Result<SealedVoicePrint, StoreError>;
    /// The voice prints of a 課, oldest first.
    async fn voice_prints(&self, department: DepartmentId) -> Result<Vec<SealedVoicePrint>, StoreError>;
    /// Deletes a voice print of the own 課; nothing of it is left in any file.
    async fn delete_voice_print(&self, actor: &Actor, id: VoicePrintId) -> Result<(), StoreError>;

    // ---- work ----

    /// Takes the ready unit that has waited longest, if there is one, and moves its job on
    /// (`PlanStarted`). The lease ends `lease` from now.
    async fn claim(&self, owner: WorkerId, lease: SignedDuration) -> Result<Option<Claim>, StoreError>;
    /// Renews a lease. `LeaseLost` when the attempt does not hold it any more.
    async fn heartbeat(&self, fence: Fence, lease: SignedDuration) -> Result<(), StoreError>;
    /// Ends the plan unit and lets the first run units in, or, when there are none, the assemble unit. What
    /// the plan found out for them may be a blob: `plan`.
    async fn commit_plan(&self, fence: Fence, run: Planned, plan: Option<BlobRef>) -> Result<(), StoreError>;
    /// Ends a run unit with its piece: the next one is let in; the last one makes the assemble unit.
    async fn commit_piece(&self, fence: Fence, piece: BlobRef) -> Result<(), StoreError>;
    /// Ends the assemble unit: the job has succeeded and its artifacts are visible.
    async fn commit_outcome(
        &self,
        fence: Fence,
        outcome: Outcome,
        artifacts: Vec<NewArtifact>,
    ) -> Result<(), StoreError>;
    /// Reports an error. A retryable code is tried again with backoff until the policy's weight; a run
    /// unit that ends counts as failed in the job's progress; a plan or assemble unit that ends fails
    /// the job.
    async fn fail_unit(&self, fence: Fence, failure: UnitFailure) -> Result<AfterFailure, StoreError>;
    /// Gives a unit back unfinished (shutdown).
    async fn release(&self, fence: Fence) -> Result<(), StoreError>;
    /// How the run units of a job ended, by ordinal, for its assemble unit.
    async fn ended_units(&self, fence: Fence) -> Result<Vec<EndedUnit>, StoreError>;
    /// The further recordings of the meeting that the unit's job is about, in order; `NotFound` when one was
    /// deleted meanwhile.
    async fn continued_documents(&self, fence: Fence) -> Result<Vec<Document>, StoreError>;
    /// Collects leases that have expired.
    async fn reap(&self) -> Result<Reaped, StoreError>;
    /// Collects the leases of every owner but `alive`: at start of a single-process service all other
    /// incarnations are known to be dead.
    async fn reap_all_but(&self, alive: WorkerId) -> Result<Reaped, StoreError>;

    // ---- audit and health ----

    /// Writes an audit event that belongs to no other transaction (a read of a sensitive field).
    async fn record(&self, actor: &Actor, action: &str, subject: &str) -> Result<(), StoreError>;
    /// Audit events that are as `search` says, from the one after `after` on in its direction (`None`: from its
    /// beginning); an auditor sees all, others those of the own 課.
    async fn audit_events(
        &self,
        actor: &Actor,
        search: &AuditSearch,
        after: Option<u64>,
        rows: u32,
    ) -> Result<Listed<AuditEvent>, StoreError>;
    /// Every row of the chain from `after` on, for verification by the local administrator.
    async fn audit_chain(&self, after: u64, rows: u32) -> Result<Vec<AuditEvent>, StoreError>;
    /// Writes and rolls back, to show that the database takes writes.
    async fn check_writable(&self) -> Result<(), StoreError>;
    /// Units by state.
    async fn queue_depth(&self) -> Result<QueueDepth, StoreError>;
    /// Ticks after every committed change; wait on it instead of polling.
    fn changes(&self) -> watch::Receiver<u64>;
    /// The time as the store sees it.
    fn now(&self) -> Timestamp;
}
