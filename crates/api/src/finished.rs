//! Jobs whose result people work on: the job, or a sentence that says why there is nothing to work on.
//!
//! Promise: a job of another 課 is `not_found`, whatever its state.

use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::id::JobId;
use shoki_core::job::JobState;
use shoki_core::outcome::Outcome;
use shoki_store::model::Job;

use crate::problem::Problem;
use crate::state::Shared;

/// What people work on, and what is said where it is not there.
#[derive(Debug)]
pub struct Work {
    /// Whether a job makes it.
    pub is_made_by: fn(&Job) -> bool,
    /// Whether an outcome is it.
    pub is: fn(&Outcome) -> bool,
    /// The job makes something else.
    pub other_ja: &'static str,
    /// The job ended without it.
    pub ended_ja: &'static str,
    /// It is not there yet.
    pub early_ja: &'static str,
}

/// The job, if it is one of the own 課 and has made what people work on.
///
/// # Errors
/// `not_found`; `conflict` with a sentence where there is nothing (yet).
pub async fn finished_job(shared: &Shared, actor: &Actor, id: JobId, work: &Work) -> Result<Job, Problem> {
    let job = shared.api.store.job(actor, id).await?;
    let sentence = match &job.state {
        _ if !(work.is_made_by)(&job) => work.other_ja,
        JobState::Succeeded { outcome } if (work.is)(outcome) => return Ok(job),
        JobState::Failed { .. } | JobState::Cancelled { .. } => work.ended_ja,
        _ => work.early_ja,
    };
    Err(Problem::new(ErrorCode::Conflict).detail(sentence))
}
