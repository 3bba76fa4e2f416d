//! The office in which the contract is played: two 課, their people, a clock that moves when told.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use shoki_core::access::{Actor, Role};
use shoki_core::clock::ManualClock;
use shoki_core::digest::Sha256;
use shoki_core::id::WorkerId;
use shoki_core::media::MediaKind;
use shoki_core::outcome::{FormOutcome, Outcome};
use shoki_core::pipeline::PipelineRef;
use shoki_core::unit::{BlobRef, RetryPolicy, UnitKind};

use crate::job_store::JobStore;
use crate::model::{Claim, Idempotency, Job, NewArtifact, NewDocument, NewToken, Planned};

/// The policy of the contract: two deaths or four errors.
pub const POLICY: RetryPolicy = RetryPolicy {
    max_weight: 4,
    base_delay_ms: 1_000,
    max_delay_ms: 60_000,
};

/// The lease of the contract.
pub const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// A clock that stands at a fixed instant, 2026-01-05T00:00:00Z.
#[must_use]
pub fn clock() -> Arc<ManualClock> {
    let start = Timestamp::from_second(1_767_571_200).expect("a day in this century");
    Arc::new(ManualClock::starting_at(start))
}

/// A store with people in it.
#[derive(Debug)]
pub struct Office {
    /// The store under test.
    pub store: Arc<dyn JobStore>,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    /// A clerk of the first 課.
    pub clerk: Actor,
    /// Another clerk of the same 課.
    pub colleague: Actor,
    /// A clerk of another 課.
    pub stranger: Actor,
    /// An auditor (of the other 課).
    pub auditor: Actor,
    /// A worker.
    pub worker: WorkerId,
}

impl Office {
    /// Fills an empty store with people.
    pub async fn open(store: Arc<dyn JobStore>, clock: Arc<ManualClock>) -> Self {
        let tax = store
            .create_department("市民税課")
            .await
            .expect("an empty store")
            .id;
        let welfare = store.create_department("福祉課").await.expect("another name").id;
        let mut actors = Vec::new();
        for (department, name, role) in [
            (tax, "佐藤", Role::Clerk),
            (tax, "鈴木", Role::DepartmentAdmin),
            (welfare, "佐藤", Role::Clerk),
            (welfare, "監査", Role::Auditor),
        ] {
            let user = store
                .create_user(department, name, role)
                .await
                .expect("a new name");
            let secret_hash = Sha256::of(user.id.as_uuid().as_bytes());
            let token = NewToken {
                user: user.id,
                secret_hash,
                label: "contract".to_owned(),
                expires_at: None,
            };
            store.create_token(token).await.expect("a new secret");
            let actor = store
                .authenticate(&secret_hash)
                .await
                .expect("a database that answers");
            actors.push(actor.expect("a fresh token signs in"));
        }
        let [clerk, colleague, stranger, auditor] =
            <[Actor; 4]>::try_from(actors).expect("four people were made");
        Self {
            store,
            clock,
            clerk,
            colleague,
            stranger,
            auditor,
            worker: WorkerId::generate(),
        }
    }

    /// Starts a job on a new document of the clerk.
    pub async fn job(&self, name: &str) -> Job {
        let document = self
            .store
            .create_document(&self.clerk, document(name))
            .await
            .expect("recorded");
        let submitted = self
            .store
            .submit_job(&self.clerk, document.id, &pipeline(), None)
            .await
            .expect("accepted");
        submitted.jobs.into_iter().next().expect("one job per submission")
    }

    /// A job whose plan is committed: its run units wait.
    pub async fn planned_job(&self, name: &str, units: u32) -> Job {
        let job = self.job(name).await;
        let plan = self.claim().await;
        assert_eq!((plan.job, plan.kind), (job.id, UnitKind::Plan));
        self.store
            .commit_plan(plan.fence, Planned::together(units), None)
            .await
            .expect("the plan's fence holds");
        self.store.job(&self.clerk, job.id).await.expect("the own job")
    }

    /// Claims a unit that must be there.
    pub async fn claim(&self) -> Claim {
        let claim = self
            .store
            .claim(self.worker, LEASE)
            .await
            .expect("a database that answers");
        claim.expect("a unit waits")
    }

    /// Claims and commits every run unit and the assemble unit that wait.
    pub async fn finish(&self) {
        self.finish_with(outcome()).await;
    }

    /// The same with another outcome.
    pub async fn finish_with(&self, outcome: Outcome) {
        while let Some(claim) = self.store.claim(self.worker, LEASE).await.expect("a claim") {
            match claim.kind {
                UnitKind::Plan => {
                    self.store
                        .commit_plan(claim.fence, Planned::together(1), None)
                        .await
                }
                UnitKind::Run => {
                    self.store
                        .commit_piece(claim.fence, blob(&claim.fence.unit.to_string()))
                        .await
                }
                UnitKind::Assemble => {
                    self.store
                        .commit_outcome(claim.fence, outcome.clone(), vec![artifact("fields.json")])
                        .await
                }
            }
            .expect("a fresh fence holds");
        }
    }

    /// Moves the clock forward.
    pub fn pass(&self, by: SignedDuration) {
        self.clock.advance(by);
    }
}

/// A blob's reference for contents that need not exist.
#[must_use]
pub fn blob(contents: &str) -> BlobRef {
    BlobRef {
        sha256: Sha256::of(contents.as_bytes()),
        size: contents.len() as u64,
    }
}

/// A PDF with contents of its own.
#[must_use]
pub fn document(name: &str) -> NewDocument {
    NewDocument {
        id: None,
        name: name.to_owned(),
        media: Some(MediaKind::Pdf),
        blob: blob(name),
    }
}

/// The forms pipeline.
#[must_use]
pub fn pipeline() -> PipelineRef {
    PipelineRef {
        name: "forms".to_owned(),
        digest: Sha256::of(b"forms"),
        corpus: None,
        minutes: None,
    }
}

/// A key and the fingerprint of its request.
#[must_use]
pub fn idempotency(key: &str, request: &str) -> Idempotency {
    Idempotency {
        key: key.to_owned(),
        fingerprint: Sha256::of(request.as_bytes()),
    }
}

/// Some outcome.
#[must_use]
pub fn outcome() -> Outcome {
    Outcome::Form(FormOutcome {
        pages_total: 2,
        pages_read: 2,
        ..FormOutcome::default()
    })
}

/// An artifact whose contents are its name.
#[must_use]
pub fn artifact(name: &str) -> NewArtifact {
    NewArtifact {
        name: name.to_owned(),
        media_type: "application/json".to_owned(),
        blob: blob(name),
    }
}
