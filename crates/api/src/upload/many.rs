//! `POST /v1/batches` behind its route.

use axum::extract::Request;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;
use shoki_core::limits::{MAX_BATCH_DOCUMENTS, MAX_TABLE_BYTES};
use shoki_core::media::MediaKind;
use shoki_core::meeting::MinutesOptions;
use shoki_core::pipeline::CorpusOptions;
use shoki_core::unit::BlobRef;
use shoki_store::model::Job;

use super::parts::{Part, Parts};
use super::receive::{Received, name_of, receive};
use super::{FILE, Place, check_announced};
use crate::extract::IdempotencyKey;
use crate::problem::Problem;
use crate::state::Shared;
use crate::wire::batch::RefusedItem;
use crate::wire::job::CorpusOptionsBody;
use crate::wire::meeting::MinutesOptionsBody;

/// Longest name of a pipeline, bytes.
const MAX_PIPELINE_BYTES: usize = 100;
/// Longest options of a text for the law desk, bytes.
const MAX_OPTIONS_BYTES: usize = 500;

/// What became of a batch.
#[derive(Debug)]
pub struct SubmittedBatch {
    /// One per accepted file, in their order.
    pub jobs: Vec<Job>,
    /// The other files.
    pub refused: Vec<RefusedItem>,
    /// Whether an earlier request with the same key made the jobs.
    pub replayed: bool,
}

/// The files of one request so far.
#[derive(Debug, Default)]
struct Batch {
    pipeline: Option<String>,
    corpus: Option<CorpusOptions>,
    minutes: Option<MinutesOptions>,
    /// With their positions among the files of the request, from 1.
    received: Vec<(usize, Received)>,
    refused: Vec<RefusedItem>,
}

/// Receives many documents and starts a job on each that can be taken.
///
/// # Errors
/// When nothing of it can be taken, or when the trouble is not one file's; nothing is left behind then.
pub async fn batch(
    shared: &Shared,
    actor: &Actor,
    key: IdempotencyKey,
    request: Request,
) -> Result<SubmittedBatch, Problem> {
    check_announced(shared, request.headers(), u64::MAX)?;
    let place = Place::take(shared)?;
    let mut parts = Parts::open(request)?;
    let mut batch = Batch::default();
    let read = batch.read(shared, actor, &mut parts).await;
    drop(place);
    if let Err(problem) = read {
        forget(shared, actor, &batch.into_blobs()).await;
        return Err(problem);
    }
    batch.submit(shared, actor, key).await
}

impl Batch {
    async fn read(&mut self, shared: &Shared, actor: &Actor, parts: &mut Parts) -> Result<(), Problem> {
        while let Some(mut part) = parts.next().await? {
            match part.name() {
                Some("pipeline") => {
                    let name = part.text(MAX_PIPELINE_BYTES).await?;
                    if shared.api.pipeline(&name).is_none() {
                        return Err(Problem::new(ErrorCode::UnknownPipeline));
                    }
                    self.pipeline = Some(name);
                }
                Some("corpus") => {
                    let options = part.text(MAX_OPTIONS_BYTES).await?;
                    let options: CorpusOptionsBody = serde_json::from_str(&options).map_err(|_| {
                        Problem::new(ErrorCode::BadRequest)
                            .detail("「corpus」は {\"visibility\": \"department\"} のような JSON で指定してください。")
                    })?;
                    self.corpus = Some(options.into());
                }
                Some("minutes") => {
                    let options = part.text(MAX_TABLE_BYTES).await?;
                    self.minutes = Some(minutes_options(&options)?);
                }
                Some(FILE) => self.file(shared, actor, &mut part).await?,
                _ => {
                    return Err(Problem::new(ErrorCode::BadRequest).detail(format!(
                        "使える項目は「pipeline」「corpus」「minutes」「{FILE}」だけです。"
                    )));
                }
            }
        }
        Ok(())
    }

    async fn file(&mut self, shared: &Shared, actor: &Actor, part: &mut Part) -> Result<(), Problem> {
        let position = self.received.len() + self.refused.len() + 1;
        if position > MAX_BATCH_DOCUMENTS {
            return Err(Problem::new(ErrorCode::PayloadTooLarge).detail(format!(
                "一度に送れるファイルは {MAX_BATCH_DOCUMENTS} 個までです。"
            )));
        }
        match receive(shared, actor, part).await {
            Ok(received) => self.received.push((position, received)),
            Err(problem) if is_the_files_own(&problem) => {
                let item = RefusedItem::new(position, name_of(part), &problem);
                self.refused.push(item);
                let mut left = shared.api.settings.max_file_bytes();
                part.skip(&mut left).await?;
            }
            Err(problem) => return Err(problem),
        }
        Ok(())
    }

