//! A meeting as the desk describes it before it is heard, and the head of a recording's plan.
//!
//! Promises: what [`MinutesOptions::check`] lets through can be used as it is; the plan's blob holds, after
//! its head, the windows (JSON of `shoki_speech`) and the sound (interleaved little-endian `i16` at 16 kHz),
//! each at a range that the head names, so that a unit reads its window alone. Never: what was said.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::audio::{DecodedRecording, Millis, SampleIndex};
use crate::audio_report::AudioReport;
use crate::id::DocumentId;
use crate::minutes::TextLevel;
use crate::speakers::SpeakerCount;
use crate::transcript::Transcript;
use crate::voice::Diarization;

/// Characters of a name or a term.
pub const MAX_TERM_CHARS: usize = 60;
/// Terms of a 単語帳: more dilute the prompt and are no vocabulary any more.
pub const MAX_TERMS: usize = 2_000;
/// People of a meeting.
pub const MAX_ATTENDEES: usize = 200;
/// Files that are one meeting.
pub const MAX_RECORDING_PARTS: usize = 50;

/// What a person says about a recording when handing it in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MinutesOptions {
    /// The meeting's name; otherwise the file's.
    pub title: Option<String>,
    /// The day on which it was held.
    pub held_on: Option<Date>,
    /// Where.
    pub place: Option<String>,
    /// Who was there, as pasted: a name, with the office or role before or behind it.
    pub attendees: Vec<String>,
    /// How many speak.
    pub speakers: SpeakerCount,
    /// 単語帳: names and terms of this meeting.
    pub terms: Vec<Term>,
    /// Id of the 様式 of the minutes; otherwise the office's default.
    pub style: Option<String>,
    /// Recordings of the same 課 that go on where this one ends, in order.
    pub continued_by: Vec<DocumentId>,
}

/// A word of the 単語帳.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// As it shall be written.
    pub written: String,
    /// How it is said, in kana. With it, a text that was heard as the same sound is replaced.
    #[serde(default)]
    pub reading: Option<String>,
}

impl MinutesOptions {
    /// What is wrong, as a sentence for the desk; `None` when everything can be used.
    #[must_use]
    pub fn check(&self) -> Option<String> {
        let too_long = |text: &str| text.chars().count() > MAX_TERM_CHARS;
        if self.attendees.len() > MAX_ATTENDEES {
            return Some(format!("出席者は {MAX_ATTENDEES} 人までにしてください。"));
        }
        if self.terms.len() > MAX_TERMS {
            return Some(format!("単語帳は {MAX_TERMS} 語までにしてください。"));
        }
        if self.continued_by.len() >= MAX_RECORDING_PARTS {
            return Some(format!(
                "1つの会議にできるファイルは {MAX_RECORDING_PARTS} 個までです。"
            ));
        }
        if let Some(name) = self.attendees.iter().find(|name| too_long(name)) {
            let start: String = name.chars().take(10).collect();
            return Some(format!(
                "出席者「{start}…」が長すぎます。1行に1人ずつ、{MAX_TERM_CHARS} 文字までで書いてください。"
            ));
        }
        let unusable = self.terms.iter().find(|term| {
            term.written.trim().is_empty()
                || too_long(&term.written)
                || term.reading.as_deref().is_some_and(too_long)
        });
        if let Some(term) = unusable {
            let start: String = term.written.chars().take(10).collect();
            return Some(format!(
                "単語帳の「{start}」が使えません。単語は1文字以上 {MAX_TERM_CHARS} 文字までで書いてください。"
            ));
        }
        let reading = |term: &&Term| {
            term.reading
                .as_deref()
                .is_some_and(|reading| reading.is_empty() || !reading.chars().all(is_kana))
        };
        if let Some(term) = self.terms.iter().find(reading) {
            return Some(format!(
                "単語帳の「{}」の読みは、ひらがなかカタカナで書いてください。",
                term.written
            ));
        }
        self.speakers.check()
    }
}

