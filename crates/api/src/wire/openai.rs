//! The shapes of OpenAI's transcription API, as its clients read them.
//!
//! Where a number of theirs is a measurement that we do not keep (compression, no-speech probability), it
//! says on which side of their documented threshold the segment is: that is all a client may do with it.

use serde::Serialize;
use shoki_core::meeting::{MeetingResult, Term};
use shoki_core::transcript::{Doubt, Segment, Transcript};
use utoipa::ToSchema;

/// Longest term taken out of a prompt, characters (as `core::meeting`).
const MAX_TERM: usize = shoki_core::meeting::MAX_TERM_CHARS;

/// The form.
#[derive(Debug, ToSchema)]
pub struct TranscriptionForm {
    /// The recording.
    #[schema(value_type = String, format = Binary)]
    pub file: Vec<u8>,
    /// Not looked at: the office's recogniser hears, and is named in the answer.
    #[schema(example = "whisper-1")]
    pub model: Option<String>,
    /// `ja`.
    pub language: Option<String>,
    /// Names and terms, separated by 、 , or lines.
    pub prompt: Option<String>,
    /// `json`, `text`, `srt`, `vtt`, `verbose_json`, `diarized_json`.
    pub response_format: Option<String>,
    /// `word`, `segment`.
    #[schema(rename = "timestamp_granularities[]")]
    pub timestamp_granularities: Option<Vec<String>>,
}

/// How it is counted.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageBody {
    /// `duration`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Length of the recording.
    pub seconds: f64,
}

/// `json`.
#[derive(Debug, Serialize, ToSchema)]
pub struct TranscriptionBody {
    /// The whole text.
    pub text: String,
    /// The recogniser that heard it.
    pub model: String,
    /// How it is counted.
    pub usage: UsageBody,
}

/// `verbose_json`.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerboseBody {
    /// `transcribe`.
    pub task: &'static str,
    /// `japanese`.
    pub language: &'static str,
    /// Seconds.
    pub duration: f64,
    /// The whole text.
    pub text: String,
    /// Segments with times.
    pub segments: Vec<VerboseSegment>,
    /// Words with times, when asked for: the recogniser's own pieces, a character or a few.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<Vec<WordBody>>,
    /// The recogniser that heard it.
    pub model: String,
    /// How it is counted.
    pub usage: UsageBody,
}

/// A segment of `verbose_json`.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerboseSegment {
    /// From 0.
    pub id: u64,
    /// Always 0.
    pub seek: u64,
    /// Seconds.
    pub start: f64,
    /// Seconds.
    pub end: f64,
    /// The text.
    pub text: String,
    /// Always empty: numbers of a recogniser's vocabulary mean nothing outside it.
    pub tokens: Vec<u64>,
    /// Always 0.
    pub temperature: f64,
    /// Mean log-probability; −1 and less is doubtful.
    pub avg_logprob: f64,
    /// Above 2.4 where the text goes round in circles, else 1.
    pub compression_ratio: f64,
    /// 1 where the recogniser took it for silence, else 0.
    pub no_speech_prob: f64,
    /// Who speaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
}

/// A word.
#[derive(Debug, Serialize, ToSchema)]
pub struct WordBody {
    /// It.
    pub word: String,
    /// Seconds.
    pub start: f64,
    /// Seconds.
    pub end: f64,
}

/// `diarized_json`.
#[derive(Debug, Serialize, ToSchema)]
pub struct DiarizedBody {
    /// `transcribe`.
    pub task: &'static str,
    /// Seconds.
    pub duration: f64,
    /// The whole text.
    pub text: String,
    /// Segments with times and speakers.
    pub segments: Vec<DiarizedSegment>,
    /// The recogniser that heard it.
    pub model: String,
    /// How it is counted.
    pub usage: UsageBody,
}

/// A segment of `diarized_json`.
#[derive(Debug, Serialize, ToSchema)]
pub struct DiarizedSegment {
    /// `transcript.text.segment`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Id.
    pub id: String,
    /// Seconds.
    pub start: f64,
    /// Seconds.
    pub end: f64,
    /// The text.
    pub text: String,
    /// Who speaks, `話者1` or the name.
    pub speaker: String,
}

/// An error as OpenAI's clients read it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenAiError {
    /// The error.
    pub error: OpenAiErrorBody,
}

/// The inside of [`OpenAiError`].
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenAiErrorBody {
    /// What happened and what to do, in Japanese.
    pub message: String,
    /// Kind.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The field it is about.
    pub param: Option<&'static str>,
    /// Our stable code.
    pub code: &'static str,
}

