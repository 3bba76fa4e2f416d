//! `JobStore` for `SqliteStore`: each method is one transaction around one function of an aggregate.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

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

use super::audit::{self, Who};
use super::work::{self, Overdue};
use super::{
    SqliteStore, TOUCH, documents, jobs, minutes_drafts, people, reviews, submissions, transcripts, units,
    voice_prints,
};
use crate::audit::search::AuditSearch;
use crate::error::StoreError;
use crate::job_store::JobStore;
use crate::model::{
    AfterFailure, Artifact, AuditEvent, Claim, Department, Document, EndedUnit, Idempotency, Job,
    JobEventRow, JobFilter, Listed, NewArtifact, NewDocument, NewReviewRow, NewSheet, NewToken, Planned,
    QueueDepth, Reaped, SealedVoicePrint, Sheet, Submitted, TimeOnTask, Token, UnitFailure, User,
};

/// Runs a function of an aggregate in a write transaction and commits it.
macro_rules! write {
    ($store:ident, $function:path $(, $argument:expr)*) => {{
        let mut write = $store.begin().await?;
        let value = $function(&mut write $(, $argument)*).await?;
        $store.commit(write).await?;
        Ok(value)
    }};
}
/// Runs a function of an aggregate in a read transaction.
macro_rules! read {
    ($store:ident, $function:path $(, $argument:expr)*) => {{
        let mut read = $store.connections.read().await?;
        $function(&mut read $(, $argument)*).await
    }};
}

pub(super) use {read as in_read, write as in_write};

#[async_trait]
impl JobStore for SqliteStore {
    async fn create_department(&self, name: &str) -> Result<Department, StoreError> {
        write!(self, people::create_department, name)
    }

    async fn departments(&self) -> Result<Vec<Department>, StoreError> {
        read!(self, people::departments)
    }

    async fn create_user(
        &self,
        department: DepartmentId,
        name: &str,
        role: Role,
    ) -> Result<User, StoreError> {
        write!(self, people::create_user, department, name, role)
    }

    async fn users(&self, department: DepartmentId) -> Result<Vec<User>, StoreError> {
        read!(self, people::users, department)
    }

    async fn create_token(&self, token: NewToken) -> Result<Token, StoreError> {
        write!(self, people::create_token, token)
    }

    async fn tokens(&self, user: UserId) -> Result<Vec<Token>, StoreError> {
        read!(self, people::tokens, user)
    }

    async fn revoke_token(&self, token: TokenId) -> Result<(), StoreError> {
        write!(self, people::revoke_token, token)
    }

    async fn authenticate(&self, secret_hash: &Sha256) -> Result<Option<Actor>, StoreError> {
        read!(self, people::authenticate, secret_hash, self.whole_micros())
    }

    async fn create_document(&self, actor: &Actor, document: NewDocument) -> Result<Document, StoreError> {
        write!(self, documents::create, actor, document)
    }

    async fn document(&self, actor: &Actor, id: DocumentId) -> Result<Document, StoreError> {
        read!(self, documents::get, actor, id)
    }

    async fn delete_document(&self, actor: &Actor, id: DocumentId) -> Result<Vec<BlobRef>, StoreError> {
        let mut write = self.begin().await?;
        let orphans = documents::delete(&mut write, actor, id).await?;
        self.scrub_due.store(true, Ordering::Relaxed);
        self.commit(write).await?;
        Ok(orphans)
    }

    async fn blob_is_referenced(
        &self,
        department: DepartmentId,
        sha256: &Sha256,
    ) -> Result<bool, StoreError> {
        // On the writer: a commit on its way that will refer to the blob is waited for (its client may have
        // hung up, and with that let go of the blob).
        let mut write = self.begin().await?;
        let referenced = documents::blob_is_referenced(write.connection(), department, sha256).await?;
        write.roll_back().await?;
        Ok(referenced)
    }

    async fn submit_job(
        &self,
        actor: &Actor,
        document: DocumentId,
        pipeline: &PipelineRef,
        idempotency: Option<&Idempotency>,
    ) -> Result<Submitted, StoreError> {
        write!(
            self,
            submissions::submit_job,
            actor, document, pipeline, idempotency
        )
    }

    async fn submit_batch(
        &self,
        actor: &Actor,
        documents: Vec<NewDocument>,
        pipeline: &PipelineRef,
        idempotency: Option<&Idempotency>,
    ) -> Result<Submitted, StoreError> {
        write!(
            self,
            submissions::submit_batch,
            actor, documents, pipeline, idempotency
        )
    }

