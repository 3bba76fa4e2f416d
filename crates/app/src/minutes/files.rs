//! The result files of a recording: the meeting whole, its voices, the listening copy, and every form of
//! output that a desk takes.
//!
//! Promise: what `shoki transcribe` writes is what a job leaves. Never: a file under its name that is not
//! whole at the end.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use shoki_core::code::ErrorCode;
use shoki_core::digest::Sha256;
use shoki_core::meeting::{
    ExportFormat, LISTENING_COPY, MEETING_JSON, MeetingResult, MinutesOptions, VOICES_JSON,
};
use shoki_core::minutes_style::MinutesStyle;
use shoki_core::outcome::MinutesOutcome;
use shoki_core::transcript::Transcript;
use shoki_core::voice::VoiceWindow;
use shoki_speech::export::Exported;
use shoki_speech::meeting::{self, WindowPiece};
use shoki_speech::terms::Vocabulary;
use shoki_speech::vad::ChannelSpeech;
use shoki_speech::{listening, minutes, speakers};

use super::plan_file::PlanFile;
use crate::forms::result_writer::ResultFile;

/// What is known about a meeting beside its sound.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// The document's name.
    pub name: &'a str,
    /// What a person said.
    pub options: &'a MinutesOptions,
    /// The 様式.
    pub style: &'a MinutesStyle,
    /// Name and version of the recogniser.
    pub recogniser: &'a str,
    /// Mean probability below which its text is doubted.
    pub unsure_below: f32,
    /// The model that tells voices.
    pub voices: Sha256,
}

/// What speakers are found anew from, without sound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeetingVoices {
    /// What each window sounds like.
    pub windows: Vec<VoiceWindow>,
    /// Where somebody speaks.
    pub speech: Vec<ChannelSpeech>,
}

/// The file name without its extension, for the names of exports.
#[must_use]
pub fn stem_of(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    }
}

/// Finds the speakers, puts the segments together and writes everything into `directory`.
///
/// # Errors
/// From the file system, and what speech reports.
pub fn write(
    opened: &PlanFile,
    pieces: &[Result<WindowPiece, ErrorCode>],
    told: &Told<'_>,
    directory: &Path,
    goes_on: &mut dyn FnMut() -> bool,
) -> anyhow::Result<(MinutesOutcome, Vec<ResultFile>)> {
    let speech = &opened.listing.speech;
    let windows: Vec<VoiceWindow> = pieces
        .iter()
        .flatten()
        .flat_map(|piece| piece.voices.iter().cloned())
        .collect();
    let mut diarization =
        speakers::diarize(&windows, speech, told.options.speakers, opened.plan.report.layout);
    diarization.model = Some(told.voices);
    let assembled = meeting::assemble(&opened.listing, pieces, &diarization, told.unsure_below);
    let mut transcript = assembled.transcript;
    let vocabulary = Vocabulary::new(&told.options.terms);
    for segment in &mut transcript.segments {
        segment.replacements = vocabulary.replace(&mut segment.tokens);
    }
    let outcome = outcome_of(opened, &transcript, assembled.windows_failed, &diarization);
    let mut files = Files {
        directory,
        written: Vec::new(),
    };
    let stem = stem_of(told.name);
    let options = titled(told);
    let composed = minutes::compose(&transcript, &options, told.style, opened.plan.duration, &[]);
    let exported = Exported {
        transcript: &transcript,
        minutes: &composed,
        options: &options,
        duration: opened.plan.duration,
        report: Some(&opened.plan.report),
    };
    for format in ExportFormat::ALL {
        let bytes = exported.bytes(format, None)?;
        files.put(format.name_for(stem), format.media_type(), &bytes)?;
    }
    let meeting = MeetingResult {
        transcript,
        diarization,
        duration: opened.plan.duration,
        report: opened.plan.report.clone(),
        parts: opened.plan.parts.clone(),
        recogniser: told.recogniser.to_owned(),
    };
    files.put(
        MEETING_JSON.to_owned(),
        "application/json",
        &serde_json::to_vec(&meeting)?,
    )?;
    let voices = MeetingVoices {
        windows,
        speech: speech.clone(),
    };
    files.put(
        VOICES_JSON.to_owned(),
        "application/json",
        &serde_json::to_vec(&voices)?,
    )?;
    let path = directory.join(LISTENING_COPY);
    let mut copy = BufWriter::new(File::create(&path)?);
    let copied = listening::write(&opened.pcm, &mut copy, goes_on)?;
    anyhow::ensure!(copied.is_some(), "nobody wants the result any more");
    copy.flush()?;
    files.written.push(ResultFile {
        name: LISTENING_COPY.to_owned(),
        media_type: listening::MEDIA_TYPE,
        path,
    });
    Ok((outcome, files.written))
}

/// The options with a title: the file's name where nobody gave one.
#[must_use]
pub fn titled(told: &Told<'_>) -> MinutesOptions {
    let mut options = told.options.clone();
    options.title.get_or_insert_with(|| stem_of(told.name).to_owned());
    options
}

fn outcome_of(
    opened: &PlanFile,
    transcript: &Transcript,
    windows_failed: u32,
    diarization: &shoki_core::voice::Diarization,
) -> MinutesOutcome {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let segments = &transcript.segments;
    MinutesOutcome {
        duration_ms: opened.plan.duration.0,
        speech_ms: opened.listing.spoken().0,
        windows_heard: opened.plan.windows - windows_failed.min(opened.plan.windows),
        windows_failed,
        segments: count(segments.len()),
        segments_to_check: count(
            segments
                .iter()
                .filter(|segment| !segment.doubts.is_empty())
                .count(),
        ),
        characters: count(
            segments
                .iter()
                .map(|segment| segment.text().chars().count())
                .sum(),
        ),
        speakers: count(diarization.speakers.len()),
    }
}

struct Files<'a> {
    directory: &'a Path,
    written: Vec<ResultFile>,
}

impl Files<'_> {
    fn put(&mut self, name: String, media_type: &'static str, bytes: &[u8]) -> std::io::Result<()> {
        // The number, not the name: a document's name may hold anything.
        let path = self.directory.join(format!("result-{}", self.written.len()));
        std::fs::write(&path, bytes)?;
        self.written.push(ResultFile {
            name,
            media_type,
            path,
        });
        Ok(())
    }
}