/// Segments in which something was said.
fn said(transcript: &Transcript) -> impl Iterator<Item = &Segment> {
    transcript
        .segments
        .iter()
        .filter(|segment| !segment.tokens.is_empty())
}

/// The whole text, a segment a line as a reader wants it.
#[must_use]
pub fn text_of(meeting: &MeetingResult) -> String {
    let lines: Vec<String> = said(&meeting.transcript).map(Segment::text).collect();
    lines.join("\n")
}

impl From<&MeetingResult> for UsageBody {
    fn from(meeting: &MeetingResult) -> Self {
        Self {
            kind: "duration",
            seconds: meeting.duration.seconds(),
        }
    }
}

impl From<&MeetingResult> for TranscriptionBody {
    fn from(meeting: &MeetingResult) -> Self {
        Self {
            text: text_of(meeting),
            model: meeting.recogniser.clone(),
            usage: meeting.into(),
        }
    }
}

impl VerboseBody {
    /// With words when asked for.
    #[must_use]
    pub fn of(meeting: &MeetingResult, words: bool) -> Self {
        let transcript = &meeting.transcript;
        let word = |token: &shoki_core::transcript::Token| WordBody {
            word: token.text.clone(),
            start: token.start.seconds(),
            end: token.end.seconds(),
        };
        Self {
            task: "transcribe",
            language: "japanese",
            duration: meeting.duration.seconds(),
            text: text_of(meeting),
            segments: (0..)
                .zip(said(transcript))
                .map(|(id, segment)| verbose(id, segment))
                .collect(),
            words: words.then(|| {
                said(transcript)
                    .flat_map(|segment| &segment.tokens)
                    .map(word)
                    .collect()
            }),
            model: meeting.recogniser.clone(),
            usage: meeting.into(),
        }
    }
}

fn verbose(id: u64, segment: &Segment) -> VerboseSegment {
    let doubted = |doubt| segment.doubts.contains(&doubt);
    let tokens = &segment.tokens;
    #[expect(clippy::cast_precision_loss, reason = "hundreds of tokens")]
    let mean = tokens
        .iter()
        .map(|token| f64::from(token.probability).max(1e-6).ln())
        .sum::<f64>()
        / tokens.len().max(1) as f64;
    let goes_round = doubted(Doubt::Repeats) || doubted(Doubt::Compressible);
    VerboseSegment {
        id,
        seek: 0,
        start: segment.start.seconds(),
        end: segment.end.seconds(),
        text: segment.text(),
        tokens: Vec::new(),
        temperature: 0.0,
        avg_logprob: mean,
        compression_ratio: if goes_round { 3.0 } else { 1.0 },
        no_speech_prob: f64::from(u8::from(doubted(Doubt::NoSpeech))),
        speaker: segment.speaker.map(|speaker| speaker.to_string()),
    }
}

impl From<&MeetingResult> for DiarizedBody {
    fn from(meeting: &MeetingResult) -> Self {
        let transcript = &meeting.transcript;
        let of = |segment: &Segment| DiarizedSegment {
            kind: "transcript.text.segment",
            id: format!("seg_{:03}", segment.id.0),
            start: segment.start.seconds(),
            end: segment.end.seconds(),
            text: segment.text(),
            speaker: segment.speaker.and_then(|id| transcript.speaker(id)).map_or_else(
                || "話者不明".to_owned(),
                shoki_core::transcript::Speaker::shown_ja,
            ),
        };
        Self {
            task: "transcribe",
            duration: meeting.duration.seconds(),
            text: text_of(meeting),
            segments: said(transcript).map(of).collect(),
            model: meeting.recogniser.clone(),
            usage: meeting.into(),
        }
    }
}

/// The terms of a prompt: what stands between 、 , and line ends, and is short enough to be a term. A sentence
/// is none.
#[must_use]
pub fn terms_of(prompt: &str) -> Vec<Term> {
    prompt
        .split(['、', ',', '，', '\n', ';', '。'])
        .map(str::trim)
        .filter(|term| !term.is_empty() && term.chars().count() <= MAX_TERM)
        .take(shoki_core::meeting::MAX_TERMS)
        .map(|term| Term {
            written: term.to_owned(),
            reading: None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_becomes_terms() {
        let written: Vec<String> = terms_of("浅川市、DX推進,高齢福祉課\n小林")
            .into_iter()
            .map(|term| term.written)
            .collect();
        assert_eq!(written, ["浅川市", "DX推進", "高齢福祉課", "小林"]);
        assert_eq!(terms_of(&"長".repeat(MAX_TERM + 1)), []);
        assert_eq!(terms_of("、 ,"), []);
    }
}