    async fn job(&self, actor: &Actor, id: JobId) -> Result<Job, StoreError> {
        read!(self, jobs::get, actor, id)
    }

    async fn jobs(
        &self,
        actor: &Actor,
        filter: &JobFilter,
        before: Option<JobId>,
        rows: u32,
    ) -> Result<Listed<Job>, StoreError> {
        read!(self, jobs::list, actor, filter, before, rows)
    }

    async fn cancel_job(&self, actor: &Actor, id: JobId) -> Result<Job, StoreError> {
        write!(self, jobs::cancel, actor, id)
    }

    async fn job_events(
        &self,
        actor: &Actor,
        id: JobId,
        after: u64,
        rows: u32,
    ) -> Result<Vec<JobEventRow>, StoreError> {
        read!(self, jobs::events, actor, id, after, rows)
    }

    async fn artifacts(&self, actor: &Actor, job: JobId) -> Result<Vec<Artifact>, StoreError> {
        read!(self, jobs::artifacts, actor, job)
    }

    async fn artifact(&self, actor: &Actor, job: JobId, id: ArtifactId) -> Result<Artifact, StoreError> {
        read!(self, jobs::artifact, actor, job, id)
    }

    async fn ended_units_of(&self, actor: &Actor, job: JobId) -> Result<Vec<EndedUnit>, StoreError> {
        let mut read = self.connections.read().await?;
        jobs::must_exist(&mut read, actor, job).await?;
        units::ended(&mut read, job).await
    }

    async fn plan_of(&self, actor: &Actor, job: JobId) -> Result<Option<BlobRef>, StoreError> {
        read!(self, transcripts::plan_of, actor, job)
    }

    async fn append_edit(
        &self,
        actor: &Actor,
        job: JobId,
        expected: u64,
        edit: &Edit,
        touched: &[SegmentId],
    ) -> Result<EditRow, StoreError> {
        write!(self, transcripts::append, actor, job, expected, edit, touched)
    }

    async fn edits(&self, actor: &Actor, job: JobId, after: u64) -> Result<Vec<EditRow>, StoreError> {
        read!(self, transcripts::after, actor, job, after)
    }

    async fn record_activity(&self, actor: &Actor, job: JobId) -> Result<(), StoreError> {
        write!(self, transcripts::record_activity, actor, job)
    }

    async fn time_on_task(&self, actor: &Actor, job: JobId) -> Result<Vec<TimeOnTask>, StoreError> {
        read!(self, transcripts::time_on_task, actor, job)
    }

    async fn keep_minutes_draft(
        &self,
        actor: &Actor,
        job: JobId,
        item: &DraftedItem,
    ) -> Result<(), StoreError> {
        write!(self, minutes_drafts::keep, actor, job, item)
    }

    async fn minutes_drafts(&self, actor: &Actor, job: JobId) -> Result<Vec<DraftedItem>, StoreError> {
        read!(self, minutes_drafts::of_job, actor, job)
    }

    async fn discard_minutes_drafts(&self, actor: &Actor, job: JobId) -> Result<(), StoreError> {
        write!(self, minutes_drafts::discard, actor, job)
    }

    async fn open_review(&self, actor: &Actor, job: JobId, sheets: &[NewSheet]) -> Result<(), StoreError> {
        write!(self, reviews::open, actor, job, sheets)
    }

    async fn review_sheets(&self, actor: &Actor, job: JobId) -> Result<Vec<Sheet>, StoreError> {
        read!(self, reviews::of_job, actor, job)
    }

    async fn next_sheet(
        &self,
        actor: &Actor,
        job: JobId,
        lease: SignedDuration,
    ) -> Result<Option<Sheet>, StoreError> {
        write!(self, reviews::next, actor, job, lease)
    }

    async fn release_sheet(&self, actor: &Actor, job: JobId, page: u32) -> Result<(), StoreError> {
        write!(self, reviews::release, actor, job, page)
    }

    async fn append_review(
        &self,
        actor: &Actor,
        job: JobId,
        row: &NewReviewRow,
    ) -> Result<ReviewRow, StoreError> {
        write!(self, reviews::append, actor, job, row)
    }

    async fn review_rows(&self, actor: &Actor, job: JobId, page: u32) -> Result<Vec<ReviewRow>, StoreError> {
        read!(self, reviews::rows, actor, job, page)
    }

