//! The work of a recording on an engine thread: plan it, hear a window, put it together.
//!
//! Promises: memory of a window however long the recording (voices and texts of all windows at assembly);
//! work whose asker has gone ends at the next block or window. Never: a spoken word in a log.

use std::fs::File;
use std::path::{Path, PathBuf};

use shoki_core::audio::{DecodedRecording, EarlyStop, SampleIndex};
use shoki_core::code::ErrorCode;
use shoki_core::id::DocumentId;
use shoki_core::media::MediaKind;
use shoki_core::meeting::{MinutesOptions, RecordingPart};
use shoki_core::minutes_style::MinutesStyle;
use shoki_core::outcome::MinutesOutcome;
use shoki_decode::Decoder;
use shoki_speech::meeting::{self, WindowPiece};
use shoki_speech::pcm::PcmFile;
use shoki_speech::terms;
use shoki_store::model::UnitFailure;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::ears::Ears;
use super::files::{self, Told};
use super::plan_file;
use crate::forms::result_writer::ResultFile;

/// Name of the plan in its directory.
const PLAN: &str = "plan";

/// One file of a meeting.
#[derive(Debug)]
pub struct PartFile {
    /// Its document.
    pub document: DocumentId,
    /// The file's name, for sentences.
    pub name: String,
    /// The bytes.
    pub file: File,
    /// What it is.
    pub media: MediaKind,
}

/// What a thread can be asked.
#[derive(Debug)]
pub enum MinutesWork {
    /// Decode, measure, find speech, cut.
    Plan {
        /// The files, in order.
        parts: Vec<PartFile>,
        /// An empty directory for the plan.
        directory: TempDir,
        /// Cancelled when nobody wants the answer any more.
        unwanted: CancellationToken,
    },
    /// Hear one window.
    Window {
        /// The plan.
        plan: File,
        /// Which, from 0.
        index: u32,
        /// What was said about the meeting.
        options: MinutesOptions,
    },
    /// Put it together and write the result files.
    Assemble(Box<AssembleWork>),
}

/// What is put together.
#[derive(Debug)]
pub struct AssembleWork {
    /// The plan.
    pub plan: File,
    /// What each window amounts to, in order.
    pub pieces: Vec<Result<WindowPiece, ErrorCode>>,
    /// What was said about the meeting.
    pub options: MinutesOptions,
    /// The 様式.
    pub style: MinutesStyle,
    /// The document's name.
    pub name: String,
    /// An empty directory for the files.
    pub directory: TempDir,
    /// Cancelled when nobody wants the answer any more.
    pub unwanted: CancellationToken,
}

/// What comes back.
#[derive(Debug)]
pub enum MinutesProduct {
    /// Windows to be heard, and the plan's file in its directory.
    Planned(u32, PathBuf, TempDir),
    /// A window's piece (JSON).
    Heard(Vec<u8>),
    /// The result.
    Assembled(MinutesOutcome, Vec<ResultFile>, TempDir),
}

/// Does one thing.
///
/// # Errors
/// The code and the place of the trouble, without contents.
pub fn perform(
    work: MinutesWork,
    decoder: &Decoder,
    ears: Option<&mut Ears>,
) -> Result<MinutesProduct, UnitFailure> {
    let ears = ears.ok_or_else(|| code(ErrorCode::ModelMissing))?;
    match work {
        MinutesWork::Plan {
            parts,
            directory,
            unwanted,
        } => plan(parts, directory, &unwanted, decoder, ears),
        MinutesWork::Window { plan, index, options } => hear(plan, index, &options, ears),
        MinutesWork::Assemble(work) => assemble(*work, ears),
    }
}

fn code(code: ErrorCode) -> UnitFailure {
    UnitFailure { code, detail: None }
}

fn internal(error: &anyhow::Error) -> UnitFailure {
    tracing::error!(error = format!("{error:#}"), "a recording's file cannot be used");
    code(ErrorCode::Internal)
}

/// A failure of the speech pipeline.
fn failed(error: &shoki_speech::SpeechError) -> UnitFailure {
    tracing::warn!(error = error as &dyn std::error::Error, "not heard");
    code(error.code())
}

fn plan(
    parts: Vec<PartFile>,
    directory: TempDir,
    unwanted: &CancellationToken,
    decoder: &Decoder,
    ears: &mut Ears,
) -> Result<MinutesProduct, UnitFailure> {
    let goes_on = || !unwanted.is_cancelled();
    let (pcm, decoded_parts) = decode(&parts, directory.path(), &goes_on, decoder)?;
    let whole = whole_of(&decoded_parts);
    let planned = meeting::plan(pcm, &whole, &mut ears.detector, ears.rules, &mut || goes_on())
        .map_err(|error| failed(&error))?
        .ok_or_else(|| code(ErrorCode::RecordingStopped))?;
    let path = directory.path().join(PLAN);
    let head = plan_file::write(&path, &planned, decoded_parts).map_err(|error| internal(&error))?;
    Ok(MinutesProduct::Planned(head.windows, path, directory))
}

