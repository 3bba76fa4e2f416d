//! The result files of a recording: the meeting whole, its voices, the listening copy, and every form of
//! output that a desk takes.
//!
//! Promise: what `shoki transcribe` writes is what a job leaves. Never: a file under its name that is not
//! whole at the end.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use shoki_core::audio_report::ChannelLayout;
use shoki_core::code::ErrorCode;
use shoki_core::digest::Sha256;
use shoki_core::meeting::{
    ExportFormat, LISTENING_COPY, MEETING_JSON, MeetingResult, MinutesOptions, VOICES_JSON,
};
use shoki_core::minutes_style::MinutesStyle;
use shoki_core::outcome::MinutesOutcome;
use shoki_core::speakers::SpeakerCount;
use shoki_core::transcript::Transcript;
use shoki_core::voice::{Diarization, VoiceWindow};
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
    /// The model that tells voices here and now.
    pub voices: Sha256,
    /// Likeness from which its people of two channels are one.
    pub same_mean: f32,
}

/// What speakers are found anew from, without sound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeetingVoices {
    /// What each window sounds like.
    pub windows: Vec<VoiceWindow>,
    /// Where somebody speaks.
    pub speech: Vec<ChannelSpeech>,
    /// Likeness from which people of two channels are one, as far as it was written down.
    #[serde(default)]
    pub same_mean: Option<f32>,
}

impl MeetingVoices {
    /// Who spoke when, of as many people as `count` says.
    #[must_use]
    pub fn diarize(&self, count: SpeakerCount, layout: ChannelLayout) -> Diarization {
        let usual = speakers::Rules::default();
        let rules = speakers::Rules {
            count,
            same_mean: self.same_mean.unwrap_or(usual.same_mean),
            ..usual
        };
        speakers::diarize_by(&self.windows, &self.speech, layout, &rules)
    }
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
    mut pieces: Vec<Result<WindowPiece, ErrorCode>>,
    told: &Told<'_>,
    directory: &Path,
    goes_on: &mut dyn FnMut() -> bool,
) -> anyhow::Result<(MinutesOutcome, Vec<ResultFile>)> {
    let (model, windows) = take_voices(&mut pieces, told.voices);
    let voices = MeetingVoices {
        windows,
        speech: opened.listing.speech.clone(),
        same_mean: (model == told.voices).then_some(told.same_mean),
    };
    let mut diarization = voices.diarize(told.options.speakers, opened.plan.report.layout);
    diarization.model = Some(model);
    let assembled = meeting::assemble(&opened.listing, &pieces, &diarization, told.unsure_below);
    drop(pieces);
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

/// Takes the voices out of all pieces, and tells the model that they are of. Where another one was installed while
/// the recording was heard, those of the model that heard most: the others cannot be compared with them.
fn take_voices(pieces: &mut [Result<WindowPiece, ErrorCode>], own: Sha256) -> (Sha256, Vec<VoiceWindow>) {
    let mut heard: BTreeMap<Sha256, usize> = BTreeMap::new();
    for piece in pieces.iter().flatten() {
        *heard.entry(piece.model.unwrap_or(own)).or_default() += piece.voices.len();
    }
    let most = heard
        .into_iter()
        .max_by_key(|&(model, windows)| (windows, model == own));
    let most = most.map_or(own, |(model, _)| model);
    let of_most = pieces.iter_mut().flatten();
    let of_most = of_most.filter(|piece| piece.model.unwrap_or(own) == most);
    let voices = of_most.flat_map(|piece| std::mem::take(&mut piece.voices));
    (most, voices.collect())
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
    diarization: &Diarization,
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

#[cfg(test)]
mod tests {
    use shoki_core::audio::SampleSpan;
    use shoki_core::voice::{VoiceVector, WindowKind};

    use super::*;

    #[test]
    fn voices_of_two_models_are_never_mixed() {
        let model = |byte: u8| Sha256::from_bytes([byte; 32]);
        let piece = |of: Option<u8>, windows: u64| {
            let window = |nth: u64| VoiceWindow {
                channel: 0,
                span: SampleSpan::new(nth, nth + 1),
                voice: VoiceVector::pack(&[1.0]),
                kind: WindowKind::Sliding,
            };
            Ok(WindowPiece {
                voices: (0..windows).map(window).collect(),
                model: of.map(model),
                ..WindowPiece::default()
            })
        };
        let of = |pieces: &mut [Result<WindowPiece, ErrorCode>]| {
            let (own, voices) = take_voices(pieces, model(1));
            (own, voices.len())
        };
        assert_eq!(of(&mut []), (model(1), 0));
        // Pieces from before the model was written down are of the one that is here.
        let failed = Err(ErrorCode::EngineFailed);
        assert_eq!(
            of(&mut [piece(None, 3), failed, piece(Some(1), 4)]),
            (model(1), 7)
        );
        assert_eq!(of(&mut [piece(Some(2), 5), piece(Some(1), 4)]), (model(2), 5));
        assert_eq!(of(&mut [piece(Some(2), 4), piece(Some(1), 4)]), (model(1), 4));
    }
}