    async fn all_review_rows(
        &self,
        actor: &Actor,
        job: JobId,
    ) -> Result<BTreeMap<u32, Vec<ReviewRow>>, StoreError> {
        read!(self, reviews::all_rows, actor, job)
    }

    async fn keep_voice_print(
        &self,
        actor: &Actor,
        id: VoicePrintId,
        sealed: &[u8],
    ) -> Result<SealedVoicePrint, StoreError> {
        write!(self, voice_prints::keep, actor, id, sealed)
    }

    async fn voice_prints(&self, department: DepartmentId) -> Result<Vec<SealedVoicePrint>, StoreError> {
        read!(self, voice_prints::of_department, department)
    }

    async fn delete_voice_print(&self, actor: &Actor, id: VoicePrintId) -> Result<(), StoreError> {
        let mut write = self.begin().await?;
        voice_prints::delete(&mut write, actor, id).await?;
        self.scrub_due.store(true, Ordering::Relaxed);
        self.commit(write).await
    }

    async fn claim(&self, owner: WorkerId, lease: SignedDuration) -> Result<Option<Claim>, StoreError> {
        // Idle workers look before they take the writer's turn.
        let now = self.whole_micros().as_microsecond();
        let mut reader = self.connections.readers().acquire().await?;
        if work::longest_waiting(&mut reader, now).await?.is_none() {
            return Ok(None);
        }
        drop(reader);
        let mut write = self.begin().await?;
        let claim = work::claim(&mut write, owner, lease, &self.policy).await?;
        if claim.is_some() {
            self.commit(write).await?;
        } else {
            write.roll_back().await?;
        }
        Ok(claim)
    }

    async fn heartbeat(&self, fence: Fence, lease: SignedDuration) -> Result<(), StoreError> {
        write!(self, work::heartbeat, fence, lease, &self.policy)
    }

    async fn commit_plan(&self, fence: Fence, run: Planned, plan: Option<BlobRef>) -> Result<(), StoreError> {
        write!(self, work::commit_plan, fence, run, plan, &self.policy)
    }

    async fn commit_piece(&self, fence: Fence, piece: BlobRef) -> Result<(), StoreError> {
        write!(self, work::commit_piece, fence, piece, &self.policy)
    }

    async fn commit_outcome(
        &self,
        fence: Fence,
        outcome: Outcome,
        artifacts: Vec<NewArtifact>,
    ) -> Result<(), StoreError> {
        write!(
            self,
            work::commit_outcome,
            fence, outcome, artifacts, &self.policy
        )
    }

    async fn fail_unit(&self, fence: Fence, failure: UnitFailure) -> Result<AfterFailure, StoreError> {
        write!(self, work::fail, fence, failure, &self.policy)
    }

    async fn release(&self, fence: Fence) -> Result<(), StoreError> {
        write!(self, work::release, fence, &self.policy)
    }

    async fn ended_units(&self, fence: Fence) -> Result<Vec<EndedUnit>, StoreError> {
        read!(self, work::ended_units, fence)
    }

    async fn continued_documents(&self, fence: Fence) -> Result<Vec<Document>, StoreError> {
        read!(self, transcripts::continued_documents, fence)
    }

    async fn reap(&self) -> Result<Reaped, StoreError> {
        self.reap_overdue(Overdue::Expired).await
    }

    async fn reap_all_but(&self, alive: WorkerId) -> Result<Reaped, StoreError> {
        self.reap_overdue(Overdue::AllBut(alive)).await
    }

    async fn record(&self, actor: &Actor, action: &str, subject: &str) -> Result<(), StoreError> {
        write!(self, audit::append, Who::actor(actor), action, &subject)
    }

    async fn audit_events(
        &self,
        actor: &Actor,
        search: &AuditSearch,
        after: Option<u64>,
        rows: u32,
    ) -> Result<Listed<AuditEvent>, StoreError> {
        read!(self, audit::visible_to, actor, search, after, rows)
    }

    async fn audit_chain(&self, after: u64, rows: u32) -> Result<Vec<AuditEvent>, StoreError> {
        read!(self, audit::chain, after, rows)
    }

    async fn check_writable(&self) -> Result<(), StoreError> {
        let mut write = self.begin().await?;
        sqlx::query(TOUCH).execute(write.connection()).await?;
        write.roll_back().await
    }

    async fn queue_depth(&self) -> Result<QueueDepth, StoreError> {
        read!(self, units::queue_depth)
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn now(&self) -> Timestamp {
        self.whole_micros()
    }
}
