//! 練習: fictional sheets, a fictional meeting and fictional ordinances, with which a person tries the desk out.
//!
//! Promises: what is practised with is marked before a job begins on it, so that it is in no figure, no learning and
//! no audit; it is the person's own and goes by one step. The files lie among the office's pipelines. Never: a text
//! of the practice beside the same text that the office has taken in.

use std::path::PathBuf;

use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::corpus::Visibility;
use shoki_core::id::{DocumentId, JobId};
use shoki_core::media::{MediaKind, SNIFF_BYTES};
use shoki_core::meeting::MinutesOptions;
use shoki_core::pipeline::{CORPUS, CorpusOptions, FORMS, MINUTES};
use shoki_store::model::NewDocument;

use crate::problem::Problem;
use crate::routes::jobs::{JobsQuery, listed};
use crate::state::Shared;
use crate::upload;
use crate::wire::job::JobBody;

/// The fictional city of the ordinances, as it stands in their titles.
const CITY: &str = "あさひ野市";
/// Texts looked through for the city's.
const SOURCES: u32 = 200;

/// What is practised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// 用紙を読み取る.
    Sheets,
    /// 会議を書き起こす.
    Meeting,
    /// 条例を調べる.
    Law,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Sheets, Self::Meeting, Self::Law];

    /// The name in addresses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sheets => "sheets",
            Self::Meeting => "meeting",
            Self::Law => "law",
        }
    }

    /// The reverse of [`Step::name`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }

    /// File among the pipelines, and the document's name.
    const fn files(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Sheets => &[("practice/sheets.pdf", "【練習】架空の用紙12枚.pdf")],
            Self::Meeting => &[("practice/meeting.flac", "【練習】架空の会議.flac")],
            Self::Law => &[
                (
                    "corpora/asahino/asahino-kodomo-iryo_20250401_r07-jorei-12.xml",
                    "【練習】子どもの医療費の助成に関する条例.xml",
                ),
                (
                    "corpora/asahino/asahino-seikatsu-shikin_20240701_r06-jorei-17.xml",
                    "【練習】生活支援資金貸付条例.xml",
                ),
            ],
        }
    }

    const fn pipeline(self) -> &'static str {
        match self {
            Self::Sheets => FORMS,
            Self::Meeting => MINUTES,
            Self::Law => CORPUS,
        }
    }
}

/// Whether a document is somebody's practice.
///
/// # Errors
/// What the store says.
pub async fn is(shared: &Shared, actor: &Actor, document: DocumentId) -> Result<bool, Problem> {
    let practice = shared.api.store.practice(actor).await?;
    Ok(practice.iter().any(|(known, _)| *known == document))
}

/// The person's own practice documents, oldest first.
async fn own(shared: &Shared, actor: &Actor) -> Result<Vec<DocumentId>, Problem> {
    let practice = shared.api.store.practice(actor).await?;
    let own = practice.into_iter().filter(|(_, user)| *user == actor.user);
    Ok(own.map(|(document, _)| document).collect())
}

/// The person's practice jobs, oldest first.
///
/// # Errors
/// What the store says.
pub async fn jobs(shared: &Shared, actor: &Actor) -> Result<Vec<JobBody>, Problem> {
    let mut jobs = Vec::new();
    for document in own(shared, actor).await? {
        let query = JobsQuery {
            document: Some(document),
            ..JobsQuery::default()
        };
        jobs.extend(listed(shared, actor, &query).await?.items);
    }
    Ok(jobs)
}

/// Whether the fictional ordinances can be asked about already.
///
/// # Errors
/// What the store says.
pub async fn has_law(shared: &Shared, actor: &Actor) -> Result<bool, Problem> {
    let corpus = &shared.api.corpus;
    let sources = corpus.sources_page(actor.department, None, SOURCES).await?;
    Ok(sources.rows.iter().any(|source| source.head.title.contains(CITY)))
}

/// Begins a step; one that was begun goes on as it is. The jobs of it.
///
/// # Errors
/// `not_ready` where the office has no files to practise with; what storing and submitting say.
pub async fn begin(shared: &Shared, actor: &Actor, step: Step) -> Result<Vec<JobId>, Problem> {
    let mut begun = jobs(shared, actor).await?;
    begun.retain(|job| job.pipeline == step.pipeline());
    if !begun.is_empty() {
        return Ok(begun.iter().map(|job| job.id).collect());
    }
    if step == Step::Law && has_law(shared, actor).await? {
        return Ok(Vec::new());
    }
    let home = shared.api.practice.clone().ok_or_else(missing)?;
    let mut jobs = Vec::new();
    for (file, name) in step.files() {
        jobs.push(begin_one(shared, actor, step, home.join(file), name).await?);
    }
    Ok(jobs)
}

async fn begin_one(
    shared: &Shared,
    actor: &Actor,
    step: Step,
    file: PathBuf,
    name: &str,
) -> Result<JobId, Problem> {
    let bytes = tokio::fs::read(&file).await.map_err(|error| {
        tracing::error!(%error, path = %file.display(), "a file to practise with cannot be read");
        missing()
    })?;
    let (corpus, minutes) = match step {
        Step::Sheets => (None, None),
        Step::Meeting => {
            let options = MinutesOptions {
                title: Some("【練習】架空の会議".to_owned()),
                ..MinutesOptions::default()
            };
            (None, Some(options))
        }
        Step::Law => {
            let options = CorpusOptions {
                visibility: Visibility::Department,
                rank: None,
                valid_from: None,
                default_law: None,
            };
            (Some(options), None)
        }
    };
    let pipeline = shared
        .api
        .pipeline_with(actor.department, step.pipeline(), corpus, minutes)?;
    let (store, blobs) = (&shared.api.store, &shared.api.blobs);
    blobs.check_reserve(bytes.len() as u64)?;
    let stored = blobs.put(actor.department, &bytes).await?;
    let document = NewDocument {
        id: None,
        name: name.to_owned(),
        media: MediaKind::sniff(&bytes[..bytes.len().min(SNIFF_BYTES)]),
        blob: stored.blob,
    };
    let document = store.create_document(actor, document).await?;
    drop(stored);
    let begun = async {
        store.mark_practice(actor, document.id).await?;
        store.submit_job(actor, document.id, &pipeline, None).await
    };
    match begun.await {
        Ok(submitted) => {
            let job = submitted.jobs.first().map(|job| job.id);
            job.ok_or(Problem::new(ErrorCode::Internal))
        }
        Err(error) => {
            // Nothing unmarked is left behind.
            upload::erase(shared, actor, document.id).await?;
            Err(error.into())
        }
    }
}

/// Removes everything that the person has practised with.
///
/// # Errors
/// What the store says.
pub async fn end(shared: &Shared, actor: &Actor) -> Result<(), Problem> {
    for document in own(shared, actor).await? {
        match upload::erase(shared, actor, document).await {
            // Somebody else has removed it just now.
            Err(problem) if problem.code() == ErrorCode::NotFound => {}
            erased => erased?,
        }
    }
    Ok(())
}

fn missing() -> Problem {
    let sentence =
        "練習用のファイルがありません。システム管理者に「pipelines/practice」の確認を依頼してください。";
    Problem::new(ErrorCode::NotReady).detail(sentence)
}
