//! What a session hears with, made when its captions begin.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use shoki_core::audio::SampleSpan;
use shoki_core::code::ErrorCode;
use shoki_core::live::LiveCodec;
use shoki_core::voice::VoiceVector;
use shoki_decode::Decoder;
use shoki_engine::SpeakerEncoder;
use shoki_speech::live::{Hearing, LiveRules, MeanVoice};
use shoki_speech::pcm::PcmFile;
use shoki_speech::{SpeechError, speakers, terms};

use super::opus::OpusEar;
use super::session::SessionHead;
use crate::model_watch::Engines;

/// Makes what a session hears with, or says why it cannot be had now.
pub type HearingMaker = Arc<dyn Fn(&SessionHead) -> Result<Made, ErrorCode> + Send + Sync>;

/// What a session hears with.
#[derive(Debug)]
pub struct Made {
    /// Detector, recogniser, voices.
    pub hearing: Hearing,
    /// Likeness from which two utterances are one person's.
    pub same_voice: f32,
    /// How utterances are cut for the recogniser.
    pub rules: LiveRules,
    /// Opens messages.
    pub ear: Ear,
}

/// Messages → sound (16 kHz, one channel).
#[derive(Debug)]
pub enum Ear {
    /// They are samples.
    Pcm,
    /// They are Opus packets.
    Opus(Box<OpusEar>),
}

impl Ear {
    /// For a codec; small files of the decoder are made in `scratch`.
    #[must_use]
    pub fn new(codec: LiveCodec, decoder: &Decoder, scratch: PathBuf) -> Self {
        match codec {
            LiveCodec::Pcm16 => Self::Pcm,
            LiveCodec::Opus => Self::Opus(Box::new(OpusEar::new(decoder.clone(), scratch))),
        }
    }

    /// The sound of a message, or of some before it as well.
    pub fn hear(&mut self, payload: Vec<u8>) -> Vec<i16> {
        match self {
            Self::Pcm => samples(&payload),
            Self::Opus(ear) => ear.hear(payload),
        }
    }

    /// The sound of messages that wait for more.
    pub fn flush(&mut self) -> Vec<i16> {
        match self {
            Self::Pcm => Vec::new(),
            Self::Opus(ear) => ear.flush(),
        }
    }
}

/// With the models of this installation as soon as they are ready; small files are made in `scratch`.
#[must_use]
pub fn of_engines(engines: Engines, scratch: PathBuf) -> HearingMaker {
    Arc::new(move |head| {
        let ready = engines.borrow().clone().ok_or(ErrorCode::NotReady)?;
        let models = ready.speech().ok_or(ErrorCode::ModelMissing)?;
        let ears = models.live().map_err(|error| {
            tracing::error!(error = format!("{error:#}"), "no recogniser for live captions");
            ErrorCode::EngineFailed
        })?;
        let (mut detector, options) = (ears.detector, &head.options);
        let meeting_terms = options.terms.clone();
        let same_voice = ears.voices.settings().same_voice;
        Ok(Made {
            hearing: Hearing {
                activity: Box::new(move |samples| Ok(detector.probabilities(samples)?)),
                recogniser: Box::new(ears.recogniser),
                voice: Some(mean_voice(ears.voices, scratch.clone())),
                prompt: terms::prompt(&options.terms, &options.attendees, models.prompt_characters()),
                put_terms: Box::new(move |tokens| terms::replace(tokens, &meeting_terms)),
            },
            same_voice,
            rules: LiveRules::for_windows(models.longest_window()),
            ear: Ear::new(head.codec, ready.decoder(), scratch.clone()),
        })
    })
}

/// The mean of an utterance's windows. The encoder reads files, so the utterance becomes one for a moment.
fn mean_voice(mut encoder: SpeakerEncoder, scratch: PathBuf) -> MeanVoice {
    Box::new(move |samples: &[i16], speech: &[SampleSpan]| {
        let pcm = PcmFile::new(small_file(&scratch, samples)?, 1)?;
        let windows = speakers::embed_windows(&pcm, 0, speech, &mut encoder)?;
        let mut sum: Vec<f32> = Vec::new();
        for window in &windows {
            let voice = window.voice.unpack();
            sum.resize(voice.len(), 0.0);
            for (sum, value) in sum.iter_mut().zip(voice) {
                *sum += value;
            }
        }
        Ok((!sum.is_empty()).then(|| VoiceVector::pack(&sum)))
    })
}

fn small_file(scratch: &Path, samples: &[i16]) -> Result<std::fs::File, SpeechError> {
    let mut file = tempfile::tempfile_in(scratch)?;
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    file.write_all(&bytes)?;
    Ok(file)
}

fn samples(payload: &[u8]) -> Vec<i16> {
    let pairs = payload.as_chunks::<2>().0;
    pairs.iter().map(|&pair| i16::from_le_bytes(pair)).collect()
}
