//! The multipart form of `POST /openai/v1/audio/transcriptions`: one recording and what is asked of it, in any
//! order.
//!
//! Fields that mean nothing here (`temperature`, `chunking_strategy` and the like) are taken and not looked
//! at, because clients send them by default; those that would change what the client gets (`stream`, another
//! language) are refused when they ask for what there is not.

use axum::extract::Request;
use shoki_core::access::Actor;
use shoki_core::code::ErrorCode;

use super::many::forget;
use super::parts::{Part, Parts};
use super::receive::{Received, receive};
use super::{FILE, Place, check_announced};
use crate::problem::Problem;
use crate::state::Shared;

/// Longest value of a field; a prompt may hold a 単語帳.
const MAX_FIELD_BYTES: usize = 64 * 1024;

/// A refusal, and the field it is about.
pub type AboutField = (Problem, Option<&'static str>);

/// What the answer looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TranscriptionFormat {
    /// The text as JSON.
    #[default]
    Json,
    /// The text.
    Text,
    /// SubRip.
    Srt,
    /// WebVTT.
    Vtt,
    /// Segments with times.
    VerboseJson,
    /// Segments with times and speakers.
    DiarizedJson,
}

impl TranscriptionFormat {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "json" => Self::Json,
            "text" => Self::Text,
            "srt" => Self::Srt,
            "vtt" => Self::Vtt,
            "verbose_json" => Self::VerboseJson,
            "diarized_json" => Self::DiarizedJson,
            _ => return None,
        })
    }
}

/// What is asked.
#[derive(Debug, Default)]
pub struct Asked {
    /// Words that may occur.
    pub prompt: String,
    /// What the answer looks like.
    pub format: TranscriptionFormat,
    /// Whether words have times of their own.
    pub words: bool,
}

/// A recording that was received whole, and what is asked of it.
#[derive(Debug)]
pub struct Transcription {
    /// What is asked.
    pub asked: Asked,
    pub(super) received: Received,
}

impl Transcription {
    /// What to record; the blob is held as long as this lives.
    #[must_use]
    pub fn document(&self) -> shoki_store::model::NewDocument {
        self.received.document.clone()
    }

    /// Removes the blob again: nothing was recorded.
    pub async fn forget(self, shared: &Shared, actor: &Actor) {
        let blob = self.received.stored.blob;
        drop(self);
        forget(shared, actor, &[blob]).await;
    }
}

/// Receives the form.
///
/// # Errors
/// Whatever the file or a field is refused for; nothing is left behind then.
pub async fn transcription(
    shared: &Shared,
    actor: &Actor,
    request: Request,
) -> Result<Transcription, AboutField> {
    let other = |problem: Problem| (problem, None);
    let most = shared.api.settings.max_file_bytes();
    check_announced(shared, request.headers(), most).map_err(other)?;
    let place = Place::take(shared).map_err(other)?;
    let mut parts = Parts::open(request).map_err(other)?;
    let (mut asked, mut received) = (Asked::default(), None);
    let read = read(shared, actor, &mut parts, &mut asked, &mut received).await;
    drop(place);
    match (read, received) {
        (Ok(()), Some(received)) => Ok(Transcription { asked, received }),
        (Ok(()), None) => {
            let sentence = format!("「{FILE}」という名前で録音を付けてください。");
            Err((Problem::new(ErrorCode::BadRequest).detail(sentence), Some(FILE)))
        }
        (Err(refusal), received) => {
            if let Some(received) = received {
                let blob = received.stored.blob;
                drop(received);
                forget(shared, actor, &[blob]).await;
            }
            Err(refusal)
        }
    }
}

async fn read(
    shared: &Shared,
    actor: &Actor,
    parts: &mut Parts,
    asked: &mut Asked,
    received: &mut Option<Received>,
) -> Result<(), AboutField> {
    let other = |problem: Problem| (problem, None);
    while let Some(mut part) = parts.next().await.map_err(other)? {
        if part.name() == Some(FILE) {
            if received.is_some() {
                let twice = Problem::new(ErrorCode::BadRequest).detail("録音は1つだけ付けてください。");
                return Err((twice, Some(FILE)));
            }
            let file = receive(shared, actor, &mut part).await;
            let file = received.insert(file.map_err(|problem| (problem, Some(FILE)))?);
            if !file.document.media.is_some_and(|media| media.is_recording()) {
                return Err((Problem::new(ErrorCode::NotRecording), Some(FILE)));
            }
            continue;
        }
        let name = part.name().unwrap_or_default().to_owned();
        let value = field(&mut part).await.map_err(other)?;
        take(&name, &value, asked)?;
    }
    Ok(())
}

async fn field(part: &mut Part) -> Result<String, Problem> {
    part.text(MAX_FIELD_BYTES).await
}

fn take(name: &str, value: &str, asked: &mut Asked) -> Result<(), AboutField> {
    let refused = |sentence: &str, field| {
        let problem = Problem::new(ErrorCode::OptionUnusable).detail(sentence);
        Err((problem, Some(field)))
    };
    match name {
        "prompt" => value.clone_into(&mut asked.prompt),
        "response_format" => match TranscriptionFormat::parse(value) {
            Some(format) => asked.format = format,
            None => {
                return refused(
                    "response_format は json・text・srt・vtt・verbose_json・diarized_json のどれかです。",
                    "response_format",
                );
            }
        },
        "timestamp_granularities[]" | "timestamp_granularities" => asked.words |= value == "word",
        "language" if !["", "ja", "jpn", "japanese"].contains(&value.to_ascii_lowercase().as_str()) => {
            return refused(
                "聞き取れるのは日本語だけです。language は ja にするか、省いてください。",
                "language",
            );
        }
        "stream" if value == "true" => {
            return refused(
                "stream は使えません。発言の途中の字幕が必要なときは /v1/live を使ってください。",
                "stream",
            );
        }
        _ => {}
    }
    Ok(())
}
