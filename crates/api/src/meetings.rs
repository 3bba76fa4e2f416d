//! Meetings with their corrections: read from the job's artifact and the store, a few kept in memory.
//!
//! Promises: what is handed out stands at the last correction that the store has; an edit is decided on the
//! very state it is added to, however many people edit at once. Never: a meeting of another 課 (the store is
//! asked each time).

use std::sync::{Arc, Mutex, PoisonError};

use shoki_core::access::Actor;
use shoki_core::audio::Millis;
use shoki_core::audio_report::AudioReport;
use shoki_core::code::ErrorCode;
use shoki_core::id::JobId;
use shoki_core::meeting::{MEETING_JSON, MeetingResult, RecordingPart};
use shoki_core::outcome::Outcome;
use shoki_core::transcript_edit::{Edit, EditRow, EditedTranscript, FoldError, Refusal};
use shoki_core::voice::Diarization;
use shoki_store::StoreError;
use shoki_store::model::{Artifact, Job};

use crate::finished::{self, Work};
use crate::problem::Problem;
use crate::state::Shared;

/// Meetings kept in memory: one of four hours takes some 20 MB.
const KEPT: usize = 4;
/// How often an edit is tried again when somebody else was faster.
const TRIES: u32 = 20;

/// A meeting with its corrections.
#[derive(Clone, Debug)]
pub struct Meeting {
    /// The transcript.
    pub edited: EditedTranscript,
    /// What was heard beside it.
    pub heard: Arc<Heard>,
}

/// What assembling a recording left beside the transcript.
#[derive(Debug)]
pub struct Heard {
    /// Who spoke when.
    pub diarization: Diarization,
    /// How long the recording is.
    pub duration: Millis,
    /// What was measured.
    pub report: AudioReport,
    /// The files.
    pub parts: Vec<RecordingPart>,
}

/// A correction that was made.
#[derive(Debug)]
pub struct Changed {
    /// The meeting with it.
    pub meeting: Arc<Meeting>,
    /// Its row.
    pub row: EditRow,
    /// Occurrences that it replaced.
    pub replaced: u32,
}

/// Meetings in memory, the one used last at the end.
#[derive(Debug, Default)]
pub struct Meetings(Mutex<Vec<(JobId, Arc<Meeting>)>>);

impl Meetings {
    fn get(&self, job: JobId) -> Option<Arc<Meeting>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().find(|(known, _)| *known == job);
        found.map(|(_, meeting)| Arc::clone(meeting))
    }

    /// Keeps a meeting, unless a later state of it is kept.
    fn keep(&self, job: JobId, meeting: &Arc<Meeting>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|(known, _)| *known == job);
        let before = at.map(|at| kept.remove(at).1);
        let newest = before.filter(|before| before.edited.version() > meeting.edited.version());
        kept.push((job, newest.unwrap_or_else(|| Arc::clone(meeting))));
        if kept.len() > KEPT {
            kept.remove(0);
        }
    }

    /// Forgets a meeting, if it is kept.
    fn forget(&self, job: JobId) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(known, _)| *known != job);
    }
}

/// Transcripts as what people work on.
const TRANSCRIPT: Work = Work {
    is_made_by: |job| job.pipeline.minutes.is_some(),
    is: |outcome| matches!(outcome, Outcome::Minutes(_)),
    other_ja: "このジョブは会議録の作成ではありません。",
    ended_ja: "このジョブは文字起こしまで終わりませんでした。録音を登録し直してください。",
    early_ja: "文字起こしがまだ終わっていません。終わってから開いてください。",
};

/// The job, if it is one of the own 課 whose transcript can be worked on.
///
/// # Errors
/// `not_found`; `conflict` with a sentence where there is no transcript (yet).
pub async fn finished_job(shared: &Shared, actor: &Actor, id: JobId) -> Result<Job, Problem> {
    let job = finished::finished_job(shared, actor, id, &TRANSCRIPT).await;
    if matches!(&job, Err(problem) if problem.code() == ErrorCode::NotFound) {
        shared.meetings.forget(id);
    }
    job
}

/// The meeting of a job, with every correction.
///
/// # Errors
/// As [`finished_job`].
pub async fn load(shared: &Shared, actor: &Actor, id: JobId) -> Result<(Job, Arc<Meeting>), Problem> {
    let job = finished_job(shared, actor, id).await?;
    let meeting = present(shared, actor, id).await?;
    Ok((job, meeting))
}