/// Whether a reading may hold it.
const fn is_kana(c: char) -> bool {
    matches!(c, 'ぁ'..='ゖ' | 'ァ'..='ヺ' | 'ー' | '・' | ' ' | '\u{3000}')
}

/// One file of a meeting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingPart {
    /// The document.
    pub document: DocumentId,
    /// Where it begins in the whole.
    pub begins: SampleIndex,
    /// How it could be decoded.
    pub decoded: DecodedRecording,
}

/// Bytes of a plan's blob, counted from the end of its head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRange {
    /// The first.
    pub start: u64,
    /// The one after the last.
    pub end: u64,
}

/// The head of the blob that a recording's plan leaves for its units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordingPlan {
    /// The files, in order.
    pub parts: Vec<RecordingPart>,
    /// What was measured.
    pub report: AudioReport,
    /// How long the whole is.
    pub duration: Millis,
    /// Channels of the sound, 1 or 2.
    pub channels: u8,
    /// Windows to be heard.
    pub windows: u32,
    /// Where the windows and the speech lie.
    pub listing: PlanRange,
    /// Where each window lies by itself, for the unit that hears it; none in plans of before.
    #[serde(default)]
    pub each_window: Vec<PlanRange>,
    /// Where the sound lies.
    pub sound: PlanRange,
}

/// What assembling a recording leaves for the desk, whole: the artifact [`MEETING_JSON`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeetingResult {
    /// As it was heard; corrections are kept beside it.
    pub transcript: Transcript,
    /// Who spoke when. Speaker `n` of the transcript is the diarization's index `n` − 1.
    pub diarization: Diarization,
    /// How long the recording is.
    pub duration: Millis,
    /// What was measured.
    pub report: AudioReport,
    /// The files, in order.
    pub parts: Vec<RecordingPart>,
    /// The recogniser's manifest, `name version`.
    pub recogniser: String,
}

/// Name of the artifact with the [`MeetingResult`]. No export is called like one of these three, whatever the
/// recording is called ([`ExportFormat::name_for`]).
pub const MEETING_JSON: &str = "meeting.shoki.json";
/// Name of the artifact with what voices sound like (JSON of `shoki_speech`): speakers are found anew from it.
pub const VOICES_JSON: &str = "voices.shoki.json";
/// Name of the listening copy.
pub const LISTENING_COPY: &str = "listening.ogg";

/// A form in which a meeting leaves the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// The minutes as a Word document.
    Docx,
    /// The text, a line a segment.
    Txt,
    /// The minutes as Markdown.
    Md,
    /// Captions (SubRip).
    Srt,
    /// Captions (WebVTT).
    Vtt,
    /// Segments with times (JSON).
    Json,
}

impl ExportFormat {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Docx, Self::Txt, Self::Md, Self::Srt, Self::Vtt, Self::Json];

    /// Extension of a file, and the name on the wire.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Docx => "docx",
            Self::Txt => "txt",
            Self::Md => "md",
            Self::Srt => "srt",
            Self::Vtt => "vtt",
            Self::Json => "json",
        }
    }

    /// The reverse of [`ExportFormat::extension`].
    #[must_use]
    pub fn parse(extension: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|format| format.extension() == extension)
    }

    /// Name of the file for a recording whose name without extension is `stem`.
    #[must_use]
    pub fn name_for(self, stem: &str) -> String {
        let name = format!("{stem}.{}", self.extension());
        if [MEETING_JSON, VOICES_JSON, LISTENING_COPY].contains(&name.as_str()) {
            return format!("{stem}_.{}", self.extension());
        }
        name
    }

    /// Media type to serve it with.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Txt => "text/plain; charset=utf-8",
            Self::Md => "text/markdown; charset=utf-8",
            Self::Srt => "application/x-subrip; charset=utf-8",
            Self::Vtt => "text/vtt; charset=utf-8",
            Self::Json => "application/json",
        }
    }

    /// How much the text is cleaned when nobody says: captions and texts lose their fillers, JSON keeps every
    /// sound; the minutes have their style's own level.
    #[must_use]
    pub const fn usual_level(self) -> TextLevel {
        match self {
            Self::Txt | Self::Srt | Self::Vtt => TextLevel::Cleaned,
            Self::Docx | Self::Md => TextLevel::Edited,
            Self::Json => TextLevel::Verbatim,
        }
    }
}