    /// Moves what another pipeline takes to the refused files.
    async fn refuse_all_but(
        &mut self,
        shared: &Shared,
        actor: &Actor,
        takes: fn(MediaKind) -> bool,
        code: ErrorCode,
    ) {
        let (taken, others) = std::mem::take(&mut self.received)
            .into_iter()
            .partition(|(_, file)| file.document.media.is_some_and(takes));
        self.received = taken;
        let problem = Problem::new(code);
        let mut blobs = Vec::new();
        for (position, file) in others {
            let item = RefusedItem::new(position, file.document.name, &problem);
            self.refused.push(item);
            blobs.push(file.stored.blob);
        }
        self.refused.sort_by_key(|item| item.position);
        forget(shared, actor, &blobs).await;
    }

    async fn submit(
        mut self,
        shared: &Shared,
        actor: &Actor,
        key: IdempotencyKey,
    ) -> Result<SubmittedBatch, Problem> {
        let Some(name) = self.pipeline.clone() else {
            forget(shared, actor, &self.into_blobs()).await;
            return Err(Problem::new(ErrorCode::BadRequest).detail("「pipeline」で業務を指定してください。"));
        };
        let options = (self.corpus.take(), self.minutes.take());
        let pipeline = match shared
            .api
            .pipeline_with(actor.department, &name, options.0, options.1)
        {
            Ok(pipeline) => pipeline,
            Err(problem) => {
                forget(shared, actor, &self.into_blobs()).await;
                return Err(problem);
            }
        };
        if pipeline.minutes.is_some() {
            self.refuse_all_but(shared, actor, MediaKind::is_recording, ErrorCode::NotRecording)
                .await;
        } else if pipeline.corpus.is_none() {
            let code = ErrorCode::UnsupportedMediaType;
            self.refuse_all_but(shared, actor, MediaKind::has_page_images, code)
                .await;
        }
        if self.received.is_empty() {
            return Err(nothing_accepted(self.refused));
        }
        let meaning: Vec<_> = self
            .received
            .iter()
            .map(|(_, file)| (&file.document.name, file.stored.blob.sha256))
            .collect();
        let decided = (&pipeline.corpus, &pipeline.minutes);
        let idempotency = key.over("POST /v1/batches", &(&pipeline.name, decided, meaning));
        let documents = self
            .received
            .iter()
            .map(|(_, file)| file.document.clone())
            .collect();
        let submitted = shared
            .api
            .store
            .submit_batch(actor, documents, &pipeline, idempotency.as_ref())
            .await;
        let refused = self.refused.clone();
        let blobs = self.into_blobs();
        // A replay recorded nothing new; its bytes are those of the first request, or nobody's.
        if submitted.as_ref().map_or(true, |submitted| submitted.replayed) {
            forget(shared, actor, &blobs).await;
        }
        let submitted = submitted?;
        Ok(SubmittedBatch {
            jobs: submitted.jobs,
            refused,
            replayed: submitted.replayed,
        })
    }

    /// Lets go of the blobs.
    fn into_blobs(self) -> Vec<BlobRef> {
        self.received.iter().map(|(_, file)| file.stored.blob).collect()
    }
}

/// The options of a batch of recordings, each a meeting of its own.
fn minutes_options(text: &str) -> Result<MinutesOptions, Problem> {
    let options: MinutesOptionsBody = serde_json::from_str(text).map_err(|_| {
        Problem::new(ErrorCode::BadRequest)
            .detail("「minutes」は {\"title\": \"定例会\"} のような JSON で指定してください。")
    })?;
    if options.continued_by.is_empty() {
        return Ok(options.into());
    }
    let sentence =
        "まとめて登録するときは「continued_by」を使えません。続きのある録音は1件ずつ登録してください。";
    Err(Problem::new(ErrorCode::OptionUnusable).detail(sentence))
}

/// Removes blobs that were written for nothing. When that fails the sweep at start removes them.
pub(super) async fn forget(shared: &Shared, actor: &Actor, blobs: &[BlobRef]) {
    let store = &*shared.api.store;
    let removal = shared
        .api
        .blobs
        .remove_unreferenced(store, actor.department, blobs)
        .await;
    if let Err(error) = removal {
        tracing::warn!(%error, "blobs of a refused upload are left to the sweep");
    }
}

/// Whether the trouble lies in this file, so that the others can go on.
const fn is_the_files_own(problem: &Problem) -> bool {
    matches!(
        problem.code(),
        ErrorCode::EmptyDocument | ErrorCode::UnsupportedMediaType | ErrorCode::PayloadTooLarge
    )
}

fn nothing_accepted(refused: Vec<RefusedItem>) -> Problem {
    if refused.is_empty() {
        return Problem::new(ErrorCode::BadRequest)
            .detail(format!("「{FILE}」という名前でファイルを付けてください。"));
    }
    Problem::new(ErrorCode::EmptyDocument)
        .detail("受け付けられるファイルが1つもありませんでした。")
        .refused(refused)
}