async fn present(shared: &Shared, actor: &Actor, id: JobId) -> Result<Arc<Meeting>, Problem> {
    let store = &shared.api.store;
    let meeting = match shared.meetings.get(id) {
        Some(meeting) => {
            let rows = store.edits(actor, id, meeting.edited.version()).await?;
            if rows.is_empty() {
                meeting
            } else {
                let edited = meeting.edited.clone().followed_by(rows).map_err(unreadable)?;
                Arc::new(Meeting {
                    edited,
                    heard: Arc::clone(&meeting.heard),
                })
            }
        }
        None => {
            let artifact = artifact_named(shared, actor, id, MEETING_JSON).await?;
            let blobs = &shared.api.blobs;
            let bytes = blobs.read(actor.department, &artifact.blob.sha256).await?;
            let rows = store.edits(actor, id, 0).await?;
            // Some 10 MB of JSON: not on a thread that others wait for.
            let read = tokio::task::spawn_blocking(move || read(&bytes, rows));
            let meeting = read.await.map_err(|_| Problem::new(ErrorCode::Internal))??;
            Arc::new(meeting)
        }
    };
    shared.meetings.keep(id, &meeting);
    Ok(meeting)
}

fn read(bytes: &[u8], rows: Vec<EditRow>) -> Result<Meeting, Problem> {
    let result: MeetingResult = serde_json::from_slice(bytes).map_err(|error| {
        tracing::error!(
            line = error.line(),
            column = error.column(),
            "a meeting cannot be read"
        );
        Problem::new(ErrorCode::Internal)
    })?;
    let edited = EditedTranscript::of(Arc::new(result.transcript), rows).map_err(unreadable)?;
    let heard = Heard {
        diarization: result.diarization,
        duration: result.duration,
        report: result.report,
        parts: result.parts,
    };
    Ok(Meeting {
        edited,
        heard: Arc::new(heard),
    })
}

fn unreadable(error: FoldError) -> Problem {
    tracing::error!(%error, "the corrections of a meeting cannot be read");
    Problem::new(ErrorCode::Internal)
}

/// A result file by its name.
///
/// # Errors
/// `not_found`.
pub async fn artifact_named(
    shared: &Shared,
    actor: &Actor,
    job: JobId,
    name: &str,
) -> Result<Artifact, Problem> {
    let artifacts = shared.api.store.artifacts(actor, job).await?;
    let found = artifacts.into_iter().find(|artifact| artifact.name == name);
    found.ok_or(Problem::new(ErrorCode::NotFound))
}

/// Makes the correction that `decide` finds for the present state; it is asked anew when somebody else was
/// faster.
///
/// # Errors
/// As [`load`], what `decide` says, and the refusal of an edit that cannot be applied; nothing is changed.
pub async fn change(
    shared: &Shared,
    actor: &Actor,
    id: JobId,
    decide: impl Fn(&Meeting) -> Result<Edit, Problem>,
) -> Result<Changed, Problem> {
    finished_job(shared, actor, id).await?;
    for _ in 0..TRIES {
        let meeting = present(shared, actor, id).await?;
        let draft = meeting.edited.draft(decide(&meeting)?).map_err(refused)?;
        let version = meeting.edited.version();
        let stored = shared
            .api
            .store
            .append_edit(actor, id, version, &draft.edit, &draft.touched)
            .await;
        match stored {
            Ok(row) => {
                let replaced = draft.replaced;
                let meeting = Arc::new(Meeting {
                    edited: meeting.edited.with(draft, row.clone()),
                    heard: Arc::clone(&meeting.heard),
                });
                shared.meetings.keep(id, &meeting);
                return Ok(Changed {
                    meeting,
                    row,
                    replaced,
                });
            }
            Err(StoreError::VersionChanged { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::new(ErrorCode::TooManyRequests).retry_after(1))
}

/// The answer to an edit that cannot be applied.
pub(crate) fn refused(refusal: Refusal) -> Problem {
    let code = if refusal.is_unknown() {
        ErrorCode::NotFound
    } else if refusal.is_conflict() {
        ErrorCode::Conflict
    } else {
        ErrorCode::OptionUnusable
    };
    Problem::new(code).detail(refusal.sentence_ja())
}