/// First bytes of the blob.
const MAGIC: &[u8; 4] = b"SKR1";
/// Bytes before the head: the magic and its length.
pub const PLAN_PREFIX_BYTES: u64 = 8;

/// A blob that is no plan of a recording.
#[derive(Debug, thiserror::Error)]
pub enum RecordingPlanError {
    /// Too short, or not ours.
    #[error("not the plan of a recording, or cut short")]
    Malformed,
    /// The head is not JSON of ours.
    #[error("the head of a recording's plan")]
    Head(#[from] serde_json::Error),
}

impl RecordingPlan {
    /// Prefix and head, to be followed by the listing and the sound.
    ///
    /// # Errors
    /// `Head` when a number cannot be written as JSON (NaN).
    pub fn encode_head(&self) -> Result<Vec<u8>, RecordingPlanError> {
        let json = serde_json::to_vec(self)?;
        let length = u32::try_from(json.len()).map_err(|_| RecordingPlanError::Malformed)?;
        Ok([MAGIC.as_slice(), &length.to_le_bytes(), &json].concat())
    }

    /// Bytes of the head, from the blob's first [`PLAN_PREFIX_BYTES`].
    ///
    /// # Errors
    /// `Malformed`.
    pub fn head_length(prefix: &[u8]) -> Result<u64, RecordingPlanError> {
        let rest = prefix.strip_prefix(MAGIC).ok_or(RecordingPlanError::Malformed)?;
        let length = rest.first_chunk::<4>().ok_or(RecordingPlanError::Malformed)?;
        Ok(u64::from(u32::from_le_bytes(*length)))
    }

    /// The head.
    ///
    /// # Errors
    /// `Head`.
    pub fn parse_head(head: &[u8]) -> Result<Self, RecordingPlanError> {
        Ok(serde_json::from_slice(head)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(written: &str, reading: Option<&str>) -> Term {
        Term {
            written: written.to_owned(),
            reading: reading.map(str::to_owned),
        }
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let fine = MinutesOptions {
            attendees: vec!["福祉課 佐藤課長".to_owned()],
            terms: vec![term("浅川", Some("あさかわ")), term("DX推進", None)],
            ..MinutesOptions::default()
        };
        assert_eq!(fine.check(), None);
        for (terms, said) in [
            (vec![term("", None)], "使えません"),
            (vec![term("浅川", Some("asakawa"))], "ひらがなかカタカナ"),
            (vec![term("浅川", Some(""))], "ひらがなかカタカナ"),
            (vec![term(&"長".repeat(61), None)], "60 文字まで"),
        ] {
            let options = MinutesOptions {
                terms,
                ..MinutesOptions::default()
            };
            let sentence = options.check().unwrap();
            assert!(sentence.contains(said), "{sentence}");
        }
    }

    #[test]
    fn no_export_is_called_like_what_we_keep() {
        assert_eq!(ExportFormat::Json.name_for("meeting"), "meeting.json");
        assert_eq!(
            ExportFormat::Json.name_for("meeting.shoki"),
            "meeting.shoki_.json"
        );
    }

    #[test]
    fn a_foreign_blob_is_no_plan() {
        assert!(RecordingPlan::head_length(b"SKP1\x01\0\0\0").is_err());
        assert!(RecordingPlan::head_length(b"SKR1\x01").is_err());
        assert_eq!(RecordingPlan::head_length(b"SKR1\x02\0\0\0").unwrap(), 2);
        assert!(RecordingPlan::parse_head(b"{}").is_err());
    }
}
