//! A recording that has ended → a document and its job.
//!
//! Promise: the same session gives the same bytes, and under its key the same job, however often this is cut
//! off and begun again.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use shoki_core::audio::SAMPLE_RATE;
use shoki_core::code::ErrorCode;
use shoki_core::digest::Sha256;
use shoki_core::limits::MAX_RECORDING_BYTES;
use shoki_core::live::LiveCodec;
use shoki_core::media::{MediaKind, SNIFF_BYTES};
use shoki_core::pipeline::{PipelineDef, PipelineRef};
use shoki_store::blobs::Stored;
use shoki_store::model::{Idempotency, Job, NewDocument};
use shoki_store::{Blobs, JobStore};
use tokio::sync::mpsc;

use super::opus::{OggOpus, is_stereo};
use super::session::{Recorded, Session};
use super::sound_log::LogReader;

/// Bytes handed to the blob at once.
const CHUNK: usize = 512 * 1024;
/// Chunks on their way.
const CHUNKS: usize = 4;

/// Makes the document and the job; none when there is no sound.
pub(super) async fn submit(
    session: &Session,
    store: &dyn JobStore,
    blobs: &Blobs,
    pipelines: &[PipelineDef],
) -> Result<Option<Job>, ErrorCode> {
    let (log, recorded) = session.open_sound().map_err(|error| unreadable(&error))?;
    if recorded.bytes == 0 {
        return Ok(None);
    }
    let actor = &session.head.actor;
    let stored = write(session, log.bytes(), recorded, blobs).await?;
    let document = NewDocument {
        id: None,
        name: name_of(session),
        media: MediaKind::sniff(&stored.head[..stored.head.len().min(SNIFF_BYTES)]),
        blob: stored.blob,
    };
    let pipeline = pipeline_of(session, pipelines)?;
    let key = Idempotency {
        key: format!("live-{}", session.id),
        fingerprint: Sha256::of(session.id.to_string().as_bytes()),
    };
    let submitted = store
        .submit_batch(actor, vec![document], &pipeline, Some(&key))
        .await;
    drop(stored);
    let submitted = submitted.map_err(|error| {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "a recording was not handed in"
        );
        error.code()
    })?;
    Ok(submitted.jobs.into_iter().next())
}

fn unreadable(error: &std::io::Error) -> ErrorCode {
    tracing::error!(
        error = error as &dyn std::error::Error,
        "a recording's file cannot be used"
    );
    ErrorCode::Internal
}

/// The definitions of now with what was said about the meeting then: they may have changed while it lasted.
fn pipeline_of(session: &Session, pipelines: &[PipelineDef]) -> Result<PipelineRef, ErrorCode> {
    let minutes = pipelines
        .iter()
        .find(|pipeline| matches!(pipeline, PipelineDef::Minutes(_)));
    let minutes = minutes.ok_or(ErrorCode::UnknownPipeline)?;
    Ok(PipelineRef {
        minutes: Some(Box::new(session.head.options.clone())),
        ..minutes.reference()
    })
}

/// `定例会 20261129-1030.wav`, in Japanese time.
fn name_of(session: &Session) -> String {
    let at = jiff::tz::Offset::constant(9).to_datetime(session.head.opened_at);
    let title = session.head.options.title.as_deref().unwrap_or("ライブ録音");
    let extension = match session.head.codec {
        LiveCodec::Pcm16 => "wav",
        LiveCodec::Opus => "opus",
    };
    let name = format!("{title} {}.{extension}", at.strftime("%Y%m%d-%H%M"));
    shoki_api::file_name::sanitise(&name)
}

/// The recording as a file that every player opens.
async fn write(session: &Session, end: u64, recorded: Recorded, blobs: &Blobs) -> Result<Stored, ErrorCode> {
    let (path, codec) = (session.sound_path(), session.head.codec);
    let (chunks, mut received) = mpsc::channel(CHUNKS);
    let reading = tokio::task::spawn_blocking(move || read(path, end, recorded, codec, chunks));
    let refused = |error: shoki_store::StoreError| {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "a recording was not stored"
        );
        error.code()
    };
    // Results may use the disk reserve, and this is one: the sound is there already.
    let mut writer = blobs
        .result_writer(session.head.actor.department)
        .await
        .map_err(refused)?;
    while let Some(chunk) = received.recv().await {
        writer.write(&chunk).await.map_err(refused)?;
    }
    match reading.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => return Err(unreadable(&error)),
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
    if writer.size() > MAX_RECORDING_BYTES {
        return Err(ErrorCode::PayloadTooLarge);
    }
    writer.finish().await.map_err(refused)
}

fn read(
    path: PathBuf,
    end: u64,
    recorded: Recorded,
    codec: LiveCodec,
    chunks: mpsc::Sender<Vec<u8>>,
) -> std::io::Result<()> {
    let mut reader = LogReader::new(File::open(path)?);
    let mut into = Chunks {
        chunks,
        chunk: Vec::new(),
    };
    match codec {
        LiveCodec::Pcm16 => {
            into.write_all(&wave_header(recorded.bytes))?;
            while let Some(payload) = reader.next(end)? {
                into.write_all(&payload)?;
            }
        }
        LiveCodec::Opus => {
            let mut first = reader.next(end)?;
            let stereo = first.as_deref().is_some_and(is_stereo);
            let mut file = OggOpus::new(&mut into, stereo)?;
            while let Some(payload) = first.take() {
                file.add(payload)?;
                first = reader.next(end)?;
            }
            file.finish()?;
        }
    }
    into.flush()
}

/// RIFF/WAVE, PCM, 16 kHz, one channel, 16 bits. Nine hours are 1 GB, so sizes fit.
fn wave_header(bytes: u64) -> Vec<u8> {
    let size = u32::try_from(bytes).unwrap_or(u32::MAX - 36);
    let mut header = b"RIFF".to_vec();
    header.extend_from_slice(&(size + 36).to_le_bytes());
    header.extend_from_slice(b"WAVEfmt ");
    header.extend_from_slice(&16_u32.to_le_bytes());
    header.extend_from_slice(&1_u16.to_le_bytes());
    header.extend_from_slice(&1_u16.to_le_bytes());
    header.extend_from_slice(&SAMPLE_RATE.to_le_bytes());
    header.extend_from_slice(&(SAMPLE_RATE * 2).to_le_bytes());
    header.extend_from_slice(&2_u16.to_le_bytes());
    header.extend_from_slice(&16_u16.to_le_bytes());
    header.extend_from_slice(b"data");
    header.extend_from_slice(&size.to_le_bytes());
    header
}

/// Bytes in chunks through a channel.
struct Chunks {
    chunks: mpsc::Sender<Vec<u8>>,
    chunk: Vec<u8>,
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.chunk.extend_from_slice(bytes);
        if self.chunk.len() >= CHUNK {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let chunk = std::mem::take(&mut self.chunk);
        self.chunks
            .blocking_send(chunk)
            .map_err(|_| std::io::ErrorKind::BrokenPipe.into())
    }
}
