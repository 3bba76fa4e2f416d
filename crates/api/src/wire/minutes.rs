//! Minutes, and what was measured in a recording, on the wire.

use jiff::civil::Date;
use serde::Serialize;
use shoki_core::audio_report::{AudioReport, Finding, Severity};
use shoki_core::id::DocumentId;
use shoki_core::meeting::{RecordingPart, RecordingPlan};
use shoki_core::minutes::{Minutes, MinutesItem, MinutesSection, MinutesSentence, SectionKind};
use utoipa::ToSchema;

/// The minutes of a meeting, from the corrected text.
#[derive(Debug, Serialize, ToSchema)]
pub struct MinutesBody {
    /// The transcript's version that they were written from.
    pub transcript_version: u64,
    /// Id and version of the 様式.
    #[schema(example = "youten@1")]
    pub style: String,
    /// What the document is called.
    #[schema(example = "会議録")]
    pub heading: String,
    /// The meeting's name.
    pub title: String,
    /// The head.
    pub header: Vec<HeaderBody>,
    /// The sections.
    pub sections: Vec<SectionBody>,
    /// Whether a machine drafted sentences.
    pub drafted: bool,
}

/// A line of the head.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeaderBody {
    /// What it is.
    #[schema(example = "日時")]
    pub label: String,
    /// Its value; empty where a person fills it in.
    pub value: String,
}

/// A section.
#[derive(Debug, Serialize, ToSchema)]
pub struct SectionBody {
    /// What it holds: `agenda` · `decisions` · `actions` · `questions` · `statements`.
    #[schema(value_type = String, example = "decisions")]
    pub kind: SectionKind,
    /// Its heading.
    pub heading: String,
    /// Its parts; empty: なし.
    pub items: Vec<ItemBody>,
}

/// A part of a section.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemBody {
    /// The agenda item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heading: Option<String>,
    /// Its sentences.
    pub sentences: Vec<SentenceBody>,
}

/// A sentence.
#[derive(Debug, Serialize, ToSchema)]
pub struct SentenceBody {
    /// The sentence.
    pub text: String,
    /// Who said or does it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// By when, as it was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    /// The day, where it follows from what was said.
    #[schema(value_type = Option<String>, format = Date)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_day: Option<Date>,
    /// Where it was said.
    pub evidence: Vec<EvidenceBody>,
    /// Whether the evidence bears it out without a doubt.
    pub supported: bool,
}

/// A place in the recording.
#[derive(Debug, Serialize, ToSchema)]
pub struct EvidenceBody {
    /// The segment.
    pub segment: u64,
    /// When it begins.
    pub start_ms: u64,
    /// When it ends.
    pub end_ms: u64,
}

impl MinutesBody {
    /// Minutes of this version of the transcript.
    #[must_use]
    pub fn of(minutes: Minutes, transcript_version: u64) -> Self {
        let header = minutes.header.into_iter().map(|field| HeaderBody {
            label: field.label,
            value: field.value,
        });
        Self {
            transcript_version,
            style: minutes.style,
            heading: minutes.heading,
            title: minutes.title,
            header: header.collect(),
            sections: minutes.sections.into_iter().map(SectionBody::from).collect(),
            drafted: minutes.drafted,
        }
    }
}

impl From<MinutesSection> for SectionBody {
    fn from(section: MinutesSection) -> Self {
        Self {
            kind: section.kind,
            heading: section.heading,
            items: section.items.into_iter().map(ItemBody::from).collect(),
        }
    }
}

impl From<MinutesItem> for ItemBody {
    fn from(item: MinutesItem) -> Self {
        Self {
            heading: item.heading,
            sentences: item.sentences.into_iter().map(SentenceBody::from).collect(),
        }
    }
}

impl From<MinutesSentence> for SentenceBody {
    fn from(sentence: MinutesSentence) -> Self {
        let evidence = sentence.evidence.into_iter().map(|place| EvidenceBody {
            segment: place.segment.0,
            start_ms: place.start.0,
            end_ms: place.end.0,
        });
        let (due, due_day) = match sentence.due {
            Some(due) => (Some(due.said), due.day),
            None => (None, None),
        };
        Self {
            text: sentence.text,
            who: sentence.who,
            due,
            due_day,
            evidence: evidence.collect(),
            supported: sentence.supported,
        }
    }
}

/// What was measured in a recording before it was heard.
#[derive(Debug, Serialize, ToSchema)]
pub struct AudioReportBody {
    /// How long the whole is.
    pub duration_ms: u64,
    /// Channels that are heard, 1 or 2.
    pub channels: u8,
    /// Windows to be heard.
    pub windows: u32,
    /// What was found and what to do, most important first.
    pub advice: Vec<AdviceBody>,
    /// The files, in order.
    pub parts: Vec<PartBody>,
    /// Every figure.
    #[schema(value_type = Object)]
    pub measured: AudioReport,
}

/// What was found and what to do.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdviceBody {
    /// Stable name to branch on.
    #[schema(value_type = String, example = "quiet")]
    pub finding: Finding,
    /// `note` · `warning` · `severe`.
    #[schema(value_type = String, example = "warning")]
    pub severity: Severity,
    /// In Japanese.
    pub text: String,
}

/// A file of a meeting.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartBody {
    /// The document.
    #[schema(value_type = uuid::Uuid)]
    pub document_id: DocumentId,
    /// Where it begins in the whole.
    pub begins_ms: u64,
    /// How long it lasts.
    pub duration_ms: u64,
    /// Container, e.g. `isomp4`.
    pub container: String,
    /// Codec, e.g. `aac`.
    pub codec: String,
    /// What is missing of it and what to do, in Japanese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

impl From<RecordingPlan> for AudioReportBody {
    fn from(plan: RecordingPlan) -> Self {
        let advice = plan.report.advice.iter().map(|advice| AdviceBody {
            finding: advice.finding,
            severity: advice.severity,
            text: advice.text_ja.clone(),
        });
        Self {
            duration_ms: plan.duration.0,
            channels: plan.channels,
            windows: plan.windows,
            advice: advice.collect(),
            parts: plan.parts.into_iter().map(PartBody::from).collect(),
            measured: plan.report,
        }
    }
}

impl From<RecordingPart> for PartBody {
    fn from(part: RecordingPart) -> Self {
        Self {
            document_id: part.document,
            begins_ms: part.begins.time().0,
            duration_ms: part.decoded.duration().0,
            missing: part.decoded.missing_ja(),
            container: part.decoded.info.container,
            codec: part.decoded.info.codec,
        }
    }
}