/// All files decoded one behind the other.
fn decode(
    parts: &[PartFile],
    directory: &Path,
    goes_on: &dyn Fn() -> bool,
    decoder: &Decoder,
) -> Result<(PcmFile, Vec<RecordingPart>), UnitFailure> {
    let mut whole: Option<PcmFile> = None;
    let mut decoded_parts = Vec::new();
    for part in parts {
        let at_part = |code| UnitFailure {
            code,
            detail: (parts.len() > 1).then(|| part.name.clone()),
        };
        let scratch = || {
            let made = tempfile::tempfile_in(directory);
            made.map_err(|error| internal(&error.into()))
        };
        let into = scratch()?;
        let decoded = decoder
            .recording(&part.file, part.media, &into, &|_| goes_on())
            .map_err(|error| {
                tracing::info!(error = &error as &dyn std::error::Error, "recording not decoded");
                at_part(error.code())
            })?;
        let mut pcm = PcmFile::new(into, decoded.channels).map_err(|error| failed(&error))?;
        let begins = whole.as_ref().map_or(0, PcmFile::samples);
        decoded_parts.push(RecordingPart {
            document: part.document,
            begins: SampleIndex(begins),
            decoded,
        });
        whole = Some(match whole {
            None => pcm,
            Some(mut before) => {
                // Files of one meeting with one and two channels: the channels no longer mean people.
                let mono = |pcm: PcmFile| match pcm.channels() {
                    2 => pcm.into_mono(None),
                    _ => Ok(pcm),
                };
                if before.channels() != pcm.channels() {
                    before = mono(before).map_err(|error| failed(&error))?;
                    pcm = mono(pcm).map_err(|error| failed(&error))?;
                }
                before.append(&pcm).map_err(|error| failed(&error))?;
                before
            }
        });
    }
    let whole = whole.ok_or_else(|| code(ErrorCode::EmptyDocument))?;
    Ok((whole, decoded_parts))
}

/// The files as one recording, for the report: incomplete when one of them is.
fn whole_of(parts: &[RecordingPart]) -> DecodedRecording {
    let first = &parts[0].decoded;
    let incomplete = parts
        .iter()
        .find(|part| part.decoded.stopped.is_some())
        .map(|part| (part.begins.time(), &part.decoded));
    let mut info = incomplete.map_or_else(|| first.info.clone(), |(_, decoded)| decoded.info.clone());
    if let Some((begins, _)) = incomplete {
        info.declared = info
            .declared
            .map(|declared| shoki_core::audio::Millis(declared.0 + begins.0));
    }
    DecodedRecording {
        info,
        channels: first.channels,
        samples: parts.iter().map(|part| part.decoded.samples).sum(),
        stopped: incomplete.and_then(|(begins, decoded)| {
            decoded.stopped.map(|stop| EarlyStop {
                at: shoki_core::audio::Millis(stop.at.0 + begins.0),
                reason: stop.reason,
            })
        }),
        damaged_packets: parts.iter().map(|part| part.decoded.damaged_packets).sum(),
    }
}

fn hear(
    plan: File,
    index: u32,
    options: &MinutesOptions,
    ears: &mut Ears,
) -> Result<MinutesProduct, UnitFailure> {
    let (pcm, window) = plan_file::open_window(plan, index).map_err(|error| internal(&error))?;
    let prompt = terms::prompt(&options.terms, &options.attendees, ears.prompt_characters);
    let piece = ears
        .listener
        .hear(&pcm, &window, &prompt)
        .map_err(|error| UnitFailure {
            detail: Some(window.start().time().words_ja()),
            ..failed(&error)
        })?;
    let json = serde_json::to_vec(&piece).map_err(|error| internal(&error.into()))?;
    Ok(MinutesProduct::Heard(json))
}

fn assemble(work: AssembleWork, ears: &Ears) -> Result<MinutesProduct, UnitFailure> {
    let AssembleWork {
        plan,
        pieces,
        options,
        style,
        name,
        directory,
        unwanted,
    } = work;
    let opened = plan_file::open(plan).map_err(|error| internal(&error))?;
    let told = Told {
        name: &name,
        options: &options,
        style: &style,
        recogniser: &ears.recogniser_name,
        unsure_below: ears.unsure_below,
        voices: ears.listener.voices_fingerprint(),
        same_mean: ears.listener.same_mean(),
    };
    let (outcome, written) = files::write(&opened, pieces, &told, directory.path(), &mut || {
        !unwanted.is_cancelled()
    })
    .map_err(|error| internal(&error))?;
    Ok(MinutesProduct::Assembled(outcome, written, directory))
}
